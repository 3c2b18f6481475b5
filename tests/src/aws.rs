//! AWS on this machine: moto, and what it lacks, checked against botocore's models
//! (`tests/peers/aws`).

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::{Client, Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::hotel::{Hotel, repository};
use crate::releases::BUCKET;

/// The account of everything in it.
pub const ACCOUNT: &str = "123456789012";
/// The region that stories use.
pub const REGION: &str = "eu-central-1";

/// Services of AWS at one address; ended when dropped.
#[derive(Debug)]
pub struct Aws {
    process: Child,
    client: Client,
    places: Places,
}

#[derive(Debug, Deserialize)]
struct Places {
    endpoint: String,
    tls_endpoint: String,
}

/// What somebody asked of a service.
#[derive(Debug, Clone, Deserialize)]
pub struct Request {
    /// The service, as botocore calls it: `greengrassv2`, `iot`, `iot-data`, `s3`, `iam`,
    /// `credentials`.
    pub service: String,
    /// The operation: `CreateDeployment`.
    pub operation: Option<String>,
    /// Where: the object, for S3.
    pub path: String,
    /// The members of its input.
    #[serde(default)]
    pub input: Value,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The code of the answer that is an error.
    pub code: Option<String>,
}

impl Aws {
    /// Starts the services, without anything in them.
    pub fn start() -> Self {
        let mut process = Command::new(Hotel::python())
            .arg(repository().join("tests/peers/aws/server.py"))
            .arg("--attended")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python can be started");
        let output = process.stdout.take().expect("its output is piped");
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .expect("the services say where they are");
        // The client asks for one, although it never speaks TLS; a second one is refused.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        Self {
            process,
            client: Client::new(),
            places: serde_json::from_str(&line).expect("the services say where they are"),
        }
    }

    /// Where all services are, over plain HTTP.
    pub fn endpoint(&self) -> &str {
        &self.places.endpoint
    }

    /// The same over TLS, where the provider of credentials asks things for their certificates.
    pub fn tls_endpoint(&self) -> &str {
        &self.places.tls_endpoint
    }

    /// Lets a program believe that this is AWS: address, region and credentials.
    pub fn introduce(&self, command: &mut Command) {
        command.envs(self.words()).env_remove("AWS_PROFILE");
    }

    /// What the environment of such a program says.
    pub fn words(&self) -> [(&'static str, &str); 6] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_REGION", REGION),
            // The same for programs in Python.
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
    }

    /// Everything that was asked so far, oldest first.
    pub async fn requests(&self) -> Vec<Request> {
        serde_json::from_str(&self.asked().await).expect("requests have their form")
    }

    /// The same as JSON, for other programs.
    pub async fn asked(&self) -> String {
        let asked = self.client.get(self.control("_requests")).send().await;
        let answer = asked.expect("the services answer").text().await;
        answer.expect("requests are text")
    }

    /// The authority of the certificates that `CreateKeysAndCertificate` makes: PEM.
    pub async fn authority(&self) -> String {
        let asked = self.client.get(self.control("_ca")).send().await;
        let answer: Value = asked
            .expect("the services answer")
            .json()
            .await
            .expect("it has its form");
        let pem = answer["pem"].as_str().expect("it is text");
        pem.to_owned()
    }

    /// Forgets what was asked.
    pub async fn forget(&self) {
        let sent = self.client.delete(self.control("_requests")).send().await;
        sent.expect("the services answer");
    }

    /// Makes the bucket of releases.
    pub async fn make_bucket(&self) {
        let sent = self.s3(Method::PUT, BUCKET).await;
        assert!(sent.status().is_success(), "{sent:?}");
    }

    /// Takes an object away, by bucket and key.
    pub async fn remove(&self, place: &str) {
        let sent = self.s3(Method::DELETE, place).await;
        assert!(sent.status().is_success(), "{sent:?}");
    }

    /// A request to S3 without a body; the stand-in does not look at signatures.
    async fn s3(&self, method: Method, place: &str) -> Response {
        // Buckets of this region are made without a body that names another.
        let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request";
        let request = self
            .client
            .request(method, format!("{}/{place}", self.endpoint()));
        let sent = request.header("authorization", scope).send().await;
        sent.expect("the services answer")
    }

    /// What was asked of one operation, oldest first.
    pub async fn requests_of(&self, operation: &str) -> Vec<Request> {
        let mut requests = self.requests().await;
        requests.retain(|request| request.operation.as_deref() == Some(operation));
        requests
    }

    /// Lets an operation fail from now on, so many times.
    pub async fn fail(
        &self,
        operation: &str,
        (status, code): (u16, &str),
        words: &str,
        times: u32,
    ) {
        let told = json!({
            "operation": operation, "status": status, "code": code, "message": words, "times": times
        });
        self.tell("_fail", &told).await;
    }

    /// Lets the answer to the next such operation be lost: it is done, and the asker is told to try
    /// again.
    pub async fn lose_answer(&self, operation: &str) {
        let told = json!({
            "operation": operation, "status": 500, "code": "InternalError", "times": 1, "done": true
        });
        self.tell("_fail", &told).await;
    }

    /// Lets a core device report: `{thing, groups, status, components, deployments}`, lists in the
    /// words of `ListInstalledComponents` and `ListEffectiveDeployments`.
    pub async fn report(&self, device: &Value) {
        self.tell("_devices", device).await;
    }

    /// Sets the states in which a component version is described from now on, one after the other.
    pub async fn describe_as(&self, component: &str, version: &str, states: &Value) {
        let told = json!({"component": component, "version": version, "states": states});
        self.tell("_component", &told).await;
    }

    async fn tell(&self, what: &str, told: &Value) {
        let sent = self.client.post(self.control(what)).json(told).send();
        let answer = sent.await.expect("the services answer");
        assert!(answer.status().is_success(), "{what}: {answer:?}");
    }

    fn control(&self, what: &str) -> String {
        format!("{}/{what}", self.endpoint())
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        self.process.kill().expect("a child can be ended");
        self.process.wait().expect("a child ends");
    }
}
