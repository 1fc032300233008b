//! Faults of medication: which drug, how much, whether at all.

use regex_lite::Regex;

use super::Given;
use super::edit::{add, make, rewrite, swap};
use super::figures::narrow;
use super::tables::LOOKALIKES;
use crate::draft::Draft;
use crate::prompt::Fact;

/// Drugs that a model might invent, and other names under which the record may have them.
const INVENTED: &[(&str, &str)] = &[
    ("ワルファリン", "ワーファリン"),
    ("アミオダロン", "アンカロン"),
    ("ジゴキシン", "ジゴシン"),
    ("メトトレキサート", "リウマトレックス"),
    ("フェニトイン", "アレビアチン"),
    ("ハロペリドール", "セレネース"),
];

/// Words by which a sentence is about medication.
const ABOUT_DRUGS: &[&str] = &["薬", "内服", "投与", "錠", "カプセル", "点滴", "注射", "インスリン", "輸液"];

/// A drug that was taken away, and the same going on.
const HELD: &[(&str, &str)] = &[
    ("は休薬を継続", "は内服を継続"),
    ("休薬継続", "内服継続"),
    ("休薬のまま", "継続のまま"),
    ("休薬中", "内服中"),
    ("休薬", "継続"),
    ("中止", "継続"),
    ("保留", "継続"),
    ("休止", "継続"),
];

/// Words that a stop is no stop of a drug any more.
const RESUMED: &[&str] = &["再開した", "再開しま", "再開する", "再開。", "再開して"];

/// Where the name of a drug ends: strength, form, maker.
const FORMS: &[&str] = &[
    "OD錠", "CR錠", "錠", "カプセル", "細粒", "顆粒", "原末", "静注", "点滴", "皮下注", "注", "テープ", "クリーム",
    "エキス", "「", "(",
];

/// A drug that no fact knows was given.
pub(super) fn invented_drug(draft: &mut Draft, given: Given<'_>) -> bool {
    let unknown = INVENTED.iter().find(|(drug, brand)| !given.knows(drug) && !given.knows(brand));
    let (drug, _) = unknown.unwrap_or(&INVENTED[0]);
    add(draft, given, &format!("{drug}の投与を開始した。"));
    unknown.is_some() && !given.facts.is_empty()
}

/// A drug became another with a similar name.
pub(super) fn lookalike_drug(draft: &mut Draft, given: Given<'_>) -> bool {
    rewrite(draft, given, "アルマール錠を継続した。", |text, facts| {
        LOOKALIKES.iter().find_map(|(drug, other)| {
            let longer = |name: &&str| name.len() > drug.len() && name.contains(drug);
            let guarded: Vec<&str> = LOOKALIKES.iter().map(|(name, _)| *name).filter(longer).collect();
            let known = facts.iter().any(|fact| fact.text().contains(other));
            swap(text, &[(drug, other)], &guarded).filter(|_| !known)
        })
    })
}

/// The strength of a tablet stands as the dose.
pub(super) fn strength_for_dose(draft: &mut Draft, given: Given<'_>) -> bool {
    let strength = Regex::new(r"\d+(?:\.\d+)?\s*(?:mg|㎎|μg|µg|mL|g|単位)").expect("a constant pattern");
    let dose = Regex::new(r"1回\s*(\d+(?:\.\d+)?)\s*(?:錠|カプセル|包|個)").expect("a constant pattern");
    let in_text = |text: &str| {
        let found = dose.captures(text)?;
        let dose = found.get(0)?;
        let strength = strength.find(&text[..dose.start()])?;
        // One tablet of that strength is a true dose.
        let (before, after) = (&text[..dose.start()], &text[dose.end()..]);
        (&found[1] != "1").then(|| format!("{before}1回{}{after}", strength.as_str()))
    };
    for sentence in draft.claims_mut() {
        if let Some(text) = in_text(&sentence.text) {
            sentence.text = text;
            return true;
        }
    }
    make(draft, given, |fact| Some(given.said(&strength_as_dose(fact)?))) || {
        add(draft, given, "内服薬は1回5 mgで投与した。");
        false
    }
}

/// 「カルボシステインは1回250mgを1日3回で投与した」 of two tablets each time.
fn strength_as_dose(fact: &Fact) -> Option<String> {
    let (name, dosage) = (narrowed(fact.field(2)), narrowed(fact.field(3)));
    if fact.kind != "medication" || name.contains("配合") {
        return None;
    }
    let one = |pattern: &str, text: &str| {
        let pattern = Regex::new(pattern).expect("a constant pattern");
        Some(pattern.captures(text)?[1].to_owned())
    };
    let strength = one(r"(\d+(?:\.\d+)?(?:mg|μg|g|mL|単位))", &name)?;
    let each = one(r"1回(\d+(?:\.\d+)?)(?:錠|カプセル|包)", &dosage)?;
    let times = one(r"1日(\d+)回", &dosage)?;
    let drug = stem(&name);
    match (each.as_str(), times.as_str()) {
        ("1", "1") => None,
        ("1", _) => Some(format!("{drug}は1日量{strength}で投与した。")),
        _ => Some(format!("{drug}は1回{strength}を1日{times}回で投与した。")),
    }
}

