//! The order book with its disk: one task decides, commits, and only then takes and tells.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use kit::clock::Clock;
use kit::error::Chain;
use kit::fault::{self, Point};
use kit::health::Probe;
use kit::journal::{Journal, JournalError, Retention};
use kit::outbox::{self, Outbox};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wire::order::{Menu, Order, OrderStatus};
use wire::print::{Job, JobOf};
use wire::{Code, Component, OrderId, Principal, Problem, replica};

use super::room::check_room;
use crate::edge::book;
use crate::edge::spooler::Prepared;
use crate::order::{self, Asker, Book, Change, Effect, Verdict, Wish};
use crate::print::Printing;

/// Most wishes that wait for the disk; whoever comes next is told to come again. At a few
/// milliseconds each nobody waits longer than a request may.
const WAITING: usize = 256;
/// How often old orders are forgotten.
const SWEEP: Duration = Duration::from_hours(1);

/// The order book; cloned freely.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    book: Arc<RwLock<Book>>,
    wishes: mpsc::Sender<Asked>,
}

/// A wish on its way to the disk. It is carried out also when whoever asked has gone.
#[derive(Debug)]
struct Asked {
    asker: Asker,
    wish: Wish,
    answer: oneshot::Sender<Result<Order, Problem>>,
}

/// The one who writes the book.
#[derive(Debug)]
pub(super) struct Keeper {
    book: Arc<RwLock<Book>>,
    wishes: mpsc::Receiver<Asked>,
    /// By which time orders are forgotten.
    retention: Retention,
    around: Surroundings,
}

/// What the keeper works with.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) journal: Journal,
    pub(super) printing: Printing,
    pub(super) clock: Clock,
    /// Carries orders to the hotel's database, in its own time.
    pub(super) outbox: Outbox,
    /// Whether orders can be kept.
    pub(super) probe: Probe,
    /// What others are to be told.
    pub(super) news: mpsc::Sender<Effect>,
}

impl Orders {
    /// The book, and the one who writes it.
    pub(super) fn new(book: Book, around: Surroundings) -> (Self, Keeper) {
        let (sender, wishes) = mpsc::channel(WAITING);
        let book = Arc::new(RwLock::new(book));
        let orders = Self {
            book: Arc::clone(&book),
            wishes: sender,
        };
        let keeper = Keeper {
            book,
            wishes,
            retention: Retention::of(&around.journal, &around.clock),
            around,
        };
        (orders, keeper)
    }

    /// Does what is wanted; the answer comes when it is on the disk.
    pub(crate) async fn ask(&self, asker: Asker, wish: Wish) -> Result<Order, Problem> {
        let (answer, answered) = oneshot::channel();
        let wish = Asked {
            asker,
            wish,
            answer,
        };
        self.wishes.try_send(wish).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                Problem::new(Code::Busy, format!("{WAITING} orders wait for the disk"))
            }
            mpsc::error::TrySendError::Closed(_) => stopping(),
        })?;
        answered.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// What can be ordered.
    pub(crate) fn menu(&self) -> Menu {
        read(&self.book).rules().menu.clone()
    }

    /// The newest orders that the asker may see.
    pub(crate) fn orders(&self, asker: &Asker) -> Vec<Order> {
        read(&self.book).orders(asker)
    }

    /// An order as the asker may see it.
    pub(crate) fn order(&self, asker: &Asker, order: OrderId) -> Option<Order> {
        read(&self.book).order(asker, order)
    }
}

