//! One fact as one Japanese sentence, with the fact's own words and figures, in the register asked for.
//!
//! Nothing is computed, rounded or concluded here. Values and derived facts stand in `values`.

use crate::date::{Date, without_iso};
use crate::prompt::Fact;
use crate::register::{Register, Tense};
use crate::values;

/// Words of a workflow status, which no reader needs.
const STATUSES: &[&str] = &["final", "amended", "corrected", "completed", "active", "confirmed", "finished"];

/// Signs that a procedure was not done, or not yet.
const NOT_DONE: &[&str] = &[
    "予定", "実施せず", "施行せず", "見送", "中止", "検討", "希望", "拒否", "延期", "未施行", "保留", "not-done",
    "preparation", "planned", "in-progress", "on-hold", "stopped", "entered-in-error",
];

/// Titles of notes that say how things are, not how they were on a day.
const STANDING: &[&str] = &["社会歴", "生活歴", "家族歴", "既往", "アレルギー", "指示", "方針", "目的", "理由", "主訴"];

/// How a section speaks, and what it has told already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Voice {
    pub(crate) register: Register,
    /// Year told last.
    pub(crate) year: Option<u16>,
    /// Date and name of the report told last.
    pub(crate) report: Option<(String, String)>,
    /// Date told last.
    pub(crate) day: Option<Date>,
}

impl Voice {
    /// A voice that has told nothing yet.
    pub(crate) fn new(register: Register) -> Self {
        Self { register, ..Self::default() }
    }

    /// A fact's date as the narrative says it here; empty where it has none.
    pub(crate) fn date(&mut self, field: &str) -> String {
        let Some(date) = Date::parse(field) else {
            return String::new();
        };
        let said = date.say(self.year);
        self.year = Some(date.year);
        self.day = Some(date);
        said
    }
}

/// The sentence for a fact that stands alone.
pub(crate) fn alone(fact: &Fact, register: Register) -> String {
    phrase(fact, &mut Voice::new(register))
}

/// The sentence for a fact after what the voice has told.
pub(crate) fn phrase(fact: &Fact, voice: &mut Voice) -> String {
    let report = voice.report.take();
    let register = voice.register;
    let (text, tense) = match fact.kind.as_str() {
        "note" => note(fact, register),
        // The author's own words are nobody's to change.
        "statement" => return Register::Plain.say(&rest(fact, 1), Tense::Present),
        "result" | "exam" => (values::result(fact, voice), Tense::Past),
        "procedure" => (procedure(fact, voice), Tense::Past),
        "derived" => (values::derived(fact), Tense::Past),
        "change" => (values::change(fact), Tense::Past),
        "medication" => (values::medication(fact), Tense::Present),
        "report" => (self::report(fact, voice, report.as_ref()), Tense::Past),
        "social" | "survey" => (values::answer(fact), Tense::Present),
        "family" => (family(fact, register), Tense::Present),
        "appointment" => (appointment(fact, voice), Tense::Present),
        "diet" => (diet(fact), Tense::Present),
        "encounter" => (encounter(fact, voice), Tense::Past),
        "condition" => (condition(fact), Tense::Present),
        "careplan" | "consent" => (titled(fact), Tense::Present),
        _ => (listed(fact), Tense::Present),
    };
    let year = Date::parse(fact.field(0)).map(|date| date.year);
    register.say(&without_iso(&text, year), tense)
}

/// What a note says; in a letter chief complaint and reason say what they are.
fn note(fact: &Fact, register: Register) -> (String, Tense) {
    let (title, text) = (fact.field(1), rest(fact, 2));
    let tense = if STANDING.iter().any(|word| title.contains(word)) { Tense::Present } else { Tense::Past };
    let core = text.trim_end_matches('。');
    let is_clause = core.contains('。') || crate::ending::ends_in_verb(core);
    if title.contains("理由") && core.ends_with("目的") {
        return (format!("{core}で入院した"), Tense::Past);
    }
    let label = ["主訴", "入院理由", "受診理由"].into_iter().find(|label| title.contains(label));
    match label {
        Some(label) if register == Register::Polite && !is_clause => (format!("{label}は{core}"), tense),
        _ => (text, tense),
    }
}

/// 「7月3日の胸部X線では右下肺野に浸潤影を認める」; after another sentence of the same report that alone.
fn report(fact: &Fact, voice: &mut Voice, last: Option<&(String, String)>) -> String {
    let this = (fact.field(0).to_owned(), fact.field(1).to_owned());
    let said = telling(fact, 2).join("、").replace("。、", "、");
    let same_day = voice.day.is_some() && voice.day == Date::parse(&this.0);
    let text = if said.contains("結果未着") {
        let when = voice.date(&this.0);
        let of = if when.is_empty() { "" } else { "の" };
        format!("{when}{of}{}は結果未着である", this.1)
    } else if last == Some(&this) {
        said
    } else {
        let when = if same_day { "同日".to_owned() } else { voice.date(&this.0) };
        let of = if when.is_empty() { "" } else { "の" };
        let comma = if said.contains('は') { "、" } else { "" };
        format!("{when}{of}{}では{comma}{said}", this.1)
    };
    voice.report = Some(this);
    text
}

/// 「7月27日に診察と採血の予約がある（長女が同席予定）」
fn appointment(fact: &Fact, voice: &mut Voice) -> String {
    let words: Vec<_> = telling(fact, 1).into_iter().filter(|word| *word != "予約").collect();
    let text = words.join("、");
    let (what, more) = text.split_once('。').unwrap_or((&text, ""));
    let more = more.trim_end_matches('。');
    let more = if more.is_empty() { String::new() } else { format!("（{more}）") };
    let when = match voice.date(fact.field(0)) {
        when if when.is_empty() => when,
        when => format!("{when}に"),
    };
    format!("{when}{what}の予約がある{more}")
}

