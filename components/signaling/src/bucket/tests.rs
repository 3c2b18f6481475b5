use proptest::prelude::*;

use super::*;

const RATE: Rate = Rate {
    every: Duration::from_millis(20),
    burst: 100,
};

fn start() -> Instant {
    kit::clock::Clock::system().monotonic()
}

fn heard(bucket: &mut Bucket, now: Instant, messages: u32) -> u32 {
    let verdicts = (0..messages).map(|_| bucket.take(now, RATE));
    let heard = verdicts.filter(|verdict| *verdict == Verdict::Heard);
    u32::try_from(heard.count()).unwrap()
}

// signaling-3.5
#[test]
fn a_hundred_messages_are_heard_at_once_and_then_one_each_twenty_milliseconds() {
    let now = start();
    let mut bucket = Bucket::full(now);
    assert_eq!(heard(&mut bucket, now, 150), 100);
    assert_eq!(heard(&mut bucket, now + RATE.every * 10, 50), 10);
    assert!(bucket.is_full(now + Duration::from_secs(10)));
}

// signaling-3.5
#[test]
fn whoever_goes_on_is_sent_away_and_whoever_pauses_is_forgiven() {
    let now = start();
    let mut bucket = Bucket::full(now);
    heard(&mut bucket, now, 100 + PATIENCE);
    assert_eq!(bucket.take(now, RATE), Verdict::Enough);

    let mut bucket = Bucket::full(now);
    heard(&mut bucket, now, 100 + PATIENCE);
    let later = now + Duration::from_secs(2);
    assert_eq!(bucket.take(later, RATE), Verdict::Heard);
    heard(&mut bucket, later, 99);
    assert_eq!(bucket.take(later, RATE), Verdict::Refused);
}

proptest! {
    // signaling-3.5
    #[test]
    fn no_more_is_heard_than_the_rate_allows(pauses in proptest::collection::vec(0_u64..100, 1..400)) {
        let begun = start();
        let (mut now, mut bucket, mut heard) = (begun, Bucket::full(begun), 0_u32);
        for pause in pauses {
            now += Duration::from_millis(pause);
            heard += u32::from(bucket.take(now, RATE) == Verdict::Heard);
        }
        let allowed = (now - begun).as_millis() / RATE.every.as_millis();
        prop_assert!(u128::from(heard) <= allowed + u128::from(RATE.burst));
    }
}
