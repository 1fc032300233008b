//! What is taken, ordered, planned, booked, worn and wished.

use super::Otherwise::{Code as OrCode, Drop, Unknown, Words};
use super::Shape::{
    Boolean, Code, Coded, Date, DateTime, Decimal, Instant, Integer, Label, Link, Object, Told, ToldConcept, Uri,
};
use super::{ENCOUNTER, Kind, META, Member, NOTE, PERIOD, QUANTITY_SHAPE, RANGE, RATIO, many, one, status};

const fn intent(otherwise: &'static str) -> Member {
    one("intent", Code(REQUEST_INTENT)).or(OrCode(otherwise))
}

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

const REQUEST_INTENT: &[&str] = &[
    "proposal", "plan", "directive", "order", "original-order", "reflex-order", "filler-order", "instance-order",
    "option",
];
const REQUEST_STATUS: &[&str] = &["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"];
const PRESCRIBED: &[&str] =
    &["active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"];
const TAKEN: &[&str] =
    &["active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"];
const GIVEN: &[&str] = &["in-progress", "not-done", "on-hold", "completed", "entered-in-error", "stopped", "unknown"];
const GOAL: &[&str] =
    &["proposed", "planned", "accepted", "active", "on-hold", "completed", "cancelled", "entered-in-error", "rejected"];
const ACTIVITY: &[&str] = &[
    "not-started", "scheduled", "in-progress", "on-hold", "completed", "cancelled", "stopped", "unknown",
    "entered-in-error",
];
const USED: &[&str] = &["active", "completed", "entered-in-error", "intended", "stopped", "on-hold"];
const BOOKED: &[&str] = &[
    "proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error", "checked-in",
    "waitlist",
];

pub(super) static KINDS: &[Kind] = &[
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
                            "udi-label-name", "user-friendly-name", "patient-reported-name", "manufacturer-name",
                            "model-name", "other",
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
