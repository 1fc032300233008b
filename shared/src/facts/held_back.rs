//! What must not go out: JP-CLINS tags a resource `UNINFORMED` (the patient has not been told) or
//! `UNDELIVERED` (to be given to no other institution nor to the patient); `meta.security` marks the rest.
//! The physician is told how many resources were held back and why; the document never says it.
//!
//! Results of HIV tests are sensitive by their name, marked or not.
//! A mark counts on any resource, whether or not it could be read. The tags hold back from everybody, sensitivity
//! codes from everybody but medical institutions. A fact of another resource that names a held-back diagnosis, or
//! tells of it in other words, is held back too.
//!
//! Drugs and allergies: a list with a gap harms, so a drug or an allergy is held back only where it bears the mark
//! itself; the hospital then decided about this very order, and `coverage` tells the physician. Of an unmarked one,
//! and of a diagnosis whose own name tells nothing, only the words that would tell are taken away. What changed of a
//! drug is not told where an order of it is held back.

use std::collections::{HashMap, HashSet};

use super::drug_names::drug_stem;
use super::medication::MedicationDetail;
use super::scope::Stay;
use super::{Detail, Fact, Kind, Source, held};
use crate::document;
use crate::record::{ClinicalRecord, Mark, SENSITIVE, typed};
use crate::text::compact;

const HIV: &[&str] = &["hiv", "エイズ", "抗レトロウイルス"];

/// Words that tell a disease without naming it: (what its name holds, what tells of it). Folded.
const FAMILIES: &[(&[&str], &[&str])] = &[
    (
        &["がん", "肉腫", "腫瘍", "白血病", "リンパ腫", "骨髄腫", "悪性"],
        &[
            "がん", "肉腫", "悪性", "腫瘍", "cancer", "carcinoma", "adeno", "tub1", "tub2", "group5", "groupv",
            "抗腫瘍", "stage", "n0m0", "n1m0", "n2m0", "cea", "ca19-9", "化学療法", "放射線治療", "転移", "緩和",
        ],
    ),
    (
        &["統合失調", "うつ", "鬱", "双極", "精神", "依存", "認知症"],
        &["精神科", "心療内科", "統合失調", "幻聴", "妄想", "向精神", "抗精神病"],
    ),
    (&["hiv", "後天性免疫不全"], HIV),
];

/// What tells of something that is marked by a sensitivity code, whatever its name. Folded.
const BY_CODE: &[(&str, &[&str])] = &[
    ("HIV", HIV),
    ("PSY", &["精神科", "心療内科", "向精神", "抗精神病"]),
    ("STD", &["梅毒", "淋菌", "クラミジア", "性感染症"]),
    ("GDIS", &["遺伝子検査", "遺伝カウンセリング", "遺伝性疾患"]),
    ("SDV", &["虐待", "家庭内暴力", "dv被害", "dv相談", "性暴力"]),
    ("SUD", &["アルコール依存", "薬物依存", "断酒", "覚醒剤", "大麻", "物質使用"]),
    ("ETH", &["アルコール依存", "薬物依存", "断酒", "覚醒剤", "大麻", "物質使用"]),
];

/// Words of notes about telling or not telling.
const ABOUT_TELLING: &[&str] = &["告知", "伝えないで", "知らせないで", "言わないで", "伏せて", "内密"];

/// Types whose facts nobody can do without; of an encounter the words are taken away, not the days.
const NEVER: &[&str] =
    &["Patient", "RelatedPerson", "Practitioner", "PractitionerRole", "Organization", "Coverage", "Encounter"];

#[derive(Default)]
pub(crate) struct HeldBack {
    /// Folded names of what is held back.
    pub names: Vec<String>,
    /// Folded words that would tell of them.
    telling: Vec<&'static str>,
    resources: HashSet<String>,
    encounters: HashSet<String>,
    /// Ingredients of orders that were taken out.
    drugs: HashSet<String>,
    /// One for each marked resource.
    reasons: Vec<String>,
    /// Facts of unmarked resources that name or tell of something held back.
    told: usize,
}

/// Tests whose name alone is sensitive, whether or not the hospital marked them.
const SENSITIVE_TESTS: &[(&str, &[&str])] = &[("HIV", &["hiv", "ヒト免疫不全ウイルス", "エイズ"])];

