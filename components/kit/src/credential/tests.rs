use proptest::prelude::*;
use serde_json::json;
use time::Duration;
use wire::credential::{
    BEARER_TYPE, Claims, Confirmation, Credential, POP_TYPE, REVOCATIONS_TYPE, Revocations, Role,
    Standing, label, proof,
};
use wire::{Octets, PropertyId, SittingId};

use super::*;
use crate::ca::specimen::{component, device, hotel, identity, realm, today};
use crate::ca::{Key, PropertyCa};
use crate::clock::Clock;
use crate::identity::Identity;
use crate::ids;

mod door;

const HOUR_S: u64 = 3_600;

fn now() -> Integer {
    Clock::system().wall()
}

fn seconds(offset: i64) -> Integer {
    let seconds = now().value() / 1_000;
    Integer::new(seconds.checked_add_signed(offset).unwrap()).unwrap()
}

fn authority(ca: &PropertyCa) -> Identity {
    identity(ca, &component(Component::Authority), today())
}

fn claims(property: &str, key: Option<&Key>) -> Claims {
    Claims {
        tenant: "acme".parse().unwrap(),
        property: property.parse().unwrap(),
        sub: "kitchen-1".parse().unwrap(),
        role: Role::Kitchen,
        jti: ids::new(now()),
        iat: seconds(0),
        exp: seconds(HOUR_S.try_into().unwrap()),
        cnf: key.map(|key| Confirmation {
            jwk: jwk(&key.public_key()),
        }),
        sitting: None,
        table: None,
    }
}

/// A token of the seaside hotel with other claims than usual, and what its verifier says.
fn judge(change: impl FnOnce(&mut Claims)) -> Result<Caller, Refused> {
    let ca = hotel("seaside");
    let signer = authority(&ca);
    let mut claims = claims("seaside", Some(&Key::generate()));
    change(&mut claims);
    let token = sign_token(&signer, POP_TYPE, &claims);
    Verifier::of(&signer).credential(&Credential::Token(token), now())
}

#[track_caller]
fn check_refused(outcome: Result<Caller, Refused>, reason: &str) {
    let error = outcome.unwrap_err();
    let text = crate::error::Chain(&error).to_string();
    assert!(text.contains(reason), "{text}");
}

#[test]
fn a_token_of_the_authority_names_its_holder_and_the_key_proves_it() {
    let ca = hotel("seaside");
    let signer = authority(&ca);
    let key = Key::generate();
    let token = sign_token(&signer, POP_TYPE, &claims("seaside", Some(&key)));
    let passport = Passport::with_token(token, &key).unwrap();
    let caller = Verifier::of(&signer)
        .credential(passport.credential(), now())
        .unwrap();
    assert_eq!(caller.principal.as_str(), "kitchen-1");
    assert_eq!(caller.standing, Standing::Role(Role::Kitchen));
    let message = proof(label::SIGNALING_JOIN, &[b"nonce", b"seaside"]);
    assert!(caller.proves(&message, &passport.sign(&message)));
    let other = proof(label::SIGNALING_JOIN, &[b"nonces", b"easide"]);
    assert!(!caller.proves(&other, &passport.sign(&message)));
}

#[test]
fn a_leaf_certificate_names_its_holder_and_the_key_proves_it() {
    let ca = hotel("seaside");
    let proxy = identity(&ca, &component(Component::DeviceProxy), today());
    let passport = Passport::of(&proxy);
    let caller = Verifier::of(&authority(&ca))
        .credential(passport.credential(), now())
        .unwrap();
    assert_eq!(caller.component, Some(Component::DeviceProxy));
    assert_eq!(caller.standing, Standing::Component);
    assert!(caller.proves(b"message", &passport.sign(b"message")));
    assert!(!caller.proves(b"another", &passport.sign(b"message")));
}

#[test]
fn a_token_is_presented_with_its_own_key_only() {
    let signer = authority(&hotel("seaside"));
    let token = sign_token(
        &signer,
        POP_TYPE,
        &claims("seaside", Some(&Key::generate())),
    );
    let outcome = Passport::with_token(token, &Key::generate());
    assert!(matches!(outcome, Err(NotThisKey::Other)));
}

