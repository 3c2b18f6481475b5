//! The runtime of commands that wait for the network.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// One thread is enough for one command.
pub(crate) fn current() -> Result<Runtime, RuntimeError> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(RuntimeError)
}

/// This program cannot wait.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the runtime")]
pub(crate) struct RuntimeError(#[source] io::Error);
