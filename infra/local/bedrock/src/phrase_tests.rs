//! Facts and the sentences that they become.

use super::*;

fn fact(kind: &str, fields: &str) -> Fact {
    let fields = fields.split(" | ").map(|field| if field == "-" { "" } else { field }.to_owned());
    Fact { id: "F1".to_owned(), kind: kind.to_owned(), fields: fields.collect() }
}

fn phrased(kind: &str, fields: &str, register: Register) -> String {
    alone(&fact(kind, fields), register)
}

#[test]
fn each_kind_has_its_sentence() {
    let cases = [
        ("note", "2026-07-10 | 経過記録 医師 | 腹部は平坦", "腹部は平坦。"),
        ("note", "2026-07-10 | 経過記録 | ⟦P1⟧は独歩で退院。", "⟦P1⟧は独歩で退院。"),
        ("note", "2026-07-03 | 入院理由 | 肺炎の加療目的", "肺炎の加療目的で入院した。"),
        ("statement", "950 | 評価をお願いします。", "評価をお願いします。"),
        ("result", "2026-07-05 | カリウム | 3.5 mEq/L | 血清 | final", "2026年7月5日のカリウムは3.5 mEq/Lであった。"),
        ("result", "2026-07-05 | SpO2 | 90% | 酸素2L/分", "2026年7月5日のSpO2は90%（酸素2L/分）であった。"),
        ("result", "2026-07-05 | 血糖 | 118 mg/dL | 血液、空腹時", "2026年7月5日の血糖は118 mg/dL（空腹時）であった。"),
        (
            "result",
            "2026-07-05 | 血圧 | 収縮期血圧 104 mmHg、拡張期血圧 60 mmHg",
            "2026年7月5日の血圧は104/60 mmHgであった。",
        ),
        ("result", "2026-07 | 体重 | 61.20 kg | final", "2026年7月の体重は61.20 kgであった。"),
        ("result", "2026-07-05 | 血液培養 |  | registered", "2026年7月5日の血液培養は結果未着である。"),
        (
            "result",
            "2026-07-05 | 細胞診 | 結果未着 | 検体、結果は⟦D1⟧が説明する。 | 未着",
            "2026年7月5日の細胞診は結果未着であり、結果は⟦D1⟧が説明する。",
        ),
        (
            "procedure",
            "2026-07-06 | 上部消化管内視鏡検査 | completed",
            "2026年7月6日に上部消化管内視鏡検査を施行した。",
        ),
        ("procedure", "2026-07-06 | 骨接合術 | 左大腿骨", "2026年7月6日に骨接合術を施行した（左大腿骨）。"),
        ("procedure", "2026-05-07 | NPPV | 2026-05-09まで", "2026年5月7日から5月9日までNPPVを施行した。"),
        (
            "procedure",
            "2026-07-09 | 気管支鏡検査 | 実施せず | 起炎菌が判明したため施行せず。",
            "2026年7月9日の気管支鏡検査は実施していない（起炎菌が判明したため施行せず）。",
        ),
        ("derived", "抗菌薬投与日数 8日 | F40,F41", "抗菌薬は8日間投与した。"),
        ("derived", "メロペネム点滴静注用１ｇの投与日数 4日 | F1", "メロペネム点滴静注用１ｇは4日間投与した。"),
        ("derived", "在院日数 11日 | F2", "在院日数は11日であった。"),
        ("derived", "入院時年齢 73歳男性 | F1", "入院時73歳の男性である。"),
        ("derived", "体重の変化 2.2kg減少 | F1,F2", "体重は2.2kg減少した。"),
        ("derived", "退院時の術後日数（虫垂切除術） 13日 | F1", "退院時は虫垂切除術の術後13日であった。"),
        (
            "derived",
            "CRPの推移 7.62 mg/dL（3月6日）→0.08 mg/dL（5月29日） | F1,F2",
            "CRPは7.62 mg/dL（3月6日）から0.08 mg/dL（5月29日）へ推移した。",
        ),
        ("derived", "CRP 12.3 → 0.8 mg/dL | F1,F2", "CRPは12.3から0.8 mg/dLへ推移した。"),
        ("change", "アムロジピン錠５ｍｇ 休薬 | F1", "アムロジピン錠５ｍｇは休薬とした。"),
        (
            "encounter",
            "- | 入院 | 2026-07-03から2026-07-13 | 呼吸器内科 | 7階東病棟",
            "2026年7月3日から7月13日まで呼吸器内科に入院した。",
        ),
        ("condition", "2026-07-01 | 誤嚥性肺炎 | 右下葉 | active", "誤嚥性肺炎がある（右下葉）。"),
        ("condition", "- | 肺癌 | 疑い", "肺癌の疑いがある。"),
        ("device", "2026-03-14 | 左尿管ステント 6Fr | 左尿管", "左尿管ステント 6Fr（左尿管）。"),
        ("report", "2026-07-03 | 生検 | 結果未着 | 未確定", "2026年7月3日の生検は結果未着である。"),
        (
            "appointment",
            "2026-06-16 | 診察と採血。長女が同席予定 | 予約",
            "2026年6月16日に診察と採血の予約がある（長女が同席予定）。",
        ),
        ("diet", "2026-05-29 | 潰瘍食 | 5分粥から開始。ソバ除去", "食事は潰瘍食で、5分粥から開始、ソバ除去である。"),
        ("diet", "2026-01-29 | 絶食 | 絶食。口腔ケアのみ", "食事は絶食、口腔ケアのみである。"),
        ("survey", "2026-07-13 | ADL 食事 | 自立（セッティング要）", "ADL（食事）は自立（セッティング要）である。"),
        ("social", "2026-07-13 | 職業 | 元教諭", "職業は元教諭である。"),
        ("careplan", "2026-07-03 | 転倒転落リスク 高", "転倒転落リスクは「高」である。"),
        ("family", "- | 母 | 肺結核 | 45歳", "母：肺結核（45歳）。"),
        (
            "report",
            "2026-07-03 | 胸部X線 | 右下肺野に浸潤影を認める。",
            "2026年7月3日の胸部X線では右下肺野に浸潤影を認める。",
        ),
    ];
    for (kind, fields, sentence) in cases {
        assert_eq!(phrased(kind, fields, Register::Plain), sentence);
    }
}

