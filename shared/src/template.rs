//! Document kinds as data: one TOML file a kind under `templates/`. A new kind is a new file.
//! Holds reading and checking of the files; what the sections contain is `compose`'s business.

use serde::Deserialize;

use crate::integrity::Digest;

// `SOURCES`: every file under templates/, gathered when the crate is built.
include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// Where the text of a section comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// Rendered by code from the record; `render` names how.
    Code,
    /// Written by the model from facts.
    Model,
    /// Stated by the author in the request.
    Author,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// JP-CLINS section code.
    pub code: String,
    pub title: String,
    #[serde(default)]
    pub required: bool,
    pub from: From,
    /// Name of the code renderer, for `from = "code"`.
    #[serde(default)]
    pub render: String,
    /// Facts that suit a model section: `note(経過,医師) result`. Shown in the prompt.
    #[serde(default)]
    pub material: String,
    #[serde(default)]
    pub guidance: String,
    /// 該当なし after a death: drugs to take home, follow-up.
    #[serde(default)]
    pub not_after_death: bool,
    /// Words that a model section is about, where its material alone says too little: 皮膚, 褥瘡.
    #[serde(default)]
    pub about: Vec<String>,
    /// Rules of `must_mention` whose left-over facts stand here; without one, `grounding::target` chooses.
    #[serde(default)]
    pub takes: Vec<String>,
    /// What an author's section may say; empty where anything.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Characters that the form's box holds; 0 is unbounded.
    #[serde(default)]
    pub length: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    pub name: String,
    #[serde(default)]
    pub edition: String,
    #[serde(default)]
    pub effective_from: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub min_years: u32,
    pub basis: String,
}

/// Who may receive the kind, and how they are called.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Addressee {
    /// Types of `destination` that this kind may go to.
    pub types: Vec<String>,
    /// How the addressee stands in the letter; `{institution}`, `{department}`, `{recipient}`.
    pub line: String,
    /// What follows the name of a person at a medical institution.
    pub person: String,
    /// Who reads it where only the department is known.
    pub unknown: String,
    /// What follows the patient's name: 様, on official forms 殿.
    pub patient: String,
}

impl Default for Addressee {
    fn default() -> Self {
        Self {
            types: Vec::new(),
            line: "{institution} {department} {recipient}".to_owned(),
            person: "先生 御侍史".to_owned(),
            unknown: "外来担当医".to_owned(),
            patient: "様".to_owned(),
        }
    }
}

/// By when the document is due; code never asks the clock whether it is late.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// The day of admission is day 1.
    pub days_from_admission: u16,
    pub basis: String,
}

/// Connective sentences that code writes: greeting and closing of a letter. `{patient}` is the name with its honorific.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Connectives {
    pub opening: String,
    pub closing: String,
    /// The same for who is no medical institution: ご高診 is asked of physicians alone. Empty: as above.
    pub opening_elsewhere: String,
    pub closing_elsewhere: String,
}

impl Connectives {
    /// Greeting and closing for a type of addressee.
    pub fn towards(&self, addressee: &str) -> (&str, &str) {
        let other = addressee != "medical-institution";
        let opening = if other && !self.opening_elsewhere.is_empty() { &self.opening_elsewhere } else { &self.opening };
        let closing = if other && !self.closing_elsewhere.is_empty() { &self.closing_elsewhere } else { &self.closing };
        (opening, closing)
    }
}

/// How the kind stands as a FHIR document. Without it: a generic document with section codes of our own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fhir {
    /// Profiles that a final document claims; a draft claims none.
    pub composition_profile: String,
    pub bundle_profile: String,
    /// Code systems of document type, category and sections.
    pub type_system: String,
    pub category_system: String,
    pub section_system: String,
    pub bundle_identifier_system: String,
    /// Category code and words of a document about a stay, and of one about a visit.
    pub stay: Option<[String; 2]>,
    pub visit: Option<[String; 2]>,
    /// Code of the section that holds all others but `outside`; empty: they stand side by side.
    pub frame: String,
    pub outside: Vec<String>,
    /// What `event.code` says; then `event.period` is the day of issue, else the stay.
    pub issued: String,
    /// Between institution number, year and number of the document's identifier.
    pub separator: String,
}

/// Which part of the record the document is about.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Scope {
    /// The stay or visit.
    Encounter,
    /// So many days before the end of the stay or visit, and that itself.
    Days(u32),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub id: String,
    pub version: u32,
    pub title: String,
    pub title_en: String,
    /// LOINC code of the document.
    pub code: String,
    /// Roles that may finalise; a role named here may also draft.
    pub finalisers: Vec<String>,
    /// Whether a clerk (医師事務作業補助者) may draft this kind.
    pub clerk: bool,
    /// The physician signs by hand or seal: the issued copy leaves room for it.
    #[serde(default)]
    pub signature: bool,
    pub retention: Retention,
    pub form: Form,
    /// `western` or `japanese`, for dates of the head.
    pub calendar: String,
    /// 常体, 敬体 or 体言止め.
    pub register: String,
    pub scope: Scope,
    #[serde(default)]
    pub deadline: Option<Deadline>,
    pub addressee: Addressee,
    #[serde(default)]
    pub connectives: Connectives,
    #[serde(default)]
    pub fhir: Fhir,
    #[serde(default)]
    pub abbreviations: String,
    #[serde(default)]
    pub guidance: String,
    #[serde(default)]
    pub must_mention: Vec<String>,
    #[serde(default)]
    pub must_not_mention: Vec<String>,
    pub sections: Vec<Section>,
}

