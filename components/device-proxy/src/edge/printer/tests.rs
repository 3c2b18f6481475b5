//! A link with a printer on a port of this machine.

use std::time::Duration;

use kit::lifecycle::Tasks;
use tokio::time::timeout;

use super::*;
use crate::escpos::{CUT, INITIALIZE};

pub(crate) mod stub;

use stub::Stub;

/// Longest wait for anything on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
const TICKET: &[u8] = b"\x1b@Soup\n\x1dVB\x00";

/// A link at work, and what it tells.
struct Linked {
    stub: Stub,
    wanted: watch::Sender<bool>,
    shipments: mpsc::Sender<Shipment>,
    events: mpsc::Receiver<(Word, LinkEvent)>,
    tasks: Tasks,
}

impl Linked {
    async fn start(barrier: Barrier) -> Self {
        Self::to(Stub::start().await, barrier, Duration::from_mins(1))
    }

    fn to(stub: Stub, barrier: Barrier, idle_close: Duration) -> Self {
        let (wanted, is_wanted) = watch::channel(false);
        let (shipments, shipped) = mpsc::channel(1);
        let (told, events) = mpsc::channel(64);
        let link = Link {
            name: "pass".parse().unwrap(),
            address: stub.address().to_string(),
            barrier,
            idle_close,
            remains: None,
            wiring: Wiring {
                wanted: is_wanted,
                shipments: shipped,
                events: told,
            },
        };
        let tasks = Tasks::new();
        tasks.spawn("printer", |stop| link.run(stop));
        Self {
            stub,
            wanted,
            shipments,
            events,
            tasks,
        }
    }

    async fn ship(&self, token: [u8; 4]) {
        let shipment = Shipment {
            token: token.into(),
            bytes: TICKET.to_vec(),
            longest_command: 16,
        };
        self.shipments.send(shipment).await.unwrap();
    }

    async fn told(&mut self) -> LinkEvent {
        let told = timeout(LIMIT, self.events.recv()).await;
        told.unwrap().unwrap().1
    }

    /// The next event that is not about the printer's condition.
    async fn outcome(&mut self) -> LinkEvent {
        loop {
            let told = self.told().await;
            if !matches!(told, LinkEvent::Is(_) | LinkEvent::Begun(_)) {
                return told;
            }
        }
    }

    /// Waits until the printer is told to be so.
    async fn is(&mut self, held: Option<Held>) {
        while !matches!(self.told().await, LinkEvent::Is(condition) if condition.held == held) {}
    }

    async fn end(self) {
        self.tasks.drain().await.unwrap();
    }
}

// device-proxy-2.2
#[tokio::test]
async fn an_attempt_is_proved_by_its_token() {
    let mut linked = Linked::start(Barrier::ProcessId).await;
    linked.is(None).await;
    linked.ship(*b"abcd").await;
    let token = Token::from(*b"abcd");
    assert_eq!(linked.told().await, LinkEvent::Begun(token));
    assert_eq!(linked.outcome().await, LinkEvent::Proved(token));
    let barrier = b"\x1d(H\x06\x0000abcd".as_slice();
    assert!(
        linked
            .stub
            .received()
            .ends_with(&[TICKET, barrier].concat())
    );
    linked.end().await;
}

// device-proxy-2.2
#[tokio::test]
async fn an_attempt_is_proved_by_the_answer_after_its_cut() {
    let mut linked = Linked::start(Barrier::GsR).await;
    linked.is(None).await;
    for token in [*b"abcd", *b"efgh"] {
        linked.ship(token).await;
        assert_eq!(linked.outcome().await, LinkEvent::Proved(token.into()));
    }
    linked.end().await;
}

// device-proxy-2.2
#[tokio::test]
async fn a_printer_that_proves_nothing_is_sent_everything_and_left() {
    let mut linked = Linked::start(Barrier::None).await;
    linked.is(None).await;
    for token in [*b"abcd", *b"efgh"] {
        linked.ship(token).await;
        assert_eq!(linked.outcome().await, LinkEvent::Sent(token.into()));
    }
    assert_eq!(linked.stub.received(), [TICKET, TICKET].concat());
    linked.end().await;
}

