//! Reconciliation case by case: what was taken before, what is taken home, what the notes say.

use super::{Change, words};
use crate::facts::testing::{build, drug, marked, note, stay};
use crate::facts::{Detail, Fact, Facts, Kind, Source};
use serde_json::{Value, json};

fn reconciled(resources: &[Value]) -> Facts {
    let mut all = vec![stay()];
    all.extend_from_slice(resources);
    build(&all)
}

fn changes(facts: &Facts) -> Vec<(&Fact, Change)> {
    let of = |f: &Fact| if let Detail::Change(c) = f.detail { Some(c) } else { None };
    facts.of(Kind::Derived).filter_map(|f| Some((f, of(f)?))).collect()
}

fn only(resources: &[Value]) -> (String, Change) {
    let facts = reconciled(resources);
    let found = changes(&facts);
    assert_eq!(found.len(), 1, "{:?}", found.iter().map(|(f, _)| f.text()).collect::<Vec<_>>());
    (found[0].0.text(), found[0].1)
}

#[test]
fn changes_are_named_by_dose_and_not_by_supply() {
    for (old, new, change) in [
        (
            ("Ａ錠５ｍｇ", "1日1回 朝食後 1回1錠 3週分"),
            ("A錠5mg", "１日１回 朝食後 １回１錠 14日分"),
            Change::Continued,
        ),
        (
            ("フロセミド錠40mg", "1日1回 朝食後 1回1錠"),
            ("フロセミド錠20mg", "1日1回 朝食後 1回1錠 14日分"),
            Change::Reduced,
        ),
        (("フロセミド錠40mg", "1日1回 朝食後 1回1錠"), ("フロセミド錠20mg", "1日1回 朝食後 1回2錠"), Change::Continued),
        (
            ("フロセミド錠20mg", "1日1回 朝食後 1回半錠"),
            ("フロセミド錠20mg", "1日1回 朝食後 1回1錠"),
            Change::Increased,
        ),
        (("B錠5mg", "1日1回 1回1錠"), ("B錠5mg", "1日2回 1回1錠"), Change::Increased),
        (("C散", "適宜"), ("C散", "1日3回"), Change::Changed),
        (("D錠10mg", "1日1回 朝食後 1回1錠"), ("D錠10mg", "1日1回 夕食後 1回1錠"), Change::Changed),
        // Uneven, by sum
        (
            ("プレドニゾロン錠5mg", "1日3回 毎食後 4錠－2錠－1錠"),
            ("プレドニゾロン錠5mg", "1日2回 朝昼食後 4錠－2錠"),
            Change::Reduced,
        ),
        (("ノボラピッド注", "毎食直前 6-4-4単位"), ("ノボラピッド注", "毎食直前 8-6-6単位"), Change::Increased),
        // Weekly
        (
            ("アレンドロン酸錠35mg", "週1回 起床時 1回1錠"),
            ("アレンドロン酸錠35mg", "週1回 起床時 1回1錠 4日分"),
            Change::Continued,
        ),
        // Brand and generic, OD and plain
        (
            ("ノルバスク錠5mg", "1日1回 朝食後 1回1錠"),
            ("アムロジピンOD錠5mg「トーワ」", "1日1回 朝食後 1回1錠"),
            Change::Continued,
        ),
        (("ラシックス錠40mg", "1日1回 朝食後 1回1錠"), ("フロセミド錠20mg", "1日1回 朝食後 1回1錠"), Change::Reduced),
        (
            ("レボチロキシン錠50μg", "1日1回 朝食前 1回1錠"),
            ("チラーヂンS錠0.05mg", "1日1回 朝食前 1回1錠"),
            Change::Continued,
        ),
        // Route
        (("フロセミド錠20mg", "1日1回 1回1錠"), ("フロセミド注20mg", "1日1回 静注"), Change::Rerouted),
        (
            ("フェンタニルクエン酸塩テープ1mg", "1日1回 1回1枚 貼付"),
            ("フェントステープ2mg", "1日1回 1回1枚 貼付"),
            Change::Increased,
        ),
        // As needed beside regular
        (
            ("ロキソプロフェン錠60mg", "1日3回 毎食後 1回1錠"),
            ("ロキソプロフェン錠60mg", "疼痛時 1回1錠"),
            Change::Changed,
        ),
    ] {
        let (text, found) = only(&[drug("BDP", old.0, old.1), drug("DCG", new.0, new.1)]);
        assert_eq!(found, change, "{} {} -> {} {}: {text}", old.0, old.1, new.0, new.1);
    }
}

#[test]
fn two_strengths_of_one_ingredient_are_compared_together() {
    let half = |category| drug(category, "ワーファリン錠0.5mg", "1日1回 夕食後 1回1錠");
    let facts = reconciled(&[
        drug("BDP", "ワーファリン錠1mg", "1日1回 夕食後 1回2錠"),
        drug("DCG", "ワーファリン錠1mg", "1日1回 夕食後 1回2錠"),
        half("DCG"),
    ]);
    assert!(changes(&facts).iter().all(|(_, c)| *c == Change::Increased));
    let facts = reconciled(&[
        drug("BDP", "ワーファリン錠1mg", "1日1回 夕食後 1回2錠"),
        half("BDP"),
        half("DCG"),
        drug("DCG", "ワーファリン錠1mg", "1日1回 夕食後 1回2錠"),
    ]);
    assert_eq!(changes(&facts).iter().map(|(_, c)| *c).collect::<Vec<_>>(), [Change::Continued; 2]);
}

