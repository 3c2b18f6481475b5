//! The bucket of the simulated S3, made anew whenever S3 starts: it keeps everything in memory.

use std::time::Duration;

use super::hotel::Endpoint;
use super::http;

/// How long to wait between two tries while S3 starts.
const PAUSE: Duration = Duration::from_millis(200);

/// A bucket to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) server: Endpoint,
    pub(super) name: String,
}

impl Bucket {
    /// Returns when the bucket is there.
    pub(super) async fn make(&self) {
        let path = format!("/{}", self.name);
        loop {
            match http::ask(&self.server, "PUT", &path).await {
                Ok(answer) if answer.status == 200 => return,
                Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}
