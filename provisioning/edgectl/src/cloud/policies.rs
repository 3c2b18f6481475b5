//! What members and claims may do in AWS IoT; the same documents as in `infra/cloudformation`.

use serde_json::{Value, json};

use super::names::TEMPLATE;

/// Where things are in AWS: the beginning of an ARN, up to and with the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account(String);

impl Account {
    /// That of a thing group's ARN.
    pub(super) fn of_arn(arn: &str) -> Option<Self> {
        let (head, _) = arn.split_once(":thinggroup/")?;
        Some(Self(head.to_owned()))
    }

    fn arn(&self, resource: &str) -> String {
        format!("{}:{resource}", self.0)
    }
}

/// What the nucleus of a box needs, narrowed to the box's own name, and what a new key needs.
pub(super) fn core(account: &Account, role_alias: &str) -> Value {
    let thing = "${iot:Connection.Thing.ThingName}";
    let arn = |resource: String| account.arn(&resource);
    let create = "$aws/certificates/create-from-csr/json";
    let provision = format!("$aws/provisioning-templates/{TEMPLATE}/provision/json");
    let own = |kind: &str, rest: &str| arn(format!("{kind}/$aws/things/{thing}/{rest}"));
    json!({
        "Version": "2012-10-17",
        "Statement": [
            allow("iot:Connect", &json!(arn(format!("client/{thing}")))),
            allow(["iot:Publish", "iot:Receive"], &json!([
                own("topic", "greengrass*/health/json"),
                own("topic", "jobs/*"),
                own("topic", "shadow/*"),
                arn(format!("topic/{create}*")),
                arn(format!("topic/{provision}*")),
            ])),
            allow("iot:Subscribe", &json!([
                own("topicfilter", "jobs/*"),
                own("topicfilter", "shadow/*"),
                arn(format!("topicfilter/{create}/*")),
                arn(format!("topicfilter/{provision}/*")),
            ])),
            allow("iot:AssumeRoleWithCertificate", &json!(role_alias)),
            allow([
                "greengrass:GetComponentVersionArtifact",
                "greengrass:GetDeploymentConfiguration",
                "greengrass:ListThingGroupsForCoreDevice",
                "greengrass:ResolveComponentCandidates",
            ], &json!("*")),
        ],
    })
}

/// To ask for a certificate for a key of its own, and to offer it to the template.
pub(super) fn claim(account: &Account) -> Value {
    let asked = [
        "$aws/certificates/create-from-csr/json".to_owned(),
        format!("$aws/provisioning-templates/{TEMPLATE}/provision/json"),
    ];
    let answers: Vec<_> = asked
        .iter()
        .flat_map(|topic| [format!("{topic}/accepted"), format!("{topic}/rejected")])
        .collect();
    let arns = |kind: &str, topics: &[String]| -> Vec<String> {
        let arn = |topic| account.arn(&format!("{kind}/{topic}"));
        topics.iter().map(arn).collect()
    };
    json!({
        "Version": "2012-10-17",
        "Statement": [
            allow("iot:Connect", &json!(account.arn("client/claim-*"))),
            allow("iot:Publish", &json!(arns("topic", &asked))),
            allow("iot:Receive", &json!(arns("topic", &answers))),
            allow("iot:Subscribe", &json!(arns("topicfilter", &answers))),
        ],
    })
}

fn allow(action: impl serde::Serialize, resource: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

/// The template: the box says its number, everything else comes from the hook.
pub(super) fn template() -> Value {
    let text = json!({ "Type": "String" });
    json!({
        "Parameters": {
            "SerialNumber": text, "ThingName": text, "Property": text, "SegmentGroup": text,
            "StageGroup": text, "AWS::IoT::Certificate::Id": text,
        },
        "Resources": {
            "thing": {
                "Type": "AWS::IoT::Thing",
                "OverrideSettings": {
                    "AttributePayload": "REPLACE", "ThingTypeName": "REPLACE",
                    "ThingGroups": "REPLACE",
                },
                "Properties": {
                    "ThingName": { "Ref": "ThingName" },
                    "ThingTypeName": super::names::THING_TYPE,
                    "AttributePayload": {
                        "serial": { "Ref": "SerialNumber" }, "property": { "Ref": "Property" },
                    },
                    "ThingGroups": [{ "Ref": "SegmentGroup" }, { "Ref": "StageGroup" }],
                },
            },
            "certificate": {
                "Type": "AWS::IoT::Certificate",
                "Properties": {
                    "CertificateId": { "Ref": "AWS::IoT::Certificate::Id" }, "Status": "Active",
                },
            },
            "policy": {
                "Type": "AWS::IoT::Policy",
                "Properties": { "PolicyName": super::names::CORE_POLICY },
            },
        },
    })
}

/// Whether two documents say the same, whatever their order of words and their statements' names.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    statements(one) == statements(other)
}

fn statements(document: &Value) -> Vec<Value> {
    let list = document["Statement"].as_array().cloned();
    let plain = |mut statement: Value| {
        if let Some(members) = statement.as_object_mut() {
            members.remove("Sid");
            for value in members.values_mut() {
                if let Some([only]) = value.as_array().map(Vec::as_slice) {
                    *value = only.clone();
                }
            }
        }
        statement
    };
    list.unwrap_or_default().into_iter().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account::of_arn("arn:aws:iot:eu-central-1:1:thinggroup/hotel-fleet").unwrap()
    }

    #[test]
    fn a_policy_fits_what_aws_iot_takes() {
        let alias = account().arn("rolealias/hotel-edge-token-exchange");
        let core = core(&account(), &alias).to_string();
        let characters = core.chars().filter(|c| !c.is_whitespace()).count();
        assert!(characters <= 2048, "{characters}");
    }

    #[test]
    fn names_of_statements_and_lists_of_one_make_no_difference() {
        let wordy = json!({ "Statement": [{ "Sid": "A", "Action": ["iot:Connect"] }] });
        let plain = json!({ "Version": "x", "Statement": [{ "Action": "iot:Connect" }] });
        assert!(same(&wordy, &plain));
        assert!(!same(
            &wordy,
            &json!({ "Statement": [{ "Action": "iot:*" }] })
        ));
    }
}
