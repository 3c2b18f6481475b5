//! Looks at the world a box stands in: names, plain HTTP, TLS, memory, disk.
//!
//! Promise: every look is bounded in time and size, and changes nothing.

use std::io;
use std::path::Path;
use std::time::Duration;

use kit::config::Address;
use kit::tls;
use rustls::pki_types::ServerName;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Longest wait for one look.
const WAIT: Duration = Duration::from_secs(5);
/// Largest answer of a page that is looked at.
const ANSWER_MAX: u64 = 1024 * 1024;

/// An answer over plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// As in RFC 9110.
    pub status: u16,
    /// What the server believes the time to be.
    pub date: Option<OffsetDateTime>,
    /// What follows the head.
    pub body: String,
}

/// Whether a name leads anywhere.
pub(crate) async fn resolve(address: &Address) -> io::Result<()> {
    let found = bounded(lookup_host((address.host.as_str(), address.port))).await?;
    if found.count() == 0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(())
}

/// Asks for a page; HTTP/1.0, so that the answer ends where the connection does.
pub(crate) async fn fetch(server: &Address, path: &str) -> io::Result<Answer> {
    bounded(exchange(server, path)).await
}

/// Whether anybody listens.
pub(crate) async fn connect(server: &Address) -> io::Result<()> {
    bounded(TcpStream::connect((server.host.as_str(), server.port)))
        .await
        .map(drop)
}

/// Shakes hands over TLS without a certificate of ours; the server has to prove its name.
pub(crate) async fn greet(server: &Address, root_ca: Option<&Path>) -> io::Result<()> {
    let config = tls::internet_client_config(root_ca).map_err(io::Error::other)?;
    let name = ServerName::try_from(server.host.clone()).map_err(io::Error::other)?;
    let handshake = async {
        let stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
        TlsConnector::from(config).connect(name, stream).await
    };
    bounded(handshake).await.map(drop)
}

async fn bounded<T>(look: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(WAIT, look)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn exchange(server: &Address, path: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
    let host = if server.port == 80 {
        server.host.clone()
    } else {
        server.to_string()
    };
    let head = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: edgectl\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_MAX).read_to_end(&mut answer).await?;
    parse(&String::from_utf8_lossy(&answer)).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn parse(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let date = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date").then(|| value.trim())
    });
    Some(Answer {
        status,
        date: date.and_then(|text| OffsetDateTime::parse(text, &Rfc2822).ok()),
        body: body.to_owned(),
    })
}

/// What the machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Processors this program may use.
    pub cpus: u64,
    /// Memory.
    pub memory_mb: u64,
    /// Free space where the hotel is kept.
    pub disk_free_mb: u64,
}

impl Machine {
    /// This one, with the disk of `dir` or of the nearest directory above that exists.
    pub(crate) fn of(dir: &Path) -> io::Result<Self> {
        let existing = dir.ancestors().find(|dir| dir.is_dir());
        let disk = rustix::fs::statvfs(existing.unwrap_or(Path::new("/")))?;
        let cpus = std::thread::available_parallelism()?.get() as u64;
        Ok(Self {
            cpus,
            memory_mb: memory_mb(&std::fs::read_to_string("/proc/meminfo")?).unwrap_or_default(),
            disk_free_mb: disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024),
        })
    }
}

fn memory_mb(meminfo: &str) -> Option<u64> {
    let total = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = total.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes / 1024)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_answer_is_its_status_its_date_and_what_follows_the_head() {
        let answer = parse(
            "HTTP/1.1 200 OK\r\ndate: Sat, 21 Nov 2026 14:30:00 GMT\r\nA: b\r\n\r\nonline\r\n\r\n",
        );
        let expected = Answer {
            status: 200,
            date: Some(datetime!(2026-11-21 14:30 UTC)),
            body: "online\r\n\r\n".to_owned(),
        };
        assert_eq!(answer, Some(expected));
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        assert_eq!(
            memory_mb("MemFree: 1 kB\nMemTotal:       16301000 kB\n"),
            Some(15918)
        );
    }
}
