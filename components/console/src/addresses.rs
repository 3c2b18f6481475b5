//! Where a page finds everybody, seen from where it was itself found.
//!
//! A page that was reached as `greengrass.local` reaches the others by that name, one that was
//! reached by an address by that address: whatever worked once works again. Pages over HTTPS may
//! open nothing but encrypted connections, pages over HTTP have no use for them: their phones do
//! not know the property's CA.

use core::fmt;
use core::net::IpAddr;

use wire::signaling::Mode;

use crate::host::Host;

/// How a page was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// In the clear, by anybody.
    Http,
    /// Over TLS.
    Https,
}

/// The ports of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    /// `console` over HTTP.
    pub(crate) http: u16,
    /// `console` over HTTPS.
    pub(crate) https: u16,
    /// `signaling` over `ws`.
    pub(crate) signaling: u16,
    /// `signaling` over `wss`.
    pub(crate) signaling_tls: u16,
    /// `authority` over HTTPS.
    pub(crate) authority: u16,
    /// `replica-sync` over HTTPS; 0 where there is none.
    pub(crate) replica: u16,
}

/// Everybody's address for one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// Signaling servers in the order in which they are to be tried.
    pub(crate) signaling: Vec<(String, Mode)>,
    /// The authority.
    pub(crate) authority: String,
    /// The replica, if there is one and the page is staff's.
    pub(crate) replica: Option<String>,
    /// Pages for guests.
    pub(crate) guests: String,
    /// Pages for staff.
    pub(crate) staff: String,
    policy: String,
}

impl Addresses {
    /// The addresses for a page that was reached at `host`; `cloud` are signaling servers far away.
    pub(crate) fn seen_from(host: &Host, scheme: Scheme, ports: &Ports, cloud: &[String]) -> Self {
        let (socket, port) = match scheme {
            Scheme::Http => ("ws", ports.signaling),
            Scheme::Https => ("wss", ports.signaling_tls),
        };
        let local = Origin::new(socket, host, port);
        let authority = Origin::new("https", host, ports.authority);
        let far = cloud.iter().map(|url| (url.clone(), Mode::Cloud));
        let replica = (scheme == Scheme::Https && ports.replica != 0)
            .then(|| Origin::new("https", host, ports.replica));
        let mut connected = vec![local.source()];
        if scheme == Scheme::Https {
            connected.push(authority.source());
        }
        connected.extend(replica.as_ref().map(Origin::source));
        connected.dedup();
        Self {
            policy: policy(connected.iter().chain(cloud).map(String::as_str)),
            signaling: [(local.to_string(), Mode::Local)]
                .into_iter()
                .chain(far)
                .collect(),
            authority: authority.to_string(),
            replica: replica.map(|replica| replica.to_string()),
            guests: Origin::new("http", host, ports.http).to_string(),
            staff: Origin::new("https", host, ports.https).to_string(),
        }
    }

    /// The content security policy of pages (CSP 3): our own files, nothing inline, connections to
    /// ourselves and to the addresses above only.
    pub(crate) fn policy(&self) -> &str {
        &self.policy
    }
}

fn policy<'a>(connected: impl Iterator<Item = &'a str>) -> String {
    let mut policy = "default-src 'none'; script-src 'self'; style-src 'self'; \
         img-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; \
         connect-src 'self'"
        .to_owned();
    for source in connected {
        policy.push(' ');
        policy.push_str(source);
    }
    policy
}

/// A scheme, a host and a port.
struct Origin<'a> {
    scheme: &'static str,
    host: &'a Host,
    port: u16,
}

impl<'a> Origin<'a> {
    fn new(scheme: &'static str, host: &'a Host, port: u16) -> Self {
        Self { scheme, host, port }
    }

    /// As a source of a content security policy, which knows no IPv6 addresses (CSP 3 §2.3.1): there
    /// the scheme alone.
    fn source(&self) -> String {
        match self.host {
            Host::Address(IpAddr::V6(_)) => format!("{}:", self.scheme),
            Host::Address(IpAddr::V4(_)) | Host::Name(_) => self.to_string(),
        }
    }

    fn is_usual(&self) -> bool {
        matches!(
            (self.scheme, self.port),
            ("http" | "ws", 80) | ("https" | "wss", 443)
        )
    }
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.is_usual() {
            return Ok(());
        }
        write!(f, ":{}", self.port)
    }
}

#[cfg(test)]
mod tests;
