"""The authority that issues certificates of things, as AWS IoT's own does.

moto signs another key than the one in a CSR, so its certificates are good for no connection; these
are. The same authority issues the certificate of our own TLS listener.
"""

import ssl
import tempfile
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption
from cryptography.hazmat.primitives.serialization import PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from errors import Refused


class Authority:
    """A certificate authority that lives as long as this process."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = common_name("AWS IoT of a test")
        self.certificate = (
            self.draft(self.name, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(signs_certificates(), critical=True)
            .sign(self.key, SHA256())
        )

    def draft(self, subject, public_key):
        now = datetime.now(timezone.utc)
        identifier = x509.SubjectKeyIdentifier.from_public_key(public_key)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .add_extension(identifier, critical=False)
            .add_extension(issuer, critical=False)
        )

    def pem(self):
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, subject, public_key):
        certificate = (
            self.draft(subject, public_key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self.key, SHA256())
        )
        return certificate.public_bytes(Encoding.PEM).decode()

    def from_request(self, text):
        """A certificate for the key of a certificate signing request."""
        try:
            request = x509.load_pem_x509_csr(text.encode())
        except ValueError:
            message = "The certificate signing request could not be parsed"
            raise Refused(400, "InvalidRequestException", message) from None
        if not request.is_signature_valid:
            message = "The signature of the certificate signing request is wrong"
            raise Refused(400, "InvalidRequestException", message)
        return self.issue(request.subject, request.public_key())

    def with_keys(self):
        """A certificate for a new key, and both halves of that key."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
        pair = {
            "PublicKey": public.public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            ).decode(),
            "PrivateKey": private_pem(key).decode(),
        }
        return self.issue(common_name("AWS IoT Certificate"), public), pair

    def server_context(self):
        """TLS for a server on this machine; clients may show a certificate of this authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        certificate = (
            self.draft(common_name("localhost"), key.public_key())
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self.key, SHA256())
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "server.pem"
            file.write_bytes(private_pem(key) + certificate.public_bytes(Encoding.PEM))
            context.load_cert_chain(file)
        context.load_verify_locations(cadata=self.pem())
        context.verify_mode = ssl.CERT_OPTIONAL
        return context


def private_pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def common_name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def signs_certificates():
    others = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment"]
    others += ["key_agreement", "encipher_only", "decipher_only"]
    usage = dict.fromkeys(others, False)
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage)
