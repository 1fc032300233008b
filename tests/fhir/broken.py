"""Writes documents with one fault each, so that a validator that waves everything through is found out."""

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

source, target = map(pathlib.Path, sys.argv[1:3])
target.mkdir(parents=True, exist_ok=True)
good = json.loads((source / "discharge-summary-20481937-final.json").read_text("utf-8"))
for name, fault in FAULTS.items():
    bundle = copy.deepcopy(good)
    fault(bundle)
    (target / f"broken-{name}.json").write_text(json.dumps(bundle, ensure_ascii=False), "utf-8")
