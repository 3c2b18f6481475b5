//! How jobs come from one stage to the next.

use super::{
    Attempt, Code, Effect, End, FALLBACK_AFTER_MS, FALLBACKS_MAX, Integer, KEPT_MS, Line,
    LinkEvent, Order, Problem, REPRINTS_MAX, Spooler, Stage, Token, Unconfirmed, Word,
};

/// Most jobs that are forgotten at once, so that nobody waits long for that commit.
const SWEEP_MAX: usize = 500;

impl Spooler {
    pub(super) fn heard(&mut self, now: Integer, printer: &Word, event: LinkEvent) {
        let line = self.printers[printer].line;
        match event {
            LinkEvent::Is(condition) => {
                if let Some(standing) = self.printers.get_mut(printer) {
                    standing.hear(now, condition);
                }
            }
            LinkEvent::Begun(token) => {
                if let Line::Begun(number, begun) = line
                    && begun == token
                {
                    self.set_line(printer, Line::Printing(number, token));
                }
            }
            LinkEvent::Proved(token) => self.finish(now, printer, token, End::Done),
            LinkEvent::Sent(token) => self.finish(now, printer, token, End::SentUnverified),
            LinkEvent::Untouched(token) => {
                if let Line::Begun(number, begun) = line
                    && begun == token
                {
                    self.set_line(printer, Line::Free);
                    self.wait(now, number);
                }
            }
            LinkEvent::Overdue(token) => self.overdue(now, printer, token),
            LinkEvent::Lost(token) => {
                if let Some(number) = self.under_way(printer, token) {
                    self.set_line(printer, Line::Free);
                    self.lose(now, number);
                }
            }
        }
    }

    /// Begins every attempt that can begin, the oldest job first; what is over waits for the next tick
    /// to end it.
    pub(super) fn dispatch(&mut self, now: Integer) {
        let waiting: Vec<u64> = self.waiting().collect();
        for number in waiting {
            if now < self.entry(number).expires_at
                && let Some(printer) = self.free_printer(now, number)
            {
                self.begin(now, number, printer);
            }
        }
    }

    /// Jobs that wait, the oldest first.
    pub(super) fn waiting(&self) -> impl Iterator<Item = u64> {
        let waits = |number: &u64| self.entry(*number).stage == Stage::Waiting;
        self.live.iter().copied().filter(waits)
    }

    /// The first printer of the route that is free; one that stands in only when all before it
    /// have been held for long.
    fn free_printer(&self, now: Integer, number: u64) -> Option<Word> {
        if let Some(printer) = &self.entry(number).bound_to {
            let standing = self.printers.get(printer)?;
            return standing.is_free().then(|| printer.clone());
        }
        let route = &self.route(number)?.printers;
        let candidates = if self.entry(number).is_drawer() {
            // Another drawer would be somebody else's.
            1
        } else {
            FALLBACKS_MAX
        };
        for printer in route.iter().take(candidates) {
            let standing = self.printers.get(printer)?;
            if standing.is_free() {
                return Some(printer.clone());
            }
            if standing.held_ms(now) < FALLBACK_AFTER_MS || standing.line != Line::Free {
                return None;
            }
        }
        None
    }

    fn begin(&mut self, now: Integer, number: u64, printer: Word) {
        let token = self.tokens.next();
        self.set_line(&printer, Line::Begun(number, token));
        let entry = self.entry_mut(number);
        entry.attempts = entry.attempts.saturating_add(1);
        let marked = entry.doubts > 0;
        entry.marked |= marked;
        let attempt = Attempt {
            printer: printer.clone(),
            token,
        };
        entry.come_to(now, Stage::Attempt(attempt));
        let document = entry.document.clone();
        self.keep(number);
        self.effects.push(Effect::Print(Box::new(Order {
            printer,
            token,
            document: document.expect("a job that has not ended has its document"),
            marked,
        })));
    }

    /// A copy is on paper, or was sent to a printer that proves nothing.
    fn finish(&mut self, now: Integer, printer: &Word, token: Token, end: End) {
        let Some(number) = self.under_way(printer, token) else {
            return;
        };
        self.set_line(printer, Line::Free);
        // A late proof lands also when somebody has asked for another copy meanwhile, as long as
        // that has not begun.
        let entry = self.entry(number);
        let is_open = entry.open_attempt().is_some_and(|open| open.token == token);
        if is_open || entry.stage == Stage::Waiting && entry.doubts > 0 {
            self.copy_done(now, number, end);
        }
    }

