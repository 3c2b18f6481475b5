"""The hook of provisioning, taken from its template and run against a table that decides as
DynamoDB does.
"""

import contextlib
import io
import json
import os
import re
import time
import unittest
from datetime import datetime, timedelta, timezone

import boto3
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from moto import mock_aws

import templates

FLEET = templates.read("fleet")
RESOURCES = templates.Values(FLEET).of(FLEET["Resources"])
SOURCE = RESOURCES["Hook"]["Properties"]["Code"]["ZipFile"]


def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AWS IoT Certificate")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def key():
    return ec.generate_private_key(ec.SECP256R1())


class Hook(unittest.TestCase):
    def setUp(self):
        cloud = mock_aws()
        cloud.start()
        self.addCleanup(cloud.stop)
        os.environ.update(AWS_DEFAULT_REGION="eu-central-1", BOXES="hotel-edge-boxes")
        declared = RESOURCES["Boxes"]["Properties"]
        fields = ("TableName", "KeySchema", "AttributeDefinitions", "BillingMode")
        self.table = boto3.resource("dynamodb").create_table(
            **{name: declared[name] for name in fields}
        )
        self.module = {}
        exec(compile(SOURCE, "hook", "exec"), self.module)
        self.expect("NUC-1")

    def expect(self, serial, **fields):
        box = {"serial": serial, "thing": "box-1", "property": "alpenhof"}
        box["expires_at"] = int(time.time()) + 3600
        self.table.put_item(Item={**box, **fields})

    def come(self, serial="NUC-1", by="claim-1", new="certificate-1", of=None, **parameters):
        """What the hook answers, and what it logs."""
        event = {
            "claimCertificateId": by,
            "certificateId": new,
            "certificatePem": certificate(of or key()),
            "parameters": {"SerialNumber": serial, **parameters},
        }
        log = io.StringIO()
        with contextlib.redirect_stdout(log):
            answer = self.module["handler"](event, None)
        return answer, json.loads(log.getvalue())

    def admitted(self, **event):
        answer, log = self.come(**event)
        self.assertIs(answer["allowProvisioning"], True, log)
        return answer["parameterOverrides"]

    def refused(self, why, **event):
        answer, log = self.come(**event)
        self.assertEqual(answer, {"allowProvisioning": False})
        self.assertEqual((log["event"], log["reason"]), ("refused", why))

    def test_an_expected_box_gets_the_name_and_groups_of_the_table(self):
        named = self.admitted(ThingName="box-of-another", Property="another")
        self.assertEqual(
            named,
            {
                "ThingName": "box-1",
                "Property": "alpenhof",
                "SegmentGroup": "hotel-alpenhof-main",
                "StageGroup": "hotel-stage-all",
            },
        )
        self.expect("NUC-2", segment="annexe", stage="canary")
        named = self.admitted(serial="NUC-2")
        self.assertEqual(named["SegmentGroup"], "hotel-alpenhof-annexe")
        self.assertEqual(named["StageGroup"], "hotel-stage-canary")

    def test_the_same_key_may_come_again_and_another_may_not(self):
        first = key()
        self.admitted(of=first)
        self.admitted(of=first, new="certificate-2")
        self.refused("came before with another key", new="certificate-3")
        self.admitted(of=first, new="certificate-4")

    def test_what_is_unknown_late_or_of_another_claim_is_refused(self):
        self.refused("unknown", serial="NUC-9")
        self.expect("NUC-2", expires_at=int(time.time()) - 1)
        self.refused("expired", serial="NUC-2")
        self.expect("NUC-3", claim="claim-3")
        self.refused("another claim", serial="NUC-3")
        self.admitted(serial="NUC-3", by="claim-3")

    def test_a_claim_is_worth_nothing_after_its_expiry_even_to_the_box_itself(self):
        first = key()
        self.admitted(of=first)
        self.table.update_item(
            Key={"serial": "NUC-1"},
            UpdateExpression="SET expires_at = :past",
            ExpressionAttributeValues={":past": int(time.time()) - 1},
        )
        self.refused("expired", of=first, new="certificate-2")

    def test_a_member_changes_its_key_with_its_certificate_also_when_an_answer_was_lost(self):
        self.admitted(new="certificate-1")
        self.table.update_item(
            Key={"serial": "NUC-1"},
            UpdateExpression="SET expires_at = :past",
            ExpressionAttributeValues={":past": int(time.time()) - 1},
        )
        second = key()
        self.admitted(by="certificate-1", new="certificate-2", of=second)
        # The box did not hear of it, and asks again with the same key.
        self.admitted(by="certificate-1", new="certificate-3", of=second)
        self.refused("expired", by="certificate-1", new="certificate-4")
        self.admitted(by="certificate-3", new="certificate-5")
        self.refused("expired", by="certificate-1", new="certificate-6", of=second)

    def test_a_certificate_of_one_box_is_no_membership_of_another(self):
        self.expect("NUC-2", thing="box-2", expires_at=1)
        self.admitted(new="certificate-1")
        self.refused("expired", serial="NUC-2", by="certificate-1", new="certificate-9")

    def test_a_box_that_was_struck_off_changes_no_key(self):
        self.admitted(new="certificate-1")
        self.table.delete_item(Key={"serial": "NUC-1"})
        self.refused("unknown", by="certificate-1", new="certificate-2")

    def test_what_cannot_be_read_is_refused(self):
        for serial in (None, "", 7, "x" * 65, ["NUC-1"]):
            self.refused("no serial number", serial=serial)
        log = io.StringIO()
        good = certificate(key())
        broken = ["", "-----BEGIN", good[: len(good) // 2], good.replace("M", "!", 1), "a\nMAA=\nb"]
        for pem in broken:
            event = {"certificatePem": pem, "parameters": {"SerialNumber": "NUC-1"}}
            with contextlib.redirect_stdout(log):
                self.assertEqual(self.module["handler"](event, None), {"allowProvisioning": False})

    def test_keys_of_every_kind_are_told_apart(self):
        large = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        digest = self.module["public_key"]
        self.assertEqual(digest(certificate(large)), digest(certificate(large)))
        self.assertNotEqual(digest(certificate(large)), digest(certificate(key())))

    def test_a_failing_table_fails_the_request_so_that_the_box_comes_again(self):
        self.table.delete()
        with self.assertRaises(ClientError):
            self.come()

    def test_neither_certificates_nor_keys_are_logged(self):
        _, log = self.come()
        self.assertEqual(set(log), {"event", "serial", "thing"})
        _, log = self.come()
        self.assertEqual(set(log), {"event", "serial", "reason"})


class Template(unittest.TestCase):
    def setUp(self):
        self.body = json.loads(RESOURCES["Template"]["Properties"]["TemplateBody"])

    def test_everything_but_the_serial_number_is_the_hooks_to_say(self):
        said = set(
            re.findall(
                r'"(\w+)": (?:box|group|"hotel-stage-")', SOURCE.split("parameterOverrides")[1]
            )
        )
        asked = {name for name in self.body["Parameters"] if not name.startswith("AWS::")}
        self.assertEqual(asked, {*said, "SerialNumber"})

    def test_a_thing_gets_our_type_our_policy_and_one_group_of_each_hierarchy(self):
        things = self.body["Resources"]
        self.assertEqual(things["policy"]["Properties"]["PolicyName"], "hotel-edge-core")
        thing = things["thing"]["Properties"]
        self.assertEqual(
            thing["ThingTypeName"], RESOURCES["BoxType"]["Properties"]["ThingTypeName"]
        )
        self.assertEqual(thing["ThingGroups"], [{"Ref": "SegmentGroup"}, {"Ref": "StageGroup"}])

    def test_every_stage_that_the_hook_may_name_is_a_group(self):
        groups = templates.resources(FLEET, "AWS::IoT::ThingGroup").values()
        named = {group["Properties"]["ThingGroupName"] for group in groups}
        stages = {f"hotel-stage-{stage}" for stage in ("canary", "early", "all")}
        self.assertEqual(named, {"hotel-fleet", "hotel-stages", *stages})


if __name__ == "__main__":
    unittest.main()
