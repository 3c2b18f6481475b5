//! One question over HTTPS to a component of the property, known by its SPIFFE id.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::config::Address;

/// Longest exchange, from the first packet to the last.
const WAIT: Duration = Duration::from_secs(10);
/// Largest answer; a leaf takes two thousand bytes.
const ANSWER_MAX: u64 = 64 * 1024;

/// An answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Whether what was asked for is granted.
    pub(crate) fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Posts JSON, on a connection of its own that ends with the answer.
pub(crate) async fn post(
    address: &Address,
    from: Option<IpAddr>,
    tls: Arc<ClientConfig>,
    path: &str,
    body: &[u8],
) -> Result<Answer, PostError> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    ask(address, from, tls, &[head.as_bytes(), body].concat()).await
}

/// Gets what is at a path, the same way.
pub(crate) async fn get(
    address: &Address,
    from: Option<IpAddr>,
    tls: Arc<ClientConfig>,
    path: &str,
) -> Result<Answer, PostError> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    ask(address, from, tls, head.as_bytes()).await
}

async fn ask(
    address: &Address,
    from: Option<IpAddr>,
    tls: Arc<ClientConfig>,
    request: &[u8],
) -> Result<Answer, PostError> {
    let failed = |source| PostError {
        address: address.clone(),
        source,
    };
    let exchange = exchange(address, from, tls, request);
    match timeout(WAIT, exchange).await {
        Ok(answered) => answered.map_err(failed),
        Err(_) => Err(failed(io::ErrorKind::TimedOut.into())),
    }
}

async fn exchange(
    address: &Address,
    from: Option<IpAddr>,
    tls: Arc<ClientConfig>,
    request: &[u8],
) -> io::Result<Answer> {
    let stream = connect(address, from).await?;
    // The verifier looks at the SPIFFE id; the name is only what TLS asks for.
    let name = ServerName::try_from(address.host.clone())
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut stream = TlsConnector::from(tls).connect(name, stream).await?;
    stream.write_all(request).await?;
    read(stream).await
}

async fn connect(address: &Address, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(from) = from else {
        return TcpStream::connect((address.host.as_str(), address.port)).await;
    };
    let mut places = lookup_host((address.host.as_str(), address.port)).await?;
    let place = places
        .find(|place| place.is_ipv4() == from.is_ipv4())
        .ok_or(io::ErrorKind::AddrNotAvailable)?;
    let socket = if from.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(place).await
}

async fn read(stream: impl AsyncRead + Unpin) -> io::Result<Answer> {
    let mut answer = Vec::new();
    let read = stream.take(ANSWER_MAX + 1).read_to_end(&mut answer).await;
    match read {
        // Some servers end without saying that it is the end; the length tells whether it is.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
        Ok(_) | Err(_) => {}
    }
    parse(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Head and body of an answer that says its length.
fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = (str::from_utf8(&answer[..end]).ok()?, &answer[end + 4..]);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    })?;
    let body = body.get(..length)?.to_vec();
    Some(Answer { status, body })
}

/// A component was not asked, or gave no answer that can be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot ask at {address}")]
pub struct PostError {
    address: Address,
    source: io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_as_long_as_it_says() {
        let answer = parse(b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\n{}beyond");
        let body = b"{}".to_vec();
        assert_eq!(answer, Some(Answer { status: 200, body }));
    }

    #[test]
    fn an_answer_that_was_cut_off_is_none() {
        for answer in [
            "",
            "HTTP/1.1",
            "HTTP/1.1 200 OK\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
            "HTTP/1.1 ok OK\r\nContent-Length: 0\r\n\r\n",
        ] {
            assert_eq!(parse(answer.as_bytes()), None, "{answer:?}");
        }
    }
}
