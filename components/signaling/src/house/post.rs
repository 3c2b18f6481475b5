//! Messages by HTTP: passed on like any other; an offer is answered with the other side's answer.

use std::time::{Duration, Instant};

use wire::signaling::{CANDIDATES_MAX, Exchange, IceCandidate, Sdp, Undelivered};
use wire::{Code, ConnectionId, Principal, Problem};

use super::relay::{Absence, Speaker, addressee, word};
use super::{Bucket, Effect, Figure, Hotel, House, Member, Moment, Verdict};
use crate::signal::Signal;

/// How long the poster of an offer waits for the answer.
pub(super) const POST_LIMIT: Duration = Duration::from_secs(5);
/// How long candidates are gathered behind an answer that has none in it, unless their end comes.
const GATHER: Duration = Duration::from_millis(500);
/// Most offers that wait for their answers.
const POSTS_MAX: usize = 256;
/// Most posters whose rates are watched; those beyond wait until others have been quiet.
const POSTERS_MAX: usize = 4_096;

/// Names one request; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PostId(pub(crate) u64);

/// A request with who made it.
#[derive(Debug)]
pub(crate) struct Posted {
    /// The request.
    pub(crate) post: PostId,
    /// Who made it.
    pub(crate) member: Member,
    /// An offer or answer before its candidates, or a candidate; all to one addressee.
    pub(crate) signals: Vec<Signal>,
}

/// An offer that waits for its answer.
#[derive(Debug)]
pub(super) struct Post {
    hotel: Hotel,
    caller: Principal,
    callee: Principal,
    connection: ConnectionId,
    since: Instant,
    answer: Option<(Instant, Sdp)>,
    candidates: Vec<IceCandidate>,
}

impl Post {
    fn exchange(self) -> Result<Option<Exchange>, Problem> {
        let Some((_, answer)) = self.answer else {
            let detail = "the addressee did not answer in time";
            return Err(Problem::new(Code::TimedOut, detail));
        };
        Ok(Some(Exchange {
            from: Some(self.callee),
            to: Some(self.caller),
            connection: self.connection,
            sdp: answer.sdp,
            ice_candidates: self.candidates,
        }))
    }
}

impl House {
    pub(super) fn posted(&mut self, now: Moment, posted: Posted) {
        let Posted {
            post,
            member,
            signals,
        } = posted;
        let offer = match self.pass_on(now, &member, signals) {
            Ok(offer) => offer,
            Err(problem) => {
                self.count(Figure::Refused(problem.code.title()));
                return self.answer(post, Err(problem));
            }
        };
        match offer {
            None => self.answer(post, Ok(None)),
            Some(offer) => {
                let waiting = Post {
                    hotel: member.hotel,
                    caller: member.principal,
                    callee: offer.to,
                    connection: offer.connection,
                    since: now.monotonic,
                    answer: None,
                    candidates: Vec::new(),
                };
                self.posts.insert(post, waiting);
            }
        }
    }

    /// Passes everything on; returns the offer that is to be answered.
    fn pass_on(
        &mut self,
        now: Moment,
        member: &Member,
        signals: Vec<Signal>,
    ) -> Result<Option<Offered>, Problem> {
        self.may_post(now, member)?;
        let speaker = Speaker {
            hotel: member.hotel.clone(),
            principal: member.principal.clone(),
            standing: member.standing,
        };
        let mut offered = None;
        for signal in signals {
            let to = addressee(&signal, &speaker.principal)?;
            let signal = signal.sent_by(&speaker.principal);
            if self.answers_post(now, &speaker, &to, &signal) {
                continue;
            }
            if let Signal::Offer(offer) = &signal {
                self.may_wait(&speaker, offer.connection)?;
                offered = Some(Offered {
                    to: to.clone(),
                    connection: offer.connection,
                });
            }
            // The poster of an offer does not wait as long as the queue keeps it.
            let absence = match offered {
                Some(_) => Absence::Refuses,
                None => Absence::Waits,
            };
            self.deliver(now, &speaker, &to, signal, absence)
                .map_err(returned)?;
        }
        Ok(offered)
    }

