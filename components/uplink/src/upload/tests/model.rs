//! A spool and a bucket in memory, with everything that can go wrong between them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wire::Integer;
use wire::record::Stream;

use super::digest;
use crate::batch::{Front, Limits, Packing, Row, Waiting};
use crate::object::{Origin, Sealed, other_body};
use crate::upload::{Answer, Step};

/// What happens at one step.
#[derive(Debug, Clone, Copy)]
enum Luck {
    /// Nothing special.
    Fine,
    /// So many records arrive.
    Arrivals(u64),
    /// The program ends before the step's outcome is kept.
    Crash,
    /// The disk refuses.
    Disk,
    /// The request does not get through.
    Lost,
    /// The request gets through, its answer does not.
    Unanswered,
    /// S3 throttles.
    Busy,
    /// Somebody puts something else under the name that is about to be used.
    Squatter,
}

fn any_luck() -> impl Strategy<Value = Luck> {
    prop_oneof![
        4 => Just(Luck::Fine),
        2 => (1..6_u64).prop_map(Luck::Arrivals),
        1 => Just(Luck::Crash),
        1 => Just(Luck::Disk),
        1 => Just(Luck::Lost),
        1 => Just(Luck::Unanswered),
        1 => Just(Luck::Busy),
        1 => Just(Luck::Squatter),
    ]
}

const LIMITS: Limits = Limits {
    bytes: 30,
    age: std::time::Duration::from_mins(1),
};

/// The disk and the bucket, which survive a crash.
#[derive(Debug, Default)]
struct World {
    rows: Vec<Row>,
    arrived: u64,
    sealed: Option<(Sealed, Vec<u8>)>,
    bucket: BTreeMap<String, Vec<u8>>,
    squatters: Vec<String>,
}

impl World {
    fn arrive(&mut self, records: u64) {
        for _ in 0..records {
            self.arrived += 1;
            self.rows.push(Row {
                place: Integer::new(self.arrived).unwrap(),
                first: Integer::new(self.arrived).unwrap(),
                at: 0.into(),
                line: self.arrived.to_string().into_bytes(),
            });
        }
    }

    fn waiting(&self) -> Option<Waiting> {
        self.rows.first().map(|row| Waiting {
            first: row.place,
            since: row.at,
            bytes: self
                .rows
                .iter()
                .map(|row| crate::batch::line_bytes(&row.line))
                .sum(),
        })
    }

    fn seal(&mut self) -> Step {
        let Some(oldest) = self.rows.first() else {
            return Step::Look;
        };
        let mut front = Front::new(oldest);
        for row in &self.rows[1..] {
            if !front.add(row, LIMITS.bytes) {
                break;
            }
        }
        let body = front.pack(Packing::Quick);
        let sealed = front.seal(&origin(), Stream::P0, digest(&body), size(&body));
        self.sealed = Some((sealed.clone(), body));
        Step::Send(sealed)
    }

    fn rename(&mut self, sealed: &Sealed) -> Step {
        let body = other_body(self.sealed.take().unwrap().1);
        let renamed = sealed.renamed(&origin(), digest(&body), size(&body));
        self.sealed = Some((renamed.clone(), body));
        Step::Send(renamed).later()
    }

    fn put(&mut self, sealed: &Sealed) -> Answer {
        if self.bucket.contains_key(&sealed.key) {
            return Answer::Taken;
        }
        let body = self.sealed.as_ref().unwrap().1.clone();
        self.bucket.insert(sealed.key.clone(), body);
        Answer::Stored
    }

    fn compare(&self, sealed: &Sealed) -> Answer {
        match self.bucket.get(&sealed.key) {
            None => Answer::Gone,
            Some(body) if digest(body) == sealed.sha256 => Answer::Same,
            Some(_) => Answer::Different,
        }
    }

    fn forget(&mut self, sealed: &Sealed) -> Step {
        self.rows.retain(|row| row.place > sealed.last);
        self.sealed = None;
        Step::Look
    }

