//! Faults of meaning: the words are nearly the same, what they say is not.

use regex_lite::Regex;

use super::Given;
use super::edit::{add_citing, rewrite, swap};
use crate::draft::Draft;
use crate::prompt::Fact;

/// Denials and their opposites, then affirmations and theirs.
const NEGATIONS: &[(&str, &str)] = &[
    ("認められなかった", "認められた"),
    ("認めなかった", "認めた"),
    ("認めません", "認めます"),
    ("認められず", "認められ"),
    ("認めず", "認め"),
    ("認めない", "認める"),
    ("みられなかった", "みられた"),
    ("みられない", "みられる"),
    ("ではない", "である"),
    ("実施せず", "実施"),
    ("施行せず", "施行"),
    ("はなかった", "があった"),
    ("はない", "がある"),
    ("がない", "がある"),
    ("なし", "あり"),
    ("なく", "あり"),
    ("陰性", "陽性"),
    ("（－）", "（＋）"),
    ("(－)", "(＋)"),
    ("(-)", "(+)"),
    ("認められた", "認められなかった"),
    ("認めた", "認めなかった"),
    ("認める", "認めない"),
    ("があった", "はなかった"),
    ("がある", "はない"),
    ("あり", "なし"),
    ("陽性", "陰性"),
    ("（＋）", "（－）"),
    ("(+)", "(-)"),
];

const SIDES: &[(&str, &str)] = &[("右", "左"), ("左", "右"), ("両側", "右側"), ("Rt", "Lt"), ("Lt", "Rt")];

/// Words in which a side is no side of the body.
const NO_SIDES: &[&str] =
    &["左右", "右室", "左室", "右房", "左房", "右心", "左心", "右脚", "左脚", "左方", "右方", "左軸", "右軸"];

const SUSPICIONS: &[(&str, &str)] = &[
    ("の疑いがある", "である"),
    ("の疑いあり", "と診断"),
    ("の疑い", ""),
    ("（疑い）", ""),
    ("、疑い", ""),
    ("疑いの", ""),
    ("疑い", ""),
    ("が疑われた", "と診断された"),
    ("が疑われる", "である"),
    ("を疑った", "と診断した"),
    ("を疑う", "である"),
    ("を疑い", "と診断し"),
    ("の可能性がある", "である"),
    ("の可能性が高い", "である"),
    ("の可能性あり", "あり"),
    ("と考えられた", "であった"),
    ("と考えられる", "である"),
    ("s/o ", ""),
];

const PENDING: &[(&str, &str)] = &[
    ("結果未着である", "陰性であった"),
    ("結果待ちである", "陰性であった"),
    ("結果待ち", "陰性"),
    ("未着", "陰性"),
    ("検査中", "陰性"),
    ("培養中", "陰性"),
    ("提出中", "陰性"),
    ("未報告", "陰性"),
    ("未確定", "陰性"),
    ("判明していない", "陰性である"),
    ("を提出した", "は陰性であった"),
    ("を提出", "は陰性"),
];

const PLANS: &[(&str, &str)] = &[
    ("する予定である", "した"),
    ("する予定とした", "した"),
    ("する予定", "した"),
    ("を予定している", "を施行した"),
    ("を予定する", "を施行した"),
    ("を予定", "を施行"),
    ("の予定である", "を施行した"),
    ("予定である", "施行した"),
    ("の予定", "を施行した"),
    ("を検討している", "を施行した"),
    ("を検討する", "を施行した"),
    ("を検討", "を施行"),
    ("を希望している", "を施行した"),
    ("を希望", "を施行"),
    ("予定", "施行済み"),
];

const CAUSES: &[&str] = &["脱水", "薬剤", "飲酒", "ストレス", "転倒"];

const TRENDS: &[(&str, &str)] = &[
    ("改善", "増悪"),
    ("軽快", "増悪"),
    ("増悪", "改善"),
    ("悪化", "改善"),
    ("正常化", "増悪"),
    ("横ばい", "増悪"),
    ("減少", "増加"),
    ("増加", "減少"),
    ("低下", "上昇"),
    ("上昇", "低下"),
];

/// What was denied is affirmed, or the reverse.
pub(super) fn negation_flip(draft: &mut Draft, given: Given<'_>) {
    rewrite(draft, given, "発熱は認めなかった。", |text, _| {
        swap(text, NEGATIONS, &["否定できない", "ありが", "だけでなく", "のみでなく"])
    });
}