#[test]
fn a_combination_takes_the_place_of_its_parts() {
    let facts = reconciled(&[
        drug("BDP", "アムロジピン錠5mg", "1日1回 朝食後 1回1錠"),
        drug("BDP", "ミカルディス錠40mg", "1日1回 朝食後 1回1錠"),
        drug("DCG", "ミカムロ配合錠AP", "1日1回 朝食後 1回1錠"),
    ]);
    let found = changes(&facts);
    assert_eq!((found.len(), found[0].1), (1, Change::Changed), "neither part is told as stopped");
    assert!(matches!(&found[0].0.source, Source::Derived { from } if from.len() == 3));
}

#[test]
fn reasons_come_from_the_sentence_that_names_the_drug() {
    let facts = reconciled(&[
        drug("BDP", "フロセミド錠40mg", "1日1回 朝食後 1回1錠"),
        drug("BDP", "ワーファリン錠1mg", "1日1回 夕食後 1回2錠"),
        drug("BDP", "アムロジピン錠5mg", "1日1回 朝食後 1回1錠"),
        drug("BDP", "マグミット錠330mg", "1日3回 毎食後 1回1錠"),
        drug("DCG", "フロセミド錠20mg", "1日1回 朝食後 1回1錠"),
        drug("DCG", "エドキサバン錠30mg", "1日1回 朝食後 1回1錠"),
        note(
            "2026-07-08",
            "経過記録 医師",
            "脱水のためラシックスを半量に減量した。ワルファリンは出血のため休薬とした。アムロジピンは中止せず様子をみる。",
        ),
    ]);
    let texts: Vec<String> = changes(&facts).iter().map(|(f, _)| f.text()).collect();
    assert_eq!(
        texts,
        [
            "フロセミド錠20mg 減量 以前はフロセミド錠40mg 理由:脱水のためラシックスを半量に減量した。",
            "エドキサバン錠30mg 新規 理由:要確認",
            "ワーファリン錠1mg 休薬 理由:ワルファリンは出血のため休薬とした。",
            "アムロジピン錠5mg 退院時処方なし 理由:要確認",
            "マグミット錠330mg 退院時処方なし 理由:要確認",
        ]
    );
}

#[test]
fn a_cause_in_the_orders_own_note_stands_before_a_sentence_without_one() {
    let mut held = drug("BDP", "オルメサルタン錠20mg", "1日1回 朝食後 1回1錠");
    held["note"] = json!([{ "text": "2026年7月3日より休薬。血圧低下のため。" }]);
    let mut stopped = drug("BDP", "ゾルピデム錠5mg", "1日1回 就寝前 1回1錠");
    stopped["note"] = json!([{ "text": "2026年7月8日中止。" }]);
    let facts = reconciled(&[
        held,
        stopped,
        drug("DCG", "アムロジピン錠5mg", "1日1回 朝食後 1回1錠"),
        note("2026-07-08", "経過記録 医師", "オルメサルタンは休薬を継続する。ゾルピデムは転倒のため中止した。"),
    ]);
    let texts: Vec<String> = changes(&facts).iter().map(|(f, _)| f.text()).collect();
    assert!(
        texts.contains(&"オルメサルタン錠20mg 休薬 理由:2026年7月3日より休薬。血圧低下のため。".to_owned()),
        "{texts:?}"
    );
    assert!(texts.contains(&"ゾルピデム錠5mg 中止 理由:ゾルピデムは転倒のため中止した。".to_owned()), "{texts:?}");
}

#[test]
fn a_word_of_change_belongs_to_the_drug_before_it() {
    let facts = reconciled(&[
        drug("BDP", "アスピリン錠100mg", "1日1回 朝食後 1回1錠"),
        drug("BDP", "クロピドグレル錠75mg", "1日1回 朝食後 1回1錠"),
        drug("BDP", "ファモチジン錠20mg", "1日1回 朝食後 1回1錠"),
        drug("DCG", "ファモチジン錠20mg", "1日1回 朝食後 1回1錠"),
        note("2026-07-08", "経過記録 医師", "アスピリン、クロピドグレルは血便のため中止、ファモチジンは継続。"),
    ]);
    let found: Vec<Change> = changes(&facts).into_iter().map(|(_, c)| c).collect();
    assert_eq!(found, [Change::Continued, Change::Stopped, Change::Stopped]);
}

#[test]
fn nothing_is_compared_with_an_order_that_is_held_back() {
    let facts = reconciled(&[
        marked(drug("BDP", "ラミブジン錠300mg", "1日1回 1回1錠"), "tag", "UNDELIVERED"),
        drug("BDP", "アムロジピン錠5mg", "1日1回 朝食後 1回1錠"),
        drug("DCG", "ラミブジン錠300mg", "1日1回 1回1錠"),
        drug("DCG", "アムロジピン錠5mg", "1日1回 朝食後 1回1錠"),
    ]);
    let found = changes(&facts);
    assert_eq!(found.len(), 1, "a held-back order must not make its drug look new");
    assert!(facts.of(Kind::Medication).any(|f| f.name.starts_with("ラミブジン")), "the unmarked order stays");
}

#[test]
fn supply_is_no_part_of_the_usage() {
    assert_eq!(words("１日１回 朝食後 １回１錠 14日分"), words("1日1回 朝食後 1回1錠 3週分"));
    assert_ne!(words("1日1回 1回1錠"), words("1日1回 1回2錠"));
}
