"""AWS IoT Greengrass V2 in memory: components, deployments, and the core devices that tests report.

Promise: what was created is listed and described until it is deleted, and the rules that a client
relies on hold: versions never change, a client token repeats its answer, a new deployment of a target
makes the one before inactive. Left out: core devices themselves; a test says what they report.
"""

import base64
import json
import re
import time
import uuid

import yaml
from moto.s3.models import s3_backends

from errors import Refused


class Greengrass:
    """One account's components, deployments and core devices."""

    def __init__(self, account):
        self.account = account
        self.components = {}
        self.deployments = {}
        self.devices = {}
        self.tokens = {}

    def once(self, token, act):
        """The answer of the first request with this token."""
        if token is None:
            return act()
        if token not in self.tokens:
            self.tokens[token] = act()
        return self.tokens[token]

    def create_component_version(self, region, request):
        return self.once(
            request.get("clientToken"), lambda: self._create_component(region, request)
        )

    def _create_component(self, region, request):
        if "inlineRecipe" not in request:
            raise Refused(400, "ValidationException", "inlineRecipe is required here")
        recipe = parse_recipe(base64.b64decode(request["inlineRecipe"]))
        name, version = recipe["ComponentName"], recipe["ComponentVersion"]
        arn = f"arn:aws:greengrass:{region}:{self.account}:components:{name}:versions:{version}"
        if arn in self.components:
            message = f"Component [{name} : {version}] for account [{self.account}] already exists with state: [DEPLOYABLE]"
            raise Refused(409, "ConflictException", message)
        refuse_missing_artifacts(recipe, self.account)
        self.components[arn] = {
            "arn": arn,
            "componentName": name,
            "componentVersion": version,
            "creationTimestamp": time.time(),
            "publisher": recipe.get("ComponentPublisher", ""),
            "description": recipe.get("ComponentDescription", ""),
            "tags": request.get("tags"),
            "recipe": recipe,
            "states": [{"componentState": "DEPLOYABLE", "message": "NONE"}],
        }
        return {
            "arn": arn,
            "componentName": name,
            "componentVersion": version,
            "creationTimestamp": self.components[arn]["creationTimestamp"],
            "status": {"componentState": "REQUESTED", "message": "NONE"},
        }

    def component(self, arn):
        if arn not in self.components:
            raise Refused(404, "ResourceNotFoundException", f"{arn} does not exist")
        return self.components[arn]

    def describe_component(self, _region, request):
        component = self.component(request["arn"])
        states = component["states"]
        shown = ["arn", "componentName", "componentVersion", "creationTimestamp"]
        shown += ["publisher", "description", "tags"]
        answer = {key: component[key] for key in shown if component[key] is not None}
        answer["status"] = states.pop(0) if len(states) > 1 else states[0]
        return answer

    def get_component(self, _region, request):
        component, form = self.component(request["arn"]), request.get("recipeOutputFormat", "YAML")
        dump = json.dumps if form == "JSON" else yaml.safe_dump
        recipe = base64.b64encode(dump(component["recipe"]).encode()).decode()
        return {"recipeOutputFormat": form, "recipe": recipe}

    def delete_component(self, _region, request):
        self.component(request["arn"])
        del self.components[request["arn"]]
        return {}

    def list_component_versions(self, _region, request):
        keys = ["componentName", "componentVersion", "arn"]
        mine = [c for arn, c in self.components.items() if arn.startswith(request["arn"] + ":versions:")]
        versions = [{key: c[key] for key in keys} for c in mine]
        return page("componentVersions", versions, request)

    def list_components(self, _region, request):
        latest = {}
        for arn, component in self.components.items():
            shown = {key: component[key] for key in ("arn", "componentVersion", "creationTimestamp")}
            own = arn.split(":versions:")[0]
            name = component["componentName"]
            latest[own] = {"arn": own, "componentName": name, "latestVersion": shown}
        return page("components", list(latest.values()), request)

    def create_deployment(self, region, request):
        return self.once(
            request.get("clientToken"), lambda: self._create_deployment(region, request)
        )

    def _create_deployment(self, region, request):
        key, job = str(uuid.uuid4()), str(uuid.uuid4())
        target = request["targetArn"]
        for name, component in request.get("components", {}).items():
            if "merge" in component.get("configurationUpdate", {}):
                refuse_no_json(name, component["configurationUpdate"]["merge"])
        for earlier in self.deployments.values():
            if earlier["targetArn"] == target:
                earlier.update(isLatestForTarget=False, deploymentStatus="INACTIVE")
        revision = sum(d["targetArn"] == target for d in self.deployments.values()) + 1
        kept = {k: v for k, v in request.items() if k != "clientToken"}
        job_arn = f"arn:aws:iot:{region}:{self.account}:job/{job}"
        self.deployments[key] = kept | {
            "deploymentId": key,
            "revisionId": str(revision),
            "deploymentStatus": "ACTIVE",
            "iotJobId": job,
            "iotJobArn": job_arn,
            "creationTimestamp": time.time(),
            "isLatestForTarget": True,
        }
        return {"deploymentId": key, "iotJobId": job, "iotJobArn": job_arn}

    def deployment(self, key):
        if key not in self.deployments:
            raise Refused(404, "ResourceNotFoundException", f"deployment {key} does not exist")
        return self.deployments[key]

    def get_deployment(self, _region, request):
        return self.deployment(request["deploymentId"])

    def cancel_deployment(self, _region, request):
        self.deployment(request["deploymentId"])["deploymentStatus"] = "CANCELED"
        return {"message": "SUCCEEDED"}

    def delete_deployment(self, _region, request):
        self.deployment(request["deploymentId"])
        del self.deployments[request["deploymentId"]]
        return {}

    def list_deployments(self, _region, request):
        shown = ["targetArn", "revisionId", "deploymentId", "deploymentName", "creationTimestamp"]
        shown += ["deploymentStatus", "isLatestForTarget", "parentTargetArn"]
        found = [
            {key: d[key] for key in shown if key in d}
            for d in reversed(self.deployments.values())
            if request.get("targetArn", d["targetArn"]) == d["targetArn"]
            and (request.get("historyFilter") == "ALL" or d["isLatestForTarget"])
        ]
        return page("deployments", found, request)

    def device(self, name):
        if name not in self.devices:
            raise Refused(404, "ResourceNotFoundException", f"core device {name} does not exist")
        return self.devices[name]

    def list_core_devices(self, _region, request):
        group = request.get("thingGroupArn", "").split(":thinggroup/")[-1]
        keys = ["coreDeviceThingName", "status", "lastStatusUpdateTimestamp"]
        found = [
            {key: d["core"][key] for key in keys}
            for d in self.devices.values()
            if (not group or group in d["groups"])
            and request.get("status", d["core"]["status"]) == d["core"]["status"]
        ]
        return page("coreDevices", found, request)

    def get_core_device(self, _region, request):
        return self.device(request["coreDeviceThingName"])["core"]

    def delete_core_device(self, _region, request):
        self.device(request["coreDeviceThingName"])
        del self.devices[request["coreDeviceThingName"]]
        return {}

    def list_installed_components(self, _region, request):
        installed = self.device(request["coreDeviceThingName"])["installed"]
        return page("installedComponents", installed, request)

    def list_effective_deployments(self, _region, request):
        effective = self.device(request["coreDeviceThingName"])["effective"]
        return page("effectiveDeployments", effective, request)

    def list_tags_for_resource(self, _region, request):
        return {"tags": self.component(request["resourceArn"])["tags"] or {}}

    def tag_resource(self, _region, request):
        component = self.component(request["resourceArn"])
        component["tags"] = (component["tags"] or {}) | request["tags"]
        return {}

    def report(self, told):
        """A core device, as a test says that it reports itself."""
        now, name = time.time(), told["thing"]
        core = {"coreDeviceThingName": name, "status": told.get("status", "HEALTHY")}
        core |= {"lastStatusUpdateTimestamp": now, "coreVersion": told.get("nucleus", "2.6.0")}
        core |= {"platform": "linux", "architecture": "amd64"}
        installed = [{"isRoot": True, **component} for component in told.get("components", [])]
        effective = []
        for execution in told.get("deployments", []):
            deployment = self.deployment(execution["deploymentId"])
            base = {"deploymentName": deployment.get("deploymentName", "")}
            base |= {"targetArn": deployment["targetArn"]}
            base |= {"creationTimestamp": deployment["creationTimestamp"], "modifiedTimestamp": now}
            effective.append(base | execution)
        self.devices[name] = {
            "groups": told.get("groups", []),
            "core": core,
            "installed": installed,
            "effective": effective,
        }

    def tell_states(self, told):
        """The next states in which a component version is described; the last one stays."""
        for arn, component in self.components.items():
            if arn.endswith(f":components:{told['component']}:versions:{told['version']}"):
                component["states"] = list(told["states"])
                return
        raise Refused(404, "ResourceNotFoundException", f"no component {told['component']}")