    /// Takes one step of the service, with luck.
    fn take(&mut self, step: Step, luck: Luck) -> Step {
        if let Luck::Arrivals(records) = luck {
            self.arrive(records);
        }
        match (step, luck) {
            (_, Luck::Crash) => Step::Resume,
            (step @ (Step::Seal | Step::Rename(_) | Step::Forget(_)), Luck::Disk) => step.later(),
            (Step::Send(sealed) | Step::Compare(sealed), Luck::Lost) => {
                Step::answered(sealed, &Answer::Unreachable(String::new()))
            }
            (Step::Send(sealed), Luck::Unanswered) => {
                self.put(&sealed);
                Step::answered(sealed, &Answer::Unreachable(String::new()))
            }
            (Step::Send(sealed), Luck::Busy) => {
                Step::answered(sealed, &Answer::Busy(String::new()))
            }
            (Step::Send(sealed), Luck::Squatter) => {
                if !self.bucket.contains_key(&sealed.key) {
                    self.bucket
                        .insert(sealed.key.clone(), b"something else".to_vec());
                    self.squatters.push(sealed.key.clone());
                }
                let answer = self.put(&sealed);
                Step::answered(sealed, &answer)
            }
            (Step::Resume, _) => Step::resumed(self.sealed.clone().map(|(sealed, _)| sealed)),
            (Step::Look, _) => {
                Step::looked(&LIMITS, 0.into(), self.waiting().as_ref(), self.arrived)
            }
            (Step::Wait(_), _) => Step::Look,
            (Step::Seal, _) => self.seal(),
            (Step::Send(sealed), _) => {
                let answer = self.put(&sealed);
                Step::answered(sealed, &answer)
            }
            (Step::Compare(sealed), _) => {
                let answer = self.compare(&sealed);
                Step::answered(sealed, &answer)
            }
            (Step::Rename(sealed), _) => self.rename(&sealed),
            (Step::Forget(sealed), _) => self.forget(&sealed),
            (Step::Rest(step) | Step::Hold(_, step), _) => *step,
            (Step::SetAside(..), _) => unreachable!("this bucket takes everything"),
        }
    }

    /// The places in the bucket, object by object.
    fn uploaded(&self) -> Vec<Vec<u64>> {
        let ours = self
            .bucket
            .iter()
            .filter(|(key, _)| !self.squatters.contains(key));
        let mut objects: Vec<Vec<u64>> = ours
            .map(|(_, body)| {
                let text = String::from_utf8(zstd::decode_all(&**body).unwrap()).unwrap();
                text.lines().map(|line| line.parse().unwrap()).collect()
            })
            .collect();
        objects.sort();
        objects
    }
}

fn origin() -> Origin {
    Origin {
        property: "seaside".parse().unwrap(),
        box_id: "box-1".parse().unwrap(),
    }
}

fn size(body: &[u8]) -> u64 {
    u64::try_from(body.len()).unwrap()
}

proptest! {
    // uplink-3.3, uplink-4.1, uplink-4.3
    #[test]
    fn each_place_is_in_exactly_one_object_and_in_order_whatever_goes_wrong(
        story in prop::collection::vec(any_luck(), 0..200),
    ) {
        let mut world = World::default();
        let mut step = Step::Resume;
        for luck in story {
            step = world.take(step, luck);
            let there: Vec<_> = world.uploaded().concat();
            let gone = world.arrived - world.rows.len() as u64;
            prop_assert!((1..=gone).all(|place| there.contains(&place)), "forgotten, not uploaded");
        }
        for _ in 0..200 {
            step = world.take(step, Luck::Fine);
        }
        prop_assert!(world.rows.is_empty(), "{} records stay", world.rows.len());
        let places: Vec<_> = world.uploaded().concat();
        prop_assert_eq!(places, (1..=world.arrived).collect::<Vec<_>>());
    }
}
