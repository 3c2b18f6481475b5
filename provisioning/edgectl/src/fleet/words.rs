//! Topics and bodies of the fleet provisioning API.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Where certificates are asked for.
pub(crate) const CREATE: &str = "$aws/certificates/create-from-csr/json";

/// Where a thing is asked for.
pub(crate) fn provision(template: &str) -> String {
    format!("$aws/provisioning-templates/{template}/provision/json")
}

/// The two topics on which an answer comes.
pub(crate) fn answers(topic: &str) -> [String; 2] {
    [format!("{topic}/accepted"), format!("{topic}/rejected")]
}

/// Asks for a certificate.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Create<'a> {
    /// PKCS #10, PEM.
    pub certificate_signing_request: &'a str,
}

/// A certificate, inactive until it is registered.
#[derive(Clone, Deserialize)]
pub(crate) struct Created {
    /// Its id in AWS IoT: the SHA-256 of the certificate.
    #[serde(rename = "certificateId")]
    pub id: String,
    /// The certificate.
    #[serde(rename = "certificatePem")]
    pub pem: String,
    /// Proves for an hour to whom it was given; a secret.
    #[serde(rename = "certificateOwnershipToken")]
    pub token: String,
}

impl fmt::Debug for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Created")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Asks to be made a thing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Provision<'a> {
    /// What [`Created`] said.
    pub certificate_ownership_token: &'a str,
    /// Parameters of the template.
    pub parameters: &'a BTreeMap<String, String>,
}

/// A thing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Provisioned {
    /// Its name in AWS IoT.
    pub thing_name: String,
}

/// A refusal of either.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(crate) struct Rejected {
    /// As in HTTP.
    pub status_code: u16,
    /// A word.
    pub error_code: String,
    /// For people.
    pub error_message: String,
}
