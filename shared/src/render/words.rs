//! Japanese for the slugs and codes of a document. A word that is not here is shown as it came.

use crate::document::{Document, SectionOrigin, SentenceKind};

/// Why a sentence was dropped or flagged, or a part of the record not used.
pub fn reason_in_japanese(slug: &str) -> &str {
    REASONS.iter().find(|(s, _)| *s == slug).map_or(slug, |(_, words)| words)
}

const REASONS: &[(&str, &str)] = &[
    // citations
    ("unknown-citation", "存在しない根拠を引用している"),
    ("no-citation", "根拠の引用がない"),
    ("too-many-citations", "引用が多すぎて照合できない"),
    ("unknown-placeholder", "渡していない仮名（プレースホルダー）を含む"),
    ("lost-placeholder", "氏名などの仮名が欠けている"),
    ("identifier-in-text", "個人を特定する情報を含む"),
    // figures and names
    ("number-not-in-evidence", "根拠にない数値"),
    ("unit-not-in-evidence", "根拠と異なる単位"),
    ("date-not-in-evidence", "根拠にない日付"),
    ("drug-not-in-evidence", "根拠にない薬剤名"),
    ("name-not-in-evidence", "根拠にない薬剤・検査・病名"),
    ("test-not-in-evidence", "根拠にない検査名"),
    ("disease-not-in-evidence", "根拠にない病名"),
    ("dose-changed", "用量の種類が根拠と異なる"),
    // meaning
    ("negation-changed", "否定・疑いの有無が根拠と異なる"),
    ("status-changed", "疑い・既往の別が根拠と異なる"),
    ("side-changed", "左右・部位が根拠と異なる"),
    ("plan-as-done", "予定と実施の別が根拠と異なる"),
    ("cause-not-in-evidence", "根拠にない因果関係"),
    ("trend-changed", "経過の方向（改善・増悪）が数値と合わない"),
    ("trend-not-in-evidence", "経過の方向（改善・増悪）が数値と合わない"),
    ("condition-dropped", "測定条件が欠けている"),
    ("condition-changed", "測定条件が根拠と異なる"),
    ("whose-fact", "本人と家族の取り違え"),
    ("family-as-patient", "本人と家族の取り違え"),
    ("one-sided", "矛盾する記録の一方だけに基づく"),
    ("contradiction", "記録どうしが矛盾している"),
    ("order-in-time", "時間の順序が前後している"),
    ("other-patient", "別の患者についての記載の疑い"),
    ("register", "文体が文書の種類に合わない"),
    ("abbreviation", "読み手に通じない略語"),
    ("too-long", "様式の欄に収まらない"),
    ("period-mismatch", "日数と期間が一致しない"),
    // form
    ("duplicate", "重複"),
    ("empty", "空の文"),
    ("unknown-section", "この文書にない項目"),
    ("must-mention", "必ず触れるべき事項がない"),
    ("must-not-mention", "この文書に書いてはならない事項"),
    // reading the record
    ("unreadable-resource", "読み取れないリソース"),
    ("no-resource", "リソースのないエントリー"),
    ("no-subject", "誰の記録か示されていない"),
    ("attachment-not-text", "文字でない添付"),
    // held back
    ("UNINFORMED", "本人に未告知の病名"),
    ("UNDELIVERED", "他機関・本人に提供しない病名"),
    ("HIV", "HIV関連の情報"),
    ("PSY", "精神科の情報"),
    ("STD", "性感染症の情報"),
    ("GDIS", "遺伝性疾患の情報"),
    ("SDV", "性暴力・家庭内暴力の情報"),
    ("SUD", "物質使用障害の情報"),
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

/// Who wrote a sentence, where that differs from its section.
pub fn author(kind: SentenceKind, of: SectionOrigin) -> Option<&'static str> {
    match kind {
        SentenceKind::Entered if of != SectionOrigin::Person => Some("記載者"),
        SentenceKind::Connective => Some("定型"),
        _ => None,
    }
}

/// Title of the section with this code, or the code.
pub fn section<'a>(document: &'a Document, code: &'a str) -> &'a str {
    document.sections.iter().find(|s| s.code == code).map_or(code, |s| &s.title)
}

#[cfg(test)]
mod tests {
    use super::reason_in_japanese;

    #[test]
    fn an_unknown_slug_is_shown_as_it_is() {
        assert_eq!(reason_in_japanese("number-not-in-evidence"), "根拠にない数値");
        assert_eq!(reason_in_japanese("brand-new-check"), "brand-new-check");
    }
}
