//! A receipt printer without paper: it speaks ESC/POS on a TCP port, as the network printers of a
//! kitchen do, and keeps what it printed as text, operations and image.
//!
//! Promises: the operations depend on the bytes only; answers that stand in the buffer (`GS r`,
//! `GS ( H`, `GS I`) are sent when everything before them is on paper and not sooner, those in real
//! time at once, also amid an image; without paper, with its cover open or switched offline it
//! prints nothing, holds what it has, and goes on by itself; a printer that dies after so many bytes
//! dies at exactly that byte, leaves half a ticket and does not answer it.
//!
//! Rules are pure ([`decode`](mod@decode), [`layout`], [`page`], [`machine`]); the world is in
//! `edge`. [`decode()`] and [`lay_out`] serve tests of encoders on their own. Deliberately not here:
//! page mode, user-defined characters, Asian scripts, Star's own language, USB.

pub mod decode;
mod edge;
pub mod layout;
pub mod machine;
pub mod op;
pub mod page;
pub mod program;
mod ticket;

pub use decode::{Decoder, decode};
pub use edge::{Printer, StartError};
pub use layout::{Sheet, lay_out};
pub use machine::{Answers, Buffer, Cover, Fault, Paper, Settings, Switch};
pub use op::{Align, Cut, CutKind, Image, Op, RealTime};
pub use page::Page;
pub use ticket::{End, Ticket};
