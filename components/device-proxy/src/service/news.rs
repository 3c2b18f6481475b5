//! What is pushed to pages, and to whom.

use serde::Serialize;
use wire::Text;
use wire::channel::about;
use wire::chat::Notification;
use wire::order::Order;
use wire::print::Job;

use super::Desk;
use crate::desk::hears_of_job;
use crate::order::{Asker, Effect};

/// Something that is pushed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum News {
    /// An order as whoever hears it may see it.
    Order(Box<Order>),
    /// A job.
    Job(Box<Job>),
    /// For people.
    Notification(Notification),
}

impl News {
    /// The word of the channel for it.
    pub(crate) fn about(&self) -> &'static str {
        match self {
            Self::Order(_) => about::ORDER_STATUS,
            Self::Job(_) => about::PRINT_STATUS,
            Self::Notification(_) => about::NOTIFICATION,
        }
    }

    /// What somebody is told of a change of an order; nothing when they may not see it.
    pub(crate) fn of_order(desk: &Desk, hearer: &Asker, effect: &Effect) -> Option<Self> {
        let seen = |order| desk.book().order(hearer, order);
        match effect {
            Effect::Show(order) => seen(*order).map(|order| Self::Order(Box::new(order))),
            Effect::ShowStaff(_) if hearer.standing.is_guest() => None,
            Effect::ShowStaff(order) => seen(*order).map(|order| Self::Order(Box::new(order))),
            Effect::Ready(order) => seen(*order).map(|order| Self::Notification(ready(&order))),
            Effect::DropTicket(_) => None,
        }
    }

    /// What somebody is told of a change of a job; nothing when it is not theirs to know.
    pub(crate) fn of_job(hearer: &Asker, job: &Job) -> Option<Self> {
        hears_of_job(hearer.standing, &hearer.principal, &job.principal)
            .then(|| Self::Job(Box::new(job.clone())))
    }
}

fn ready(order: &Order) -> Notification {
    Notification {
        title: text(format!("Order {} is ready", order.number)),
        body: text(format!("Table {}", order.table)),
    }
}

fn text<const MAX: usize>(words: String) -> Text<MAX> {
    let text = words.try_into();
    text.expect("a number or a word is short and without control characters")
}
