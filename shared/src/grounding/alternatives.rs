//! Words of which one excludes the others (belongs to checks 6 and 15): haemodialysis is no peritoneal dialysis, 短縮 no
//! 延長, 軽度 no 高度. Where the cited facts say one and the sentence another that none of them says, it was exchanged.
//! A sentence that says neither, or an evidence that says both, is no matter of this check.

use super::{Claim, Context, Verdict, clauses};

/// One word excludes every word of another group of its line; the words of a group mean the same.
const EXCLUSIVE: &[&[&[&str]]] = &[
    &[&["血液透析"], &["腹膜透析"]],
    &[&["開腹"], &["腹腔鏡"]],
    &[&["開胸"], &["胸腔鏡"]],
    &[&["帝王切開"], &["経腟分娩", "経膣分娩", "自然分娩"]],
    &[&["全身麻酔"], &["局所麻酔", "局麻"], &["脊髄くも膜下麻酔", "脊椎麻酔", "腰椎麻酔"]],
    &[&["上部消化管"], &["下部消化管"]],
    &[&["b型肝炎"], &["c型肝炎"], &["a型肝炎"], &["e型肝炎"]],
    &[&["1型糖尿病"], &["2型糖尿病"]],
    &[&["拡大", "増大"], &["縮小"]],
    &[&["延長"], &["短縮"]],
    &[&["肥厚"], &["菲薄"]],
    &[&["頻脈"], &["徐脈"]],
    &[&["高血糖"], &["低血糖"]],
    &[&["高カリウム"], &["低カリウム"]],
    &[&["高ナトリウム"], &["低ナトリウム"]],
    &[&["高カルシウム"], &["低カルシウム"]],
    &[&["下痢"], &["便秘"]],
    &[&["軽度"], &["高度", "重度"], &["中等度"]],
    &[&["軽症"], &["重症"], &["中等症"]],
    &[&["全介助"], &["一部介助", "部分介助"], &["自立"], &["見守り"]],
    &[&["食前"], &["食後"], &["食間"]],
    &[&["皮下注"], &["筋注", "筋肉注射"], &["静注", "静脈注射"]],
    &[&["良性"], &["悪性"]],
    &[&["持続性"], &["発作性"]],
    &[&["充実性"], &["嚢胞性"]],
    &[&["未破裂"], &["破裂後"]],
    &[&["転移性"], &["原発性"]],
];

pub fn check(claim: &Claim, _: &Context) -> Verdict {
    let text = plain(&clauses::without_placeholders(&claim.text));
    let evidence: String = claim.evidence.iter().map(|e| plain(e) + "。").collect();
    let exchanged = EXCLUSIVE.iter().any(|line| {
        line.iter().enumerate().any(|(i, group)| {
            let told = group.iter().any(|w| text.contains(w)) && !group.iter().any(|w| evidence.contains(w));
            let other = |(j, g): (usize, &&[&str])| {
                j != i && g.iter().any(|w| evidence.contains(w)) && !g.iter().any(|w| text.contains(w))
            };
            told && line.iter().enumerate().any(other)
        })
    });
    if exchanged { Verdict::Drop("exchanged-for-its-opposite") } else { Verdict::Keep }
}

fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn of_two_words_that_exclude_each_other_the_recorded_one_is_told() {
        let facts = facts(&[
            "[N1.1] note | 2026-07-01 | 病状説明 | 本人は腹膜透析を選択した。",
            "[N1.2] note | 2026-07-02 | 経過記録 | 心電図でQTの延長は軽度で、発赤は縮小した。",
            "[N1.3] note | 2026-07-03 | 病状説明 | 血液透析と腹膜透析を説明した。",
        ]);
        for (text, cite, keep) in [
            ("本人は腹膜透析を選択した。", "N1.1", true),
            ("本人は血液透析を選択した。", "N1.1", false),
            ("透析の方法を選択した。", "N1.1", true),
            ("QTは短縮していた。", "N1.2", false),
            ("発赤は拡大した。", "N1.2", false),
            ("高度のQT延長を認めた。", "N1.2", false),
            ("軽度のQT延長を認めた。", "N1.2", true),
            ("腹膜透析について説明した。", "N1.3", true),
        ] {
            let expected = if keep { Verdict::Keep } else { Verdict::Drop("exchanged-for-its-opposite") };
            assert_eq!(ask(check, &facts, text, &[cite]), expected, "{text}");
        }
    }
}
