"""The stack of the fleet beside `edgectl cloud setup`, which makes the same where no stack did.

    python fleet.py make                 makes at an AWS what the stack makes of it
    python fleet.py compare < requests   what a setup asked AWS for, as `GET /_requests` lists it

Both fill the template in for the region of the environment. A comparison prints what is different and
ends with 1 then.
"""

import json
import os
import sys

import templates

REGION = os.environ.get("AWS_REGION", templates.ACCOUNT["AWS::Region"])
ALIAS = f"arn:aws:iot:{REGION}:{templates.ACCOUNT['AWS::AccountId']}:rolealias/hotel-edge-token-exchange"
GIVEN = {"AWS::Region": REGION, "RoleAlias.RoleAliasArn": ALIAS}


def filled(kind):
    template = templates.read("fleet")
    found = templates.resources(template, kind).values()
    return [templates.Values(template, **GIVEN).of(body["Properties"]) for body in found]


def stack():
    """By operation of AWS IoT and name, what the stack says."""
    said = {}
    for policy in filled("AWS::IoT::Policy"):
        said["CreatePolicy", policy["PolicyName"]] = plain(policy["PolicyDocument"])
    for alias in filled("AWS::IoT::RoleAlias"):
        said["CreateRoleAlias", alias["RoleAlias"]] = int(alias["CredentialDurationSeconds"])
    for kind in filled("AWS::IoT::ThingType"):
        about = kind["ThingTypeProperties"]
        said["CreateThingType", kind["ThingTypeName"]] = sorted(about["SearchableAttributes"])
    for template in filled("AWS::IoT::ProvisioningTemplate"):
        hook = template["PreProvisioningHook"]["PayloadVersion"]
        body = json.loads(template["TemplateBody"])
        place = "CreateProvisioningTemplate", template["TemplateName"]
        said[place] = [template["TemplateType"], template["Enabled"], hook, body]
    return said


def setup(requests):
    """The same of a setup."""
    said = {}
    for request in requests:
        asked, name = request.get("input", {}), request["operation"]
        if name == "CreatePolicy":
            said[name, asked["policyName"]] = plain(json.loads(asked["policyDocument"]))
        elif name == "CreateRoleAlias":
            # What AWS takes when nobody says.
            said[name, asked["roleAlias"]] = asked.get("credentialDurationSeconds", 3600)
        elif name == "CreateThingType":
            about = asked["thingTypeProperties"]
            said[name, asked["thingTypeName"]] = sorted(about["searchableAttributes"])
        elif name == "CreateProvisioningTemplate":
            hook = asked["preProvisioningHook"]["payloadVersion"]
            body = json.loads(asked["templateBody"])
            said[name, asked["templateName"]] = [asked["type"], asked["enabled"], hook, body]
    return said


def plain(document):
    """A policy without names of its statements; lists of words are sets."""
    statements = []
    for statement in document["Statement"]:
        words = {key: value for key, value in statement.items() if key != "Sid"}
        for key in ("Action", "Resource"):
            value = words[key]
            words[key] = sorted(value) if isinstance(value, list) else [value]
        statements.append(words)
    return {"Version": document["Version"], "Statement": statements}


def make():
    import boto3

    iot = boto3.client("iot")
    for policy in filled("AWS::IoT::Policy"):
        document = json.dumps(policy["PolicyDocument"])
        iot.create_policy(policyName=policy["PolicyName"], policyDocument=document)
    for alias in filled("AWS::IoT::RoleAlias"):
        role = f"arn:aws:iam::{templates.ACCOUNT['AWS::AccountId']}:role/{alias['RoleAlias']}"
        iot.create_role_alias(roleAlias=alias["RoleAlias"], roleArn=role)


def main():
    if sys.argv[1] == "make":
        return make()
    ours, theirs = setup(json.load(sys.stdin)), stack()
    for place in sorted(set(ours) | set(theirs)):
        if ours.get(place) != theirs.get(place):
            print(place, "\nsetup:", ours.get(place), "\nstack:", theirs.get(place))
    return int(ours != theirs or len(ours) < 5)


if __name__ == "__main__":
    sys.exit(main())
