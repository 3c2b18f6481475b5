//! The printer's condition and what it does in it.
//!
//! ```text
//! bytes ─▶ real-time commands ─▶ answered, drawer opened, buffer cleared: at once
//!    └──▶ buffer ─▶ decoder ─▶ operations ─▶ paper, answers in their order
//!                 only while ready: powered, paper, cover closed, online, no fault
//! ```
//!
//! Invariants: what was taken from the buffer is on paper or waits in the line; an answer of the
//! buffer is sent only when all operations before it were carried out; nothing is taken while the
//! printer is not ready; a change of condition is reported before anything that it makes possible.
//!
//! Time is an input, and matters only to a printer with a [`Settings::pace`].

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::decode::{Decoder, RealTimeScanner};
use super::layout::Layout;
use super::op::{Op, RealTime};
use super::ticket::{End, Ticket};

mod condition;
mod settings;
mod status;

pub use condition::{Condition, Cover, Fault, Paper, Switch};
pub use settings::{Answers, Buffer, Model, Settings};
use status::Asb;

/// Bytes that wait to be printed; beyond that the printer stops reading.
pub const BUFFER_MAX: usize = 64 * 1024;
/// Most operations that a ticket tells; the paper shows the others all the same.
pub const OPS_MAX: usize = 65_536;
/// How often a printer with a pace goes on.
const STEP: Duration = Duration::from_millis(10);

/// Which connection.
pub type SessionId = u64;

/// What happens to the printer.
#[derive(Debug, Clone)]
pub enum Input {
    /// A client connected.
    Connected(SessionId),
    /// A client sent bytes.
    Received(SessionId, Vec<u8>),
    /// A client is gone.
    Closed(SessionId),
    /// Somebody did something to the printer.
    Changed(Change),
    /// A wake-up that was asked for.
    Woken,
}

/// What somebody may do to a printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Puts paper in, or takes it out.
    Paper(Paper),
    /// Leaves paper for so many lines, after which it is out; none is an endless roll.
    Roll(Option<u32>),
    /// Opens or closes the cover.
    Cover(Cover),
    /// Presses the online switch.
    Switch(Switch),
    /// Breaks or mends a part.
    Fault(Fault),
    /// Opens or closes the drawer.
    DrawerOpen(bool),
    /// Power is lost after so many further bytes; none takes that back.
    DieAfter(Option<u64>),
    /// Pulls the plug.
    PowerOff,
    /// Puts it back, if it was pulled.
    PowerOn,
}

/// What the printer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Answers a client.
    Send(SessionId, Vec<u8>),
    /// Ends a connection.
    Close(SessionId),
    /// Accepts connections.
    Listen,
    /// Refuses connections.
    Refuse,
    /// Lets go of a ticket.
    Printed(Ticket),
    /// Wants to be woken.
    WakeAt(Instant),
}

/// The printer.
#[derive(Debug)]
pub struct Machine {
    settings: Settings,
    condition: Condition,
    sessions: BTreeMap<SessionId, Session>,
    buffer: VecDeque<(SessionId, u8)>,
    /// Decoded, not yet carried out.
    pending: VecDeque<(SessionId, Op)>,
    decoder: Decoder,
    layout: Layout,
    ops: Vec<Op>,
    die_after: Option<u64>,
    /// When the next bytes may be taken from the buffer, of a printer with a pace.
    resting_until: Option<Instant>,
    reported: Asb,
    kicks: u32,
    effects: Vec<Effect>,
}

#[derive(Debug, Default)]
struct Session {
    scanner: RealTimeScanner,
    /// Argument of GS a.
    reports: u8,
}

impl Machine {
    /// A printer that is switched on, ready and idle.
    pub fn new(settings: Settings) -> Self {
        let condition = Condition::new();
        Self {
            reported: Asb::of(&condition),
            layout: Layout::new(settings.width),
            settings,
            condition,
            sessions: BTreeMap::new(),
            buffer: VecDeque::new(),
            pending: VecDeque::new(),
            decoder: Decoder::new(),
            ops: Vec::new(),
            die_after: None,
            resting_until: None,
            kicks: 0,
            effects: Vec::new(),
        }
    }

