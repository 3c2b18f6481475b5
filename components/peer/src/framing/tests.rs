use proptest::prelude::*;

use super::*;
use crate::message;
use crate::specimen::{golden, hex, octets};

fn pieces(message: u32, octets: &[u8]) -> Vec<Vec<u8>> {
    let mut outgoing = Outgoing::new(message, octets.to_vec()).unwrap();
    std::iter::from_fn(|| outgoing.next_frame()).collect()
}

fn feed(incoming: &mut Assembly, frame: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
    match Frame::parse(frame)? {
        Frame::Chunk(chunk) => incoming.take(&chunk),
        other => panic!("{other:?} is no chunk"),
    }
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

#[track_caller]
fn check_broken(chunk: &Chunk<'_>, incoming: &mut Assembly, expected: Broken) {
    assert_eq!(incoming.take(chunk), Err(expected));
}

fn chunk(message: u32, index: u32, total: usize, octets: &[u8]) -> Chunk<'_> {
    Chunk {
        deflated: false,
        message,
        index,
        total: total.try_into().unwrap(),
        octets,
    }
}

// peer-4.1
#[test]
fn a_message_that_does_not_shrink_is_sent_as_it_is() {
    let octets = noise(40_000);
    let frames = pieces(7, &octets);
    assert_eq!(frames.len(), 3);
    assert!(
        frames
            .iter()
            .all(|frame| frame.len() <= FRAME_MAX && frame[1] == 0)
    );
}

// peer-4.1
#[test]
fn a_message_that_shrinks_is_deflated() {
    let frames = pieces(7, &vec![b'a'; 100_000]);
    assert_eq!((frames.len(), frames[0][1]), (1, DEFLATED));
    let mut incoming = Assembly::default();
    assert_eq!(
        feed(&mut incoming, &frames[0]).unwrap(),
        Some(vec![b'a'; 100_000])
    );
}

// peer-4.2
#[test]
fn a_message_that_inflates_beyond_all_bounds_is_refused() {
    let bomb = deflate::deflate(&vec![0; MESSAGE_MAX + 1], MESSAGE_MAX).unwrap();
    let mut incoming = Assembly::default();
    let pieces: Vec<_> = bomb.chunks(PIECE).collect();
    let mut last = Ok(None);
    for (index, octets) in (0..).zip(pieces) {
        let piece = Chunk {
            deflated: true,
            ..chunk(1, index, bomb.len(), octets)
        };
        last = incoming.take(&piece);
    }
    assert_eq!(last, Err(Broken::Large));
}

// peer-4.3
#[test]
fn a_flood_of_beginnings_is_refused() {
    let piece = vec![1; PIECE];
    let mut incoming = Assembly::default();
    for message in 0..u32::try_from(UNFINISHED_MAX).unwrap() {
        assert_eq!(
            incoming.take(&chunk(message, 0, PIECE + 1, &piece)),
            Ok(None)
        );
    }
    check_broken(
        &chunk(99, 0, PIECE + 1, &piece),
        &mut incoming,
        Broken::Flood,
    );
    let mut incoming = Assembly::default();
    for message in 0..2 {
        assert_eq!(
            incoming.take(&chunk(message, 0, MESSAGE_MAX, &piece)),
            Ok(None)
        );
    }
    check_broken(
        &chunk(2, 0, MESSAGE_MAX, &piece),
        &mut incoming,
        Broken::Flood,
    );
}

// peer-4.4
#[test]
fn pieces_out_of_order_or_of_another_message_are_refused() {
    let piece = vec![1; PIECE];
    let mut incoming = Assembly::default();
    check_broken(
        &chunk(1, 1, 2 * PIECE, &piece),
        &mut incoming,
        Broken::Order,
    );
    incoming.take(&chunk(1, 0, 2 * PIECE, &piece)).unwrap();
    check_broken(
        &chunk(1, 0, 2 * PIECE, &piece),
        &mut incoming,
        Broken::Order,
    );
    check_broken(
        &chunk(1, 1, 3 * PIECE, &piece),
        &mut incoming,
        Broken::Order,
    );
    let mut incoming = Assembly::default();
    check_broken(
        &chunk(1, 0, 2 * PIECE, &piece[1..]),
        &mut incoming,
        Broken::Chunk,
    );
    let mut incoming = Assembly::default();
    check_broken(&chunk(1, 0, 1, &piece), &mut incoming, Broken::Chunk);
    check_broken(&chunk(2, 0, 0, &piece), &mut incoming, Broken::Large);
    check_broken(
        &chunk(2, 0, MESSAGE_MAX + 1, &piece),
        &mut incoming,
        Broken::Large,
    );
}

