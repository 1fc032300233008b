//! Japanese for the slugs and codes of a document. A word that is not here is shown as it came.

use crate::document::{Document, SectionOrigin};

/// Why a sentence was dropped or flagged, or a part of the record not used.
pub fn reason_in_japanese(slug: &str) -> &str {
    REASONS.iter().find(|(s, _)| *s == slug).map_or(slug, |(_, words)| words)
}

const REASONS: &[(&str, &str)] = &[
    // citations
    ("no-citation", "根拠の引用がない"),
    ("unknown-citation", "存在しない根拠を引用している"),
    ("too-many-citations", "引用が多すぎて照合できない"),
    ("citation-does-not-support", "引用した根拠に書かれていない内容"),
    // names
    ("unknown-placeholder", "渡していない仮名（プレースホルダー）を含む"),
    ("lost-placeholder", "氏名の記号が壊れている"),
    ("placeholder-not-in-evidence", "根拠にない人・施設の名"),
    ("unknown-name", "根拠にない氏名・施設名"),
    ("identifier-in-text", "個人を特定する情報を含む"),
    ("name-not-in-evidence", "根拠にない薬剤・検査・病名"),
    ("drug-not-in-evidence", "根拠にない薬剤名"),
    ("lookalike-drug", "名称の似た別の薬剤の疑い"),
    ("test-not-in-evidence", "根拠にない検査名"),
    ("disease-not-in-evidence", "根拠にない病名"),
    ("procedure-not-in-evidence", "根拠にない手術・処置名"),
    // figures
    ("number-not-in-evidence", "根拠にない数値"),
    ("unit-changed", "単位が根拠と異なる"),
    ("date-not-in-evidence", "根拠にない日付"),
    ("date-changed", "日付が根拠と異なる"),
    ("code-not-in-evidence", "根拠にない略号・番号"),
    ("implausible-value", "あり得ない値の疑い"),
    // meaning
    ("negation-changed", "否定・疑いの有無が根拠と異なる"),
    ("status-changed", "確定・疑い・既往の別が根拠と異なる"),
    ("suspicion-dropped", "根拠では疑いにとどまる"),
    ("pending-as-negative", "結果待ちを陰性としている"),
    ("side-not-in-evidence", "根拠にない左右・部位"),
    ("side-changed", "左右・部位が根拠と異なる"),
    ("place-changed", "部位が根拠と異なる"),
    ("plan-as-done", "予定と実施の別が根拠と異なる"),
    ("plan-changed", "予定・実施・中止の別が根拠と異なる"),
    ("cause-not-in-evidence", "根拠にない因果関係"),
    ("trend-changed", "経過の方向（改善・増悪）が根拠と合わない"),
    ("trend-not-in-evidence", "経過の評価（改善・増悪など）が根拠の値と合わない"),
    ("dose-changed", "用量の種類・継続と変更の別が根拠と異なる"),
    ("dose-structure", "規格・1回量・1日量・頓用上限の取り違え"),
    ("change-not-in-evidence", "根拠にない薬の変更（開始・増減・中止・継続）"),
    ("dose-conflict", "用法・用量の記載が記録の中で食い違う"),
    ("exchanged-for-its-opposite", "互いに排他的な語（延長・短縮など）の一方が根拠と異なる"),
    ("condition-changed", "測定条件が根拠と異なる"),
    ("condition-missing", "測定条件が抜けている"),
    ("family-as-patient", "本人と家族の取り違え"),
    ("whose-changed", "本人のことか家族のことかが根拠と異なる"),
    ("other-person-in-note", "別の人についての記載が紛れている疑い"),
    ("other-patient", "別の患者についての記載の疑い"),
    ("one-sided", "矛盾する記録の一方だけに基づく"),
    ("contradicted", "記録の中に矛盾する記載がある"),
    ("order-in-time", "時間の順序が前後している"),
    ("out-of-order", "時間の順序が前後している"),
    ("instruction-in-record", "記録に紛れた指示文に従った疑い"),
    ("held-back", "この宛先に出さない内容を含む"),
    ("must-not-mention", "この文書に書かない事項を含む"),
    // form
    ("empty", "空の文"),
    ("duplicate", "重複"),
    ("unknown-section", "この文書にない項目"),
    ("register", "文体が文書に合わない"),
    ("abbreviation", "読み手に通じない略語"),
    ("too-long", "様式の欄に収まらない"),
    ("must-mention", "必ず触れるべき事項がない"),
    ("not-a-choice", "選択肢にない記載"),
    ("entered-beside-record", "記録からの転記に作成者の記載が加わっている"),
    // what of the record was not offered
    ("outside-encounter", "対象の入院・受診の期間外"),
    ("entered-in-error", "取消・誤入力とされたもの"),
    ("without-name", "名称のないもの"),
    ("without-value", "値のない検査"),
    ("letterhead", "手紙の差出人・宛先・挨拶の部分"),
    ("over-120-facts", "上限（120件）を超えた分"),
    // what of the record could not be read
    ("unreadable-resource", "読み取れないリソース"),
    ("no-resource", "リソースのないエントリー"),
    ("no-subject", "誰の記録か示されていない"),
    ("attachment-not-text", "文字でない添付"),
    ("attachment-not-inline", "記録に本体のない添付"),
    // what is held back from an addressee
    ("UNINFORMED", "本人に未告知の病名"),
    ("UNDELIVERED", "他機関・本人に提供しない病名"),
    ("mentions-held-back-condition", "上記の病名に触れている記載"),
    ("HIV", "HIV関連の情報"),
    ("PSY", "精神科の情報"),
    ("STD", "性感染症の情報"),
    ("GDIS", "遺伝性疾患の情報"),
    ("SDV", "性暴力・家庭内暴力の情報"),
    ("SUD", "物質使用障害の情報"),
    ("ETH", "アルコール・薬物に関する情報"),
];

