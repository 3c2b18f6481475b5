//! WebRTC data channels (RFC 8831), tuned for a hotel's own network.
//!
//! What is set, and why (measured on loopback, defaults beside): connectivity checks every 20 ms
//! instead of 200; the answerer is the DTLS server, so that it speaks only when spoken to; UDP
//! buffers of megabytes, because a burst that overflows the kernel's costs a second; at most
//! 256 KiB unsent, so that a sender waits instead of memory growing; and a nudge after connecting,
//! because the library may leave its first SCTP packet lying until something else happens.
//! Names of `.local` candidates are not resolved: the browser's checks reach the box all the same.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use kit::clock::Clock;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::configuration::setting_engine::SctpMaxMessageSize;
use rtc::peer_connection::transport::RTCDtlsRole;
use tokio::sync::{OnceCell, mpsc};
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::error::Error;
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, RTCConfigurationBuilder, RTCIceCandidateInit,
    RTCIceServer, RTCSessionDescription, SettingEngineBuilder,
};
use wire::Sha256;
use wire::channel::{LABEL, PROTOCOL};
use wire::signaling::{IceCandidate, IceServer};

use super::{Closed, Path, Transport};
use crate::handshake::Fingerprints;
use crate::sdp::{NotOneFingerprint, fingerprint};

mod events;
mod runtime;
mod stats;

pub use events::RtcEvent;

use events::Handler;
use runtime::LanRuntime;

/// How often connectivity is checked until a pair is found.
const CHECK_EVERY: Duration = Duration::from_millis(20);
/// How long ICE hears nothing before it says so; a call restarts it soon after.
const UNHEARD: Duration = Duration::from_secs(2);
/// How long ICE hears nothing before it gives up; the heartbeat of frames is quicker.
const LOST: Duration = Duration::from_secs(15);
/// How often ICE says that it is there; twice within [`UNHEARD`].
const SAY_EVERY: Duration = Duration::from_secs(1);
/// Most bytes that are not yet on their way; well below the receiver's window of 1 MiB.
const UNSENT_MAX: usize = 256 * 1024;
/// Largest message that is announced; frames are far smaller.
const MESSAGE_MAX: u32 = 256 * 1024;
/// Events of one connection that wait; candidates come a handful at a time.
const EVENTS: usize = 256;

/// How the machine takes part.
#[derive(Debug, Clone, Default)]
pub struct IceSettings {
    /// The addresses to offer; every address of the machine when empty.
    pub addresses: Vec<IpAddr>,
    /// Whether loopback is offered as well.
    pub loopback: bool,
    /// STUN and TURN servers.
    pub servers: Vec<IceServer>,
}

/// One WebRTC connection, before and after its channel opens. Must be closed; what is dropped
/// open closes in the background.
pub struct Rtc {
    connection: Arc<dyn PeerConnection>,
    remote: OnceCell<Sha256>,
    clock: Clock,
    runtime: tokio::runtime::Handle,
}

