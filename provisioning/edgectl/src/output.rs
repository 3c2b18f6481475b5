//! The one place that prints: results on standard output, complaints on standard error.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use kit::error::Chain;
use serde::Serialize;

/// Says a line; a reader that has gone away needs no more of them.
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

/// Passes bytes on.
pub(crate) fn raw(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Tells why nothing came of it.
#[expect(
    clippy::print_stderr,
    reason = "this is what a command line program is for"
)]
pub(crate) fn complain(error: &dyn Error) {
    eprintln!("edgectl: {}", Chain(error));
}

/// A text that replaces the one before it on a terminal, and is said when it changed elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Live {
    shown: Option<String>,
}

impl Live {
    /// Shows the text.
    pub(crate) fn show(&mut self, text: &str) {
        if io::stdout().is_terminal() {
            if let Some(shown) = &self.shown {
                // Up as many lines as were shown, then clear to the end of the screen.
                say(format_args!("\x1b[{}A\x1b[J{text}", shown.lines().count()));
            } else {
                say(text);
            }
        } else if self.shown.is_none() {
            say(text);
        }
        self.shown = Some(text.to_owned());
    }
}
