use super::*;

const REGISTER: &str = "$aws/provisioning-templates/hotel-edge/provision/json";

fn conversation() -> Conversation {
    let parameters = BTreeMap::from([("SerialNumber".to_owned(), "NUC-1".to_owned())]);
    Conversation::new("hotel-edge", "CSR".to_owned(), parameters)
}

/// A conversation in which the certificate was given.
fn registering() -> Conversation {
    let mut conversation = conversation();
    conversation.subscribed(&[true; 4]).unwrap();
    let created =
        br#"{"certificateId":"c1","certificatePem":"PEM","certificateOwnershipToken":"t"}"#;
    conversation
        .heard(&format!("{}/accepted", words::CREATE), created)
        .unwrap();
    conversation
}

#[test]
fn the_key_is_asked_a_certificate_for_and_then_a_thing() {
    let mut conversation = conversation();
    let asked = conversation.subscribed(&[true; 4]).unwrap();
    let body = br#"{"certificateSigningRequest":"CSR"}"#.to_vec();
    let topic = words::CREATE.to_owned();
    assert_eq!(asked, Next::Say { topic, body });

    let mut conversation = registering();
    let done = conversation.heard(&format!("{REGISTER}/accepted"), br#"{"thingName":"box"}"#);
    let Ok(Next::Done(membership)) = done else {
        panic!("{done:?}")
    };
    assert_eq!(
        (
            membership.thing.as_str(),
            membership.certificate_id.as_str()
        ),
        ("box", "c1")
    );
}

#[test]
fn a_refused_subscription_is_named() {
    let error = conversation()
        .subscribed(&[true, true, true, false])
        .unwrap_err();
    let filter = format!("{REGISTER}/rejected");
    assert!(
        error
            .to_string()
            .contains(&format!("iot:Subscribe on topicfilter/{filter}"))
    );
}

#[test]
fn a_refusal_is_passed_on_in_the_cloud_s_words() {
    let body =
        br#"{"statusCode":400,"errorCode":"InvalidParameters","errorMessage":"hook said no"}"#;
    let error = registering()
        .heard(&format!("{REGISTER}/rejected"), body)
        .unwrap_err();
    assert!(error.to_string().contains("hook said no"), "{error}");
}

#[test]
fn what_was_not_asked_is_not_an_answer() {
    let mut conversation = conversation();
    assert_eq!(conversation.heard("x", b"{}").unwrap(), Next::Wait);
    conversation.subscribed(&[true; 4]).unwrap();
    let early = conversation.heard(&format!("{REGISTER}/accepted"), br#"{"thingName":"x"}"#);
    assert_eq!(early.unwrap(), Next::Wait);
}

#[test]
fn the_ownership_token_is_not_printed() {
    let shown = format!("{:?}", registering());
    assert!(!shown.contains("\"t\""), "{shown}");
}
