//! Which way is better for a test, what a topic is measured by, and what is usual. Coarse on purpose: these
//! figures decide only whether 「上昇」 of a single value is plausible, and are never printed.

use crate::grounding::content::same_meaning;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    Up,
    Down,
    Unknown,
}

struct Analyte {
    names: &'static [&'static str],
    better: Better,
    /// Usual range in the unit that Japanese laboratories print; `None` where units differ too much.
    usual: Option<(f64, f64)>,
    /// What notes call it by what it shows.
    topics: &'static [&'static str],
}

const fn a(
    names: &'static [&'static str],
    better: Better,
    usual: Option<(f64, f64)>,
    topics: &'static [&'static str],
) -> Analyte {
    Analyte { names, better, usual, topics }
}

const INFLAMMATION: &[&str] = &["炎症", "感染"];
const LIVER: &[&str] = &["肝機能", "肝酵素", "肝障害", "肝胆道系", "トランスアミナーゼ"];
const HEART: &[&str] = &["心不全", "うっ血", "心機能"];
const KIDNEY: &[&str] = &["腎機能", "腎障害", "腎不全"];
const LUNG: &[&str] = &["呼吸状態", "酸素化", "呼吸不全", "低酸素"];

const ANALYTES: &[Analyte] = &[
    a(&["crp", "c反応性蛋白"], Better::Down, Some((0.0, 0.3)), INFLAMMATION),
    a(&["白血球", "wbc"], Better::Down, None, INFLAMMATION),
    a(&["プロカルシトニン", "pct"], Better::Down, Some((0.0, 0.5)), INFLAMMATION),
    a(&["赤沈", "赤血球沈降速度", "esr"], Better::Down, Some((0.0, 20.0)), INFLAMMATION),
    a(&["体温"], Better::Down, Some((35.5, 37.2)), &["発熱", "解熱", "熱型"]),
    a(&["bnp"], Better::Down, Some((0.0, 40.0)), HEART),
    a(&["probnp"], Better::Down, Some((0.0, 125.0)), HEART),
    a(&["egfr", "糸球体", "クリアランス", "ccr"], Better::Up, Some((60.0, 500.0)), KIDNEY),
    a(&["クレアチニン", "cre"], Better::Down, Some((0.3, 1.1)), KIDNEY),
    a(&["尿素窒素", "bun"], Better::Down, Some((6.0, 22.0)), KIDNEY),
    a(&["ast", "got"], Better::Down, Some((8.0, 35.0)), LIVER),
    a(&["alt", "gpt"], Better::Down, Some((4.0, 40.0)), LIVER),
    a(&["γ-gt", "γgt"], Better::Down, Some((5.0, 80.0)), LIVER),
    a(&["alp"], Better::Down, None, LIVER),
    a(&["ビリルビン", "bil"], Better::Down, Some((0.2, 1.5)), &["黄疸"]),
    a(&["ldh", "ld"], Better::Down, Some((100.0, 250.0)), &[]),
    a(&["ck", "cpk"], Better::Down, Some((30.0, 250.0)), &[]),
    a(&["アミラーゼ", "リパーゼ"], Better::Down, None, &["膵酵素"]),
    a(&["尿酸"], Better::Down, Some((2.0, 7.0)), &[]),
    a(&["dダイマー", "d-dimer"], Better::Down, Some((0.0, 1.0)), &[]),
    a(&["フェリチン"], Better::Unknown, None, &[]),
    a(&["hba1c"], Better::Down, Some((4.6, 6.2)), &["血糖コントロール", "血糖管理"]),
    a(&["血糖", "グルコース"], Better::Down, Some((70.0, 140.0)), &["血糖コントロール"]),
    a(&["アンモニア", "nh3"], Better::Down, Some((0.0, 80.0)), &["肝性脳症"]),
    a(&["乳酸", "lac"], Better::Down, None, &[]),
    a(&["tsh"], Better::Down, Some((0.3, 5.0)), &["甲状腺機能"]),
    a(&["コレステロール", "ldl", "中性脂肪"], Better::Down, None, &[]),
    a(&["paco2", "pco2"], Better::Down, Some((35.0, 45.0)), &["換気"]),
    a(&["spo2", "酸素飽和度"], Better::Up, Some((95.0, 100.0)), LUNG),
    a(&["pao2", "po2", "p/f"], Better::Up, Some((75.0, 500.0)), LUNG),
    a(&["アルブミン", "alb"], Better::Up, Some((3.8, 5.3)), &["栄養"]),
    a(&["ヘモグロビン", "血色素", "hb"], Better::Up, Some((11.5, 17.0)), &["貧血"]),
    a(&["血小板", "plt"], Better::Up, None, &[]),
    a(&["駆出率", "ef", "lvef"], Better::Up, Some((50.0, 80.0)), &["心機能", "心収縮"]),
    a(&["fim", "barthel", "バーセル", "adl"], Better::Up, None, &["日常生活動作"]),
    a(&["mmse", "hds-r", "長谷川"], Better::Up, None, &["認知機能"]),
    a(&["握力", "mmt", "歩行速度", "6分間"], Better::Up, None, &["筋力", "運動耐容能"]),
    a(&["nrs", "vas", "疼痛スコア"], Better::Down, Some((0.0, 0.0)), &["疼痛", "痛み"]),
    a(&["nihss"], Better::Down, None, &["神経症状", "麻痺"]),
    a(&["カリウム", "k"], Better::Unknown, Some((3.5, 5.0)), &[]),
    a(&["ナトリウム", "na"], Better::Unknown, Some((136.0, 146.0)), &[]),
    a(&["カルシウム", "ca"], Better::Unknown, Some((8.5, 10.3)), &[]),
    a(&["血圧"], Better::Unknown, Some((95.0, 140.0)), &[]),
    a(&["脈拍", "心拍"], Better::Unknown, Some((50.0, 100.0)), &["頻脈"]),
    a(&["体重"], Better::Unknown, None, &[]),
];

