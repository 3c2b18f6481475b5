//! What kind of printer it is.

use crate::vprinter::layout::WIDTH;

/// Begins an answer of several bytes that ends with NUL.
const BLOCK: u8 = 0x5f;
/// Begins the answer to a process id.
const CONFIRMED: [u8; 2] = [0x37, 0x22];

/// What kind of printer it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Dots across.
    pub width: u32,
    /// What it calls itself.
    pub model: Model,
    /// What it answers.
    pub answers: Answers,
    /// What becomes of the buffer without power.
    pub buffer: Buffer,
    /// Bytes a second that it prints; as fast as it can without.
    pub pace: Option<u32>,
    /// Most clients at a time; further ones are turned away.
    pub sessions_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            width: WIDTH,
            model: Model::default(),
            answers: Answers::All,
            buffer: Buffer::Lost,
            pace: None,
            sessions_max: 1,
        }
    }
}

/// What a printer calls itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Maker; some clients choose their dialect by it.
    pub maker: String,
    /// Type.
    pub name: String,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            maker: "VIRTUAL".to_owned(),
            name: "VP-T80".to_owned(),
        }
    }
}

/// What a printer answers. Clones lack the one or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Answers {
    /// Everything.
    #[default]
    All,
    /// Everything but process ids.
    NoProcessId,
    /// Only GS r.
    OnlyStatus,
    /// Real-time and automatic status, but nothing in the order of the buffer.
    NoBarrier,
    /// Nothing at all.
    Nothing,
}

impl Answers {
    pub(super) fn in_real_time(self) -> bool {
        matches!(self, Self::All | Self::NoProcessId | Self::NoBarrier)
    }

    fn status(self) -> bool {
        matches!(self, Self::All | Self::NoProcessId | Self::OnlyStatus)
    }

    fn model(self) -> bool {
        matches!(self, Self::All | Self::NoProcessId)
    }
}

/// What becomes of the buffer without power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Buffer {
    /// It is lost, as in nearly all printers.
    #[default]
    Lost,
    /// It is printed when power is back.
    Kept,
}

impl Settings {
    /// The answer to GS r, of which `status` is the byte.
    pub(super) fn status(&self, status: Option<u8>) -> Option<Vec<u8>> {
        status
            .filter(|_| self.answers.status())
            .map(|byte| vec![byte])
    }

    /// The answer to GS I: numbers as one byte, names as a block.
    pub(super) fn identify(&self, what: u8) -> Option<Vec<u8>> {
        let name = match what {
            1 | b'1' => return self.answers.model().then(|| vec![0x20]),
            2 | b'2' => return self.answers.model().then(|| vec![0x02]),
            65 => "1.00",
            66 => &self.model.maker,
            67 => &self.model.name,
            68 => "0000000001",
            _ => return None,
        };
        let block = [&[BLOCK], name.as_bytes(), &[0]].concat();
        self.answers.model().then_some(block)
    }

    /// The answer to a process id.
    pub(super) fn confirm(&self, token: [u8; 4]) -> Option<Vec<u8>> {
        let block = [CONFIRMED.as_slice(), &token, &[0]].concat();
        (self.answers == Answers::All).then_some(block)
    }
}
