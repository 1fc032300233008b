//! Check 14: a cause needs one cited fact that states it. Two facts that are each true, joined by 「のため」, are a
//! conclusion of the model: nobody recorded it. So one cited fact must hold both ends and a causal word, or be
//! of a kind that states reasons (why admitted, why prescribed, which reaction to which drug).
//! Purposes (精査のため) and means (医師による説明, CTにより) are no causes; they must stand in what is cited.

use super::content::Content;
use super::{Claim, Context, Verdict, clauses};
use crate::facts::{Fact, Kind};

const INVENTED: Verdict = Verdict::Drop("cause-not-in-evidence");

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let text = clauses::without_placeholders(&claim.text);
    let holds = links(&text).into_iter().all(|link| stated(&link, claim))
        && named_causes(&text).into_iter().all(|cause| is_named_cause(cause, claim));
    if holds { Verdict::Keep } else { INVENTED }
}

/// 「発作の誘因は怠薬と睡眠不足と考えられた」: the causes that are named behind the word.
fn named_causes(text: &str) -> Vec<&str> {
    const NAMES: &[&str] =
        &["原因は", "誘因は", "契機は", "要因は", "原因として", "誘因として", "契機として", "要因として", "門戸は"];
    const ENDS: &[&str] = &["と考え", "と判断", "と思わ", "と推", "であ", "が考え", "が疑", "を考え", "と診断", "でし"];
    let mut out = Vec::new();
    for name in NAMES {
        for (at, _) in text.match_indices(name) {
            let rest = text[at + name.len()..].split('。').next().unwrap_or_default();
            let end = ENDS.iter().filter_map(|e| rest.find(e)).min();
            let listed = end.map_or("", |end| &rest[..end]).split(['、', ',', '・', 'と', 'や']);
            out.extend(listed.map(str::trim).filter(|c| c.chars().count() >= 2));
        }
    }
    out
}

/// Each stands in a cited fact that speaks of a cause.
fn is_named_cause(cause: &str, claim: &Claim) -> bool {
    let said = Content::said(cause);
    claim.cited.iter().map(|f| clauses::body(f)).any(|body| {
        let stands = body.contains(cause) || said.covered_by(&Content::known(&body)) >= 0.5;
        stands && last_word_stands(cause, &body) && !denied(last_word(cause), &body)
    })
}

/// What stands before and after a causal word.
struct Link<'t> {
    before: &'t str,
    after: &'t str,
    word: &'static str,
}

/// Longest first.
const WORDS: &[&str] = &[
    "を契機に", "を契機として", "が契機", "に起因", "が原因", "を原因", "原因で", "の影響で", "の影響により",
    "に伴って", "に伴い", "に伴う", "によって", "により", "による", "の結果", "ために", "ため", "ので", "が誘因",
    "を誘因", "に続発", "に関連した",
];

fn links(text: &str) -> Vec<Link<'_>> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some((at, word)) = WORDS
        .iter()
        .filter_map(|w| text[from..].find(w).map(|at| (at + from, *w)))
        .min_by(|a, b| a.0.cmp(&b.0).then(b.1.len().cmp(&a.1.len())))
    {
        let after = &text[at + word.len()..];
        let before = &text[..at];
        from = at + word.len();
        if !is_other_word(before, word, after) {
            out.push(Link { before, after, word });
        }
    }
    out
}

/// 「本人によると」 names a source, 「検査の結果」 an examination, 「場合により」 a case; ためらう and 貯める are other words.
fn is_other_word(before: &str, word: &str, after: &str) -> bool {
    match word {
        "により" | "による" => {
            after.starts_with(['と', 'ら'])
                || after.starts_with("れば")
                || before.ends_with("場合")
                || before.ends_with("希望")
                || before.ends_with("症状")
        }
        "の結果" => [
            "検査", "培養", "相談", "評価", "造影", "撮影", "検討", "面談", "説明", "テスト", "協議", "CT", "MRI",
            "採血", "生検",
        ]
        .iter()
        .any(|w| before.ends_with(w)),
        "ため" => {
            after.starts_with(['ら', 'し', '息', '池'])
                || before.ends_with(['貯', '溜', 'は', '改', '始', '努', '勧', '認', '含'])
        }
        _ => false,
    }
}

