"""Typed R4 models, HL7's invariants, the rules of a document bundle that neither knows, and the BALP profiles.

One line a file: name, tab, what is wrong with it (nothing where it is good).
"""

import json
import pathlib
import sys

from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.provenance import Provenance

MODELS = {model.__name__: model for model in (AuditEvent, Bundle, Provenance)}


def sections(section):
    for below in section.get("section", []):
        yield below
        yield from sections(below)


def codes(concept):
    return {c.get("code") for c in (concept or {}).get("coding", [])}


def has(resource, *choices):
    """Whether an element stands, with a value or with an extension that says why it has none."""
    return any(name.lstrip("_").startswith(choice) for choice in choices for name in resource)


# Key, type, what must be true of each resource of the type: HL7 FHIR R4, StructureDefinition.constraint.
INVARIANTS = [
    ("bdl-9", "Bundle", lambda r: r.get("identifier", {}).get("system") and r["identifier"].get("value")),
    ("bdl-10", "Bundle", lambda r: r.get("timestamp")),
    ("cmp-1", "Composition", lambda r: all(has(s, "text", "entry", "section") for s in sections(r))),
    ("cmp-2", "Composition", lambda r: not any("emptyReason" in s and "entry" in s for s in sections(r))),
    ("txt-1", "Composition", lambda r: all(s["text"].get("div") for s in sections(r) if "text" in s)),
    ("con-4", "Condition", lambda r: not has(r, "abatement") or codes(r.get("clinicalStatus")) & {"resolved", "remission", "inactive"}),
    ("ait-1", "AllergyIntolerance", lambda r: "clinicalStatus" in r or "entered-in-error" in codes(r.get("verificationStatus"))),
    ("obs-6", "Observation", lambda r: not ("dataAbsentReason" in r and has(r, "value"))),
    ("qty-3", "Observation", lambda r: "code" not in r.get("valueQuantity", {}) or "system" in r["valueQuantity"]),
    ("app-1", "Appointment", lambda r: all(has(p, "type", "actor") for p in r["participant"])),
    ("app-2", "Appointment", lambda r: has(r, "start") == has(r, "end")),
    ("app-3", "Appointment", lambda r: has(r, "start") or r["status"] in ("proposed", "cancelled", "waitlist")),
    ("org-1", "Organization", lambda r: has(r, "identifier", "name")),
    ("ppc-1", "Consent", lambda r: has(r, "policy")),
    ("sev-1", "AuditEvent", lambda r: not any("name" in e and "query" in e for e in r.get("entity", []))),
    # Not a constraint in words, but AuditEvent.agent.requestor: only one is to be the requestor
    ("requestor", "AuditEvent", lambda r: sum(a["requestor"] for a in r["agent"]) == 1),
    ("entity-role", "Provenance", lambda r: {e["role"] for e in r.get("entity", [])} <= {"derivation", "revision", "quotation", "source", "removal"}),
]

# IHE ITI BALP, StructureDefinition IHE.BasicAudit.*: interaction, action, role of client and server, types of the user.
BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
SOURCE, DESTINATION = "110153", "110152"
WRITERS, READERS = {"AUT", "INF", "CST"}, {"IRCP"}
PROFILES = {
    "Create": ("create", "C", SOURCE, DESTINATION, WRITERS),
    "Update": ("update", "U", SOURCE, DESTINATION, WRITERS),
    "Read": ("read", "R", DESTINATION, SOURCE, READERS),
}


def profile_rules(event):
    """What the claimed profile wants beyond R4. One that is not known here is not kept either."""
    for profile in event.get("meta", {}).get("profile", []):
        name = profile.removeprefix(BALP)
        rules = PROFILES.get(name.removeprefix("Patient"))
        if rules is None:
            yield f"{name} is claimed"
            continue
        interaction, action, client, server, users = rules
        of_type = lambda code: [a for a in event["agent"] if code in codes(a.get("type"))]
        entities = lambda code: [e for e in event.get("entity", []) if e.get("type", {}).get("code") == code]
        objects, patients = entities("2"), entities("1")
        known = [a for code in (SOURCE, DESTINATION) for a in of_type(code)]
        kept = {
            "subtype": interaction in {s["code"] for s in event.get("subtype", [])},
            "action": event.get("action") == action,
            "outcome": event.get("outcome") == "0",
            "client": len(of_type(client)) == 1 and of_type(client)[0]["who"].get("display") != "fude",
            "server": len(of_type(server)) == 1 and of_type(server)[0]["who"].get("display") == "fude",
            "network": all(a.get("network") and a.get("who") for a in known),
            "user": all(codes(a.get("type")) & users and "network" not in a for a in event["agent"] if a["requestor"]),
            "data": len(objects) == 1 and objects[0].get("what") and objects[0]["role"]["code"] in {"3", "4", "20"},
            "patient": not name.startswith("Patient")
            or (len(patients) == 1 and patients[0]["role"]["code"] == "1" and patients[0]["what"].get("type") == "Patient"),
        }
        yield from (f"{name}.{rule}" for rule, holds in kept.items() if not holds)



def references(node):
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "reference" and isinstance(value, str):
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def document_rules(bundle):
    """A document: Composition first, addresses unique, references resolved, everything reached from the Composition."""
    entries = bundle.get("entry", [])
    if not entries or entries[0]["resource"]["resourceType"] != "Composition":
        yield "bdl-11: the first resource is no Composition"
        return
    by_url = {e["fullUrl"]: e["resource"] for e in entries}
    if len(by_url) != len(entries):
        yield "bdl-7: a fullUrl stands twice"
    reached, wanted = set(), [entries[0]["fullUrl"]]
    while wanted:
        url = wanted.pop()
        if url in reached:
            continue
        reached.add(url)
        for target in references(by_url[url]):
            if target.startswith("#"):
                contained = {"#" + c["id"] for c in by_url[url].get("contained", [])}
                if target not in contained:
                    yield f"{target} is not contained"
            elif target not in by_url:
                yield f"{target} leads nowhere"
            else:
                wanted.append(target)
    for url, resource in by_url.items():
        backward = any(t in reached for t in references(resource)) and resource["resourceType"] == "Provenance"
        if url not in reached and not backward:
            yield f"{resource['resourceType']} is not reached from the Composition"


def wrong(text):
    bundle = json.loads(text)
    try:
        MODELS[bundle["resourceType"]].parse_raw(text)
    except ValueError as error:
        yield "model: " + " ".join(str(error).split())[:300]
        return
    for resource in [bundle, *(e["resource"] for e in bundle.get("entry", []))]:
        for key, kind, holds in INVARIANTS:
            if resource["resourceType"] == kind and not holds(resource):
                yield f"{key}: {kind}"
    if bundle["resourceType"] == "Bundle":
        yield from document_rules(bundle)
    if bundle["resourceType"] == "AuditEvent":
        yield from profile_rules(bundle)


for folder in sys.argv[1:]:
    for path in sorted(pathlib.Path(folder).iterdir()):
        print(path.name, "; ".join(sorted(set(wrong(path.read_text("utf-8"))))), sep="\t")
