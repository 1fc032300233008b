//! Composes the draft: for each wanted section the suitable facts, phrased.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::draft::{Draft, Section};
use crate::narrate::{is_signature, narrate};
use crate::prompt::{Fact, Prompt, Wish};
use crate::schema_check::resolve;

/// Most sentences of a section.
const SECTION_CAP: usize = 60;

/// Most results of a draft; a longer list is no narrative.
const RESULT_CAP: usize = 30;

/// Characters of a date and an ending around what a fact says.
const AROUND: usize = 10;

/// Most derived facts of a section.
const DERIVED_CAP: usize = 4;

/// Series that a course is told by; a list of results shows the others better than sentences.
const SERIES: &[&str] =
    &["CRP", "ヘモグロビン", "クレアチニン", "HbA1c", "総ビリルビン", "TSH", "カリウム", "血小板", "体重"];

/// The draft for a prompt. A fact serves the first section that it suits.
///
/// `codes` are the only section codes that the schema lets through, if it says.
pub(crate) fn compose(prompt: &Prompt, codes: Option<&[String]>) -> Draft {
    let allowed = |wish: &&Wish| codes.is_none_or(|codes| codes.contains(&wish.code));
    let owners = owners(prompt, &allowed);
    let mut results = 0;
    let mut told = HashSet::new();
    let sections = prompt.sections.iter().filter(allowed).map(|wish| {
        let mut derived = 0;
        let suited: Vec<_> = prompt
            .facts
            .iter()
            .filter(|fact| owners.get(fact.id.as_str()) == Some(&wish.code.as_str()) && tells(fact))
            .filter(|fact| !prompt.disputed.contains(&fact.id))
            .filter(|fact| {
                derived += usize::from(fact.kind == "derived");
                fact.kind != "derived" || derived <= DERIVED_CAP
            })
            .collect();
        let mut chosen = choose(&suited, wish.length);
        chosen.retain(|fact| {
            results += usize::from(fact.kind == "result");
            fact.kind != "result" || results <= RESULT_CAP
        });
        if chosen.is_empty() {
            return Section::missing(&wish.code);
        }
        let mut sentences = narrate(&chosen, prompt.register);
        // Two facts may say the same; the reader is told once.
        sentences.retain(|sentence| told.insert(sentence.text.clone()));
        if sentences.is_empty() {
            return Section::missing(&wish.code);
        }
        Section { code: wish.code.clone(), sentences }
    });
    Draft { sections: sections.collect(), questions: Vec::new() }
}

/// The section that each fact serves: one about its very matter before one about all.
fn owners<'a>(prompt: &'a Prompt, allowed: &dyn Fn(&&Wish) -> bool) -> HashMap<&'a str, &'a str> {
    let mut wishes: Vec<&Wish> = prompt.sections.iter().filter(allowed).collect();
    wishes.sort_by_key(|wish| wish.about.is_empty());
    let owner = |fact: &'a Fact| {
        let wish = wishes.iter().find(|wish| wish.suits(fact))?;
        Some((fact.id.as_str(), wish.code.as_str()))
    };
    prompt.facts.iter().filter_map(owner).collect()
}

/// Whether a fact makes a sentence of its own: a signature does not, nor does what stands in the document's head or
/// was computed for other sentences to rest on.
fn tells(fact: &Fact) -> bool {
    let said = fact.text();
    let beside = ["年齢 ", "在院日数 ", "は第", "の変化 ", "（結果未着）の確認", "の投与日数 1日"];
    let series = said.contains("の推移") && !SERIES.iter().any(|name| said.starts_with(name));
    !is_signature(fact) && !(fact.kind == "derived" && (series || beside.iter().any(|words| said.contains(words))))
}

/// A draft that says of every section of the schema that nothing was given.
pub(crate) fn nothing(codes: &[String]) -> Draft {
    Draft { sections: codes.iter().map(|code| Section::missing(code)).collect(), questions: Vec::new() }
}

/// The section codes that a schema enumerates.
pub(crate) fn codes(schema: &Value) -> Option<Vec<String>> {
    let follow = |part: &'_ Value| match part["$ref"].as_str() {
        Some(reference) => resolve(schema, reference).cloned(),
        None => Some(part.clone()),
    };
    let sections = follow(&schema["properties"]["sections"])?;
    let section = follow(&sections["items"])?;
    let code = follow(&section["properties"]["code"])?;
    let values = code["enum"].as_array()?.iter();
    Some(values.filter_map(Value::as_str).map(str::to_owned).collect())
}

/// At most a section's worth and as many characters as the box has: each kind and each day in turn, back in the
/// prompt's order.
fn choose<'a>(facts: &[&'a Fact], length: Option<usize>) -> Vec<&'a Fact> {
    let mut groups: Vec<((&str, &str), usize)> = Vec::new();
    let mut turns: Vec<(usize, usize, usize)> = Vec::new();
    for (at, fact) in facts.iter().enumerate() {
        let day = if fact.kind == "note" { fact.field(0) } else { "" };
        let group = (fact.kind.as_str(), day);
        let place = groups.iter().position(|(known, _)| *known == group).unwrap_or_else(|| {
            groups.push((group, 0));
            groups.len() - 1
        });
        turns.push((groups[place].1, place, at));
        groups[place].1 += 1;
    }
    turns.sort_unstable();
    turns.truncate(SECTION_CAP);
    let mut chosen: Vec<_> = turns.into_iter().map(|(_, _, at)| at).collect();
    let mut left = length.unwrap_or(usize::MAX);
    chosen.retain(|at| match left.checked_sub(weight(facts[*at])) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    chosen.sort_unstable();
    chosen.into_iter().map(|at| facts[at]).collect()
}