// peer-4.1
#[test]
fn messages_may_be_interleaved() {
    let (one, two) = (noise(40_000), noise(20_000));
    let (first, second) = (pieces(1, &one), pieces(2, &two));
    let mut incoming = Assembly::default();
    let order = [&first[0], &second[0], &first[1], &second[1], &first[2]];
    let finished: Vec<_> = order
        .into_iter()
        .filter_map(|frame| feed(&mut incoming, frame).unwrap())
        .collect();
    assert!(finished == [two, one]);
}

/// One short message, and every frame that needs no key.
fn specimens() -> serde_json::Value {
    let (id, about, from) = (
        "01941f29-7c00-7000-8000-0123456789ab".parse().unwrap(),
        "chat".parse().unwrap(),
        "kitchen-1".parse().unwrap(),
    );
    let body = serde_json::json!({ "text": "table 5" });
    let at = wire::Integer::new(1_736_000_000_000).unwrap();
    let written = message::write(id, wire::channel::Kind::Event, &about, &from, at, &body);
    let written = written.unwrap();
    let problem = wire::Problem::new(wire::Code::Expired, "token is over");
    let problem = message::encode(&problem).unwrap();
    serde_json::json!({
        "message": hex(&written),
        "frames": {
            "chunk": pieces(7, &written).iter().map(|frame| hex(frame)).collect::<Vec<_>>(),
            "ping": hex(&Frame::Ping(1).encode()),
            "pong": hex(&Frame::Pong(1).encode()),
            "close": hex(&Frame::Close(&problem).encode()),
        },
    })
}

// peer-4.1
#[test]
fn frames_are_as_committed() {
    let committed = golden("frames.json", specimens);
    assert_eq!(committed, specimens());
    let frame = octets(committed["frames"]["chunk"][0].as_str().unwrap());
    let message = feed(&mut Assembly::default(), &frame).unwrap().unwrap();
    assert_eq!(hex(&message), committed["message"].as_str().unwrap());
}

#[test]
fn an_empty_or_oversized_message_is_not_sent() {
    assert_eq!(Outgoing::new(1, Vec::new()).unwrap_err(), Broken::Large);
    let large = vec![0; MESSAGE_MAX + 1];
    assert_eq!(Outgoing::new(1, large).unwrap_err(), Broken::Large);
}

proptest! {
    // peer-4.1
    #[test]
    fn what_was_cut_comes_out_whole(octets in prop::collection::vec(any::<u8>(), 1..60_000), times in 1_usize..4) {
        let octets = octets.repeat(times);
        let mut incoming = Assembly::default();
        let mut whole = None;
        for frame in pieces(3, &octets) {
            prop_assert!(whole.is_none());
            whole = feed(&mut incoming, &frame).unwrap();
        }
        prop_assert_eq!(whole, Some(octets));
        prop_assert!(incoming.unfinished.is_empty());
    }

    // peer-4.4
    #[test]
    fn no_bytes_make_it_panic(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..32)) {
        let mut incoming = Assembly::default();
        for mut frame in frames {
            if let Some(kind) = frame.first_mut() {
                *kind %= 8;
            }
            if let Ok(Frame::Chunk(chunk)) = Frame::parse(&frame) {
                drop(incoming.take(&chunk));
            }
        }
        prop_assert!(incoming.unfinished.len() <= UNFINISHED_MAX);
    }

    #[test]
    fn a_frame_that_is_written_parses_to_itself(number in any::<u64>(), octets in prop::collection::vec(any::<u8>(), 1..100)) {
        for frame in [Frame::Ping(number), Frame::Pong(number), Frame::Hello(&octets), Frame::Proof(&octets), Frame::Close(&octets)] {
            let written = frame.encode();
            prop_assert_eq!(Frame::parse(&written).unwrap(), frame);
        }
    }
}
