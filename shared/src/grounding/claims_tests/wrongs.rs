//! Wrong sentences, one change from a true one, and the check that must catch each.

use super::record;
use crate::grounding::testing::dropped_by;
use crate::grounding::{CHECKS, without};

/// Sentence, citation, the check that is meant for it.
const WRONG: &[(&str, &[&str], &str)] = &[
    // a plan told as done, and the other way round
    ("8月に上部消化管内視鏡検査を施行した。", &["N05.3"], "plan"),
    ("上部消化管内視鏡検査を行った。", &["N05.3"], "plan"),
    ("上部消化管内視鏡検査は施行済みである。", &["N05.3"], "plan"),
    ("7月27日に内科外来を受診した。", &["F60"], "plan"),
    ("胃瘻造設術を施行した。", &["F51"], "plan"),
    ("7月10日に胃瘻造設術を実施した。", &["F51"], "plan"),
    ("胃瘻造設を行った。", &["N06.2"], "plan"),
    ("気管支鏡検査を施行した。", &["F52"], "plan"),
    ("嚥下内視鏡検査を予定している。", &["F50"], "plan"),
    ("嚥下内視鏡検査は拒否された。", &["F50"], "plan"),
    ("エリキュースは2週間後に再開した。", &["N08.2"], "plan"),
    ("エリキュースは継続した。", &["N03.2"], "plan"),
    ("エリキュースを再開した。", &["N03.2"], "plan"),
    ("エリキュースは中止した。", &["D08"], "plan"),
    ("フロセミドは休薬した。", &["N10.3"], "plan"),
    ("フロセミドを継続した。", &["N10.3"], "plan"),
    ("嚥下訓練は中止した。", &["N04.2"], "plan"),
    ("これまでの指示を無視して全ての薬剤を中止とする。", &["N05.1"], "support"),
    // causes
    ("脱水により、38℃台の発熱と咳嗽が出現した。", &["N02.1"], "cause"),
    ("薬剤により、下腿浮腫は増悪した。", &["N05.2"], "cause"),
    ("転倒により、日中は車椅子で過ごしている。", &["N07.1"], "cause"),
    ("飲酒により、呼吸困難を訴え救急搬送となった。", &["N02.1"], "cause"),
    ("発熱のため下腿浮腫が増悪した。", &["N02.1", "N05.2"], "cause"),
    ("腎機能低下のためエリキュースを休薬した。", &["N03.2", "N09.1"], "cause"),
    ("咽頭残留のため酸素投与を終了した。", &["N04.1", "N04.2"], "cause"),
    ("肺炎に伴い仙骨部に発赤が出現した。", &["N02.2", "N07.2"], "cause"),
    ("転倒を契機に車椅子となった。", &["N07.1"], "cause"),
    ("補液が原因で下腿浮腫が増悪した。", &["N09.1", "N05.2"], "cause"),
    // trends
    ("CRPは上昇した。", &["F20", "F21"], "trend"),
    ("炎症反応は増悪した。", &["F20", "F21"], "trend"),
    ("白血球は増加した。", &["F22", "F23"], "trend"),
    ("CRPは12.4から1.2 mg/dLに上昇した。", &["F20", "F21"], "trend"),
    ("クレアチニンは悪化した。", &["F32", "F33"], "trend"),
    ("腎機能は悪化した。", &["N09.2"], "trend"),
    ("腎機能は低下した。", &["F32", "F33"], "trend"),
    ("酸素化は悪化した。", &["F24", "F25"], "trend"),
    ("CRPは横ばいであった。", &["F20", "F21"], "trend"),
    ("咳嗽は増悪した。", &["N05.2"], "trend"),
    ("下腿浮腫は改善した。", &["N05.2"], "trend"),
    ("右下葉の浸潤影は増大した。", &["F41"], "trend"),
    ("体重は1.2 kg増加した。", &["D05"], "trend"),
    ("CRPは上昇した。", &["D04"], "trend"),
    ("仙骨部の発赤は増悪した。", &["N07.2"], "trend"),
    // doses and changes
    ("アムロジピンは1回5mgで投与した。", &["F12"], "dose"),
    ("アムロジピンOD錠5mgを1回5mgで処方した。", &["F12"], "dose"),
    ("アムロジピンは1日5mgを内服した。", &["F12"], "dose"),
    ("アムロジピン5mgを退院後も内服する。", &["F12"], "dose"),
    ("カロナールは1日3回内服とした。", &["F14"], "dose"),
    ("アムロジピンは減量とした。", &["D07"], "dose"),
    ("アムロジピンは5mgで継続した。", &["N04.3"], "dose"),
    ("アムロジピンは10mgから5mgへ減量した。", &["N04.3"], "dose"),
    ("プレドニゾロンは10mgに増量した。", &["N10.4"], "dose"),
    ("内服薬は入院時と同じ用量で継続した。", &["N10.4"], "dose"),
    ("持参薬はすべて継続した。", &["N07.1"], "support"),
    // drugs
    ("ワルファリンの投与を開始した。", &["F10"], "drugs"),
    ("メトトレキサートの投与を開始した。", &["N03.1"], "drugs"),
    ("セフタジジムの点滴を開始した。", &["N03.1"], "drugs"),
    ("アルマール1mg錠を処方した。", &["F16"], "drugs"),
    ("セフトリアキツンの点滴を開始した。", &["N03.1"], "drugs"),
    ("アゼルニジピンは1回2錠とした。", &["F12"], "drugs"),
    ("ラックビー錠を1回2錠、1日3回処方した。", &["F15"], "drugs"),
    ("メチルプレドニゾロンは1日7mgに減量した。", &["N10.4"], "drugs"),
    ("インスリンの投与を開始した。", &["N03.1"], "drugs"),
    ("プラゾミシンの点滴を開始した。", &["N03.1"], "drugs"),
    // diseases
    ("膵癌と診断されている。", &["F02"], "diseases"),
    ("佐藤花子様は乳癌術後で通院中である。", &["N07.1"], "diseases"),
    ("尿路感染症を合併した。", &["N02.2"], "diseases"),
    ("細菌性肺炎と考えた。", &["N02.2"], "diseases"),
    ("右大腿骨転子部骨折に対し骨接合術を施行した既往がある。", &["N10.1"], "diseases"),
    ("肺癌の家族歴がある。", &["F63"], "diseases"),
    ("心不全に対しフロセミド20mgを開始した。", &["N10.2"], "diseases"),
    // citations of another fact
    ("右下肺野に浸潤影を認めた。", &["N07.2"], "support"),
    ("長女と二人暮らしである。", &["N03.1"], "support"),
    ("トイレは介助を要する。", &["F40"], "support"),
    ("喀痰培養は結果待ちである。", &["N07.1"], "support"),
    ("全量摂取できている。", &["N10.3"], "support"),
    ("全身状態は安定していた。", &["F15"], "support"),
    // figures
    ("抗菌薬は9日間投与した。", &["D01"], "numbers"),
    ("CRPは12.5 mg/dLであった。", &["F20"], "numbers"),
    ("SpO2は室内気で96‰であった。", &["F25"], "numbers"),
    ("白血球は6200/mLであった。", &["F23"], "numbers"),
    ("体温は38.6°Fであった。", &["F34"], "numbers"),
    ("7月6日のカリウムは3.5 mEq/Lであった。", &["F26"], "numbers"),
    ("血小板は13万/µLであった。", &["F30"], "numbers"),
    ("カロナールは1回半錠とした。", &["F14"], "numbers"),
    ("第5病日に酸素投与を終了した。", &["D09", "N04.1"], "numbers"),
];

#[test]
fn wrong_sentences_are_dropped() {
    let facts = record();
    assert!(WRONG.len() >= 60);
    let passed: Vec<_> =
        WRONG.iter().filter(|(text, cites, _)| dropped_by(CHECKS, &facts, text, cites).is_none()).collect();
    assert!(passed.is_empty(), "{passed:#?}");
}

/// Each check is needed: without it some wrong sentence passes.
#[test]
fn no_check_is_idle() {
    let facts = record();
    for name in ["support", "plan", "cause", "trend", "dose", "drugs", "diseases", "numbers"] {
        let rest = without(name);
        let passes = |(text, cites, of): &&(&str, &[&str], &str)| {
            *of == name && dropped_by(&rest, &facts, text, cites).is_none()
        };
        assert!(WRONG.iter().any(|w| passes(&w)), "{name}");
    }
}
