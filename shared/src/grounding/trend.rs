//! Check 15: better, worse, up, down, unchanged and normal agree with the values cited. Where two values of one
//! test are cited their direction decides, and for the tests of `trend/analytes.rs` also which way is better;
//! else the word, or one of the same direction, must stand in the clause of the evidence that it is about.

mod analytes;
mod series;

use super::content::Content;
use super::{Claim, Context, Verdict, clauses};
use crate::facts::Fact;
use crate::text::AnyOf;
use analytes::Better;
use series::{Move, Series};

const WRONG: Verdict = Verdict::Drop("trend-not-in-evidence");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trend {
    Better,
    Worse,
    Up,
    Down,
    Flat,
    Normal,
}

/// Words of the claim, longest first; what is not here claims no trend.
const WORDS: &[(&str, Trend)] = &[
    ("正常化", Trend::Normal),
    ("正常", Trend::Normal),
    ("改善", Trend::Better),
    ("軽快", Trend::Better),
    ("軽減", Trend::Better),
    ("好転", Trend::Better),
    ("回復", Trend::Better),
    ("増悪", Trend::Worse),
    ("増強", Trend::Worse),
    ("悪化", Trend::Worse),
    ("上昇", Trend::Up),
    ("増加", Trend::Up),
    ("増大", Trend::Up),
    ("低下", Trend::Down),
    ("減少", Trend::Down),
    ("下降", Trend::Down),
    ("縮小", Trend::Down),
    ("横ばい", Trend::Flat),
    ("著変な", Trend::Flat),
    ("不変", Trend::Flat),
];

/// Words in which nothing moves.
const NO_TREND: &[&str] = &[
    "低下症", "減少症", "増加症", "増多症", "正常圧", "正常分娩", "正常妊娠", "栄養改善", "生活改善", "改善目的",
    "回復期", "改善点", "環境改善", "改善策", "生活習慣の改善", "回復室",
];

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let mut text = clauses::without_placeholders(&claim.text);
    static NOTHING_MOVES: AnyOf = AnyOf::new(&[NO_TREND]);
    if NOTHING_MOVES.is_in(&text) {
        for word in NO_TREND {
            text = text.replace(word, "");
        }
    }
    // 「左房は拡大」 is a finding; only where the evidence says 縮小 has something turned.
    let says = |word: &str| claim.cited.iter().any(|f| clauses::body(f).contains(word));
    if text.contains("拡大") && says("縮小") && !says("拡大") {
        return WRONG;
    }
    if !WORDS.iter().any(|(w, _)| text.contains(w)) {
        return Verdict::Keep;
    }
    // An earlier document shows how it went then, not how it goes now.
    let then = ["前回", "以前", "当時", "既往", "過去", "年", "前医"].iter().any(|w| text.contains(w));
    let cited: Vec<&Fact> = claim.cited.iter().copied().filter(|f| then || !f.is_earlier()).collect();
    let series = series::of(&cited);
    let known: Vec<String> = cited.iter().flat_map(|f| clauses::of(&clauses::body(f))).collect();
    for clause in clauses::of(&text) {
        for trend in trends(&clause) {
            if !by_values(&text, &clause, trend, &series).unwrap_or_else(|| by_words(&clause, trend, &known)) {
                return WRONG;
            }
        }
    }
    Verdict::Keep
}

fn trends(clause: &str) -> Vec<Trend> {
    let mut rest = clause.to_owned();
    let mut out = Vec::new();
    for (word, trend) in WORDS {
        // 「改善なし」 and 「低下は認めず」 deny it; the negation is another check's, the direction stays.
        if rest.contains(word) {
            rest = rest.replace(word, "");
            if !out.contains(trend) {
                out.push(*trend);
            }
        }
    }
    out
}

/// `None` where the values cited say nothing of it.
fn by_values(text: &str, clause: &str, trend: Trend, all: &[Series]) -> Option<bool> {
    let mut named: Vec<&Series> = all.iter().filter(|s| analytes::is_about(clause, &s.name)).collect();
    // 「15.1まで上昇した後、1.2に低下した」: the subject stands in the clause before.
    // 「6月24日には」 is a time, no subject.
    let bare = clause.replace("には", "").replace("では", "");
    if named.is_empty() && !bare.contains(['は', 'が', 'も']) {
        named = all.iter().filter(|s| analytes::is_about(text, &s.name)).collect();
    }
    if named.is_empty() {
        return None;
    }
    let denied = ["なし", "なく", "せず", "しない", "しなかった", "認めな", "乏し", "みられな"]
        .iter()
        .any(|n| clause.contains(n));
    if denied {
        return None;
    }
    let mut decided = None;
    for series in named {
        let verdict = match series.moves(text, clause) {
            Move::Single => single(clause, trend, series),
            Move::Of(moves) => Some(moves.iter().any(|m| agrees(clause, trend, *m, series))),
        };
        match verdict {
            Some(true) => return Some(true),
            Some(false) => decided = Some(false),
            None => {}
        }
    }
    decided
}

