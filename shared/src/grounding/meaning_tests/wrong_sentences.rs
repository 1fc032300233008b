//! Sentences that turn what their facts say: a check of meaning drops or flags each.

use super::true_sentences::facts_of_the_stay;
use crate::draft::{ReplyKind, ReplySentence};
use crate::grounding::testing::verdicts;
use crate::grounding::{CHECKS, Verdict, without};

/// Text, citations, the check that must catch it, and whether it must drop.
const WRONG: &[(&str, &[&str], &str, bool)] = &[
    ("腹部に圧痛を認めた。", &["N1"], "negation", false),
    ("圧痛あり。", &["N1"], "negation", false),
    ("下腿浮腫を認めた。", &["N2"], "negation", false),
    ("喘鳴を聴取した。", &["N3"], "negation", false),
    ("喫煙歴があった。", &["N4"], "negation", false),
    ("褥瘡を認めた。", &["N8"], "negation", false),
    ("食事中にむせを認めた。", &["N7"], "negation", false),
    ("頭痛があった。", &["N13"], "negation", false),
    ("視力障害が出現した。", &["N13"], "negation", false),
    ("新たな陰影を認めた。", &["F12"], "negation", false),
    ("縦隔リンパ節腫大を認めた。", &["F14"], "negation", false),
    ("縫合不全を認めた。", &["N19"], "negation", true),
    ("小腸拡張は認めなかった。", &["N19"], "negation", false),
    ("心窩部に圧痛は認めず、反跳痛を認めた。", &["N20"], "negation", false),
    ("気管支鏡検査を施行した。", &["F18"], "negation", false),
    ("副腎不全を認めた。", &["N21"], "negation", true),
    ("冠動脈造影を施行した。", &["N14"], "negation", false),
    ("本人に結核の既往がある。", &["N10"], "negation", true),
    ("血液培養は陽性であった。", &["F11"], "negation", false),
    ("尿中肺炎球菌抗原は陰性であった。", &["F10"], "negation", false),
    ("発熱は認めなかった。", &["N24"], "negation", false),
    ("発熱は認めなかった。", &["F5"], "negation", false),
    ("薬剤アレルギーはない。", &["F4"], "negation", true),
    ("アレルギーなし。", &["F4"], "negation", true),
    ("ミノサイクリンに対するアレルギーは認めない。", &["F4"], "negation", true),
    ("肺炎球菌性肺炎は認めなかった。", &["F1"], "negation", true),
    ("喀痰抗酸菌培養は陰性であった。", &["F9"], "negation", true),
    ("喀痰抗酸菌の培養は陰性であった。", &["N15"], "negation", true),
    ("喀痰抗酸菌検査は陰性であった。", &["N9"], "negation", true),
    ("血液培養は陰性であった。", &["F5"], "negation", true),
    ("肺血栓塞栓症は否定された。", &["N5"], "negation", true),
    ("肺血栓塞栓症はない。", &["N5"], "negation", true),
    ("肺血栓塞栓症と診断した。", &["N5"], "status", true),
    ("肺血栓塞栓症を認めた。", &["N5"], "status", true),
    ("肺結核である。", &["F2"], "status", true),
    ("肺結核のため喀痰抗酸菌検査を行った。", &["F2"], "status", true),
    ("ふらつきによりゾルピデムを中止した。", &["N6"], "status", false),
    ("肺塞栓症と診断した。", &["F5"], "status", true),
    ("左大腿骨頸部骨折で入院した。", &["F3"], "status", false),
    ("左肺上葉に8mmの結節を認めた。", &["F13"], "side", true),
    ("右肺下葉に8mmの結節を認めた。", &["F13"], "side", true),
    ("右肋骨脊柱角に叩打痛を認めた。", &["N16"], "side", true),
    ("右胸水は減少した。", &["N22"], "side", true),
    ("両側の肺上葉に結節を認めた。", &["F13"], "side", true),
    ("右室肥大はない。", &["N26"], "side", true),
    ("入院時のSpO2は89%であった。", &["F6"], "condition-kept", true),
    ("酸素投与下でSpO2は89%であった。", &["F6"], "condition-kept", true),
    ("7月5日のSpO2は95%であった。", &["F7"], "condition-kept", true),
    ("室内気でSpO2は95%であった。", &["F7"], "condition-kept", true),
    ("SpO2は94%であった。", &["N12"], "condition-kept", true),
    ("喀痰抗酸菌は陰性であった。", &["F8"], "condition-kept", true),
    ("血糖は108 mg/dLであった。", &["F17"], "condition-kept", false),
    ("食後の血糖は108 mg/dLであった。", &["F17"], "condition-kept", true),
    ("本人に肺結核の既往がある。", &["F15"], "whose", true),
    ("肺結核の既往がある。", &["F15"], "whose", true),
    ("父に肺結核の既往がある。", &["F15"], "whose", true),
    ("肺結核の既往があり、喀痰抗酸菌検査を提出した。", &["N9"], "whose", true),
    ("本人に肺結核の既往があり、喀痰抗酸菌検査も提出した。", &["N9"], "whose", true),
    ("胃癌で手術を受けた。", &["F16"], "whose", true),
    ("母に急性呼吸不全の既往がある。", &["F20"], "whose", true),
    ("長男が同席した。", &["N11"], "whose", true),
];

fn by(check: &str, text: &str, cites: &[&str]) -> Option<Verdict> {
    let facts = facts_of_the_stay();
    let ids = cites.iter().map(|c| (*c).to_owned()).collect();
    let sentence = ReplySentence { text: text.to_owned(), facts: ids, kind: ReplyKind::Fact };
    let one: Vec<_> = CHECKS.iter().copied().filter(|c| c.name == check).collect();
    verdicts(&one, &facts, &sentence).into_iter().find(|v| *v != Verdict::Keep)
}

#[test]
fn every_wrong_sentence_is_caught_by_its_check() {
    let mut missed = Vec::new();
    for (text, cites, check, drops) in WRONG {
        let verdict = by(check, text, cites);
        let dropped = matches!(verdict, Some(Verdict::Drop(_)));
        if verdict.is_none() || (*drops && !dropped) {
            missed.push(format!("{check}: {text} {verdict:?}"));
        }
    }
    assert!(WRONG.len() >= 60 && missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn each_check_can_be_taken_out() {
    for name in ["negation", "status", "side", "condition-kept", "whose", "contradicted", "pasted"] {
        assert_eq!(without(name).len() + 1, CHECKS.len(), "{name}");
    }
}