fn stated(link: &Link, claim: &Claim) -> bool {
    let cause = nearest(link.before);
    let said = Content::said(cause);
    // 「そのため」: the sentence before is the cause, so what is cited must at least state one.
    let anaphor = ["その", "この", "これ", "それ"].iter().any(|w| cause.trim().ends_with(w)) || said.is_empty();
    if anaphor {
        return claim.cited.iter().any(|f| causal(&clauses::body(f)) || states_reasons(f));
    }
    let effect = Content::said(link.after.split('。').next().unwrap_or_default());
    let bodies: Vec<String> = claim.cited.iter().map(|f| clauses::body(f)).collect();
    let holds = |body: &str| said.covered_by(&Content::known(body)) >= 0.5 && last_word_stands(cause, body);
    if is_purpose(cause, link) || is_means(cause, link) {
        return bodies.iter().any(|b| holds(b));
    }
    claim.cited.iter().zip(&bodies).any(|(fact, body)| {
        if !holds(body) {
            return false;
        }
        let known = Content::known(body);
        let reaches = effect.is_empty() || effect.shared(&known) > 0.3 || effect.weight() < 0.8;
        let care = sought_care(link.after);
        if care
            && (states_reasons(fact)
                || body.contains("入院")
                || body.contains("受診")
                || body.contains("紹介")
                || body.contains("搬送"))
        {
            return true;
        }
        if states_reasons(fact) {
            return reaches;
        }
        let word = last_word(cause);
        reaches
            && !denied(word, body)
            && (links_from(word, body)
                || compounds(cause, link.after, body)
                || decided(word, link.after, body)
                || link.word.starts_with("によ") && done_before(word, body, &effect))
    })
}

/// The words right before a causal word, back to a comma or the subject.
fn nearest(before: &str) -> &str {
    let clause = before.rsplit(['。', '、', ',', '（', '(', ':']).next().unwrap_or(before);
    let clause = if clause.trim().is_empty() { before } else { clause };
    for particle in ["は", "では", "には"] {
        if let Some((_, rest)) = clause.rsplit_once(particle)
            && !Content::said(rest).is_empty()
            && Content::said(rest).weight() >= 0.8
        {
            return rest;
        }
    }
    clause
}

/// 「脱水」 in 「脱水により」: the very noun must stand in the fact, or a synonym of it.
fn last_word_stands(cause: &str, body: &str) -> bool {
    let word = last_word(cause);
    word.is_empty() || body.contains(word) || Content::said(word).covered_by(&Content::known(body)) >= 0.5
}

/// The last noun before a causal word: 口腔内出血 of 「口腔内出血を認めた」.
fn last_word(cause: &str) -> &str {
    let hiragana = |c: char| ('ぁ'..='ん').contains(&c) || c.is_whitespace();
    let mut words = cause.split(hiragana).filter(|w| w.chars().count() >= 2 && !PREDICATES.contains(w));
    words.next_back().or_else(|| cause.split(hiragana).rfind(|w| !w.is_empty())).unwrap_or_default()
}

/// Predicates of a cause, which its noun does without.
const PREDICATES: &[&str] = &[
    "出現", "診断", "存在", "持続", "指摘", "判明", "良好", "不良", "確認", "発症", "施行", "実施", "必要", "考慮",
    "可能性",
];

fn denied(word: &str, body: &str) -> bool {
    let after = |at: usize| &body[at + word.len()..];
    let denial = |rest: &str| {
        ["なし", "はなし", "はな", "なく", "を認めず", "は認めず", "は認めな", "(-)", "せず", "陰性"]
            .iter()
            .any(|d| rest.starts_with(d))
    };
    let mut places = body.match_indices(word).map(|(at, _)| after(at)).peekable();
    !word.is_empty() && places.peek().is_some() && places.all(denial)
}

/// A causal word close behind the cause, or one that speaks of the whole sentence.
fn links_from(word: &str, body: &str) -> bool {
    const WHOLE: &[&str] = &["原因", "考え", "副作用", "二次性", "反応", "疑", "合併", "由来", "関連", "→"];
    if word.is_empty() || !body.contains(word) {
        return causal(body);
    }
    WHOLE.iter().any(|w| body.contains(w))
        || body.match_indices(word).any(|(at, _)| {
            let near: String = body[at..].chars().take(word.chars().count() + 16).collect();
            causal(&near)
        })
}

