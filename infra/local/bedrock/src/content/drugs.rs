//! Faults of medication: which drug, how much, whether at all.

use regex_lite::Regex;

use super::Given;
use super::edit::{add, rewrite, swap};
use crate::draft::Draft;
use crate::prompt::Fact;

/// Drugs that a model might invent.
const INVENTED: &[&str] =
    &["ワルファリン", "アミオダロン", "ジゴキシン", "メトトレキサート", "リチウム", "フェニトイン"];

/// Pairs that were mixed up in practice, or look alike.
const LOOKALIKES: &[(&str, &str)] = &[
    ("アマリール", "アルマール"),
    ("アルマール", "アマリール"),
    ("ノルバスク", "ノルバデックス"),
    ("セフトリアキソン", "セフタジジム"),
    ("セファゾリン", "セファロチン"),
    ("アンピシリン", "アモキシシリン"),
    ("アモキシシリン", "アンピシリン"),
    ("タキソール", "タキソテール"),
    ("アロプリノール", "アロチノロール"),
    ("メトホルミン", "メトプロロール"),
    ("ビソプロロール", "メトプロロール"),
    ("カルベジロール", "カルバマゼピン"),
    ("アムロジピン", "アゼルニジピン"),
    ("ニフェジピン", "ニカルジピン"),
    ("ランソプラゾール", "ラベプラゾール"),
    ("エソメプラゾール", "オメプラゾール"),
    ("ロサルタン", "バルサルタン"),
    ("カンデサルタン", "テルミサルタン"),
    ("アトルバスタチン", "ピタバスタチン"),
    ("ロスバスタチン", "プラバスタチン"),
    ("スピロノラクトン", "スルピリド"),
    ("フロセミド", "アゾセミド"),
    ("アピキサバン", "エドキサバン"),
    ("エドキサバン", "アピキサバン"),
    ("リバーロキサバン", "ダビガトラン"),
    ("ワルファリン", "ワソラン"),
    ("シタグリプチン", "リナグリプチン"),
    ("リナグリプチン", "シタグリプチン"),
    ("ヒューマログ", "ヒューマリン"),
    ("サクシゾン", "サクシン"),
    ("ウテメリン", "メテナリン"),
    ("プレドニゾロン", "メチルプレドニゾロン"),
    ("ミヤＢＭ", "ラックビー"),
    ("ミヤBM", "ラックビー"),
];

/// Katakana that are taken for each other.
const LETTERS: &[(&str, &str)] = &[
    ("シ", "ツ"),
    ("ツ", "シ"),
    ("ソ", "ン"),
    ("ン", "ソ"),
    ("ク", "タ"),
    ("タ", "ク"),
    ("ラ", "フ"),
    ("フ", "ラ"),
    ("ロ", "コ"),
    ("コ", "ロ"),
    ("ル", "レ"),
    ("レ", "ル"),
    ("ア", "マ"),
    ("マ", "ア"),
    ("チ", "テ"),
    ("テ", "チ"),
    ("ミ", "ニ"),
    ("ス", "ヌ"),
];

/// Words by which a sentence is about medication.
const ABOUT_DRUGS: &[&str] = &["薬", "内服", "投与", "錠", "カプセル", "点滴", "注射", "インスリン"];

/// A drug that no fact knows was given.
pub(super) fn invented_drug(draft: &mut Draft, given: Given<'_>) {
    let drug = given.first_unknown(INVENTED);
    add(draft, given, &format!("{drug}の投与を開始した。"));
}

/// A drug became another with a similar name.
pub(super) fn lookalike_drug(draft: &mut Draft, given: Given<'_>) {
    rewrite(draft, given, "アルマール錠を継続した。", |text, facts| {
        let renamed = facts.iter().filter(|fact| fact.kind == "medication").find_map(|fact| {
            let name = base_name(fact);
            let other = swap(name, LETTERS, &[])?;
            text.contains(name).then(|| text.replace(name, &other))
        });
        swap(text, LOOKALIKES, &[]).or(renamed)
    });
}

/// The strength of a tablet stands as the dose.
pub(super) fn strength_for_dose(draft: &mut Draft, given: Given<'_>) {
    let strength = Regex::new(r"\d+(?:\.\d+)?\s*(?:mg|㎎|μg|µg|mL|g|単位)").expect("a constant pattern");
    let dose = Regex::new(r"1回\s*\d+(?:\.\d+)?\s*(?:錠|カプセル|包|個|Ｃ)").expect("a constant pattern");
    rewrite(draft, given, "内服薬は1回5 mgで投与した。", |text, _| {
        let dose = dose.find(text)?;
        let strength = strength.find(&text[..dose.start()])?;
        let (before, after) = (&text[..dose.start()], &text[dose.end()..]);
        Some(format!("{before}1回{}{after}", strength.as_str()))
    });
}

/// The dose before a change stands as the dose after it.
pub(super) fn dose_not_updated(draft: &mut Draft, given: Given<'_>) {
    let change = Regex::new(r"(\d+(?:\.\d+)?\s*[^\s\d、。から]{1,6})から\s*\d[^、。]*?(?:へ|に)(?:増量|減量|変更)")
        .expect("a constant pattern");
    rewrite(draft, given, "内服薬は入院時と同じ用量で継続した。", |text, facts| {
        if let Some(found) = change.captures(text) {
            let whole = found.get(0)?;
            let (before, after) = (&text[..whole.start()], &text[whole.end()..]);
            return Some(format!("{before}{}で継続{after}", &found[1]));
        }
        let now = facts.iter().find(|fact| fact.kind == "medication")?;
        let earlier = given.facts.iter().find(|fact| is_earlier_dose(fact, now))?;
        let text = text.replace(now.field(2), earlier.field(2));
        Some(text.replace(now.field(3), earlier.field(3)))
    });
}

/// A drug that was stopped or held is said to go on.
pub(super) fn held_drug_continued(draft: &mut Draft, given: Given<'_>) {
    let table = [("休薬", "継続"), ("中止", "継続"), ("保留", "継続"), ("休止", "継続")];
    rewrite(draft, given, "持参薬はすべて継続した。", |text, facts| {
        let about_drugs =
            ABOUT_DRUGS.iter().any(|word| text.contains(word)) || facts.iter().any(|fact| fact.kind == "medication");
        swap(text, &table, &[]).filter(|_| about_drugs)
    });
}

/// A medication's name up to its strength: `date | category | name | dosage`.
fn base_name(fact: &Fact) -> &str {
    let name = fact.field(2);
    let end = name.find(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c));
    name[..end.unwrap_or(name.len())].trim()
}

fn is_earlier_dose(fact: &Fact, now: &Fact) -> bool {
    let same_drug = fact.kind == "medication" && !base_name(now).is_empty() && base_name(fact) == base_name(now);
    let changed = (fact.field(2), fact.field(3)) != (now.field(2), now.field(3));
    let stated = !fact.field(3).is_empty() && !now.field(3).is_empty();
    same_drug && changed && stated && fact.field(0) <= now.field(0)
}
