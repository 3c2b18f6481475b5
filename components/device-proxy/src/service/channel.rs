//! Requests on channels: what each is about decides what its body is and who does it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::audit::Trail;
use wire::channel::about;
use wire::chat::Noted;
use wire::climate::{Room, Rooms};
use wire::door::Doors;
use wire::gateway::Executed;
use wire::order::{Menu, Order, Orders};
use wire::print::{Job, Picture, Printers};
use wire::{Code, Problem};

use super::Desk;
use crate::order::Asker;

/// The body of a request, in whatever encoding it came.
pub(crate) trait Body {
    /// Reads it; the problem names the field at fault.
    fn read<T: DeserializeOwned>(&self) -> Result<T, Problem>;
}

/// The body of a reply.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Said {
    Menu(Menu),
    Order(Box<Order>),
    Orders(Orders),
    Job(Box<Job>),
    Printers(Printers),
    Picture(Picture),
    Rooms(Rooms),
    Room(Room),
    Doors(Doors),
    Executed(Executed),
    Trail(Trail),
    Noted(Noted),
}

/// Does what a request asks, and counts how it went.
pub(crate) async fn answer(
    desk: &Desk,
    asker: &Asker,
    about: &str,
    body: &impl Body,
) -> Result<Said, Problem> {
    let answer = say(desk, asker, about, body).await;
    let unknown = matches!(&answer, Err(problem) if problem.field.as_deref() == Some("type"));
    let about = if unknown {
        "other".to_owned()
    } else {
        about.to_owned()
    };
    let outcome = if answer.is_ok() { "reply" } else { "problem" };
    metrics::counter!("device_proxy_requests_total", "about" => about, "outcome" => outcome)
        .increment(1);
    answer
}

async fn say(desk: &Desk, asker: &Asker, about: &str, body: &impl Body) -> Result<Said, Problem> {
    let job = |job| Said::Job(Box::new(job));
    let order = |order| Said::Order(Box::new(order));
    match about {
        about::MENU => desk.menu(asker).map(Said::Menu),
        about::ORDER => desk.place(asker, body.read()?).await.map(order),
        about::ORDER_STATUS => desk.set_status(asker, body.read()?).await.map(order),
        about::ORDERS => desk.orders(asker).map(Said::Orders),
        about::PRINT => desk.submit(asker, body.read()?).await.map(job),
        about::PRINT_STATUS => desk.job(asker, body.read()?).await.map(job),
        about::PRINT_CANCEL => desk.cancel(asker, body.read()?).await.map(job),
        about::PRINT_RESOLVE => desk.resolve(asker, body.read()?).await.map(job),
        about::PRINT_PREVIEW => desk.preview(asker, body.read()?).map(Said::Picture),
        about::PRINTERS => desk.printers(asker).map(Said::Printers),
        about::CLIMATE => desk.climate(asker).await.map(Said::Rooms),
        about::SET_CLIMATE => desk.set_climate(asker, body.read()?).await.map(Said::Room),
        about::DOORS => desk.doors(asker).await.map(Said::Doors),
        about::UNLOCK | about::LOCK => desk
            .turn(asker, about, body.read()?)
            .await
            .map(Said::Executed),
        about::GUEST_MESSAGE => desk
            .guest_message(asker, body.read()?)
            .await
            .map(Said::Noted),
        about::DOOR_TRAIL => desk.door_trail(asker, body.read()?).await.map(Said::Trail),
        _ => {
            let detail = "the box answers no such request";
            Err(Problem::new(Code::NotFound, detail).at("type"))
        }
    }
}
