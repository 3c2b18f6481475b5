//! A report as people read it.

use std::env;
use std::fmt;

use super::Report;

/// Names what the caller typed, when it was not this program.
const CALLED_AS: &str = "HOTEL_COMMAND";

impl Report {
    /// One line: how far the hotel is.
    pub(in crate::local) fn progress(&self) -> String {
        if self.parts().next().is_none() {
            return "preparing".to_owned();
        }
        let waiting: Vec<_> = self
            .parts()
            .filter(|part| !part.ready)
            .map(|part| part.name.as_str())
            .collect();
        let online = self
            .devices
            .online
            .map_or("?".to_owned(), |online| online.to_string());
        let devices = format!("{online} of {} devices online", self.devices.total);
        if waiting.is_empty() {
            devices
        } else {
            format!("{devices}, waiting for {}", waiting.join(", "))
        }
    }

    /// The table, and what to do next.
    pub(in crate::local) fn summary(&self) -> String {
        let (dir, command) = (self.dir.display(), command());
        format!(
            "{self}\n\n\
             {command} status --dir {dir}        how it is (--json for programs)\n\
             {command} logs uplink --dir {dir}   what a part writes (-f follows)\n\
             {command} down --dir {dir}          stop everything\n\
             edgectl authority invite --role front-desk --name Desk desk-1 --dir {dir}   a tablet's way in\n\
             {dir}/hotel.json says where everything is"
        )
    }
}

fn command() -> String {
    env::var(CALLED_AS).unwrap_or_else(|_| "edgectl local".to_owned())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.kept {
            return write!(f, "the hotel in {} is not running", self.dir.display());
        }
        writeln!(
            f,
            "{:<15} {:<9} {:>8} {:>8} {:>7} {:>9}  DETAIL",
            "PART", "STATE", "PID", "RESTARTS", "MEM MB", "UP"
        )?;
        for part in self.parts() {
            let shown = |figure: Option<u64>| figure.map_or("-".to_owned(), |n| n.to_string());
            writeln!(
                f,
                "{:<15} {:<9} {:>8} {:>8} {:>7} {:>8}s  {}",
                part.name,
                if part.ready { "ready" } else { "not ready" },
                shown(part.pid.map(u64::from)),
                part.restarts,
                shown(part.memory_mb),
                shown(part.uptime_s),
                part.detail
            )?;
        }
        let online = self
            .devices
            .online
            .map_or("?".to_owned(), |online| online.to_string());
        write!(
            f,
            "devices         {online} of {} online",
            self.devices.total
        )?;
        if self.devices.revoked > 0 {
            write!(f, ", {} revoked", self.devices.revoked)?;
        }
        if let Some(uplink) = &self.uplink {
            write!(f, "\nuplink          {uplink}")?;
        }
        if let Some(console) = &self.console {
            write!(f, "\npages           {console}")?;
        }
        Ok(())
    }
}
