use kit::clock::Clock;
use proptest::prelude::*;

use super::*;
use crate::vprinter::layout::WIDTH;

const CLIENT: SessionId = 1;

/// A printer with a client, and everything that followed.
struct Bench {
    machine: Machine,
    clock: Clock,
    effects: Vec<Effect>,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        let mut bench = Self {
            machine: Machine::new(settings),
            clock: Clock::manual(wire::Integer::try_from(0_u64).unwrap()),
            effects: Vec::new(),
        };
        bench.handle(Input::Connected(CLIENT));
        bench
    }

    fn usual() -> Self {
        Self::new(Settings::default())
    }

    fn handle(&mut self, input: Input) {
        let effects = self.machine.handle(self.clock.monotonic(), input);
        self.effects.extend(effects);
    }

    fn send(&mut self, bytes: &[u8]) {
        self.handle(Input::Received(CLIENT, bytes.to_vec()));
    }

    fn change(&mut self, change: Change) {
        self.handle(Input::Changed(change));
    }

    /// What was answered since the last look.
    fn answers(&mut self) -> Vec<u8> {
        let mut answers = Vec::new();
        self.effects.retain(|effect| match effect {
            Effect::Send(_, bytes) => {
                answers.extend_from_slice(bytes);
                false
            }
            _ => true,
        });
        answers
    }

    fn tickets(&self) -> Vec<Ticket> {
        let ticket = |effect: &Effect| match effect {
            Effect::Printed(ticket) => Some(ticket.clone()),
            _ => None,
        };
        self.effects.iter().filter_map(ticket).collect()
    }

    #[track_caller]
    fn check_answers(&mut self, expected: &[u8]) {
        assert_eq!(self.answers(), expected);
    }
}