pub fn state(slug: &str) -> &str {
    match slug {
        "requested" => "作成中",
        "draft" | "revised" => "下書き",
        "awaiting-approval" => "承認待ち",
        "final" => "確定",
        "amending" | "amended" => "訂正中",
        "withdrawn" => "撤回",
        "sealed" => "封印",
        "failed" => "作成失敗",
        other => other,
    }
}

pub fn gender(code: &str) -> &str {
    match code {
        "male" => "男",
        "female" => "女",
        "other" => "その他",
        "unknown" | "" => "不明",
        other => other,
    }
}

pub fn answer(slug: &str) -> &str {
    match slug {
        "accepted" => "このままでよい",
        "corrected" => "修正した",
        "removed" => "削除した",
        other => other,
    }
}

pub fn origin(origin: SectionOrigin) -> &'static str {
    match origin {
        SectionOrigin::Model => "モデル",
        SectionOrigin::Record => "記録",
        SectionOrigin::Person => "記載者",
    }
}

/// Where a fact comes from, by the letter of its id.
pub fn evidence(id: &str) -> &'static str {
    match id.as_bytes().first() {
        Some(b'F') => "記録",
        Some(b'N') => "記載",
        Some(b'D') => "算出",
        Some(b'A') => "作成者",
        _ => "",
    }
}

/// Title of the section with this code, or the code.
pub fn section<'a>(document: &'a Document, code: &'a str) -> &'a str {
    document.sections.iter().find(|s| s.code == code).map_or(code, |s| &s.title)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use regex_lite::Regex;

    use super::{REASONS, reason_in_japanese};

    #[test]
    fn an_unknown_slug_is_shown_as_it_is() {
        assert_eq!(reason_in_japanese("number-not-in-evidence"), "根拠にない数値");
        assert_eq!(reason_in_japanese("brand-new-check"), "brand-new-check");
    }

    #[test]
    fn every_slug_stands_once() {
        let mut slugs: Vec<&str> = REASONS.iter().map(|(slug, _)| *slug).collect();
        let before = slugs.len();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), before);
    }

    /// What the checks, the facts and the reader of the record say, found in their source.
    #[test]
    fn every_slug_that_the_code_says_has_words() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let said = Regex::new(
            r#"(?:Drop\(|Flag\(\s*|Err\(|\.flag\([^"]*|count\(|Warning::new\([^;]*, )"([a-z]+(?:-[a-z0-9]+)+)""#,
        );
        let said = said.expect("a pattern");
        let mut found = 0;
        for folder in ["grounding", "grounding/numbers", "facts", "record", "record/person", "drafting"] {
            for file in std::fs::read_dir(source.join(folder)).into_iter().flatten() {
                let path = file.expect("an entry").path();
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                for slug in said.captures_iter(&text).filter_map(|c| c.get(1)) {
                    let words = reason_in_japanese(slug.as_str());
                    assert!(!words.is_ascii(), "{} of {} has no words", slug.as_str(), path.display());
                    found += 1;
                }
            }
        }
        assert!(found > 20, "{found}");
    }
}
