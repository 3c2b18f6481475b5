use super::*;

fn end(kind: CandidateKind, address: &str) -> Candidate {
    Candidate {
        kind,
        address: Some(address.to_owned()).filter(|address| !address.is_empty()),
    }
}

#[track_caller]
fn check(local: Candidate, remote: Candidate, expected: Reach) {
    let path = Path {
        local,
        remote,
        bytes_sent: 500_000_000,
        bytes_received: 500_000_000,
    };
    let topology = Topology::of(Some(&path), Some(Duration::from_millis(2)), 0.09);
    assert_eq!(topology.topology, expected);
    let cost = if expected == Reach::CloudRelay {
        0.09
    } else {
        0.0
    };
    assert!((topology.estimated_cost - cost).abs() < 1e-9);
    assert_eq!(topology.latency_ms, Some(2.0));
}

// peer-6.1
#[test]
fn a_way_is_told_by_its_ends() {
    use CandidateKind::{Host, PeerReflexive, Relay, ServerReflexive};
    let here = || end(Host, "10.0.0.2");
    check(here(), end(Host, "10.0.0.3"), Reach::LocalP2p);
    check(here(), end(PeerReflexive, "192.168.1.9"), Reach::LocalP2p);
    check(here(), end(PeerReflexive, "fd00::9"), Reach::LocalP2p);
    check(here(), end(Host, "6f2c.local"), Reach::LocalP2p);
    check(here(), end(Host, ""), Reach::LocalP2p);
    check(
        here(),
        end(PeerReflexive, "203.0.113.9"),
        Reach::InternetP2p,
    );
    check(
        end(ServerReflexive, "203.0.113.9"),
        here(),
        Reach::InternetP2p,
    );
    check(here(), end(Relay, "10.0.0.9"), Reach::CloudRelay);
}
