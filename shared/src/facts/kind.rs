//! What facts are about.

/// What a fact is about; the word stands in the prompt line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Patient,
    Encounter,
    Condition,
    Allergy,
    Medication,
    Result,
    Exam,
    Social,
    Survey,
    Report,
    Procedure,
    Immunization,
    Family,
    Device,
    CarePlan,
    Diet,
    Appointment,
    Consent,
    Note,
    Derived,
    Statement,
    /// Sender and addressee as registration and request name them; never offered to the model.
    Letterhead,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Encounter => "encounter",
            Self::Condition => "condition",
            Self::Allergy => "allergy",
            Self::Medication => "medication",
            Self::Result => "result",
            Self::Exam => "exam",
            Self::Social => "social",
            Self::Survey => "survey",
            Self::Report => "report",
            Self::Procedure => "procedure",
            Self::Immunization => "immunization",
            Self::Family => "family",
            Self::Device => "device",
            Self::CarePlan => "careplan",
            Self::Diet => "diet",
            Self::Appointment => "appointment",
            Self::Consent => "consent",
            Self::Note => "note",
            Self::Derived => "derived",
            Self::Statement => "statement",
            Self::Letterhead => "letterhead",
        }
    }
}
