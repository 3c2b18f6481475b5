//! Which way a connection takes, from its statistics (W3C WebRTC Statistics §8.22).

use std::time::Instant;

use webrtc::peer_connection::{
    PeerConnection, RTCIceCandidateType, RTCStatsReport, RTCStatsReportEntry, StatsSelector,
};

use crate::transport::{Candidate, CandidateKind, Path};

pub(super) async fn path(connection: &dyn PeerConnection, now: Instant) -> Option<Path> {
    let report = connection.get_stats(now, StatsSelector::None).await;
    let pair = report.candidate_pairs().find(|pair| pair.nominated)?;
    Some(Path {
        local: end(&report, &pair.local_candidate_id)?,
        remote: end(&report, &pair.remote_candidate_id)?,
        bytes_sent: pair.bytes_sent,
        bytes_received: pair.bytes_received,
    })
}

fn end(report: &RTCStatsReport, id: &str) -> Option<Candidate> {
    match report.get(id)? {
        RTCStatsReportEntry::LocalCandidate(candidate)
        | RTCStatsReportEntry::RemoteCandidate(candidate) => Some(Candidate {
            kind: kind(candidate.candidate_type),
            address: candidate.address.clone(),
        }),
        _ => None,
    }
}

fn kind(kind: RTCIceCandidateType) -> CandidateKind {
    match kind {
        RTCIceCandidateType::Srflx => CandidateKind::ServerReflexive,
        RTCIceCandidateType::Prflx => CandidateKind::PeerReflexive,
        RTCIceCandidateType::Relay => CandidateKind::Relay,
        _ => CandidateKind::Host,
    }
}
