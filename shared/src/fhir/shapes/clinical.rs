//! What was found and done: diagnoses, allergies, measurements, reports, procedures, stays, family, forms.

use super::Otherwise::{Drop, Unknown, Words};
use super::Shape::{
    Answered, Boolean, Code, Coded, Coding, DateTime, Instant, Integer, Label, Link, Object, Told, ToldConcept,
    ToldSentences,
};
use super::{ENCOUNTER, Kind, META, NOTE, PERIOD, QUANTITY_SHAPE, RANGE, RATIO, many, one, status};

const EVENT_STATUS: &[&str] =
    &["preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"];
const MEASURED: &[&str] =
    &["registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"];
const REPORTED: &[&str] = &[
    "registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled",
    "entered-in-error", "unknown",
];
const ENCOUNTERED: &[&str] = &[
    "planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled", "entered-in-error", "unknown",
];

pub(super) static KINDS: &[Kind] = &[
    Kind {
        name: "Condition",
        subject: "subject",
        members: &[
            META,
            one("clinicalStatus", Coded),
            one("verificationStatus", Coded),
            many("category", Coded),
            one("code", ToldConcept).or(Drop),
            many("bodySite", ToldConcept),
            ENCOUNTER,
            one("onsetDateTime", DateTime),
            one("onsetString", Told),
            one("abatementDateTime", DateTime),
            one("recordedDate", DateTime),
            NOTE,
        ],
    },
    Kind {
        name: "AllergyIntolerance",
        subject: "patient",
        members: &[
            META,
            one("clinicalStatus", Coded),
            one("verificationStatus", Coded),
            one("type", Code(&["allergy", "intolerance"])),
            many("category", Code(&["food", "medication", "environment", "biologic"])),
            one("criticality", Code(&["low", "high", "unable-to-assess"])),
            one("code", ToldConcept).or(Words("名称の記載なし")),
            one("onsetDateTime", DateTime),
            one("recordedDate", DateTime),
            NOTE,
            many(
                "reaction",
                Object(&[
                    one("substance", ToldConcept),
                    many("manifestation", ToldConcept).or(Drop),
                    one("description", Told),
                    one("severity", Code(&["mild", "moderate", "severe"])),
                ]),
            ),
        ],
    },
    Kind {
        name: "Observation",
        subject: "subject",
        members: &[
            META,
            status(MEASURED, "unknown"),
            many("category", Coded),
            one("code", ToldConcept).or(Drop),
            ENCOUNTER,
            one("effectiveDateTime", DateTime),
            one("effectiveInstant", Instant),
            one("effectivePeriod", PERIOD),
            one("issued", Instant),
            one("valueQuantity", QUANTITY_SHAPE),
            one("valueCodeableConcept", ToldConcept),
            one("valueString", Told),
            one("valueInteger", Integer),
            one("valueBoolean", Boolean),
            one("valueRange", RANGE),
            one("valueRatio", RATIO),
            one("valueDateTime", DateTime),
            one("dataAbsentReason", Coded),
            many("interpretation", Coded),
            NOTE,
            one("bodySite", ToldConcept),
            one("method", ToldConcept),
            one("specimen", Label),
            many(
                "component",
                Object(&[
                    one("code", ToldConcept).or(Drop),
                    one("valueQuantity", QUANTITY_SHAPE),
                    one("valueCodeableConcept", ToldConcept),
                    one("valueString", Told),
                ]),
            ),
        ],
    },
    Kind {
        name: "DiagnosticReport",
        subject: "subject",
        members: &[
            META,
            status(REPORTED, "unknown"),
            many("category", Coded),
            one("code", ToldConcept).or(Drop),
            ENCOUNTER,
            one("effectiveDateTime", DateTime),
            one("issued", Instant),
            one("conclusion", ToldSentences),
        ],
    },
    Kind {
        name: "Procedure",
        subject: "subject",
        members: &[
            META,
            status(EVENT_STATUS, "unknown"),
            one("category", Coded),
            one("code", ToldConcept).or(Drop),
            ENCOUNTER,
            one("performedDateTime", DateTime),
            one("performedPeriod", PERIOD),
            many("bodySite", ToldConcept),
            one("outcome", ToldConcept),
            NOTE,
        ],
    },
    Kind {
        name: "Immunization",
        subject: "patient",
        members: &[
            status(&["completed", "entered-in-error", "not-done"], "completed"),
            one("vaccineCode", ToldConcept).or(Drop),
            one("occurrenceDateTime", DateTime).or(Unknown),
        ],
    },
    Kind {
        name: "Encounter",
        subject: "subject",
        members: &[
            META,
            status(ENCOUNTERED, "unknown"),
            one("class", Coding).or(Unknown),
            many("type", Coded),
            one("serviceType", ToldConcept),
            one("period", PERIOD),
            many("reasonCode", ToldConcept),
            many("diagnosis", Object(&[one("condition", Link).or(Drop), one("use", Coded)])),
            one(
                "hospitalization",
                Object(&[
                    one("admitSource", ToldConcept),
                    one("destination", Label),
                    one("dischargeDisposition", ToldConcept),
                ]),
            ),
            many("location", Object(&[one("location", Label).or(Drop)])),
        ],
    },
    Kind {
        name: "FamilyMemberHistory",
        subject: "patient",
        members: &[
            META,
            status(&["partial", "completed", "entered-in-error", "health-unknown"], "completed"),
            one("relationship", ToldConcept).or(Words("家族")),
            NOTE,
            many("condition", Object(&[one("code", ToldConcept).or(Drop), one("onsetAge", QUANTITY_SHAPE), NOTE])),
        ],
    },
    Kind {
        name: "QuestionnaireResponse",
        subject: "subject",
        members: &[
            status(&["in-progress", "completed", "amended", "entered-in-error", "stopped"], "completed"),
            ENCOUNTER,
            one("authored", DateTime),
            many("item", Answered).or(Drop),
        ],
    },
];
