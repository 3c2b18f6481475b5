//! Paper, cover, switch, faults and power.

use serde::{Deserialize, Serialize};

/// How much paper there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// Enough.
    #[default]
    Enough,
    /// The near-end sensor sees the end; printing goes on.
    NearEnd,
    /// None: nothing is printed.
    Out,
}

/// The cover over the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cover {
    /// As it should be.
    #[default]
    Closed,
    /// Nothing is printed.
    Open,
}

/// The switch that takes a printer offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// As it should be.
    #[default]
    Online,
    /// Nothing is printed.
    Offline,
}

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The head is jammed; DLE ENQ helps.
    Mechanical,
    /// The cutter is jammed; DLE ENQ helps.
    Cutter,
    /// The head is too hot; it helps itself, or somebody does.
    Hot,
    /// The circuit is broken; nothing helps.
    Circuit,
}

/// How the printer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Whether it has power.
    pub powered: bool,
    /// Paper.
    pub paper: Paper,
    /// Cover.
    pub cover: Cover,
    /// Online switch.
    pub switch: Switch,
    /// What is broken.
    pub fault: Fault,
    /// Whether the drawer stands open.
    pub drawer_open: bool,
    /// Lines until the paper is out; none is an endless roll.
    lines_left: Option<u32>,
}

impl Condition {
    /// Ready.
    pub(super) fn new() -> Self {
        Self {
            powered: true,
            paper: Paper::Enough,
            cover: Cover::Closed,
            switch: Switch::Online,
            fault: Fault::None,
            drawer_open: false,
            lines_left: None,
        }
    }

    /// Whether it prints.
    pub fn is_ready(&self) -> bool {
        self.powered && !self.is_offline()
    }

    /// Whether it tells its clients that it is offline.
    pub fn is_offline(&self) -> bool {
        self.paper == Paper::Out
            || self.cover == Cover::Open
            || self.switch == Switch::Offline
            || self.fault != Fault::None
    }

    /// New paper lasts for ever.
    pub(super) fn set_paper(&mut self, paper: Paper) {
        self.paper = paper;
        self.lines_left = None;
    }

    /// A roll of so many lines; of none, it is out.
    pub(super) fn load(&mut self, lines: Option<u32>) {
        self.set_paper(if lines == Some(0) {
            Paper::Out
        } else {
            Paper::Enough
        });
        self.lines_left = lines;
    }

    /// Prints lines. What is printed at once is not torn apart by the end of the paper.
    pub(super) fn use_up(&mut self, lines: u32) {
        if let Some(left) = &mut self.lines_left {
            *left = left.saturating_sub(lines);
            if *left == 0 {
                self.set_paper(Paper::Out);
            }
        }
    }

    /// DLE ENQ.
    pub(super) fn recover(&mut self) {
        if matches!(self.fault, Fault::Mechanical | Fault::Cutter) {
            self.fault = Fault::None;
        }
    }
}