/// Results and reports of such tests that bear no mark of this code, as if they bore it.
fn tests_by_name(record: &ClinicalRecord) -> Vec<Mark> {
    use crate::record::types::CodeableConcept;
    let label = |c: &Option<CodeableConcept>| c.as_ref().and_then(CodeableConcept::label).map(str::to_owned);
    let of = |name: &str| {
        let folded = fold(name);
        SENSITIVE_TESTS.iter().find(|(_, words)| words.iter().any(|w| folded.contains(w))).map(|(code, _)| *code)
    };
    // Thousands of results bear the same few names.
    let mut judged: HashMap<&str, bool> = HashMap::new();
    let results = record.observations.iter().filter(|o| {
        let Some([Some(code)]) = record.members(o.position, ["code"]) else { return true };
        *judged.entry(code).or_insert_with(|| {
            let concept = typed::<CodeableConcept>(code);
            concept.is_ok_and(|c| c.label().is_some_and(|name| of(name).is_some()))
        })
    });
    let results: Vec<_> = results.filter_map(|o| record.item(o)).collect();
    let results = results.into_iter().map(|o| (&o.reference, "Observation", label(&o.body.code)));
    let reports = record.reports.iter().map(|r| (&r.reference, "DiagnosticReport", label(&r.body.code)));
    let mark = |(reference, kind, name): (&String, &str, Option<String>)| {
        let name = name?;
        let code = of(&name)?;
        let marked = record.marks.iter().any(|m| m.reference == *reference && m.codes.iter().any(|c| c == code));
        (!marked).then(|| Mark {
            reference: reference.clone(),
            kind: kind.to_owned(),
            codes: vec![code.to_owned()],
            names: vec![name],
            words: Vec::new(),
        })
    };
    results.chain(reports).filter_map(mark).collect()
}

impl HeldBack {
    pub fn of(record: &ClinicalRecord, addressee: &str) -> Self {
        let mut out = Self::default();
        let institution = addressee == "medical-institution";
        let forbids = |code: &&String| !institution || !SENSITIVE.contains(&code.as_str());
        let by_name = tests_by_name(record);
        let held: Vec<(&Mark, &String)> =
            record.marks.iter().chain(&by_name).filter_map(|m| Some((m, m.codes.iter().find(forbids)?))).collect();
        for (mark, reason) in &held {
            if !NEVER.contains(&mark.kind.as_str()) {
                out.resources.insert(mark.reference.clone());
            }
            out.encounters.extend((mark.kind == "Encounter").then(|| mark.reference.clone()));
            out.reasons.push((*reason).clone());
            out.tell(mark);
        }
        let products = held.iter().filter(|(m, _)| m.kind == "Medication");
        let products: HashSet<usize> = products.filter_map(|(m, _)| record.find(&m.reference)).collect();
        for drug in record.medications.iter().filter(|_| !products.is_empty()).filter_map(|m| record.item(m)) {
            let product = drug.body.medication_reference.as_ref().and_then(|r| record.position(drug.position, r));
            if product.is_some_and(|p| products.contains(&p)) {
                out.resources.insert(drug.reference.clone());
            }
        }
        out.name(record, &held);
        // Of a test known by its name alone nobody was told or not told: 「癌は告知済み」 speaks of something else.
        if record.marks.iter().any(|m| m.codes.iter().any(|c| forbids(&c))) {
            out.telling.extend(ABOUT_TELLING);
        }
        // Whether somebody has HIV concerns nobody outside a medical institution, marked or not.
        if !institution {
            out.telling.extend(HIV);
        }
        out
    }

    /// Words that would tell of a marked resource.
    fn tell(&mut self, mark: &Mark) {
        for (code, words) in BY_CODE {
            if mark.codes.iter().any(|c| c == code) {
                self.telling.extend(*words);
            }
        }
        let said: Vec<String> = mark.names.iter().chain(&mark.words).map(|w| fold(w)).collect();
        for (names, words) in FAMILIES {
            if said.iter().any(|said| names.iter().any(|w| said.contains(w))) {
                self.telling.extend(*words);
            }
        }
    }

    /// A diagnosis is secret by its name; a drug, test or procedure only where no unmarked one bears the same name.
    fn name(&mut self, record: &ClinicalRecord, held: &[(&Mark, &String)]) {
        let other = |mark: &Mark| !matches!(mark.kind.as_str(), "Condition" | "");
        let open = if held.iter().any(|(m, _)| other(m)) { self.open_names(record) } else { HashSet::new() };
        for (mark, _) in held {
            for name in &mark.names {
                let drug = mark.kind.starts_with("Medication");
                let name = if drug { fold(&drug_stem(name)) } else { fold(name) };
                let short = name.chars().count() < if other(mark) { 3 } else { 2 };
                if !(short || other(mark) && open.contains(&name)) {
                    self.names.push(name);
                }
            }
        }
        self.names.sort();
        self.names.dedup();
    }

