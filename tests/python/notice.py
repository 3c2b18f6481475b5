"""Believes or refuses notices of a certificate authority, as docs/spec/authority.md says in section 9 and
nothing else: what firmware in another language has to do. Reads vectors/ca-replacement.json of `kit`.
"""

import base64
import json
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

LONGEST = 16 * 1024


class Refused(Exception):
    """The notice changes nothing."""


def octets(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def believe(body, root, tenant, property_, last):
    """The new CA and its number."""
    if body["v"] != 1 or len(body["notice"]) > LONGEST:
        raise Refused("notice")
    head, payload, signature = body["notice"].split(".")
    header = json.loads(octets(head))
    if header["typ"] != "hotel-ca-replacement+jwt" or header["alg"] != "ES256":
        raise Refused("typ")
    (shown,) = header["x5c"]
    pinned = root.public_key()
    if x509.load_der_x509_certificate(base64.b64decode(shown)).public_key() != pinned:
        raise Refused("root")
    try:
        raw = octets(signature)
        if len(raw) != 64:
            raise Refused("signature")
        numbers = [int.from_bytes(half, "big") for half in (raw[:32], raw[32:])]
        signed = f"{head}.{payload}".encode()
        pinned.verify(utils.encode_dss_signature(*numbers), signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError) as error:
        raise Refused("signature") from error
    notice = json.loads(octets(payload))
    if notice["v"] != 1 or notice["tenant"] != tenant:
        raise Refused("tenant")
    if notice["property"] != property_:
        raise Refused("property")
    ca = x509.load_der_x509_certificate(octets(notice["ca"]))
    ca.verify_directly_issued_by(ca)
    constraints = ca.extensions.get_extension_for_class(x509.BasicConstraints).value
    if not constraints.ca or constraints.path_length != 0:
        raise Refused("ca")
    if notice["number"] <= last:
        raise Refused("number")
    return notice["number"], octets(notice["ca"])


def main(path):
    with open(path, encoding="utf-8") as file:
        given = json.load(file)
    root = x509.load_der_x509_certificate(octets(given["root"]))
    known = (root, given["tenant"], given["property"], given["last"])
    taken = given["taken"]
    if believe(taken["body"], *known) != (taken["number"], octets(taken["ca"])):
        sys.exit("the notice is taken for another")
    for told in given["refused"]:
        try:
            believe(told["body"], *known)
        except Refused as refused:
            if str(refused) != told["why"]:
                sys.exit(f"{told['why']}: refused for {refused}")
        else:
            sys.exit(f"{told['why']}: taken")
    print(f"1 notice taken, {len(given['refused'])} refused")


main(sys.argv[1])
