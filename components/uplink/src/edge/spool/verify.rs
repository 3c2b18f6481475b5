//! Counts the spool again, without trusting what it says of itself.

use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use wire::record::Stream;
use wire::uplink::{Kept, Span, VerifiedStream};
use wire::{Integer, Sha256};

use super::columns::{count, integer};
use super::seal;

/// Most spans and faults of an answer; a sound spool has some thirty spans at most, and no fault.
const TOLD_MAX: usize = 200;

/// What is found of a stream.
struct Found {
    spans: Vec<Span>,
    faults: Vec<String>,
    lines: u64,
    bytes: u64,
}

pub(super) async fn stream(
    readers: &SqlitePool,
    stream: Stream,
) -> Result<VerifiedStream, sqlx::Error> {
    // One moment of the spool, which goes on being written.
    let mut moment = readers.begin().await?;
    let readers = &mut *moment;
    let (next_place, waiting_records, waiting_bytes): (i64, i64, i64) = sqlx::query_as(
        "SELECT next_place, waiting_records, waiting_bytes FROM spool_stream WHERE stream = ?",
    )
    .bind(stream.as_str())
    .fetch_one(&mut *readers)
    .await?;
    let mut found = rows(&mut *readers, stream, integer(next_place)?).await?;
    sealed(&mut *readers, stream, &mut found).await?;
    letters(&mut *readers, stream, &mut found).await?;
    for (what, counted, told) in [
        ("records", found.lines, count(waiting_records)),
        ("bytes", found.bytes, count(waiting_bytes)),
    ] {
        if counted != told {
            found
                .faults
                .push(format!("{counted} {what} wait, {told} are counted"));
        }
    }
    let sound: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&mut *readers)
        .await?;
    if sound != "ok" {
        found.faults.push(format!("the file is damaged: {sound}"));
    }
    found.spans.sort_by_key(|span| span.first);
    found.spans.truncate(TOLD_MAX);
    found.faults.truncate(TOLD_MAX);
    Ok(VerifiedStream {
        stream,
        next_place: integer(next_place)?,
        spans: found.spans,
        faults: found.faults,
    })
}

/// The records that wait, in rows without a gap.
async fn rows(
    readers: &mut SqliteConnection,
    stream: Stream,
    next_place: Integer,
) -> Result<Found, sqlx::Error> {
    let mut rows = sqlx::query_as::<_, (i64, i64, i64)>(
        "SELECT coalesce(first, place), place, length(line) + 1 FROM spool_record
         WHERE stream = ? ORDER BY place",
    )
    .bind(stream.as_str())
    .fetch(&mut *readers);
    let mut found = Found {
        spans: Vec::new(),
        faults: Vec::new(),
        lines: 0,
        bytes: 0,
    };
    while let Some((first, last, bytes)) = rows.try_next().await? {
        let (first, last) = (integer(first)?, integer(last)?);
        found.lines += 1;
        found.bytes += count(bytes);
        if last >= next_place && found.faults.len() < TOLD_MAX {
            found.faults.push(format!("place {last} was never given"));
        }
        match found.spans.last_mut() {
            Some(span) if span.last.next() == first => span.last = last,
            Some(span) if span.last >= first => {
                found.faults.push(format!("place {first} waits twice"));
            }
            _ => found.spans.push(Span {
                first,
                last,
                kept: Kept::Waiting,
            }),
        }
    }
    Ok(found)
}

/// The batch under way: its digest, and whether its records wait, too.
async fn sealed(
    readers: &mut SqliteConnection,
    stream: Stream,
    found: &mut Found,
) -> Result<(), sqlx::Error> {
    let Some(sealed) = seal::found(&mut *readers, stream).await? else {
        return Ok(());
    };
    let body = seal::body(&mut *readers, &sealed).await?;
    found.judge(&sealed.key, body.as_deref(), sealed.sha256);
    let covers = |span: &Span| span.first <= sealed.first && sealed.last <= span.last;
    if let Some(place) = found.spans.iter().position(covers) {
        // Those of the batch are told apart from those behind it.
        let span = found.spans[place];
        found.spans[place].first = sealed.last.next();
        if found.spans[place].first > span.last {
            found.spans.remove(place);
        }
        if span.first < sealed.first {
            let last = Integer::new(sealed.first.value() - 1).unwrap_or_default();
            found.spans.push(Span { last, ..span });
        }
    } else {
        // One that was set aside before: its records are in its body only.
        found.lines += sealed.lines;
        found.bytes += sealed.bytes;
    }
    found.spans.push(Span {
        first: sealed.first,
        last: sealed.last,
        kept: Kept::Sealed,
    });
    Ok(())
}

async fn letters(
    readers: &mut SqliteConnection,
    stream: Stream,
    found: &mut Found,
) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query_as::<_, (i64, i64, String, Vec<u8>, Vec<u8>)>(
        "SELECT first, last, key, sha256, body FROM spool_letter WHERE stream = ? ORDER BY first",
    )
    .bind(stream.as_str())
    .fetch(&mut *readers);
    while let Some((first, last, key, sha256, body)) = rows.try_next().await? {
        let sha256 = Sha256(sha256.try_into().unwrap_or_default());
        found.judge(&key, Some(&body), sha256);
        found.spans.push(Span {
            first: integer(first)?,
            last: integer(last)?,
            kept: Kept::Letter,
        });
    }
    Ok(())
}

impl Found {
    fn judge(&mut self, key: &str, body: Option<&[u8]>, sha256: Sha256) {
        if body.map(kit::digest::sha256) != Some(sha256) {
            self.faults.push(format!("{key} has another digest"));
        }
    }
}
