//! What of each resource type goes out, and in which shape: a table. A member that is not listed stays behind, so
//! nobody's identifiers, no reference to a person, no narrative and no reason for a reason slips through.
//! Value sets, cardinalities and required members: FHIR R4.

/// How a member is read and what is kept of it.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A code of this set.
    Code(&'static [&'static str]),
    /// Any code.
    Token,
    Uri,
    Date,
    DateTime,
    Instant,
    Boolean,
    Integer,
    Decimal,
    /// Words that the record's structure needs: names of units, questions, forms.
    Plain,
    /// Free text, kept only where a delivered fact says it.
    Told,
    /// Free text of which the delivered sentences are kept.
    ToldSentences,
    Coding,
    /// A concept of the structure: status, category, interpretation.
    Coded,
    /// A concept whose words a delivered fact says.
    ToldConcept,
    Object(&'static [Member]),
    /// A reference to another resource of this document.
    Link,
    /// A reference of which the name of the thing is kept, where a delivered fact says it.
    Label,
    /// An answer of a form, kept where a delivered fact says question and answer.
    Answered,
}

/// What stands where a required member is missing or cannot be read.
#[derive(Clone, Copy)]
pub(super) enum Otherwise {
    /// The member is optional.
    Nothing,
    /// Without it the object is no object of its type.
    Drop,
    Code(&'static str),
    /// A concept of words alone.
    Words(&'static str),
    /// The element without a value, and that it is unknown.
    Unknown,
}

#[derive(Clone, Copy)]
pub(super) struct Member {
    pub name: &'static str,
    pub shape: Shape,
    pub list: bool,
    pub otherwise: Otherwise,
}

const fn one(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, list: false, otherwise: Otherwise::Nothing }
}

const fn many(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, list: true, otherwise: Otherwise::Nothing }
}

impl Member {
    const fn or(mut self, otherwise: Otherwise) -> Self {
        self.otherwise = otherwise;
        self
    }
}

use Otherwise::{Code as OrCode, Drop, Unknown, Words};
use Shape::{
    Answered, Boolean, Code, Coded, Coding, Date, DateTime, Decimal, Instant, Integer, Label, Link, Object, Plain,
    Token, Told, ToldConcept, ToldSentences, Uri,
};

pub(super) const CODING: &[Member] = &[one("system", Uri), one("code", Token), one("display", Plain)];
const QUANTITY: &[Member] = &[
    one("value", Decimal),
    one("comparator", Code(&["<", "<=", ">=", ">"])),
    one("unit", Plain),
    one("system", Uri),
    one("code", Token),
];
const QUANTITY_SHAPE: Shape = Object(QUANTITY);
const PERIOD: Shape = Object(&[one("start", DateTime), one("end", DateTime)]);
const RATIO: Shape = Object(&[one("numerator", QUANTITY_SHAPE), one("denominator", QUANTITY_SHAPE)]);
const RANGE: Shape = Object(&[one("low", QUANTITY_SHAPE), one("high", QUANTITY_SHAPE)]);
const NOTE: Member = many("note", Object(&[one("text", Told).or(Drop)]));
const ENCOUNTER: Member = one("encounter", Link);
/// What a resource is confidential for travels with it.
const META: Member = one("meta", Object(&[many("security", Coding)]));

/// Period and duration of use as JP Core has them; no other extension goes out.
const DOSAGE: &[Member] = &[
    many(
        "extension",
        Object(&[one("url", Uri).or(Drop), one("valuePeriod", PERIOD), one("valueDuration", QUANTITY_SHAPE)]),
    ),
    one("sequence", Integer),
    one("text", Told),
    many("additionalInstruction", Coded),
    one(
        "timing",
        Object(&[
            one(
                "repeat",
                Object(&[
                    one("boundsDuration", QUANTITY_SHAPE),
                    one("boundsPeriod", PERIOD),
                    one("count", Integer),
                    one("frequency", Integer),
                    one("period", Decimal),
                    one("periodUnit", Code(&["s", "min", "h", "d", "wk", "mo", "a"])),
                ]),
            ),
            one("code", Coded),
        ]),
    ),
    one("asNeededBoolean", Boolean),
    one("route", Coded),
    many(
        "doseAndRate",
        Object(&[
            one("type", Coded),
            one("doseQuantity", QUANTITY_SHAPE),
            one("doseRange", RANGE),
            one("rateRatio", RATIO),
            one("rateQuantity", QUANTITY_SHAPE),
        ]),
    ),
];

