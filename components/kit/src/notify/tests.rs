use super::*;

#[track_caller]
fn check(message: &str, expected: &Notice) {
    assert_eq!(&Notice::parse(message), expected);
}

#[test]
fn a_message_may_say_several_things() {
    check(
        "READY=1\nSTATUS=waiting for the broker\nX_HOTEL_PROGRAM=7\nX_HOTEL_RESTARTS=2\n",
        &Notice {
            ready: true,
            status: Some("waiting for the broker".to_owned()),
            program: Some(7),
            restarts: Some(2),
        },
    );
}

#[test]
fn what_is_not_known_is_skipped() {
    check(
        "MAINPID=3\nREADY=0\nX_HOTEL_PROGRAM=x\nnonsense",
        &Notice::default(),
    );
}

#[tokio::test]
async fn what_is_sent_to_an_abstract_socket_is_heard() {
    let ear = Ear::open().unwrap();
    send_to(OsStr::new(ear.name()), "READY=1").unwrap();
    assert!(ear.next().await.unwrap().ready);
}

#[tokio::test]
async fn a_listener_that_stands_still_is_not_waited_for() {
    let ear = Ear::open().unwrap();
    let mut sent = (0..100_000).map(|_| send_to(OsStr::new(ear.name()), "READY=1"));
    let refused = sent.find_map(Result::err).unwrap();
    assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
}
