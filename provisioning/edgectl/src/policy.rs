//! The broker's rules: rendered for its first start, applied to a running one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kit::ca::files::{WriteError, write_open};
use kit::policy::{Policy, dynamic_security_json};

use crate::output::{json, say};
use crate::property::{Property, PropertyError};

#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "`policy apply` waits for a bus that returns the plugin's answers"
    )
)]
mod apply;

/// Renders and applies the policy of the property.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Write the configuration of the broker's security plugin for its first start.
    Render(Render),
}

/// Arguments of `policy render`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Render {
    /// Where the property is kept.
    #[arg(long)]
    dir: PathBuf,
    /// Write to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl PolicyCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), PolicyError> {
        match self {
            Self::Render(render) => render.run(),
        }
    }
}

impl Render {
    fn run(self) -> Result<(), PolicyError> {
        let policy = Property::open(&self.dir)?.policy();
        match self.out {
            None => json(&dynamic_security_json(&policy)),
            Some(file) => {
                write_open(&file, &rendered(&policy))?;
                say(format_args!(
                    "{} principals in {}",
                    policy.principals().count(),
                    file.display()
                ));
            }
        }
        Ok(())
    }
}

/// The plugin's configuration file.
pub(crate) fn rendered(policy: &Policy) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(&dynamic_security_json(policy))
        .expect("a JSON value has a JSON form");
    text.push(b'\n');
    text
}

/// The policy cannot be rendered or applied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    /// The property cannot be used.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// The rendered policy cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