impl Keeper {
    /// Works until the stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut tickets = self.around.printing.changes();
        let mut sweep = interval(SWEEP);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.all_tickets().await;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(asked) = self.wishes.recv() => self.attend(asked).await,
                changed = tickets.recv() => self.ticket(changed).await,
                _ = sweep.tick() => self.sweep().await,
            }
        }
    }

    async fn attend(&self, asked: Asked) {
        let Asked {
            asker,
            wish,
            answer,
        } = asked;
        let done = self.done(&asker, &wish).await;
        let answered = done.and_then(|order| {
            let order = read(&self.book).order(&asker, order);
            order.ok_or_else(|| Problem::new(Code::Internal, "the order is out of sight"))
        });
        // Whoever gave up waiting finds the order when it asks again.
        drop(answer.send(answered));
    }

    /// Decides, commits and takes; nothing is taken that is not on the disk.
    async fn done(&self, asker: &Asker, wish: &Wish) -> Result<OrderId, Problem> {
        let verdict = read(&self.book).ask(self.around.clock.wall(), asker, wish);
        let change = match verdict {
            Verdict::Refused(problem) => return Err(problem),
            Verdict::Known(order) => return Ok(order),
            Verdict::Commit(change) => *change,
        };
        // Steps of orders that are there go on: their number is bounded.
        if matches!(wish, Wish::Place(_)) {
            check_room(&self.around.outbox).await?;
        }
        self.commit(&change).await?;
        let order = change.entry.order.order;
        note(&change, asker);
        let effects = write(&self.book).take(change);
        self.count();
        for effect in effects {
            self.follow(effect).await;
        }
        Ok(order)
    }

    async fn follow(&self, effect: Effect) {
        match effect {
            Effect::DropTicket(order) => self.drop_ticket(order).await,
            Effect::Show(_) | Effect::ShowStaff(_) | Effect::Ready(_) => self.tell(effect),
        }
    }

    /// Tells others, unless they are so far behind that they have to look for themselves.
    fn tell(&self, effect: Effect) {
        if self.around.news.try_send(effect).is_err() {
            metrics::counter!("device_proxy_news_dropped_total").increment(1);
        }
    }

    /// A ticket that still waits is not wanted any more; one that is printed lies in the kitchen.
    async fn drop_ticket(&self, order: OrderId) {
        let job = ticket_of(order);
        if let Err(problem) = self.around.printing.cancel(&ours(), job).await {
            tracing::debug!(%order, %problem, "ticket of a cancelled order stays");
        }
    }

    async fn ticket(&self, changed: Result<Job, RecvError>) {
        match changed {
            Ok(job) if job.principal == ours() => {
                let effects = write(&self.book).ticket(job);
                for effect in effects {
                    self.tell(effect);
                }
            }
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => self.all_tickets().await,
            // Printing stops together with this task.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    async fn sweep(&mut self) {
        let now = match self.retention.present().await {
            Ok(now) => now,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "nothing is forgotten");
                return;
            }
        };
        write(&self.book).sweep(now);
        self.count();
        let swept = self.around.journal.write(move |connection| {
            Box::pin(async move {
                book::forget(connection, now).await?;
                kit::answers::forget(connection, now).await
            })
        });
        if let Err(error) = swept.await {
            tracing::warn!(error = %Chain(&error), "cannot forget old orders");
        }
    }

    fn count(&self) {
        let open = read(&self.book).open(self.around.clock.wall());
        let open = u32::try_from(open).unwrap_or(u32::MAX);
        metrics::gauge!("device_proxy_orders_open").set(f64::from(open));
    }

    /// Learns how every ticket stands, from the jobs themselves.
    async fn all_tickets(&self) {
        let tickets = read(&self.book).tickets();
        for order in tickets {
            match self.around.printing.job(&ours(), ticket_of(order)).await {
                Ok(job) => drop(write(&self.book).ticket(job)),
                Err(problem) => tracing::debug!(%order, %problem, "ticket is forgotten"),
            }
        }
    }

    /// Commits a change, with the ticket that it brings in the same transaction.
    async fn commit(&self, change: &Change) -> Result<(), Problem> {
        let printing = &self.around.printing;
        let ticket = match &change.ticket {
            Some(submit) => Some(printing.prepare(&ours(), submit.clone()).await?),
            None => None,
        };
        let (entry, row) = (change.entry.clone(), ticket.as_ref().map(Prepared::row));
        let rows = order::rows(self.around.clock.wall(), &entry);
        let kept = self.around.journal.write(move |connection| {
            Box::pin(async move {
                book::keep(connection, &entry).await?;
                let stream = replica::rows();
                outbox::put(connection, rows.iter().map(|row| (stream.clone(), row))).await?;
                match row {
                    Some(row) => row.keep(connection).await,
                    None => Ok(()),
                }
            })
        });
        kept.await.map_err(|error| self.unkept(&error))?;
        fault::pass(Point::ProxyOrderKept);
        self.around.outbox.wake();
        self.around.probe.there();
        if let Some(ticket) = ticket {
            ticket.kept().await;
        }
        Ok(())
    }

    fn unkept(&self, error: &JournalError) -> Problem {
        tracing::error!(error = %Chain(error), "cannot keep an order");
        self.around.probe.missing("orders cannot be kept");
        Problem::new(Code::Unavailable, "the order cannot be kept now")
    }
}

/// Whose jobs tickets are.
fn ours() -> Principal {
    Component::DeviceProxy.into()
}

fn ticket_of(order: OrderId) -> JobOf {
    JobOf {
        job: order.into(),
        principal: None,
    }
}

fn note(change: &Change, asker: &Asker) {
    let order = &change.entry.order;
    let status = match order.status {
        OrderStatus::Pending => "pending",
        OrderStatus::Confirmed => "confirmed",
        OrderStatus::Preparing => "preparing",
        OrderStatus::Ready => "ready",
        OrderStatus::Served => "served",
        OrderStatus::Cancelled => "cancelled",
    };
    metrics::counter!("device_proxy_order_steps_total", "status" => status).increment(1);
    tracing::info!(order = %order.order, status, principal = %asker.principal, "order came so far");
}

fn stopping() -> Problem {
    Problem::new(Code::Unavailable, "the box is stopping")
}

fn read(book: &RwLock<Book>) -> RwLockReadGuard<'_, Book> {
    book.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(book: &RwLock<Book>) -> RwLockWriteGuard<'_, Book> {
    book.write().unwrap_or_else(PoisonError::into_inner)
}