fn procedure(fact: &Fact, voice: &mut Voice) -> String {
    let name = fact.field(1);
    let mut details = telling(fact, 2);
    let when = voice.date(fact.field(0));
    let status = details.iter().position(|detail| NOT_DONE.iter().any(|sign| detail.contains(sign)));
    let until = details.iter().position(|detail| detail.ends_with("まで"));
    let what = match (status, until) {
        (Some(at), _) => {
            let of = if when.is_empty() { "" } else { "の" };
            let said = match details.remove(at) {
                "予定" | "preparation" | "planned" => "は予定である".to_owned(),
                "実施せず" | "施行せず" | "未施行" | "not-done" => "は実施していない".to_owned(),
                "中止" | "stopped" => "は中止とした".to_owned(),
                other => format!("：{}", other.trim_end_matches('。')),
            };
            format!("{when}{of}{name}{said}")
        }
        (None, Some(at)) if !when.is_empty() => {
            format!("{when}から{}{name}を施行した", details.remove(at))
        }
        (None, _) => {
            let at = if when.is_empty() { "" } else { "に" };
            format!("{when}{at}{name}を施行した")
        }
    };
    let details = details.join("、").replace("。、", "、");
    let details = details.trim_end_matches('。');
    if details.is_empty() { what } else { format!("{what}（{details}）") }
}

/// 「母：肺結核（45歳）」, in a letter 「母が肺結核（45歳）です」.
fn family(fact: &Fact, register: Register) -> String {
    let (who, what) = (fact.field(1), fact.field(2));
    let more = telling(fact, 3).join("、");
    let more = more.trim_end_matches('。');
    let more = if more.is_empty() { String::new() } else { format!("（{more}）") };
    let is_remark = what.ends_with('。') || what.is_empty();
    match register {
        Register::Polite if !is_remark => format!("{who}が{what}{more}である"),
        _ if is_remark && what.starts_with(|c: char| c.is_ascii_digit()) => format!("{who}は{what}"),
        _ => format!("{who}：{what}{more}"),
    }
}

/// 「食事は嚥下調整食で、水分は薄いとろみである」
fn diet(fact: &Fact) -> String {
    let name = fact.field(1);
    let details: Vec<_> =
        telling(fact, 2).iter().map(|detail| detail.trim_end_matches('。').replace('。', "、")).collect();
    let details = details.join("、");
    if details.is_empty() || details.starts_with(name) {
        let said = if details.is_empty() { name } else { &details };
        return format!("食事は{said}である");
    }
    let is = if details.ends_with('へ') { "" } else { "である" };
    format!("食事は{name}で、{details}{is}")
}

/// 「在宅療養計画：訪問看護 週1回」
fn titled(fact: &Fact) -> String {
    let words = telling(fact, 1);
    if let [one] = words[..] {
        return match one.rsplit_once(' ') {
            Some((what, how @ ("高" | "中" | "低"))) => format!("{what}は「{how}」である"),
            _ => one.to_owned(),
        };
    }
    match words.split_first() {
        Some((title, rest)) => format!("{title}：{}", rest.join("、").replace("。、", "、")),
        None => String::new(),
    }
}

/// 「7月3日から7月13日まで呼吸器内科に入院した」
fn encounter(fact: &Fact, voice: &mut Voice) -> String {
    let (what, when) = (fact.field(1), fact.field(2));
    let Some((from, until)) = when.split_once("から").filter(|_| what == "入院") else {
        return listed(fact);
    };
    let (from, until) = (voice.date(from), voice.date(until));
    let department = Some(fact.field(3)).filter(|name| !name.is_empty() && !name.contains([':', '：']));
    let place = department.map(|name| format!("{name}に")).unwrap_or_default();
    if until.is_empty() {
        format!("{from}から{place}入院した")
    } else {
        format!("{from}から{until}まで{place}入院した")
    }
}

/// 「巨細胞性動脈炎の疑いがある（頭痛なし）」
fn condition(fact: &Fact) -> String {
    let more = telling(fact, 2);
    let suspected = if more.contains(&"疑い") { "の疑い" } else { "" };
    let more: Vec<_> = more.into_iter().filter(|word| *word != "疑い").collect();
    let more = more.join("、").replace("。、", "、");
    let more = more.trim_end_matches('。');
    let more = if more.is_empty() { String::new() } else { format!("（{more}）") };
    let name =
        if Date::parse(fact.field(0)).is_some() || fact.field(0).is_empty() { fact.field(1) } else { fact.field(0) };
    format!("{name}{suspected}がある{more}")
}

/// Name first, what else is said of it in brackets.
fn listed(fact: &Fact) -> String {
    let dated = Date::parse(fact.field(0)).is_some() || fact.field(0).is_empty();
    let words = telling(fact, usize::from(dated));
    match words.split_first() {
        Some((name, [])) => (*name).to_owned(),
        Some((name, rest)) => format!("{name}（{}）", rest.join("、").replace("。、", "、").trim_end_matches('。')),
        None => String::new(),
    }
}

/// The fields from one on that tell a reader something.
pub(crate) fn telling(fact: &Fact, from: usize) -> Vec<&str> {
    let fields = fact.fields.iter().skip(from).map(String::as_str);
    fields.filter(|field| !field.is_empty() && !STATUSES.contains(field)).collect()
}

/// All fields from one on, else the last.
pub(crate) fn rest(fact: &Fact, from: usize) -> String {
    match fact.fields.get(from..) {
        Some(fields) if !fields.is_empty() => fields.join(" | "),
        _ => fact.fields.last().cloned().unwrap_or_default(),
    }
}

#[cfg(test)]
#[path = "phrase_tests.rs"]
mod tests;
