//! `edgectl cloud setup`.

use std::fmt;

use aws_sdk_iot::types::{
    ProvisioningHook, TemplateType, ThingGroupProperties, ThingTypeProperties,
};
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use wire::{PropertyId, TenantId, Word};

use super::client::Client;
use super::error::{ask, found};
use super::names::{
    CLAIM_POLICY, CORE_POLICY, FLEET, ROLE_ALIAS, TEMPLATE, THING_TYPE, property_group,
    segment_group,
};
use super::policies::{self, Account};
use super::{CloudError, Place};
use crate::output::{json, say};

/// Arguments of `cloud setup`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Setup {
    #[command(flatten)]
    place: Place,
    /// The company; noted at the hotel's group.
    #[arg(long)]
    tenant: TenantId,
    /// The hotel.
    #[arg(long)]
    property: PropertyId,
    /// A network of the hotel with a box of its own; repeat for several.
    #[arg(long = "segment", required = true)]
    segments: Vec<Word>,
    /// Role that boxes take on, where the role alias is to be made here.
    #[arg(long, value_name = "ARN")]
    token_role: Option<String>,
    /// Role that the template takes on, where it is to be made here.
    #[arg(long, value_name = "ARN", requires = "hook")]
    provisioning_role: Option<String>,
    /// Function that decides who is expected, where the template is to be made here.
    #[arg(long, value_name = "ARN", requires = "provisioning_role")]
    hook: Option<String>,
    /// Look only, and say what would be made.
    #[arg(long)]
    dry_run: bool,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// How a thing in AWS is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Exists,
    Made,
    WouldBeMade,
    /// It exists and says something else than ours; left alone.
    Differs,
    Missing,
}

#[derive(Debug, Serialize)]
struct Line {
    kind: &'static str,
    name: String,
    state: State,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Exists => "exists",
            State::Made => "made",
            State::WouldBeMade => "would be made",
            State::Differs => "DIFFERS from ours, left alone",
            State::Missing => "MISSING",
        };
        write!(f, "{:22} {:40} {state}", self.kind, self.name)
    }
}

/// What the setup says: where boxes go, and how everything is.
#[derive(Debug, Serialize)]
struct Said {
    data_endpoint: String,
    credentials_endpoint: String,
    things: Vec<Line>,
}

impl Setup {
    pub(super) async fn run(self) -> Result<(), CloudError> {
        let client = self.place.client().await?;
        let said = Said {
            data_endpoint: endpoint(&client, "iot:Data-ATS").await?,
            credentials_endpoint: endpoint(&client, "iot:CredentialProvider").await?,
            things: self.things(&client).await?,
        };
        if self.json {
            json(&said);
        } else {
            say(format_args!("MQTT of boxes         {}", said.data_endpoint));
            say(format_args!(
                "credentials of boxes  {}",
                said.credentials_endpoint
            ));
            said.things.iter().for_each(say);
        }
        let missing = said
            .things
            .iter()
            .filter(|line| line.state == State::Missing);
        let what: Vec<_> = missing
            .map(|line| format!("{} {}", line.kind, line.name))
            .collect();
        if what.is_empty() {
            return Ok(());
        }
        let what = what.join(", ");
        Err(CloudError::Missing { what })
    }

    /// Everything, in the order in which one needs the other.
    async fn things(&self, client: &Client) -> Result<Vec<Line>, CloudError> {
        let mut lines = Vec::new();
        let account = self.groups(client, &mut lines).await?;
        lines.push(self.thing_type(client).await?);
        let (line, alias) = self.role_alias(client).await?;
        lines.push(line);
        if let Some(account) = account {
            let core = policies::core(&account, &alias.unwrap_or_default());
            lines.push(self.policy(client, CORE_POLICY, &core).await?);
            let claim = policies::claim(&account);
            lines.push(self.policy(client, CLAIM_POLICY, &claim).await?);
        }
        lines.push(self.template(client).await?);
        Ok(lines)
    }

    /// The groups, from the widest to the narrowest.
    async fn groups(
        &self,
        client: &Client,
        lines: &mut Vec<Line>,
    ) -> Result<Option<Account>, CloudError> {
        let property = property_group(&self.property);
        let described = format!("Boxes of {} of {}.", self.property, self.tenant);
        let (line, account) = self.group(client, FLEET, None, "Every box.").await?;
        lines.push(line);
        let (line, _) = self
            .group(client, &property, Some(FLEET), &described)
            .await?;
        lines.push(line);
        for segment in &self.segments {
            let name = segment_group(&self.property, segment);
            let described = format!("Boxes of {} in {segment}.", self.property);
            let (line, _) = self
                .group(client, &name, Some(&property), &described)
                .await?;
            lines.push(line);
        }
        Ok(account)
    }

    async fn group(
        &self,
        client: &Client,
        name: &str,
        parent: Option<&str>,
        described: &str,
    ) -> Result<(Line, Option<Account>), CloudError> {
        let line = |state| Line {
            kind: "thing group",
            name: name.to_owned(),
            state,
        };
        let look = client.iot.describe_thing_group().thing_group_name(name);
        if let Some(group) = found(ask("iot:DescribeThingGroup", name, look.send()).await)? {
            let account = group.thing_group_arn().and_then(Account::of_arn);
            let metadata = group.thing_group_metadata();
            let above = metadata.and_then(|metadata| metadata.parent_group_name());
            let state = if above == parent {
                State::Exists
            } else {
                State::Differs
            };
            return Ok((line(state), account));
        }
        if self.dry_run {
            return Ok((line(State::WouldBeMade), None));
        }
        let properties = ThingGroupProperties::builder()
            .thing_group_description(described)
            .build();
        let request = client
            .iot
            .create_thing_group()
            .thing_group_name(name)
            .set_parent_group_name(parent.map(str::to_owned))
            .thing_group_properties(properties);
        let made = ask("iot:CreateThingGroup", name, request.send()).await?;
        let account = made.thing_group_arn().and_then(Account::of_arn);
        Ok((line(State::Made), account))
    }

