"""Fleet provisioning in memory, on moto's things, certificates and policies.

Promise: a template that was created is described until it is deleted; registering a thing leaves in
moto what the template says (thing, groups, attributes, certificate, policies). Left out: hooks, which
are Lambda functions, and the MQTT topics by which devices ask.
"""

import json
import secrets
import time
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from moto.iot.models import iot_backends

from errors import Refused

# A claim that a person makes is valid for five minutes.
CLAIM_S = 300


class Provisioning:
    """Provisioning templates of one account, and what registering by them leaves."""

    def __init__(self, account, authority):
        self.account = account
        self.authority = authority
        self.templates = {}

    def backend(self, region):
        return iot_backends[self.account][region]

    def create_provisioning_template(self, region, request):
        name = request["templateName"]
        if name in self.templates:
            message = f"Provisioning template {name} already exists."
            raise Refused(409, "ResourceAlreadyExistsException", message)
        parse_template(request["templateBody"])
        now = time.time()
        arn = f"arn:aws:iot:{region}:{self.account}:provisioningtemplate/{name}"
        self.templates[name] = {
            "templateArn": arn,
            "type": "FLEET_PROVISIONING",
            "enabled": False,
            "creationDate": now,
            "lastModifiedDate": now,
            "defaultVersionId": 1,
            **request,
            "versions": {1: request["templateBody"]},
        }
        return {"templateArn": arn, "templateName": name, "defaultVersionId": 1}

    def template(self, name):
        if name not in self.templates:
            message = f"Provisioning template {name} not found."
            raise Refused(404, "ResourceNotFoundException", message)
        return self.templates[name]

    def describe_provisioning_template(self, _region, request):
        hidden = ("versions", "tags")
        found = self.template(request["templateName"])
        return {key: value for key, value in found.items() if key not in hidden}

    def list_provisioning_templates(self, _region, _request):
        shown = ["templateArn", "templateName", "description", "creationDate"]
        shown += ["lastModifiedDate", "enabled", "type"]
        listed = [{k: t[k] for k in shown if k in t} for t in self.templates.values()]
        return {"templates": listed}

    def update_provisioning_template(self, _region, request):
        template = self.template(request["templateName"])
        changes = dict(request)
        if changes.pop("removePreProvisioningHook", False):
            template.pop("preProvisioningHook", None)
        if "defaultVersionId" in changes:
            template["templateBody"] = template["versions"][changes["defaultVersionId"]]
        template.update(changes, lastModifiedDate=time.time())
        return {}

    def create_provisioning_template_version(self, _region, request):
        parse_template(request["templateBody"])
        template = self.template(request["templateName"])
        version = max(template["versions"]) + 1
        template["versions"][version] = request["templateBody"]
        is_default = request.get("setAsDefault", False)
        if is_default:
            template.update(defaultVersionId=version, templateBody=request["templateBody"])
        answer = {"templateArn": template["templateArn"], "templateName": template["templateName"]}
        return answer | {"versionId": version, "isDefaultVersion": is_default}

    def delete_provisioning_template(self, _region, request):
        self.template(request["templateName"])
        del self.templates[request["templateName"]]
        return {}

    def create_provisioning_claim(self, region, request):
        self.template(request["templateName"])
        answer = self.create_keys_and_certificate(region, {"setAsActive": True})
        del answer["certificateArn"]
        return answer | {"expiration": time.time() + CLAIM_S}

    def create_keys_and_certificate(self, region, request):
        pem, pair = self.authority.with_keys()
        return self.keep(region, request, pem) | {"keyPair": pair}

    def create_certificate_from_csr(self, region, request):
        pem = self.authority.from_request(request["certificateSigningRequest"])
        return self.keep(region, request, pem)

    def keep(self, region, request, pem):
        status = "ACTIVE" if request.get("setAsActive") else "INACTIVE"
        certificate = self.backend(region).register_certificate_without_ca(pem, status)
        return {
            "certificateArn": certificate.arn,
            "certificateId": certificate.certificate_id,
            "certificatePem": pem,
        }

    def register_thing(self, region, request):
        template = parse_template(request["templateBody"])
        given = request.get("parameters", {})
        values = {n: p.get("Default") for n, p in template.get("Parameters", {}).items()} | given
        missing = [name for name, value in values.items() if value is None]
        if missing:
            message = f"Parameters {', '.join(missing)} have no value"
            raise Refused(400, "InvalidRequestException", message)
        backend, arns, certificate = self.backend(region), {}, None
        resources = template["Resources"]
        order = ["AWS::IoT::Certificate", "AWS::IoT::Thing", "AWS::IoT::Policy"]
        for name, resource in sorted(resources.items(), key=lambda r: order.index(r[1]["Type"])):
            properties = resolve(resource["Properties"], values)
            if resource["Type"] == "AWS::IoT::Certificate":
                certificate = find_certificate(backend, properties)
                arns[name] = certificate.arn
            elif resource["Type"] == "AWS::IoT::Thing":
                arns[name] = make_thing(backend, properties, certificate)
            else:
                arns[name] = attach_policy(backend, properties, certificate)
        pem = certificate.certificate_pem if certificate else None
        return {"resourceArns": arns} | ({"certificatePem": pem} if pem else {})

    def credentials(self, region, alias, thing, presented):
        """Credentials of a role alias for the thing that presents a certificate."""
        backend = self.backend(region)
        role = backend.role_aliases.get(alias)
        if role is None:
            raise Refused(403, "AccessDeniedException", f"Role alias {alias} does not exist")
        if presented is not None:
            refuse_stranger(backend, thing, presented)
        until = datetime.now(timezone.utc) + timedelta(seconds=role.credential_duration_seconds)
        return {
            "credentials": {
                "accessKeyId": "ASIA" + secrets.token_hex(8).upper(),
                "secretAccessKey": secrets.token_urlsafe(30),
                "sessionToken": secrets.token_urlsafe(60),
                "expiration": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        }


def parse_template(text):
    try:
        template = json.loads(text)
        for resource in template["Resources"].values():
            kind = resource["Type"].removeprefix("AWS::IoT::")
            if kind not in ("Certificate", "Policy", "Thing") or "Properties" not in resource:
                raise ValueError(resource["Type"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"Invalid template body: {error}"
        raise Refused(400, "InvalidRequestException", message) from None
    return template


def resolve(value, values):
    """Replaces `{"Ref": …}` and `{"Fn::Join": [separator, parts]}` by parameters."""
    if isinstance(value, dict) and set(value) == {"Ref"}:
        if value["Ref"] not in values:
            message = f"Ref {value['Ref']} is not a parameter"
            raise Refused(400, "InvalidRequestException", message)
        return values[value["Ref"]]
    if isinstance(value, dict) and set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return separator.join(resolve(parts, values))
    if isinstance(value, dict):
        return {key: resolve(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, values) for item in value]
    return value


def find_certificate(backend, properties):
    try:
        certificate = backend.describe_certificate(properties["CertificateId"])
    except Exception:
        message = f"Certificate {properties['CertificateId']} not found"
        raise Refused(404, "ResourceNotFoundException", message) from None
    certificate.status = properties.get("Status", "ACTIVE").upper()
    return certificate


def make_thing(backend, properties, certificate):
    name = properties["ThingName"]
    attributes = {"attributes": properties.get("AttributePayload", {})}
    if name not in {thing.thing_name for thing in backend.things.values()}:
        backend.create_thing(name, properties.get("ThingTypeName"), attributes)
    for group in properties.get("ThingGroups", []):
        backend.add_thing_to_thing_group(group, None, name, None)
    if certificate is not None:
        backend.attach_thing_principal(name, certificate.arn)
    return backend.describe_thing(name).arn


def attach_policy(backend, properties, certificate):
    if "PolicyDocument" in properties:
        document, name = properties["PolicyDocument"], f"provisioned-{secrets.token_hex(4)}"
        text = document if isinstance(document, str) else json.dumps(document)
        backend.create_policy(name, text)
    else:
        name = properties["PolicyName"]
    if certificate is not None:
        backend.attach_policy(name, certificate.arn)
    return backend.get_policy(name).arn


def refuse_stranger(backend, thing, presented):
    """Only an active certificate of the thing gets credentials."""
    given = x509.load_pem_x509_certificate(presented.encode()).public_bytes(Encoding.DER)
    for certificate in backend.certificates.values():
        known = x509.load_pem_x509_certificate(certificate.certificate_pem.encode())
        if known.public_bytes(Encoding.DER) != given:
            continue
        things = {name for arn, name in backend.principal_things if arn == certificate.arn}
        if certificate.status == "ACTIVE" and (thing is None or thing in things):
            return
    raise Refused(403, "AccessDeniedException", "Access Denied: the certificate is not the thing's")