impl Rtc {
    /// A connection that gathers nothing yet, and what happens to it.
    pub async fn new(
        settings: &IceSettings,
        clock: Clock,
    ) -> Result<(Arc<Self>, mpsc::Receiver<RtcEvent>), RtcError> {
        let (events, happened) = mpsc::channel(EVENTS);
        let engine = SettingEngineBuilder::new()
            .with_include_loopback_candidate(settings.loopback)
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_ice_connection_attempts(Some(CHECK_EVERY), None)
            .with_ice_timeouts(Some(UNHEARD), Some(LOST), Some(SAY_EVERY))
            .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
            .with_answering_dtls_role(RTCDtlsRole::Server)
            .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(MESSAGE_MAX))
            .build();
        let configuration = RTCConfigurationBuilder::default()
            .with_ice_servers(settings.servers.iter().map(ice_server).collect())
            .build();
        let building = PeerConnectionBuilder::new()
            .with_runtime(Arc::new(LanRuntime::default()))
            .with_configuration(configuration)
            .with_setting_engine(engine)
            .with_handler(Arc::new(Handler::new(events)))
            .with_udp_addrs(sockets(settings))
            .with_data_channel_send_buffer_limit(UNSENT_MAX)
            .build();
        // The library's future takes 20 KB.
        let connection = Box::pin(building)
            .await
            .map_err(RtcError::failed("cannot open a connection"))?;
        let rtc = Self {
            connection: Arc::new(connection),
            remote: OnceCell::new(),
            clock,
            runtime: tokio::runtime::Handle::current(),
        };
        Ok((Arc::new(rtc), happened))
    }

    /// Creates the channel; it opens when the connection does. For the offerer.
    pub async fn create_channel(&self) -> Result<Arc<dyn DataChannel>, RtcError> {
        let init = RTCDataChannelInit {
            ordered: true,
            protocol: PROTOCOL.to_owned(),
            ..RTCDataChannelInit::default()
        };
        let created = self.connection.create_data_channel(LABEL, Some(init));
        created
            .await
            .map_err(RtcError::failed("cannot create the channel"))
    }

    /// An offer, set as the local description; after a restart with fresh ICE credentials.
    pub async fn offer(&self, restart: Restart) -> Result<String, RtcError> {
        if restart == Restart::Yes {
            let restarted = self.connection.restart_ice().await;
            restarted.map_err(RtcError::failed("cannot restart ICE"))?;
        }
        let offer = self.connection.create_offer(None).await;
        let offer = offer.map_err(RtcError::failed("cannot make an offer"))?;
        self.set_local(offer).await
    }

    /// Takes an offer; the answer, set as the local description.
    pub async fn answer(&self, offer: String) -> Result<String, RtcError> {
        let offer = self.read(offer, RTCSessionDescription::offer)?;
        self.set_remote(offer).await?;
        let answer = self.connection.create_answer(None).await;
        let answer = answer.map_err(RtcError::failed("cannot make an answer"))?;
        self.set_local(answer).await
    }

    /// Takes the answer to the last offer.
    pub async fn answered(&self, answer: String) -> Result<(), RtcError> {
        let answer = self.read(answer, RTCSessionDescription::answer)?;
        self.set_remote(answer).await
    }

    /// Takes a way to reach the other side; a malformed one is an error and changes nothing.
    pub async fn add_candidate(&self, candidate: IceCandidate) -> Result<(), RtcError> {
        let candidate = RTCIceCandidateInit {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_mline_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
            ..RTCIceCandidateInit::default()
        };
        let added = self.connection.add_ice_candidate(candidate).await;
        added.map_err(RtcError::failed("cannot use the candidate"))
    }

    /// The open channel as a transport, once DTLS has told both certificates.
    pub async fn transport(
        self: &Arc<Self>,
        channel: Arc<dyn DataChannel>,
    ) -> Result<Channel, RtcError> {
        let fingerprints = Fingerprints {
            local: self.local_fingerprint().await?,
            remote: self.remote_certificate().await?,
        };
        Ok(Channel {
            rtc: Arc::clone(self),
            frames: channel,
            fingerprints,
        })
    }

    /// Wakes the library's writer for a moment, so that what lies ready leaves.
    pub async fn nudge(channel: &Arc<dyn DataChannel>) {
        for threshold in 1..=NUDGES {
            if channel
                .set_buffered_amount_low_threshold(threshold)
                .await
                .is_err()
            {
                return;
            }
            tokio::time::sleep(NUDGE_EVERY).await;
        }
    }

    /// Which way the connection takes.
    pub async fn path(&self) -> Option<Path> {
        stats::path(&*self.connection, self.clock.now().monotonic).await
    }

    /// Ends the connection and its sockets.
    pub async fn close(&self) {
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "connection did not close cleanly");
        }
    }

    fn read(
        &self,
        sdp: String,
        parse: fn(String) -> Result<RTCSessionDescription, Error>,
    ) -> Result<RTCSessionDescription, RtcError> {
        let found = fingerprint(&sdp)?;
        // The first description fixes the certificate; a later one may only repeat it.
        match self.remote.get() {
            Some(fixed) if *fixed != found => return Err(RtcError::OtherFingerprint),
            Some(_) => {}
            None => drop(self.remote.set(found)),
        }
        parse(sdp).map_err(RtcError::failed("cannot read the description"))
    }

    async fn set_remote(&self, description: RTCSessionDescription) -> Result<(), RtcError> {
        let set = self.connection.set_remote_description(description).await;
        set.map_err(RtcError::failed("cannot use the description"))
    }

    async fn set_local(&self, description: RTCSessionDescription) -> Result<String, RtcError> {
        let sdp = description.sdp.clone();
        let set = self.connection.set_local_description(description).await;
        set.map_err(RtcError::failed("cannot use the own description"))?;
        Ok(sdp)
    }

    async fn local_fingerprint(&self) -> Result<Sha256, RtcError> {
        let local = self.connection.local_description().await;
        Ok(fingerprint(
            &local.map(|local| local.sdp).unwrap_or_default(),
        )?)
    }

    /// SHA-256 of the certificate that DTLS saw; the description's is only what was announced.
    async fn remote_certificate(&self) -> Result<Sha256, RtcError> {
        let sctp = self
            .connection
            .sctp()
            .await
            .ok_or(RtcError::NoCertificate)?;
        let certificates = sctp.transport().get_remote_certificates().await;
        let certificates = certificates.map_err(RtcError::failed("cannot see the certificate"))?;
        let leaf = certificates.first().ok_or(RtcError::NoCertificate)?;
        let seen = kit::digest::sha256(leaf);
        match self.remote.get() {
            Some(announced) if *announced == seen => Ok(seen),
            Some(_) | None => Err(RtcError::OtherFingerprint),
        }
    }
}