/// Things that grow as the value falls: an anaemia, a low oxygen, a renal failure measured by eGFR.
const INVERSE: &[&str] = &["貧血", "低酸素", "腎障害", "腎不全", "心不全", "肝障害"];

fn find(name: &str) -> Option<&'static Analyte> {
    let lower = name.to_lowercase();
    let holds = |word: &str| {
        let found = lower.find(word);
        found.is_some_and(|at| crate::grounding::content::whole_word(&lower, at, at + word.len()))
    };
    // NT-proBNP is not BNP: the longest name decides.
    let best = |a: &'static Analyte| a.names.iter().filter(|n| holds(n)).map(|n| n.len()).max();
    ANALYTES.iter().filter_map(|a| best(a).map(|len| (len, a))).max_by_key(|(len, _)| *len).map(|(_, a)| a)
}

/// Whether a clause speaks of the test of this name, by name, synonym or what it shows.
pub fn is_about(clause: &str, name: &str) -> bool {
    let lower = clause.to_lowercase();
    let name = name.to_lowercase();
    if lower.contains(&name) || same_meaning(&lower, &name) {
        return true;
    }
    find(&name).is_some_and(|a| {
        a.topics.iter().any(|t| lower.contains(t))
            || a.names.iter().any(|n| {
                lower.match_indices(n).any(|(at, _)| crate::grounding::content::whole_word(&lower, at, at + n.len()))
            })
    })
}

pub fn better(_: &str, name: &str) -> Better {
    find(name).map_or(Better::Unknown, |a| a.better)
}

/// 「腎機能は低下」 of a creatinine that rises: the topic runs against the value.
pub fn is_inverse(clause: &str, name: &str) -> bool {
    let Some(analyte) = find(name) else { return false };
    let lower = clause.to_lowercase();
    let named = analyte.names.iter().any(|n| lower.contains(n)) || lower.contains(&name.to_lowercase());
    if named {
        return false;
    }
    let by_topic = analyte.topics.iter().any(|t| lower.contains(t));
    let function = ["機能", "酸素化", "呼吸状態", "栄養"].iter().any(|w| lower.contains(w));
    match analyte.better {
        // A function rises with a value that is better high, and falls with one that is better low.
        Better::Up => by_topic && INVERSE.iter().any(|w| lower.contains(w)),
        Better::Down => by_topic && function,
        Better::Unknown => false,
    }
}

pub fn usual(name: &str) -> Option<(f64, f64)> {
    find(name).and_then(|a| a.usual)
}

#[cfg(test)]
mod tests {
    use super::{Better, better, is_about, is_inverse};

    #[test]
    fn longest_name_decides_and_topics_run_their_own_way() {
        assert_eq!(better("", "NT-proBNP"), Better::Down);
        assert_eq!(better("", "eGFR"), Better::Up);
        assert!(is_about("腎機能は低下した", "クレアチニン") && is_inverse("腎機能は低下した", "クレアチニン"));
        assert!(is_about("白血球は減少", "WBC") && !is_inverse("CRPは低下", "CRP"));
        assert!(!is_about("浮腫は改善した", "カリウム"));
    }
}
