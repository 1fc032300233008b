//! Stopped, held, resumed, going on: what became of a treatment stays what the evidence says of it.

use super::{Known, Mode, holds};
use crate::grounding::content::Content;
use crate::grounding::lexicon;

pub(super) const STOPPED: &[&str] =
    &["中止", "終了", "打ち切", "off", "オフ", "離脱", "抜去", "止め", "やめ", "休止", "中断", "完遂", "完了"];
const HELD: &[&str] = &["休薬", "休止", "一時中止", "一時中断", "中断", "保留", "一旦中止", "スキップ", "控え"];
const RESUMED: &[&str] = &["再開", "再投与", "再導入", "再び", "再度", "戻", "復帰", "再始"];
const GOES_ON: &[&str] =
    &["継続", "続行", "続け", "続い", "維持", "引き続", "持続", "変更なし", "同量", "そのまま", "再開", "なお"];

/// Stopped, held, resumed, going on: the words of the claim's clause stand in what it cites.
pub(super) fn standing_is_supported(clause: &str, mode: Mode, said: &Content, known: &[Known], evidence: &str) -> bool {
    let lower = evidence.to_lowercase();
    let done = ["済", "施行", "実施", "行っ", "行い", "行わ", "完了", "終了", "受け", "した"];
    if clause.contains("済み") && !holds(&lower, &done) {
        return false;
    }
    let has = |words: &[&str]| holds(&lower, words);
    if clause.contains("再開") && !has(RESUMED) {
        return false;
    }
    let held = holds(clause, &["休薬", "保留"]) || clause.contains("一時中止");
    if held && still(clause) && resumed(clause, known) {
        return false;
    }
    if held && !has(HELD) && !(has(&["中止"]) && has(&["再開", "術前", "検査前", "一時", "まで"])) {
        return false;
    }
    let until = has(&["まで", "間投与", "投与日数", "日間"]) || lower.matches("から2").count() > 0;
    if (clause.contains("終了") || clause.contains("打ち切")) && !has(STOPPED) && !until {
        return false;
    }
    if clause.contains("中止") && !held {
        let stopped = lower.contains("中止")
            || has(&["終了", "off", "オフ", "離脱", "抜去", "止め", "やめ", "打ち切", "中断", "まで"]);
        if !stopped {
            return false;
        }
    }
    // Held or stopped in the record, going on in the claim.
    let goes_on = holds(clause, &["継続", "続行", "続け", "維持", "引き続"]) && mode != Mode::NotDone;
    if goes_on && !holds(clause, &["中止", "休薬", "保留"]) {
        let share = |wanted: &dyn Fn(&Known) -> bool| {
            known.iter().filter(|k| wanted(k)).map(|k| said.shared(&k.content)).fold(0.0_f32, f32::max)
        };
        let ended = |k: &Known| {
            holds(&k.text, &["休薬", "中止", "保留", "休止", "中断", "終了", "退院時処方なし"])
                && !holds(&k.text, GOES_ON)
        };
        let against = share(&ended);
        if against >= 0.3 && share(&|k: &Known| !ended(k)) < against {
            return false;
        }
    }
    true
}

/// Held on, not held once.
fn still(clause: &str) -> bool {
    let tail = clause.trim_end();
    holds(tail, &["ている", "ています", "のまま", "中である", "中です", "する"]) || tail.ends_with(['中', '薬'])
}

/// The evidence says of the same drug that it was taken up again.
fn resumed(clause: &str, known: &[Known]) -> bool {
    let again = known.iter().filter(|k| k.text.contains("再開") && matches!(k.mode, Mode::Done | Mode::Open));
    !clause.contains("再開") && again.into_iter().any(|k| lexicon::share_a_drug(clause, &k.text) == Some(true))
}
