"""Invokes every function with every event of events/ and compares the status of each answer with the expected one.

The events name a hospital's certificate, a patient and documents that a new local cloud does not know. So the certificate and
one physician are registered, the patient's record is staged, and ids, versions and keys are put in before an event is sent."""

import hashlib
import hmac
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "contract"))
import cloud  # noqa: E402 (the local cloud is started in one way)

EVENTS = ROOT / "events"
STATE = ROOT / "target" / "cargo-lambda" / "state"
DOCUMENT, KEY = "5b2f0c7e9a1d4e63b8a7c6d5e4f3a2b1", "2026-07-10-summary"
FUNCTIONS = ["generate-document", "fetch-document", "finalize-document", "audit-writer"]
GONE = '{"batchItemFailures":[{"itemIdentifier":"111000000000000000001"},{"itemIdentifier":"111000000000000000002"}]}'
NOTHING = '{"batchItemFailures":[]}'
# Event, the document that it is about (the event that drafted it), and the answer: an HTTP status, or all that is answered.
EXPECTED = [
    ("generate-document/rest-inline-record", None, 201),
    ("generate-document/rest-staged-record", None, 201),
    ("generate-document/rest-groups-list", None, 201),
    ("generate-document/rest-groups-brackets", None, 201),
    ("generate-document/rest-clerk", None, 201),
    ("generate-document/alb-inline-record", None, 201),
    ("generate-document/alb-nurse", None, 201),
    ("fetch-document/rest-metadata", "rest-inline-record", 200),
    ("fetch-document/rest-content", "rest-inline-record", 200),
    ("fetch-document/rest-content-text", "rest-inline-record", 200),
    ("fetch-document/rest-content-issue", "rest-inline-record", 200),
    ("fetch-document/rest-groups-list", "rest-inline-record", 200),
    ("fetch-document/rest-groups-brackets", "rest-inline-record", 200),
    ("fetch-document/alb-content", "alb-inline-record", 200),
    ("fetch-document/rest-search", None, 200),
    ("fetch-document/alb-search", None, 200),
    ("fetch-document/rest-proof", "rest-inline-record", 200),
    # There is one revision yet, and the event asks for the third
    ("fetch-document/rest-changes", "rest-inline-record", 404),
    ("finalize-document/rest-revisions", "rest-clerk", 201),
    ("finalize-document/alb-withdrawal", "alb-nurse", 200),
    # The event's sign-in is of November 2026, and finalising takes one of the last 15 minutes
    ("finalize-document/rest-finalization", "rest-staged-record", 401),
    # Only what is final is issued or sealed
    ("finalize-document/rest-issues", "rest-staged-record", 409),
    ("finalize-document/rest-sealing", "rest-staged-record", 409),
    ("finalize-document/schedule", None, "null"),
    ("audit-writer/schedule", None, NOTHING),
    ("audit-writer/stream-other-rows", None, NOTHING),
    # The rows that this event tells of are not in the table, so both are given back
    ("audit-writer/stream-two-events", None, GONE),
]


def main():
    names = {f"{path.parent.name}/{path.stem}" for path in EVENTS.glob("*/*.json")}
    if names != {event for event, _, _ in EXPECTED}:
        raise SystemExit(f"events/ and this list differ: {sorted(names ^ {event for event, _, _ in EXPECTED})}")
    shutil.rmtree(STATE, ignore_errors=True)
    STATE.parent.mkdir(parents=True, exist_ok=True)
    process, ready = cloud.start(STATE, STATE.parent / "cloud.txt")
    started, wrong = [], 0
    try:
        prepare(ready)
        lambdas = Lambdas(started)
        documents = {}
        for event, about, expected in EXPECTED:
            answer = lambdas.invoke(event, documents.get(about))
            status, told = read(answer)
            if isinstance(told, dict) and "documentId" in told and "version" in told:
                documents[about or event.split("/")[1]] = told
            got = answer if isinstance(expected, str) else status
            wrong += got != expected
            print(f"{event:42} {status or got:>5}" + ("" if got == expected else f"  expected {expected}: {answer[:300]}"))
    finally:
        for child in started:
            child.terminate()
        cloud.stop(process)
    print(f"{len(EXPECTED)} events, {wrong} wrong answers")
    return 1 if wrong else 0


def read(answer):
    """Status of an answer to a gateway, none where it is none, and its body where that is JSON."""
    try:
        answer = json.loads(answer)
        status = answer["statusCode"]
    except (ValueError, KeyError, TypeError):
        return None, None
    try:
        return status, json.loads(answer["body"])
    except ValueError:
        return status, None


def prepare(ready):
    """Registers whom the events name, and stages the record of their patient."""
    event = json.loads((EVENTS / "generate-document/rest-inline-record.json").read_text(encoding="utf-8"))
    pem = STATE / "event.pem"
    pem.write_text(event["requestContext"]["identity"]["clientCert"]["clientCertPem"], encoding="utf-8")
    admin("register", "--certificate", str(pem))
    admin("staff", "--user", "abe", "--name", "阿部 進", "--role", "physician", "--qualification", "医師",
          "--department", "内科")
    hospital, patient = ready["hospitals"][0], json.loads(event["body"])
    tag = hmac.new(bytes.fromhex(hospital["stagingKey"]), patient["patientId"].encode(), hashlib.sha256).hexdigest()
    address = f"{ready['s3']}/{ready['buckets']['records']}/{hospital['id']}/{patient['dataSourceId']}/{tag}.json"
    requests.put(address, json=patient["record"], timeout=30).raise_for_status()


def admin(*act):
    # The start of the local cloud built it
    command = [str(ROOT / "target/debug/fude-admin"), "hospital", "--state", str(STATE), "--hospital", "hospital-a"]
    subprocess.run([*command, "--apply", *act], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


class Lambdas:
    """`cargo lambda watch`, and every function on it."""

    def __init__(self, started):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        watch = ["cargo", "lambda", "watch", "--only-lambda-apis", "--invoke-address", "127.0.0.1", "--invoke-port", self.port]
        started.append(self._start(watch, "watch"))
        while True:
            try:
                socket.create_connection(("127.0.0.1", int(self.port)), 1).close()
                break
            except OSError:
                if started[0].poll() is not None:
                    raise SystemExit("cargo lambda watch ended; see target/cargo-lambda/watch.txt") from None
                time.sleep(0.1)
        for name in FUNCTIONS:
            started.append(self._start([str(ROOT / "tests/cargo-lambda/function"), name, str(STATE), self.port], name))

    def _start(self, command, name):
        with open(STATE.parent / f"{name}.txt", "w", encoding="utf-8") as out:
            return subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)

    def invoke(self, event, document):
        """What `cargo lambda invoke --data-file` prints."""
        text = (EVENTS / f"{event}.json").read_text(encoding="utf-8").replace(KEY, event.replace("/", "-"))
        if document:
            text = text.replace(DOCUMENT, document["documentId"])
            text = re.sub(r'\\"v\d+\\"', lambda _: f'\\"v{document["version"]}\\"', text)
        file = STATE / "event.json"
        file.write_text(text, encoding="utf-8")
        command = ["cargo", "lambda", "invoke", event.split("/")[0], "--invoke-address", "127.0.0.1", "--invoke-port", self.port,
                   "--data-file", str(file)]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
        return (answer.stdout if answer.returncode == 0 else answer.stderr).strip()


if __name__ == "__main__":
    sys.exit(main())