const EVENT_STATUS: &[&str] =
    &["preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"];
const REQUEST_STATUS: &[&str] = &["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"];
const REQUEST_INTENT: &[&str] = &[
    "proposal",
    "plan",
    "directive",
    "order",
    "original-order",
    "reflex-order",
    "filler-order",
    "instance-order",
    "option",
];
const PRESCRIBED: &[&str] =
    &["active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"];
const TAKEN: &[&str] =
    &["active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"];
const GIVEN: &[&str] = &["in-progress", "not-done", "on-hold", "completed", "entered-in-error", "stopped", "unknown"];
const MEASURED: &[&str] =
    &["registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"];
const REPORTED: &[&str] = &[
    "registered",
    "partial",
    "preliminary",
    "final",
    "amended",
    "corrected",
    "appended",
    "cancelled",
    "entered-in-error",
    "unknown",
];
const ENCOUNTERED: &[&str] = &[
    "planned",
    "arrived",
    "triaged",
    "in-progress",
    "onleave",
    "finished",
    "cancelled",
    "entered-in-error",
    "unknown",
];
const GOAL: &[&str] =
    &["proposed", "planned", "accepted", "active", "on-hold", "completed", "cancelled", "entered-in-error", "rejected"];
const ACTIVITY: &[&str] = &[
    "not-started",
    "scheduled",
    "in-progress",
    "on-hold",
    "completed",
    "cancelled",
    "stopped",
    "unknown",
    "entered-in-error",
];
const USED: &[&str] = &["active", "completed", "entered-in-error", "intended", "stopped", "on-hold"];
const BOOKED: &[&str] = &[
    "proposed",
    "pending",
    "booked",
    "arrived",
    "fulfilled",
    "cancelled",
    "noshow",
    "entered-in-error",
    "checked-in",
    "waitlist",
];

const fn status(set: &'static [&'static str], otherwise: &'static str) -> Member {
    one("status", Code(set)).or(OrCode(otherwise))
}

const fn intent(otherwise: &'static str) -> Member {
    one("intent", Code(REQUEST_INTENT)).or(OrCode(otherwise))
}

/// A resource type: the member that names the patient, and the members that go out.
pub(super) struct Kind {
    pub name: &'static str,
    pub subject: &'static str,
    pub members: &'static [Member],
}

pub(super) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.name == name)
}

