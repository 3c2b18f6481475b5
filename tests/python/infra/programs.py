"""The programs of the cloud: their settings, the files beside them, who reaches them, and the roles of
their database. `programs.py story` prints what tests/it/infra.rs runs on real parts.
"""

import base64
import json
import os
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import yaml

import templates

CLOUD, PROGRAMS = templates.read("cloud"), templates.read("programs")
# Not of this stack's making: what AWS calls the database.
HOST = {"hotel-edge-database-host": "database.example.internal"}
FILLED = templates.Values(PROGRAMS, **HOST).of(PROGRAMS["Resources"])
GROUND = templates.Values(CLOUD).of(CLOUD["Resources"])
SCRIPTS = PROGRAMS["Mappings"]["Scripts"]["Files"]


def containers(task):
    return {one["Name"]: one for one in FILLED[task]["Properties"]["ContainerDefinitions"]}


def environment(container):
    return {one["Name"]: one["Value"] for one in container["Environment"]}


def settings(task):
    return environment(containers(task)["files"])["SETTINGS"]


def roles():
    source = {}
    code = GROUND["DatabaseRolesFunction"]["Properties"]["Code"]["ZipFile"]
    exec(compile(code, "roles", "exec"), source)
    return source


def recipe(name):
    text = (templates.ROOT / f"recipes/{name}/recipe.yaml").read_text()
    (body,) = (part for part in yaml.safe_load_all(text) if part)
    return body["ComponentConfiguration"]["DefaultConfiguration"]


class Settings(unittest.TestCase):
    def test_the_hub_synchronises_what_boxes_do(self):
        told = json.loads(settings("HubTask"))["tables"]
        # Tablets do not come to a hub, so nobody has access there.
        boxes = [
            {k: v for k, v in table.items() if k != "access"}
            for table in recipe("replica-sync")["tables"]
        ]
        self.assertEqual(told, boxes)

    def test_every_key_is_one_of_the_recipe(self):
        for task, component in (("HubTask", "replica-sync"), ("SignalingTask", "signaling")):
            told, known = json.loads(settings(task)), recipe(component)
            self.assertLessEqual(set(told), set(known))
            for key, value in told.items():
                if isinstance(value, dict):
                    self.assertLessEqual(set(value), set(known[key]), key)

    def test_ports_are_the_same_from_the_balancer_to_the_program(self):
        for name, key, title in (
            ("Hub", "listener", "hub"),
            ("Signaling", "tls_listener", "signaling"),
        ):
            told, all_ = json.loads(settings(f"{name}Task")), containers(f"{name}Task")
            port = int(told[key]["port"])
            (mapped,) = all_[title]["PortMappings"]
            (balanced,) = FILLED[f"{name}Service"]["Properties"]["LoadBalancers"]
            targets = GROUND[f"{name}Targets"]["Properties"]
            (ingress,) = GROUND[f"{name}Group"]["Properties"]["SecurityGroupIngress"]
            told_ports = {
                mapped["ContainerPort"],
                balanced["ContainerPort"],
                targets["Port"],
                ingress["FromPort"],
            }
            self.assertEqual(told_ports, {port}, name)
            self.assertEqual(all_["refresh"]["HealthCheck"]["Command"][-1], told["admin"]["port"])

    def test_the_password_is_in_no_template(self):
        (secret,) = containers("HubTask")["files"]["Secrets"]
        self.assertEqual(secret["Name"], "PASSWORD")
        self.assertEqual(json.loads(settings("HubTask"))["database"]["password"], "@PASSWORD@")

    def test_programs_run_as_nobody_and_write_nowhere_but_to_their_files(self):
        for task, title in (("HubTask", "hub"), ("SignalingTask", "signaling")):
            program = containers(task)[title]
            self.assertEqual(program["User"], "65532")
            self.assertIs(program["ReadonlyRootFilesystem"], True)
            self.assertEqual(program["LinuxParameters"]["Capabilities"], {"Drop": ["ALL"]})

    def test_one_signaling_never_meets_another(self):
        rule = FILLED["SignalingService"]["Properties"]
        self.assertEqual(
            (rule["DesiredCount"], rule["DeploymentConfiguration"]["MaximumPercent"]), (1, 100)
        )


