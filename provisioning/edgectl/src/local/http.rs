//! One HTTP/1.0 request to a server on this machine.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::hotel::Endpoint;

/// Longest wait for a whole answer.
const WAIT: Duration = Duration::from_secs(3);
/// Largest answer, far above any `/metrics`.
const ANSWER_MAX: u64 = 4 * 1024 * 1024;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Asks; HTTP/1.0, so that the answer ends where the connection does.
pub(super) async fn ask(server: &Endpoint, method: &str, path: &str) -> io::Result<Answer> {
    timeout(WAIT, exchange(server, method, path))
        .await
        .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))
}

async fn exchange(server: &Endpoint, method: &str, path: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
    let host = format!("{}:{}", server.host, server.port);
    let head = format!("{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_MAX).read_to_end(&mut answer).await?;
    parse(&String::from_utf8_lossy(&answer)).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn parse(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer {
        status,
        body: body.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_status_and_everything_after_the_head() {
        let answer = parse("HTTP/1.0 503 Service Unavailable\r\nA: b\r\n\r\nnot\r\n\r\nready");
        let body = "not\r\n\r\nready".to_owned();
        assert_eq!(answer, Some(Answer { status: 503, body }));
    }

    #[test]
    fn what_is_not_an_answer_is_none() {
        assert_eq!(parse("HTTP/1.0"), None);
        assert_eq!(parse("nonsense\r\n\r\n"), None);
    }
}
