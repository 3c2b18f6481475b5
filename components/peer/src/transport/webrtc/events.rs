//! What happens to a connection, handed on without keeping its driver waiting.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use webrtc::data_channel::DataChannel;
use webrtc::peer_connection::{
    PeerConnectionEventHandler, RTCIceGatheringState, RTCPeerConnectionIceEvent,
    RTCPeerConnectionState,
};
use wire::signaling::IceCandidate;

/// What happens to a connection.
pub enum RtcEvent {
    /// A way to be reached; none when there are no more.
    Candidate(Option<IceCandidate>),
    /// The other side's channel.
    Channel(Arc<dyn DataChannel>),
    /// DTLS and ICE are through.
    Connected,
    /// Nothing is heard at the moment.
    Disconnected,
    /// It will not come back by itself.
    Failed,
}

impl fmt::Debug for RtcEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Candidate(candidate) => f.debug_tuple("Candidate").field(candidate).finish(),
            Self::Channel(_) => f.write_str("Channel"),
            Self::Connected => f.write_str("Connected"),
            Self::Disconnected => f.write_str("Disconnected"),
            Self::Failed => f.write_str("Failed"),
        }
    }
}

pub(super) struct Handler(mpsc::Sender<RtcEvent>);

impl Handler {
    pub(super) fn new(events: mpsc::Sender<RtcEvent>) -> Self {
        Self(events)
    }

    fn tell(&self, event: RtcEvent) {
        if self.0.try_send(event).is_err() {
            tracing::debug!("an event of a connection was not wanted any more");
        }
    }
}

#[async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        match event.candidate.to_json() {
            Ok(candidate) if !candidate.candidate.is_empty() => {
                self.tell(RtcEvent::Candidate(Some(IceCandidate {
                    candidate: candidate.candidate,
                    sdp_mid: candidate.sdp_mid,
                    sdp_m_line_index: candidate.sdp_mline_index,
                    username_fragment: candidate.username_fragment,
                })));
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "a candidate cannot be told"),
        }
    }

    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.tell(RtcEvent::Candidate(None));
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        match state {
            RTCPeerConnectionState::Connected => self.tell(RtcEvent::Connected),
            RTCPeerConnectionState::Disconnected => self.tell(RtcEvent::Disconnected),
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => {
                self.tell(RtcEvent::Failed);
            }
            _ => {}
        }
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        self.tell(RtcEvent::Channel(channel));
    }
}
