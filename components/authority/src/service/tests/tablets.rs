//! Tablets, over HTTPS.

use std::time::Duration;

use super::*;

// authority-2.1, authority-2.4
#[tokio::test]
async fn a_tablet_enrols_with_its_code_and_key() {
    let house = House::start().await;
    let code = house.invite("kitchen-1", Role::Kitchen).await;
    let (tablet, thief) = (Tablet::new(), Tablet::new());
    let mut forged = thief.enrol(code);
    forged["key"] = tablet.enrol(code)["key"].clone();
    check_refused(house.post("/enrol", &forged).await, "forbidden", "proof");
    let (status, pending) = house.post("/enrol", &tablet.enrol(code)).await;
    assert_eq!((status, &pending["principal"]), (202, &json!("kitchen-1")));
    assert_eq!(pending["role"], "kitchen");
    let late = house.post("/enrol", &thief.enrol(code)).await;
    check_refused(late, "conflict", "code");
    let house = house.restart().await;
    let late = house.post("/enrol", &thief.enrol(code)).await;
    check_refused(late, "conflict", "code");
}

// authority-2.7, authority-1.3
#[tokio::test]
async fn a_tablet_is_active_when_the_manager_who_invited_it_has_compared_six_digits() {
    let house = House::start().await;
    let manager = house.staff("office-1", Role::Manager).await;
    let bearer = house.bearer_of(&manager).await;
    let body = json!({ "principal": "kitchen-2", "role": "kitchen" });
    let (_, invitation) = house.ask("POST", "/invitations", &bearer, &body).await;
    let code: Nonce = serde_json::from_value(invitation["code"].clone()).unwrap();
    let tablet = Tablet::new();
    let (status, pending) = house.post("/enrol", &tablet.enrol(code)).await;
    assert_eq!(status, 202, "{pending}");
    assert_eq!(pending.get("token"), None, "there is no token yet");

    let house = house.restart().await;
    let (_, again) = house.post("/enrol", &tablet.enrol(code)).await;
    assert_eq!(again, pending);
    let (_, shown) = house
        .ask("GET", "/invitations", &bearer, &Value::Null)
        .await;
    let shown = &shown["enrolments"][0];
    assert_eq!(shown["digits"], tablet.digits(&pending));
    let confirm = |digits: &str| json!({ "principal": "kitchen-2", "digits": digits });
    let ask = |digits| {
        let (house, bearer) = (&house, &bearer);
        async move {
            let body = confirm(digits);
            house
                .ask("POST", "/invitations/confirm", bearer, &body)
                .await
        }
    };
    check_refused(ask("12345").await, "malformed", "digits");
    let right = shown["digits"].as_str().unwrap().to_owned();
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    check_refused(ask(wrong).await, "forbidden", "digits");
    assert_eq!(house.post("/enrol", &tablet.enrol(code)).await.0, 202);
    assert_eq!(ask(&right).await.0, 200);
    let (status, minted) = house.post("/enrol", &tablet.enrol(code)).await;
    assert_eq!((status, &minted["role"]), (200, &json!("kitchen")));

    let gone = json!({ "principal": "kitchen-2" });
    let late = house.ask("POST", "/invitations/withdraw", &bearer, &gone);
    check_refused(late.await, "not-found", "principal");
}

// authority-2.4
#[tokio::test]
async fn the_code_itself_is_on_no_disk() {
    let house = House::start().await;
    let code = house.invite("kitchen-1", Role::Kitchen).await;
    let text = wire::octets::to_base64url(&code.0);
    for file in std::fs::read_dir(house.disk.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let found = |pattern: &[u8]| bytes.windows(pattern.len()).any(|part| part == pattern);
        assert!(!found(&code.0) && !found(text.as_bytes()));
    }
}

// authority-3.3
#[tokio::test]
async fn a_bearer_is_given_for_a_token_a_fresh_nonce_and_the_tokens_key() {
    let house = House::start().await;
    let tablet = house.staff("kitchen-1", Role::Kitchen).await;
    let nonce = house.nonce().await;
    let present = tablet.present(label::BEARER, nonce);
    let (status, _) = house.post("/bearer", &present).await;
    assert_eq!(status, 200);
    check_refused(house.post("/bearer", &present).await, "expired", "nonce");

    let late = tablet.present(label::BEARER, house.nonce().await);
    house.clock.advance(Duration::from_mins(1));
    check_refused(house.post("/bearer", &late).await, "expired", "nonce");

    let other = tablet.present(label::RENEW, house.nonce().await);
    check_refused(house.post("/bearer", &other).await, "forbidden", "proof");
    let thief = Tablet {
        key: Key::generate(),
        token: tablet.token.clone(),
    };
    check_refused(house.bearer(&thief).await, "forbidden", "proof");
}

// authority-3.3
#[tokio::test]
async fn a_bearer_is_good_for_fifteen_minutes() {
    let house = House::start().await;
    let tablet = house.staff("desk-1", Role::FrontDesk).await;
    let bearer = house.bearer_of(&tablet).await;
    let look = || house.ask("GET", "/sittings", &bearer, &Value::Null);
    assert_eq!(look().await.0, 200);
    house.clock.advance(Duration::from_mins(15));
    check_refused(look().await, "expired", "authorization");
}

