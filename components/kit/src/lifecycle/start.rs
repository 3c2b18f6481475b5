//! The configuration that a component starts with.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::Component;

use crate::config::{self, Common, ConfigError, Kept, TRIES};
use crate::nucleus::{Greengrass, Meeting, Nucleus, NucleusError, meet};

/// How long a nucleus that is just starting may take to listen. After that the last good configuration
/// must do: a hotel does not wait for its nucleus.
const NUCLEUS_WITHIN: Duration = Duration::from_secs(20);

/// What a component starts with.
pub(super) struct Settled<C> {
    pub(super) common: Common,
    pub(super) own: C,
    /// Both as they were written.
    pub(super) text: Value,
    pub(super) origin: Origin,
}

/// Where the configuration comes from, and what was wrong on the way.
pub(super) enum Origin {
    /// A file, outside Greengrass.
    File,
    /// The nucleus.
    Nucleus {
        nucleus: Greengrass,
        kept: Kept,
        /// Why the nucleus's configuration was not used, but the last good one; and what it was.
        refused: Option<(ConfigError, Value)>,
    },
    /// The disk: the nucleus was not there to be asked.
    Kept { why: NucleusError },
}

/// Asks the nucleus, or reads the file.
pub(super) async fn settle<C: DeserializeOwned>(
    component: Component,
) -> Result<Settled<C>, SettleError> {
    match meet(NUCLEUS_WITHIN).await {
        Meeting::Nowhere => {
            let text = config::named().map_err(SettleError::Config)?;
            adopt(text, Origin::File).map_err(SettleError::Config)
        }
        Meeting::Known(nucleus) => match nucleus.configuration().await {
            Ok(text) => offered(component, nucleus, text),
            Err(error) => alone(component, error),
        },
        Meeting::Refused(error) => Err(SettleError::Orphaned(error)),
        Meeting::Away(error) => alone(component, error),
    }
}

/// What the nucleus says, or else what was good before.
fn offered<C: DeserializeOwned>(
    component: Component,
    nucleus: Greengrass,
    text: Value,
) -> Result<Settled<C>, SettleError> {
    let kept = Kept::beside(component, Some(&text));
    let origin = |refused| Origin::Nucleus {
        nucleus,
        kept: kept.clone(),
        refused,
    };
    let good = kept.read().filter(|good| *good != text);
    let given = match config::interpret(text.clone()) {
        Ok(_) if good.is_some() && kept.try_out(&text) >= TRIES => {
            Err(ConfigError::Failed { tries: TRIES })
        }
        given => given,
    };
    let good = good.map(|good| (config::interpret(good.clone()), good));
    match (given, good) {
        (Ok((common, own)), _) => Ok(Settled {
            common,
            own,
            text,
            origin: origin(None),
        }),
        (Err(refused), Some((Ok((common, own)), good))) => Ok(Settled {
            common,
            own,
            text: good,
            origin: origin(Some((refused, text))),
        }),
        (Err(refused), Some((Err(_), _)) | None) => Err(SettleError::Config(refused)),
    }
}

fn alone<C: DeserializeOwned>(
    component: Component,
    why: NucleusError,
) -> Result<Settled<C>, SettleError> {
    match Kept::beside(component, None).read() {
        Some(good) => adopt(good, Origin::Kept { why }).map_err(SettleError::Config),
        None => Err(SettleError::Nucleus(why)),
    }
}

fn adopt<C: DeserializeOwned>(text: Value, origin: Origin) -> Result<Settled<C>, ConfigError> {
    let (common, own) = config::interpret(text.clone())?;
    Ok(Settled {
        common,
        own,
        text,
        origin,
    })
}

/// There is no configuration to start with.
#[derive(Debug, thiserror::Error)]
pub(super) enum SettleError {
    #[error("the configuration cannot be used")]
    Config(#[source] ConfigError),
    #[error("this process belongs to an earlier start")]
    Orphaned(#[source] NucleusError),
    #[error("there is no configuration to start with")]
    Nucleus(#[source] NucleusError),
}
