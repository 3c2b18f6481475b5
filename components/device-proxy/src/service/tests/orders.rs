use super::*;

// device-proxy-5.6
#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let house = House::start().await;
    let placed = house.place(&guest(), soup(1)).await.unwrap();
    let confirmed = house.set(Role::Pos, 1, OrderStatus::Confirmed).await;
    let confirmed = confirmed.unwrap();
    let house = house.restart().await;
    let desk = &house.running.desk;
    let orders = desk.orders(&staff(Role::Pos)).unwrap().orders;
    assert_eq!(
        (orders.len(), orders[0].number, orders[0].total_minor),
        (1, 1.into(), 1_300.into())
    );
    assert_eq!(orders[0].history, confirmed.history);
    let again = house.place(&guest(), soup(1)).await.unwrap();
    assert_eq!((again.number, again.lines), (placed.number, placed.lines));
    let next = house.place(&guest(), soup(2)).await.unwrap();
    assert_eq!(next.number, 2.into());
    house.end().await;
}

// device-proxy-6.4
#[tokio::test]
async fn a_confirmed_order_has_its_ticket_also_after_a_restart() {
    let mut house = House::start().await;
    house.place(&guest(), soup(1)).await.unwrap();
    house
        .set(Role::Pos, 1, OrderStatus::Confirmed)
        .await
        .unwrap();
    let ticket = |house: &House| {
        let orders = house.running.desk.orders(&staff(Role::Pos)).unwrap().orders;
        orders[0].ticket.clone()
    };
    while ticket(&house).is_none() {
        house.told().await;
    }
    let first = ticket(&house).unwrap();
    assert_eq!(first.job, order_id(1).into());
    assert_eq!(first.principal.as_str(), "device-proxy");
    let house = house.restart().await;
    let job = wire::print::JobOf {
        job: order_id(1).into(),
        principal: Some("device-proxy".parse().unwrap()),
    };
    let kept = house.running.desk.job(&staff(Role::Kitchen), job).await;
    assert_eq!(kept.unwrap().content, first.content);
    house.end().await;
}

// device-proxy-6.4
#[tokio::test]
async fn an_order_whose_ticket_cannot_be_taken_is_not_confirmed() {
    let own = json!({ "orders": {
        "kitchen_route": "nowhere",
        "menu": [{ "item": "soup", "name": "Soup", "price_minor": "650" }],
    } });
    let house = House::with(own).await;
    house.place(&guest(), soup(1)).await.unwrap();
    let refused = house.set(Role::Pos, 1, OrderStatus::Confirmed).await;
    assert!(refused.is_err(), "{refused:?}");
    let house = house.restart().await;
    let orders = house.running.desk.orders(&guest()).unwrap().orders;
    assert_eq!(orders[0].status, OrderStatus::Pending);
    house.end().await;
}

// device-proxy-7.1
#[tokio::test]
async fn the_desk_does_for_nobody_what_the_table_does_not_give() {
    let house = House::start().await;
    let desk = &house.running.desk;
    let refused = house.place(&staff(Role::Kitchen), soup(1)).await;
    assert_eq!(refused.unwrap_err().code, Code::Forbidden);
    let code = |problem: Problem| problem.code;
    let guest = guest();
    assert_eq!(code(desk.printers(&guest).unwrap_err()), Code::Forbidden);
    assert_eq!(code(desk.jobs(&guest).await.unwrap_err()), Code::Forbidden);
    assert_eq!(
        code(desk.climate(&guest).await.unwrap_err()),
        Code::Forbidden
    );
    let waiter = staff(Role::Pos);
    assert_eq!(
        code(desk.climate(&waiter).await.unwrap_err()),
        Code::Forbidden
    );
    house.end().await;
}

// device-proxy-5.6, device-proxy-7.5
#[tokio::test]
async fn whoever_may_see_an_order_is_told_of_every_step_after_it_is_on_the_disk() {
    let mut house = House::start().await;
    house.place(&guest(), soup(1)).await.unwrap();
    assert_eq!(house.told().await, Effect::Show(order_id(1)));
    house
        .set(Role::Manager, 1, OrderStatus::Cancelled)
        .await
        .unwrap();
    assert_eq!(house.told().await, Effect::Show(order_id(1)));
    house.end().await;
}

// device-proxy-5.6
#[tokio::test]
async fn an_order_is_carried_out_also_when_its_page_has_gone() {
    let mut house = House::start().await;
    let desk = Arc::clone(&house.running.desk);
    {
        let guest = guest();
        let placing = desk.place(&guest, soup(1));
        tokio::pin!(placing);
        // Polled once, then dropped: the page is gone before the disk has answered.
        std::future::poll_fn(|context| {
            assert!(placing.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    assert_eq!(house.told().await, Effect::Show(order_id(1)));
    assert_eq!(desk.orders(&guest()).unwrap().orders.len(), 1);
    drop(desk);
    house.end().await;
}

// device-proxy-8.4
#[tokio::test]
async fn only_the_journal_and_the_bus_are_needed() {
    let house = House::start().await;
    let checks = house.running.host.health.report().checks();
    let needs: Vec<_> = checks
        .iter()
        .map(|check| (check.name.as_str(), check.ready))
        .collect();
    assert_eq!(needs, [("bus", false), ("journal", true)]);
    house.end().await;
}
