//! The one place that prints: results on standard output, progress and complaints on standard error.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write as _};

use kit::error::Chain;
use serde::Serialize;

/// Says a line of the result; a reader that has gone away needs no more of them.
pub(crate) fn say(line: impl Display) {
    drop(writeln!(io::stdout(), "{line}"));
}

/// Prints a value for another program.
pub(crate) fn json<T: Serialize>(value: &T) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => say(text),
        Err(error) => complain(&error),
    }
}

/// Tells what is being done, to whoever waits.
pub(crate) fn note(line: impl Display) {
    drop(writeln!(io::stderr(), "{line}"));
}

/// Tells why nothing came of it.
pub(crate) fn complain(error: &dyn Error) {
    note(format_args!("error: {}", Chain(error)));
}