    fn may_post(&mut self, now: Moment, member: &Member) -> Result<(), Problem> {
        let busy = || Problem::new(Code::Busy, "too many requests in a short time");
        let key = (member.hotel.clone(), member.principal.clone());
        if !self.posters.contains_key(&key) && self.posters.len() >= POSTERS_MAX {
            return Err(busy());
        }
        let bucket = self.posters.entry(key);
        let bucket = bucket.or_insert_with(|| Bucket::full(now.monotonic));
        match bucket.take(now.monotonic, self.rules.rate) {
            Verdict::Heard => Ok(()),
            Verdict::Refused | Verdict::Enough => Err(busy()),
        }
    }

    fn may_wait(&self, speaker: &Speaker, connection: ConnectionId) -> Result<(), Problem> {
        if self.posts.len() >= POSTS_MAX {
            return Err(Problem::new(Code::Busy, "too many offers wait for answers"));
        }
        let same = |post: &Post| {
            post.hotel == speaker.hotel
                && post.caller == speaker.principal
                && post.connection == connection
        };
        if self.posts.values().any(same) {
            let problem = Problem::new(Code::Conflict, "an offer of this connection waits");
            return Err(problem.at("connection"));
        }
        Ok(())
    }

    /// Takes what is said to somebody who waits for exactly that by HTTP.
    pub(super) fn answers_post(
        &mut self,
        now: Moment,
        from: &Speaker,
        to: &Principal,
        signal: &Signal,
    ) -> bool {
        let meant = |post: &Post| {
            post.hotel == from.hotel
                && post.caller == *to
                && post.callee == from.principal
                && post.connection == signal.connection()
        };
        let Some((id, post)) = self.posts.iter_mut().find(|(_, post)| meant(post)) else {
            return false;
        };
        let complete = match signal {
            Signal::Offer(_) => return false,
            Signal::Answer(sdp) => {
                post.answer = Some((now.monotonic, sdp.clone()));
                sdp.sdp.contains("a=candidate:")
            }
            Signal::Candidate(candidate) => match &candidate.candidate {
                Some(candidate) => {
                    if post.candidates.len() < CANDIDATES_MAX {
                        post.candidates.push(candidate.clone());
                    }
                    false
                }
                None => post.answer.is_some(),
            },
        };
        if complete {
            let id = *id;
            self.settle_post(id);
        }
        true
    }

    pub(super) fn tick_posts(&mut self, now: Moment) {
        self.posters
            .retain(|_, bucket| !bucket.is_full(now.monotonic));
        let due = |post: &Post| {
            let gathered = |(at, _): &(Instant, Sdp)| now.monotonic >= *at + GATHER;
            now.monotonic >= post.since + POST_LIMIT || post.answer.as_ref().is_some_and(gathered)
        };
        for id in self.posts_where(due) {
            self.settle_post(id);
        }
    }

    /// Those who wait for somebody who is gone need not wait longer.
    pub(super) fn fail_posts_to(&mut self, hotel: &Hotel, callee: &Principal) {
        let meant = |post: &Post| post.hotel == *hotel && post.callee == *callee;
        for id in self.posts_where(meant) {
            self.posts.remove(&id);
            self.answer(id, Err(returned(Undelivered::Offline)));
        }
    }

    pub(super) fn abandon_posts(&mut self) {
        for (id, _) in std::mem::take(&mut self.posts) {
            let problem = Problem::new(Code::Unavailable, "the server goes down");
            self.answer(id, Err(problem));
        }
    }

    fn posts_where(&self, which: impl Fn(&Post) -> bool) -> Vec<PostId> {
        let found = self.posts.iter().filter(|(_, post)| which(post));
        found.map(|(id, _)| *id).collect()
    }

    fn settle_post(&mut self, id: PostId) {
        if let Some(post) = self.posts.remove(&id) {
            let outcome = post.exchange();
            self.answer(id, outcome);
        }
    }

    fn answer(&mut self, post: PostId, outcome: Result<Option<Exchange>, Problem>) {
        self.effects.push(Effect::Answer { post, outcome });
    }
}

/// An offer on its way.
struct Offered {
    to: Principal,
    connection: ConnectionId,
}

fn returned(reason: Undelivered) -> Problem {
    let code = match reason {
        Undelivered::UnknownPeer => Code::NotFound,
        Undelivered::NotAllowed => Code::Forbidden,
        Undelivered::Expired => Code::Expired,
        Undelivered::QueueFull => Code::Busy,
        Undelivered::Offline => Code::Unavailable,
    };
    Problem::new(code, word(reason)).at("to")
}
