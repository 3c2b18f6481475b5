//! `edgectl cloud claim` and `revoke-claim`: who is expected, and the certificate that lets them ask.

use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_iot::types::CertificateStatus;
use clap::Args;
use kit::ca::files::{create_dir, write_open, write_secret};
use kit::clock::Clock;
use serde::{Deserialize, Serialize};
use time::Duration;
use wire::{BoxId, PropertyId, Version, Word};

use super::boxes::{self, Expected};
use super::client::Client;
use super::end::end_certificate;
use super::error::{ask, found};
use super::names::CLAIM_POLICY;
use super::{CloudError, Place};
use crate::first_boot::plan::{Moment, Serial};
use crate::output::say;
use crate::property::present;

/// Longest life of a claim, in days: a box that travels longer gets a new image.
const DAYS_MAX: i64 = 90;

/// Arguments of `cloud claim`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Expect {
    #[command(flatten)]
    place: Place,
    /// Number on the box's label.
    #[arg(long)]
    serial: Serial,
    /// The hotel it goes to.
    #[arg(long)]
    property: PropertyId,
    /// The network it serves there.
    #[arg(long, default_value = "main")]
    segment: Word,
    /// Its name; also that of its thing, so no other box of the account may have it.
    #[arg(long = "box", value_name = "BOX")]
    box_id: BoxId,
    /// When it gets new releases: canary, early or all.
    #[arg(long, default_value = "all", value_parser = ["canary", "early", "all"])]
    stage: String,
    /// Days until the claim is refused.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=DAYS_MAX))]
    days: i64,
    /// Where cert.pem, key.pem and claim.json go.
    #[arg(long)]
    out: PathBuf,
}

/// Arguments of `cloud revoke-claim`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    place: Place,
    /// Number on the box's label.
    #[arg(long)]
    serial: Serial,
}

/// What a claim's directory says of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    /// Version of this file.
    pub v: Version<1>,
    /// Whose.
    pub serial: Serial,
    /// Id of its certificate in AWS IoT.
    pub certificate_id: String,
    /// Its ARN.
    pub certificate_arn: String,
    /// When it ends.
    pub expires: Moment,
}

impl Expect {
    pub(super) async fn run(self, clock: &Clock) -> Result<(), CloudError> {
        let client = self.place.client().await?;
        let file = self.out.join("claim.json");
        let claim = match self.kept(&client, &file, clock).await? {
            Some(claim) => claim,
            // Whoever is refused leaves no certificate behind.
            None if boxes::claim_of(&client, &self.serial).await?.is_some() => {
                return Err(expected_already(&self.serial));
            }
            None => self.make(&client, &file, clock).await?,
        };
        let attach = client
            .iot
            .attach_policy()
            .policy_name(CLAIM_POLICY)
            .target(&claim.certificate_arn);
        ask("iot:AttachPolicy", CLAIM_POLICY, attach.send()).await?;
        let expected = Expected {
            serial: self.serial.clone(),
            box_id: self.box_id,
            property: self.property,
            segment: self.segment,
            stage: self.stage,
            claim: claim.certificate_id,
            expires_at: claim.expires.0.unix_timestamp(),
        };
        if !boxes::expect(&client, &expected).await? {
            return Err(expected_already(&self.serial));
        }
        say(format_args!(
            "{} is expected until {}, claim in {}",
            self.serial,
            claim.expires,
            self.out.display()
        ));
        Ok(())
    }

    /// The claim that was made here before; none when it has ended, for it opens nothing any more.
    async fn kept(
        &self,
        client: &Client,
        file: &Path,
        clock: &Clock,
    ) -> Result<Option<Claim>, CloudError> {
        let Some(claim) = read(file)? else {
            return Ok(None);
        };
        if claim.serial != self.serial {
            return Err(CloudError::OtherClaim {
                dir: self.out.clone(),
                serial: claim.serial.to_string(),
            });
        }
        if claim.expires <= Moment(present(clock)) {
            return Ok(None);
        }
        let id = &claim.certificate_id;
        let look = client.iot.describe_certificate().certificate_id(id);
        let known = found(ask("iot:DescribeCertificate", id, look.send()).await)?;
        let known = known.and_then(|known| known.certificate_description);
        let status = known.and_then(|known| known.status);
        Ok((status == Some(CertificateStatus::Active)).then_some(claim))
    }

    /// A new certificate, written before anything may be done with it.
    async fn make(&self, client: &Client, file: &Path, clock: &Clock) -> Result<Claim, CloudError> {
        const ACTION: &str = "iot:CreateKeysAndCertificate";
        let on = self.serial.as_str();
        let request = client.iot.create_keys_and_certificate().set_as_active(true);
        let made = ask(ACTION, on, request.send()).await?;
        let lacks = |what| CloudError::Answer {
            action: ACTION,
            on: on.to_owned(),
            what,
        };
        let pem = made.certificate_pem().ok_or(lacks("certificatePem"))?;
        let pair = made.key_pair().and_then(|pair| pair.private_key());
        let key = pair.ok_or(lacks("keyPair.PrivateKey"))?;
        let claim = Claim {
            v: Version,
            serial: self.serial.clone(),
            certificate_id: made
                .certificate_id()
                .ok_or(lacks("certificateId"))?
                .to_owned(),
            certificate_arn: made
                .certificate_arn()
                .ok_or(lacks("certificateArn"))?
                .to_owned(),
            expires: until(clock, self.days),
        };
        create_dir(&self.out)?;
        write_secret(&self.out.join("key.pem"), key.as_bytes())?;
        write_open(&self.out.join("cert.pem"), pem.as_bytes())?;
        let text = serde_json::to_vec_pretty(&claim).expect("a claim has text keys");
        write_open(file, &text)?;
        Ok(claim)
    }
}

fn expected_already(serial: &Serial) -> CloudError {
    CloudError::Expected {
        serial: serial.to_string(),
    }
}

/// So many days from now, to the second.
fn until(clock: &Clock, days: i64) -> Moment {
    let then = present(clock) + Duration::days(days);
    Moment(then.replace_nanosecond(0).unwrap_or(then))
}

/// The claim in a file; none when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Claim>, CloudError> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|source| CloudError::Damaged {
                path: path.to_owned(),
                source,
            }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CloudError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

impl Revoke {
    pub(super) async fn run(self) -> Result<(), CloudError> {
        let client = self.place.client().await?;
        let Some(listed) = boxes::claim_of(&client, &self.serial).await? else {
            say(format_args!(
                "{} is not expected, nothing changed",
                self.serial
            ));
            return Ok(());
        };
        let claim = listed.claim;
        if listed.served {
            // Off the list it could never change its key.
            let serial = self.serial.to_string();
            return Err(CloudError::Served { serial });
        }
        // First the certificate, so that it cannot connect: only the list knows which it is.
        end_certificate(&client, &claim, CLAIM_POLICY, CertificateStatus::Revoked).await?;
        boxes::forget(&client, &self.serial).await?;
        say(format_args!(
            "{} is no longer expected, claim {claim} revoked",
            self.serial
        ));
        Ok(())
    }
}
