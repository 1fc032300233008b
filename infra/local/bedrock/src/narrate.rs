//! A section's facts as a narrative: in time order, a day told once, short headings joined to what follows.

use regex_lite::Regex;

use crate::date::{Date, begins_with_day, counts_days, recounted};
use crate::draft::Sentence;
use crate::ending::ends_in_verb;
use crate::phrase::{Voice, phrase};
use crate::prompt::Fact;
use crate::register::Register;

/// Longest heading of a problem, in characters.
const HEADING: usize = 24;

/// The sentences for the facts of one section.
pub(crate) fn narrate(facts: &[&Fact], register: Register) -> Vec<Sentence> {
    let mut facts = facts.to_vec();
    // The reason of a stay says again what the chief complaint or the history tells.
    let titled = |fact: &&Fact, word: &str| fact.kind == "note" && fact.field(1).contains(word);
    if register == Register::Polite && facts.iter().any(|fact| titled(fact, "主訴")) {
        facts.retain(|fact| !titled(fact, "理由"));
    }
    facts.sort_by_key(|fact| order(fact));
    let days: Vec<Date> =
        facts.iter().filter(|fact| is_event(fact)).filter_map(|fact| Date::parse(fact.field(0))).collect();
    let several_days = days.windows(2).any(|pair| pair[0] != pair[1]);
    let mut titles: Vec<&str> = facts.iter().filter(|fact| fact.kind == "note").map(|fact| fact.field(1)).collect();
    titles.dedup();
    let several_titles = titles.len() > 1;
    let mut title = "";
    let mut voice = Voice::new(register);
    let mut out = Vec::new();
    let mut held: Option<Held> = None;
    for (at, fact) in facts.iter().enumerate() {
        let next = facts.get(at + 1).filter(|next| goes_on(fact, next));
        let core = fact.field(2).trim_end_matches('。');
        if fact.kind == "note" && next.is_some() && held.is_none() && is_heading(core) {
            held = Some(Held { fact, core });
            continue;
        }
        let heading = held.take();
        let mut sentence = sentence(fact, heading, several_days, &mut voice);
        if let Some(stage) = stage(fact).filter(|_| several_titles && fact.field(1) != title) {
            sentence.text = format!("{stage}、{}", sentence.text);
        }
        if fact.kind == "note" {
            title = fact.field(1);
        }
        out.push(sentence);
    }
    out
}

/// A heading that waits for the sentence below it.
struct Held<'a> {
    fact: &'a Fact,
    core: &'a str,
}

fn sentence(fact: &Fact, heading: Option<Held<'_>>, several_days: bool, voice: &mut Voice) -> Sentence {
    if fact.kind != "note" {
        return Sentence::fact(phrase(fact, voice), vec![fact.id.clone()]);
    }
    let (day, text) = (Date::parse(fact.field(0)), fact.field(2));
    let counted = counts_days(text);
    let own_day = begins_with_day(text) && !heading.as_ref().is_some_and(|held| is_day_count(held.core));
    let several_days = several_days && is_journal(fact.field(1));
    // Beside another day, 昨日 needs to know from which day it counts.
    let untold = voice.day != day && (several_days || counted) && !own_day || own_day && counted;
    let core = text.trim_end_matches('。');
    // A problem's name alone is no sentence to be ended.
    let is_name = is_heading(core) && !is_day_count(core);
    let said = if is_name { format!("{core}。") } else { recounted(&phrase(fact, voice)) };
    let when = if untold { voice.date(fact.field(0)) } else { String::new() };
    if own_day && !counted {
        // A sentence that begins with its note's own day has told it.
        let own = day.filter(|day| said.contains(&day.say(Some(day.year))));
        voice.day = own;
    }
    let Some(held) = heading else {
        let text = match said.strip_prefix("同日") {
            _ if when.is_empty() => said,
            Some(rest) => format!("{when}{rest}"),
            None => format!("{when}、{said}"),
        };
        return Sentence::fact(text, vec![fact.id.clone()]);
    };
    let (number, title) = numbered(held.core);
    let text = match (is_day_count(held.core), when.is_empty()) {
        (true, true) => format!("{title}、{number}{said}"),
        (true, false) => format!("{when}（{title}）、{number}{said}"),
        (false, true) => format!("{number}{title}：{said}"),
        (false, false) => format!("{when}、{number}{title}：{said}"),
    };
    Sentence::fact(text, vec![held.fact.id.clone(), fact.id.clone()])
}