/// 「利尿良好であり、フロセミドは中止した」: in a note, what stands right before a decision is its reason.
fn decided(word: &str, after: &str, body: &str) -> bool {
    // Words of one line say the same decision.
    const DECISIONS: &[&[&str]] = &[
        &["中止", "終了"],
        &["開始", "導入"],
        &["増量"],
        &["減量"],
        &["変更", "切り替え", "切替"],
        &["継続"],
        &["休薬"],
        &["退院"],
        &["追加"],
        &["再開"],
        &["抜去"],
        &["挿入", "設置", "留置", "使用", "用い", "装着"],
        &["投与"],
        &["施行"],
        &["依頼"],
    ];
    let after = after.split('。').next().unwrap_or_default();
    let Some(cause) = body.find(word).filter(|_| !word.is_empty()) else { return false };
    let told = DECISIONS.iter().filter(|group| group.iter().any(|d| after.contains(d)));
    told.into_iter().any(|group| group.iter().any(|d| body.rfind(d).is_some_and(|at| cause < at)))
}

/// 「電気的除細動を施行し洞調律に復帰した」: what was done right before is the means of what came of it.
fn done_before(word: &str, body: &str, effect: &Content) -> bool {
    const DONE: &[&str] = &["施行", "実施", "行い", "行っ", "行った", "投与し", "開始し"];
    let Some(at) = body.find(word).filter(|_| word.chars().count() >= 3) else { return false };
    let rest = &body[at + word.len()..];
    let near: String = rest.chars().take(16).collect();
    let Some(done) = DONE.iter().filter_map(|d| near.find(d)).min() else { return false };
    effect.shared(&Content::known(rest.get(done..).unwrap_or_default())) > 0.8
}

fn is_purpose(cause: &str, link: &Link) -> bool {
    const PURPOSES: &[&str] = &[
        "精査", "加療", "治療", "検査", "リハビリ", "リハビリテーション", "経過観察", "観察", "評価", "手術", "目的",
        "予防", "療養", "調整", "確認", "管理", "教育", "導入", "診断", "鑑別", "再評価", "サポート", "支援", "継続",
        "除外", "指導", "コントロール", "補正", "保護", "安静", "ケア", "鎮痛", "栄養", "維持", "病名",
    ];
    let cause = cause.trim_end_matches('の').trim_end();
    let verb = cause.ends_with("する") || cause.ends_with("図る") || cause.ends_with("行う");
    link.word.starts_with("ため") && (verb || PURPOSES.iter().any(|p| cause.ends_with(p)))
}

/// By whom or by which examination: no cause. Treatments are means only of what is done, not of what became better.
fn is_means(cause: &str, link: &Link) -> bool {
    const AGENTS: &[&str] = &[
        "医師", "看護師", "薬剤師", "療法士", "栄養士", "相談員", "家族", "本人", "妻", "夫", "長男", "長女", "職員",
        "スタッフ", "当科", "当院", "他院", "近医", "チーム", "多職種", "救急隊", "ヘルパー", "介助", "ct", "mri",
        "x線", "エコー", "超音波", "内視鏡", "検査", "造影", "培養", "生検", "シンチ", "問診", "触診", "所見",
        "スクリーニング", "病理", "pcr", "採血", "カメラ", "心電図", "撮影", "x線写真", "スケール", "分類", "基準",
    ];
    const TREATMENTS: &[&str] = &[
        "投与", "抗菌薬", "点滴", "手術", "酸素", "リハビリ", "カニューラ", "マスク", "輸血", "輸液", "内服", "吸入",
        "療法", "治療", "術", "ステント", "固定", "ドレナージ", "透析", "インスリン", "ドレーン", "ベンチレーター",
        "食", "鎮痛",
    ];
    const OUTCOMES: &[&str] = &[
        "改善", "軽快", "解熱", "増悪", "悪化", "低下", "上昇", "消失", "出現", "発症", "減少", "増加", "回復", "正常",
        "下痢", "障害", "出血", "発疹", "アレルギー", "生じ", "陥っ", "きたし", "来し", "進行", "合併",
    ];
    if !["により", "による", "によって"].contains(&link.word) {
        return false;
    }
    let cause = cause.to_lowercase();
    let cause = cause.trim_end();
    let after = link.after.split(['、', '。']).next().unwrap_or_default();
    let by = |list: &[&str]| list.iter().any(|w| cause.ends_with(w));
    by(AGENTS) || (by(TREATMENTS) && !OUTCOMES.iter().any(|o| after.contains(o)))
}