#[test]
fn nobody_but_the_authority_signs_tokens() {
    let ca = hotel("seaside");
    let signer = identity(&ca, &component(Component::Console), today());
    let token = sign_token(
        &signer,
        POP_TYPE,
        &claims("seaside", Some(&Key::generate())),
    );
    let outcome = Verifier::of(&signer).credential(&Credential::Token(token), now());
    check_refused(outcome, "not signed by the property's authority");
}

#[test]
fn another_hotels_authority_is_not_believed() {
    let (here, there) = (authority(&hotel("seaside")), authority(&hotel("hilltop")));
    for property in ["seaside", "hilltop"] {
        let token = sign_token(&there, POP_TYPE, &claims(property, Some(&Key::generate())));
        let outcome = Verifier::of(&here).credential(&Credential::Token(token), now());
        check_refused(outcome, "another property");
    }
}

#[test]
fn another_hotels_ca_under_the_same_name_is_not_believed() {
    let (here, impostor) = (authority(&hotel("seaside")), authority(&hotel("seaside")));
    let token = sign_token(
        &impostor,
        POP_TYPE,
        &claims("seaside", Some(&Key::generate())),
    );
    let outcome = Verifier::of(&here).credential(&Credential::Token(token), now());
    check_refused(outcome, "not valid in its property");
}

#[test]
fn an_authority_does_not_speak_for_another_property() {
    let foreign: PropertyId = "hilltop".parse().unwrap();
    check_refused(
        judge(|claims| claims.property = foreign),
        "another property",
    );
}

#[test]
fn a_token_is_good_within_its_life_only() {
    check_refused(judge(|claims| claims.exp = seconds(0)), "expired");
    let early = |claims: &mut Claims| {
        claims.iat = seconds(600);
        claims.exp = seconds(1_200);
    };
    check_refused(judge(early), "not valid yet");
    let long = |claims: &mut Claims| claims.exp = seconds(31 * 24 * 3_600);
    check_refused(judge(long), "exp");
}

#[test]
fn a_token_without_a_key_proves_nothing_and_is_refused() {
    check_refused(judge(|claims| claims.cnf = None), "cnf");
}

#[test]
fn a_token_that_names_a_component_is_refused() {
    let component = Component::DeviceProxy.into();
    check_refused(judge(|claims| claims.sub = component), "sub");
}

#[test]
fn a_key_of_another_kind_is_refused() {
    let other = |claims: &mut Claims| {
        if let Some(bound) = &mut claims.cnf {
            bound.jwk.crv = "P-384".to_owned();
        }
    };
    check_refused(judge(other), "cnf.jwk");
    let short = |claims: &mut Claims| {
        if let Some(bound) = &mut claims.cnf {
            bound.jwk.x = Octets::new(vec![1; 31]).unwrap();
        }
    };
    check_refused(judge(short), "cnf.jwk");
}

#[test]
fn a_bearer_token_is_no_bound_one_and_the_other_way_round() {
    let signer = authority(&hotel("seaside"));
    let mut claims = claims("seaside", None);
    claims.exp = seconds(900);
    let bearer = sign_token(&signer, BEARER_TYPE, &claims);
    let verifier = Verifier::of(&signer);
    let caller = verifier.bearer(&bearer, now()).unwrap();
    assert_eq!(caller.key, None);
    assert!(!caller.proves(b"message", &signer.sign(b"message")));
    check_refused(
        verifier.credential(&Credential::Token(bearer), now()),
        "typ",
    );
    let bound = sign_token(&signer, POP_TYPE, &claims);
    check_refused(verifier.bearer(&bound, now()), "typ");
}

#[test]
fn a_bearer_token_lives_a_quarter_of_an_hour() {
    let signer = authority(&hotel("seaside"));
    let mut claims = claims("seaside", None);
    claims.exp = seconds(901);
    let token = sign_token(&signer, BEARER_TYPE, &claims);
    check_refused(Verifier::of(&signer).bearer(&token, now()), "exp");
}

