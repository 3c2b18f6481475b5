//! `edgectl cloud retire` and `decommission`: certificates that have served, boxes that are gone.

use std::fs;
use std::path::PathBuf;

use aws_sdk_iot::types::CertificateStatus;
use clap::Args;

use super::boxes;
use super::client::Client;
use super::error::{ask, found};
use super::names::{CLAIM_POLICY, CORE_POLICY};
use super::{CloudError, Place};
use crate::first_boot::plan::Serial;
use crate::output::say;

/// Most groups of a thing, ten times what ours are in.
const GROUPS_MAX: i32 = 30;

/// Arguments of `cloud retire`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Retire {
    #[command(flatten)]
    place: Place,
    /// The box's thing.
    #[arg(long)]
    thing: String,
    /// Id of the certificate that stays, as `edgectl rotate` printed it.
    #[arg(long, value_name = "ID")]
    keep: String,
}

/// Arguments of `cloud decommission`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Decommission {
    #[command(flatten)]
    place: Place,
    /// Number on the box's label.
    #[arg(long)]
    serial: Serial,
    /// The box's thing.
    #[arg(long)]
    thing: String,
    /// Registration record of the hotel as the cloud's servers read it; removed, because the box
    /// held the hotel's authority. Leave it out when another box of the hotel goes on.
    #[arg(long, value_name = "FILE")]
    registration: Option<PathBuf>,
}

impl Retire {
    pub(super) async fn run(self) -> Result<(), CloudError> {
        let client = self.place.client().await?;
        let all = certificates(&client, &self.thing).await?;
        if !all.iter().any(|known| id_of(known) == self.keep) {
            let on = format!("certificate {} of thing {}", self.keep, self.thing);
            return Err(CloudError::Absent { on });
        }
        let mut ended = 0;
        for arn in all.iter().filter(|known| id_of(known) != self.keep) {
            // Ended first: what is detached is never listed again.
            let id = id_of(arn);
            end_certificate(&client, id, CORE_POLICY, CertificateStatus::Inactive).await?;
            detach(&client, &self.thing, arn).await?;
            ended += 1;
        }
        say(format_args!("{}: {ended} certificates retired", self.thing));
        Ok(())
    }
}

impl Decommission {
    pub(super) async fn run(self) -> Result<(), CloudError> {
        let client = self.place.client().await?;
        self.refuse_another(&client).await?;
        // First what lets it come back, then what it has, at last its name. The list goes after the
        // claim that only the list knows.
        if let Some(listed) = boxes::claim_of(&client, &self.serial).await? {
            let revoked = CertificateStatus::Revoked;
            end_certificate(&client, &listed.claim, CLAIM_POLICY, revoked).await?;
        }
        boxes::forget(&client, &self.serial).await?;
        say(format_args!("{}: off the list", self.serial));
        self.end_registration()?;
        for arn in certificates(&client, &self.thing).await? {
            let id = id_of(&arn);
            end_certificate(&client, id, CORE_POLICY, CertificateStatus::Revoked).await?;
            detach(&client, &self.thing, &arn).await?;
            say(format_args!("certificate {id}: revoked"));
        }
        for group in groups(&client, &self.thing).await? {
            let leave = client
                .iot
                .remove_thing_from_thing_group()
                .thing_name(&self.thing)
                .thing_group_name(&group);
            ask("iot:RemoveThingFromThingGroup", &group, leave.send()).await?;
            say(format_args!("group {group}: left"));
        }
        let delete = client.iot.delete_thing().thing_name(&self.thing);
        found(ask("iot:DeleteThing", &self.thing, delete.send()).await)?;
        say(format_args!("thing {}: gone", self.thing));
        Ok(())
    }

    /// A box that replaced this one has its thing: it is not this one's to end.
    async fn refuse_another(&self, client: &Client) -> Result<(), CloudError> {
        let thing = &self.thing;
        let look = client.iot.describe_thing().thing_name(thing);
        let known = found(ask("iot:DescribeThing", thing, look.send()).await)?;
        let attributes = known.and_then(|known| known.attributes);
        // The template of the fleet puts it there; a thing that has none was made by hand.
        match attributes.and_then(|mut attributes| attributes.remove("serial")) {
            Some(serial) if serial != self.serial.as_str() => Err(CloudError::OtherBox {
                thing: thing.clone(),
                serial,
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn end_registration(&self) -> Result<(), CloudError> {
        let Some(path) = &self.registration else {
            return Ok(());
        };
        match fs::remove_file(path) {
            Ok(()) => say(format_args!("{}: removed", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(CloudError::Read {
                    path: path.clone(),
                    source,
                });
            }
        }
        Ok(())
    }
}

/// ARNs of every certificate of a thing; none where there is no thing.
async fn certificates(client: &Client, thing: &str) -> Result<Vec<String>, CloudError> {
    let list = client.iot.list_thing_principals().thing_name(thing);
    let known = found(ask("iot:ListThingPrincipals", thing, list.send()).await)?;
    Ok(known
        .map(|known| known.principals().to_vec())
        .unwrap_or_default())
}

async fn groups(client: &Client, thing: &str) -> Result<Vec<String>, CloudError> {
    let list = client
        .iot
        .list_thing_groups_for_thing()
        .thing_name(thing)
        .max_results(GROUPS_MAX);
    let known = found(ask("iot:ListThingGroupsForThing", thing, list.send()).await)?;
    let known = known.map(|known| known.thing_groups().to_vec());
    let name = |group: aws_sdk_iot::types::GroupNameAndArn| group.group_name;
    Ok(known
        .unwrap_or_default()
        .into_iter()
        .filter_map(name)
        .collect())
}

async fn detach(client: &Client, thing: &str, arn: &str) -> Result<(), CloudError> {
    let detach = client
        .iot
        .detach_thing_principal()
        .thing_name(thing)
        .principal(arn);
    found(ask("iot:DetachThingPrincipal", thing, detach.send()).await)?;
    Ok(())
}

/// Ends a certificate and takes its policy away; one that is gone is gone.
pub(super) async fn end_certificate(
    client: &Client,
    id: &str,
    policy: &str,
    status: CertificateStatus,
) -> Result<(), CloudError> {
    let look = client.iot.describe_certificate().certificate_id(id);
    let Some(known) = found(ask("iot:DescribeCertificate", id, look.send()).await)? else {
        return Ok(());
    };
    let update = client
        .iot
        .update_certificate()
        .certificate_id(id)
        .new_status(status);
    ask("iot:UpdateCertificate", id, update.send()).await?;
    let description = known.certificate_description();
    if let Some(arn) = description.and_then(|known| known.certificate_arn()) {
        let detach = client.iot.detach_policy().policy_name(policy).target(arn);
        found(ask("iot:DetachPolicy", policy, detach.send()).await)?;
    }
    Ok(())
}

/// The id at the end of a certificate's ARN.
fn id_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
