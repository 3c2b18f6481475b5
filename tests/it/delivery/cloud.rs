//! The stand-in for AWS is as strict as AWS: what its models do not know is refused.

use hotel_tests::Aws;
use hotel_tests::aws::{ACCOUNT, REGION};
use serde_json::{Value, json};

/// Sends one request as an SDK would, but for the signature's value.
async fn ask(aws: &Aws, service: &str, path: &str, body: &Value) -> (u16, Value) {
    let scope = format!("test/20260101/{REGION}/{service}/aws4_request");
    let answer = reqwest::Client::new()
        .post(format!("{}{path}", aws.endpoint()))
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}"),
        )
        .json(body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn target() -> String {
    format!("arn:aws:iot:{REGION}:{ACCOUNT}:thinggroup/hotels")
}

async fn refused(aws: &Aws, body: Value, named: &str) {
    let (status, answer) = ask(aws, "greengrass", "/greengrass/v2/deployments", &body).await;
    let message = answer["message"].as_str().unwrap();
    assert_eq!(status, 400, "{answer}");
    assert!(message.contains(named), "{message}");
}

#[tokio::test]
async fn what_the_models_of_aws_do_not_know_is_refused_by_name() {
    let aws = Aws::start();
    refused(&aws, json!({}), "requires 'targetArn'").await;
    refused(&aws, json!({"targetArn": "boxes"}), "targetArn: 'boxes'").await;
    let spelled_wrongly = json!({"targetArn": target(), "componets": {}});
    refused(&aws, spelled_wrongly, "no member 'componets'").await;
    let number = json!({"targetArn": target(), "components": {"uplink": {"componentVersion": 1}}});
    refused(
        &aws,
        number,
        "components.uplink.componentVersion: expected string",
    )
    .await;

    let path = "/greengrass/v2/deployments";
    let (status, _) = ask(&aws, "greengrass", path, &json!({"targetArn": target()})).await;
    assert_eq!(status, 201);
    let last = aws.requests_of("CreateDeployment").await.pop().unwrap();
    assert_eq!(last.input["targetArn"], target());
    assert_eq!(last.status, 201);
}

#[tokio::test]
async fn an_operation_fails_as_often_as_it_is_told_to() {
    let aws = Aws::start();
    let words = "User: test is not authorized to perform: greengrass:CreateDeployment";
    aws.fail("CreateDeployment", (403, "AccessDeniedException"), words, 1)
        .await;
    let (body, path) = (json!({"targetArn": target()}), "/greengrass/v2/deployments");
    let (status, answer) = ask(&aws, "greengrass", path, &body).await;
    assert_eq!((status, &answer["message"]), (403, &json!(words)));
    assert_eq!(ask(&aws, "greengrass", path, &body).await.0, 201);
}

#[tokio::test]
async fn things_are_registered_by_a_template_and_kept_by_moto() {
    let aws = Aws::start();
    let thing = json!({"Type": "AWS::IoT::Thing", "Properties": {
        "ThingName": {"Fn::Join": ["", ["box-", {"Ref": "Serial"}]]},
    }});
    let template = json!({
        "Parameters": {"Serial": {"Type": "String"}}, "Resources": {"thing": thing}
    });
    let body = json!({"templateBody": template.to_string(), "parameters": {"Serial": "7"}});
    let (status, answer) = ask(&aws, "iot", "/things", &body).await;
    let arn = format!("arn:aws:iot:{REGION}:{ACCOUNT}:thing/box-7");
    assert_eq!(
        (status, &answer["resourceArns"]["thing"]),
        (200, &json!(arn))
    );
}