/// How often, and for how long, the writer is woken: the handshakes of a local network fit in.
const NUDGES: u32 = 8;
const NUDGE_EVERY: Duration = Duration::from_millis(5);

/// Whether an offer begins with fresh ICE credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// It does.
    Yes,
    /// It does not: the first offer.
    No,
}

impl Drop for Rtc {
    fn drop(&mut self) {
        // The library's own drop leaves socket and driver behind.
        let connection = Arc::clone(&self.connection);
        self.runtime.spawn(async move { connection.close().await });
    }
}

impl fmt::Debug for Rtc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rtc")
            .field("remote", &self.remote.get())
            .finish_non_exhaustive()
    }
}

fn sockets(settings: &IceSettings) -> Vec<String> {
    if settings.addresses.is_empty() {
        return vec!["0.0.0.0:0".to_owned()];
    }
    let address = |address: &IpAddr| match address {
        IpAddr::V4(address) => format!("{address}:0"),
        IpAddr::V6(address) => format!("[{address}]:0"),
    };
    settings.addresses.iter().map(address).collect()
}

fn ice_server(server: &IceServer) -> RTCIceServer {
    RTCIceServer {
        urls: server.urls.clone(),
        username: server.username.clone().unwrap_or_default(),
        credential: server.credential.clone().unwrap_or_default(),
    }
}

/// An open data channel.
pub struct Channel {
    rtc: Arc<Rtc>,
    frames: Arc<dyn DataChannel>,
    fingerprints: Fingerprints,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("fingerprints", &self.fingerprints)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Transport for Channel {
    async fn send(&self, frame: Vec<u8>) -> Result<(), Closed> {
        let sent = self.frames.send(BytesMut::from(Bytes::from(frame))).await;
        sent.map_err(|_| Closed)
    }

    async fn recv(&self) -> Option<Bytes> {
        loop {
            match self.frames.poll().await? {
                DataChannelEvent::OnMessage(message) => return Some(message.data.freeze()),
                DataChannelEvent::OnClose | DataChannelEvent::OnClosing => return None,
                _ => {}
            }
        }
    }

    async fn close(&self) {
        if let Err(error) = self.frames.close().await {
            tracing::debug!(%error, "channel did not close cleanly");
        }
        self.rtc.close().await;
    }

    fn fingerprints(&self) -> Fingerprints {
        self.fingerprints
    }

    async fn path(&self) -> Option<Path> {
        self.rtc.path().await
    }
}

/// A WebRTC connection cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RtcError {
    /// The library refused.
    #[error("{act}")]
    Failed {
        /// What was attempted.
        act: &'static str,
        /// Why not.
        source: Box<Error>,
    },
    /// A description that leaves the certificate open.
    #[error(transparent)]
    Fingerprint(#[from] NotOneFingerprint),
    /// Another certificate than the one announced first.
    #[error("certificate is not the one that was announced")]
    OtherFingerprint,
    /// DTLS has not seen one yet.
    #[error("no certificate was seen")]
    NoCertificate,
}

impl RtcError {
    fn failed(act: &'static str) -> impl FnOnce(Error) -> Self {
        move |source| Self::Failed {
            act,
            source: Box::new(source),
        }
    }
}

#[cfg(test)]
mod tests;
