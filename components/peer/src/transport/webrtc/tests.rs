use std::time::Instant;

use tokio::time::timeout;

use super::*;

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

struct Side {
    rtc: Arc<Rtc>,
    events: mpsc::Receiver<RtcEvent>,
}

async fn side() -> Side {
    let settings = IceSettings {
        addresses: vec!["127.0.0.1".parse().unwrap()],
        loopback: true,
        servers: Vec::new(),
    };
    let (rtc, events) = Rtc::new(&settings, Clock::system()).await.unwrap();
    Side { rtc, events }
}

impl Side {
    async fn event<T>(&mut self, wanted: impl Fn(RtcEvent) -> Option<T>) -> T {
        let waiting = async {
            loop {
                if let Some(found) = wanted(self.events.recv().await.unwrap()) {
                    return found;
                }
            }
        };
        timeout(LIMIT, waiting).await.unwrap()
    }

    /// Tells the other side every way to be reached.
    async fn tell_ways(&mut self, other: &Rtc) {
        loop {
            let told = self.event(|event| match event {
                RtcEvent::Candidate(candidate) => Some(candidate),
                _ => None,
            });
            match told.await {
                Some(candidate) => other.add_candidate(candidate).await.unwrap(),
                None => return,
            }
        }
    }

    async fn connected(&mut self) {
        self.event(|event| matches!(event, RtcEvent::Connected).then_some(()))
            .await;
    }
}

async fn opened(channel: &Arc<dyn DataChannel>) {
    let opening =
        async { while !matches!(channel.poll().await.unwrap(), DataChannelEvent::OnOpen) {} };
    timeout(LIMIT, opening).await.unwrap();
}

/// Two connected sides, the first of which offered, and how long it took.
async fn pair() -> (Side, Side, Arc<dyn DataChannel>, Duration) {
    let (mut one, mut two) = (side().await, side().await);
    let began = Clock::system().now().monotonic;
    let channel = one.rtc.create_channel().await.unwrap();
    let offer = one.rtc.offer(Restart::No).await.unwrap();
    let answer = two.rtc.answer(offer).await.unwrap();
    one.rtc.answered(answer).await.unwrap();
    one.tell_ways(&two.rtc).await;
    two.tell_ways(&one.rtc).await;
    one.connected().await;
    let nudged = Arc::clone(&channel);
    tokio::spawn(async move { Rtc::nudge(&nudged).await });
    opened(&channel).await;
    let took = since(began);
    (one, two, channel, took)
}

fn since(began: Instant) -> Duration {
    Clock::system()
        .now()
        .monotonic
        .saturating_duration_since(began)
}

// peer-2.3
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_opens_at_once() {
    let begun = Clock::system().now().monotonic;
    // One of several, because the machine may be busy with others.
    loop {
        let (one, two, _, took) = pair().await;
        one.rtc.close().await;
        two.rtc.close().await;
        if took < Duration::from_millis(150) {
            return;
        }
        assert!(since(begun) < LIMIT, "{took:?}");
    }
}

// peer-2.2
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_certificate_and_the_channel() {
    let (one, two, channel, _) = pair().await;
    let offer = one.rtc.offer(Restart::Yes).await.unwrap();
    let answer = two.rtc.answer(offer.clone()).await.unwrap();
    let theirs = fingerprint(&answer).unwrap();
    let other = side().await;
    let stranger = other.rtc.answer(offer).await.unwrap();
    assert_ne!(fingerprint(&stranger).unwrap(), theirs);
    let refused = one.rtc.answered(stranger).await.unwrap_err();
    assert!(matches!(refused, RtcError::OtherFingerprint), "{refused}");
    one.rtc.answered(answer).await.unwrap();
    let transport = one.rtc.transport(channel).await.unwrap();
    assert_eq!(transport.fingerprints().remote, theirs);
    transport.send(b"still".to_vec()).await.unwrap();
    for side in [&one, &two, &other] {
        side.rtc.close().await;
    }
}

// peer-2.1
#[tokio::test(flavor = "multi_thread")]
async fn an_offer_of_no_certificate_or_several_is_not_answered() {
    let (one, two) = (side().await, side().await);
    one.rtc.create_channel().await.unwrap();
    let offer = one.rtc.offer(Restart::No).await.unwrap();
    let line = offer
        .lines()
        .find(|line| line.starts_with("a=fingerprint:"))
        .unwrap();
    let other = "a=fingerprint:sha-256 ".to_owned() + &["AB"; 32].join(":");
    for bad in [
        offer.replace(line, "a=x:y"),
        offer.replace(line, &format!("{line}\r\n{other}")),
    ] {
        let refused = two.rtc.answer(bad).await.unwrap_err();
        assert!(matches!(refused, RtcError::Fingerprint(_)), "{refused}");
    }
    one.rtc.close().await;
    two.rtc.close().await;
}

// peer-2.1
#[tokio::test(flavor = "multi_thread")]
async fn a_description_that_is_none_is_refused_and_hinders_no_other() {
    let one = side().await;
    let _channel = one.rtc.create_channel().await.unwrap();
    let offer = one.rtc.offer(Restart::No).await.unwrap();
    let fingerprint = offer
        .lines()
        .find(|line| line.starts_with("a=fingerprint"))
        .unwrap();
    let without = |start: &str| {
        let lines = offer.split_inclusive('\n');
        lines
            .filter(|line| !line.starts_with(start))
            .collect::<String>()
    };
    for (what, description) in [
        ("only the fingerprint", format!("{fingerprint}\r\n")),
        (
            "nothing but its version",
            format!("v=0\r\n{fingerprint}\r\n"),
        ),
        ("no media", without("m=")),
        ("no ICE", without("a=ice-ufrag")),
        ("no text", format!("\u{0}\u{1}{fingerprint}\r\n\u{2}")),
    ] {
        let two = side().await;
        let answered = timeout(LIMIT, two.rtc.answer(description)).await;
        assert!(answered.unwrap().is_err(), "{what}");
    }
    // Whatever is cut off anywhere makes nobody stumble.
    for length in (0..offer.len()).step_by(7) {
        let two = side().await;
        let cut = offer[..length].to_owned();
        drop(timeout(LIMIT, two.rtc.answer(cut)).await.unwrap());
    }
    let two = side().await;
    assert!(two.rtc.answer(offer).await.is_ok());
}
