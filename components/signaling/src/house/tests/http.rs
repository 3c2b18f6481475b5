//! Offers by HTTP and their answers.

use super::*;

impl Bench {
    fn post(&mut self, post: u64, principal: &str, standing: Standing, signals: Vec<Signal>) {
        self.happen(Input::Posted(Box::new(Posted {
            post: PostId(post),
            member: member("seaside", principal, standing),
            signals,
        })));
    }

    #[track_caller]
    fn check_refused(&mut self, post: u64, code: Code, field: Option<&str>) {
        let problem = self.answers.remove(&post).unwrap().unwrap_err();
        assert_eq!((problem.code, problem.field.as_deref()), (code, field));
    }
}

fn offer(to: &str) -> Vec<Signal> {
    vec![
        Signal::Offer(sdp(to)),
        Signal::Candidate(candidate(to, Some(HOST))),
    ]
}

// signaling-5.1
#[test]
fn an_offer_is_answered_with_the_answer_and_its_candidates() {
    let mut bench = Bench::usual();
    bench.post(1, "till-1", Standing::Device, offer("device-proxy"));
    let told = bench.heard(1);
    assert!(
        matches!(told.as_slice(), [ServerMessage::Offer(sdp), ServerMessage::IceCandidate(_)]
        if sdp.from == Some(name("till-1"))),
        "{told:?}"
    );
    bench.say(1, ClientMessage::Answer(sdp("till-1")));
    bench.say(
        1,
        ClientMessage::IceCandidate(candidate("till-1", Some(HOST))),
    );
    assert!(bench.answers.is_empty());
    bench.say(1, ClientMessage::IceCandidate(candidate("till-1", None)));
    let exchange = bench.answers.remove(&1).unwrap().unwrap().unwrap();
    assert_eq!(exchange.from, Some(name("device-proxy")));
    assert_eq!(exchange.to, Some(name("till-1")));
    assert_eq!(
        (exchange.sdp.as_str(), exchange.ice_candidates.len()),
        (SDP, 1)
    );
    assert_eq!(bench.heard(1), []);
}

// signaling-5.1
#[test]
fn an_answer_with_its_candidates_in_it_is_not_waited_with() {
    let mut bench = Bench::usual();
    bench.post(1, "till-1", Standing::Device, offer("device-proxy"));
    let whole = Sdp {
        sdp: format!("{SDP}a={HOST}\r\n"),
        ..sdp("till-1")
    };
    bench.say(1, ClientMessage::Answer(whole));
    assert!(bench.answers.contains_key(&1));
}

// signaling-5.1
#[test]
fn candidates_are_gathered_for_a_moment_only() {
    let mut bench = Bench::usual();
    bench.post(1, "till-1", Standing::Device, offer("device-proxy"));
    bench.say(1, ClientMessage::Answer(sdp("till-1")));
    bench.pass(Duration::from_millis(500));
    assert!(bench.answers[&1].is_ok());
}

// signaling-5.1
#[test]
fn no_answer_within_five_seconds_is_a_time_out() {
    let mut bench = Bench::usual();
    bench.post(1, "till-1", Standing::Device, offer("device-proxy"));
    bench.pass(nearly(post::POST_LIMIT));
    assert!(bench.answers.is_empty());
    bench.pass(Duration::from_millis(1));
    bench.check_refused(1, Code::TimedOut, None);
}

// signaling-5.1
#[test]
fn an_addressee_who_is_away_or_goes_is_not_waited_for() {
    let mut bench = Bench::usual();
    bench.post(1, "till-1", Standing::Device, offer("device-proxy"));
    bench.close(1);
    bench.check_refused(1, Code::Unavailable, Some("to"));
    bench.post(2, "till-1", Standing::Device, offer("device-proxy"));
    bench.check_refused(2, Code::Unavailable, Some("to"));
    assert_eq!(bench.house.figures().queued, 0);
}

// signaling-3.3, signaling-5.3
#[test]
fn rights_are_the_same_by_http() {
    let mut bench = Bench::usual();
    bench.post(1, "guest-2", GUEST, offer("guest-1"));
    bench.check_refused(1, Code::NotFound, Some("to"));
    bench.post(2, "kitchen-2", KITCHEN, offer("guest-1"));
    bench.check_refused(2, Code::Forbidden, Some("to"));
    assert!(bench.told.is_empty());
}

// signaling-5.3
#[test]
fn answers_and_candidates_are_passed_on_and_wait_like_any_others() {
    let mut bench = Bench::usual();
    bench.post(1, "desk-1", DESK, vec![Signal::Answer(sdp("guest-1"))]);
    assert_eq!(bench.answers.remove(&1), Some(Ok(None)));
    assert_eq!(bench.heard(3).len(), 1);
    bench.close(3);
    bench.post(2, "desk-1", DESK, vec![Signal::Answer(sdp("guest-1"))]);
    assert_eq!(bench.answers.remove(&2), Some(Ok(None)));
    assert_eq!(bench.house.figures().queued, 1);
}

// signaling-5.3
#[test]
fn two_posters_meet_by_http_alone_through_a_waiting_offer() {
    let mut bench = Bench::usual();
    bench.post(1, "till-1", Standing::Device, offer("device-proxy"));
    let answer = vec![Signal::Answer(sdp("till-1"))];
    bench.post(2, "device-proxy", BOX, answer);
    assert_eq!(bench.answers.remove(&2), Some(Ok(None)));
    bench.pass(Duration::from_secs(1));
    assert!(bench.answers[&1].is_ok());
}

// signaling-5.3
#[test]
fn who_posts_too_fast_is_refused() {
    let mut bench = Bench::usual();
    for post in 0..=100 {
        let one = Signal::Candidate(candidate("device-proxy", Some(HOST)));
        bench.post(post, "till-1", Standing::Device, vec![one]);
    }
    bench.check_refused(100, Code::Busy, None);
    assert_eq!(bench.answers[&99], Ok(None));
}

// signaling-5.1
#[test]
fn one_offer_of_a_connection_waits_at_a_time_and_a_stop_ends_it() {
    let mut bench = Bench::usual();
    bench.post(1, "till-1", Standing::Device, offer("device-proxy"));
    bench.post(2, "till-1", Standing::Device, offer("device-proxy"));
    bench.check_refused(2, Code::Conflict, Some("connection"));
    bench.happen(Input::Stopped);
    bench.check_refused(1, Code::Unavailable, None);
}
