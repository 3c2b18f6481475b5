"""AWS on this machine, at one address: moto, and in memory what moto lacks.

    python server.py [--port N] [--tls-port N] [--attended]

Prints one line of JSON when it serves: `{"endpoint", "tls_endpoint"}`; port 0 chooses one. Attended, it
ends when its standard input does: with whoever started it.

Every signed request of a service in `MODELS` is checked against botocore's model first: an operation
or a member that does not exist, a missing one, a wrong type or length is answered with 400
ValidationException that names it. Stacks of CloudFormation are judged and not made. What is not held
here goes on to moto. Requests without a signature are refused, except for those to the credentials
provider (`/role-aliases/…/credentials`, `x-amzn-iot-thingname`, over `tls_endpoint` with the certificate
of the thing).

For tests, unsigned:
    GET    /_requests               what was asked so far, oldest first
    DELETE /_requests               forget it
    POST   /_fail                   {operation, status, code, message, times, done}: answer so, instead,
                                    or, where `done` says so, after it was done by moto
    POST   /_devices                {thing, groups, status, components, deployments}: a core device reports
    POST   /_component              {component, version, states}: how it is described from now on
    GET    /_ca                     the authority of things' certificates, PEM
"""

import argparse
import io
import json
import os
import re
import sys
import threading
from collections import deque
from hashlib import sha256
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from certificates import Authority
from cloudformation import CloudFormation
from errors import Refused
from greengrass import Greengrass
from iot import Provisioning
from shapes import Invalid, Service, read

# The models by the name that requests are signed for.
MODELS = {"greengrass": "greengrassv2", "iot": "iot", "iotdata": "iot-data"}
# Requests that are remembered; a test asks for tens.
REMEMBERED = 10_000
# The largest body that is read here; a component's recipe is at most 16 KiB.
BODY_MAX = 16 * 1024 * 1024
REGION = "eu-central-1"
SCOPE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request"
)
CREDENTIALS = re.compile(r"/role-aliases/([^/]+)/credentials")