/// Two values, and the relative change between them.
fn agrees(clause: &str, trend: Trend, (from, to): (f64, f64), series: &Series) -> bool {
    let change = if from.abs() > f64::EPSILON { (to - from) / from.abs() } else { to - from };
    let better = analytes::better(clause, &series.name);
    match trend {
        Trend::Up => {
            to > from && !analytes::is_inverse(clause, &series.name)
                || (to < from && analytes::is_inverse(clause, &series.name))
        }
        Trend::Down => {
            to < from && !analytes::is_inverse(clause, &series.name)
                || (to > from && analytes::is_inverse(clause, &series.name))
        }
        Trend::Flat => change.abs() <= 0.25,
        Trend::Better => match better {
            Better::Down => to < from,
            Better::Up => to > from,
            Better::Unknown => (to - from).abs() > f64::EPSILON,
        },
        Trend::Worse => match better {
            Better::Down => to > from,
            Better::Up => to < from,
            Better::Unknown => (to - from).abs() > f64::EPSILON,
        },
        Trend::Normal => {
            !series.abnormal_at_last
                && match better {
                    Better::Down => to <= from,
                    Better::Up => to >= from,
                    Better::Unknown => true,
                }
        }
    }
}

/// 「CRPは12.4と上昇」 of one value: above or below what is usual, where that is known.
fn single(_: &str, trend: Trend, series: &Series) -> Option<bool> {
    let value = *series.values.first()?;
    let (low, high) = analytes::usual(&series.name)?;
    match trend {
        Trend::Up => (value > high).then_some(true),
        Trend::Down => (value < low).then_some(true),
        Trend::Normal => Some(!series.abnormal_at_last && value >= low && value <= high),
        _ => None,
    }
}

const BETTER: &[&str] = &[
    "改善", "軽快", "軽減", "消失", "消退", "回復", "良好", "解熱", "縮小", "落ち着", "安定", "緩和", "減弱", "治癒",
    "寛解", "解消", "陰性化", "正常", "楽に", "治ま", "よくな", "良くな", "奏効", "有効", "離脱", "好転", "減少",
    "低下", "下が", "減っ",
];
const WORSE: &[&str] = &[
    "増悪", "悪化", "進行", "増強", "増大", "拡大", "再燃", "再発", "悪く", "重症化", "急変", "増加", "上昇", "低下",
    "強く", "遷延", "不良",
];
const UP: &[&str] = &[
    "上昇", "増加", "増大", "増え", "上が", "高値", "高く", "亢進", "増多", "増強", "拡大", "増", "↑", "高い", "上回",
];
const DOWN: &[&str] = &[
    "低下", "減少", "下降", "下が", "減っ", "低値", "低く", "縮小", "減", "落ち", "不良", "不振", "障害", "困難", "弱",
    "↓", "減退", "衰え", "下回", "軽減", "低い", "鈍",
];
const FLAT: &[&str] =
    &["横ばい", "不変", "著変な", "変化な", "変わらな", "変わりな", "同程度", "維持", "安定", "同様", "変動な"];
const NORMAL: &[&str] = &[
    "正常", "基準値内", "基準範囲", "基準内", "陰性化", "異常なし", "異常な", "問題な", "normal", "wnl", "正常範囲",
    "np",
];

fn words_of(trend: Trend) -> &'static [&'static str] {
    match trend {
        Trend::Better => BETTER,
        Trend::Worse => WORSE,
        Trend::Up => UP,
        Trend::Down => DOWN,
        Trend::Flat => FLAT,
        Trend::Normal => NORMAL,
    }
}

