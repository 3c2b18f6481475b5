"""Who may do what: every policy of every template, and what follows from those of the boxes."""

import fnmatch
import json
import unittest

import boto3
import yaml
from moto import mock_aws

import templates

# Wildcards that stand in place of a name, with the reason. Everything else names what it is about.
ALLOWED = {
    (
        "fleet",
        "greengrass:GetComponentVersionArtifact",
    ): "data plane, has no resource of one device",
    ("fleet", "greengrass:GetDeploymentConfiguration"): "data plane, has no resource of one device",
    (
        "fleet",
        "greengrass:ListThingGroupsForCoreDevice",
    ): "data plane, has no resource of one device",
    ("fleet", "greengrass:ResolveComponentCandidates"): "data plane, has no resource of one device",
    ("fleet", "iot:AttachThingPrincipal"): "the principal stands in a header, IAM has no resource",
    ("fleet", "iot:DetachThingPrincipal"): "the principal stands in a header, IAM has no resource",
    ("fleet", "iot:ListPrincipalPolicies"): "the principal stands in a header, IAM has no resource",
    ("fleet", "iot:ListPrincipalThings"): "the principal stands in a header, IAM has no resource",
    ("programs", "ecr:GetAuthorizationToken"): "a token names no repository",
}
BOX, OTHER = "box-1", "box-2"


def listed(value):
    return value if isinstance(value, list) else [value]


def filled(name):
    template = templates.read(name)
    resources = templates.Values(template).of(template["Resources"])
    return {name: body for name, body in resources.items() if isinstance(body, dict)}


def documents():
    """Every policy with the stack it is in and what it hangs on."""
    for stack in templates.names():
        for name, resource in filled(stack).items():
            body = resource.get("Properties", {})
            for policy in body.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
                yield stack, f"{name}/{policy['PolicyName']}", policy["PolicyDocument"]
            for key in ("PolicyDocument", "AssumeRolePolicyDocument"):
                if key in body:
                    yield stack, name, body[key]


def statements(effect):
    for stack, name, document in documents():
        for statement in document["Statement"]:
            if statement["Effect"] == effect:
                yield stack, name, statement


def iot(policy):
    return filled("fleet")[policy]["Properties"]["PolicyDocument"]["Statement"]


def allows(policy, action, resource, thing=BOX, **said):
    """Whether statements allow it to a box; a condition is met by what the request says."""

    def meets(condition):
        ((operator, keys),) = condition.items()
        assert operator == "Null", f"the tests do not know {operator}"
        return all((name not in said) == (absent == "true") for name, absent in keys.items())

    for statement in policy:
        patterns = [
            pattern.replace("${credentials-iot:ThingName}", thing).replace(
                "${iot:Connection.Thing.ThingName}", thing
            )
            for pattern in listed(statement["Resource"])
        ]
        if (
            statement["Effect"] == "Allow"
            and action in listed(statement["Action"])
            and any(fnmatch.fnmatchcase(resource, pattern) for pattern in patterns)
            and meets(statement.get("Condition", {"Null": {}}))
        ):
            return True
    return False