/// Whether a note tells what was so on its day, so that the day belongs to it.
///
/// An order, a finding at discharge or a history speaks of other days, or of none.
fn is_journal(title: &str) -> bool {
    const OTHERS: &[&str] = &["歴", "所見", "指示", "方針", "紹介", "目的", "理由", "主訴"];
    !OTHERS.iter().any(|word| title.contains(word))
}

/// When findings were made, as their note's title says, where it does: 入院時所見, 退院時所見.
fn stage(fact: &Fact) -> Option<&'static str> {
    let title = fact.field(1);
    let found = fact.kind == "note" && title.contains("所見") && !fact.field(2).contains("時");
    ["入院時", "退院時", "初診時", "受診時", "転院時"].into_iter().find(|stage| found && title.contains(stage))
}

/// `#1 ` and what follows it.
fn numbered(core: &str) -> (&str, &str) {
    let number = Regex::new(r"^#\d+(?:-\d+)?\s*").expect("a constant pattern");
    let end = number.find(core).map_or(0, |found| found.end());
    core.split_at(end)
}

/// A problem's name, or a count of days, and nothing else.
fn is_heading(core: &str) -> bool {
    let (number, title) = numbered(core);
    if is_day_count(core) {
        return true;
    }
    let short = title.chars().count() <= HEADING && !title.contains(|c: char| c.is_ascii_digit());
    !number.is_empty() && short && !ends_in_verb(title) && !title.contains(['は', '：'])
}

/// 第3病日, 術後1日目.
fn is_day_count(core: &str) -> bool {
    let count = Regex::new(r"^(?:第\d+病日|術後\d+日目|入院(?:第)?\d+(?:病)?日目?)$").expect("a constant pattern");
    count.is_match(numbered(core).1)
}

/// Whether the next fact is of the same note and begins no problem of its own.
fn goes_on(fact: &Fact, next: &Fact) -> bool {
    let same_note = next.kind == "note" && (fact.field(0), fact.field(1)) == (next.field(0), next.field(1));
    same_note && !next.field(2).starts_with('#')
}

/// What happened comes in the order of time; who it is first, sums and plans after it.
fn order(fact: &Fact) -> (u8, Option<Date>, u8) {
    match fact.kind.as_str() {
        "derived" if fact.text().contains("年齢") => (0, None, 0),
        "derived" => (3, None, 0),
        "statement" => (4, None, 0),
        _ if is_event(fact) => {
            let place = match fact.kind.as_str() {
                "procedure" => 0,
                "report" => 1,
                "note" if fact.field(1).contains("主訴") => 0,
                "note" if fact.field(1).contains("理由") => 1,
                "result" | "exam" => 2,
                _ => 3,
            };
            (1, Date::parse(fact.field(0)), place)
        }
        "appointment" => (2, Date::parse(fact.field(0)), 1),
        _ => (2, None, 0),
    }
}

fn is_event(fact: &Fact) -> bool {
    matches!(fact.kind.as_str(), "note" | "report" | "procedure" | "result" | "exam")
}