impl Template {
    /// The template of a kind; `None` for a kind that there is none of.
    pub fn find(kind: &str) -> Option<(Self, Digest)> {
        let [_, text, json] = SOURCES.iter().find(|[id, ..]| *id == kind)?;
        Some((serde_json::from_str(json).expect("a test reads every template"), Digest::of(text.as_bytes())))
    }

    /// A template from the text of its file, with the hash that goes into the manifest.
    #[cfg(test)]
    pub fn parse(source: &str) -> Result<(Self, Digest), toml::de::Error> {
        Ok((toml::from_str(source)?, Digest::of(source.as_bytes())))
    }

    /// What is wrong with a template beyond its syntax: names that no code knows, sections twice.
    pub fn faults(&self) -> Vec<String> {
        let mut out = Vec::new();
        let mut fault = |wrong: bool, what: String| out.extend(wrong.then_some(what));
        fault(self.sections.is_empty() || self.finalisers.is_empty(), "no section or no finaliser".to_owned());
        fault(!matches!(self.calendar.as_str(), "western" | "japanese"), format!("calendar {}", self.calendar));
        fault(!matches!(self.register.as_str(), "常体" | "敬体" | "体言止め"), format!("register {}", self.register));
        fault(self.addressee.types.is_empty(), "nobody to send it to".to_owned());
        for (i, s) in self.sections.iter().enumerate() {
            let known = crate::compose::is_renderer(&s.render);
            fault((s.from == From::Code) != known, format!("{} renders by {:?}", s.code, s.render));
            fault((s.from == From::Model) == s.material.is_empty(), format!("{} and its material", s.code));
            fault(self.sections[..i].iter().any(|t| t.code == s.code), format!("{} twice", s.code));
            fault(
                s.takes.iter().any(|r| !self.must_mention.contains(r)),
                format!("{} takes what no rule gives", s.code),
            );
        }
        for rule in &self.must_mention {
            fault(crate::grounding::Rule::named(rule).is_none(), format!("must_mention {rule}"));
            fault(crate::grounding::target(rule, self).is_none(), format!("no section for {rule}"));
        }
        for rule in &self.must_not_mention {
            fault(!crate::grounding::MUST_NOT_MENTION.contains(&rule.as_str()), format!("must_not_mention {rule}"));
        }
        out
    }

    pub fn kinds() -> impl Iterator<Item = &'static str> {
        SOURCES.iter().map(|[id, ..]| *id)
    }

    pub fn section(&self, code: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.code == code)
    }

    pub fn model_sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(|s| s.from == From::Model)
    }

    /// `discharge-summary@1`
    pub fn reference(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// Physicians draft every kind, nurses what they finalise, clerks what the kind allows.
    pub fn may_draft(&self, role: &str) -> bool {
        match role {
            "physician" => true,
            "clerk" => self.clerk,
            _ => self.finalisers.iter().any(|f| f == role),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn every_template_is_readable_and_complete() {
        for kind in Template::kinds() {
            let (t, _) = Template::find(kind).expect("listed");
            assert_eq!(t.id, kind);
            assert_eq!(t.faults(), Vec::<String>::new(), "{kind}");
            assert!(!t.form.name.is_empty() && !t.retention.basis.is_empty() && !t.abbreviations.is_empty(), "{kind}");
            assert!(!t.must_mention.is_empty() && !t.must_not_mention.is_empty() && !t.guidance.is_empty(), "{kind}");
        }
    }

    #[test]
    fn the_first_five_kinds_are_there_with_their_finalisers() {
        for (kind, finaliser, clerk, addressees) in [
            (
                "discharge-summary",
                "physician",
                true,
                &["medical-institution", "visiting-nurse-station", "care-manager", "municipality"][..],
            ),
            (
                "referral-letter",
                "physician",
                true,
                &["medical-institution", "visiting-nurse-station", "care-manager", "municipality", "pharmacy"],
            ),
            ("referral-reply", "physician", true, &["medical-institution"]),
            ("nursing-summary", "nurse", false, &["medical-institution", "visiting-nurse-station", "care-manager"]),
            ("inpatient-care-plan", "physician", true, &["patient", "family"]),
        ] {
            let (t, _) = Template::find(kind).expect(kind);
            assert_eq!((t.finalisers.as_slice(), t.clerk), (&[finaliser.to_owned()][..], clerk), "{kind}");
            assert_eq!(t.addressee.types, addressees, "{kind}");
        }
    }

    #[test]
    fn faults_are_found() {
        let source = crate::template::SOURCES.iter().find(|[k, ..]| *k == "referral-reply").expect("a kind")[1];
        let broken = source.replace("render = \"allergies\"", "render = \"alergies\"").replace("敬体\"", "丁寧\"");
        let (t, _) = Template::parse(&broken).expect("still TOML");
        assert_eq!(t.faults().len(), 2, "{:?}", t.faults());
        assert!(Template::parse(&source.replace("clerk = true", "clark = true")).is_err());
    }

    #[test]
    fn clerks_never_touch_nursing_documents() {
        let (t, _) = Template::find("nursing-summary").expect("kind");
        assert!(!t.may_draft("clerk") && t.may_draft("nurse") && !t.may_draft("auditor"));
        let (t, _) = Template::find("discharge-summary").expect("kind");
        assert!(t.may_draft("clerk") && !t.may_draft("nurse"));
    }
}
