//! The buckets of the simulated S3, made anew whenever S3 starts: it keeps everything in memory.

use std::time::Duration;

use super::hotel::Endpoint;
use super::http;

/// How long to wait between two tries while S3 starts.
const PAUSE: Duration = Duration::from_millis(200);

/// Buckets to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Buckets {
    pub(super) server: Endpoint,
    pub(super) names: Vec<String>,
}

impl Buckets {
    /// Returns when the buckets are there.
    pub(super) async fn make(&self) {
        for name in &self.names {
            let path = format!("/{name}");
            loop {
                match http::ask(&self.server, "PUT", &path).await {
                    Ok(answer) if answer.status == 200 => break,
                    Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
                }
            }
        }
    }
}
