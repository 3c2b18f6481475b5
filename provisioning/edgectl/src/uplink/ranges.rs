//! Whether the places of a stream are all somewhere, and none of them twice.
//!
//! Pure: names of objects and what the spool says come in. The name of an object tells its first and
//! last place, also where records between them were dropped, so that names alone must be without gaps.

use wire::record::Stream;
use wire::uplink::{Kept, VerifiedStream};

/// Places in a row.
pub(super) type Range = (u64, u64);

/// Stream and places of an object, by its name; none for names of others.
pub(super) fn of_key(key: &str) -> Option<(Stream, Range)> {
    let (_, stream) = key.split_once("/stream=")?;
    let (stream, _) = stream.split_once('/')?;
    let (_, name) = key.rsplit_once('/')?;
    let mut parts = name.strip_suffix(".ndjson.zst")?.split('-');
    let (first, last) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (first <= last).then_some(())?;
    Some((stream.parse().ok()?, (first, last)))
}

/// What does not hold of a stream; `objects` are the places in the bucket, none when it was not
/// looked at.
///
/// With `aged`, the beginning may be missing, because rules of the bucket remove what is old.
pub(super) fn faults(
    stream: &VerifiedStream,
    objects: Option<&[Range]>,
    aged: bool,
) -> Vec<String> {
    let mut faults = stream.faults.clone();
    let Some(objects) = objects else {
        return faults;
    };
    let mut objects = objects.to_vec();
    objects.sort_unstable();
    for pair in objects.windows(2) {
        if pair[1].0 <= pair[0].1 {
            faults.push(format!(
                "{} and {} overlap in the bucket",
                told(pair[0]),
                told(pair[1])
            ));
        }
    }
    let mut all: Vec<(Range, Option<Kept>)> = objects.iter().map(|range| (*range, None)).collect();
    for span in &stream.spans {
        let range = (span.first.value(), span.last.value());
        // The bucket may have taken such a batch without the spool having heard it.
        let unheard = span.kept != Kept::Waiting && objects.contains(&range);
        if !unheard {
            all.push((range, Some(span.kept)));
        }
    }
    all.sort_unstable_by_key(|(range, _)| *range);
    let mut next = 1;
    for ((first, last), kept) in all {
        if first > next && !(aged && next == 1) {
            faults.push(format!("{} are nowhere", told((next, first - 1))));
        }
        if first < next && kept.is_some() {
            faults.push(format!(
                "{} are in the bucket and wait, too",
                told((first, last.min(next - 1)))
            ));
        }
        next = next.max(last + 1);
    }
    let end = stream.next_place.value();
    if next < end {
        faults.push(format!("{} are nowhere", told((next, end - 1))));
    }
    if next > end {
        faults.push(format!("{} were never given", told((end, next - 1))));
    }
    faults
}

fn told((first, last): Range) -> String {
    format!("places {first} to {last}")
}

#[cfg(test)]
mod tests;