#[test]
fn letters_are_polite() {
    let cases = [
        ("note", "2026-07-03 | 主訴 医師 | 発熱、湿性咳嗽", "主訴は発熱、湿性咳嗽です。"),
        ("note", "2026-07-03 | 入院理由 | 肺炎の加療目的", "肺炎の加療目的で入院しました。"),
        ("note", "2026-07-03 | 社会歴 医師 | 喫煙歴なし。", "喫煙歴はありません。"),
        ("result", "2026-07-05 | カリウム | 3.5 mEq/L", "2026年7月5日のカリウムは3.5 mEq/Lでした。"),
        ("procedure", "2026-07-06 | 骨接合術 | 左大腿骨", "2026年7月6日に骨接合術を施行しました（左大腿骨）。"),
        ("derived", "抗菌薬投与日数 8日 | F40", "抗菌薬は8日間投与しました。"),
        ("derived", "在院日数 11日 | F2", "在院日数は11日でした。"),
        ("appointment", "2026-10-05 | 再検CT | 予約", "2026年10月5日に再検CTの予約があります。"),
        ("family", "- | 母 | 肺結核 | 45歳", "母が肺結核（45歳）です。"),
        ("family", "- | 妻 | 2015年に死亡。", "妻は2015年に死亡しました。"),
        ("statement", "950 | 独居のため支援を要する。", "独居のため支援を要する。"),
    ];
    for (kind, fields, sentence) in cases {
        assert_eq!(phrased(kind, fields, Register::Polite), sentence);
    }
    let result = phrased("result", "2026-07-05 | カリウム | 3.5 mEq/L", Register::Nominal);
    assert_eq!(result, "2026年7月5日のカリウムは3.5 mEq/L。");
}

#[test]
fn procedure_that_was_not_done_is_never_called_done() {
    for status in ["予定", "中止", "実施せず", "not-done", "延期となった"] {
        for register in [Register::Plain, Register::Polite] {
            let sentence = phrased("procedure", &format!("2026-08-01 | 胃瘻造設術 | {status}"), register);
            assert!(!sentence.contains("施行し"), "{sentence}");
        }
    }
}

#[test]
fn report_names_itself_once_and_its_day_once() {
    let mut voice = Voice::new(Register::Plain);
    let mut say = |fields: &str| phrase(&fact("report", fields), &mut voice);
    assert_eq!(say("2026-07-03 | 胸部X線 | 浸潤影を認める。"), "2026年7月3日の胸部X線では浸潤影を認める。");
    assert_eq!(say("2026-07-03 | 胸部X線 | 胸水貯留なし。"), "胸水貯留なし。");
    assert_eq!(say("2026-07-03 | 胸部CT | 胸水なし。"), "同日の胸部CTでは胸水なし。");
    assert_eq!(say("2026-07-10 | 胸部CT | 胸水は減少。"), "7月10日の胸部CTでは、胸水は減少。");
}