/// The same direction in what is cited; where the clause that says most of the claim names only the
/// opposite, another clause does not help.
fn by_words(clause: &str, trend: Trend, known: &[String]) -> bool {
    let said = Content::words(clause);
    let wanted = words_of(trend);
    let shared: Vec<(f32, &String)> = known.iter().map(|k| (said.shared(&Content::known(k)), k)).collect();
    let best = |test: &dyn Fn(&str) -> bool| {
        shared
            .iter()
            .filter(|(_, k)| test(k))
            .map(|(s, _)| *s)
            .fold(None, |m: Option<f32>, s| Some(m.map_or(s, |m| m.max(s))))
    };
    let says = |k: &str| wanted.iter().any(|w| k.to_lowercase().contains(w));
    let against = |k: &str| !says(k) && opposites(trend).iter().any(|w| k.contains(w));
    match (best(&says), best(&against)) {
        (Some(same), Some(other)) => same >= other,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

fn opposites(trend: Trend) -> &'static [&'static str] {
    match trend {
        Trend::Better => &["増悪", "悪化", "再燃", "進行"],
        Trend::Worse => &["改善", "軽快", "軽減", "消失", "消退", "回復", "正常", "横ばい"],
        Trend::Up => &["低下", "減少", "下降", "下が"],
        Trend::Down => &["上昇", "増加", "上が", "増大"],
        Trend::Flat => &["改善", "増悪", "悪化", "上昇", "低下", "増加", "減少"],
        Trend::Normal => &["増悪", "悪化", "異常を", "異常値", "高値", "低値"],
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn values_decide_where_they_are_cited() {
        let facts = facts(&[
            "[F1] result | 2026-07-01 | CRP | 12.3 mg/dL",
            "[F2] result | 2026-07-09 | CRP | 0.8 mg/dL",
            "[F3] result | 2026-07-01 | アルブミン | 3.4 g/dL",
            "[F4] result | 2026-07-09 | アルブミン | 2.8 g/dL",
            "[D1] derived | - | CRPの推移 12.4（7月1日）→15.1（7月3日）→1.2（7月9日）",
            "[D2] derived | - | 体重の変化 1.2kg減少",
        ]);
        for (text, cites, keep) in [
            ("CRPは低下した。", &["F1", "F2"][..], true),
            ("CRPは上昇した。", &["F1", "F2"], false),
            ("炎症反応は改善した。", &["F1", "F2"], true),
            ("炎症反応は増悪した。", &["F1", "F2"], false),
            ("アルブミンは低下した。", &["F3", "F4"], true),
            ("アルブミンは改善した。", &["F3", "F4"], false),
            ("CRPは横ばいであった。", &["F1", "F2"], false),
            ("CRPは上昇した。", &["D1"], false),
            ("CRPは7月3日に15.1まで上昇した。", &["D1"], true),
            ("CRPは低下した。", &["D1"], true),
            ("CRPは正常化した。", &["D1"], true),
            ("体重は1.2 kg減少した。", &["D2"], true),
            ("体重は1.2 kg増加した。", &["D2"], false),
        ] {
            let expected = if keep { Verdict::Keep } else { Verdict::Drop("trend-not-in-evidence") };
            assert_eq!(ask(check, &facts, text, cites), expected, "{text}");
        }
    }

    #[test]
    fn how_it_went_in_an_earlier_document_shows_nothing_of_now() {
        let mut facts = facts(&["[N1.1] note | 2024-03-10 | 過去の文書 | 咳嗽は軽快した。"]);
        assert_eq!(ask(check, &facts, "咳嗽は改善した。", &["N1.1"]), Verdict::Keep);
        let title = crate::facts::EARLIER.to_owned();
        facts.list[0].detail = crate::facts::Detail::Note { title, code: None };
        assert_eq!(ask(check, &facts, "咳嗽は改善した。", &["N1.1"]), Verdict::Drop("trend-not-in-evidence"));
        assert_eq!(ask(check, &facts, "前回入院時、咳嗽は改善した。", &["N1.1"]), Verdict::Keep);
    }

    #[test]
    fn without_values_the_cited_words_decide() {
        let facts = facts(&[
            "[N1.1] note | 2026-07-05 | 経過記録 | 咳嗽は軽快したが、下腿浮腫は増悪した。",
            "[N1.2] note | 2026-07-05 | 経過記録 | 嚥下障害を認める。",
            "[N1.3] note | 2026-07-05 | 経過記録 | 浸潤影は縮小。",
            "[N1.4] note | 2026-07-05 | 経過記録 | 左房径44mm。",
        ]);
        for (text, cite, keep) in [
            ("浸潤影は拡大。", "N1.3", false),
            ("左房は拡大していた。", "N1.4", true),
            ("咳嗽は改善した。", "N1.1", true),
            ("下腿浮腫は改善した。", "N1.1", false),
            ("下腿浮腫は悪化した。", "N1.1", true),
            ("嚥下機能の低下を認めた。", "N1.2", true),
            ("嚥下機能は改善した。", "N1.2", false),
        ] {
            let expected = if keep { Verdict::Keep } else { Verdict::Drop("trend-not-in-evidence") };
            assert_eq!(ask(check, &facts, text, &[cite]), expected, "{text}");
        }
    }
}
