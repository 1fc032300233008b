//! Check 6, third part: a disease that no cited fact holds. A diagnosis that a model brought along, another
//! patient's, or one that this patient has not been told is in no fact that may be cited, so every term that ends
//! like a disease must stand in one. Shorter than the record is fine (肺炎 for 細菌性肺炎), more specific is not.

use super::content::same_meaning;
use super::{Claim, Context, Verdict, clauses};
use crate::text::{AnyOf, is_kanji};

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let text = plain(&clauses::without_placeholders(&claim.text));
    let germs = germs(&text);
    // 肺炎球菌 is a germ, not a pneumonia.
    let rest = germs.iter().fold(text.clone(), |t, g| t.replace(g, ""));
    let terms = terms(&rest);
    if terms.is_empty() && germs.is_empty() {
        return Verdict::Keep;
    }
    let evidence: String = claim.evidence.iter().map(|e| plain(e) + "。").collect();
    let known = terms.iter().all(|t| stands(t, &evidence)) && germs.iter().all(|g| germ_stands(g, &evidence));
    if known { Verdict::Keep } else { Verdict::Drop("disease-not-in-evidence") }
}

/// Under its own name, or under the one of the laboratory's report.
fn germ_stands(germ: &str, evidence: &str) -> bool {
    const LATIN: &[(&str, &str)] = &[
        ("大腸菌", "escherichiacoli"),
        ("大腸菌", "e.coli"),
        ("肺炎球菌", "streptococcuspneumoniae"),
        ("肺炎桿菌", "klebsiellapneumoniae"),
        ("緑膿菌", "pseudomonasaeruginosa"),
        ("黄色ブドウ球菌", "staphylococcusaureus"),
        ("黄色ブドウ球菌", "s.aureus"),
        ("インフルエンザ菌", "haemophilusinfluenzae"),
        ("腸球菌", "enterococcus"),
        ("結核菌", "mycobacteriumtuberculosis"),
        ("溶連菌", "溶血性レンサ球菌"),
    ];
    evidence.contains(germ) || LATIN.iter().any(|(name, latin)| germ.ends_with(name) && evidence.contains(latin))
}

/// Runs that name a germ (緑膿菌, 黄色ブドウ球菌), not what is done to germs or what germs there might be.
fn germs(text: &str) -> Vec<&str> {
    const NO_NAME: &[&str] = &[
        "抗菌", "抗酸菌", "殺菌", "滅菌", "除菌", "細菌", "起炎菌", "起因菌", "原因菌", "雑菌", "保菌", "検出菌",
        "真菌", "常在菌",
    ];
    let in_run = |c: char| is_kanji(c) || ('ァ'..='ヿ').contains(&c);
    let runs = text.split(|c| !in_run(c)).filter_map(|run| Some(&run[..run.rfind('菌')? + '菌'.len_utf8()]));
    runs.filter(|r| r.chars().count() >= 3 && !NO_NAME.iter().any(|n| r.ends_with(n))).collect()
}

/// One spelling for what is written in several ways.
fn plain(text: &str) -> String {
    let text: String = text.to_lowercase().split_whitespace().collect();
    [
        ("がん", "癌"),
        ("骨粗しょう", "骨粗鬆"),
        ("高血圧症", "高血圧"),
        ("ろう孔", "瘻孔"),
        ("じょく瘡", "褥瘡"),
        ("せん妄", "譫妄"),
    ]
    .iter()
    .fold(text, |t, (from, to)| t.replace(from, to))
}

/// Endings that make a disease wherever they stand in a run of kanji.
const STRONG: &[&str] = &[
    "癌", "肉腫", "腫瘍", "肺炎", "梗塞", "骨折", "結核", "不全", "白血病", "リンパ腫", "骨髄腫", "認知症", "糖尿病",
    "塞栓", "動脈瘤", "肝硬変", "肝炎", "腎炎", "脳炎", "髄膜炎", "譫妄", "高血圧", "てんかん", "喘息", "心筋症",
    "敗血症", "パーキンソン病", "リウマチ",
];