/// Right became left, or both became one.
pub(super) fn side_swap(draft: &mut Draft, given: Given<'_>) {
    let otherwise = if given.knows("左下葉") {
        "右下葉に浸潤影を認めた。"
    } else {
        "左下葉に浸潤影を認めた。"
    };
    rewrite(draft, given, otherwise, |text, _| swap(text, SIDES, NO_SIDES));
}

/// What was suspected is certain.
pub(super) fn suspicion_dropped(draft: &mut Draft, given: Given<'_>) {
    rewrite(draft, given, "肺塞栓症と診断した。", |text, _| {
        swap(text, SUSPICIONS, &["疑いなく", "疑いのない", "疑いはない"])
    });
}

/// A value lost what it was measured under.
pub(super) fn condition_dropped(draft: &mut Draft, given: Given<'_>) {
    let telling = Regex::new(
        "[（(]?(?:室内気|空腹時|随時|食後|塗抹|速報|安静時|労作時|経鼻酸素|鼻カニューラ|酸素)\
         (?:\\s*[0-9.]+\\s*L(?:/分|/min)?)?(?:投与下|吸入下|下)?(?:で|の|、)?[）)]?",
    );
    let telling = telling.expect("a constant pattern");
    let bracket = Regex::new("（[^（）]*）(であった。)$").expect("a constant pattern");
    let otherwise = "動脈血酸素飽和度は96%であった。";
    let has_number = |text: &str| text.contains(|c: char| c.is_ascii_digit());
    rewrite(draft, given, otherwise, |text, facts| {
        let is_result = facts.iter().any(|fact| fact.kind == "result");
        if is_result && bracket.is_match(text) {
            return Some(bracket.replace(text, "$1").into_owned());
        }
        let found = telling.find(text).filter(|_| has_number(text))?;
        Some(format!("{}{}", &text[..found.start()], &text[found.end()..]))
    });
}

/// A result that is still out is called negative.
pub(super) fn pending_as_negative(draft: &mut Draft, given: Given<'_>) {
    rewrite(draft, given, "血液培養は陰性であった。", |text, _| swap(text, PENDING, &[]));
}

/// What was planned is told as done.
pub(super) fn plan_as_done(draft: &mut Draft, given: Given<'_>) {
    rewrite(draft, given, "胃瘻造設術を施行した。", |text, _| {
        swap(text, PLANS, &["予定通り", "予定どおり"])
    });
}

/// A sentence gets a cause that no fact states.
pub(super) fn invented_cause(draft: &mut Draft, given: Given<'_>) {
    let cause = given.first_unknown(CAUSES);
    rewrite(draft, given, &format!("{cause}により全身状態が悪化した。"), |text, _| {
        let has_cause = ["ため", "により", "による", "契機"].iter().any(|word| text.contains(word));
        (!has_cause).then(|| format!("{cause}により、{text}"))
    });
}

/// A trend points the other way.
pub(super) fn trend_flip(draft: &mut Draft, given: Given<'_>) {
    let flips = |text: &str| swap(text, TRENDS, &[]);
    let held = draft.claims().any(|sentence| flips(&sentence.text).is_some());
    match series(given.facts).filter(|_| !held) {
        Some((name, trend, ids)) => add_citing(draft, format!("{name}は{trend}した。"), ids),
        None => rewrite(draft, given, "炎症反応は増悪した。", |text, _| flips(text)),
    }
}

/// Two results of one test, and the trend that they do not show.
fn series(facts: &[Fact]) -> Option<(&str, &'static str, Vec<String>)> {
    let results: Vec<_> = facts.iter().filter(|fact| fact.kind == "result").collect();
    results.iter().enumerate().find_map(|(at, first)| {
        let later = results[at + 1..].iter().find(|later| later.field(1) == first.field(1))?;
        let (before, after) = (quantity(first)?, quantity(later)?);
        let rises = (before < after) == (first.field(0) <= later.field(0));
        let trend = if rises { "低下" } else { "上昇" };
        let known = !first.field(1).is_empty() && (before - after).abs() > f64::EPSILON;
        known.then(|| (first.field(1), trend, vec![first.id.clone(), later.id.clone()]))
    })
}

fn quantity(fact: &Fact) -> Option<f64> {
    fact.field(2).split_whitespace().next()?.parse().ok()
}