// device-proxy-2.3
#[tokio::test]
async fn nothing_is_sent_to_a_printer_without_paper() {
    let stub = Stub::start().await;
    stub.set_paper(false);
    let mut linked = Linked::to(stub, Barrier::ProcessId, Duration::from_mins(1));
    linked.is(Some(Held::Paper)).await;
    linked.ship(*b"abcd").await;
    let token = Token::from(*b"abcd");
    assert_eq!(linked.outcome().await, LinkEvent::Untouched(token));
    linked.stub.set_paper(true);
    linked.is(None).await;
    assert!(
        !linked
            .stub
            .received()
            .windows(4)
            .any(|window| window == b"Soup")
    );
    linked.end().await;
}

// device-proxy-3.3
#[tokio::test]
async fn a_ticket_whose_paper_ran_out_is_waited_for_and_not_sent_again() {
    let mut linked = Linked::start(Barrier::ProcessId).await;
    linked.is(None).await;
    linked.stub.run_out_after(b"Soup");
    linked.ship(*b"abcd").await;
    linked.is(Some(Held::Paper)).await;
    linked.stub.set_paper(true);
    let token = Token::from(*b"abcd");
    assert_eq!(linked.outcome().await, LinkEvent::Proved(token));
    let received = linked.stub.received();
    let tickets = received.windows(4).filter(|window| window == b"Soup");
    assert_eq!(tickets.count(), 1);
    linked.end().await;
}

// device-proxy-2.5, device-proxy-3.1
#[tokio::test]
async fn a_printer_that_dies_at_any_byte_has_proved_nothing() {
    let whole = TICKET.len() + b"\x1d(H\x06\x0000abcd".len();
    for budget in 0..whole {
        let mut linked = Linked::start(Barrier::ProcessId).await;
        linked.is(None).await;
        // The questions before an attempt are answered.
        let questions = crate::escpos::STATUS.len() + crate::escpos::REPORT.len();
        linked.stub.die_after(questions + budget);
        linked.ship(*b"abcd").await;
        let token = Token::from(*b"abcd");
        let outcome = linked.outcome().await;
        let expected = [LinkEvent::Lost(token), LinkEvent::Untouched(token)];
        assert!(expected.contains(&outcome), "{budget}: {outcome:?}");
        if budget > 0 {
            assert_eq!(outcome, LinkEvent::Lost(token), "{budget}");
        }
        linked.end().await;
    }
}

// device-proxy-3.4
#[tokio::test]
async fn what_was_interrupted_is_ended_and_cut_off_before_anything_else() {
    let mut linked = Linked::start(Barrier::ProcessId).await;
    linked.is(None).await;
    let questions = crate::escpos::STATUS.len() + crate::escpos::REPORT.len();
    linked.stub.die_after(questions + 4);
    linked.ship(*b"abcd").await;
    linked.is(Some(Held::Offline)).await;
    linked.stub.revive();
    linked.wanted.send_replace(true);
    linked.is(None).await;
    linked.ship(*b"efgh").await;
    let token = Token::from(*b"efgh");
    assert_eq!(linked.outcome().await, LinkEvent::Proved(token));
    let received = linked.stub.received();
    let flush = [&[0; 16], INITIALIZE, CUT].concat();
    let at = |wanted: &[u8]| {
        received
            .windows(wanted.len())
            .rposition(|window| window == wanted)
    };
    assert!(at(&flush).unwrap() < at(TICKET).unwrap());
    linked.end().await;
}

// device-proxy-2.9
#[tokio::test]
async fn an_idle_connection_is_closed_and_made_again_for_work() {
    let stub = Stub::start().await;
    let mut linked = Linked::to(stub, Barrier::ProcessId, Duration::from_millis(1));
    linked.is(None).await;
    linked.stub.closed().await;
    linked.ship(*b"abcd").await;
    let token = Token::from(*b"abcd");
    assert_eq!(linked.outcome().await, LinkEvent::Proved(token));
    linked.end().await;
}

// device-proxy-2.3
#[tokio::test]
async fn a_printer_that_cannot_be_reached_is_offline() {
    let stub = Stub::start().await;
    stub.die_after(0);
    let mut linked = Linked::to(stub, Barrier::ProcessId, Duration::from_mins(1));
    linked.is(Some(Held::Offline)).await;
    linked.ship(*b"abcd").await;
    let token = Token::from(*b"abcd");
    assert_eq!(linked.outcome().await, LinkEvent::Untouched(token));
    linked.stub.revive();
    linked.wanted.send_replace(true);
    linked.is(None).await;
    linked.end().await;
}
