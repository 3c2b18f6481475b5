"""Batches: that the table is the form in which `uplink` writes them, that every question runs on
objects of that form, and that the life cycle keeps what it says.

Athena itself cannot run here. DuckDB does, on the same partitions and the same zstd: the questions
keep to what both understand, apart from two names that are given to it first.
"""

import datetime
import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import boto3
import duckdb
from botocore.exceptions import ClientError
from moto import mock_aws

import templates

DATA = templates.read("data")
FILLED = templates.Values(DATA).of(DATA["Resources"])
TABLE = FILLED["Lines"]["Properties"]["TableInput"]
SCHEMA = json.loads((templates.ROOT / "components/wire/schemas/uplink-line.json").read_text())
DAY = "2026-11-21"
# Trino's names that DuckDB calls otherwise.
MACROS = """
CREATE MACRO json_extract_scalar(document, path) AS json_extract_string(document, path);
CREATE MACRO from_unixtime(seconds) AS make_timestamp(CAST(seconds * 1000000 AS BIGINT));
"""


def kind(schema):
    """The type of a column for a member of the schema."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return {"Integer": "bigint", "Version1": "int"}.get(name) or kind(SCHEMA["$defs"][name])
    if schema.get("additionalProperties") is True:
        return "string"  # JSON, asked by json_extract
    if schema["type"] == "object":
        members = ",".join(f"{name}:{kind(of)}" for name, of in sorted_as_written(schema))
        return f"struct<{members}>"
    return schema["type"]


def sorted_as_written(schema):
    return [(name, schema["properties"][name]) for name in schema["required"]]


class Table(unittest.TestCase):
    def test_columns_are_the_members_of_a_line(self):
        columns = [
            (column["Name"], column["Type"]) for column in TABLE["StorageDescriptor"]["Columns"]
        ]
        self.assertEqual(columns, [(name, kind(of)) for name, of in sorted_as_written(SCHEMA)])

    def test_partitions_are_the_parts_of_a_key(self):
        parts = re.findall(r"(\w+)=\{", SCHEMA["description"])
        self.assertEqual([key["Name"] for key in TABLE["PartitionKeys"]], parts)
        place = TABLE["Parameters"]["storage.location.template"]
        documented = re.search(r"`(v1/\S+)/\{first\}", SCHEMA["description"])[1]
        documented = documented.replace("{YYYY-MM-DD}", "{dt}").replace("{HH}", "{hour}")
        self.assertEqual(place, "s3://example-batches/" + documented.replace("{", "${"))

    def test_every_partition_is_projected_to_where_uplink_writes(self):
        rule = TABLE["Parameters"]
        self.assertEqual(rule["projection.enabled"], "true")
        for key in TABLE["PartitionKeys"]:
            self.assertIn(f"projection.{key['Name']}.type", rule)
        self.assertEqual(rule["projection.dt.format"], "yyyy-MM-dd")
        self.assertEqual(
            (rule["projection.hour.range"], rule["projection.hour.digits"]), ("0,23", "2")
        )

    def test_hotels_are_listed_or_named_by_every_question(self):
        self.assertEqual(TABLE["Parameters"]["projection.property.type"], "injected")
        self.assertNotIn("projection.property.values", TABLE["Parameters"])
        few = templates.Values(DATA, Properties="alpenhof,seeblick", Boxes="box-1")
        rule = few.of(DATA["Resources"]["Lines"])["Properties"]["TableInput"]["Parameters"]
        self.assertEqual(rule["projection.property.type"], "enum")
        self.assertEqual(rule["projection.property.values"], "alpenhof,seeblick")

    def test_streams_are_those_of_the_wire(self):
        source = (templates.ROOT / "components/wire/src/record.rs").read_text()
        streams = re.findall(r'Self::P\d => "(p\d)"', source)
        self.assertEqual(TABLE["Parameters"]["projection.stream.values"].split(","), streams)


def pack(lines):
    """As uplink does, with the empty frame at the end that readers must pass over."""
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    packed = subprocess.run(["zstd", "-3", "-c", "-q"], input=text, capture_output=True, check=True)
    return packed.stdout + bytes.fromhex("502a4d1800000000")


class Lake:
    """Objects in a directory, under the keys that uplink gives them."""

    def __init__(self, directory):
        self.directory, self.place = Path(directory), 0

    def put(self, stream, *records, property="alpenhof", box="box-1", day=DAY, hour=14):
        lines = []
        for at, sort, body in records:
            self.place += 1
            record = {"at": at, "kind": sort, "body": body}
            lines.append(
                {
                    "v": 1,
                    "place": self.place,
                    "principal": "iot-gateway",
                    "batch": "b",
                    "record": record,
                }
            )
        first = self.place - len(lines) + 1
        name = f"{first}-{self.place}-0123456789abcdef.ndjson.zst"
        values = dict(stream=stream, property=property, box=box, dt=day, hour=f"{hour:02}")
        folder = TABLE["Parameters"]["storage.location.template"].split("/", 3)[3]
        for key, value in values.items():
            folder = folder.replace("${" + key + "}", value)
        path = self.directory / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pack(lines))

    def ask(self, name, *values):
        """The rows of a named query; each a dictionary."""
        named = templates.resources(DATA, "AWS::Athena::NamedQuery").values()
        (question,) = [body["Properties"] for body in named if body["Properties"]["Name"] == name]
        columns = {
            column["Name"]: column["Type"].replace("bigint", "BIGINT")
            for column in TABLE["StorageDescriptor"]["Columns"]
        }
        columns["record"] = 'STRUCT("at" BIGINT, kind VARCHAR, body VARCHAR)'
        columns = ", ".join(
            f"'{name}': '{of.replace('string', 'VARCHAR')}'" for name, of in columns.items()
        )
        types = ", ".join(f"'{key['Name']}': VARCHAR" for key in TABLE["PartitionKeys"])
        database = duckdb.connect()
        database.execute(MACROS)
        database.execute(
            f"CREATE VIEW lines AS SELECT * FROM read_json('{self.directory}/**/*.ndjson.zst',"
            f" format = 'newline_delimited', compression = 'zstd', columns = {{{columns}}},"
            f" hive_partitioning = true, hive_types = {{{types}}})"
        )
        asked = database.execute(question["QueryString"], list(values))
        heads = [column[0] for column in asked.description]
        return [dict(zip(heads, row)) for row in asked.fetchall()]


def entry(sort, **fact):
    return {"body": {"v": 1, "seq": 1, "at": 1, "kind": sort, **fact}, "sha256": "00" * 32}


class Questions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.lake = Lake(folder.name)
        self.hotel = ("alpenhof", "box-1", DAY, DAY)

    def test_doors_opened_says_who_and_how_it_ended(self):
        actor = {"principal": "desk-1", "role": "front-desk"}
        door = {"device": "room-101-lock", "room": "101", "operation": "unlock"}
        intent = {**door, "actor": actor}
        self.lake.put(
            "p0",
            (1000, "audit-entry", entry("intent", execution="a", **intent)),
            (2000, "audit-entry", entry("outcome", execution="a", outcome="succeeded", **door)),
            (3000, "audit-entry", entry("intent", execution="b", **intent)),
            (
                4000,
                "audit-entry",
                entry("intent", execution="c", **{**intent, "operation": "lock"}),
            ),
            (5000, "audit-head", {"v": 1}),
        )
        self.lake.put(
            "p0", (1000, "audit-entry", entry("intent", execution="z", **intent)), box="box-2"
        )
        self.lake.put(
            "p0", (1000, "audit-entry", entry("intent", execution="y", **intent)), day="2026-11-22"
        )
        rows = self.lake.ask("doors-opened", *self.hotel)
        self.assertEqual([row["outcome"] for row in rows], ["succeeded", "not known yet"])
        self.assertEqual(
            {name: rows[0][name] for name in ("room", "actor", "role", "approver")},
            {"room": "101", "actor": "desk-1", "role": "front-desk", "approver": None},
        )
        self.assertEqual(rows[0]["when"], datetime.datetime(1970, 1, 1, 0, 0, 0, 1000))

    def test_doors_refused_counts_by_reason(self):
        fact = {"room": "101", "actor": "desk-1", "problem": {"code": "forbidden"}}
        refusal = (1, "audit-entry", entry("refused", **fact))
        self.lake.put("p0", refusal, refusal)
        self.assertEqual(
            self.lake.ask("doors-refused", *self.hotel),
            [{"room": "101", "actor": "desk-1", "reason": "forbidden", "times": 2}],
        )

    def test_alarms_names_the_device(self):
        body = {
            "device": "room-101-lock",
            "room": "101",
            "message": {"kind": "low-battery", "alarm": True},
        }
        self.lake.put("p0", (1000, "device-event", body), (2000, "device-event", body))
        (row,) = self.lake.ask("alarms", *self.hotel)
        self.assertEqual(
            (row["device"], row["alarm"], row["times"]), ("room-101-lock", "low-battery", 2)
        )

    def test_devices_with_gaps_adds_what_was_lost(self):
        gap = {"device": "room-101-lock", "boot": 1, "first_seq": 5, "last_seq": 9}
        more = {**gap, "first_seq": 20, "last_seq": 20}
        self.lake.put("p1", (1000, "device-gap", gap), (2000, "device-gap", more))
        (row,) = self.lake.ask("devices-with-gaps", *self.hotel)
        self.assertEqual((row["device"], row["lost"]), ("room-101-lock", 6))

    def test_devices_silent_puts_the_longest_silent_first(self):
        def said(device):
            return {"device": device, "room": "101", "message": {"at": 1, "value": 20.5}}

        self.lake.put("p2", (9_000, "telemetry", said("a")), (1_000, "telemetry", said("b")))
        self.lake.put("p1", (5_000, "reported", said("c")), hour=15)
        rows = self.lake.ask("devices-silent", *self.hotel)
        self.assertEqual([row["device"] for row in rows], ["b", "c", "a"])

    def test_every_question_is_of_kinds_that_components_write(self):
        sources = "".join(
            path.read_text()
            for name in ("wire", "iot-gateway")
            for path in templates.ROOT.glob(f"components/{name}/src/**/*.rs")
        )
        for body in templates.resources(DATA, "AWS::Athena::NamedQuery").values():
            question = body["Properties"]["QueryString"]
            for asked in re.findall(r"record\.kind (?:= |IN \()([^)\n]+)", question):
                for word in re.findall(r"'([a-z-]+)'", asked):
                    self.assertIn(f'"{word}"', sources, body["Properties"]["Name"])


class Keeping(unittest.TestCase):
    def test_every_stream_has_its_end_and_none_before_its_lock(self):
        rules = FILLED["Batches"]["Properties"]["LifecycleConfiguration"]["Rules"]
        days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
        streams = TABLE["Parameters"]["projection.stream.values"].split(",")
        self.assertEqual(list(days), [f"v1/stream={stream}/" for stream in streams])
        self.assertEqual(sorted(days.values(), reverse=True), list(days.values()))
        retention = FILLED["Batches"]["Properties"]["ObjectLockConfiguration"]["Rule"]
        self.assertGreater(min(days.values()), retention["DefaultRetention"]["Days"])

    def test_a_batch_cannot_be_deleted_or_replaced_while_it_is_locked(self):
        with mock_aws():
            s3 = boto3.client("s3", "us-east-1")
            body = FILLED["Batches"]["Properties"]
            name = body["BucketName"]
            s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=body["ObjectLockEnabled"])
            lock = {
                "ObjectLockEnabled": "Enabled",
                "Rule": body["ObjectLockConfiguration"]["Rule"],
            }
            s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
            version = s3.put_object(Bucket=name, Key="v1/x", Body=b"1", IfNoneMatch="*")[
                "VersionId"
            ]
            with self.assertRaises(ClientError):
                s3.put_object(Bucket=name, Key="v1/x", Body=b"2", IfNoneMatch="*")
            with self.assertRaises(ClientError):
                s3.delete_object(Bucket=name, Key="v1/x", VersionId=version)

    def test_life_cycles_are_taken(self):
        with mock_aws():
            s3 = boto3.client("s3", "us-east-1")
            for stack in ("data", "cloud"):
                template = templates.read(stack)
                for bucket in templates.resources(template, "AWS::S3::Bucket").values():
                    body = templates.Values(template).of(bucket["Properties"])
                    s3.create_bucket(Bucket=body["BucketName"])
                    if "LifecycleConfiguration" in body:
                        rules = [spelled(rule) for rule in body["LifecycleConfiguration"]["Rules"]]
                        s3.put_bucket_lifecycle_configuration(
                            Bucket=body["BucketName"], LifecycleConfiguration={"Rules": rules}
                        )
            names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
            kinds = ("answers", "artifacts", "backups", "batches", "models", "registry")
            self.assertEqual(names, {f"example-{kind}" for kind in kinds})


def spelled(rule):
    """A rule as S3 itself calls its parts."""
    told = {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
    }
    if "ExpirationInDays" in rule:
        told["Expiration"] = {"Days": rule["ExpirationInDays"]}
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in rule:
            told[name] = rule[name]
    return told


if __name__ == "__main__":
    unittest.main()
