"""CloudFormation, as far as a stack can be judged without AWS.

Promise: what CloudFormation refuses before it makes anything is refused here in the same way: a template
that is too large or is none, parameters that are unknown, missing or against their own rules,
capabilities that were not granted, imports that no stack exports, a change set without a change. Left
out: the resources themselves, which nobody makes.
"""

import re
from xml.sax.saxutils import escape

import yaml

from errors import Refused

# Bytes of a template in a request.
TEMPLATE_MAX = 51_200
OPERATIONS = {"DescribeStacks", "GetTemplateSummary"}
OPERATIONS |= {"CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet"}
# Properties by which a resource of IAM has a name of its own.
NAMES = {"RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName"}
XMLNS = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


class Tags(yaml.SafeLoader):
    """Reads short forms: `!Ref X` is `{"Ref": "X"}`."""


def spelled_out(loader, tag, node):
    if isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = loader.construct_scalar(node)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


Tags.add_multi_constructor("!", spelled_out)


class CloudFormation:
    """Stacks of one account by region and name."""

    def __init__(self, account):
        self.account = account
        self.stacks = {}
        self.changes = {}

    def answer(self, region, form):
        """The answer to a request, in XML."""
        action = form.get("Action", "")
        if action not in OPERATIONS:
            raise Refused(400, "InvalidAction", f"Could not find operation {action}")
        act = getattr(self, re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower())
        result = act(region, form)
        body = f"<{action}Result>{result}</{action}Result>"
        return f'<{action}Response xmlns="{XMLNS}">{body}</{action}Response>'

    def stack(self, region, form):
        stack = self.stacks.get((region, form["StackName"]))
        if stack is None:
            raise invalid(f"Stack with id {form['StackName']} does not exist")
        return stack

    def get_template_summary(self, region, form):
        names = self.stack(region, form)["given"]
        members = (f"<member>{fields({'ParameterKey': name})}</member>" for name in names)
        return f"<Parameters>{''.join(members)}</Parameters>"

    def describe_stacks(self, region, form):
        stack = self.stack(region, form)
        told = {"StackName": form["StackName"], "StackId": stack["id"]}
        told |= {"StackStatus": stack["status"], "CreationTime": "2026-01-01T00:00:00Z"}
        return f"<Stacks><member>{fields(told)}</member></Stacks>"

    def create_change_set(self, region, form):
        name, text = form["StackName"], form.get("TemplateBody", "")
        if len(text.encode()) > TEMPLATE_MAX:
            raise invalid(f"Template: longer than {TEMPLATE_MAX} bytes; upload it to S3")
        template = parse(text)
        known = self.stacks.get((region, name))
        before = known["given"] if known else {}
        given = parameters(template, form, before)
        granted = set(listed(form, "Capabilities"))
        wanted = capabilities(template) - granted
        if "CAPABILITY_NAMED_IAM" in granted:
            wanted.discard("CAPABILITY_IAM")
        if wanted:
            raise Refused(
                400, "InsufficientCapabilitiesException", f"Requires capabilities : {sorted(wanted)}"
            )
        self.check_imports(region, template)
        stack = f"arn:aws:cloudformation:{region}:{self.account}:stack/{name}/1"
        change = f"arn:aws:cloudformation:{region}:{self.account}:changeSet/{form['ChangeSetName']}/1"
        is_same = known is not None and (known["text"], known["given"]) == (text, given)
        self.changes[change] = {"place": (region, name), "text": text, "given": given}
        self.changes[change] |= {"exports": exports(template), "same": is_same}
        if known is None:
            new = {"id": stack, "status": "REVIEW_IN_PROGRESS", "exports": set()}
            self.stacks[region, name] = new | {"text": None, "given": {}}
        return fields({"Id": change, "StackId": stack})

    def describe_change_set(self, _region, form):
        change = self.change(form)
        told = {"ChangeSetId": form["ChangeSetName"], "Status": "CREATE_COMPLETE"}
        if change["same"]:
            why = "The submitted information didn't contain changes."
            told |= {"Status": "FAILED", "StatusReason": why}
        return fields(told)

    def execute_change_set(self, _region, form):
        change = self.change(form)
        stack = self.stacks[change["place"]]
        is_new = stack["status"] == "REVIEW_IN_PROGRESS"
        stack |= {name: change[name] for name in ("text", "given", "exports")}
        stack["status"] = "CREATE_COMPLETE" if is_new else "UPDATE_COMPLETE"
        return ""

    def change(self, form):
        change = self.changes.get(form["ChangeSetName"])
        if change is None:
            raise Refused(404, "ChangeSetNotFound", f"{form['ChangeSetName']} does not exist")
        return change

    def check_imports(self, region, template):
        stacks = [stack for (at, _), stack in self.stacks.items() if at == region]
        known = set().union(*(stack["exports"] for stack in stacks))
        for name in imports(template):
            if name not in known:
                raise invalid(f"No export named {name} found.")


