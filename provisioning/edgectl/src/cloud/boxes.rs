//! The list of expected boxes: a `DynamoDB` table that the pre-provisioning hook reads.
//!
//! Three requests of `DynamoDB`'s JSON protocol, signed by AWS's own signer; its SDK would be the
//! largest dependency of this program.

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use kit::clock::Clock;
use reqwest::header::{CONTENT_TYPE, HeaderName};
use serde_json::{Value, json};
use wire::{BoxId, PropertyId, Word};

use super::CloudError;
use super::client::{Client, present};
use super::error::refused;
use super::names::BOXES;
use crate::first_boot::plan::Serial;

/// Form of `DynamoDB`'s requests.
const FORM: &str = "application/x-amz-json-1.0";

/// A box that is expected.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    /// Its number.
    pub serial: Serial,
    /// Its name, in AWS too.
    pub box_id: BoxId,
    /// Its hotel.
    pub property: PropertyId,
    /// Its network there.
    pub segment: Word,
    /// When it gets new releases.
    pub stage: String,
    /// Id of the claim's certificate.
    pub claim: String,
    /// Unix seconds after which the claim is refused.
    pub expires_at: i64,
}

/// Puts a box on the list; false where another claim of it is on it already.
pub(super) async fn expect(client: &Client, expected: &Expected) -> Result<bool, CloudError> {
    let text = |value: &str| json!({ "S": value });
    let fields = [
        ("thing", text(expected.box_id.as_str())),
        ("property", text(expected.property.as_str())),
        ("segment", text(expected.segment.as_str())),
        ("stage", text(&expected.stage)),
        ("claim", text(&expected.claim)),
        (
            "expires_at",
            json!({ "N": expected.expires_at.to_string() }),
        ),
    ];
    // Whatever the hook noted stays: the key that came first, and the certificate it got.
    let set = fields
        .each_ref()
        .map(|(name, _)| format!("#{name} = :{name}"));
    let names = fields
        .each_ref()
        .map(|(name, _)| (format!("#{name}"), json!(name)));
    let values = fields.map(|(name, value)| (format!(":{name}"), value));
    let question = json!({
        "TableName": BOXES,
        "Key": { "serial": text(expected.serial.as_str()) },
        "UpdateExpression": format!("SET {}", set.join(", ")),
        "ConditionExpression": "attribute_not_exists(serial) OR #claim = :claim",
        "ExpressionAttributeNames": serde_json::Map::from_iter(names),
        "ExpressionAttributeValues": serde_json::Map::from_iter(values),
    });
    let serial = expected.serial.as_str();
    match ask(
        client,
        ("UpdateItem", "dynamodb:UpdateItem"),
        serial,
        &question,
    )
    .await
    {
        Ok(_) => Ok(true),
        Err(CloudError::Refused { code, .. }) if code == "ConditionalCheckFailedException" => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// What the list says of a box's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Id of the claim's certificate.
    pub claim: String,
    /// Whether a key came with it, so that the box is a member.
    pub served: bool,
}

/// The claim with which a box is expected, if it is.
pub(super) async fn claim_of(
    client: &Client,
    serial: &Serial,
) -> Result<Option<Listed>, CloudError> {
    let question = json!({
        "TableName": BOXES, "Key": { "serial": { "S": serial.as_str() } }, "ConsistentRead": true,
    });
    let operation = ("GetItem", "dynamodb:GetItem");
    let answer = ask(client, operation, serial.as_str(), &question).await?;
    let item = &answer["Item"];
    let claim = item["claim"]["S"].as_str();
    Ok(claim.map(|claim| Listed {
        claim: claim.to_owned(),
        served: item["public_key"]["S"].is_string(),
    }))
}

/// Takes a box off the list; the hook refuses it from now on, whatever it shows.
pub(super) async fn forget(client: &Client, serial: &Serial) -> Result<(), CloudError> {
    let question = json!({
        "TableName": BOXES, "Key": { "serial": { "S": serial.as_str() } },
    });
    let operation = ("DeleteItem", "dynamodb:DeleteItem");
    ask(client, operation, serial.as_str(), &question).await?;
    Ok(())
}

async fn ask(
    client: &Client,
    (operation, action): (&str, &'static str),
    serial: &str,
    question: &Value,
) -> Result<Value, CloudError> {
    let on = format!("table {BOXES}, box {serial}");
    let unreachable = |why: String| CloudError::Unreachable {
        action,
        on: on.clone(),
        why,
    };
    let endpoint = client.shared.endpoint_url().map_or_else(
        || format!("https://dynamodb.{}.amazonaws.com", client.region),
        |url| url.trim_end_matches('/').to_owned(),
    );
    let url = format!("{endpoint}/");
    let body = question.to_string();
    let target = format!("DynamoDB_20120810.{operation}");
    // The client asks for one, although the SDK has its own.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let mut request = reqwest::Client::new()
        .post(&url)
        .header(CONTENT_TYPE, FORM)
        .header("x-amz-target", &target)
        .timeout(std::time::Duration::from_secs(20));
    for (name, value) in signature(client, &url, &target, &body).await? {
        request = request.header(name, value);
    }
    let answer = request
        .body(body)
        .send()
        .await
        .map_err(|error| unreachable(error.without_url().to_string()))?;
    let good = answer.status().is_success();
    let answer: Value = answer
        .json()
        .await
        .map_err(|error| unreachable(error.without_url().to_string()))?;
    if good {
        return Ok(answer);
    }
    let code = answer["__type"].as_str().unwrap_or("no code");
    let code = code.rsplit('#').next().unwrap_or(code);
    let message = answer["message"].as_str().or(answer["Message"].as_str());
    Err(refused(action, on, code, message.unwrap_or("no message")))
}

/// The headers that sign a request (AWS Signature Version 4).
async fn signature(
    client: &Client,
    url: &str,
    target: &str,
    body: &str,
) -> Result<Vec<(HeaderName, String)>, CloudError> {
    let failed = |why: String| CloudError::NoCredentials { why };
    let provider = client.shared.credentials_provider();
    let provider = provider.ok_or_else(|| failed("no provider".to_owned()))?;
    let credentials = provider
        .provide_credentials()
        .await
        .map_err(|error| failed(error.to_string()))?;
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&client.region)
        .name("dynamodb")
        .time(present(Clock::system().wall().value()))
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| failed(error.to_string()))?
        .into();
    let headers = [("content-type", FORM), ("x-amz-target", target)];
    let signable = SignableRequest::new(
        "POST",
        url,
        headers.into_iter(),
        SignableBody::Bytes(body.as_bytes()),
    )
    .map_err(|error| failed(error.to_string()))?;
    let (instructions, _) = sign(signable, &params)
        .map_err(|error| failed(error.to_string()))?
        .into_parts();
    let (headers, _) = instructions.into_parts();
    let named = |name: &str| HeaderName::from_bytes(name.as_bytes()).ok();
    Ok(headers
        .iter()
        .filter_map(|header| Some((named(header.name())?, header.value().to_owned())))
        .collect())
}
