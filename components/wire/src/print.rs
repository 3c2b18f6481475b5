//! Print jobs: what to print, where, and how it went.
//!
//! ```text
//! received → accepted (durable) → held{paper|cover|offline} → dispatching → printing → done
//! ends: done, failed, expired, cancelled, unconfirmed (until decided), sent-unverified
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};
use crate::digest::Sha256;
use crate::id::{JobId, Principal, Word};
use crate::octets::Octets;
use crate::problem::Problem;
use crate::text::Text;

/// Operation: print; [`Submit`] → [`Job`].
pub const SUBMIT: &str = "submit";
/// Operation: how a job stands; [`JobOf`] → [`Job`].
pub const JOB: &str = "job";
/// Operation: the newest jobs; [`crate::request::Nothing`] → [`Jobs`].
pub const JOBS: &str = "jobs";
/// Operation: end a job that waits; [`JobOf`] → [`Job`].
pub const CANCEL: &str = "cancel";
/// Operation: decide a job that may have printed; [`Resolve`] → [`Job`].
pub const RESOLVE: &str = "resolve";
/// Operation: printers and how they are; [`crate::request::Nothing`] → [`Printers`].
pub const PRINTERS: &str = "printers";
/// Operation: the picture of a document; [`Preview`] → [`Picture`].
pub const PREVIEW: &str = "preview";
/// Every operation of `device-proxy` about printing.
pub const OPERATIONS: &[&str] = &[SUBMIT, JOB, JOBS, CANCEL, RESOLVE, PRINTERS, PREVIEW];
/// Event of `device-proxy`: a job changed; [`Job`], not retained.
pub const JOB_EVENT: &str = "job";

/// Most lines of a receipt.
pub const LINES_MAX: usize = 400;
/// Most cells of a row.
pub const CELLS_MAX: usize = 6;
/// Largest raw document or image, in bytes.
pub const OCTETS_MAX: usize = 128 * 1024;
/// Most copies of one job.
pub const COPIES_MAX: u8 = 5;
/// Longest time that a drawer waits to be opened, in milliseconds: whoever asked stands before it.
pub const DRAWER_WAIT_MS: u64 = 30_000;
/// Most jobs of one answer.
pub const JOBS_MAX: usize = 100;

/// A wish to print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Submit {
    /// Version of this body.
    pub v: Version<1>,
    /// Chosen by the client, one name space per principal; the same again is the same job, with
    /// another content a conflict.
    #[serde(alias = "jobId")]
    pub job: JobId,
    /// Where: a route of the configuration, `kitchen`, `bar`, `receipt`.
    pub route: Word,
    /// What.
    #[serde(alias = "printJob")]
    pub document: Document,
    /// How often, 1 to [`COPIES_MAX`].
    #[serde(default = "one")]
    pub copies: u8,
    /// Not after, in Unix milliseconds; the route says how long by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Integer>,
}

fn one() -> u8 {
    1
}

/// What to print, or to do at a printer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Document {
    /// Lines, laid out for whatever printer it comes to.
    Receipt(Receipt),
    /// ESC/POS as it is; whatever could open a drawer or change the printer is refused.
    Raw {
        /// The bytes.
        octets: Octets<OCTETS_MAX>,
    },
    /// Opens the cash drawer at the usual printer of the route. Nothing is printed; it is asked for
    /// once (`copies` 1), never opened again by itself, and not later than [`DRAWER_WAIT_MS`] after
    /// it was asked for.
    Drawer {
        /// The contact of the printer's drawer socket.
        #[serde(default)]
        pin: DrawerPin,
    },
}

/// The contact of a drawer socket (RJ12) that opens a drawer.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
pub enum DrawerPin {
    /// That of the first drawer, and mostly the only one.
    #[default]
    #[serde(rename = "2")]
    Two,
    /// That of the second.
    #[serde(rename = "5")]
    Five,
}

/// A receipt or kitchen ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// 1 to [`LINES_MAX`], from top to bottom; the paper is cut at the end in any case.
    pub lines: Vec<Line>,
}

/// One element of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Line {
    /// Words, broken where the paper ends.
    Text {
        /// The words.
        text: Text<1000>,
        /// Where on the line.
        #[serde(default)]
        align: Align,
        /// How.
        #[serde(flatten)]
        style: Style,
    },
    /// Cells side by side.
    Columns {
        /// 1 to [`CELLS_MAX`].
        cells: Vec<Cell>,
        /// How.
        #[serde(flatten)]
        style: Style,
    },
    /// A line across.
    Rule,
    /// Empty paper.
    Feed {
        /// How many lines, 1 to 20.
        lines: u8,
    },
    /// A QR code (ISO/IEC 18004), error correction M.
    Qr {
        /// What it says.
        text: Text<700>,
        /// Dots of one module, 1 to 16.
        #[serde(default = "module")]
        module: u8,
    },
    /// A picture, black where it is dark.
    Image {
        /// PNG, as wide as the paper at most.
        png: Octets<OCTETS_MAX>,
        /// Where on the line.
        #[serde(default)]
        align: Align,
    },
    /// Cuts the paper here as well.
    Cut,
}