def invalid(words):
    return Refused(400, "ValidationError", words)


def fields(values):
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def listed(form, name):
    place = re.compile(rf"{name}\.member\.\d+")
    return [value for key, value in form.items() if place.fullmatch(key)]


def parse(text):
    try:
        template = yaml.load(text, Tags)
        return template if template["Resources"] else None
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise invalid(f"Template format error: {error}") from None


def parameters(template, form, before):
    """What each parameter is, checked against the template's own rules."""
    declared, given = template.get("Parameters", {}), {}
    for key, name in form.items():
        at = re.fullmatch(r"Parameters\.member\.(\d+)\.ParameterKey", key)
        if at and form.get(f"Parameters.member.{at[1]}.UsePreviousValue") == "true":
            given[name] = before.get(name)
        elif at:
            given[name] = form[f"Parameters.member.{at[1]}.ParameterValue"]
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise invalid(f"Parameters: {unknown} do not exist in the template")
    defaults = {name: str(rule["Default"]) for name, rule in declared.items() if "Default" in rule}
    given = defaults | {name: value for name, value in given.items() if value is not None}
    missing = sorted(set(declared) - set(given))
    if missing:
        raise invalid(f"Parameters: {missing} must have values")
    for name, value in given.items():
        check(name, value, declared[name])
    return given


def check(name, value, rule):
    if "AllowedValues" in rule and value not in map(str, rule["AllowedValues"]):
        raise invalid(f"Parameter '{name}' must be one of AllowedValues")
    if "AllowedPattern" in rule and not re.fullmatch(rule["AllowedPattern"], value):
        raise invalid(f"Parameter '{name}' must match pattern {rule['AllowedPattern']}")
    if rule["Type"] != "Number":
        return
    try:
        number = float(value)
    except ValueError:
        raise invalid(f"Parameter '{name}' must be a number") from None
    if not rule.get("MinValue", number) <= number <= rule.get("MaxValue", number):
        raise invalid(f"Parameter '{name}' is out of its bounds")


def capabilities(template):
    wanted = {"CAPABILITY_AUTO_EXPAND"} if "Transform" in template else set()
    for resource in template["Resources"].values():
        if isinstance(resource, dict) and resource.get("Type", "").startswith("AWS::IAM::"):
            is_named = NAMES & set(resource.get("Properties", {}))
            wanted.add("CAPABILITY_NAMED_IAM" if is_named else "CAPABILITY_IAM")
    return wanted


def exports(template):
    outputs = template.get("Outputs", {}).values()
    return {output["Export"]["Name"] for output in outputs if "Export" in output}


def imports(node):
    if isinstance(node, dict):
        name = node.get("Fn::ImportValue")
        yield from [name] if isinstance(name, str) else []
        node = list(node.values())
    for item in node if isinstance(node, list) else []:
        yield from imports(item)
