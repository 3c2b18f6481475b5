//! `edgectl wipe`: a box that leaves its hotel forgets it.
//!
//! Promise: secrets are overwritten before anything else goes, also the claim of a box that never
//! served; a wipe that is cut short is finished by the next. The cloud ends the box's certificates by itself: `edgectl cloud decommission`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::first_boot::plan::Serial;
use crate::first_boot::{Exit, Plan, erase};
use crate::output::{complain, say};

/// Deepest directory that is looked into.
const DEPTH_MAX: u32 = 16;
/// Ends of the names of files that hold a secret.
const SECRET: [&str; 3] = ["key.pem", ".key", "password"];

/// Forgets the hotel: erases every key, then everything else. Exit codes: 0 done, 16 a file cannot
/// be removed, or the serial is not this box's.
#[derive(Debug, Clone, Args)]
pub(crate) struct Wipe {
    /// What the box is.
    #[arg(long, default_value = "/etc/hotel/box.json", value_name = "FILE")]
    plan: PathBuf,
    /// Where the hotel is kept.
    #[arg(long, default_value = "/var/lib/hotel")]
    dir: PathBuf,
    /// This box's number, typed in: nothing of it can be brought back.
    #[arg(long)]
    serial: Serial,
}

impl Wipe {
    /// Does it.
    pub(crate) fn run(self) -> ExitCode {
        match self.wipe() {
            Ok(keys) => {
                say(format_args!(
                    "{}: {keys} secrets erased, hotel forgotten",
                    self.serial
                ));
                ExitCode::SUCCESS
            }
            Err(error) => {
                complain(&error);
                Exit::Files.into()
            }
        }
    }

    fn wipe(&self) -> Result<usize, WipeError> {
        let mut secrets = Vec::new();
        // Without a plan, an earlier wipe was cut short between the hotel and the plan itself.
        if let Ok(plan) = Plan::read(&self.plan) {
            if plan.serial != self.serial {
                return Err(WipeError::OtherBox {
                    found: plan.serial,
                    typed: self.serial.clone(),
                });
            }
            let claim = [plan.claim.key, plan.claim.certificate];
            secrets.extend(claim.into_iter().filter(|path| path.exists()));
        }
        find(&self.dir, DEPTH_MAX, &mut secrets)?;
        for path in &secrets {
            erase(path).map_err(failed(path))?;
        }
        forget(&self.dir)?;
        erase(&self.plan).map_err(failed(&self.plan))?;
        Ok(secrets.len())
    }
}

/// Every file with a secret below a directory; links are not followed.
fn find(dir: &Path, depth: u32, secrets: &mut Vec<PathBuf>) -> Result<(), WipeError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) if depth > 0 => entries,
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(failed(dir)(source)),
    };
    for entry in entries {
        let entry = entry.map_err(failed(dir))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(failed(&path))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if kind.is_dir() {
            find(&path, depth - 1, secrets)?;
        } else if kind.is_file() && SECRET.iter().any(|end| name.ends_with(end)) {
            secrets.push(path);
        }
    }
    Ok(())
}

/// Removes what is in a directory, not the directory itself, which may be a disk of its own.
fn forget(dir: &Path) -> Result<(), WipeError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(failed(dir)(source)),
    };
    for entry in entries {
        let path = entry.map_err(failed(dir))?.path();
        let removed = if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.map_err(failed(&path))?;
    }
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> WipeError {
    let path = path.to_owned();
    move |source| WipeError::Remove { path, source }
}

/// The box cannot forget.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WipeError {
    /// Another number was typed.
    #[error("this is box {found}, not {typed}; nothing was removed")]
    OtherBox {
        /// Which it is.
        found: Serial,
        /// Which it was to be.
        typed: Serial,
    },
    /// Something stays.
    #[error("cannot remove {}", path.display())]
    Remove {
        /// What.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
}
