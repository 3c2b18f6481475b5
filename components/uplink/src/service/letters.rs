//! What operators do about batches that do not get through, and what they ask about the whole.

use wire::record::Stream;
use wire::uplink::{Cost, Letters, LettersOf, Line, Quarantine, Replay, Replayed, Verified};
use wire::{Code, Integer, Principal, Problem};

use super::Uplink;
use super::answer::{ENVELOPE, unreadable, unwritable};
use crate::edge::spool::Shelf;

impl Uplink {
    /// Counts the spool again.
    pub(super) async fn verify(&self) -> Result<Verified, Problem> {
        let mut streams = Vec::new();
        for stream in Stream::ALL {
            let verified = self.spool.verify(*stream).await;
            streams.push(verified.map_err(|error| unreadable(&error))?);
        }
        Ok(Verified { streams })
    }

    /// Lists the batches that are set aside, or looks into one.
    pub(super) async fn letters(
        &self,
        LettersOf { number }: LettersOf,
    ) -> Result<Letters, Problem> {
        let Some(number) = number else {
            let letters = self.spool.letters().await;
            return Ok(Letters {
                letters: letters.map_err(|error| unreadable(&error))?,
                lines: Vec::new(),
            });
        };
        let opened = self.spool.letter(number).await;
        let Some(opened) = opened.map_err(|error| unreadable(&error))? else {
            return Err(none(number));
        };
        let text = zstd::decode_all(&*opened.body).map_err(|error| {
            let detail = format!("batch {number} cannot be unpacked: {error}");
            Problem::new(Code::Internal, detail)
        })?;
        Ok(Letters {
            letters: vec![opened.letter],
            lines: first_lines(&text)?,
        })
    }

    /// Sets the batch aside that holds a stream up.
    pub(super) async fn quarantine(
        &self,
        asker: &Principal,
        Quarantine { stream }: Quarantine,
    ) -> Result<Letters, Problem> {
        let sealed = self.spool.sealed(stream).await;
        let Some(sealed) = sealed.map_err(|error| unreadable(&error))? else {
            let detail = format!("no batch of {stream} is under way");
            return Err(Problem::new(Code::NotFound, detail).at("body.stream"));
        };
        let key = sealed.key.clone();
        let reason = format!("set aside by {asker}");
        let outcome = self
            .spool
            .set_aside(sealed, reason, self.clock.wall())
            .await;
        match outcome.map_err(|error| unwritable(&error))? {
            Shelf::Full => {
                let detail = format!("the shelf of {stream} is full; replay what is on it");
                return Err(Problem::new(Code::StorageFull, detail));
            }
            Shelf::Aside => {}
        }
        tracing::warn!(%stream, key, %asker, "batch set aside");
        let told = self.tell_progress(stream).await;
        told.map_err(|error| unreadable(&error))?;
        self.lane(stream).hurry();
        let mut letters = self.letters(LettersOf::default()).await?;
        letters.letters.retain(|letter| letter.key == key);
        Ok(letters)
    }

    /// Has batches tried again that are set aside.
    pub(super) async fn replay(&self, Replay { number }: Replay) -> Result<Replayed, Problem> {
        let streams = self.spool.replay(number).await;
        let streams = streams.map_err(|error| unwritable(&error))?;
        if let (Some(number), true) = (number, streams.is_empty()) {
            return Err(none(number));
        }
        for stream in &streams {
            self.lane(*stream).arrived();
        }
        let batches = u64::try_from(streams.len()).unwrap_or(u64::MAX);
        tracing::info!(batches, "batches are tried again");
        Ok(Replayed {
            batches: Integer::new(batches).unwrap_or_default(),
        })
    }

    /// What was sent, and what it costs.
    pub(super) async fn cost(&self) -> Result<Cost, Problem> {
        let spent = self.spool.spent("").await;
        let spent = spent.map_err(|error| unreadable(&error))?;
        Ok(self.prices.cost(&spent))
    }
}

/// As many lines as fit a reply.
fn first_lines(text: &[u8]) -> Result<Vec<Line>, Problem> {
    let mut room = wire::bound::BODY_MAX - ENVELOPE;
    let mut lines = Vec::new();
    for line in text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let Some(left) = room.checked_sub(line.len() + 1) else {
            break;
        };
        room = left;
        lines.push(wire::decode::<Line>(line)?);
    }
    Ok(lines)
}

fn none(number: Integer) -> Problem {
    let detail = format!("no batch {number} is set aside");
    Problem::new(Code::NotFound, detail).at("body.number")
}
