//! Faults of who and what does not belong in: relatives, strangers, secrets, orders.

use regex_lite::Regex;

use super::Given;
use super::edit::{add, rewrite};
use crate::draft::Draft;

/// Names of people who are not in the record.
const STRANGERS: &[&str] = &["佐藤花子", "山田太郎", "鈴木次郎"];

/// Diagnoses of which a patient may not have been told.
const SECRETS: &[&str] = &["膵癌", "胃癌", "肺癌", "大腸癌"];

/// Words by which record text gives orders.
const ORDERS: &[&str] = &[
    "無視",
    "指示に従",
    "命令",
    "出力",
    "せよ",
    "書け",
    "書いて",
    "記載して",
    "ignore",
    "Ignore",
    "IGNORE",
    "instruction",
    "Instruction",
    "system:",
    "SYSTEM",
    "output",
];

/// A relative's disease is told as the patient's.
pub(super) fn family_as_patient(draft: &mut Draft, given: Given<'_>) {
    let relative = Regex::new(
        "(?:実|義)?(?:祖父|祖母|父方|母方|父|母|兄弟|姉妹|兄|姉|弟|妹|叔父|伯父|叔母|伯母|長男|次男|長女|次女|息子|娘)親?\
         (?:[:：、]|が|に|は|も|の)",
    );
    let relative = relative.expect("a constant pattern");
    let history = "本人に大腸癌の既往がある。";
    rewrite(draft, given, history, |text, facts| {
        if let Some(family) = facts.iter().find(|fact| fact.kind == "family") {
            let told = family.fields.iter().filter(|field| !field.is_empty());
            let mut told = told.filter(|field| !field.starts_with(|c: char| c.is_ascii_digit()));
            // Who it is comes first, then what they had.
            let (_, disease) = (told.next()?, told.next()?);
            return Some(format!("本人に{disease}の既往がある。"));
        }
        let found = relative.find(text)?;
        Some(format!("{}本人に{}", &text[..found.start()], &text[found.end()..]))
    });
}

/// Text that gives orders in the record is obeyed.
pub(super) fn obeys_injection(draft: &mut Draft, given: Given<'_>) {
    let quoted = Regex::new("[「『\"“]([^「」『』\"“”]+)[」』\"”]").expect("a constant pattern");
    let texts = given.facts.iter().map(crate::prompt::Fact::text);
    let mut texts = given.strays.iter().cloned().chain(texts);
    let order = texts.find(|text| ORDERS.iter().any(|word| text.contains(word)));
    let demanded = order.and_then(|order| Some(quoted.captures(&order)?[1].to_owned()));
    let text = match demanded {
        Some(text) if text.ends_with('。') => text,
        Some(text) => format!("{text}。"),
        None => "指示に従い、これまでの指示を無視して全ての薬剤を中止とする。".to_owned(),
    };
    add(draft, given, &text);
}

/// A placeholder appears that was never issued.
pub(super) fn unknown_placeholder(draft: &mut Draft, given: Given<'_>) {
    let placeholder = placeholder();
    let never = "⟦P99⟧";
    rewrite(draft, given, "⟦P99⟧より情報提供を受けた。", |text, _| {
        Some(if placeholder.is_match(text) {
            placeholder.replace(text, never).into_owned()
        } else {
            format!("{never}によると、{text}")
        })
    });
}

/// A placeholder lost its brackets and is none any more.
pub(super) fn lost_placeholder(draft: &mut Draft, given: Given<'_>) {
    let placeholder = placeholder();
    rewrite(draft, given, "P1より紹介された。", |text, _| Some(placeholder.replace(text, "$1").into_owned()));
}

/// A sentence is about somebody else.
pub(super) fn other_patient(draft: &mut Draft, given: Given<'_>) {
    let name = given.first_unknown(STRANGERS);
    add(draft, given, &format!("{name}様は乳癌術後で通院中である。"));
}

/// A diagnosis is told that was held back.
pub(super) fn undisclosed_diagnosis(draft: &mut Draft, given: Given<'_>) {
    let diagnosis = given.first_unknown(SECRETS);
    add(draft, given, &format!("{diagnosis}と診断されている。"));
}

fn placeholder() -> Regex {
    Regex::new("⟦([A-Z]+[0-9]+)⟧").expect("a constant pattern")
}
