//! Which jobs are taken.

use wire::print::DRAWER_WAIT_MS;

use super::{
    Arc, BTreeMap, Code, Document, Entry, Integer, Job, Key, Principal, Problem, Sha256, Spooler,
    Stage, Submit,
};

/// Most jobs of one route that have not ended: more than a kitchen works off in an hour.
pub(crate) const ROUTE_MAX: usize = 200;
/// Most jobs that have not ended.
pub(crate) const LIVE_MAX: usize = 1_000;
/// Most bytes of documents that wait, in memory and on the disk.
pub(crate) const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Most jobs whose ids are kept: a week of seven thousand tickets a day, in some 25 MB of memory.
pub(crate) const KEPT_MAX: usize = 50_000;
/// Longest time that a job may ask to wait; ids are kept no longer.
const EXPIRES_MAX_MS: u64 = super::KEPT_MS;

/// What becomes of a wish to print.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Admission {
    /// It is there already.
    Known(Box<Job>),
    /// To be kept.
    New(Box<Entry>),
}

impl Spooler {
    /// Whether a job is taken; its place is kept for [`Spooler::accept`], [`Spooler::kept`] or
    /// [`Spooler::not_kept`]. `bytes` is what it takes on the disk.
    pub(crate) fn admit(
        &mut self,
        now: Integer,
        principal: &Principal,
        submit: Submit,
        content: Sha256,
        bytes: u64,
    ) -> Result<Admission, Problem> {
        let key = Key {
            principal: principal.clone(),
            job: submit.job,
        };
        if let Some(&number) = self.by_key.get(&key) {
            return self.known(number, content);
        }
        if self.reserved.contains_key(&key) {
            return Err(Problem::new(
                Code::Busy,
                "the same job is on its way to the disk",
            ));
        }
        let route = self.routes.get(&submit.route).ok_or_else(|| {
            Problem::new(
                Code::NotFound,
                format!("there is no route {}", submit.route),
            )
            .at("route")
        })?;
        let expires_at = expires_at(now, &submit, route.expires_ms)?;
        self.check_room(&submit, bytes)?;
        let number = self.next;
        self.next += 1;
        Ok(Admission::New(Box::new(Entry {
            number,
            key,
            route: submit.route,
            content,
            document: Some(Arc::new(submit.document)),
            bytes,
            copies: submit.copies,
            printed: 0,
            accepted_at: now,
            expires_at,
            at: now,
            attempts: 0,
            doubts: 0,
            bound_to: None,
            marked: false,
            stage: Stage::Waiting,
        })))
    }

    /// Holds the place of a job that somebody else's transaction keeps.
    pub(crate) fn reserve(&mut self, entry: &Entry) {
        self.reserved.insert(entry.key.clone(), entry.bytes);
    }

    fn known(&self, number: u64, content: Sha256) -> Result<Admission, Problem> {
        if self.entry(number).content == content {
            return Ok(Admission::Known(Box::new(self.show(number))));
        }
        let detail = "a job of that id has another content";
        Err(Problem::new(Code::Conflict, detail).at("job"))
    }

    fn check_room(&self, submit: &Submit, bytes: u64) -> Result<(), Problem> {
        let live = || self.live.iter().map(|number| self.entry(*number));
        let of_route = live().filter(|entry| entry.route == submit.route).count();
        if of_route >= ROUTE_MAX {
            let detail = format!("{ROUTE_MAX} jobs wait on that route");
            return Err(Problem::new(Code::Busy, detail).at("route"));
        }
        if self.live.len() + self.reserved.len() >= LIVE_MAX {
            return Err(Problem::new(Code::Busy, format!("{LIVE_MAX} jobs wait")));
        }
        let reserved: u64 = BTreeMap::values(&self.reserved).sum();
        let waiting = live().map(|entry| entry.bytes).sum::<u64>() + reserved;
        if waiting + bytes > BYTES_MAX || self.entries.len() >= KEPT_MAX {
            let detail = "there is no room for another print job";
            return Err(Problem::new(Code::StorageFull, detail));
        }
        Ok(())
    }
}

fn expires_at(now: Integer, submit: &Submit, by_route: u64) -> Result<Integer, Problem> {
    let longest = match submit.document {
        Document::Drawer { .. } => DRAWER_WAIT_MS,
        Document::Receipt(_) | Document::Raw { .. } => EXPIRES_MAX_MS,
    };
    let after = |ms: u64| Integer::new(now.value().saturating_add(ms)).unwrap_or(now);
    let Some(expires_at) = submit.expires_at else {
        return Ok(after(by_route.min(longest)));
    };
    if expires_at <= now {
        return Err(Problem::new(Code::Expired, "its time is over").at("expires_at"));
    }
    Ok(expires_at.min(after(longest)))
}