    pub(super) fn copy_done(&mut self, now: Integer, number: u64, end: End) {
        let entry = self.entry_mut(number);
        entry.printed += 1;
        entry.doubts = 0;
        entry.bound_to = None;
        if entry.printed < entry.copies {
            self.wait(now, number);
        } else {
            self.end(now, number, end);
        }
    }

    fn overdue(&mut self, now: Integer, printer: &Word, token: Token) {
        let Some(number) = self.under_way(printer, token) else {
            return;
        };
        self.set_line(printer, Line::Late(number, token));
        let entry = self.entry_mut(number);
        if let Stage::Attempt(attempt) = &entry.stage {
            let doubt = Stage::Unconfirmed(attempt.clone());
            entry.come_to(now, doubt);
            self.keep(number);
        }
    }

    /// No proof will come any more: the route says what becomes of the job.
    pub(super) fn lose(&mut self, now: Integer, number: u64) {
        let policy = self.route(number).map(|route| route.unconfirmed);
        let entry = self.entry_mut(number);
        let Some(attempt) = entry.open_attempt().cloned() else {
            return;
        };
        if entry.is_drawer() {
            let detail = "the drawer may have opened; it is not opened again by itself";
            let failed = End::Failed(Problem::new(Code::TimedOut, detail));
            self.end(now, number, failed);
            return;
        }
        match policy.unwrap_or_default() {
            Unconfirmed::ReprintMarked if entry.doubts < REPRINTS_MAX => self.reprint(now, number),
            Unconfirmed::Drop => {
                self.end(
                    now,
                    number,
                    End::given_up(Code::TimedOut, "not printed again"),
                );
            }
            Unconfirmed::Ask | Unconfirmed::ReprintMarked => {
                if matches!(entry.stage, Stage::Attempt(_)) {
                    entry.come_to(now, Stage::Unconfirmed(attempt));
                    self.keep(number);
                }
            }
        }
    }

    pub(super) fn reprint(&mut self, now: Integer, number: u64) {
        let entry = self.entry_mut(number);
        entry.doubts = entry.doubts.saturating_add(1);
        entry.bound_to = entry.printer().cloned();
        self.wait(now, number);
    }

    pub(super) fn wait(&mut self, now: Integer, number: u64) {
        self.entry_mut(number).come_to(now, Stage::Waiting);
        self.keep(number);
    }

    pub(super) fn end(&mut self, now: Integer, number: u64, end: End) {
        self.entry_mut(number).end(now, end);
        self.live.remove(&number);
        self.keep(number);
        self.tell_end(number);
    }

    /// Ends what waited for too long, and doubts that nobody decided.
    pub(super) fn expire(&mut self, now: Integer) {
        for number in self.live.clone() {
            let entry = self.entry(number);
            match &entry.stage {
                Stage::Waiting if now < entry.expires_at => {}
                Stage::Waiting if entry.may_have_printed() => {
                    self.end(
                        now,
                        number,
                        End::given_up(Code::Expired, "its time is over"),
                    );
                }
                Stage::Waiting => self.end(now, number, End::Expired),
                Stage::Unconfirmed(_) if is_old(now, entry.at) => {
                    self.end(now, number, End::given_up(Code::Expired, "nobody decided"));
                }
                Stage::Attempt(_) | Stage::Unconfirmed(_) | Stage::Ended { .. } => {}
            }
        }
    }

    /// Forgets jobs that ended long ago, some at a time.
    pub(super) fn sweep(&mut self, now: Integer) {
        let old = |entry: &&super::Entry| entry.has_ended() && is_old(now, entry.at);
        let old = self.entries.values().filter(old).take(SWEEP_MAX);
        let numbers: Vec<u64> = old.map(|entry| entry.number).collect();
        for number in numbers {
            if let Some(entry) = self.entries.remove(&number) {
                self.by_key.remove(&entry.key);
                self.effects.push(Effect::Forget(number));
            }
        }
    }

    pub(super) fn under_way(&self, printer: &Word, token: Token) -> Option<u64> {
        let (number, expected) = self.printers[printer].line.attempt()?;
        (expected == token).then_some(number)
    }

    pub(super) fn set_line(&mut self, printer: &Word, line: Line) {
        if let Some(standing) = self.printers.get_mut(printer) {
            standing.line = line;
        }
    }
}

fn is_old(now: Integer, at: Integer) -> bool {
    now.value().saturating_sub(at.value()) >= KEPT_MS
}