/// Endings that make a disease at the end of a run.
const WEAK: &[&str] = &[
    "炎", "症", "病", "出血", "狭窄", "閉塞", "麻痺", "感染", "潰瘍", "硬化", "解離", "穿孔", "血栓", "気胸", "肺気腫",
    "ヘルニア", "イレウス", "ポリープ", "症候群", "血症", "膿瘍", "腹膜炎", "転移", "褥瘡", "細動", "粗動", "ブロック",
    "脱臼", "断裂", "瘤",
];

/// What may follow a disease in the same run.
const TAILS: &[&str] = &[
    "後", "術後", "像", "部", "部位", "時", "例", "巣", "予防", "既往", "疑い", "疑", "所見", "兆候", "徴候", "治療",
    "発症", "再発", "合併", "増悪", "悪化", "改善", "軽快", "治癒", "診断", "加療", "精査", "リスク", "患者", "発作",
    "様", "歴", "手術", "退院", "入院", "死亡", "認",
];

/// Words with such an ending that name no disease.
const NO_DISEASE: &[&str] = &[
    "合併症", "炎症", "発症", "重症", "軽症", "中等症", "最重症", "後遺症", "感染症", "既往症", "適応症", "有症",
    "無症", "疾病", "発病", "持病", "看病", "闘病", "急病", "余病", "現病", "主病", "傷病", "難病", "万病", "止血",
    "抗炎症", "消炎", "臥病", "症", "病", "炎", "感染", "転移", "出血", "麻痺", "狭窄", "閉塞", "血栓", "潰瘍", "硬化",
    "断裂", "後出血", "再感染", "院内感染", "ブロック", "神経ブロック", "高血圧", "感染症状", "原疾患", "機能不全",
    "再発症", "基礎疾患", "不全", "腫瘍", "瘤", "塞栓", "術後感染", "創部感染", "創感染",
];

/// Bare findings are looked up as they are, but a near word will do.
const FINDINGS: &[(&str, &[&str])] = &[
    ("出血", &["血", "bleed"]),
    ("感染", &["感染", "炎", "菌", "培養", "膿", "発赤"]),
    ("麻痺", &["麻痺", "mmt", "動か", "筋力"]),
    ("転移", &["転移", "meta", "播種", "stage"]),
    ("血栓", &["血栓", "dvt", "塞栓"]),
    ("腫瘍", &["腫瘍", "癌", "腫瘤", "悪性", "腺腫"]),
    ("狭窄", &["狭窄", "狭小", "細"]),
    ("閉塞", &["閉塞", "塞", "イレウス"]),
    ("潰瘍", &["潰瘍"]),
    ("塞栓", &["塞栓"]),
];

/// Terms of a text that name a disease, each with what stands before it in the run.
fn terms(text: &str) -> Vec<String> {
    static ANY_STRONG: AnyOf = AnyOf::new(&[STRONG]);
    let in_run = |c: char| is_kanji(c) || matches!(c, 'ァ'..='ヺ' | 'ー') || c.is_ascii_alphanumeric();
    let marked = text.replace("てんかん", "癲癇");
    let mut out = Vec::new();
    for run in marked.split(|c: char| !in_run(c)).filter(|r| r.chars().count() >= 2 || *r == "癌") {
        let run = run.replace("癲癇", "てんかん");
        let mut found = None;
        for strong in if ANY_STRONG.is_in(&run) { STRONG } else { &[] } {
            if let Some(at) = run.rfind(strong) {
                let end = at + strong.len();
                if found.is_none_or(|f| end > f) {
                    found = Some(end);
                }
            }
        }
        let mut whole = run.as_str();
        while let Some(shorter) = TAILS.iter().find_map(|t| whole.strip_suffix(t)) {
            whole = shorter;
        }
        let weak = WEAK.iter().any(|w| whole.ends_with(w));
        let end = if weak { Some(whole.len()) } else { found };
        let Some(end) = end else { continue };
        let term = &run[..end];
        // 腫瘍マーカー, 糖尿病内科: a test, a department.
        if ["マーカー", "内科", "外科", "科", "病棟", "センター", "食", "手帳", "教室", "専門", "検診", "ケア", "薬"]
            .iter()
            .any(|o| run[end..].starts_with(o))
        {
            continue;
        }
        let named = term.trim_start_matches(|c: char| c.is_ascii_digit());
        let none =
            NO_DISEASE.contains(&named) || NO_DISEASE.iter().any(|n| n.chars().count() >= 3 && named.ends_with(n));
        if !none || FINDINGS.iter().any(|(f, _)| *f == named) {
            out.push(named.to_owned());
        }
    }
    out
}