class Network(unittest.TestCase):
    def sources(self, group):
        return [
            rule.get("SourceSecurityGroupId")
            for rule in GROUND[group]["Properties"]["SecurityGroupIngress"]
        ]

    def test_everything_comes_in_by_the_balancer_and_only_hubs_reach_the_database(self):
        self.assertEqual(self.sources("HubGroup"), ["<BalancerGroup>"])
        self.assertEqual(self.sources("SignalingGroup"), ["<BalancerGroup>"])
        self.assertEqual(self.sources("DatabaseGroup"), ["<HubGroup>"])
        self.assertIs(GROUND["DatabaseOne"]["Properties"]["PubliclyAccessible"], False)

    def test_tls_passes_through_and_the_address_of_the_peer_is_kept(self):
        for name in ("Hub", "Signaling"):
            self.assertEqual(GROUND[f"{name}Listener"]["Properties"]["Protocol"], "TCP")
            told = GROUND[f"{name}Targets"]["Properties"]["TargetGroupAttributes"]
            self.assertIn({"Key": "preserve_client_ip.enabled", "Value": "true"}, told)

    def test_the_subnets_of_the_database_have_no_way_out(self):
        routed = {
            body["Properties"]["SubnetId"]
            for body in GROUND.values()
            if body["Type"] == "AWS::EC2::SubnetRouteTableAssociation"
        }
        self.assertEqual(routed, {"<PublicFirst>", "<PublicSecond>"})


class Images(unittest.TestCase):
    """The files that images are made from; nothing here could build one."""

    def lines(self, title):
        text = (templates.ROOT / f"infra/docker/{title}.Dockerfile").read_text()
        text = text.replace("\\\n", " ")
        return [line.split() for line in text.splitlines() if line and not line.startswith("#")]

    def test_images_hold_the_program_that_the_task_expects(self):
        for task, title, component in (
            ("HubTask", "hub", "replica-sync"),
            ("SignalingTask", "signaling", "signaling"),
        ):
            lines, program = self.lines(title), containers(task)[title]
            last = {line[0]: line[1:] for line in lines}
            (port,) = program["PortMappings"]
            self.assertEqual(last["EXPOSE"], [str(port["ContainerPort"])])
            # Distroless calls 65532 so.
            self.assertEqual((last["USER"], program["User"]), (["nonroot"], "65532"))
            self.assertEqual(last["ENTRYPOINT"], [f'["/usr/local/bin/{component}"]'])
            variables = dict(part.split("=", 1) for part in last["ENV"])
            self.assertEqual(variables["HOTEL_CONFIG"], environment(program)["HOTEL_CONFIG"])
            built = next(line for line in lines if line[:3] == ["RUN", "cargo", "build"])
            self.assertIn("--locked", built)
            self.assertEqual(built[built.index("--bin") + 1], component)
            self.assertTrue((templates.ROOT / f"components/{component}/src/main.rs").exists())

    def test_the_hub_is_told_where_the_authorities_of_its_database_are(self):
        lines = self.lines("hub")
        copied = [line[-1] for line in lines if line[0] == "COPY"]
        (told,) = [line[1:] for line in lines if line[0] == "ENV"]
        named = dict(part.split("=", 1) for part in told)["SSL_CERT_FILE"]
        self.assertIn(named, copied)

    def test_what_was_never_built_says_so(self):
        for title in ("hub", "signaling"):
            text = (templates.ROOT / f"infra/docker/{title}.Dockerfile").read_text()
            self.assertIn("Written, not built here", text)


