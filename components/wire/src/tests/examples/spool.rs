//! What operators ask about the spool, and what stands in for dropped records.

use super::{Form, at, form, n, word};
use crate::record::Stream;
use crate::uplink::{
    Cost, DropReason, Dropped, Kept, Letter, Letters, LettersOf, Mode, Quarantine, Replay,
    Replayed, SetMode, Span, Spent, SpentLine, Verified, VerifiedStream,
};

pub(super) fn all() -> Vec<Form> {
    vec![
        form(
            "uplink-dropped",
            &Dropped {
                first: n(11),
                last: n(20),
                records: n(10),
                bytes: n(3_700),
                reason: DropReason::StorageFull,
            },
        ),
        form("uplink-verified", &verified()),
        form("uplink-letters-of", &LettersOf { number: Some(n(3)) }),
        form("uplink-letters", &letters()),
        form("uplink-quarantine", &Quarantine { stream: Stream::P2 }),
        form("uplink-replay", &Replay { number: Some(n(3)) }),
        form("uplink-replayed", &Replayed { batches: n(1) }),
        form(
            "uplink-set-mode",
            &SetMode {
                mode: Some(Mode::Metered),
            },
        ),
        form("uplink-cost", &cost()),
    ]
}

fn verified() -> Verified {
    Verified {
        streams: vec![VerifiedStream {
            stream: Stream::P2,
            next_place: n(40),
            spans: vec![Span {
                first: n(30),
                last: n(39),
                kept: Kept::Waiting,
            }],
            faults: vec!["9 records wait, 10 are counted".to_owned()],
        }],
    }
}

fn letters() -> Letters {
    Letters {
        letters: vec![Letter {
            number: n(3),
            stream: Stream::P2,
            first: n(21),
            last: n(29),
            bytes: n(800),
            key:
                "v1/stream=p2/property=seaside/box=box-1/dt=2026-11-21/hour=03/21-29-00.ndjson.zst"
                    .to_owned(),
            at: at(),
            reason: "400 EntityTooLarge: words".to_owned(),
        }],
        lines: Vec::new(),
    }
}

fn cost() -> Cost {
    let spent = |period: &str| Spent {
        period: period.to_owned(),
        lines: vec![SpentLine {
            of: word::<String>("p2"),
            requests: n(96),
            bytes: n(500_000),
            wire_bytes: n(1_285_500),
            dollars: 0.000_515,
        }],
        local: n(57_600),
        cloud: n(96),
        local_percent: 99.83,
        dollars: 0.000_515,
    };
    Cost {
        days: vec![spent("2026-11-21")],
        months: vec![spent("2026-11")],
    }
}
