//! What must not go out: JP-CLINS tags a Condition `UNINFORMED` (the patient has not been told) or
//! `UNDELIVERED` (to be given to no other institution nor to the patient); `meta.security` marks the rest.
//! The physician is told how many facts were held back and why; the document never says it.

use super::{Fact, Kind, held};
use crate::document;
use crate::record::ClinicalRecord;
use crate::text::nfkc;

/// HL7 v3 ActCode sensitivity policies that JP-CLINS uses.
const SENSITIVE: &[&str] = &["HIV", "PSY", "STD", "GDIS", "SDV", "SUD", "ETH"];

/// Words that tell a disease without naming it: (what its name holds, what tells of it). Folded.
const FAMILIES: &[(&[&str], &[&str])] = &[
    (
        &["がん", "肉腫", "腫瘍", "白血病", "リンパ腫", "骨髄腫", "悪性"],
        &[
            "がん",
            "肉腫",
            "悪性",
            "腫瘍",
            "cancer",
            "carcinoma",
            "adeno",
            "tub1",
            "tub2",
            "group5",
            "groupv",
            "抗腫瘍",
            "stage",
            "n0m0",
            "n1m0",
            "n2m0",
            "cea",
            "ca19-9",
            "化学療法",
            "放射線治療",
            "転移",
            "緩和",
        ],
    ),
    (
        &["統合失調", "うつ", "鬱", "双極", "精神", "依存", "認知症"],
        &["精神科", "心療内科", "統合失調", "幻聴", "妄想", "向精神", "抗精神病"],
    ),
    (&["hiv", "後天性免疫不全"], &["hiv", "エイズ", "抗レトロウイルス"]),
];

/// Words of notes about telling or not telling.
const ABOUT_TELLING: &[&str] = &["告知", "伝えないで", "知らせないで", "言わないで", "伏せて", "内密"];

pub(crate) struct HeldBack {
    /// Folded names of the held-back conditions.
    pub names: Vec<String>,
    /// Folded words that would tell of them.
    telling: Vec<&'static str>,
    resources: Vec<(String, String)>,
}

impl HeldBack {
    /// `UNINFORMED` and `UNDELIVERED` go to nobody; sensitive conditions to medical institutions only.
    pub fn of(record: &ClinicalRecord, addressee: &str) -> Self {
        let mut out = Self { names: Vec::new(), telling: Vec::new(), resources: Vec::new() };
        for condition in &record.conditions {
            let Some(meta) = &condition.body.meta else { continue };
            let tag = meta.tag.iter().filter_map(|t| t.code.as_deref());
            let tag = tag.into_iter().find(|t| matches!(*t, "UNINFORMED" | "UNDELIVERED"));
            let security = meta.security.iter().filter_map(|t| t.code.as_deref());
            let mut security = security.filter(|s| SENSITIVE.contains(s) && addressee != "medical-institution");
            let Some(reason) = tag.or_else(|| security.next()) else { continue };
            if let Some(name) = condition.body.code.as_ref().and_then(|c| c.label()) {
                out.names.push(fold(name));
            }
            for coding in condition.body.code.iter().flat_map(|c| &c.coding) {
                out.names.extend(coding.display.as_deref().map(fold));
            }
            out.resources.push((condition.reference.clone(), reason.to_owned()));
        }
        out.names.retain(|n| n.chars().count() >= 2);
        out.names.sort();
        out.names.dedup();
        for (names, words) in FAMILIES {
            if out.names.iter().any(|n| names.iter().any(|w| n.contains(w))) {
                out.telling.extend(*words);
            }
        }
        if !out.resources.is_empty() {
            out.telling.extend(ABOUT_TELLING);
        }
        out
    }

    /// The condition itself, and everything that names it or tells of it in other words.
    pub fn forbids(&self, fact: &Fact) -> bool {
        if let (Kind::Condition, super::Source::Record { resource, .. }) = (fact.kind, &fact.source)
            && self.resources.iter().any(|(r, _)| r == resource)
        {
            return true;
        }
        // What the patient takes is never left out: a drug list with a gap harms. `redact` takes the words away.
        fact.kind != Kind::Medication && self.tells(&fact.fields.join(" "))
    }

    /// Whether a text names a held-back condition or tells of it in other words.
    fn tells(&self, text: &str) -> bool {
        let folded = fold(text);
        self.telling.iter().any(|w| folded.contains(w)) || mentions(text, &self.names)
    }

    /// Reasons and notes of a drug that would tell: the drug itself and its dosage stay.
    pub fn redact(&self, fact: &mut Fact) {
        let super::Detail::Medication(detail) = &mut fact.detail else { return };
        let kept = [fact.name.clone(), detail.dosage.clone()];
        fact.fields.retain(|f| kept.contains(f) || !self.tells(f));
        if self.tells(&detail.note) {
            detail.note.clear();
        }
    }

    pub fn report(&self, withheld: usize) -> Vec<document::HeldBack> {
        let mut out: Vec<document::HeldBack> = Vec::new();
        for (_, reason) in &self.resources {
            match out.iter_mut().find(|h| h.reason == *reason) {
                Some(h) => h.count += 1,
                None => out.push(held(reason, 1)),
            }
        }
        let others = withheld.saturating_sub(self.resources.len());
        if others > 0 {
            out.push(held("mentions-held-back-condition", others));
        }
        out
    }
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
    let text: String = nfkc(name).to_lowercase().split_whitespace().collect();
    let text = text.replace('癌', "がん").replace("ガン", "がん");
    text.trim_end_matches("の疑い").trim_end_matches("疑い").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{fold, mentions};

    #[test]
    fn spellings_of_one_disease_are_one() {
        let names = vec![fold("胃癌の疑い")];
        assert!(mentions("胃ガンについて家族に説明した。", &names));
        assert!(!mentions("胃潰瘍として説明した。", &names));
    }
}