class Aws:
    """The WSGI application."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.services = {name: Service(model) for name, model in MODELS.items()}
        self.authority = Authority()
        self.cloudformation = CloudFormation(ACCOUNT)
        self.greengrass = Greengrass(ACCOUNT)
        self.provisioning = Provisioning(ACCOUNT, self.authority)
        self.requests = deque(maxlen=REMEMBERED)
        self.failures = []
        self.lock = threading.RLock()

    def __call__(self, environ, start_response):
        path = environ["RAW_URI"].split("?")[0]
        if path.startswith("/_"):
            answer = self.control(environ["REQUEST_METHOD"], path, environ)
            return send(start_response, *answer)
        alias = CREDENTIALS.fullmatch(path)
        if alias:
            return self.lend(alias.group(1), environ, start_response)
        signed = SCOPE.match(environ.get("HTTP_AUTHORIZATION", ""))
        if not signed:
            if path.startswith("/moto-api"):
                return self.moto(environ, start_response)
            problem = Refused(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
            return send(start_response, *refusal(problem, "json"))
        return self.dispatch(signed, path, environ, start_response)

    def dispatch(self, signed, path, environ, start_response):
        key, region, name = signed.groups()
        method = environ["REQUEST_METHOD"]
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        record = {"service": MODELS.get(name, name), "method": method, "path": path}
        record |= {"query": query, "region": region, "access_key": key, "operation": None}
        service = self.services.get(name)
        try:
            if name == "cloudformation":
                return self.form(region, record, environ, start_response)
            if service is None:
                record["operation"] = other_operation(name, method, path, query, environ)
                self.refuse_as_told(record)
                return self.forward(record, environ, start_response)
            body = read_json(environ)
            found = service.find(method, path)
            if found is None and name == "greengrass":
                raise Refused(404, "UnknownOperationException", f"{method} {path}")
            if found is None:
                return self.forward(record, environ, start_response)
            operation, place = found
            record["operation"] = operation.name
            headers = {n[5:].replace("_", "-").lower(): v for n, v in environ.items() if n.startswith("HTTP_")}
            record["input"] = read(operation, place, query, headers, body)
            self.refuse_as_told(record)
            holder = self.greengrass if name == "greengrass" else self.provisioning
            act = getattr(holder, snake(operation.name), None)
            if act is None and name != "greengrass":
                return self.forward(record, environ, start_response)
            if act is None:
                raise Refused(501, "NotHeldHereException", f"{operation.name} is not held here")
            with self.lock:
                value = service.answer(operation, act(region, record["input"]))
            status = operation.http.get("responseCode", 200)
            self.remember(record, status)
            return send(start_response, status, value, {})
        except Invalid as error:
            problem = Refused(400, "ValidationException", str(error))
        except Refused as error:
            problem = error
        self.remember(record, problem.status, problem.code)
        forms = {"s3": "xml", "iam": "xml", "sts": "xml", "cloudformation": "query"}
        return send(start_response, *refusal(problem, forms.get(name, "json")))

    def form(self, region, record, environ, start_response):
        """A request of CloudFormation, whose input is a form; templates are not remembered."""
        told = parse_qs(read_body(environ).decode(), keep_blank_values=True)
        form = {key: texts[0] for key, texts in told.items()}
        record["operation"] = form.get("Action")
        record["input"] = {key: text for key, text in form.items() if key != "TemplateBody"}
        self.refuse_as_told(record)
        with self.lock:
            text = self.cloudformation.answer(region, form)
        self.remember(record, 200)
        return send(start_response, 200, text, {})

    def forward(self, record, environ, start_response):
        failure = self.failure(record, done=True)
        if failure:
            b"".join(self.moto(environ, lambda *_: None))
            raise failure

        def started(status, headers, exc_info=None):
            self.remember(record, int(status.split(" ")[0]))
            return start_response(status, headers, exc_info)

        return self.moto(environ, started)

    def lend(self, alias, environ, start_response):
        thing = environ.get("HTTP_X_AMZN_IOT_THINGNAME")
        presented = environ.get("SSL_CLIENT_CERT")
        record = {"service": "credentials", "operation": "AssumeRoleWithCertificate"}
        record |= {"path": environ["RAW_URI"], "thing": thing, "certificate": presented}
        try:
            self.refuse_as_told(record)
            is_tls = environ.get("wsgi.url_scheme") == "https"
            if is_tls and presented is None:
                raise Refused(403, "AccessDeniedException", "a client certificate is required")
            answer = self.provisioning.credentials(REGION, alias, thing, presented)
        except Refused as problem:
            self.remember(record, problem.status, problem.code)
            return send(start_response, *refusal(problem, "json"))
        self.remember(record, 200)
        return send(start_response, 200, answer, {})

    def remember(self, record, status, code=None):
        with self.lock:
            self.requests.append(record | {"status": status, "code": code})

    def refuse_as_told(self, record):
        failure = self.failure(record, done=False)
        if failure:
            raise failure

    def failure(self, record, done):
        """How an operation is to fail, if it is: before it is done, or after."""
        with self.lock:
            for failure in self.failures:
                meant = (failure["operation"], failure["done"]) == (record["operation"], done)
                if meant and failure["times"] > 0:
                    failure["times"] -= 1
                    return Refused(failure["status"], failure["code"], failure["message"])
        return None

    def control(self, method, path, environ):
        try:
            told = json.loads(read_body(environ) or b"null")
            with self.lock:
                return 200, self.controlled(method, path, told), {}
        except Refused as problem:
            return refusal(problem, "json")
        except (KeyError, TypeError, ValueError) as error:
            return refusal(Refused(400, type(error).__name__, str(error)), "json")

    def controlled(self, method, path, told):
        match (method, path):
            case ("GET", "/_requests"):
                return list(self.requests)
            case ("DELETE", "/_requests"):
                self.requests.clear()
            case ("POST", "/_fail"):
                failure = {"operation": told["operation"], "status": int(told["status"])}
                failure |= {"code": told["code"], "message": told.get("message", "")}
                failure |= {"done": bool(told.get("done"))}
                self.failures.append(failure | {"times": int(told.get("times", 1))})
            case ("POST", "/_devices"):
                self.greengrass.report(told)
            case ("POST", "/_component"):
                self.greengrass.tell_states(told)
            case ("GET", "/_ca"):
                return {"pem": self.authority.pem()}
            case _:
                raise Refused(404, "NotFound", f"{method} {path}")
        return {}


def read_body(environ):
    length = environ.get("CONTENT_LENGTH")
    if length:
        if int(length) > BODY_MAX:
            raise Refused(413, "RequestTooLarge", f"{length} bytes")
        return environ["wsgi.input"].read(int(length))
    return environ["wsgi.input"].read() if environ.get("wsgi.input_terminated") else b""


def read_json(environ):
    """The body as JSON, which stays there to be read again; bytes if it is none."""
    body = read_body(environ)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body


def other_operation(name, method, path, query, environ):
    """The operation of a service whose requests are not told apart by their paths alone."""
    if name in ("iam", "sts"):
        body = read_body(environ)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return parse_qs(body.decode()).get("Action", [None])[0]
    if name != "s3":
        return None
    if path.strip("/").count("/") == 0:
        listing = "ListObjectsV2" if "list-type" in query else "ListObjects"
        named = {"PUT": "CreateBucket", "HEAD": "HeadBucket", "DELETE": "DeleteBucket"}
        return named.get(method, listing)
    if "uploadId" in query or "uploads" in query:
        named = {"PUT": "UploadPart", "DELETE": "AbortMultipartUpload"}
        later = "CompleteMultipartUpload" if "uploadId" in query else "CreateMultipartUpload"
        return named.get(method, later)
    return {"PUT": "PutObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}.get(method, "GetObject")


def refusal(problem, form):
    headers = {"x-amzn-ErrorType": problem.code}
    if form == "json":
        body = {"__type": problem.code, "message": problem.message}
        return problem.status, body, headers
    text = f"<Code>{problem.code}</Code><Message>{escape(problem.message)}</Message>"
    if form == "query":
        return problem.status, f"<ErrorResponse><Error>{text}</Error></ErrorResponse>", headers
    return problem.status, f"<Error>{text}<RequestId>test</RequestId></Error>", headers


def send(start_response, status, value, headers):
    is_json = not isinstance(value, str)
    body = (json.dumps(value) if is_json else value).encode() if status != 204 else b""
    kind = "application/json" if is_json else "application/xml"
    headers = {"Content-Type": kind, "Content-Length": str(len(body)), **headers}
    headers["x-amzn-RequestId"] = sha256(body).hexdigest()[:32]
    start_response(f"{status} -", list(headers.items()))
    return [body]


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def end_with_input():
    sys.stdin.read()
    os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls-port", type=int, default=0)
    parser.add_argument("--attended", action="store_true")
    options = parser.parse_args()
    if options.attended:
        threading.Thread(target=end_with_input, daemon=True).start()
    aws = Aws()
    here, quiet = "127.0.0.1", type("Quiet", (MotoRequestHandler,), {"log": lambda *_: None})
    plain = make_server(here, options.port, aws, threaded=True, request_handler=quiet)
    context = aws.authority.server_context()
    tls = make_server(
        here, options.tls_port, aws, threaded=True, request_handler=quiet, ssl_context=context
    )
    threading.Thread(target=tls.serve_forever, daemon=True).start()
    places = {"endpoint": f"http://{here}:{plain.port}", "tls_endpoint": f"https://localhost:{tls.port}"}
    print(json.dumps(places), flush=True)
    try:
        plain.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
