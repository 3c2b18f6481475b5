//! Raw documents.

use super::*;

/// Whether a document is taken, or at which byte it is refused.
#[track_caller]
fn check(bytes: &[u8], expected: Option<usize>) {
    let refused = check_raw(bytes).err().map(|problem| {
        assert_eq!(
            (problem.code, problem.field.as_deref()),
            (Code::Forbidden, Some("document.octets"))
        );
        problem.detail
    });
    let at = |detail: &str| {
        let (offset, _) = detail
            .strip_prefix("byte ")
            .unwrap()
            .split_once(':')
            .unwrap();
        offset.parse::<usize>().unwrap()
    };
    assert_eq!(refused.as_deref().map(at), expected, "{refused:?}");
}

// device-proxy-4.5
#[test]
fn what_prints_is_taken() {
    check(
        b"plain\r\n\x1b@\x1b!\x30bold\x1bE\x01\x1ba\x01\n\x1bd\x03\x1dV\x00",
        None,
    );
    check(
        b"\x1bt\x13\xd5\x1d!\x11big\n\x1d(k\x03\x001C\x05\x1dVB\x00",
        None,
    );
    check(b"\x1dv0\x00\x02\x00\x01\x00\x1b@\x1b*\x21\x01\x00abc", None);
    check(b"\x1dk\x04CODE\x00\x1dkI\x03{Bx", None);
    check(b"", None);
}

// device-proxy-4.5
#[test]
fn drawers_questions_and_changes_for_good_are_refused_with_their_offset() {
    check(b"ab\x1bp\x00\x19\xfa", Some(2));
    check(b"abc\x10\x14\x01\x00\x01", Some(3));
    check(b"\x10\x04\x01", Some(0));
    check(b"a\x1da\xff", Some(1));
    check(b"a\x1dI\x01", Some(1));
    check(b"a\x1dr\x01", Some(1));
    check(b"\n\n\n\x1d(H\x06\x0000abcd", Some(3));
    check(b"a\x1d(E\x03\x00\x01IN", Some(1));
    check(b"a\x1d(A\x02\x00\x00\x02", Some(1));
    check(b"a\x1cq\x01", Some(1));
    check(b"a\x1b=\x00", Some(1));
    check(b"a\x1d(M\x02\x00\x01\x01", Some(1));
    check(b"\x1f\x1b", Some(0));
}

// device-proxy-4.5
#[test]
fn commands_in_real_time_are_refused_also_amid_a_picture() {
    check(b"\x1dv0\x00\x02\x00\x01\x00\x10\x04", Some(8));
    check(b"\x1dv0\x00\x02\x00\x01\x00\x10\x06", None);
}

// device-proxy-4.5
#[test]
fn what_looks_like_a_command_amid_a_picture_is_dots() {
    check(b"\x1dv0\x00\x02\x00\x01\x00\x1bp", None);
}

// device-proxy-4.5
#[test]
fn a_document_that_ends_amid_a_command_is_refused() {
    check(b"abc\x1b", Some(3));
    check(b"\x1dv0\x00\x02\x00\x02\x00abc", Some(0));
    check(b"x\x1d(k\xff\xff1P0", Some(1));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(check_raw(&bytes));
    }
}