// authority-3.4
#[tokio::test]
async fn a_token_of_another_property_is_refused() {
    let (house, other) = (House::start().await, Estate::found("hilltop"));
    let holder = Holder::Component(Component::Authority);
    let (_, signer, _) = other.identity(&holder, 0);
    let key = Key::generate();
    let seconds = |ms: wire::Integer| wire::Integer::new(ms.value() / 1_000).unwrap();
    let claims = wire::credential::Claims {
        tenant: "acme".parse().unwrap(),
        property: "seaside".parse().unwrap(),
        sub: "desk-1".parse().unwrap(),
        role: Role::Manager,
        jti: kit::ids::new(house.clock.wall()),
        iat: seconds(house.clock.wall()),
        exp: seconds(signer.not_after.min(kit::clock::later(
            house.clock.wall(),
            Duration::from_hours(1),
        ))),
        cnf: Some(wire::credential::Confirmation {
            jwk: kit::credential::jwk(&key.public_key()),
        }),
        sitting: None,
        table: None,
    };
    let typ = wire::credential::POP_TYPE;
    let token = kit::credential::sign_token(&signer, typ, &claims);
    let stranger = Tablet { key, token };
    check_refused(house.bearer(&stranger).await, "forbidden", "token");
}

// authority-3.2
#[tokio::test]
async fn a_token_is_renewed_by_its_key() {
    let house = House::start().await;
    let tablet = house.staff("kitchen-1", Role::Kitchen).await;
    house.clock.advance(Duration::from_hours(24));
    let present = tablet.present(label::RENEW, house.nonce().await);
    let (status, minted) = house.post("/token", &present).await;
    assert_eq!(status, 200, "{minted}");
    let next = minted["token"].as_str().unwrap().to_owned();
    assert_ne!(next, tablet.token);
    house
        .bearer_of(&Tablet {
            token: next,
            ..tablet
        })
        .await;
}

// authority-4.1, authority-6.1
#[tokio::test]
async fn the_front_desk_opens_and_closes_a_table_and_the_kitchen_does_not() {
    let house = House::start().await;
    let desk = house.staff("desk-1", Role::FrontDesk).await;
    let kitchen = house.staff("kitchen-1", Role::Kitchen).await;
    let (desk, kitchen) = (
        house.bearer_of(&desk).await,
        house.bearer_of(&kitchen).await,
    );
    let table = json!({ "table": "t-4" });
    let refused = house.ask("POST", "/sittings", &kitchen, &table).await;
    check_refused(refused, "forbidden", "principal");
    let (status, opened) = house.ask("POST", "/sittings", &desk, &table).await;
    assert_eq!((status, &opened["open"]), (200, &json!(true)));
    assert_eq!(opened["opened_by"], "desk-1");
    let (_, listed) = house.ask("GET", "/sittings", &kitchen, &Value::Null).await;
    assert_eq!(listed["sittings"], json!([opened]));
    let path = format!("/sittings/{}/close", opened["sitting"].as_str().unwrap());
    let (status, closed) = house.ask("POST", &path, &desk, &Value::Null).await;
    assert_eq!((status, &closed["open"]), (200, &json!(false)));
    let nowhere = house.ask("POST", "/sittings/x/close", &desk, &Value::Null);
    check_refused(nowhere.await, "not-found", "sitting");
}

// authority-2.6
#[tokio::test]
async fn a_manager_invites_with_an_address_and_its_qr_code() {
    let house = House::start().await;
    let manager = house.staff("office-1", Role::Manager).await;
    let bearer = house.bearer_of(&manager).await;
    let body = json!({ "principal": "kitchen-2", "role": "kitchen" });
    let (status, invitation) = house.ask("POST", "/invitations", &bearer, &body).await;
    assert_eq!(status, 200, "{invitation}");
    let url = format!(
        "https://greengrass.local/enrol#code={}&ca={}",
        invitation["code"].as_str().unwrap(),
        kit::digest::sha256(&house.identity.anchor[0])
    );
    assert_eq!(invitation["url"], url);
    assert!(invitation["qr_svg"].as_str().unwrap().starts_with("<svg"));
}

// authority-6.3
#[tokio::test]
async fn what_cannot_be_read_is_refused_in_one_form() {
    let house = House::start().await;
    let refused = house.post("/enrol", &json!({ "v": 1, "code": 7 })).await;
    check_refused(refused, "malformed", "code");
    check_refused(
        house.post("/nowhere", &json!({})).await,
        "not-found",
        "path",
    );
    let wrong_way = house.ask("GET", "/enrol", "", &Value::Null).await;
    check_refused(wrong_way, "not-found", "path");
    let (status, problem) = house.post("/enrol", &json!("x".repeat(40_000))).await;
    assert_eq!((status, &problem["code"]), (413, &json!("too-large")));
    let nobody = house.ask("GET", "/sittings", "x", &Value::Null).await;
    check_refused(nobody, "malformed", "authorization");
}

// authority-6.3
#[tokio::test]
async fn whoever_guesses_codes_is_not_heard_for_a_while() {
    let house = House::start().await;
    let tablet = Tablet::new();
    let mut last = 0;
    for number in 0..=30_u8 {
        let guess = tablet.enrol(Nonce([number; 32]));
        last = house.post("/enrol", &guess).await.0;
    }
    assert_eq!(last, 429);
    house.clock.advance(Duration::from_mins(1));
    let guess = tablet.enrol(Nonce([99; 32]));
    check_refused(house.post("/enrol", &guess).await, "not-found", "code");
}