    fn open_names(&self, record: &ClinicalRecord) -> HashSet<String> {
        use crate::record::types::CodeableConcept;
        let label = |c: &Option<CodeableConcept>| c.as_ref().and_then(CodeableConcept::label).map(str::to_owned);
        let open = |reference: &String| !self.resources.contains(reference);
        let drugs = record.medications.iter().filter_map(|m| record.item(m)).filter(|m| open(&m.reference));
        let drugs = drugs.filter_map(|m| super::medication::name(record, m)).map(|n| fold(&drug_stem(&n)));
        let tests = record.observations.iter().filter_map(|o| record.item(o)).filter(|o| open(&o.reference));
        let tests = tests.filter_map(|o| label(&o.body.code));
        let reports = record.reports.iter().filter(|r| open(&r.reference)).filter_map(|r| label(&r.body.code));
        let done = record.procedures.iter().filter(|p| open(&p.reference)).filter_map(|p| label(&p.body.code));
        let named: HashSet<String> = tests.chain(reports).chain(done).collect();
        drugs.chain(named.iter().map(|n| fold(n))).collect()
    }

    /// Whether where and why of this stay or visit may not be said.
    pub fn hides_encounter(&self, reference: &str) -> bool {
        self.encounters.contains(reference)
    }

    /// Whether an order of the same drug is held back, so that a comparison would be wrong or would tell.
    pub fn hides_drug(&self, drug: &MedicationDetail) -> bool {
        self.drugs.contains(&drug.ingredient) || self.drugs.contains(&drug.generic)
    }

    /// Takes away what may not go out, and the telling words of what stays.
    pub fn take_out(&mut self, facts: &mut Vec<Fact>) {
        if self.reasons.is_empty() && self.telling.is_empty() {
            return;
        }
        let (mut told, mut drugs) = (0, HashSet::new());
        facts.retain_mut(|fact| {
            if let Source::Record { resource, .. } = &fact.source
                && self.resources.contains(resource)
            {
                if let Detail::Medication(m) = &fact.detail {
                    drugs.extend([m.ingredient.clone(), m.generic.clone()]);
                }
                return false;
            }
            if matches!(fact.kind, Kind::Medication | Kind::Allergy) || matches!(fact.detail, Detail::Stay(_)) {
                self.redact(fact);
                return true;
            }
            // A diagnosis that itself tells nothing loses its note, not its place in the list.
            if fact.kind == Kind::Condition && !self.tells(&fact.name) {
                self.redact(fact);
                return true;
            }
            let tells = self.tells(&fact.fields.join(" "));
            told += usize::from(tells);
            !tells
        });
        self.told += told;
        self.drugs = drugs;
    }

    /// Whether a text names a held-back condition or tells of it in other words.
    fn tells(&self, text: &str) -> bool {
        let folded = fold(text);
        self.telling.iter().any(|w| folded.contains(w)) || self.names.iter().any(|n| folded.contains(n.as_str()))
    }

    /// Reasons and notes that would tell: drug and dosage, what the patient is allergic to, and the days of the
    /// stay remain.
    fn redact(&self, fact: &mut Fact) {
        let mut kept = vec![fact.name.clone()];
        match &mut fact.detail {
            Detail::Medication(detail) => {
                kept.push(detail.dosage.clone());
                if self.tells(&detail.note) {
                    detail.note.clear();
                }
            }
            Detail::Stay(stay) => {
                for words in stay_words(stay).into_iter().filter(|w| self.tells(w)) {
                    words.clear();
                }
            }
            _ => {}
        }
        fact.fields.retain(|f| kept.contains(f) || !self.tells(f));
    }

    pub fn report(&self) -> Vec<document::HeldBack> {
        let mut out: Vec<document::HeldBack> = Vec::new();
        for reason in &self.reasons {
            match out.iter_mut().find(|h| h.reason == *reason) {
                Some(h) => h.count += 1,
                None => out.push(held(reason, 1)),
            }
        }
        if self.told > 0 {
            out.push(held("mentions-held-back-condition", self.told));
        }
        out
    }
}

fn stay_words(stay: &mut Stay) -> [&mut String; 7] {
    [
        &mut stay.department, &mut stay.ward, &mut stay.attending, &mut stay.admit_source, &mut stay.disposition,
        &mut stay.destination, &mut stay.reason,
    ]
}

/// Whether a text names one of the folded names.
pub(crate) fn mentions(text: &str, names: &[String]) -> bool {
    !names.is_empty() && {
        let text = fold(text);
        names.iter().any(|n| text.contains(n.as_str()))
    }
}

/// NFKC without spaces; 癌, がん and ガン are one word; 「の疑い」 does not make another disease.
fn fold(name: &str) -> String {
    let text = compact(name).replace('癌', "がん").replace("ガン", "がん");
    text.trim_end_matches("の疑い").trim_end_matches("疑い").to_owned()
}

#[cfg(test)]
mod tests;
