//! One finding, present and absent on one day, at one place.

use std::collections::HashMap;

use super::{Contradiction, Side, quoted};
use crate::assertion::{self, Assertion, Polarity};
use crate::calendar::Day;
use crate::facts::{Cue, Fact, Kind, Source};
use crate::text::nfkc;

/// What comes and goes within a day.
const FLEETING: &[&str] = &[
    "発熱", "痛み", "頭痛", "腹痛", "胸痛", "腰痛", "悪心", "嘔吐", "下痢", "咳", "息切れ", "呼吸困難", "むせ",
    "せん妄", "不穏", "めまい", "ふらつき", "排便", "排ガス", "動悸", "眠気", "冷汗", "痰", "低血糖", "転倒", "出血",
    "問題", "異常", "変化", "喘鳴", "不眠", "尿", "訴え", "しびれ",
];
/// Findings of the examining hand, ear and eye, and of images: two examiners of one day should agree.
const EXAMINED: &[&str] = &[
    "圧痛", "反跳痛", "筋性防御", "叩打痛", "浮腫", "黄疸", "貧血", "腫脹", "腫大", "雑音", "ラ音", "怒張",
    "チアノーゼ", "麻痺", "失語", "構音障害", "硬直", "褥瘡", "発赤", "紫斑", "胸水", "腹水", "水腎症", "気胸", "結節",
    "腫瘤", "リンパ節腫大", "血栓", "結石", "骨折",
];

/// One of these stands in whatever tells such a finding, in whichever of its words.
pub(in crate::facts) const WANTED: &[&[&str]] = &[EXAMINED, &["crackle", "むくみ"]];

struct Told<'f> {
    fact: &'f Fact,
    assertion: Assertion,
    place: String,
}

pub(super) fn search(all: &[Fact]) -> Vec<Contradiction> {
    let told = told(all);
    let mut out: Vec<Contradiction> = Vec::new();
    // Only what is told of one day can differ: a long record has many days.
    let mut of_day: HashMap<Option<Day>, Vec<usize>> = HashMap::new();
    for (i, t) in told.iter().enumerate() {
        of_day.entry(t.fact.date).or_default().push(i);
    }
    for (n, a) in told.iter().enumerate() {
        let same_day = of_day.get(&a.fact.date).map(Vec::as_slice).unwrap_or_default();
        for b in same_day.iter().filter(|i| **i > n).map(|i| &told[*i]) {
            let opposite = matches!(
                (a.assertion.polarity, b.assertion.polarity),
                (Polarity::Present, Polarity::Absent) | (Polarity::Absent, Polarity::Present)
            );
            let same_thing = || a.assertion.term == b.assertion.term && a.place == b.place;
            // Within one note the author knew both.
            if !opposite || a.fact.date.is_none() || !same_thing() || a.fact.source == b.fact.source {
                continue;
            }
            let known = out.iter().any(|c| c.about[0] == a.assertion.term && c.concerns(&a.fact.id));
            if !known {
                out.push(contradiction(&told, a, b));
            }
        }
    }
    out
}

fn told(all: &[Fact]) -> Vec<Told<'_>> {
    let mut out: Vec<Told> = Vec::new();
    let current = |f: &&Fact| matches!(f.kind, Kind::Note | Kind::Report | Kind::Exam) && !f.is_earlier();
    let facts: Vec<&Fact> = all.iter().filter(current).collect();
    // The last place that was told before, and how many facts were asked for one.
    let (mut topic, mut asked): (Option<(&Source, String)>, usize) = (None, 0);
    for (n, fact) in facts.iter().enumerate() {
        if !fact.may_tell(Cue::Examined) {
            continue;
        }
        let text = text(fact);
        let own = place(&text);
        let before = || facts[asked..n].iter().rev().find_map(|f| Some((&f.source, place(&self::text(f))?)));
        topic = own.clone().map(|own| (&fact.source, own)).or_else(before).or(topic);
        asked = n + 1;
        let heading = topic.as_ref().filter(|(s, _)| *s == &fact.source).map(|(_, t)| t.clone());
        for assertion in assertion::read(&text).into_iter().filter(|a| !a.carried && is_examined(&a.term)) {
            let place = self::before(&text, &assertion).or_else(|| own.clone()).or_else(|| heading.clone());
            out.push(Told { fact, place: place.unwrap_or_default(), assertion });
        }
    }
    out
}

/// What a fact says, folded: a note's title is no part of its sentence.
fn text(fact: &Fact) -> String {
    match fact.fields.get(1..).unwrap_or_default() {
        [one] => nfkc(one),
        several => nfkc(&several.join(" ")),
    }
}

fn is_examined(term: &str) -> bool {
    EXAMINED.iter().any(|e| term.ends_with(e)) && !FLEETING.contains(&term)
}

/// 「腹部：…」, 「甲状腺は…」: what the sentence is about.
fn place(text: &str) -> Option<String> {
    let at = text.find(['は', ':', 'に', 'で'])?;
    let word = text[..at].trim();
    (!word.is_empty() && word.chars().all(|c| assertion::is_content(c) || c == '、')).then(|| word.to_owned())
}

/// The place right before the finding: 「左膝関節に圧痛」.
fn before(text: &str, a: &Assertion) -> Option<String> {
    let head = text[..a.at].trim_end_matches(['軽', '度', '中', '等', 'の']);
    let head = head.strip_suffix('に').or_else(|| head.strip_suffix("には")).or_else(|| head.strip_suffix('の'))?;
    let place: String = head.chars().rev().take_while(|c| assertion::is_content(*c) || *c == '、').collect();
    let place: String = place.chars().rev().collect();
    (!place.is_empty()).then_some(place)
}

fn contradiction(told: &[Told], a: &Told, b: &Told) -> Contradiction {
    let side = |polarity: Polarity| {
        let same = told.iter().filter(|t| {
            t.assertion.polarity == polarity
                && t.assertion.term == a.assertion.term
                && t.place == a.place
                && t.fact.date == a.fact.date
        });
        Side { facts: same.map(|t| t.fact.id.clone()).collect(), words: Vec::new() }
    };
    let of = if a.place.is_empty() { String::new() } else { format!("{}の", a.place) };
    Contradiction {
        question: format!(
            "同じ日の記録で{of}{}の有無が食い違っている（{}／{}）。診察した者に確認し、どちらを記載するか決めること。",
            a.assertion.term,
            quoted(a.fact),
            quoted(b.fact)
        ),
        facts: [a.fact.id.clone(), b.fact.id.clone()],
        sides: [side(a.assertion.polarity), side(b.assertion.polarity)],
        about: vec![a.assertion.term.clone()],
    }
}
