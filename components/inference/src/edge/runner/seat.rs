//! The one place at a model: whoever has it computes.
//!
//! Its own thread waits for it; a quick question takes it in passing. What computes past its deadline
//! is pointed out to whoever looks.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A model `N`, and how whoever has it is ended: `E`.
#[derive(Debug)]
pub(super) struct Seat<N, E> {
    state: Mutex<State<N, E>>,
    left: Condvar,
}

#[derive(Debug)]
struct State<N, E> {
    model: Option<N>,
    /// Of whoever took it in passing.
    passing: Option<(Instant, E)>,
}

impl<N, E: Clone> Seat<N, E> {
    pub(super) fn new(model: N) -> Self {
        Self {
            state: Mutex::new(State {
                model: Some(model),
                passing: None,
            }),
            left: Condvar::new(),
        }
    }

    /// Takes the model if nobody has it, to be done before `deadline`.
    pub(super) fn pass(&self, deadline: Instant, end: E) -> Option<Taken<'_, N, E>> {
        let mut state = self.state();
        let model = state.model.take()?;
        state.passing = Some((deadline, end));
        Some(self.taken(model))
    }

    /// Takes the model as soon as it is free; calls `look` meanwhile, each time `every` has passed.
    pub(super) fn take(&self, every: Duration, look: impl Fn()) -> Taken<'_, N, E> {
        let mut state = self.state();
        loop {
            if let Some(model) = state.model.take() {
                return self.taken(model);
            }
            let waited = self.left.wait_timeout(state, every);
            let (again, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = again;
            if timeout.timed_out() {
                drop(state);
                look();
                state = self.state();
            }
        }
    }

    fn taken(&self, model: N) -> Taken<'_, N, E> {
        let model = Some(model);
        Taken { seat: self, model }
    }

    /// Whether somebody took it in passing and has it still.
    pub(super) fn is_passed(&self) -> bool {
        self.state().passing.is_some()
    }

    /// How to end whoever took it in passing and is late.
    pub(super) fn overdue(&self, now: Instant) -> Option<E> {
        let state = self.state();
        let (deadline, end) = state.passing.as_ref()?;
        (now >= *deadline).then(|| end.clone())
    }

    fn state(&self) -> MutexGuard<'_, State<N, E>> {
        // Nothing is changed by halves under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The model, until this is dropped.
#[derive(Debug)]
pub(super) struct Taken<'a, N, E: Clone> {
    seat: &'a Seat<N, E>,
    /// There until the drop.
    model: Option<N>,
}

impl<N, E: Clone> Deref for Taken<'_, N, E> {
    type Target = N;

    fn deref(&self) -> &N {
        self.model.as_ref().expect("it is there until the drop")
    }
}

impl<N, E: Clone> DerefMut for Taken<'_, N, E> {
    fn deref_mut(&mut self) -> &mut N {
        self.model.as_mut().expect("it is there until the drop")
    }
}

impl<N, E: Clone> Drop for Taken<'_, N, E> {
    fn drop(&mut self) {
        let mut state = self.seat.state();
        state.passing = None;
        state.model = self.model.take();
        self.seat.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use kit::clock::Clock;

    use super::*;

    #[test]
    fn one_at_a_time_has_the_model_and_who_is_late_is_pointed_out() {
        let seat = Seat::new("model");
        let now = Clock::system().monotonic();
        let deadline = now + Duration::from_secs(1);
        let passing = seat.pass(deadline, "first").unwrap();
        assert_eq!(*passing, "model");
        assert!(seat.pass(deadline, "second").is_none());
        assert!(seat.is_passed());
        assert_eq!(seat.overdue(now), None);
        assert_eq!(seat.overdue(deadline), Some("first"));
        drop(passing);
        assert!(!seat.is_passed());
        assert_eq!(seat.overdue(deadline), None);
        let own = seat.take(Duration::from_secs(1), || ());
        assert_eq!(*own, "model");
        // Its own thread has it: it is not passed, and nobody passes.
        assert!(!seat.is_passed());
        assert!(seat.pass(deadline, "third").is_none());
    }

    #[test]
    fn whoever_waits_for_it_looks_after_who_has_it() {
        let seat = Arc::new(Seat::new(()));
        let now = Clock::system().monotonic();
        let passing = seat.pass(now, "late").unwrap();
        let (ended, asked) = std::sync::mpsc::channel();
        let waiting = {
            let seat = Arc::clone(&seat);
            thread::spawn(move || {
                let look = || _ = ended.send(seat.overdue(now));
                drop(seat.take(Duration::from_millis(1), look));
            })
        };
        assert_eq!(asked.recv(), Ok(Some("late")));
        drop(passing);
        waiting.join().unwrap();
    }
}