/// Going to a doctor or into hospital: the complaint right before it in a note is its reason.
fn sought_care(after: &str) -> bool {
    let after = after.split('。').next().unwrap_or_default();
    ["入院", "受診", "来院", "紹介", "搬送", "救急要請", "転院", "初診"].iter().any(|w| after.contains(w))
}

/// Facts that by their kind say why: reasons of a stay, of a drug, of an allergy.
fn states_reasons(fact: &Fact) -> bool {
    let by_title =
        fact.kind == Kind::Note && fact.fields.first().is_some_and(|t| t.contains("理由") || t.contains("目的"));
    by_title
        || matches!(
            fact.kind,
            Kind::Encounter | Kind::Allergy | Kind::Medication | Kind::Procedure | Kind::Device | Kind::Appointment
        )
}

fn causal(body: &str) -> bool {
    const CAUSAL: &[&str] = &[
        "ため", "為", "により", "による", "によって", "よる", "契機", "伴", "原因", "起因", "影響", "誘因", "続発",
        "関連", "由来", "誘発", "惹起", "二次性", "ので", "から、", "考え", "結果", "受けて", "に対し", "目的", "で、",
        "にて", "→", "副作用", "合併", "疑", "起こ", "きたし", "来し", "生じ", "もあり", "もあって", "ことから", "由",
        "反応",
    ];
    CAUSAL.iter().any(|c| body.contains(c)) || by_particle(body)
}

/// 「アスピリンで喘鳴が出現」, 「投与で解熱」: で behind a noun, with something happening behind it.
fn by_particle(body: &str) -> bool {
    body.match_indices('で').any(|(at, _)| {
        let before = body[..at].chars().next_back();
        let after = &body[at + 'で'.len_utf8()..];
        let noun =
            before.is_some_and(|c| crate::text::is_kanji(c) || ('ァ'..='ー').contains(&c) || c.is_ascii_alphanumeric());
        noun && after.chars().count() > 1 && !after.starts_with(['あ', 'は', 'き', 'す', 'も', 'し'])
    })
}

/// 「誤嚥による肺炎」 is what 「誤嚥性肺炎」 says.
fn compounds(cause: &str, after: &str, body: &str) -> bool {
    let cause = cause.trim_end_matches(|c: char| ('ぁ'..='ん').contains(&c));
    let start =
        cause.char_indices().rev().take_while(|(_, c)| crate::text::is_kanji(*c) || ('ァ'..='ー').contains(c)).last();
    let word = start.map_or("", |(at, _)| &cause[at..]);
    let effect: String =
        after.chars().skip_while(|c| *c == 'の').take_while(|c| crate::text::is_kanji(*c)).take(4).collect();
    !word.is_empty() && !effect.is_empty() && body.contains(&format!("{word}性{effect}"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn causes_need_one_fact_that_states_them() {
        let facts = facts(&[
            "[N1.1] note | 2026-07-01 | 現病歴 | 7月1日より38℃台の発熱と咳嗽が出現した。",
            "[N1.2] note | 2026-07-03 | 経過記録 | 誤嚥を契機に発症した肺炎と考える。",
            "[N1.3] note | 2026-07-03 | 経過記録 | 経口摂取は不良であった。",
            "[N1.4] note | 2026-07-03 | 経過記録 | 誤嚥性肺炎と診断した。",
            "[N1.5] note | 2026-07-03 | 入院理由 | 急性期脳梗塞",
            "[N1.6] note | 2026-07-03 | 経過記録 | 胸部CTで右下葉に浸潤影を認めた。",
            "[F1] allergy | - | アスピリン | 喘鳴",
        ]);
        for (text, cites, keep) in [
            ("脱水により、7月1日より38℃台の発熱が出現した。", &["N1.1"][..], false),
            ("発熱のため経口摂取は不良であった。", &["N1.1", "N1.3"], false),
            ("肺炎は誤嚥を契機に発症したと考えられた。", &["N1.2"], true),
            ("誤嚥による肺炎と診断した。", &["N1.4"], true),
            ("急性期脳梗塞のため入院した。", &["N1.5"], true),
            ("CTにより右下葉に浸潤影を認めた。", &["N1.6"], true),
            ("アスピリンによる喘鳴の既往がある。", &["F1"], true),
            ("咳嗽が出現したため受診した。", &["N1.1"], false),
        ] {
            let expected = if keep { Verdict::Keep } else { Verdict::Drop("cause-not-in-evidence") };
            assert_eq!(ask(check, &facts, text, cites), expected, "{text}");
        }
    }
}