/// About how many characters a fact takes as a sentence.
fn weight(fact: &Fact) -> usize {
    let from = if fact.kind == "note" { 2 } else { 1 };
    let said: usize = fact.fields.iter().skip(from).map(|field| field.chars().count()).sum();
    said + AROUND
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use serde_json::json;

    use super::*;
    use crate::draft::Kind;

    fn prompt(sections: &str, facts: &str) -> Prompt {
        let mut text = format!("# 章\n{sections}\n# 事実\n<<<FACTS a>>>\n");
        for fact in facts.lines() {
            writeln!(text, "m|{fact}").unwrap();
        }
        Prompt::parse("", &format!("{text}<<<END a>>>")).unwrap()
    }

    #[test]
    fn fact_serves_the_first_suited_section_only() {
        let sections = "1 経過 | 必須 | 材料: note\n2 方針 | 必須 | 材料: note";
        let draft = compose(&prompt(sections, "[N1] note | 2026-07-01 | 経過 | 発熱あり。"), None);
        assert_eq!(draft.sections[0].sentences[0].facts, ["N1"]);
        assert_eq!(draft.sections[1], Section::missing("2"));
        assert_eq!(draft.sections[1].sentences[0].kind, Kind::Missing);
    }

    #[test]
    fn what_the_record_contradicts_is_not_told() {
        let text = "# 章\n1 経過 | 必須 | 材料: report\n# 食い違い\nどちらの側も文に書かない事実: F1、F3\n# 事実\n<<<FACTS a>>>\n\
            m|[F1] report | 2026-07-03 | 胸部X線 | 右下肺野に浸潤影を認める。\n\
            m|[F2] report | 2026-07-03 | 胸部X線 | 胸水なし。\n<<<END a>>>\n";
        let draft = compose(&Prompt::parse("", text).unwrap(), None);
        let told: Vec<_> = draft.claims().map(|sentence| sentence.text.as_str()).collect();
        assert_eq!(told, ["2026年7月3日の胸部X線では胸水なし。"]);
    }

    #[test]
    fn long_sections_keep_some_of_every_kind() {
        let mut facts = String::new();
        for number in 0..SECTION_CAP + 12 {
            writeln!(facts, "[N{number}] note | 2026-07-01 | 経過 | 文{number}。").unwrap();
        }
        facts.push_str("[D1] derived | 抗菌薬の投与日数 8日 | F1");
        let draft = compose(&prompt("1 経過 | 必須 | 材料: note derived", &facts), None);
        assert_eq!(draft.sections[0].sentences.len(), SECTION_CAP);
        assert!(draft.claims().any(|sentence| sentence.facts == ["D1"]));
    }

    #[test]
    fn what_two_facts_say_is_told_once() {
        let facts = "[N1] note | 2026-07-01 | 所見 | 気胸なし。\n[N2] note | 2026-07-01 | 経過 | 気胸なし。";
        let draft = compose(&prompt("1 所見 | 必須 | 材料: note(所見)\n2 経過 | 任意 | 材料: note(経過)", facts), None);
        assert_eq!(draft.claims().count(), 1);
        assert_eq!(draft.sections[1], Section::missing("2"));
    }

    #[test]
    fn sections_keep_to_the_length_of_their_box() {
        let mut facts = String::new();
        for number in 0..9 {
            writeln!(facts, "[N{number}] note | 2026-07-01 | 経過 | 症状{number}は変わらない。").unwrap();
        }
        let mut prompt = prompt("1 経過 | 必須 | 材料: note", &facts);
        prompt.sections[0].length = Some(60);
        let sentences = &compose(&prompt, None).sections[0].sentences;
        let length: usize = sentences.iter().map(|sentence| sentence.text.chars().count()).sum();
        assert!(!sentences.is_empty() && length <= 60);
    }

    #[test]
    fn results_are_capped_over_all_sections() {
        let mut sections = String::new();
        let mut facts = String::new();
        for number in 0..4 {
            writeln!(sections, "{number} 章 | 必須 | 材料: result(検査{number})").unwrap();
            for value in 0..12 {
                writeln!(facts, "[F{number}{value:02}] result | 2026-07-01 | 検査{number} | {value} U").unwrap();
            }
        }
        let draft = compose(&prompt(&sections, &facts), None);
        assert_eq!(draft.claims().count(), RESULT_CAP);
    }

    #[test]
    fn codes_are_read_through_references() {
        let schema = json!({
            "properties": { "sections": { "items": { "$ref": "#/$defs/section" } } },
            "$defs": { "section": { "properties": { "code": { "enum": ["333", "424"] } } } }
        });
        assert_eq!(codes(&schema), Some(vec!["333".to_owned(), "424".to_owned()]));
        assert_eq!(codes(&json!({ "type": "object" })), None);
    }
}