#[track_caller]
fn check_status(change: Option<Change>, real_time: [u8; 4], automatic: [u8; 4]) {
    let mut bench = Bench::usual();
    bench.send(b"\x1da\xff");
    bench.check_answers(&[0x14, 0, 0, 0x0f]);
    if let Some(change) = change {
        bench.change(change);
        bench.check_answers(&automatic);
    }
    bench.send(b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04");
    bench.check_answers(&real_time);
}

#[test]
fn status_bytes_tell_the_condition() {
    check_status(None, [0x16, 0x12, 0x12, 0x12], [0x14, 0, 0, 0x0f]);
    check_status(
        Some(Change::Paper(Paper::NearEnd)),
        [0x16, 0x12, 0x12, 0x1e],
        [0x14, 0, 0x03, 0x0f],
    );
    check_status(
        Some(Change::Paper(Paper::Out)),
        [0x1e, 0x32, 0x12, 0x7e],
        [0x1c, 0, 0x0f, 0x0f],
    );
    check_status(
        Some(Change::Cover(Cover::Open)),
        [0x1e, 0x16, 0x12, 0x12],
        [0x3c, 0, 0, 0x0f],
    );
    check_status(
        Some(Change::Switch(Switch::Offline)),
        [0x1e, 0x12, 0x12, 0x12],
        [0x1c, 0, 0, 0x0f],
    );
    check_status(
        Some(Change::Fault(Fault::Cutter)),
        [0x1e, 0x52, 0x1a, 0x12],
        [0x1c, 0x08, 0, 0x0f],
    );
    check_status(
        Some(Change::Fault(Fault::Circuit)),
        [0x1e, 0x52, 0x32, 0x12],
        [0x1c, 0x20, 0, 0x0f],
    );
    check_status(
        Some(Change::DrawerOpen(true)),
        [0x12, 0x12, 0x12, 0x12],
        [0x10, 0, 0, 0x0f],
    );
}

#[test]
fn only_changes_that_were_asked_for_are_reported() {
    let mut bench = Bench::usual();
    bench.send(b"\x1da\x08");
    bench.answers();
    bench.change(Change::DrawerOpen(true));
    bench.check_answers(b"");
    bench.change(Change::Paper(Paper::NearEnd));
    bench.check_answers(&[0x10, 0, 0x03, 0x0f]);
    bench.send(b"\x1da\x00");
    bench.change(Change::Paper(Paper::Enough));
    bench.check_answers(b"");
}

#[test]
fn a_cut_lets_go_of_a_ticket() {
    let mut bench = Bench::usual();
    bench.send(b"\x1b@one\n\x1dV\x00two\n\x1dV\x00");
    let tickets = bench.tickets();
    let texts: Vec<_> = tickets.iter().map(Ticket::text).collect();
    assert_eq!(texts, ["one", "two"]);
    assert!(tickets.iter().all(|ticket| ticket.end == End::Cut));
    assert_eq!(tickets[0].ops.len(), 4);
}

#[test]
fn paper_that_was_not_cut_ends_with_the_session() {
    let mut bench = Bench::usual();
    bench.send(b"one\ntwo");
    bench.handle(Input::Closed(CLIENT));
    assert_eq!(bench.tickets()[0].lines(), ["one"]);
    assert_eq!(bench.tickets()[0].end, End::Closed);
}

#[test]
fn a_client_who_only_asks_leaves_no_ticket() {
    let mut bench = Bench::usual();
    bench.send(b"\x10\x04\x02\x1b@\x1da\xff\x1dr1");
    bench.handle(Input::Closed(CLIENT));
    assert!(bench.tickets().is_empty());
}

#[test]
fn barriers_are_answered_in_the_order_of_the_buffer() {
    let mut bench = Bench::usual();
    bench.send(b"one\n\x1dr1\x1d(H\x06\x0000abcd\x1dr2\x1dIC");
    bench.check_answers(b"\x00\x37\x22abcd\x00\x01\x5fVP-T80\x00");
}

#[test]
fn without_paper_nothing_is_printed_and_no_barrier_answered() {
    for stop in [
        Change::Paper(Paper::Out),
        Change::Cover(Cover::Open),
        Change::Switch(Switch::Offline),
        Change::Fault(Fault::Mechanical),
    ] {
        let mut bench = Bench::usual();
        bench.change(stop);
        bench.send(b"one\n\x1dV\x00\x1dr1\x1d(H\x06\x0000abcd");
        bench.check_answers(b"");
        assert!(bench.tickets().is_empty(), "{stop:?}");
        bench.send(b"\x10\x04\x01");
        assert_eq!(bench.answers().len(), 1);
    }
}

#[test]
fn it_goes_on_by_itself_when_paper_comes_back() {
    let mut bench = Bench::usual();
    bench.send(b"\x1da\xff");
    bench.answers();
    bench.change(Change::Roll(Some(2)));
    bench.send(b"one\ntwo\nthree\n\x1dV\x00\x1dr1");
    assert_eq!(bench.machine.unfinished(), ["one", "two"]);
    bench.check_answers(&[0x1c, 0, 0x0f, 0x0f]);
    bench.change(Change::Paper(Paper::Enough));
    assert_eq!(bench.tickets()[0].lines(), ["one", "two", "three"]);
    // First that there is paper, then that all is printed.
    bench.check_answers(&[0x14, 0, 0, 0x0f, 0x00]);
}

#[test]
fn enquiries_amid_an_image_are_answered_and_the_image_is_whole() {
    let mut bench = Bench::usual();
    bench.send(b"\x1dv0\x00\x01\x00\x05\x00\xff\x10");
    bench.send(b"\x04\x02\xff\n\x1dV\x00");
    bench.check_answers(&[0x12]);
    assert_eq!(bench.tickets()[0].lines()[0], "[image 8×5]");
}

#[test]
fn clearing_in_real_time_drops_what_waits() {
    for clear in [
        b"\x10\x05\x02".as_slice(),
        b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08",
    ] {
        let mut bench = Bench::usual();
        bench.change(Change::Fault(Fault::Cutter));
        bench.send(b"one\n\x1dV\x00");
        bench.send(clear);
        bench.change(Change::Fault(Fault::None));
        assert!(bench.tickets().is_empty());
    }
}

#[test]
fn recovery_goes_on_after_a_jam_but_not_after_a_broken_circuit() {
    let mut bench = Bench::usual();
    bench.change(Change::Fault(Fault::Cutter));
    bench.send(b"one\n\x1dV\x00\x10\x05\x01");
    assert_eq!(bench.tickets().len(), 1);
    bench.change(Change::Fault(Fault::Circuit));
    bench.send(b"two\n\x1dV\x00\x10\x05\x01");
    assert_eq!(bench.tickets().len(), 1);
}

#[test]
fn clones_answer_less() {
    #[track_caller]
    fn check(answers: Answers, expected: &[u8]) {
        let mut bench = Bench::new(Settings {
            answers,
            ..Settings::default()
        });
        bench.send(b"\x10\x04\x01\x1da\xff\x1dr1\x1d(H\x06\x0000abcd");
        bench.check_answers(expected);
    }
    check(Answers::All, b"\x16\x14\x00\x00\x0f\x00\x37\x22abcd\x00");
    check(Answers::NoProcessId, b"\x16\x14\x00\x00\x0f\x00");
    check(Answers::OnlyStatus, b"\x00");
    check(Answers::NoBarrier, b"\x16\x14\x00\x00\x0f");
    check(Answers::Nothing, b"");
}

#[test]
fn a_power_cut_leaves_half_a_ticket_and_forgets_the_rest() {
    let mut bench = Bench::usual();
    bench.change(Change::Roll(Some(1)));
    bench.send(b"\x1dB\x01one\ntwo\n\x1dV\x00");
    bench.change(Change::PowerOff);
    assert!(bench.effects.contains(&Effect::Close(CLIENT)));
    assert!(bench.effects.contains(&Effect::Refuse));
    bench.change(Change::Paper(Paper::Enough));
    bench.change(Change::PowerOn);
    assert!(bench.effects.contains(&Effect::Listen));
    let tickets = bench.tickets();
    assert_eq!(tickets.len(), 1);
    assert_eq!(
        (tickets[0].lines(), tickets[0].end),
        (vec!["one".to_owned()], End::Power)
    );
    assert!(bench.machine.unfinished().is_empty());
}

#[test]
fn a_buffer_that_is_kept_is_printed_after_the_power_cut() {
    let mut bench = Bench::new(Settings {
        buffer: Buffer::Kept,
        ..Settings::default()
    });
    bench.change(Change::Roll(Some(1)));
    bench.send(b"one\ntwo\n\x1dV\x00");
    bench.change(Change::PowerOff);
    bench.change(Change::Paper(Paper::Enough));
    bench.change(Change::PowerOn);
    let texts: Vec<_> = bench.tickets().iter().map(Ticket::text).collect();
    assert_eq!(texts, ["one", "two"]);
}

#[test]
fn it_dies_at_exactly_the_byte_of_its_budget() {
    let job = b"\x1b@one\ntwo\nthree\n\x1dV\x00\x1dr1";
    for budget in 0..=job.len() {
        let mut bench = Bench::usual();
        bench.change(Change::DieAfter(Some(budget as u64)));
        bench.send(job);
        assert!(!bench.machine.condition().powered, "{budget}");
        assert_eq!(bench.machine.sessions(), 0);
        bench.check_answers(b"");
        let cut = budget >= job.len() - 3;
        let whole = &job[..budget];
        let expected = lines_of(whole);
        let tickets = bench.tickets();
        let printed: Vec<_> = tickets.iter().flat_map(Ticket::lines).collect();
        assert_eq!(printed, expected, "{budget}");
        let end = if cut { End::Cut } else { End::Power };
        assert!(tickets.iter().all(|ticket| ticket.end == end), "{budget}");
    }
    let mut bench = Bench::usual();
    bench.change(Change::DieAfter(Some(job.len() as u64 + 1)));
    bench.send(job);
    bench.check_answers(b"\x00");
}

#[test]
fn what_was_whole_before_it_died_was_answered() {
    let first = b"one\n\x1dV\x00\x1dr1";
    let job = [first, &b"two\n\x1dV\x00\x1dr1"[..]].concat();
    for budget in first.len() + 1..=job.len() {
        let mut bench = Bench::usual();
        bench.change(Change::DieAfter(Some(budget as u64)));
        bench.send(&job);
        bench.check_answers(b"\x00");
    }
}

fn lines_of(bytes: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::new();
    let ops: Vec<_> = bytes.iter().flat_map(|&byte| decoder.push(byte)).collect();
    crate::vprinter::lay_out(&ops, WIDTH).lines()
}

#[test]
fn further_clients_are_turned_away() {
    let mut bench = Bench::usual();
    bench.handle(Input::Connected(2));
    assert_eq!(bench.effects, [Effect::Close(2)]);
    bench.handle(Input::Closed(CLIENT));
    bench.handle(Input::Connected(3));
    assert_eq!(bench.machine.sessions(), 1);
}

#[test]
fn answers_go_to_the_client_who_asked() {
    let mut bench = Bench::new(Settings {
        sessions_max: 2,
        ..Settings::default()
    });
    bench.handle(Input::Connected(2));
    bench.handle(Input::Received(2, b"\x1dr1".to_vec()));
    assert_eq!(bench.effects, [Effect::Send(2, vec![0])]);
}

#[test]
fn a_slow_printer_takes_its_time() {
    let mut bench = Bench::new(Settings {
        pace: Some(1_000),
        ..Settings::default()
    });
    bench.send(&b"a\n".repeat(10));
    assert_eq!(bench.machine.unfinished().len(), 5);
    bench.handle(Input::Woken);
    assert_eq!(bench.machine.unfinished().len(), 5);
    let Some(&Effect::WakeAt(at)) = bench.effects.last() else {
        panic!("{:?}", bench.effects);
    };
    bench.clock.advance(at - bench.clock.monotonic());
    bench.handle(Input::Woken);
    assert_eq!(bench.machine.unfinished().len(), 10);
}

#[test]
fn a_full_buffer_has_no_room() {
    let mut bench = Bench::usual();
    bench.change(Change::Cover(Cover::Open));
    assert_eq!(bench.machine.room(), BUFFER_MAX);
    bench.send(&vec![b'a'; BUFFER_MAX]);
    assert_eq!(bench.machine.room(), 0);
    bench.change(Change::Cover(Cover::Closed));
    assert_eq!(bench.machine.room(), BUFFER_MAX);
}

#[test]
fn drawers_are_opened_in_turn_and_at_once() {
    let mut bench = Bench::usual();
    bench.change(Change::Paper(Paper::Out));
    bench.send(b"\x1bp\x00\x19\xfa\x10\x14\x01\x00\x05");
    assert_eq!(bench.machine.kicks(), 1);
    bench.change(Change::Paper(Paper::Enough));
    assert_eq!(bench.machine.kicks(), 2);
}

proptest! {
    #[test]
    fn however_it_is_interrupted_every_line_is_printed_once_and_in_order(
        rolls in prop::collection::vec(0_u32..5, 0..8),
        cuts in prop::collection::vec(1_usize..20, 0..8),
    ) {
        let mut bench = Bench::usual();
        let job: Vec<u8> = (0..12).flat_map(|line| format!("line {line}\n").into_bytes()).collect();
        let mut rest = &job[..];
        let mut cuts = cuts.into_iter();
        for roll in rolls {
            bench.change(Change::Roll(Some(roll)));
            let (now, later) = rest.split_at(cuts.next().unwrap_or(0).min(rest.len()));
            bench.send(now);
            rest = later;
        }
        bench.send(rest);
        bench.change(Change::Paper(Paper::Enough));
        bench.send(b"\x1dV\x00\x1dr1");
        let expected: Vec<_> = (0..12).map(|line| format!("line {line}")).collect();
        prop_assert_eq!(bench.tickets()[0].lines(), expected);
        prop_assert_eq!(bench.answers(), [0]);
    }
}
