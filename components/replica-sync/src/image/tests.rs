use proptest::prelude::*;
use serde_json::json;

use super::*;

const COLUMNS: [&str; 4] = ["status", "note", "arrival", "departure"];

fn grain() -> Grain {
    let stay = |column: &str| (column.to_owned(), "stay".to_owned());
    Grain::Columns([stay("arrival"), stay("departure")].into())
}

fn version(stamp: i64, origin: i64) -> Version {
    Version {
        stamp: Stamp(stamp),
        origin,
    }
}

/// What one write makes of a row: the only way images come about.
#[derive(Debug, Clone)]
enum Write {
    Insert,
    Set(usize, i64),
    Delete,
}

impl Image {
    /// The image after a write at a version above all of its own.
    fn after(mut self, write: &Write, at: Version, grain: &Grain) -> Self {
        match write {
            Write::Insert if !self.is_alive() => Self {
                life: self.life + 1,
                base: at,
                versions: BTreeMap::new(),
                columns: COLUMNS
                    .map(|name| (name.to_owned(), json!(at.to_string())))
                    .into_iter()
                    .collect(),
            },
            Write::Delete if self.is_alive() => Self {
                life: self.life + 1,
                base: at,
                ..Self::default()
            },
            Write::Set(column, value) if self.is_alive() => {
                let name = COLUMNS[*column];
                self.columns.insert(name.to_owned(), json!(value));
                match grain.key(name) {
                    Some(key) => {
                        self.versions.insert(key.to_owned(), at);
                    }
                    None => self.base = at,
                }
                self
            }
            Write::Insert | Write::Set(..) | Write::Delete => self,
        }
    }
}

/// Three databases that write one row and tell each other at times.
fn images(grain: &Grain) -> impl Strategy<Value = Vec<Image>> + use<> {
    let grain = grain.clone();
    let write = prop_oneof![
        Just(Write::Insert),
        (0..COLUMNS.len(), 0..3_i64).prop_map(|(column, value)| Write::Set(column, value)),
        Just(Write::Delete),
    ];
    let step = (0..3_usize, write, prop::option::of(0..3_usize), 0..4_i64);
    prop::collection::vec(step, 1..24).prop_map(move |steps| {
        let mut sites = vec![Image::default(); 3];
        for (site, write, heard, pause) in steps {
            if let Some(other) = heard {
                sites[site] = sites[site].merge(&sites[other], &grain);
            }
            let at = version(
                sites[site].top().0 + 1 + pause,
                i64::try_from(site).unwrap(),
            );
            sites[site] = sites[site].clone().after(&write, at, &grain);
        }
        sites
    })
}

proptest! {
    // replica-sync-3.1
    #[test]
    fn the_order_in_which_images_arrive_does_not_matter(
        columns in images(&grain()), rows in images(&Grain::Row)
    ) {
        for (grain, sites) in [(grain(), columns), (Grain::Row, rows)] {
            let [a, b, c] = [&sites[0], &sites[1], &sites[2]];
            prop_assert_eq!(a.merge(b, &grain), b.merge(a, &grain));
            prop_assert_eq!(
                a.merge(b, &grain).merge(c, &grain),
                a.merge(&b.merge(c, &grain), &grain)
            );
            prop_assert_eq!(&a.merge(a, &grain), a);
            prop_assert_eq!(&a.merge(b, &grain).merge(b, &grain), &a.merge(b, &grain));
        }
    }

    // replica-sync-3.3
    #[test]
    fn columns_of_a_group_come_from_one_write(sites in images(&grain())) {
        let merged = sites[0].merge(&sites[1], &grain());
        let stay = |image: &Image| {
            let of = |name: &str| image.columns.get(name).cloned();
            (of("arrival"), of("departure"))
        };
        let sources = [stay(&sites[0]), stay(&sites[1])];
        prop_assert!(sources.contains(&stay(&merged)));
    }
}

fn room(base: Version) -> Image {
    Image {
        life: 1,
        base,
        versions: BTreeMap::new(),
        columns: COLUMNS
            .map(|name| (name.to_owned(), json!("first")))
            .into_iter()
            .collect(),
    }
}

// replica-sync-3.2
#[test]
fn two_people_who_change_two_columns_both_keep_their_change() {
    let grain = grain();
    let first = room(version(10, 1));
    let left = first
        .clone()
        .after(&Write::Set(0, 7), version(20, 1), &grain);
    let right = first.after(&Write::Set(1, 8), version(30, 2), &grain);
    let merged = left.merge(&right, &grain);
    assert_eq!(merged.columns["status"], json!(7));
    assert_eq!(merged.columns["note"], json!(8));
}

// replica-sync-3.4
#[test]
fn a_deletion_beats_every_change_of_the_same_life_and_a_new_life_beats_it() {
    let grain = grain();
    let first = room(version(10, 1));
    let deleted = first.clone().after(&Write::Delete, version(11, 1), &grain);
    let changed = first.after(&Write::Set(0, 7), version(99, 2), &grain);
    assert_eq!(changed.merge(&deleted, &grain), deleted);
    let reborn = deleted
        .clone()
        .after(&Write::Insert, version(12, 1), &grain);
    assert_eq!(reborn.merge(&changed, &grain), reborn);
    assert_eq!(reborn.merge(&deleted, &grain), reborn);
}

#[test]
fn of_the_same_column_the_later_write_stays_and_then_the_higher_origin() {
    let first = room(version(10, 1));
    let early = first
        .clone()
        .after(&Write::Set(0, 1), version(20, 9), &grain());
    let late = first
        .clone()
        .after(&Write::Set(0, 2), version(21, 1), &grain());
    assert_eq!(early.merge(&late, &grain()).columns["status"], json!(2));
    let low = first
        .clone()
        .after(&Write::Set(0, 1), version(20, 1), &grain());
    let high = first.after(&Write::Set(0, 2), version(20, 2), &grain());
    assert_eq!(high.merge(&low, &grain()).columns["status"], json!(2));
}

#[test]
fn a_column_that_the_other_side_does_not_know_is_kept() {
    let local = room(version(10, 1));
    let mut foreign = room(version(30, 2));
    foreign.columns.remove("note");
    let merged = local.merge(&foreign, &grain());
    assert_eq!(merged.columns["note"], json!("first"));
}