def parse_recipe(text):
    """A recipe that the cloud would take: YAML or JSON with a name and a version of three numbers."""
    try:
        recipe = yaml.safe_load(text)
        version = recipe["ComponentVersion"]
        named = re.fullmatch(r"[a-zA-Z0-9-_.]{1,128}", recipe["ComponentName"])
        if not named or not re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", version):
            raise ValueError(f"{recipe['ComponentName']} {version}")
        if recipe["RecipeFormatVersion"] != "2020-01-25" or not recipe["Manifests"]:
            raise ValueError("RecipeFormatVersion or Manifests")
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        message = f"Invalid Input: The recipe could not be parsed: {error}"
        raise Refused(400, "ValidationException", message) from None
    return recipe


def refuse_missing_artifacts(recipe, account):
    """The cloud fetches every artifact when a version is made."""
    for manifest in recipe["Manifests"]:
        for artifact in manifest.get("Artifacts", []):
            bucket, _, key = artifact["URI"].removeprefix("s3://").partition("/")
            buckets = s3_backends[account]["aws"].buckets
            if bucket not in buckets or buckets[bucket].keys.get(key) is None:
                message = (
                    "Invalid Input: Encountered following errors in Artifacts: "
                    f"{{{artifact['URI']} = Specified artifact resource cannot be accessed}}"
                )
                raise Refused(400, "ValidationException", message)


def refuse_no_json(name, text):
    try:
        json.loads(text)
    except ValueError as error:
        message = f"configurationUpdate.merge of {name} is not JSON: {error}"
        raise Refused(400, "ValidationException", message) from None


def page(member, items, request):
    """One page of a list; the token is the place of the next item."""
    start, most = int(request.get("nextToken", "0")), request.get("maxResults", 100)
    answer = {member: items[start : start + most]}
    if start + most < len(items):
        answer["nextToken"] = str(start + most)
    return answer