#[test]
fn an_expired_leaf_is_refused() {
    let ca = hotel("seaside");
    let lock = identity(&ca, &device("lock-1"), today() - Duration::days(95));
    let outcome = Verifier::of(&authority(&ca)).credential(Passport::of(&lock).credential(), now());
    check_refused(outcome, "not valid in its property");
}

#[test]
fn the_cloud_believes_each_property_under_its_own_ca() {
    let (seaside, hilltop) = (hotel("seaside"), hotel("hilltop"));
    let (one, two) = (authority(&seaside), authority(&hilltop));
    let verifier = Verifier::of_properties([
        (realm("seaside"), one.anchor.clone()),
        (realm("hilltop"), two.anchor.clone()),
        (realm("ruin"), Vec::new()),
    ]);
    for signer in [&one, &two] {
        let caller = verifier.credential(Passport::of(signer).credential(), now());
        assert_eq!(caller.unwrap().realm, signer.spiffe.realm());
    }
    let crossed = Verifier::of_properties([(realm("seaside"), two.anchor.clone())]);
    let outcome = crossed.credential(Passport::of(&one).credential(), now());
    check_refused(outcome, "not valid in its property");
}

#[test]
fn a_revocation_list_is_believed_when_it_is_newer() {
    let ca = hotel("seaside");
    let signer = authority(&ca);
    let caller = Verifier::of(&signer)
        .credential(Passport::of(&signer).credential(), now())
        .unwrap();
    let list = |number: u32, principals| Revocations {
        number: number.into(),
        principals,
        ..Revocations::default()
    };
    let jws = sign_token(
        &signer,
        REVOCATIONS_TYPE,
        &list(2, vec![caller.principal.clone()]),
    );
    let refusals = Refusals::default();
    assert!(!refusals.refuses(&caller));
    let newer = Verifier::of(&signer).revocations(&jws, now()).unwrap();
    assert!(refusals.take(newer.clone()));
    assert!(refusals.refuses(&caller));
    assert!(!refusals.take(newer));
    assert!(!refusals.take(list(1, Vec::new())));
    assert!(refusals.refuses(&caller));
}

#[test]
fn a_sitting_that_is_over_ends_the_tokens_of_its_guests() {
    let sitting: SittingId = ids::new(now());
    let caller = judge(|claims| claims.sitting = Some(sitting)).unwrap();
    let refusals = Refusals::default();
    refusals.take(Revocations {
        number: 1.into(),
        sittings: vec![sitting],
        ..Revocations::default()
    });
    assert!(refusals.refuses(&caller));
}

#[test]
fn an_unsigned_algorithm_is_no_algorithm() {
    let signer = authority(&hotel("seaside"));
    let token = sign_token(
        &signer,
        POP_TYPE,
        &claims("seaside", Some(&Key::generate())),
    );
    let rest = token.split_once('.').unwrap().1;
    let header = json!({ "typ": POP_TYPE, "alg": "none", "x5c": ["MIIB"] });
    let forged = format!(
        "{}.{rest}",
        wire::octets::to_base64url(&wire::encode(&header))
    );
    let outcome = Verifier::of(&signer).credential(&Credential::Token(forged), now());
    check_refused(outcome, "alg");
}

// authority-2.7
#[test]
fn digits_are_those_that_a_page_makes_of_the_same_key_and_nonce() {
    // The client library has the same example.
    let shown = digits(&Nonce([7; 32]), &PublicKey([4; 65]));
    assert_eq!(String::from(shown.clone()), "646328");
    assert_eq!("646 328".parse(), Ok(shown));
    for wrong in ["", "12345", "1234567", "12345x", "१२३४५६"] {
        assert!(wrong.parse::<wire::authority::Digits>().is_err(), "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_token_with_any_other_letter_is_refused(place in 0_usize..2_000, letter in "[A-Za-z0-9_.-]") {
        let signer = authority(&hotel("seaside"));
        let token = sign_token(&signer, POP_TYPE, &claims("seaside", Some(&Key::generate())));
        let place = place % token.len();
        let mut forged = token.clone();
        forged.replace_range(place..=place, &letter);
        prop_assume!(forged != token);
        let outcome = Verifier::of(&signer).credential(&Credential::Token(forged), now());
        prop_assert!(outcome.is_err());
    }
}
