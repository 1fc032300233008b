//! The names of the faults, in their three families.
//!
//! What a fault does stands with its family: transport in `converse`, form in
//! `form`, content in `content`.

use serde::{Deserialize, Serialize};

macro_rules! modes {
    ($(#[$doc:meta])* $family:ident { $($variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $family { $($variant,)+ }

        impl $family {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)+];

            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

modes! {
    /// Faults between caller and model: the reply does not arrive, or late.
    Transport {
        Throttle = "throttle",
        NotReady = "not-ready",
        Timeout = "timeout",
        ServerError = "server-error",
        Unavailable = "unavailable",
        ModelError = "model-error",
        AccessDenied = "access-denied",
        ConnectionReset = "connection-reset",
        Stall = "stall",
        Slow = "slow",
        Usual = "usual-time",
    }
}

modes! {
    /// Faults of the reply's form: it is not the JSON that was asked for.
    Form {
        TruncatedJson = "truncated-json",
        FencedJson = "fenced-json",
        ProsePreamble = "prose-preamble",
        EmptyContent = "empty-content",
        GuardrailIntervened = "guardrail-intervened",
        ContentFiltered = "content-filtered",
        Refusal = "refusal",
    }
}

modes! {
    /// Faults of what the reply says, in a reply of the right form.
    Content {
        HallucinatedNumber = "hallucinated-number",
        WrongUnit = "wrong-unit",
        WrongDate = "wrong-date",
        UnknownCitation = "unknown-citation",
        UncitedSentence = "uncited-sentence",
        WrongCitation = "wrong-citation",
        InventedDrug = "invented-drug",
        LookalikeDrug = "lookalike-drug",
        StrengthForDose = "strength-for-dose",
        DoseNotUpdated = "dose-not-updated",
        HeldDrugContinued = "held-drug-continued",
        NegationFlip = "negation-flip",
        SideSwap = "side-swap",
        SuspicionDropped = "suspicion-dropped",
        ConditionDropped = "condition-dropped",
        PendingAsNegative = "pending-as-negative",
        PlanAsDone = "plan-as-done",
        InventedCause = "invented-cause",
        TrendFlip = "trend-flip",
        FamilyAsPatient = "family-as-patient",
        SectionOmitted = "section-omitted",
        DuplicatedSentence = "duplicated-sentence",
        ObeysInjection = "obeys-injection",
        UnknownPlaceholder = "unknown-placeholder",
        LostPlaceholder = "lost-placeholder",
        OtherPatient = "other-patient",
        UndisclosedDiagnosis = "undisclosed-diagnosis",
    }
}

/// One way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Transport(Transport),
    Form(Form),
    Content(Content),
}

impl Fault {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let transport = Transport::ALL.iter().copied().map(Self::Transport);
        let form = Form::ALL.iter().copied().map(Self::Form);
        let content = Content::ALL.iter().copied().map(Self::Content);
        transport.chain(form).chain(content)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Transport(fault) => fault.name(),
            Self::Form(fault) => fault.name(),
            Self::Content(fault) => fault.name(),
        }
    }
}

impl TryFrom<String> for Fault {
    type Error = String;

    fn try_from(mode: String) -> Result<Self, String> {
        Self::all().find(|fault| fault.name() == mode).ok_or_else(|| {
            let known: Vec<_> = Self::all().map(Self::name).collect();
            format!("unknown mode {mode:?}; known: {}", known.join(", "))
        })
    }
}

/// A fault and how many requests it still falls on.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Armed {
    pub(crate) mode: Fault,
    #[serde(default = "once")]
    pub(crate) times: u32,
}

const fn once() -> u32 {
    1
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mode = String::deserialize(deserializer)?;
        Self::try_from(mode).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Fault {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_names_are_unique_and_read_back() {
        let names: std::collections::BTreeSet<_> = Fault::all().map(Fault::name).collect();
        assert_eq!(names.len(), 45);
        for fault in Fault::all() {
            assert_eq!(Fault::try_from(fault.name().to_owned()), Ok(fault));
        }
    }

    #[test]
    fn unknown_mode_names_the_known_ones() {
        let message = Fault::try_from("sulk".to_owned()).unwrap_err();
        assert!(message.contains("side-swap") && message.contains("throttle"));
    }
}