/// The dose before a change stands as the dose after it.
pub(super) fn dose_not_updated(draft: &mut Draft, given: Given<'_>) -> bool {
    let change = Regex::new(r"(\d+(?:\.\d+)?\s*[^\s\d、。から]{1,6})から\s*\d[^、。]*?(?:へ|に)(?:増量|減量|変更)")
        .expect("a constant pattern");
    let in_text = |text: &str| {
        let found = change.captures(text)?;
        let whole = found.get(0)?;
        Some(format!("{}{}で継続{}", &text[..whole.start()], &found[1], &text[whole.end()..]))
    };
    for sentence in draft.claims_mut() {
        if let Some(text) = in_text(&sentence.text) {
            sentence.text = text;
            return true;
        }
    }
    let by_remark =
        |fact: &Fact| Some(given.said(&format!("{}は{}で継続した。", stem(fact.field(2)), old_dose(fact)?)));
    make(draft, given, by_remark) || make(draft, given, |fact| with_earlier_dose(fact, given)) || {
        add(draft, given, "内服薬は入院時と同じ用量で継続した。");
        false
    }
}

/// The dose that a prescription's own remark says is past: 入院前40mgから減量.
fn old_dose(fact: &Fact) -> Option<String> {
    let remark = Regex::new(r"((?:1日|1回)?\d+(?:\.\d+)?(?:mg|μg|g|単位|錠))(?:から|より)[^、。]*(?:増量|減量)");
    let remark = remark.expect("a constant pattern");
    let said = fact.fields.iter().skip(4).map(|field| narrowed(field)).collect::<Vec<_>>().join(" ");
    let old = remark.captures(&said).map(|found| found[1].to_owned());
    old.filter(|_| fact.kind == "medication")
}

/// The newer of two prescriptions of a drug, with the dosage of the older.
fn with_earlier_dose(now: &Fact, given: Given<'_>) -> Option<String> {
    let earlier = given.facts.iter().find(|fact| is_earlier_dose(fact, now))?;
    let mut mixed = now.clone();
    mixed.fields[2].clone_from(&earlier.fields[2]);
    mixed.fields[3].clone_from(&earlier.fields[3]);
    Some(crate::phrase::alone(&mixed, given.register))
}

fn is_earlier_dose(fact: &Fact, now: &Fact) -> bool {
    // A single administration is no dosage.
    let ordered = |fact: &Fact| fact.kind == "medication" && fact.field(1) != "実施";
    let drugs = ordered(fact) && ordered(now);
    let same_drug = drugs && !stem(now.field(2)).is_empty() && stem(fact.field(2)) == stem(now.field(2));
    let dosage = |fact: &Fact| {
        // How much was handed out is no dose.
        let supply = Regex::new(r"\s*\d+(?:日|週|か月|回|枚|本|個|袋)分").expect("a constant pattern");
        supply.replace_all(&narrowed(fact.field(3)), "").into_owned()
    };
    let changed = (narrowed(fact.field(2)), dosage(fact)) != (narrowed(now.field(2)), dosage(now));
    let stated = !fact.field(3).is_empty() && !now.field(3).is_empty();
    same_drug && changed && stated && fact.field(0) < now.field(0)
}

/// A drug that was stopped or held is said to go on.
pub(super) fn held_drug_continued(draft: &mut Draft, given: Given<'_>) -> bool {
    let drugs: Vec<String> =
        given.facts.iter().filter(|fact| fact.kind == "medication").map(|f| stem(f.field(2))).collect();
    let about_drugs = |text: &str| {
        ABOUT_DRUGS.iter().any(|word| text.contains(word))
            || drugs.iter().any(|drug| drug.chars().count() > 2 && text.contains(drug.as_str()))
    };
    let goes_on = |text: &str, facts: &[&Fact]| {
        let resumed = RESUMED.iter().any(|word| text.contains(word));
        let about = facts.iter().any(|fact| fact.kind == "change") || about_drugs(text);
        swap(text, HELD, &[]).filter(|_| about && !resumed)
    };
    for sentence in draft.claims_mut() {
        if let Some(text) = goes_on(&sentence.text, &given.cited(&sentence.facts)) {
            sentence.text = text;
            return true;
        }
    }
    let by_fact = |fact: &Fact| {
        let said = fact.fields.iter().skip(4).cloned().collect::<Vec<_>>().join(" ");
        let ended = fact.kind == "medication" && ["休薬", "中止"].iter().any(|word| said.contains(word));
        if ended && !said.contains("再開") && fact.field(1) != "退院" {
            return Some(given.said(&format!("{}は継続した。", stem(fact.field(2)))));
        }
        goes_on(&crate::phrase::alone(fact, given.register), &[fact])
    };
    make(draft, given, by_fact) || {
        add(draft, given, "持参薬はすべて継続した。");
        false
    }
}

/// A drug's name before strength, form and maker.
fn stem(name: &str) -> String {
    let name = narrowed(name);
    let digit = name.find(|c: char| c.is_ascii_digit());
    let form = FORMS.iter().filter_map(|form| name.find(form)).min();
    let end = [digit, form].into_iter().flatten().filter(|at| *at > 0).min().unwrap_or(name.len());
    name[..end].trim().to_owned()
}

fn narrowed(text: &str) -> String {
    text.chars().map(narrow).collect()
}