# Plays Systems Manager and S3 from a directory; fails for what is not there.
AWS = """#!/bin/bash
set -e
case "$1 $2" in
  "ssm get-parameter")
    all=$*
    while [[ $1 != --name ]]; do shift; done
    if [[ $all == *LastModifiedDate* ]]; then
      date --iso-8601=ns --reference="$CLOUD_PARAMETERS$2"
    else
      cat "$CLOUD_PARAMETERS$2"
    fi
    ;;
  "s3 sync")
    from=$CLOUD_BUCKETS/${5#s3://} to=$6
    [[ -d $from ]]
    rm -f "$to"/*
    cp "$from"/* "$to"
    ;;
  *) exit 2 ;;
esac
"""
# Ends the loop after as many rounds as NIGHTS has lines.
SLEEP = """#!/bin/bash
[[ -s $NIGHTS ]] || exit 1
sed -i 1d "$NIGHTS"
"""
FILES = (
    "server/key.pem",
    "server/cert.pem",
    "identity/key.pem",
    "identity/cert.pem",
    "identity/ca.pem",
)


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        for name, text in (("aws", AWS), ("sleep", SLEEP)):
            program = self.top / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(text)
            program.chmod(0o755)
        for name in FILES:
            self.cloud("parameters/hotel-edge/hub/" + name, f"first {name}")
        self.cloud("buckets/registry/properties/acme.alpenhof.json", "{}")
        (self.top / "nights").write_text("")

    def cloud(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_script(self, way):
        return subprocess.run(
            ["/bin/bash", "-c", SCRIPTS["Fetch"], way],
            capture_output=True,
            text=True,
            timeout=30,
            env={
                "PATH": f"{self.top}/bin:/usr/bin:/bin",
                "CLOUD_PARAMETERS": f"{self.top}/parameters",
                "CLOUD_BUCKETS": f"{self.top}/buckets",
                "NIGHTS": f"{self.top}/nights",
                "FILES": f"{self.top}/files",
                "OWNER": f"{os.getuid()}:{os.getgid()}",
                "PARAMETERS": "/hotel-edge/hub",
                "REGISTRY": "registry",
                "SETTINGS": settings("HubTask"),
                "PASSWORD": "geheim",
                "RENEW_DAYS": str(environment(containers("HubTask")["refresh"])["RENEW_DAYS"]),
            },
        )

    def text(self, name):
        return (self.top / "files" / name).read_text()

    def test_everything_is_there_before_the_program_and_for_its_eyes_only(self):
        done = self.run_script("once")
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in FILES:
            self.assertEqual(self.text(name), f"first {name}")
        self.assertEqual(json.loads(self.text("settings.json"))["database"]["password"], "geheim")
        self.assertEqual(self.text("properties/acme.alpenhof.json"), "{}")
        for path in (self.top / "files").rglob("*"):
            mode = stat.S_IMODE(path.stat().st_mode)
            self.assertEqual(mode & 0o077, 0, path)
        self.assertNotIn("geheim", done.stdout + done.stderr)

    def test_a_missing_parameter_keeps_the_program_from_starting(self):
        (self.top / "parameters/hotel-edge/hub/server/key.pem").unlink()
        self.assertNotEqual(self.run_script("once").returncode, 0)
        self.assertFalse((self.top / "files/settings.json").exists())

    def test_what_is_renewed_or_struck_off_is_taken_up(self):
        self.run_script("once")
        self.cloud("parameters/hotel-edge/hub/server/cert.pem", "second")
        self.cloud("buckets/registry/properties/acme.seeblick.json", "{}")
        (self.top / "buckets/registry/properties/acme.alpenhof.json").unlink()
        (self.top / "nights").write_text("1\n")
        self.run_script("always")
        self.assertEqual(self.text("server/cert.pem"), "second")
        left = [path.name for path in (self.top / "files/properties").iterdir()]
        self.assertEqual(left, ["acme.seeblick.json"])

    def test_what_cannot_be_fetched_stays_and_is_told(self):
        self.run_script("once")
        (self.top / "parameters/hotel-edge/hub/server/cert.pem").unlink()
        (self.top / "nights").write_text("1\n2\n")
        done = self.run_script("always")
        self.assertEqual(self.text("server/cert.pem"), "first server/cert.pem")
        warnings = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([warning["level"] for warning in warnings], ["WARN", "WARN"])

    def test_a_certificate_that_is_due_is_an_error_until_there_is_a_new_one(self):
        self.run_script("once")
        (self.top / "nights").write_text("1\n")
        self.assertEqual(self.run_script("always").stdout, "")
        old = time.time() - 61 * 86_400
        os.utime(self.top / "parameters/hotel-edge/hub/server/cert.pem", (old, old))
        (self.top / "nights").write_text("1\n")
        told = json.loads(self.run_script("always").stdout)
        self.assertEqual(told["level"], "ERROR")
        self.assertIn("renewal", told["message"])


class Roles(unittest.TestCase):
    def test_a_password_reaches_the_database_as_a_verifier_only(self):
        # RFC 7677, chapter 3: the same user, password and salt.
        salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
        verifier = roles()["verifier"]("pencil", salt)
        self.assertEqual(
            verifier,
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
            ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        )
        text = "\n".join(roles()["statements"]("geheim", salt))
        self.assertNotIn("geheim", text)


def story():
    statements = roles()["statements"](
        "geheim", os.urandom(16), "cloud_owner", "cloud_sync", "cloud"
    )
    told = {
        "fetch": SCRIPTS["Fetch"],
        "ready": SCRIPTS["Ready"],
        "aws": AWS,
        "hub": settings("HubTask"),
        "signaling": settings("SignalingTask"),
        "roles": list(statements),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    story() if sys.argv[1:] == ["story"] else unittest.main()
