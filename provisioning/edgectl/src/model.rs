//! Bundles of models: signing and checking them, and how they are on a box.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use inference::bundle::{self, BundleError};
use kit::ca::files::{WriteError, write_secret};
use kit::signing::{NotAKey, PublicKey, SigningKey};
use wire::Component;
use wire::inference::{MODELS, Model, Models};
use wire::request::Nothing;

use crate::operator::{Access, OperatorError};
use crate::output::{json, say};

/// How long the question may take.
const WAIT: Duration = Duration::from_secs(10);

/// Signs and checks bundles, and looks at the models of a box.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ModelCommand {
    /// Make a key for signing; prints its public half, for `bundles.keys`.
    Key(Key),
    /// Sign a bundle: SHA256SUMS and its signature.
    Sign(Sign),
    /// Say whether a box that believes these keys would believe a bundle.
    Verify(Verify),
    /// Show the models of a box, as `inference` sees them.
    List(List),
}

/// Arguments of `model key`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Key {
    /// The file to be made.
    file: PathBuf,
}

/// Arguments of `model sign`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Sign {
    /// The signing key, as `model key` made it.
    #[arg(long)]
    key: PathBuf,
    /// Directory of the bundle.
    bundle: PathBuf,
}

/// Arguments of `model verify`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Verify {
    /// A public key.
    #[arg(long = "key", required = true, allow_hyphen_values = true)]
    keys: Vec<PublicKey>,
    /// Directory of the bundle.
    bundle: PathBuf,
}

/// Arguments of `model list`.
#[derive(Debug, Clone, Args)]
pub(crate) struct List {
    #[command(flatten)]
    access: Access,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl ModelCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), ModelError> {
        match self {
            Self::Key(Key { file }) => say(make_key(&file)?.text()),
            Self::Sign(Sign { key, bundle }) => {
                let key = read_key(&key)?;
                bundle::sign(&bundle, &key)?;
                say(format_args!("signed with {}", key.public().text()));
            }
            Self::Verify(Verify { keys, bundle }) => {
                let bundle = bundle::verify(&bundle, &keys)?;
                let (model, version) = (bundle.model(), bundle.version());
                say(format_args!("{model} {version} {}", bundle.digest()));
            }
            Self::List(List {
                access,
                json: as_json,
            }) => {
                let models: Models = access.act(async |operator| {
                    let inference = Component::Inference;
                    operator.ask(inference, MODELS, Nothing {}, WAIT).await
                })?;
                if as_json {
                    json(&models);
                } else {
                    show(&models);
                }
            }
        }
        Ok(())
    }
}

/// Makes a key in a file that only its owner reads.
pub(crate) fn make_key(file: &Path) -> Result<PublicKey, ModelError> {
    let text = SigningKey::generate();
    write_secret(file, text.as_bytes()).map_err(ModelError::Write)?;
    Ok(SigningKey::read(&text)?.public())
}

/// Reads a signing key.
pub(crate) fn read_key(file: &Path) -> Result<SigningKey, ModelError> {
    let text = std::fs::read_to_string(file).map_err(|source| ModelError::Read {
        file: file.to_owned(),
        source,
    })?;
    Ok(SigningKey::read(&text)?)
}

fn show(models: &Models) {
    for model in &models.models {
        let Model { name, previous, .. } = model;
        let version = match &model.version {
            Some(version) => format!("version {version}"),
            None => "rules answer".to_owned(),
        };
        let before = previous.map_or_else(String::new, |version| format!(", before {version}"));
        say(format_args!("{name}: {version}{before}"));
        for bad in &model.quarantined {
            say(format_args!(
                "  {} quarantined: {}",
                bad.version, bad.reason
            ));
        }
    }
}

/// A bundle cannot be made or is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ModelError {
    /// It is not believed.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The key is none.
    #[error(transparent)]
    Key(#[from] NotAKey),
    /// The key cannot be read.
    #[error("cannot read {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the disk said.
        source: std::io::Error,
    },
    /// The key cannot be written.
    #[error(transparent)]
    Write(WriteError),
    /// The box does not answer.
    #[error(transparent)]
    Operator(#[from] OperatorError),
}
