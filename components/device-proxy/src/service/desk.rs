//! Does what is asked, for those who may ask it; the same for channels, HTTPS and the bus.

use wire::audit::{Trail, TrailOf};
use wire::chat::{GuestMessage, Noted};
use wire::climate::{Room, Rooms, SetTarget};
use wire::door::{Doors as AllDoors, Petition};
use wire::gateway::Executed;
use wire::order::{Menu, Order, Orders as OrderList, Place, SetStatus};
use wire::print::{Document, Job, JobOf, Jobs, Picture, Preview, Printers, Resolve, Submit};
use wire::{Code, Problem};

use super::climate::Climate;
use super::doors::Doors;
use super::guest_messages::GuestMessages;
use super::orders::Orders;
use crate::desk::{Act, Routes};
use crate::order::{Asker, Wish};
use crate::print::Printing;

/// Where everything is asked.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(super) routes: Routes,
    pub(super) orders: Orders,
    pub(super) printing: Printing,
    pub(super) climate: Climate,
    pub(super) doors: Doors,
    pub(super) guest_messages: GuestMessages,
}

impl Desk {
    /// The order book.
    pub(crate) fn book(&self) -> &Orders {
        &self.orders
    }

    pub(crate) fn menu(&self, asker: &Asker) -> Result<Menu, Problem> {
        Act::Menu.check(asker.standing)?;
        Ok(self.orders.menu())
    }

    pub(crate) async fn place(&self, asker: &Asker, place: Place) -> Result<Order, Problem> {
        Act::Order.check(asker.standing)?;
        self.orders.ask(asker.clone(), Wish::Place(place)).await
    }

    pub(crate) async fn set_status(&self, asker: &Asker, to: SetStatus) -> Result<Order, Problem> {
        Act::OrderStatus.check(asker.standing)?;
        self.orders.ask(asker.clone(), Wish::Move(to)).await
    }

    /// Takes down what a guest says; durable when it returns.
    pub(crate) async fn guest_message(
        &self,
        asker: &Asker,
        message: GuestMessage,
    ) -> Result<Noted, Problem> {
        Act::GuestMessage.check(asker.standing)?;
        self.guest_messages.take(asker, message).await
    }

    pub(crate) fn orders(&self, asker: &Asker) -> Result<OrderList, Problem> {
        Act::Orders.check(asker.standing)?;
        Ok(OrderList {
            orders: self.orders.orders(asker),
        })
    }

    /// Prints; durable when it returns.
    pub(crate) async fn submit(&self, asker: &Asker, submit: Submit) -> Result<Job, Problem> {
        Act::Print.check(asker.standing)?;
        self.routes.check(asker.standing, &submit.route)?;
        if matches!(submit.document, Document::Drawer { .. }) {
            Act::OpenDrawer.check(asker.standing)?;
        }
        self.printing.submit(&asker.principal, submit).await
    }

    pub(crate) async fn job(&self, asker: &Asker, job: JobOf) -> Result<Job, Problem> {
        check_job(asker, &job)?;
        self.printing.job(&asker.principal, job).await
    }

    /// The newest jobs: everybody's for those who tend them, else the asker's own.
    pub(crate) async fn jobs(&self, asker: &Asker) -> Result<Jobs, Problem> {
        Act::Print.check(asker.standing)?;
        let all = Act::TendJobs.is_open_to(asker.standing);
        let own = (!all).then_some(&asker.principal);
        self.printing.jobs(own).await
    }

    pub(crate) async fn cancel(&self, asker: &Asker, job: JobOf) -> Result<Job, Problem> {
        check_job(asker, &job)?;
        let job = self.printing.cancel(&asker.principal, job).await?;
        log(asker, "cancel", &job);
        Ok(job)
    }

    pub(crate) async fn resolve(&self, asker: &Asker, resolve: Resolve) -> Result<Job, Problem> {
        check_job(asker, &resolve.job)?;
        let job = self.printing.resolve(&asker.principal, resolve).await?;
        log(asker, "resolve", &job);
        Ok(job)
    }

    pub(crate) fn printers(&self, asker: &Asker) -> Result<Printers, Problem> {
        Act::Printers.check(asker.standing)?;
        Ok(self.printing.printers())
    }

    pub(crate) fn preview(&self, asker: &Asker, preview: Preview) -> Result<Picture, Problem> {
        Act::Print.check(asker.standing)?;
        self.routes.check(asker.standing, &preview.route)?;
        self.printing.preview(preview)
    }

    pub(crate) async fn climate(&self, asker: &Asker) -> Result<Rooms, Problem> {
        Act::Climate.check(asker.standing)?;
        self.climate.rooms().await
    }

    pub(crate) async fn set_climate(&self, asker: &Asker, to: SetTarget) -> Result<Room, Problem> {
        Act::SetClimate.check(asker.standing)?;
        self.climate.set(asker, &to).await
    }

    pub(crate) async fn doors(&self, asker: &Asker) -> Result<AllDoors, Problem> {
        Act::Doors.check(asker.standing)?;
        self.doors.all(&self.climate).await
    }

    /// Carries a petition; what its signers may is the gateway's to decide.
    pub(crate) async fn turn(
        &self,
        asker: &Asker,
        about: &str,
        petition: Petition,
    ) -> Result<Executed, Problem> {
        Act::TurnBolts.check(asker.standing)?;
        self.doors.turn(asker, about, &petition).await
    }

    pub(crate) async fn door_trail(&self, asker: &Asker, of: TrailOf) -> Result<Trail, Problem> {
        Act::DoorTrails.check(asker.standing)?;
        self.doors.trail(&of).await
    }
}

/// Whether the asker has to do with a job: with others' only who sees to them.
fn check_job(asker: &Asker, job: &JobOf) -> Result<(), Problem> {
    Act::Print.check(asker.standing)?;
    let owner = job.principal.as_ref();
    let is_own = owner.is_none_or(|owner| *owner == asker.principal);
    if is_own || Act::TendJobs.is_open_to(asker.standing) {
        return Ok(());
    }
    let detail = "that job is for others to see to";
    Err(Problem::new(Code::Forbidden, detail).at("principal"))
}

fn log(asker: &Asker, act: &str, job: &Job) {
    tracing::info!(job = %job.job, owner = %job.principal, principal = %asker.principal, act,
        "job tended");
}