/// Words before a term that make no other disease of it.
const FREE: &[&str] = &[
    "急性期", "急性", "軽度", "中等度", "高度", "軽症", "重症", "今回", "入院中", "入院後", "入院時", "当院", "上記",
    "新規", "明らか", "術後", "既往", "際", "後", "前", "時", "同", "本", "各", "再", "主", "診断", "病名", "疑い",
    "疑", "併存", "合併", "基礎", "両", "右", "左", "両側", "退院時", "経過中", "陳旧性", "後遺", "以前", "の",
];

fn stands(term: &str, evidence: &str) -> bool {
    if evidence.contains(term) || same_meaning(evidence, term) {
        return true;
    }
    if let Some((_, near)) = FINDINGS.iter().find(|(f, _)| *f == term) {
        return near.iter().any(|n| evidence.contains(n));
    }
    // The longest end of the term that the evidence holds, and what is left before it.
    let starts: Vec<usize> = term.char_indices().map(|(at, _)| at).collect();
    let least = 2.min(starts.len());
    for at in starts.iter().take(starts.len() + 1 - least).skip(1) {
        let (before, head) = (&term[..*at], &term[*at..]);
        let held = evidence.contains(head) || same_meaning(evidence, head);
        if held && is_disease(head) && before_stands(before, evidence) {
            return true;
        }
    }
    false
}

/// A head that is itself a disease: 肺炎, not 炎 nor 症.
fn is_disease(head: &str) -> bool {
    STRONG.iter().chain(WEAK).any(|e| head.ends_with(e)) && head.chars().count() >= 2
}

/// Whether the words before the head are free or stand in the evidence as well.
fn before_stands(before: &str, evidence: &str) -> bool {
    let mut rest = before;
    while !rest.is_empty() {
        if let Some(free) = FREE.iter().find(|f| rest.starts_with(**f)) {
            rest = &rest[free.len()..];
            continue;
        }
        let mut ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
        let known = ends.rfind(|end| evidence.contains(&rest[..*end]));
        match known {
            Some(end) if rest[..end].chars().count() >= 2 || end == rest.len() => rest = &rest[end..],
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn diseases_stand_in_what_is_cited() {
        let facts = facts(&[
            "[N1.1] note | 2026-07-05 | 経過記録 | 右下葉に浸潤影を認め、細菌性肺炎と診断した。",
            "[F1] condition | 2026-07-05 | 2型糖尿病",
            "[F2] condition | 2026-07-05 | 胃がん",
            "[N1.2] note | 2026-07-05 | 経過記録 | 脳梗塞後の左片麻痺がある。発熱なし。",
            "[F3] condition | 2026-07-05 | COPD",
        ]);
        for (text, cite, keep) in [
            ("肺炎と診断した。", "N1.1", true),
            ("右下葉肺炎と診断した。", "N1.1", true),
            ("誤嚥性肺炎と診断した。", "N1.1", false),
            ("糖尿病の既往がある。", "F1", true),
            ("1型糖尿病の既往がある。", "F1", true),
            ("胃癌と診断されている。", "F2", true),
            ("膵癌と診断されている。", "F2", false),
            ("佐藤花子様は乳癌術後で通院中である。", "N1.1", false),
            ("脳梗塞後遺症による左片麻痺がある。", "N1.2", true),
            ("脳出血後の左片麻痺がある。", "N1.2", false),
            ("慢性閉塞性肺疾患がある。", "F3", true),
            ("合併症なく、炎症所見は改善した。", "N1.2", true),
            ("心房細動を認めた。", "N1.1", false),
        ] {
            let expected = if keep { Verdict::Keep } else { Verdict::Drop("disease-not-in-evidence") };
            assert_eq!(ask(check, &facts, text, &[cite]), expected, "{text}");
        }
    }
}
