use super::super::herald::{self, Hearers, Hearing};
use super::super::news::News;
use super::*;

/// A house that tells its pages.
struct Told {
    house: House,
    hearers: Hearers,
}

impl Told {
    async fn start() -> Self {
        let mut house = House::start().await;
        let hearers = Hearers::default();
        let (desk, circle) = (Arc::clone(&house.running.desk), hearers.clone());
        let (_, closed) = mpsc::channel(1);
        let news = std::mem::replace(&mut house.running.news, closed);
        let jobs = desk.printing.changes();
        let telling = |stop| herald::run(desk, circle, news, jobs, stop);
        house.running.host.tasks.spawn("herald", telling);
        Self { house, hearers }
    }
}

async fn status(hearing: &mut Hearing) -> OrderStatus {
    loop {
        match timeout(LIMIT, hearing.next()).await.unwrap() {
            News::Order(order) => return order.status,
            News::Job(_) | News::Notification(_) => {}
        }
    }
}

// device-proxy-7.5
#[tokio::test]
async fn pages_hear_every_step_that_they_may_see() {
    let told = Told::start().await;
    let mut anna = told.hearers.join(guest());
    let mut kitchen = told.hearers.join(staff(Role::Kitchen));
    told.house.place(&guest(), soup(1)).await.unwrap();
    assert_eq!(status(&mut anna).await, OrderStatus::Pending);
    let moving = told.house.set(Role::Manager, 1, OrderStatus::Confirmed);
    moving.await.unwrap();
    assert_eq!(status(&mut anna).await, OrderStatus::Confirmed);
    // Its first news: the pending order was none of its business.
    assert_eq!(status(&mut kitchen).await, OrderStatus::Confirmed);
    told.house.end().await;
}

// device-proxy-7.5
#[tokio::test]
async fn a_page_that_hears_nothing_holds_up_nobody() {
    let told = Told::start().await;
    let _deaf = told.hearers.join(staff(Role::Manager));
    let mut anna = told.hearers.join(guest());
    for number in 1..=200 {
        told.house.place(&guest(), soup(number)).await.unwrap();
        assert_eq!(status(&mut anna).await, OrderStatus::Pending);
        let off = told
            .house
            .set(Role::Manager, number, OrderStatus::Cancelled);
        off.await.unwrap();
        assert_eq!(status(&mut anna).await, OrderStatus::Cancelled);
    }
    told.house.end().await;
}

// device-proxy-7.5
#[tokio::test]
async fn a_page_that_has_gone_is_forgotten() {
    let told = Told::start().await;
    drop(told.hearers.join(guest()));
    let mut again = told.hearers.join(guest());
    told.house.place(&guest(), soup(1)).await.unwrap();
    assert_eq!(status(&mut again).await, OrderStatus::Pending);
    assert!(format!("{:?}", told.hearers).matches("anna").count() == 1);
    told.house.end().await;
}
