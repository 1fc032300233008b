"""Writes documents and log resources with one fault each, so that a validator that waves everything through is found out."""

import copy
import json
import pathlib
import sys


def first(bundle, kind, having=None):
    resources = (e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)
    return next(r for r in resources if having is None or having in r)


def section(bundle):
    return first(bundle, "Composition")["section"][0]["section"][0]


FAULTS = {
    "required-member-missing": lambda b: first(b, "Observation").pop("status"),
    "code-of-no-value-set": lambda b: first(b, "Observation").update(status="done"),
    "composition-without-title": lambda b: first(b, "Composition").pop("title"),
    "encounter-without-class": lambda b: first(b, "Encounter").pop("class"),
    "composition-without-author": lambda b: first(b, "Composition").pop("author"),
    "unknown-member": lambda b: first(b, "Condition").update(patientName="x"),
    "scalar-for-a-list": lambda b: first(b, "Condition").update(category={"text": "x"}),
    "words-for-a-number": lambda b: first(b, "Observation", "valueQuantity")["valueQuantity"].update(value="7.4x"),
    "no-date": lambda b: first(b, "Composition").update(date="2026/07/14"),
    "two-values": lambda b: first(b, "Observation", "valueQuantity").update(valueString="x"),
    "no-subject": lambda b: first(b, "Procedure").pop("subject"),
    "narrative-without-div": lambda b: section(b)["text"].pop("div"),
    "note-without-content": lambda b: first(b, "DocumentReference").pop("content"),
    "bundle-of-no-type": lambda b: b.update(type="documents"),
    "provenance-without-agent": lambda b: first(b, "Provenance").pop("agent"),
    "order-without-drug": lambda b: first(b, "MedicationRequest").pop("medicationCodeableConcept"),
    "reference-leads-nowhere": lambda b: first(b, "Condition").update(subject={"reference": "urn:uuid:0"}),
    "nobody-refers-to-it": lambda b: b["entry"].append({"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Basic", "code": {"text": "x"}}}),
    "composition-not-first": lambda b: b["entry"].reverse(),
    "bundle-without-identifier": lambda b: b.pop("identifier"),
    "empty-and-not-empty": lambda b: section(b).update(emptyReason={"text": "x"}),
    "value-and-why-none": lambda b: first(b, "Observation", "valueQuantity").update(dataAbsentReason={"text": "x"}),
}



def agent(event, code):
    return next(a for a in event["agent"] if a["type"]["coding"][0]["code"] == code)


def entity(event, code):
    return next(e for e in event["entity"] if e["type"]["code"] == code)


# Of the event of a draft, of a reading, and of a Provenance: resource, what it must have to be taken, fault.
LOG_FAULTS = {
    "event-without-type": ("create", lambda e: e.pop("type")),
    "event-without-moment": ("create", lambda e: e.pop("recorded")),
    "event-without-source": ("create", lambda e: e.pop("source")),
    "event-of-nobody": ("create", lambda e: e.pop("agent")),
    "event-of-no-outcome": ("create", lambda e: e.update(outcome="success")),
    "event-of-two-requestors": ("create", lambda e: agent(e, "110153").update(requestor=True)),
    "event-with-a-name": ("create", lambda e: entity(e, "1").update(name="x", query="eA==")),
    "event-unknown-member": ("create", lambda e: e.update(patientName="x")),
    "author-is-a-recipient": ("create", lambda e: agent(e, "AUT")["type"]["coding"][0].update(code="IRCP")),
    "failure-as-a-success": ("create", lambda e: e.update(outcome="8")),
    "create-of-nothing": ("create", lambda e: e["entity"].remove(entity(e, "2"))),
    "patient-unknown": ("create", lambda e: e["entity"].remove(entity(e, "1"))),
    "patient-of-another-type": ("create", lambda e: entity(e, "1")["what"].update(type="Group")),
    "server-nowhere": ("read", lambda e: agent(e, "110153").pop("network")),
    "reader-as-a-source": ("read", lambda e: agent(e, "110152")["type"]["coding"][0].update(code="110153")),
    "read-as-an-update": ("read", lambda e: e.update(action="U")),
    "provenance-of-nothing": ("Provenance", lambda p: p.pop("target")),
    "provenance-without-moment": ("Provenance", lambda p: p.pop("recorded")),
    "provenance-of-nobody": ("Provenance", lambda p: p.pop("agent")),
    "provenance-agent-is-nobody": ("Provenance", lambda p: p["agent"][0].pop("who")),
    "provenance-of-no-role": ("Provenance", lambda p: p["entity"][0].update(role="origin")),
}


def is_a(resource, what):
    subtypes = [s["code"] for s in resource.get("subtype", [])]
    return resource["resourceType"] == what or ("meta" in resource and what in subtypes)


source, log, target = map(pathlib.Path, sys.argv[1:4])
target.mkdir(parents=True, exist_ok=True)
good = json.loads((source / "discharge-summary-20481937-final.json").read_text("utf-8"))
for name, fault in FAULTS.items():
    bundle = copy.deepcopy(good)
    fault(bundle)
    (target / f"broken-{name}.json").write_text(json.dumps(bundle, ensure_ascii=False), "utf-8")
resources = [json.loads(path.read_text("utf-8")) for path in sorted(log.iterdir())]
for name, (what, fault) in LOG_FAULTS.items():
    resource = copy.deepcopy(next(r for r in resources if is_a(r, what)))
    fault(resource)
    (target / f"broken-{name}.json").write_text(json.dumps(resource, ensure_ascii=False), "utf-8")
