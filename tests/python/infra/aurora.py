"""The hub over TLS in a database whose certificate no machine trusts by itself, as Aurora's; with the
identity that the runbook makes, and the files that its script fetches. The programs are those in
HOTEL_ARTIFACTS.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import programs
import templates

ARTIFACTS = Path(os.environ.get("HOTEL_ARTIFACTS", templates.ROOT / "target/debug"))
PATIENCE_S = 60
PASSWORD = "geheim"


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def openssl(folder, name, *more):
    """A key and a certificate of `name`; signed by `ca`, or by itself."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run("openssl", "req", "-x509", *key, "-days", "2", "-subj", f"/CN={name}",
        "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem", *more)  # fmt: skip


class Postgres:
    """A cluster on TCP with TLS. PostgreSQL refuses root, who then runs it in a user namespace."""

    def __init__(self, folder):
        self.folder, self.port, self.bin = folder, free_port(), newest()
        self.us = []
        if os.getuid() == 0:
            import pwd

            somebody = pwd.getpwnam("postgres")
            whom = [f"--map-user={somebody.pw_uid}", f"--map-group={somebody.pw_gid}"]
            self.us = ["unshare", "--user", *whom]
        openssl(folder, "ca")
        signed = ["-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key"]
        openssl(
            folder,
            "localhost",
            *signed,
            "-extensions",
            "usr_cert",
            "-addext",
            "subjectAltName=DNS:localhost",
        )
        run(*self.us, f"{self.bin}/initdb", "--pgdata", f"{folder}/cluster", "--username", "boss",
            "--auth", "trust", "--no-sync", "--locale", "C.UTF-8")  # fmt: skip
        rules = "hostssl cloud cloud_owner,cloud_sync all scram-sha-256\nlocal all all trust\n"
        (folder / "cluster/pg_hba.conf").write_text(rules)
        settings = {
            "port": self.port,
            "listen_addresses": "localhost",
            "unix_socket_directories": folder,
            "ssl": "on",
            "ssl_cert_file": f"{folder}/localhost.pem",
            "ssl_key_file": f"{folder}/localhost.key",
            "fsync": "off",
        }
        told = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [*self.us, f"{self.bin}/postgres", "-D", f"{folder}/cluster", *told]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        eventually("PostgreSQL answers", lambda: self.sql("SELECT 1", check=False) == 0)

    def sql(self, text, database="postgres", check=True):
        command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder)]
        command += ["-p", str(self.port), "-U", "boss", database]
        done = subprocess.run(command, input=text, text=True, capture_output=True)
        assert done.returncode == 0 or not check, done.stderr
        return done.returncode

    def end(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)


def newest():
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]


def eventually(what, look):
    until = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < until, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.1)


class Aurora(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        (self.top / "database").mkdir()
        self.database = Postgres(self.top / "database")
        self.addCleanup(self.database.end)
        self.admin, self.port = free_port(), free_port()

    def edgectl(self, *arguments):
        run(ARTIFACTS / "edgectl", *arguments)

    def found(self):
        """What the runbook says: an identity, a certificate of the server, a hotel on the list."""
        cloud, server = str(self.top / "cloud"), str(self.top / "server")
        self.edgectl("property", "create", "--dir", cloud, "--tenant", "acme", "--property", "cloud",
            "--box", "hub")  # fmt: skip
        self.edgectl("component", "issue", "replica-sync", "--dir", cloud)
        self.edgectl("property", "cloud-server", "--dir", cloud, "--out", server, "hub.example.com")
        parameters = self.top / "aws/parameters/hotel-edge/hub"
        shutil.copytree(server, parameters / "server")
        shutil.copytree(f"{cloud}/identity/replica-sync", parameters / "identity")
        listed = self.top / "aws/buckets/registry/properties"
        listed.mkdir(parents=True)
        record = Path(cloud, "property/chain/registration.json")
        shutil.copy(record, listed / "acme.cloud.json")

    def roles(self):
        source = programs.roles()
        told = source["statements"](PASSWORD, os.urandom(16), "cloud_owner", "cloud_sync", "cloud")
        self.database.sql("CREATE ROLE master CREATEROLE CREATEDB;")
        self.database.sql("CREATE DATABASE cloud OWNER master;")
        self.database.sql(";\n".join(["SET SESSION AUTHORIZATION master", *told]), "cloud")

    def settings(self):
        told = json.loads(programs.settings("HubTask").replace("/files/", f"{self.top}/files/"))
        told["admin"]["port"] = str(self.admin)
        told["listener"] = {"host": "127.0.0.1", "port": str(self.port)}
        place = {"host": "localhost", "port": str(self.database.port), "name": "cloud"}
        told["database"].update(place, user="cloud_sync", owner="cloud_owner")
        return json.dumps(told)

    def fetch(self):
        program = self.top / "bin/aws"
        program.parent.mkdir()
        program.write_text(programs.AWS)
        program.chmod(0o755)
        environment = {
            "PATH": f"{self.top}/bin:/usr/bin:/bin",
            "CLOUD_PARAMETERS": f"{self.top}/aws/parameters",
            "CLOUD_BUCKETS": f"{self.top}/aws/buckets",
            "FILES": f"{self.top}/files",
            "OWNER": f"{os.getuid()}:{os.getgid()}",
            "PARAMETERS": "/hotel-edge/hub",
            "REGISTRY": "registry",
            "SETTINGS": self.settings(),
            "PASSWORD": PASSWORD,
        }
        run("/bin/bash", "-c", programs.SCRIPTS["Fetch"], "once", env=environment)

    def hub(self, **environment):
        environment["HOTEL_CONFIG"] = f"{self.top}/files/settings.json"
        log = open(self.top / "log", "w")
        self.addCleanup(log.close)
        return subprocess.Popen([ARTIFACTS / "replica-sync"], env=environment, stdout=log)

    def said(self):
        """What /readyz says, once it says something."""
        try:
            with socket.create_connection(("127.0.0.1", self.admin)) as asked:
                asked.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
                return asked.makefile().read()
        except OSError:
            return ""

    def is_ready(self):
        command = ["/bin/bash", "-c", programs.SCRIPTS["Ready"], str(self.admin)]
        return subprocess.run(command, capture_output=True).returncode == 0

    def test_the_hub_trusts_auroras_authorities_where_the_image_names_them_and_only_there(self):
        self.found()
        self.roles()
        self.fetch()
        for environment, ready in (
            ({}, lambda: "certificate" in self.said() and not self.is_ready()),
            ({"SSL_CERT_FILE": f"{self.top}/database/ca.pem"}, self.is_ready),
        ):
            hub = self.hub(**environment)
            try:
                eventually(f"the hub under {environment}: {self.said()}", ready)
            finally:
                hub.terminate()
                self.assertEqual(hub.wait(PATIENCE_S), 0)
        # The watch counts lines by their level.
        levels = {json.loads(line)["level"] for line in (self.top / "log").read_text().splitlines()}
        self.assertLessEqual(levels, {"ERROR", "WARN", "INFO"})
        self.assertIn("INFO", levels)


if __name__ == "__main__":
    unittest.main()
