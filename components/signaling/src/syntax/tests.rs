use proptest::prelude::*;

use super::*;

const SDP: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\n";
const HOST: &str = "candidate:1 1 UDP 2130706431 10.7.0.9 50000 typ host generation 0";

#[track_caller]
fn check(sdp: &str, expected: Option<(Code, &str)>) {
    let found = description(sdp).err();
    let found = found
        .as_ref()
        .map(|problem| (problem.code, problem.detail.as_str()));
    assert_eq!(found, expected);
}

#[track_caller]
fn check_candidate(text: &str, expected: Option<Code>) {
    let found = candidate(&init(text)).err();
    assert_eq!(
        found.as_ref().map(|problem| problem.code),
        expected,
        "{text}"
    );
    assert!(found.is_none_or(|problem| problem.field.as_deref() == Some("candidate")));
}

fn init(text: &str) -> IceCandidate {
    IceCandidate {
        candidate: text.to_owned(),
        sdp_mid: Some("0".to_owned()),
        sdp_m_line_index: Some(0),
        username_fragment: None,
    }
}

#[test]
fn a_description_of_a_browser_is_one() {
    check(SDP, None);
    check(&SDP.replace("\r\n", "\n"), None);
}

// signaling-3.4
#[test]
fn what_is_not_a_description_is_told_apart() {
    let malformed = |detail| Some((Code::Malformed, detail));
    check("", malformed("a description begins with the line v=0"));
    check("v=0\r\nhello\r\n", malformed("line 2 is not letter=value"));
    check("v=0\r\no=-\r\ns=-\r\nt=0 0\r\n", malformed("no line m="));
    check(
        &SDP.replace("s=-", "s=\u{7}"),
        malformed("line 3 is not letter=value"),
    );
    let long = format!("{SDP}{}", "a=x\r\n".repeat(2_000));
    let detail = format!("{} bytes are more than {SDP_MAX}", long.len());
    check(&long, Some((Code::TooLarge, &detail)));
}

// signaling-3.4
#[test]
fn candidates_have_their_form_and_the_empty_one_ends_them() {
    check_candidate(HOST, None);
    check_candidate("", None);
    let hidden = "candidate:9 1 udp 2113937151 6f1b.local 54321 typ host";
    check_candidate(hidden, None);
    for wrong in [
        "candidate",
        "candidate:1 1 UDP",
        &HOST[1..],
        &HOST.replace("typ", "tip"),
    ] {
        check_candidate(wrong, Some(Code::Malformed));
    }
    check_candidate(&HOST.replace(" 1 UDP", "  UDP"), Some(Code::Malformed));
    check_candidate(&"x".repeat(CANDIDATE_MAX + 1), Some(Code::TooLarge));
}

// signaling-3.4
#[test]
fn the_place_of_a_wrong_candidate_is_named() {
    let problem = candidates(&[init(HOST), init("no")]).unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("iceCandidates[1].candidate"));
    let many = vec![init(HOST); CANDIDATES_MAX + 1];
    assert_eq!(candidates(&many).unwrap_err().code, Code::TooLarge);
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in ".{0,300}") {
        prop_assert!(description(&text).is_err() || text.starts_with("v=0"));
        prop_assert!(candidate(&init(&text)).is_err() || text.is_empty() || is_candidate(&text));
    }
}