fn module() -> u8 {
    6
}

/// Where on the line.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Align {
    /// At its beginning.
    #[default]
    Left,
    /// In its middle.
    Center,
    /// At its end.
    Right,
}

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Style {
    /// Fat.
    #[serde(default)]
    pub bold: bool,
    /// With a line below.
    #[serde(default)]
    pub underline: bool,
    /// White on black.
    #[serde(default)]
    pub invert: bool,
    /// Times as wide, 1 to 8.
    #[serde(default = "one")]
    pub width: u8,
    /// Times as high, 1 to 8.
    #[serde(default = "one")]
    pub height: u8,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            bold: false,
            underline: false,
            invert: false,
            width: 1,
            height: 1,
        }
    }
}

/// One cell of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// The words; broken within the cell.
    pub text: Text<200>,
    /// Share of the line, in characters of normal width; absent once: whatever is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u8>,
    /// Where in the cell.
    #[serde(default)]
    pub align: Align,
}

/// Names a job of the asker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobOf {
    /// The job.
    #[serde(alias = "jobId")]
    pub job: JobId,
    /// Whose, for staff who look after others' jobs; the asker's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
}

/// Decides a job that may have printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resolve {
    /// The job.
    #[serde(flatten)]
    pub job: JobOf,
    /// What somebody found at the printer.
    pub decision: Decision,
}

/// What becomes of a job that may have printed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It is there.
    Printed,
    /// It is not there, or not whole: print again, marked as a possible duplicate.
    Reprint,
    /// Forget it.
    Drop,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// Version of this body.
    pub v: Version<1>,
    /// The job.
    pub job: JobId,
    /// Whose.
    pub principal: Principal,
    /// Where to.
    pub route: Word,
    /// On which printer it is or was; absent until one is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printer: Option<Word>,
    /// How far it is, and why.
    #[serde(flatten)]
    pub state: JobState,
    /// Attempts begun.
    pub attempts: u32,
    /// Whether it carries the mark of a possible duplicate.
    pub marked: bool,
    /// SHA-256 of the content, by which a conflict is told.
    pub content: Sha256,
    /// When it was accepted, in Unix milliseconds.
    pub accepted_at: Integer,
    /// When it came to this state, in Unix milliseconds.
    pub at: Integer,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum JobState {
    /// On disk; it will be seen to.
    Accepted,
    /// Waits for the printer; nothing was sent.
    Held {
        /// For what.
        reason: Held,
    },
    /// An attempt is on disk; its first byte may be on the way.
    Dispatching,
    /// The printer has taken bytes.
    Printing,
    /// The printer has proved it.
    Done,
    /// It will not be printed.
    Failed {
        /// Why.
        problem: Problem,
    },
    /// Its time is over; nothing was sent.
    Expired,
    /// Called off; nothing was sent.
    Cancelled,
    /// Bytes were sent and no proof came: perhaps printed. Somebody has to look, or the route says.
    Unconfirmed,
    /// Sent to a printer that proves nothing.
    SentUnverified,
}

/// What a job waits for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// Paper.
    Paper,
    /// The cover to be closed.
    Cover,
    /// The printer to be reached, or to be switched on line.
    Offline,
    /// A fault of the printer to be mended.
    Error,
    /// An earlier job to be decided.
    Unconfirmed,
    /// Other jobs before it.
    Queue,
}

/// The newest jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Jobs {
    /// At most [`JOBS_MAX`], the newest first.
    pub jobs: Vec<Job>,
}

/// Printers and how they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Printers {
    /// By name.
    pub printers: Vec<Printer>,
}

/// One printer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Printer {
    /// The printer.
    pub printer: Word,
    /// What keeps it from printing; absent when nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// Whether its paper comes to an end.
    pub paper_low: bool,
    /// Jobs that wait for it.
    pub waiting: u32,
    /// When this was last known, in Unix milliseconds; absent before the first contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Integer>,
}

/// Asks for the picture of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    /// For which route, whose paper it is laid out for.
    pub route: Word,
    /// What.
    pub document: Document,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Picture {
    /// PNG.
    pub png: Octets<OCTETS_MAX>,
}