    /// Takes an input, and says what follows from it.
    pub fn handle(&mut self, now: Instant, input: Input) -> Vec<Effect> {
        match input {
            Input::Connected(id) => self.connect(id),
            Input::Received(id, bytes) => self.receive(now, id, &bytes),
            Input::Closed(id) => {
                self.sessions.remove(&id);
            }
            Input::Changed(change) => self.change(change),
            Input::Woken => {}
        }
        self.report();
        self.print(now);
        self.report();
        std::mem::take(&mut self.effects)
    }

    /// How many bytes may be received now.
    pub fn room(&self) -> usize {
        BUFFER_MAX.saturating_sub(self.buffer.len())
    }

    /// How it is.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// How many clients are connected.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// How often a drawer was opened.
    pub fn kicks(&self) -> u32 {
        self.kicks
    }

    /// What is on the paper that has not been let go of.
    pub fn unfinished(&self) -> Vec<String> {
        self.layout.sheet().lines()
    }

    fn connect(&mut self, id: SessionId) {
        if self.condition.powered && self.sessions.len() < self.settings.sessions_max {
            self.sessions.insert(id, Session::default());
        } else {
            self.effects.push(Effect::Close(id));
        }
    }

    fn receive(&mut self, now: Instant, id: SessionId, bytes: &[u8]) {
        for &byte in bytes {
            let Some(session) = self.sessions.get_mut(&id) else {
                return;
            };
            let command = session.scanner.push(byte);
            let dies = self.spend();
            if dies {
                // Whatever was whole before the last byte has been answered by now.
                self.advance(now);
            }
            self.buffer.push_back((id, byte));
            if let Some(command) = command {
                self.carry_out_now(id, command, dies);
            }
            if dies {
                self.die(now);
            }
        }
    }

    /// Whether this byte was the last of its life.
    fn spend(&mut self) -> bool {
        self.die_after = self.die_after.map(|left| left.saturating_sub(1));
        self.die_after == Some(0)
    }

    /// Prints what the last byte completes, does not answer it, and is gone.
    fn die(&mut self, now: Instant) {
        for session in std::mem::take(&mut self.sessions).into_keys() {
            self.effects.push(Effect::Close(session));
        }
        self.advance(now);
        self.power_off();
    }

