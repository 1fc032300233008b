//! One lesion on the right here and on the left there.

use std::cell::OnceCell;

use super::{Contradiction, Folded, Side as Taken, quoted};
use crate::assertion::{Polarity, content_runs, read, same};
use crate::facts::{Cue, Fact, Kind};
use crate::grounding::{Side, places};
use crate::text::{compact, nfkc};

/// Days within which two sources speak of one state of a lesion.
const NEAR: i64 = 1;
/// Days within which two sources speak of one diagnosis or operation.
const SAME_ILLNESS: i64 = 30;

/// Words that tell of a further lesion, not of the same one.
const FURTHER: &[&str] = &["新た", "にも", "対側", "反対側", "出現", "拡大", "広が", "両側", "左右", "健側", "患側"];
const LESIONS: &[&str] = &[
    "症", "炎", "骨折", "結石", "癌", "がん", "腫瘍", "結節", "嚢胞", "梗塞", "出血", "水腎症", "気胸", "胸水", "血腫",
    "ヘルニア", "ステント", "人工骨頭", "人工関節", "置換術",
];
/// A shadow and the disease that casts it.
const ALIKE: &[(&str, &str)] = &[("浸潤影", "肺炎"), ("コンソリデーション", "肺炎"), ("consolidation", "肺炎")];

struct Sided {
    fact: usize,
    right: bool,
    /// 下葉, or the lesion itself where the side stands right before it.
    region: String,
    /// What is there; empty where the region says it.
    lesion: String,
}

pub(super) fn search(folded: &Folded) -> Vec<Contradiction> {
    let all = folded.all;
    let sided: Vec<Sided> = (0..all.len()).flat_map(|i| of(i, folded)).collect();
    let both = OnceCell::new();
    let mut out: Vec<Contradiction> = Vec::new();
    for (n, a) in sided.iter().enumerate() {
        for b in &sided[n + 1..] {
            if a.right == b.right || !one_thing(a, b) || !near(&all[a.fact], &all[b.fact], a) {
                continue;
            }
            let known =
                out.iter().any(|c| c.about.contains(&a.region) && (a.lesion.is_empty() || c.about.contains(&a.lesion)));
            if known || mentions_both(all, &sided, a, both.get_or_init(|| of_both_sides(all))) {
                continue;
            }
            out.push(contradiction(all, &sided, a, b));
        }
    }
    out
}

fn of(index: usize, folded: &Folded) -> Vec<Sided> {
    let fact = &folded.all[index];
    let told =
        matches!(fact.kind, Kind::Condition | Kind::Report | Kind::Procedure | Kind::Device | Kind::Note | Kind::Exam);
    // An earlier document tells of another course: the other hip, years ago.
    if !told || !fact.may_tell(Cue::Side) || fact.is_earlier() {
        return Vec::new();
    }
    let text = folded.text(index);
    let places = places(text);
    let mixed = places.iter().any(|p| p.side != places[0].side) || places.iter().any(|p| p.side == Side::Both);
    if places.is_empty() || mixed || FURTHER.iter().any(|w| text.contains(w)) {
        return Vec::new();
    }
    let asserted = read(text);
    let absent = |word: &str| {
        asserted.iter().any(|a| matches!(a.polarity, Polarity::Absent | Polarity::Suspected) && same(&a.term, word))
    };
    let mut out = Vec::new();
    for place in &places {
        let region = region(&place.of);
        if region.chars().count() < 2 {
            continue;
        }
        let right = place.side == Side::Right;
        if LESIONS.iter().any(|l| region.ends_with(l)) && region.chars().count() >= 4 {
            if !absent(&region) {
                out.push(Sided { fact: index, right, region: region.clone(), lesion: String::new() });
            }
            continue;
        }
        for lesion in lesions(fact, &text[place.at..]).into_iter().filter(|l| !absent(l)) {
            out.push(Sided { fact: index, right, region: region.clone(), lesion });
        }
    }
    out
}

/// 肺下葉 and 下肺野 are 下葉.
fn region(of: &str) -> String {
    let of = of.strip_prefix('肺').filter(|r| r.ends_with('葉')).unwrap_or(of);
    match of {
        "上肺野" => "上葉".to_owned(),
        "中肺野" => "中葉".to_owned(),
        "下肺野" => "下葉".to_owned(),
        other => other.to_owned(),
    }
}