class Wildcards(unittest.TestCase):
    def test_no_policy_allows_everything_of_a_kind_but_the_few_with_a_reason(self):
        found = set()
        for stack, name, statement in statements("Allow"):
            for action in listed(statement["Action"]):
                self.assertNotIn("*", action, f"{stack} {name} allows {action}")
                if "*" in listed(statement.get("Resource", [])):
                    found.add((stack, action))
        self.assertEqual(found, set(ALLOWED))

    def test_whoever_may_assume_a_role_is_one_service_for_our_account(self):
        for stack, name, statement in statements("Allow"):
            if "sts:AssumeRole" not in listed(statement["Action"]):
                continue
            self.assertEqual(list(statement["Principal"]), ["Service"], f"{stack} {name}")
            if statement["Principal"]["Service"] != "lambda.amazonaws.com":
                account = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
                self.assertEqual(account, templates.ACCOUNT["AWS::AccountId"], f"{stack} {name}")

    def test_every_bucket_refuses_plain_http(self):
        buckets, closed = set(), set()
        for stack in templates.names():
            template = templates.read(stack)
            buckets |= set(templates.resources(template, "AWS::S3::Bucket"))
            for policy in templates.resources(template, "AWS::S3::BucketPolicy").values():
                (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
                self.assertEqual(
                    (statement["Effect"], statement["Condition"]),
                    ("Deny", {"Bool": {"aws:SecureTransport": "false"}}),
                )
                closed.add(policy["Properties"]["Bucket"]["Ref"])
        self.assertEqual(buckets, closed)

    def test_every_bucket_is_private_and_encrypted(self):
        for stack in templates.names():
            for name, bucket in templates.resources(
                templates.read(stack), "AWS::S3::Bucket"
            ).items():
                body = bucket["Properties"]
                self.assertEqual(set(body["PublicAccessBlockConfiguration"].values()), {True}, name)
                self.assertIn("BucketEncryption", body, name)
                self.assertEqual(bucket["DeletionPolicy"], "Retain", name)


class Core(unittest.TestCase):
    """What a member may do at AWS IoT."""

    def arn(self, rest):
        return f"arn:aws:iot:ap-southeast-2:123456789012:{rest}"

    def may(self, action, rest, thing=BOX):
        return allows(iot("CorePolicy"), action, self.arn(rest), thing)

    def test_a_box_speaks_as_itself_only(self):
        self.assertTrue(self.may("iot:Connect", f"client/{BOX}"))
        self.assertFalse(self.may("iot:Connect", f"client/{OTHER}"))
        for topic in (
            "greengrass/health/json",
            "greengrassv2/health/json",
            "jobs/notify-next",
            "shadow/name/AWSManagedGreengrassV2Deployment/update",
        ):
            for action in ("iot:Publish", "iot:Receive"):
                self.assertTrue(self.may(action, f"topic/$aws/things/{BOX}/{topic}"), topic)
                self.assertFalse(self.may(action, f"topic/$aws/things/{OTHER}/{topic}"), topic)
        for filter_ in ("jobs/$next/get/accepted", "shadow/name/x/update/delta"):
            self.assertTrue(self.may("iot:Subscribe", f"topicfilter/$aws/things/{BOX}/{filter_}"))
            self.assertFalse(
                self.may("iot:Subscribe", f"topicfilter/$aws/things/{OTHER}/{filter_}")
            )
        self.assertFalse(self.may("iot:Publish", "topic/hotel/alpenhof/anything"))

    def test_our_components_have_no_topic_there_but_those_that_the_policy_lists(self):
        for recipe in sorted(templates.ROOT.glob("recipes/*/recipe.yaml")):
            (body,) = (part for part in yaml.safe_load_all(recipe.read_text()) if part)
            defaults = body.get("ComponentConfiguration", {}).get("DefaultConfiguration", {})
            services = defaults.get("accessControl") or {}
            for rule in (services.get("aws.greengrass.ipc.mqttproxy") or {}).values():
                for topic in rule["resources"]:
                    topic = topic.replace("{iot:thingName}", BOX)
                    for operation in rule["operations"]:
                        action, kind = {
                            "aws.greengrass#PublishToIoTCore": ("iot:Publish", "topic"),
                            "aws.greengrass#SubscribeToIoTCore": ("iot:Subscribe", "topicfilter"),
                        }[operation]
                        self.assertTrue(self.may(action, f"{kind}/{topic}"), f"{recipe}: {topic}")

    def test_a_member_may_ask_for_a_new_key_and_hear_the_answer(self):
        for topic in (
            "certificates/create-from-csr/json",
            "provisioning-templates/hotel-edge/provision/json",
        ):
            self.assertTrue(self.may("iot:Publish", f"topic/$aws/{topic}"))
            for answer in ("accepted", "rejected"):
                self.assertTrue(self.may("iot:Subscribe", f"topicfilter/$aws/{topic}/{answer}"))
                self.assertTrue(self.may("iot:Receive", f"topic/$aws/{topic}/{answer}"))
        self.assertFalse(self.may("iot:Publish", "topic/$aws/certificates/create/json"))

    def test_credentials_come_from_our_role_alias_only(self):
        alias = templates.Values(templates.read("fleet"), **{"RoleAlias.RoleAliasArn": "ours"})
        policy = alias.of(templates.read("fleet")["Resources"]["CorePolicy"])
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        self.assertTrue(allows(statements, "iot:AssumeRoleWithCertificate", "ours"))
        self.assertFalse(allows(statements, "iot:AssumeRoleWithCertificate", "another"))

    def test_a_policy_fits_what_aws_iot_takes(self):
        for name in ("CorePolicy", "ClaimPolicy"):
            text = json.dumps(filled("fleet")[name]["Properties"]["PolicyDocument"])
            self.assertLess(len("".join(text.split())) + 80, 2048, name)


class Claim(unittest.TestCase):
    def may(self, action, rest):
        return allows(iot("ClaimPolicy"), action, f"arn:aws:iot:ap-southeast-2:123456789012:{rest}")

    def test_a_claim_asks_for_a_certificate_and_for_this_template_and_nothing_else(self):
        self.assertTrue(self.may("iot:Connect", "client/claim-NUC-1"))
        self.assertFalse(self.may("iot:Connect", f"client/{BOX}"))
        for topic in (
            "certificates/create-from-csr/json",
            "provisioning-templates/hotel-edge/provision/json",
        ):
            self.assertTrue(self.may("iot:Publish", f"topic/$aws/{topic}"))
            for answer in ("accepted", "rejected"):
                self.assertTrue(self.may("iot:Subscribe", f"topicfilter/$aws/{topic}/{answer}"))
                self.assertTrue(self.may("iot:Receive", f"topic/$aws/{topic}/{answer}"))
        for topic in (
            "certificates/create/json",
            "provisioning-templates/another/provision/json",
            f"things/{BOX}/shadow/update",
        ):
            self.assertFalse(self.may("iot:Publish", f"topic/$aws/{topic}"), topic)
            self.assertFalse(self.may("iot:Subscribe", f"topicfilter/$aws/{topic}"), topic)
        self.assertFalse(self.may("iot:Subscribe", "topicfilter/#"))


class Buckets(unittest.TestCase):
    """What the token exchange lets a box do in S3."""

    def setUp(self):
        (policy,) = filled("fleet")["TokenExchangeRole"]["Properties"]["Policies"]
        self.policy = policy["PolicyDocument"]["Statement"]

    def may(self, action, resource, **said):
        return allows(self.policy, action, f"arn:aws:s3:::example-{resource}", **said)

    def key(self, box=BOX, stream="p0"):
        hour = "dt=2026-11-21/hour=14/1-500-0123456789abcdef.ndjson.zst"
        return f"batches/v1/stream={stream}/property=alpenhof/box={box}/{hour}"

    def test_a_box_writes_its_own_batches_and_only_where_nothing_is(self):
        new = {"s3:if-none-match": "*"}
        for stream in ("p0", "p1", "p2", "p3"):
            self.assertTrue(self.may("s3:PutObject", self.key(stream=stream), **new))
        self.assertFalse(self.may("s3:PutObject", self.key()))
        self.assertFalse(self.may("s3:PutObject", self.key(box=OTHER), **new))
        self.assertTrue(self.may("s3:GetObject", self.key()))
        self.assertFalse(self.may("s3:GetObject", self.key(box=OTHER)))

    def test_backups_are_the_boxs_own(self):
        for action in ("s3:PutObject", "s3:GetObject"):
            self.assertTrue(self.may(action, f"backups/v1/backup/property=alpenhof/box={BOX}/x.zst"))
            self.assertFalse(self.may(action, f"backups/v1/backup/property=alpenhof/box={OTHER}/x.zst"))

    def test_releases_are_read_and_never_written(self):
        for bucket in ("artifacts", "models"):
            self.assertTrue(self.may("s3:GetObject", f"{bucket}/uplink/0.1.0/uplink"))
            self.assertFalse(self.may("s3:PutObject", f"{bucket}/uplink/0.1.0/uplink"))
            self.assertTrue(self.may("s3:GetBucketLocation", bucket))

    def test_a_box_deletes_nothing_and_lists_nothing(self):
        actions = {action for statement in self.policy for action in listed(statement["Action"])}
        self.assertEqual(
            actions,
            {"s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:GetBucketLocation"},
        )


class Taken(unittest.TestCase):
    """moto reads policies as IAM does, and refuses what is malformed."""

    def test_roles_and_policies_are_taken(self):
        with mock_aws():
            iam, core = boto3.client("iam"), boto3.client("iot", "eu-central-1")
            made = 0
            for stack in templates.names():
                for name, resource in filled(stack).items():
                    body = resource.get("Properties", {})
                    if resource["Type"] == "AWS::IAM::Role":
                        trust = json.dumps(body["AssumeRolePolicyDocument"])
                        iam.create_role(RoleName=f"{stack}-{name}", AssumeRolePolicyDocument=trust)
                        for policy in body["Policies"]:
                            text = json.dumps(policy["PolicyDocument"])
                            text = text.replace('"<', '"arn:aws:s3:::').replace('>"', '"')
                            iam.put_role_policy(
                                RoleName=f"{stack}-{name}",
                                PolicyName=policy["PolicyName"],
                                PolicyDocument=text,
                            )
                        made += 1
                    if resource["Type"] == "AWS::IoT::Policy":
                        text = json.dumps(body["PolicyDocument"])
                        core.create_policy(policyName=body["PolicyName"], policyDocument=text)
                        made += 1
            self.assertGreaterEqual(made, 9)
            alias = filled("fleet")["RoleAlias"]["Properties"]
            arn = iam.get_role(RoleName="fleet-TokenExchangeRole")["Role"]["Arn"]
            core.create_role_alias(roleAlias=alias["RoleAlias"], roleArn=arn)
            self.assertEqual(core.list_role_aliases()["roleAliases"], ["hotel-edge-token-exchange"])


if __name__ == "__main__":
    unittest.main()
