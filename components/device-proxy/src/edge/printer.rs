//! The link to one printer: connects when there is work, sends one attempt at a time, and tells what
//! the printer says.
//!
//! ```text
//! away ──work──▶ connect ──▶ ask how it is ──▶ flush what was interrupted ──▶ ready ◀──▶ attempt
//!   ▲               │ 0.2..5 s                                                │          │
//!   └───────────────┴──────────────────────── idle, or the link is lost ──────┴──────────┘
//! ```
//!
//! Promises: no byte of an attempt is sent to a printer that was not heard to be ready a moment
//! before; every attempt ends with `Proved`, `Sent`, `Untouched` or `Lost`; after an attempt that was
//! interrupted, whatever command it was in is ended before anything else is printed.

use std::time::Duration;

use kit::backoff::Backoff;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use wire::Word;
use wire::print::Held;

use crate::print::{Barrier, Condition, LinkEvent, Token};

mod session;

use session::{After, Lost, Session};

/// Longest wait for a connection; printers are on the same network.
const CONNECT: Duration = Duration::from_secs(3);
/// First and longest wait before the next try.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How often a printer that was away is looked for, though nobody wants to print.
const LOOK: Duration = Duration::from_mins(1);
/// How long an attempt under way may go on when the program stops; less than tasks are given.
const STOP: Duration = Duration::from_secs(6);

/// One attempt.
#[derive(Debug)]
pub(super) struct Shipment {
    pub(super) token: Token,
    /// What is printed, without the barrier.
    pub(super) bytes: Vec<u8>,
    /// How many NULs end any command of it.
    pub(super) longest_command: usize,
}

/// What may be left of an attempt that was interrupted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remains {
    /// How many NULs end its last command.
    pub(super) nuls: usize,
    /// Whether something is surely on the paper, so that it is cut off.
    pub(super) is_torn: bool,
}

/// What a link works with.
#[derive(Debug)]
pub(super) struct Wiring {
    /// Whether there is work.
    pub(super) wanted: watch::Receiver<bool>,
    pub(super) shipments: mpsc::Receiver<Shipment>,
    pub(super) events: mpsc::Sender<(Word, LinkEvent)>,
}

/// The link to one printer.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) name: Word,
    pub(super) address: String,
    pub(super) barrier: Barrier,
    pub(super) idle_close: Duration,
    pub(super) remains: Option<Remains>,
    pub(super) wiring: Wiring,
}

impl Link {
    /// Works until it is asked to stop; an attempt under way is given some time.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let late = async {
            stop.cancelled().await;
            sleep(STOP).await;
        };
        tokio::select! {
            () = late => {}
            () = self.work(&stop) => {}
        }
    }

    async fn work(&mut self, stop: &CancellationToken) {
        let mut backoff = Backoff::new(RETRY.0, RETRY.1);
        // The first look is for nobody's sake but that of those who ask how the printer is.
        let mut shipment = None;
        loop {
            let was_there = self.visit(shipment.take(), stop).await;
            if was_there {
                backoff.reset();
            } else {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep(backoff.wait()) => {}
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                next = self.wiring.shipments.recv() => match next {
                    Some(next) => shipment = Some(next),
                    None => return,
                },
                wanted = self.wiring.wanted.wait_for(|wanted| *wanted) => {
                    if wanted.is_err() {
                        return;
                    }
                }
                () = sleep(LOOK), if !was_there => {}
            }
        }
    }

    /// Connects and serves the printer until there is nothing to do; says whether it was there.
    async fn visit(&mut self, shipment: Option<Shipment>, stop: &CancellationToken) -> bool {
        let Some(mut session) = self.connect().await else {
            self.untouched(shipment.as_ref()).await;
            self.is_away().await;
            return false;
        };
        let served = self.serve(&mut session, shipment, stop).await;
        if served.is_err() {
            self.is_away().await;
        }
        served.is_ok()
    }

    async fn connect(&self) -> Option<Session> {
        let stream = timeout(CONNECT, TcpStream::connect(&self.address)).await;
        let stream = stream.ok()?.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Session::new(stream, self.barrier))
    }

    async fn serve(
        &mut self,
        session: &mut Session,
        shipment: Option<Shipment>,
        stop: &CancellationToken,
    ) -> Result<(), Lost> {
        let greeted = self.greet(session).await;
        if greeted.is_err() {
            self.untouched(shipment.as_ref()).await;
            return greeted;
        }
        if let Some(shipment) = shipment
            && self.attempt(session, shipment).await? == After::Closed
        {
            return Ok(());
        }
        loop {
            let idle = sleep(self.idle_close);
            let wanted = *self.wiring.wanted.borrow();
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                shipment = self.wiring.shipments.recv() => match shipment {
                    Some(shipment) => {
                        if self.attempt(session, shipment).await? == After::Closed {
                            return Ok(());
                        }
                    }
                    None => return Ok(()),
                },
                heard = session.hear() => match heard {
                    Ok(Some(condition)) => self.is(session, condition).await?,
                    Ok(None) => {}
                    // Printers may end an idle connection; the next work makes a new one.
                    Err(Lost) if !wanted => return Ok(()),
                    Err(Lost) => return Err(Lost),
                },
                () = idle, if !wanted => return Ok(()),
            }
        }
    }

    /// Asks how the printer is and ends whatever was interrupted.
    async fn greet(&mut self, session: &mut Session) -> Result<(), Lost> {
        let condition = session.probe().await?;
        self.is(session, condition).await
    }

    /// Tells how the printer is; that it is ready only when nothing interrupted is left in it.
    async fn is(&mut self, session: &mut Session, condition: Condition) -> Result<(), Lost> {
        let mut condition = condition;
        if condition.held.is_none()
            && let Some(remains) = self.remains
        {
            condition = session.flush(remains).await?;
            if condition.held.is_none() {
                self.remains = None;
            }
        }
        self.tell(LinkEvent::Is(condition)).await;
        Ok(())
    }

    async fn attempt(&mut self, session: &mut Session, shipment: Shipment) -> Result<After, Lost> {
        let token = shipment.token;
        match session.probe().await {
            Ok(condition) if condition.held.is_none() && self.remains.is_none() => {}
            Ok(condition) => {
                self.tell(LinkEvent::Untouched(token)).await;
                return self.is(session, condition).await.map(|()| After::Open);
            }
            Err(Lost) => {
                self.tell(LinkEvent::Untouched(token)).await;
                return Err(Lost);
            }
        }
        let (events, name) = (&self.wiring.events, &self.name);
        let sent = session.send(&shipment, events, name).await;
        if sent.is_err() {
            let touched = session.has_begun();
            self.remains = touched.then_some(Remains {
                nuls: shipment.longest_command,
                is_torn: true,
            });
            self.tell(if touched {
                LinkEvent::Lost(token)
            } else {
                LinkEvent::Untouched(token)
            })
            .await;
        }
        sent
    }

    async fn untouched(&self, shipment: Option<&Shipment>) {
        if let Some(shipment) = shipment {
            self.tell(LinkEvent::Untouched(shipment.token)).await;
        }
    }

    async fn is_away(&self) {
        let away = Condition {
            held: Some(Held::Offline),
            paper_low: false,
        };
        self.tell(LinkEvent::Is(away)).await;
    }

    async fn tell(&self, event: LinkEvent) {
        // Whoever does not listen any more has stopped.
        drop(self.wiring.events.send((self.name.clone(), event)).await);
    }
}

#[cfg(test)]
pub(super) mod tests;