/// Lesions told of a place: in its sentence, or the name of a diagnosis whose site it is.
fn lesions(fact: &Fact, from: &str) -> Vec<String> {
    let sentence = from.split('。').next().unwrap_or_default();
    let mut runs = content_runs(sentence);
    if matches!(fact.kind, Kind::Condition | Kind::Device) {
        runs.extend(content_runs(&nfkc(&fact.name)));
    }
    let mut out: Vec<String> = runs.iter().filter_map(|r| lesion(r)).collect();
    out.sort();
    out.dedup();
    out
}

fn lesion(run: &str) -> Option<String> {
    if let Some((_, disease)) = ALIKE.iter().find(|(shadow, _)| run.ends_with(shadow)) {
        return Some((*disease).to_owned());
    }
    if run.ends_with("肺炎") {
        return Some("肺炎".to_owned());
    }
    let found = LESIONS.iter().find(|l| l.chars().count() >= 2 && run.ends_with(**l))?;
    Some((*found).to_owned())
}

fn one_thing(a: &Sided, b: &Sided) -> bool {
    let region = a.region == b.region || (a.lesion.is_empty() && b.lesion.is_empty() && same(&a.region, &b.region));
    region && a.lesion == b.lesion && a.fact != b.fact
}

fn near(a: &Fact, b: &Fact, what: &Sided) -> bool {
    let day = |f: &Fact| f.date.and_then(crate::calendar::Day::date);
    let (Some(x), Some(y)) = (day(a), day(b)) else { return false };
    let apart = (x - y).whole_days().abs();
    let lasting = what.lesion.is_empty()
        && (a.kind == Kind::Condition
            || b.kind == Kind::Condition
            || a.kind == Kind::Procedure
            || b.kind == Kind::Procedure);
    apart <= if lasting { SAME_ILLNESS } else { NEAR }
}

/// Some source tells of the same thing on both sides: then either is true.
fn mentions_both(all: &[Fact], sided: &[Sided], a: &Sided, both: &[String]) -> bool {
    let of_one_source = sided.iter().filter(|s| s.region == a.region && s.lesion == a.lesion);
    let sources: Vec<(bool, &crate::facts::Source)> = of_one_source.map(|s| (s.right, &all[s.fact].source)).collect();
    let twice = sources.iter().any(|(right, source)| sources.iter().any(|(r, s)| r != right && s == source));
    let word = if a.lesion.is_empty() { &a.region } else { &a.lesion };
    twice || both.iter().any(|text| text.contains(word.as_str()))
}

/// What is told of both sides, folded.
fn of_both_sides(all: &[Fact]) -> Vec<String> {
    // Nothing but 両 itself folds to 両, and most facts hold none.
    let paired = all.iter().filter(|f| f.may_tell(Cue::Side) && f.fields.iter().any(|t| t.contains('両')));
    let texts = paired.map(|f| nfkc(&f.text()));
    let both = texts.filter(|t| ["両側", "両肺", "両下"].iter().any(|w| t.contains(w)));
    both.map(|t| compact(&t)).collect()
}

fn contradiction(all: &[Fact], sided: &[Sided], a: &Sided, b: &Sided) -> Contradiction {
    let taken = |right: bool| {
        let mut facts: Vec<String> = sided
            .iter()
            .filter(|s| {
                s.right == right && (one_thing(s, a) || one_thing(s, b) || s.fact == a.fact || s.fact == b.fact)
            })
            .map(|s| all[s.fact].id.clone())
            .collect();
        facts.dedup();
        Taken { facts, words: vec![if right { "右" } else { "左" }.to_owned()] }
    };
    let (right, left) = if a.right { (a, b) } else { (b, a) };
    let thing = if a.lesion.is_empty() { a.region.clone() } else { format!("{}の{}", a.region, a.lesion) };
    let mut about = vec![a.region.clone()];
    about.extend(Some(a.lesion.clone()).filter(|l| !l.is_empty()));
    about.extend(ALIKE.iter().filter(|(_, d)| *d == a.lesion).map(|(s, _)| (*s).to_owned()));
    Contradiction {
        question: format!(
            "{thing}の左右が記録によって異なる（{}／{}）。画像・原記録を確認し、どちらの側か決めること。",
            quoted(&all[right.fact]),
            quoted(&all[left.fact])
        ),
        facts: [all[a.fact].id.clone(), all[b.fact].id.clone()],
        sides: [taken(true), taken(false)],
        about,
    }
}