    fn carry_out_now(&mut self, id: SessionId, command: RealTime, dies: bool) {
        match command {
            RealTime::Status(what) if self.settings.answers.in_real_time() && !dies => {
                let status = status::real_time(&self.condition, what);
                self.effects.push(Effect::Send(id, vec![status]));
            }
            RealTime::Recover(1) => self.condition.recover(),
            RealTime::Recover(2) => {
                self.clear();
                self.condition.recover();
            }
            RealTime::Drawer { .. } => self.kicks += 1,
            RealTime::Clear => self.clear(),
            RealTime::Status(_) | RealTime::Recover(_) | RealTime::Other(_) => {}
        }
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.pending.clear();
        self.decoder = Decoder::new();
        self.layout.drop_line();
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::PowerOff | Change::DieAfter(Some(0)) => self.power_off(),
            Change::PowerOn => self.power_on(),
            Change::DieAfter(bytes) => self.die_after = bytes,
            Change::Paper(paper) => self.condition.set_paper(paper),
            Change::Roll(lines) => self.condition.load(lines),
            Change::Cover(cover) => self.condition.cover = cover,
            Change::Switch(switch) => self.condition.switch = switch,
            Change::Fault(fault) => self.condition.fault = fault,
            Change::DrawerOpen(open) => self.condition.drawer_open = open,
        }
    }

    fn power_off(&mut self) {
        if !self.condition.powered {
            return;
        }
        self.condition.powered = false;
        self.die_after = None;
        for session in std::mem::take(&mut self.sessions).into_keys() {
            self.effects.push(Effect::Close(session));
        }
        self.effects.push(Effect::Refuse);
        if !self.layout.sheet().is_blank() {
            self.let_go(End::Power);
        }
        self.ops.clear();
        if self.settings.buffer == Buffer::Lost {
            self.clear();
            self.layout = Layout::new(self.settings.width);
        }
    }

    fn power_on(&mut self) {
        if !self.condition.powered {
            self.condition.powered = true;
            self.resting_until = None;
            self.effects.push(Effect::Listen);
        }
    }

    /// Tells the clients who asked for it what has changed.
    fn report(&mut self) {
        let asb = Asb::of(&self.condition);
        let changed = asb.changed(self.reported);
        self.reported = asb;
        for (&id, session) in &self.sessions {
            if session.reports & changed != 0 {
                self.effects.push(Effect::Send(id, asb.bytes()));
            }
        }
    }

    /// Carries out what waits, and says when to go on.
    fn print(&mut self, now: Instant) {
        self.advance(now);
        if self.settings.pace.is_some() && self.condition.is_ready() && !self.buffer.is_empty() {
            let until = self.resting_until.unwrap_or(now);
            self.effects.push(Effect::WakeAt(until));
        }
        self.end_job();
    }

    /// Carries out what waits, as far as condition and pace allow.
    fn advance(&mut self, now: Instant) {
        let allowance = self.allowance(now);
        let mut taken = 0;
        while self.condition.is_ready() {
            if let Some((id, op)) = self.pending.pop_front() {
                self.carry_out(id, op);
                continue;
            }
            if taken == allowance {
                break;
            }
            let Some((id, byte)) = self.buffer.pop_front() else {
                break;
            };
            taken += 1;
            let ops = self.decoder.push(byte);
            self.pending.extend(ops.into_iter().map(|op| (id, op)));
        }
        if self.settings.pace.is_some() && taken > 0 {
            self.resting_until = Some(now + STEP);
        }
    }

    /// How many bytes may be taken from the buffer now.
    fn allowance(&self, now: Instant) -> usize {
        match (self.settings.pace, self.resting_until) {
            (None, _) => usize::MAX,
            (Some(_), Some(until)) if now < until => 0,
            (Some(pace), _) => per_step(pace),
        }
    }

    /// Paper that was not cut ends with the last session that wrote on it.
    fn end_job(&mut self) {
        let idle = self.sessions.is_empty() && self.buffer.is_empty() && self.pending.is_empty();
        if !idle || !self.condition.powered {
            return;
        }
        if self.layout.sheet().is_blank() {
            self.ops.clear();
        } else {
            self.let_go(End::Closed);
        }
    }

    fn let_go(&mut self, end: End) {
        self.effects.push(Effect::Printed(Ticket {
            ops: std::mem::take(&mut self.ops),
            sheet: self.layout.tear_off(),
            end,
        }));
    }

    fn carry_out(&mut self, id: SessionId, op: Op) {
        match op {
            Op::Drawer { .. } => self.kicks += 1,
            Op::StatusBack(which) => self.report_from_now(id, which),
            Op::AskStatus(what) => {
                let status = status::asked(&self.condition, what);
                self.answer(id, self.settings.status(status));
            }
            Op::AskModel(what) => self.answer(id, self.settings.identify(what)),
            Op::ProcessId(token) => self.answer(id, self.settings.confirm(token)),
            _ => {}
        }
        let lines = self.layout.apply(&op);
        self.condition.use_up(lines);
        let cut = matches!(op, Op::Cut(_));
        if self.ops.len() < OPS_MAX {
            self.ops.push(op);
        }
        if cut {
            self.let_go(End::Cut);
        }
    }

    fn report_from_now(&mut self, id: SessionId, which: u8) {
        let reports = self.settings.answers.in_real_time();
        if let Some(session) = self.sessions.get_mut(&id).filter(|_| reports) {
            session.reports = which;
            if which != 0 {
                let asb = Asb::of(&self.condition);
                self.effects.push(Effect::Send(id, asb.bytes()));
            }
        }
    }

    /// Answers in the order of the buffer; whoever asked may be gone.
    fn answer(&mut self, id: SessionId, answer: Option<Vec<u8>>) {
        if let Some(bytes) = answer.filter(|_| self.sessions.contains_key(&id)) {
            self.effects.push(Effect::Send(id, bytes));
        }
    }
}

/// How many bytes a second are in a step; one at least.
fn per_step(pace: u32) -> usize {
    let steps = u32::try_from(Duration::from_secs(1).as_millis() / STEP.as_millis())
        .expect("a second has few steps");
    pace.div_ceil(steps) as usize
}

#[cfg(test)]
mod tests;
