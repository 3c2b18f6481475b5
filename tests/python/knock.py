"""Forges certificates and knocks with each at every TLS listener: knock.py < PLAN. Prints, as JSON,
what became of each case at each door, and how often each door says it refused why.

The plan: {"dir", "ca", "key", "spiffe", "doors": [{"name", "host", "port", "ca", "greeting", "metrics"}]}.
Python's OpenSSL shares no code with the listeners of ours, and still speaks what they must not.
"""

import datetime
import json
import re
import socket
import ssl
import sys
import time
import urllib.request
import warnings
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as usage
from cryptography.x509.oid import NameOID

warnings.simplefilter("ignore")
DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.timezone.utc)
WAIT_S = 20
# Why the last case is refused.
LAST = "old-protocol"


def name(common_name, organisation=None):
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def authority(subject, issuer=None):
    key = new_key()
    signer = issuer[1] if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 3650 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return builder.sign(signer, hashes.SHA256()), key


def leaf(issuer, spiffe, key=None, cn=None, born=0, use=usage.CLIENT_AUTH):
    """A leaf of that issuer, or of itself, as old as `born` days, with its key."""
    key = key or new_key()
    subject = name(cn or spiffe.rsplit("/", 1)[1])
    begin = NOW - (born + 1) * DAY
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + 91 * DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    )
    if spiffe.startswith("spiffe:"):
        uri = x509.UniformResourceIdentifier(spiffe)
        builder = builder.add_extension(x509.SubjectAlternativeName([uri]), critical=False)
    return [builder.sign(issuer[1] if issuer else key, hashes.SHA256())], key


def cases(plan):
    """Every case: certificates and key, or none."""
    certificate = x509.load_pem_x509_certificate(Path(plan["ca"]).read_bytes())
    key = serialization.load_pem_private_key(Path(plan["key"]).read_bytes(), None)
    own, spiffe = (certificate, key), plan["spiffe"]
    twin = authority(certificate.subject)
    elsewhere = re.sub(r"/[^/]+/component/", "/elsewhere/component/", spiffe)
    other = authority(name("elsewhere property CA", "local"))
    between = authority(name("between"), own)
    below, below_key = leaf(between, spiffe)
    return {
        "right": leaf(own, spiffe),
        "none": None,
        "wrong-ca": leaf(twin, spiffe),
        "foreign": leaf(other, elsewhere),
        "self-signed": leaf(None, spiffe),
        "expired": leaf(own, spiffe, born=91),
        "not-valid-yet": leaf(own, spiffe, born=-3),
        "server-only": leaf(own, spiffe, use=usage.SERVER_AUTH),
        "weak-key": leaf(own, spiffe, key=rsa.generate_private_key(65537, 1024)),
        "missing-intermediate": (below, below_key),
        "intermediate": (below + [between[0]], below_key),
        "other-property": leaf(own, elsewhere),
        "nameless": leaf(own, "nobody", cn="nobody"),
        "other-name": leaf(own, spiffe, cn="iot-gateway"),
        "tls-1.1": leaf(own, spiffe),
    }


def write(folder, case, papers):
    if papers is None:
        return None
    chain, key = papers
    path = Path(folder) / f"{case}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pems = [certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain]
    path.write_bytes(b"".join([secret, *pems]))
    return path


def context(door, case, papers):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.load_verify_locations(door["ca"])
    made.set_ciphers("ALL:@SECLEVEL=0")
    if case == "tls-1.1":
        made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1_1
    if papers:
        made.load_cert_chain(papers)
    return made


def greeting(kind, who):
    if kind == "mqtt":
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + len(who).to_bytes(2, "big") + who.encode()
        return b"\x10" + bytes([len(body)]) + body
    return b"GET / HTTP/1.1\r\nHost: greengrass.local\r\nConnection: close\r\n\r\n"


def knock(door, case, papers, who):
    """What the door says: its first words, or how it ended the connection."""
    try:
        plain = socket.create_connection((door["host"], door["port"]), WAIT_S)
        with context(door, case, papers).wrap_socket(plain) as stream:
            stream.sendall(greeting(door["greeting"], who))
            words = stream.recv(64)
    except OSError as error:
        return f"refused: {getattr(error, 'reason', None) or error}"
    if not words:
        return "refused: closed"
    if door["greeting"] == "mqtt":
        return "in" if words[:1] == b"\x20" and words[3] == 0 else f"refused: {words!r}"
    return "in" if words.startswith(b"HTTP/1.1 ") else f"refused: {words!r}"


def refusals(door):
    """How often the door has refused, by reason; whoever is refused knows it before it is counted."""
    if not door.get("metrics"):
        return {}
    end = time.monotonic() + WAIT_S
    while True:
        text = urllib.request.urlopen(door["metrics"], timeout=WAIT_S).read().decode()
        pattern = r'^tls_handshakes_refused_total\{reason="([^"]+)"\} (\d+)$'
        counted = {reason: int(count) for reason, count in re.findall(pattern, text, re.M)}
        if LAST in counted or time.monotonic() > end:
            return counted


def main():
    plan = json.load(sys.stdin)
    papers = {case: write(plan["dir"], case, made) for case, made in cases(plan).items()}
    who, told = plan["spiffe"].rsplit("/", 1)[1], {}
    for door in plan["doors"]:
        outcomes = {case: knock(door, case, path, who) for case, path in papers.items()}
        told[door["name"]] = {"outcomes": outcomes, "refusals": refusals(door)}
    json.dump(told, sys.stdout)


main()
