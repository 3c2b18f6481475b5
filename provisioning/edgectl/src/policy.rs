//! The broker's rules: rendered for its first start, applied to a running one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kit::ca::files::{WriteError, write_open};
use kit::policy::{ApplyError, Policy, apply, dynamic_security_json};

use crate::operator::{Access, OperatorError};
use crate::output::{json, say};
use crate::property::{Property, PropertyError};

/// Renders and applies the policy of the property.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Write the configuration of the broker's security plugin for its first start.
    Render(Render),
    /// Bring a running broker to the policy where no authority does; no connection is lost that may
    /// stay, and whoever is on the revocation list stays out.
    Apply(Apply),
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

/// Arguments of `policy apply`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    access: Access,
}

impl PolicyCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), PolicyError> {
        match self {
            Self::Render(render) => render.run(),
            Self::Apply(Apply { access }) => bring(&access),
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

/// Brings the broker to the policy of the property.
fn bring(access: &Access) -> Result<(), PolicyError> {
    let policy = access.property()?.policy();
    let changed = access.act(async |operator| {
        let revoked = operator.revoked().await?;
        let policy = policy.without(&revoked.principals);
        Ok(apply(&policy, |commands| operator.control(commands)).await)
    })??;
    say(match changed {
        0 => "the broker has the policy, nothing changed".to_owned(),
        changed => format!("the broker has the policy now, {changed} changes"),
    });
    Ok(())
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
    /// The broker cannot be reached.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The broker did not take the policy.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The rendered policy cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