/// Whether a note only says who wrote it.
pub(crate) fn is_signature(fact: &Fact) -> bool {
    let who = Regex::new(r"⟦[A-Z]+\d+⟧|担当|主治医|医師|看護師|先生|様|さん|Ns|Dr|[\s、。．.:：]")
        .expect("a constant pattern");
    fact.kind == "note" && fact.field(2).contains('⟦') && who.replace_all(fact.field(2), "").is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(id: &str, date: &str, text: &str) -> Fact {
        let fields = [date, "経過記録 医師", text].map(str::to_owned).to_vec();
        Fact { id: id.to_owned(), kind: "note".to_owned(), fields }
    }

    fn told(facts: &[Fact], register: Register) -> Vec<(String, Vec<String>)> {
        let facts: Vec<&Fact> = facts.iter().collect();
        narrate(&facts, register).into_iter().map(|sentence| (sentence.text, sentence.facts)).collect()
    }

    #[test]
    fn days_are_told_once_and_in_order() {
        let facts = [
            note("N2.1", "2026-07-07", "36℃台に解熱。"),
            note("N2.2", "2026-07-07", "本日9時に酸素投与を終了した。"),
            note("N1.1", "2026-07-05", "水分でむせあり。"),
            note("N3.1", "2026-07-10", "昨夜から発熱。"),
        ];
        let texts: Vec<_> = told(&facts, Register::Plain).into_iter().map(|(text, _)| text).collect();
        let expected = [
            "2026年7月5日、水分でむせあり。",
            "7月7日、36℃台に解熱。",
            "同日9時に酸素投与を終了した。",
            "7月10日、前夜から発熱。",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn notes_of_one_day_need_no_date_unless_they_count_from_it() {
        let plain =
            told(&[note("N1.1", "2026-07-05", "発熱。"), note("N1.2", "2026-07-05", "咳嗽。")], Register::Plain);
        assert_eq!(plain[0].0, "発熱。");
        let counted = told(&[note("N1.1", "2026-07-05", "本日から休薬する。")], Register::Polite);
        assert_eq!(counted[0].0, "2026年7月5日から休薬します。");
    }

    #[test]
    fn orders_are_not_dated_by_the_day_they_were_given() {
        let mut order = note("N2.1", "2026-07-13", "採血を行う。");
        order.fields[1] = "退院時指示 医師".to_owned();
        let told = told(&[note("N1.1", "2026-07-05", "発熱。"), order], Register::Plain);
        assert_eq!(told[1].0, "採血を行う。");
    }

    #[test]
    fn findings_of_two_stages_say_which_is_which() {
        let mut facts = [note("N1.1", "2026-07-03", "頻脈あり。"), note("N2.1", "2026-07-12", "頻脈なし。")];
        facts[0].fields[1] = "入院時所見 医師".to_owned();
        assert_eq!(told(&facts[..1], Register::Plain)[0].0, "頻脈あり。");
        facts[1].fields[1] = "退院時所見 医師".to_owned();
        let told = told(&facts, Register::Plain);
        assert_eq!([told[0].0.as_str(), told[1].0.as_str()], ["入院時、頻脈あり。", "退院時、頻脈なし。"]);
    }

    #[test]
    fn headings_join_what_follows_and_both_are_cited() {
        let name = [note("N1.1", "2026-07-03", "#2 腎機能低下")];
        assert_eq!(self::told(&name, Register::Polite)[0].0, "#2 腎機能低下。");
        let facts = [
            note("N1.1", "2026-07-03", "#1 肺炎球菌性肺炎"),
            note("N1.2", "2026-07-03", "右下葉の肺炎と判断。"),
            note("N1.3", "2026-07-03", "#2 脱水症"),
            note("N1.4", "2026-07-03", "#3 K 3.2。"),
            note("N2.1", "2026-07-05", "#1 第3病日。"),
            note("N2.2", "2026-07-05", "酸素は2L/分を継続。"),
        ];
        let told = told(&facts, Register::Plain);
        let texts: Vec<_> = told.iter().map(|(text, _)| text.as_str()).collect();
        let expected = [
            "2026年7月3日、#1 肺炎球菌性肺炎：右下葉の肺炎と判断。",
            "#2 脱水症。",
            "#3 K 3.2。",
            "7月5日（第3病日）、#1 酸素は2L/分を継続。",
        ];
        assert_eq!(texts, expected);
        assert_eq!(told[0].1, ["N1.1", "N1.2"]);
    }

    #[test]
    fn signatures_tell_nothing() {
        assert!(is_signature(&note("N1", "2026-07-03", "担当 ⟦D3⟧Ns。")));
        assert!(is_signature(&note("N1", "2026-07-03", "⟦O2⟧ ⟦D2⟧")));
        assert!(!is_signature(&note("N1", "2026-07-03", "長男 ⟦P2⟧さんに説明。")));
    }
}
