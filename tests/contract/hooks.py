"""What schemathesis is told of Fude: a fresh token, real documents for a part of the cases, and what the contract says in
words or in `x-problems`. Reads FUDE_CONTRACT_STATE, FUDE_CONTRACT_ROLE, FUDE_CONTRACT_MOST and writes FUDE_CONTRACT_FIGURES."""

import atexit
import collections
import json
import os
import pathlib
import random
import re
import uuid

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

from cloud import House
from documents import Documents

ROLE = os.environ["FUDE_CONTRACT_ROLE"]
HOUSE = House(os.environ["FUDE_CONTRACT_STATE"])
USER = HOUSE.users(ROLE)[0]
DOCUMENTS = Documents(HOUSE, ROLE, int(os.environ["FUDE_CONTRACT_MOST"]))
CHANCE = random.Random(ROLE)
# What no schema can say: a request within its schemas is malformed for one of these reasons, or for none.
SAID_IN_WORDS = re.compile("|".join([
    r"statements\[\]\.section must be one of",
    r"onBehalfOf must name",
    r"an answer names a flag that this revision has not",
    r"cursor is not one that this search gave",
    r"from is later than to",
    r"sections\[\d+\]\.code (names no section|stands there twice)",
    r"text is longer than 4000 characters or holds control characters",
    r"nothing is left of the document",
]))
ANSWERS = collections.Counter()


@schemathesis.auth(refresh_interval=60)
class Token:
    def get(self, case, context):
        return HOUSE.token(USER)

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Without real ids, versions and bodies nearly every case would end at 404, 412 or 409. What was broken on purpose stays."""
    name = case.operation.definition.raw["operationId"]
    sound = {place for place in ParameterLocation if not (case._meta and case._meta.is_negative_at(place))}
    document = DOCUMENTS.for_operation(name)
    if "id" in case.path_parameters and ParameterLocation.PATH in sound and CHANCE.random() < 0.8:
        case.path_parameters["id"] = document.id
    if ParameterLocation.QUERY in sound and name == "getChanges" and CHANCE.random() < 0.5:
        case.query = {"from": 1, "to": 2}
    if ParameterLocation.HEADER in sound and case.method == "POST":
        if "Idempotency-Key" in case.headers and CHANCE.random() < 0.7:
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
        if "/{id}/" in case.path and CHANCE.random() < 0.8:
            case.headers["If-Match"] = document.tag
    if isinstance(case.body, dict) and ParameterLocation.BODY in sound and CHANCE.random() < 0.6:
        extra = {} if name == "searchDocuments" else {k: v for k, v in case.body.items() if CHANCE.random() < 0.3}
        case.body = extra | DOCUMENTS.body(name, document)


@schemathesis.hook
def after_call(context, case, response):
    ANSWERS[(case.operation.definition.raw["operationId"], response.status_code)] += 1
    body = parsed(response)
    if isinstance(body, dict) and "documentId" in body and "version" in body:
        DOCUMENTS.learn(body)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A refusal that the contract has in words is none of its schemas; and a member that may be left out may be null."""
    if isinstance(failure, RejectedPositiveData) and response.status_code == 400:
        return not SAID_IN_WORDS.search(parsed(response)["detail"])
    return not (isinstance(failure, AcceptedNegativeData) and holds_null(case.body))


def holds_null(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(holds_null(member) for member in inner)


def parsed(response):
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def definition(case, response):
    """What the contract says of this status of this operation; None where it says nothing."""
    found = case.operation.responses.find_by_status_code(response.status_code)
    return found.definition if found else None


class Deviation(Failure):
    """Schemathesis keeps one failure of a class and key for each operation, and two of ours are not the same."""

    @property
    def _unique_key(self):
        return f"{self.title}|{self.message}"


@schemathesis.check
def problem_is_of_the_contract(ctx, response, case):
    """A problem's slug is one that `x-problems` names, its status that of the answer, its instance the request's id."""
    said = definition(case, response)
    if said is None or response.status_code < 400:
        return
    problem, operation = parsed(response), case.operation.label
    slug = str(problem.get("type")).removeprefix("https://fude.example/problems/")
    if slug not in said["x-problems"]:
        raise Deviation(operation=operation, title="Problem outside the contract",
                        message=f"{response.status_code} {slug}: the contract has {said['x-problems']}")
    if problem["status"] != response.status_code:
        raise Deviation(operation=operation, title="Problem of another status",
                        message=f"{response.status_code} holds {problem['status']}")
    if [problem["instance"]] != response.headers.get("x-amzn-requestid"):
        raise Deviation(operation=operation, title="Problem of another request", message=f"{response.status_code} {slug}")


@schemathesis.check
def headers_of_the_contract_are_there(ctx, response, case):
    """A header that the contract lists is on every such answer, and no answer may be stored."""
    said = definition(case, response) or {}
    wanted = {"Cache-Control", *said.get("headers", {})}
    missing = sorted(name for name in wanted if name.lower() not in response.headers)
    if missing:
        raise Deviation(operation=case.operation.label, title="Header is missing",
                        message=f"{response.status_code} without {', '.join(missing)}")


@atexit.register
def write_figures():
    rows = [{"operation": name, "status": status, "count": count} for (name, status), count in sorted(ANSWERS.items())]
    pathlib.Path(os.environ["FUDE_CONTRACT_FIGURES"]).write_text(json.dumps(rows), encoding="utf-8")
