use serde::de::DeserializeOwned;
use wire::channel::about;

use super::super::channel::{Body, Said, answer};
use super::super::news::News;
use super::*;

struct Json(Value);

impl Body for Json {
    fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        wire::decode(&serde_json::to_vec(&self.0).unwrap())
    }
}

async fn ask(house: &House, asker: &Asker, about: &str, body: Value) -> Result<Value, Problem> {
    let body = Json(body);
    let said = answer(&house.running.desk, asker, about, &body);
    let said = timeout(LIMIT, said).await.unwrap()?;
    Ok(serde_json::to_value::<Said>(said).unwrap())
}

#[track_caller]
fn check_refused(answer: Result<Value, Problem>, code: Code, field: Option<&str>) {
    let problem = answer.expect_err("must be refused");
    assert_eq!((problem.code, problem.field.as_deref()), (code, field));
}

// device-proxy-7.4
#[tokio::test]
async fn a_page_orders_and_follows_its_order() {
    let house = House::start().await;
    let menu = ask(&house, &guest(), about::MENU, json!({})).await.unwrap();
    assert_eq!(menu["items"][0]["price_minor"], 650);
    let wish = serde_json::to_value(soup(1)).unwrap();
    let order = ask(&house, &guest(), about::ORDER, wish).await.unwrap();
    assert_eq!(
        (&order["table"], &order["number"]),
        (&json!("t1"), &json!(1))
    );
    let orders = ask(&house, &guest(), about::ORDERS, json!({}))
        .await
        .unwrap();
    assert_eq!(orders["orders"], json!([order]));
    let off = json!({ "v": 1, "orderId": order_id(1), "status": "cancelled" });
    let order = ask(&house, &guest(), about::ORDER_STATUS, off)
        .await
        .unwrap();
    assert_eq!(order["status"], "cancelled");
    house.end().await;
}

// device-proxy-7.4
#[tokio::test]
async fn what_cannot_be_done_says_where_it_fails() {
    let house = House::start().await;
    let nothing = || json!({});
    let whisper = ask(&house, &guest(), "whisper", nothing()).await;
    check_refused(whisper, Code::NotFound, Some("type"));
    let wish =
        json!({ "v": 1, "order": order_id(1), "items": [{ "item": "soup", "quantity": -1 }] });
    let order = ask(&house, &guest(), about::ORDER, wish).await;
    check_refused(order, Code::Malformed, Some("items[0].quantity"));
    let newer = json!({ "v": 2 });
    let order = ask(&house, &guest(), about::ORDER, newer).await;
    check_refused(order, Code::UnsupportedVersion, Some("v"));
    for about in [
        about::PRINT,
        about::PRINT_STATUS,
        about::PRINT_CANCEL,
        about::PRINT_RESOLVE,
        about::PRINT_PREVIEW,
        about::PRINTERS,
        about::CLIMATE,
        about::SET_CLIMATE,
    ] {
        assert!(
            ask(&house, &guest(), about, nothing()).await.is_err(),
            "{about}"
        );
    }
    house.end().await;
}

// device-proxy-7.4, device-proxy-7.2
#[tokio::test]
async fn a_till_prints_on_its_route_and_sees_how_it_goes() {
    let house = House::start().await;
    let pos = staff(Role::Pos);
    let submit = |route| {
        let text = json!({ "kind": "text", "text": "<b>Thank you" });
        json!({
            "v": 1, "job": order_id(9), "route": route,
            "document": { "kind": "receipt", "lines": [text] },
        })
    };
    let job = ask(&house, &pos, about::PRINT, submit("receipt"))
        .await
        .unwrap();
    assert_eq!(
        (&job["principal"], &job["route"]),
        (&json!("pos-1"), &json!("receipt"))
    );
    let elsewhere = ask(&house, &pos, about::PRINT, submit("kitchen")).await;
    check_refused(elsewhere, Code::Forbidden, Some("route"));
    let mine = json!({ "job": order_id(9) });
    let found = ask(&house, &pos, about::PRINT_STATUS, mine).await.unwrap();
    assert_eq!(found["content"], job["content"]);
    let picture = json!({ "route": "receipt", "document": submit("receipt")["document"] });
    let picture = ask(&house, &pos, about::PRINT_PREVIEW, picture)
        .await
        .unwrap();
    assert!(picture["png"].as_str().unwrap().starts_with("iVBORw"));
    house.end().await;
}

// device-proxy-8.3
#[tokio::test]
async fn without_the_gateway_rooms_are_not_to_be_had() {
    let house = House::start().await;
    let rooms = ask(&house, &staff(Role::FrontDesk), about::CLIMATE, json!({})).await;
    check_refused(rooms, Code::TimedOut, None);
    house.end().await;
}

// device-proxy-6.5, device-proxy-7.5
#[tokio::test]
async fn news_go_to_those_whom_they_concern() {
    let mut house = House::start().await;
    house.place(&guest(), soup(1)).await.unwrap();
    let steps = [
        (Role::Pos, OrderStatus::Confirmed),
        (Role::Kitchen, OrderStatus::Preparing),
        (Role::Kitchen, OrderStatus::Ready),
    ];
    for (role, step) in steps {
        house.set(role, 1, step).await.unwrap();
    }
    while house.told().await != Effect::Ready(order_id(1)) {}
    let desk = &house.running.desk;
    let stranger = Asker {
        seat: None,
        ..guest()
    };
    let told = |hearer: &Asker, effect: Effect| {
        let news = News::of_order(desk, hearer, &effect)?;
        Some((news.about(), serde_json::to_value(&news).unwrap()))
    };
    let notification = json!({ "title": "Order 1 is ready", "body": "Table t1" });
    let expected = Some((about::NOTIFICATION, notification));
    assert_eq!(told(&guest(), Effect::Ready(order_id(1))), expected);
    assert_eq!(
        told(&staff(Role::Pos), Effect::Ready(order_id(1))),
        expected
    );
    assert_eq!(told(&stranger, Effect::Ready(order_id(1))), None);
    assert_eq!(
        told(&staff(Role::Housekeeping), Effect::Show(order_id(1))),
        None
    );
    let (about, order) = told(&guest(), Effect::Show(order_id(1))).unwrap();
    assert_eq!(
        (about, &order["status"]),
        (about::ORDER_STATUS, &json!("ready"))
    );
    assert_eq!(told(&guest(), Effect::ShowStaff(order_id(1))), None);
    assert!(told(&staff(Role::Kitchen), Effect::ShowStaff(order_id(1))).is_some());
    house.end().await;
}
