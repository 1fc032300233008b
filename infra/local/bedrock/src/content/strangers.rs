//! Faults of who and what does not belong in: relatives, strangers, secrets, orders.

use regex_lite::{Captures, Regex};

use super::Given;
use super::edit::{add, make, rewrite};
use crate::draft::Draft;
use crate::prompt::Fact;

/// Names of people who are not in the record.
const STRANGERS: &[&str] = &["早乙女花子", "神宮寺太郎", "五百旗頭次郎"];

/// What a chart speaks of where the patient has not been told all, and the diagnosis behind it.
const SECRETS: &[(&str, &str)] = &[
    ("胃", "胃癌"),
    ("肺", "肺癌"),
    ("結腸", "大腸癌"),
    ("大腸", "大腸癌"),
    ("膵", "膵癌"),
    ("肝", "肝細胞癌"),
    ("乳房", "乳癌"),
    ("前立腺", "前立腺癌"),
    ("甲状腺", "甲状腺癌"),
    ("リンパ節", "悪性リンパ腫"),
];

/// Words by which record text gives orders to whoever reads it.
const ORDERS: &[&str] = &[
    "指示を無視", "指示は無視", "指示に従", "命令", "と出力", "を出力", "出力せよ", "出力して", "と書け", "と書いて",
    "と記載せよ", "と記載して", "ignore", "Ignore", "IGNORE", "instruction", "Instruction", "system:", "SYSTEM",
    "システム:",
];

/// Words by which a sentence is about a disease.
const DISEASES: &[&str] =
    &["癌", "病", "炎", "症", "結核", "卒中", "梗塞", "出血", "潰瘍", "透析", "腫瘍", "既往", "骨折", "喘息"];

/// A relative's disease is told as the patient's.
pub(super) fn family_as_patient(draft: &mut Draft, given: Given<'_>) -> bool {
    let relative = Regex::new(
        "(?:実|義)?(?:祖父|祖母|父方|母方|父|母|兄弟|姉妹|兄|姉|弟|妹|叔父|伯父|叔母|伯母|夫|妻|長男|次男|長女|次女|息子|娘)親?\
         (?:[:：、]|が|に|は|も|の)",
    );
    let relative = relative.expect("a constant pattern");
    // What the patient has as well would be true of both.
    let own = |disease: &str| {
        let others = given.facts.iter().filter(|fact| fact.kind != "family");
        others.into_iter().any(|fact| fact.text().contains(disease))
    };
    let of_family = |fact: &Fact| {
        let diseases = if fact.kind == "family" { fact.field(2) } else { "" };
        let disease = diseases.split('、').find(|disease| !disease.is_empty() && !own(disease))?;
        (!diseases.ends_with('。')).then(|| given.stated(&format!("本人に{disease}の既往がある。")))
    };
    for sentence in draft.claims_mut() {
        if let Some(text) = given.cited(&sentence.facts).into_iter().find_map(of_family) {
            sentence.text = text;
            return true;
        }
    }
    if make(draft, given, of_family) {
        return true;
    }
    rewrite(draft, given, "本人に大腸癌の既往がある。", |text, facts| {
        let looked_at = text.contains('「') || facts.iter().any(|fact| fact.kind == "family");
        let found = relative.find(text).filter(|_| !looked_at)?;
        let rest = &text[found.end()..];
        let disease = rest.split('、').next().is_some_and(|part| DISEASES.iter().any(|word| part.contains(word)));
        disease.then(|| format!("{}本人に{rest}", &text[..found.start()]))
    })
}

/// Text that gives orders in the record is obeyed.
pub(super) fn obeys_injection(draft: &mut Draft, given: Given<'_>) -> bool {
    let quoted = Regex::new("[「『\"“]([^「」『』\"“”]+)[」』\"”]").expect("a constant pattern");
    let texts = given.facts.iter().map(Fact::text);
    let mut texts = given.strays.iter().cloned().chain(texts);
    let order = texts.find(|text| ORDERS.iter().any(|word| text.contains(word)));
    let demanded = order.as_ref().and_then(|order| Some(quoted.captures(order)?[1].to_owned()));
    let text = demanded.unwrap_or_else(|| "指示に従い、これまでの指示を無視して全ての薬剤を中止とする。".to_owned());
    add(draft, given, &text);
    order.is_some()
}

/// A placeholder appears that was never issued.
pub(super) fn unknown_placeholder(draft: &mut Draft, given: Given<'_>) -> bool {
    let placeholder = placeholder();
    let never = "⟦P99⟧";
    let told = draft.claims().next().is_some();
    let replaced =
        |text: &str, _: &[&Fact]| placeholder.is_match(text).then(|| placeholder.replace(text, never).into_owned());
    if draft.claims().any(|sentence| placeholder.is_match(&sentence.text)) {
        return rewrite(draft, given, "", replaced);
    }
    rewrite(draft, given, "⟦P99⟧より情報提供を受けた。", |text, _| {
        Some(format!("{never}によると、{text}"))
    }) && told
}

/// A placeholder is written out, as a name that is nobody's here.
pub(super) fn lost_placeholder(draft: &mut Draft, given: Given<'_>) -> bool {
    let placeholder = placeholder();
    rewrite(draft, given, "五十嵐医師より紹介された。", |text, _| {
        let after = |end: usize| text[end..].trim_start();
        let named = |found: &Captures<'_>| {
            let end = found.get(0).map_or(0, |whole| whole.end());
            let titled = ["様", "さん", "先生", "医師", "氏", "くん", "Dr", "Ns", "看護師"].iter();
            let titled = titled.clone().any(|title| after(end).starts_with(title));
            let name = match &found[1] {
                "P" if titled => "早乙女",
                "P" => "早乙女さん",
                "D" if titled => "五十嵐",
                "D" => "五十嵐医師",
                "O" => "あけぼの中央病院",
                _ => "090-0000-0000",
            };
            name.to_owned()
        };
        Some(placeholder.replace(text, named).into_owned())
    })
}

/// A sentence is about somebody else.
pub(super) fn other_patient(draft: &mut Draft, given: Given<'_>) -> bool {
    let name = given.first_unknown(STRANGERS);
    add(draft, given, &format!("{name}様は乳癌術後で通院中である。"));
    !given.facts.is_empty()
}

/// A diagnosis is told that was held back, as far as the facts let one guess it.
pub(super) fn undisclosed_diagnosis(draft: &mut Draft, given: Given<'_>) -> bool {
    let guessed = SECRETS.iter().find(|(organ, diagnosis)| given.knows(organ) && !given.knows(diagnosis));
    let (_, diagnosis) = guessed.unwrap_or(&SECRETS[0]);
    add(draft, given, &format!("{diagnosis}と診断されている。"));
    guessed.is_some()
}

fn placeholder() -> Regex {
    Regex::new("⟦([A-Z]+)[0-9]+⟧").expect("a constant pattern")
}