    async fn thing_type(&self, client: &Client) -> Result<Line, CloudError> {
        let line = |state| Line {
            kind: "thing type",
            name: THING_TYPE.to_owned(),
            state,
        };
        let look = client.iot.describe_thing_type().thing_type_name(THING_TYPE);
        let known = ask("iot:DescribeThingType", THING_TYPE, look.send()).await;
        if found(known)?.is_some() {
            return Ok(line(State::Exists));
        }
        if self.dry_run {
            return Ok(line(State::WouldBeMade));
        }
        let properties = ThingTypeProperties::builder()
            .thing_type_description("The small computer of a hotel.")
            .searchable_attributes("property")
            .searchable_attributes("serial")
            .build();
        let request = client
            .iot
            .create_thing_type()
            .thing_type_name(THING_TYPE)
            .thing_type_properties(properties);
        ask("iot:CreateThingType", THING_TYPE, request.send()).await?;
        Ok(line(State::Made))
    }

    /// The role alias and its ARN.
    async fn role_alias(&self, client: &Client) -> Result<(Line, Option<String>), CloudError> {
        let line = |state| Line {
            kind: "role alias",
            name: ROLE_ALIAS.to_owned(),
            state,
        };
        let look = client.iot.describe_role_alias().role_alias(ROLE_ALIAS);
        let known = ask("iot:DescribeRoleAlias", ROLE_ALIAS, look.send()).await;
        if let Some(known) = found(known)? {
            let description = known.role_alias_description();
            let arn = description.and_then(|alias| alias.role_alias_arn());
            return Ok((line(State::Exists), arn.map(str::to_owned)));
        }
        let Some(role) = &self.token_role else {
            return Ok((line(State::Missing), None));
        };
        if self.dry_run {
            return Ok((line(State::WouldBeMade), None));
        }
        let request = client
            .iot
            .create_role_alias()
            .role_alias(ROLE_ALIAS)
            .role_arn(role);
        let made = ask("iot:CreateRoleAlias", ROLE_ALIAS, request.send()).await?;
        Ok((line(State::Made), made.role_alias_arn().map(str::to_owned)))
    }

    async fn policy(
        &self,
        client: &Client,
        name: &str,
        document: &Value,
    ) -> Result<Line, CloudError> {
        let line = |state| Line {
            kind: "policy",
            name: name.to_owned(),
            state,
        };
        let look = client.iot.get_policy().policy_name(name);
        if let Some(known) = found(ask("iot:GetPolicy", name, look.send()).await)? {
            let known = known.policy_document().unwrap_or_default();
            let known: Value = serde_json::from_str(known).unwrap_or_default();
            return Ok(line(if policies::same(&known, document) {
                State::Exists
            } else {
                State::Differs
            }));
        }
        if self.dry_run {
            return Ok(line(State::WouldBeMade));
        }
        let request = client
            .iot
            .create_policy()
            .policy_name(name)
            .policy_document(document.to_string());
        ask("iot:CreatePolicy", name, request.send()).await?;
        Ok(line(State::Made))
    }

    async fn template(&self, client: &Client) -> Result<Line, CloudError> {
        let line = |state| Line {
            kind: "provisioning template",
            name: TEMPLATE.to_owned(),
            state,
        };
        let look = client
            .iot
            .describe_provisioning_template()
            .template_name(TEMPLATE);
        let known = ask("iot:DescribeProvisioningTemplate", TEMPLATE, look.send()).await;
        if let Some(known) = found(known)? {
            // A template that anybody may use is worse than none.
            let guarded = known.pre_provisioning_hook().is_some() && known.enabled() == Some(true);
            return Ok(line(if guarded {
                State::Exists
            } else {
                State::Differs
            }));
        }
        let (Some(role), Some(hook)) = (&self.provisioning_role, &self.hook) else {
            return Ok(line(State::Missing));
        };
        if self.dry_run {
            return Ok(line(State::WouldBeMade));
        }
        let hook = ProvisioningHook::builder()
            .target_arn(hook)
            .payload_version("2020-04-01")
            .build()
            .map_err(|_| CloudError::Answer {
                action: "iot:CreateProvisioningTemplate",
                on: TEMPLATE.to_owned(),
                what: "targetArn",
            })?;
        let request = client
            .iot
            .create_provisioning_template()
            .template_name(TEMPLATE)
            .r#type(TemplateType::FleetProvisioning)
            .description("Makes a thing of a box that the hook lets in.")
            .enabled(true)
            .provisioning_role_arn(role)
            .pre_provisioning_hook(hook)
            .template_body(policies::template().to_string());
        ask("iot:CreateProvisioningTemplate", TEMPLATE, request.send()).await?;
        Ok(line(State::Made))
    }
}

/// One of the account's addresses in AWS IoT.
pub(super) async fn endpoint(client: &Client, kind: &str) -> Result<String, CloudError> {
    let look = client.iot.describe_endpoint().endpoint_type(kind);
    let answer = ask("iot:DescribeEndpoint", kind, look.send()).await?;
    let address = answer.endpoint_address().map(str::to_owned);
    address.ok_or_else(|| CloudError::Answer {
        action: "iot:DescribeEndpoint",
        on: kind.to_owned(),
        what: "endpointAddress",
    })
}
