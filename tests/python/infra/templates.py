"""The templates of infra/cloudformation as their readers see them: short forms (`!Sub`) spelled out,
and, where a test wants values, with parameters and names filled in.
"""

import re
from pathlib import Path

from cfnlint.decode.cfn_yaml import load

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "infra/cloudformation"

# What CloudFormation would know; the longest region, so that limits hold everywhere.
ACCOUNT = {
    "AWS::Partition": "aws",
    "AWS::Region": "ap-southeast-2",
    "AWS::AccountId": "123456789012",
    "AWS::NoValue": None,
}
# What the tests give where a template has no default.
GIVEN = {
    "Prefix": "example",
    "Tenant": "acme",
    "Property": "alpenhof",
    "HubName": "hub.example.com",
    "SignalingName": "signaling.example.com",
    "Email": "night@example.com",
    "HubImage": "hub",
    "SignalingImage": "signaling",
}


def plain(node):
    """The same without cfn-lint's marks of where it stood."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return str(node) if isinstance(node, str) else node


def read(name):
    return plain(load(str(FOLDER / f"{name}.yaml")))


def names():
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def every():
    return {name: read(name) for name in names()}


def resources(template, kind):
    found = template["Resources"].items()
    return {
        name: body for name, body in found if isinstance(body, dict) and body.get("Type") == kind
    }


class Values:
    """A template with parameters filled in; of other resources their names stand in angle brackets."""

    def __init__(self, template, **given):
        declared = template.get("Parameters", {})
        defaults = {name: what["Default"] for name, what in declared.items() if "Default" in what}
        self.known = {**ACCOUNT, **GIVEN, **defaults, **given}
        self.maps = template.get("Mappings", {})
        self.conditions = template.get("Conditions", {})

    def of(self, node):
        if isinstance(node, list):
            return [value for value in map(self.of, node) if value is not None]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            function = getattr(self, "_" + name.replace("Fn::", "").lower(), None)
            if function and (name.startswith("Fn::") or name in ("Ref", "Condition")):
                return function(argument)
        filled = {key: self.of(value) for key, value in node.items()}
        return {key: value for key, value in filled.items() if value is not None}

    def _ref(self, name):
        return self.known.get(name, f"<{name}>")

    def _getatt(self, path):
        path = path if isinstance(path, str) else ".".join(path)
        return self.known.get(path, f"<{path}>")

    def _importvalue(self, name):
        return self.known.get(name, f"<{name}>")

    def _sub(self, argument):
        text, more = argument if isinstance(argument, list) else (argument, {})
        local = {**self.known, **self.of(more)}

        def value(match):
            word = match[1]
            return "${" + word[1:] + "}" if word[0] == "!" else str(local.get(word, f"<{word}>"))

        return re.sub(r"\$\{(!?[^}]+)\}", value, text)

    def _join(self, argument):
        separator, parts = argument
        return separator.join(map(str, self.of(parts)))

    def _split(self, argument):
        separator, text = argument
        return str(self.of(text)).split(separator)

    def _findinmap(self, argument):
        name, first, second = argument
        return self.maps[name][self.of(first)][self.of(second)]

    def _equals(self, argument):
        left, right = self.of(argument)
        return str(left) == str(right)

    def _not(self, argument):
        return not self.of(argument[0])

    def _if(self, argument):
        condition, then, otherwise = argument
        return self.of(then if self.of(self.conditions[condition]) else otherwise)