static KINDS: &[Kind] = &[
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
        name: "MedicationRequest",
        subject: "subject",
        members: &[
            META,
            status(PRESCRIBED, "unknown"),
            intent("order"),
            many("category", Coded),
            one("medicationCodeableConcept", ToldConcept).or(Drop),
            ENCOUNTER,
            one("authoredOn", DateTime),
            many("reasonCode", ToldConcept),
            NOTE,
            many("dosageInstruction", Object(DOSAGE)),
            one(
                "dispenseRequest",
                Object(&[one("quantity", QUANTITY_SHAPE), one("expectedSupplyDuration", QUANTITY_SHAPE)]),
            ),
        ],
    },
    Kind {
        name: "MedicationStatement",
        subject: "subject",
        members: &[
            META,
            status(TAKEN, "unknown"),
            one("category", Coded),
            one("medicationCodeableConcept", ToldConcept).or(Drop),
            one("context", Link),
            one("effectiveDateTime", DateTime),
            one("effectivePeriod", PERIOD),
            one("dateAsserted", DateTime),
            many("reasonCode", ToldConcept),
            NOTE,
            many("dosage", Object(DOSAGE)),
        ],
    },
    Kind {
        name: "MedicationAdministration",
        subject: "subject",
        members: &[
            META,
            status(GIVEN, "unknown"),
            one("category", Coded),
            one("medicationCodeableConcept", ToldConcept).or(Drop),
            one("context", Link),
            one("effectivePeriod", PERIOD),
            one("effectiveDateTime", DateTime).or(Unknown),
            many("reasonCode", ToldConcept),
            NOTE,
            one(
                "dosage",
                Object(&[
                    one("text", Told),
                    one("route", Coded),
                    one("dose", QUANTITY_SHAPE),
                    one("rateRatio", RATIO),
                    one("rateQuantity", QUANTITY_SHAPE),
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
    Kind {
        name: "CarePlan",
        subject: "subject",
        members: &[
            META,
            status(REQUEST_STATUS, "unknown"),
            one("intent", Code(&["proposal", "plan", "order", "option"])).or(OrCode("plan")),
            one("title", Told),
            one("description", Told),
            ENCOUNTER,
            one("period", PERIOD),
            one("created", DateTime),
            many(
                "activity",
                Object(&[one(
                    "detail",
                    Object(&[one("code", ToldConcept), status(ACTIVITY, "unknown"), one("description", Told)]),
                )]),
            ),
            NOTE,
        ],
    },
    Kind {
        name: "Goal",
        subject: "subject",
        members: &[
            one("lifecycleStatus", Code(GOAL)).or(OrCode("active")),
            one("description", ToldConcept).or(Drop),
            one("startDate", Date),
            NOTE,
        ],
    },
    Kind {
        name: "Flag",
        subject: "subject",
        members: &[
            status(&["active", "inactive", "entered-in-error"], "active"),
            many("category", Coded),
            one("code", ToldConcept).or(Drop),
            one("period", PERIOD),
            ENCOUNTER,
        ],
    },
    Kind {
        name: "ServiceRequest",
        subject: "subject",
        members: &[
            META,
            status(REQUEST_STATUS, "unknown"),
            intent("order"),
            many("category", Coded),
            one("code", ToldConcept),
            ENCOUNTER,
            one("occurrenceDateTime", DateTime),
            one("authoredOn", DateTime),
            many("bodySite", ToldConcept),
            NOTE,
        ],
    },
    Kind {
        name: "NutritionOrder",
        subject: "patient",
        members: &[
            status(REQUEST_STATUS, "unknown"),
            intent("order"),
            ENCOUNTER,
            one("dateTime", DateTime).or(Unknown),
            one(
                "oralDiet",
                Object(&[
                    many("type", ToldConcept),
                    many("texture", Object(&[one("modifier", ToldConcept)])),
                    many("fluidConsistencyType", ToldConcept),
                    one("instruction", Told),
                ]),
            ),
            NOTE,
        ],
    },
    Kind {
        name: "Appointment",
        subject: "",
        members: &[
            status(BOOKED, "booked"),
            many("serviceType", Coded),
            one("description", Told),
            one("start", Instant),
            one("end", Instant),
            one("created", DateTime),
            one("comment", Told),
        ],
    },
    Kind {
        name: "Device",
        subject: "patient",
        members: &[
            one("status", Code(&["active", "inactive", "entered-in-error", "unknown"])),
            many(
                "deviceName",
                Object(&[
                    one("name", Told).or(Drop),
                    one(
                        "type",
                        Code(&[
                            "udi-label-name",
                            "user-friendly-name",
                            "patient-reported-name",
                            "manufacturer-name",
                            "model-name",
                            "other",
                        ]),
                    )
                    .or(OrCode("other")),
                ]),
            ),
            one("type", ToldConcept),
            NOTE,
        ],
    },
    Kind {
        name: "DeviceUseStatement",
        subject: "subject",
        members: &[
            status(USED, "active"),
            one("timingPeriod", PERIOD),
            one("timingDateTime", DateTime),
            one("recordedOn", DateTime),
            one("device", Label).or(Unknown),
            one("bodySite", ToldConcept),
            NOTE,
        ],
    },
    Kind {
        name: "Consent",
        subject: "patient",
        members: &[
            META,
            status(&["draft", "proposed", "active", "rejected", "inactive", "entered-in-error"], "active"),
            one("scope", Coded).or(Unknown),
            many("category", ToldConcept).or(Words("同意・意思表示")),
            one("dateTime", DateTime),
            one("policyRule", ToldConcept).or(Unknown),
            one("provision", Object(&[one("type", Code(&["deny", "permit"])), many("code", ToldConcept)])),
        ],
    },
];
