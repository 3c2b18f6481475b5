"""What a service of AWS accepts, read from botocore's models: its operations and their shapes.

Promise: a request passes only if the SDK for Python could have sent it; whatever is wrong is named by
its place. Left out: rules that are not in the models.
"""

import base64
import binascii
import re
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import ServiceModel


class Invalid(Exception):
    """A request that does not have the shape of its operation."""


class Service:
    """One service: finds the operation of a request, and reads its input."""

    def __init__(self, name):
        self.model = ServiceModel(Loader().load_service_model(name, "service-2"), name)
        self.name = name
        operations = map(self.model.operation_model, self.model.operation_names)
        self.routes = sorted(map(Route, operations), key=lambda route: -route.literals)

    def find(self, method, path):
        """The operation at a path and what the path says, or nothing."""
        for route in self.routes:
            found = route.match(method, path)
            if found is not None:
                return route.operation, found
        return None

    def answer(self, operation, value):
        """Checks our own answer, so that nothing is recorded here that AWS could not say."""
        if operation.output_shape is not None:
            check(operation.output_shape, value, "answer")
        return value


class Route:
    """Where an operation is: method and path."""

    def __init__(self, operation):
        self.operation = operation
        self.method = operation.http["method"]
        uri = operation.http["requestUri"].split("?")[0]
        parts = re.split(r"\{([^}]+)\}", uri)
        pattern = ""
        for index, part in enumerate(parts):
            if index % 2 == 0:
                pattern += re.escape(part)
            else:
                pattern += "(.+)" if part.endswith("+") else "([^/]+)"
        self.names = [part.rstrip("+") for part in parts[1::2]]
        self.literals = sum(len(part) for part in parts[::2])
        self.pattern = re.compile(pattern.rstrip("/") + "/?")

    def match(self, method, path):
        found = self.pattern.fullmatch(path) if method == self.method else None
        return found and dict(zip(self.names, map(unquote, found.groups())))


def read(operation, path, query, headers, body):
    """The input of an operation, by the names of its members."""
    shape = operation.input_shape
    if shape is None:
        return {}
    members, value, by_wire = shape.members, {}, {}
    for name, member in members.items():
        place = member.serialization.get("location")
        wire = member.serialization.get("name", name)
        if place == "uri":
            value[name] = scalar(member, path[wire])
        elif place == "querystring" and member.type_name == "map":
            value[name] = {key: texts[0] for key, texts in query.items()}
        elif place == "querystring" and wire in query:
            texts = query[wire]
            is_list = member.type_name == "list"
            value[name] = texts if is_list else scalar(member, texts[0])
        elif place in ("header", "headers") and wire in headers:
            value[name] = scalar(member, headers[wire])
        elif place is None:
            by_wire[wire] = name
    payload = shape.serialization.get("payload")
    if payload is not None and members[payload].type_name == "blob":
        # Any octets: shown as they are, checked by nobody.
        check(shape, value | {payload: ""}, "")
        return value | {payload: body.decode(errors="replace") if isinstance(body, bytes) else body}
    if payload is not None:
        value[payload] = body
    elif body is None and not by_wire:
        pass
    elif not isinstance(body or {}, dict):
        raise Invalid("body: expected a JSON object")
    else:
        for wire, given in (body or {}).items():
            if wire not in by_wire:
                raise Invalid(f"body: {operation.name} has no member {wire!r}")
            value[by_wire[wire]] = given
    check(shape, value, "")
    return value


def scalar(shape, text):
    """A text of a path, query or header, as its shape has it."""
    try:
        return {
            "integer": int,
            "long": int,
            "double": float,
            "float": float,
            "boolean": {"true": True, "false": False}.__getitem__,
        }.get(shape.type_name, str)(text)
    except (KeyError, ValueError):
        raise Invalid(f"{text!r} is not a {shape.type_name}") from None


TYPES = {
    "string": str,
    "character": str,
    "structure": dict,
    "map": dict,
    "list": list,
    "boolean": bool,
    "integer": int,
    "long": int,
    "double": (int, float),
    "float": (int, float),
    "timestamp": (int, float, str),
    "blob": str,
}


def check(shape, value, place):
    """Raises `Invalid` for the first place at which a value does not have the shape."""
    kind = shape.type_name
    if shape.metadata.get("document"):
        return
    is_bool = isinstance(value, bool)
    if not isinstance(value, TYPES[kind]) or is_bool != (kind == "boolean"):
        raise Invalid(f"{place}: expected {kind}, got {type(value).__name__}")
    if kind == "structure":
        check_structure(shape, value, place)
    elif kind == "map":
        for key, item in value.items():
            check(shape.key, key, f"{place}.{key}")
            check(shape.value, item, f"{place}.{key}")
    elif kind == "list":
        for index, item in enumerate(value):
            check(shape.member, item, f"{place}[{index}]")
    elif kind == "blob":
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error:
            raise Invalid(f"{place}: expected base64") from None
        return
    check_bounds(shape, value, place)


def check_structure(shape, value, place):
    for name in value:
        if name not in shape.members:
            raise Invalid(f"{place}: {shape.name} has no member {name!r}")
    for name in shape.required_members:
        if value.get(name) is None:
            raise Invalid(f"{place}: {shape.name} requires {name!r}")
    for name, item in value.items():
        check(shape.members[name], item, f"{place}.{name}" if place else name)


def check_bounds(shape, value, place):
    rules = shape.metadata
    size = value if isinstance(value, (int, float)) else len(value)
    if "min" in rules and size < rules["min"]:
        raise Invalid(f"{place}: {size} is below {rules['min']}")
    if "max" in rules and size > rules["max"]:
        raise Invalid(f"{place}: {size} is above {rules['max']}")
    if rules.get("enum") and value not in rules["enum"]:
        raise Invalid(f"{place}: {value!r} is none of {rules['enum']}")
    if rules.get("pattern") and isinstance(value, str):
        # Java's classes such as \p{L} are not Python's; such patterns go unchecked.
        try:
            fits = re.fullmatch(rules["pattern"], value)
        except re.error:
            return
        if not fits:
            raise Invalid(f"{place}: {value!r} does not match {rules['pattern']}")
