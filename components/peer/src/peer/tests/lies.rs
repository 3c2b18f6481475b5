//! What a signaling server that lies achieves: nothing.
//!
//! Where a test wants the reason of the called side too, that side wants a connection to whom it
//! takes for the caller, and learns why there is none: of two who call each other, the call of the
//! larger name counts, so the call that it gets ends its own.

use super::relay::Relayed;
use super::*;

const BOX: &str = "device-proxy";
const TABLET: &str = "kitchen-1";
/// Somebody who is joined as well.
const OTHER: &str = "bar-1";
/// Somebody who is not there; their name is larger than that of the box and of the tablet.
const ABSENT: &str = "manager-1";

/// A hotel whose box, tablet and bar are joined to a server that lies.
struct Lied {
    proxy: Person,
    tablet: Person,
    other: Person,
    _relay: Relay,
}

impl Lied {
    async fn to(lie: relay::Lie) -> Self {
        let relay = Relay::start(Mode::Local, lie).await;
        let (hotel, proxy, tablet) = two(&relay).await;
        let servers = [(&relay, Mode::Local)];
        let other = Person::start(&hotel, hotel.person(OTHER, Role::Pos), &servers);
        tablet.mode(Mode::Local).await;
        other.mode(Mode::Local).await;
        Self {
            proxy,
            tablet,
            other,
            _relay: relay,
        }
    }

    #[track_caller]
    fn nobody_is_connected(&mut self) {
        for person in [&mut self.proxy, &mut self.tablet, &mut self.other] {
            let connections = person.peer.connections();
            assert!(connections.is_empty(), "{connections:?}");
            // Nor was anybody for a moment.
            let heard = person.heard.try_recv();
            assert!(heard.is_err(), "{heard:?}");
        }
    }
}

/// That the Hello of the other side was refused here, for what its `field` says.
#[track_caller]
fn is_of_the_hello(problem: &Problem, field: &str) {
    let reason = format!("{field} of the hello is not what it must be");
    let expected = Problem::new(wire::Code::Forbidden, reason).at(field);
    assert_eq!(*problem, expected);
}

fn name(relayed: &mut Relayed, from: &str, to: &str) {
    relayed.from = from.parse().unwrap();
    relayed.to = to.parse().unwrap();
}

// peer-3.2
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_leads_a_call_to_somebody_else_connects_nobody() {
    // The bar is told who calls; the tablet is told that the box answers.
    let mut lied = Lied::to(|mut relayed| {
        match (relayed.from.as_str(), relayed.to.as_str()) {
            (TABLET, BOX) => name(&mut relayed, TABLET, OTHER),
            (OTHER, TABLET) if !relayed.is_offer() => name(&mut relayed, BOX, TABLET),
            _ => return None,
        }
        Some(relayed)
    })
    .await;
    let (there, here) = tokio::join!(lied.other.refused(TABLET), lied.tablet.refused(BOX));
    is_of_the_hello(&here, "from");
    is_of_the_hello(&there, "to");
    lied.nobody_is_connected();
}

// peer-3.2
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_shows_both_sides_the_box_connects_nobody() {
    // The bar is told that the box calls; the tablet is told that the box answers.
    let mut lied = Lied::to(|mut relayed| {
        match (relayed.from.as_str(), relayed.to.as_str()) {
            (TABLET, BOX) => name(&mut relayed, BOX, OTHER),
            (OTHER, BOX) if !relayed.is_offer() => name(&mut relayed, BOX, TABLET),
            _ => return None,
        }
        Some(relayed)
    })
    .await;
    let (there, here) = tokio::join!(lied.other.refused(BOX), lied.tablet.refused(BOX));
    is_of_the_hello(&here, "to");
    is_of_the_hello(&there, "to");
    lied.nobody_is_connected();
}

// peer-3.2
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_names_somebody_else_connects_nobody() {
    // The box is told that the absent one calls; what it answers is led back to the tablet.
    let mut lied = Lied::to(|mut relayed| {
        match (relayed.from.as_str(), relayed.to.as_str()) {
            (TABLET, BOX) => name(&mut relayed, ABSENT, BOX),
            (BOX, ABSENT) if !relayed.is_offer() => name(&mut relayed, BOX, TABLET),
            _ => return None,
        }
        Some(relayed)
    })
    .await;
    let (there, here) = tokio::join!(lied.proxy.refused(ABSENT), lied.tablet.refused(BOX));
    is_of_the_hello(&here, "to");
    is_of_the_hello(&there, "from");
    lied.nobody_is_connected();
}

// peer-3.2
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_reflects_a_peer_to_itself_connects_nobody() {
    // The tablet's offer comes back as another call, of the absent one, because a call that it
    // knows is not answered; its answer to that as the answer of the box.
    let mut lied = Lied::to(|mut relayed| {
        match (relayed.from.as_str(), relayed.to.as_str()) {
            (TABLET, BOX) => name(&mut relayed, ABSENT, TABLET),
            (TABLET, ABSENT) if !relayed.is_offer() => name(&mut relayed, BOX, TABLET),
            _ => return None,
        }
        let connection = relayed.connection();
        let mut twin = connection.to_string();
        let last = twin.pop().unwrap().to_digit(16).unwrap();
        twin.push(char::from_digit(last ^ 1, 16).unwrap());
        *connection = twin.parse().unwrap();
        Some(relayed)
    })
    .await;
    let tablet = &lied.tablet;
    let (there, here) = tokio::join!(tablet.refused(ABSENT), tablet.refused(BOX));
    is_of_the_hello(&here, "connection");
    is_of_the_hello(&there, "connection");
    lied.nobody_is_connected();
}

/// Names another certificate in a description; or, as a counter-check, says it again.
fn restated(mut relayed: Relayed, certificate: Option<&str>) -> Relayed {
    if let Some(sdp) = relayed.sdp() {
        let lines = sdp.lines().map(|line| match certificate {
            Some(other) if line.starts_with("a=fingerprint:") => {
                format!("a=fingerprint:sha-256 {}\r\n", [other; 32].join(":"))
            }
            _ => format!("{line}\r\n"),
        });
        *sdp = lines.collect();
    }
    relayed
}

// peer-3.1
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_swaps_the_certificate_connects_nobody() {
    let refused = async |lie| {
        let mut lied = Lied::to(lie).await;
        let problem = lied.tablet.refused(BOX).await;
        // DTLS finds no end, so no channel opens.
        let slow = Problem::new(wire::Code::TimedOut, "no connection in time");
        assert_eq!(problem, slow);
        lied.nobody_is_connected();
    };
    let swapped = |relayed| Some(restated(relayed, Some("AB")));
    let in_offers = |relayed: Relayed| {
        let certificate = relayed.is_offer().then_some("AB");
        Some(restated(relayed, certificate))
    };
    let in_answers = |relayed: Relayed| {
        let certificate = (!relayed.is_offer()).then_some("AB");
        Some(restated(relayed, certificate))
    };
    tokio::join!(refused(swapped), refused(in_offers), refused(in_answers));
    // It is the certificate that matters, not that the description was touched.
    let repeated = Lied::to(|relayed| Some(restated(relayed, None))).await;
    repeated.tablet.reach(BOX).await;
}
