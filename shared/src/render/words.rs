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
    // names
    ("unknown-placeholder", "渡していない仮名（プレースホルダー）を含む"),
    ("placeholder-not-in-evidence", "根拠にない人・施設の名"),
    ("identifier-in-text", "個人を特定する情報を含む"),
    ("name-not-in-evidence", "根拠にない薬剤・検査・病名"),
    ("drug-not-in-evidence", "根拠にない薬剤名"),
    // figures
    ("number-not-in-evidence", "根拠にない数値"),
    ("date-not-in-evidence", "根拠にない日付"),
    ("code-not-in-evidence", "根拠にない略号・番号"),
    // meaning
    ("negation-changed", "否定・疑いの有無が根拠と異なる"),
    ("status-changed", "疑い・既往・確定の別が根拠と異なる"),
    ("pending-as-negative", "未着の結果を判明したものとして記載"),
    ("side-not-in-evidence", "根拠にない左右・部位"),
    ("side-changed", "左右・部位が根拠と異なる"),
    ("plan-as-done", "予定と実施の別が根拠と異なる"),
    ("cause-not-in-evidence", "根拠にない因果関係"),
    ("trend-changed", "経過の方向（改善・増悪）が根拠と合わない"),
    ("dose-changed", "用量の種類・継続と変更の別が根拠と異なる"),
    ("condition-changed", "測定条件が根拠と異なる"),
    ("family-as-patient", "本人と家族の取り違え"),
    ("one-sided", "矛盾する記録の一方だけに基づく"),
    ("order-in-time", "時間の順序が前後している"),
    ("other-person-in-note", "別の患者についての記録を根拠としている疑い"),
    ("other-patient", "別の患者についての記載の疑い"),
    ("held-back", "この宛先に出さない内容を含む"),
    // form
    ("empty", "空の文"),
    ("duplicate", "重複"),
    ("unknown-section", "この文書にない項目"),
    ("register", "文体・略語が読み手に合わない"),
    ("too-long", "様式の欄に収まらない"),
    ("must-mention", "必ず触れるべき事項がない"),
    // what of the record was not offered
    ("outside-encounter", "対象の入院・受診の期間外"),
    ("entered-in-error", "取消・誤入力とされたもの"),
    ("without-name", "名称のないもの"),
    ("without-value", "値のない検査"),
    ("over-120-facts", "上限（120件）を超えた分"),
    // what of the record could not be read
    ("unreadable-resource", "読み取れないリソース"),
    ("no-resource", "リソースのないエントリー"),
    ("no-subject", "誰の記録か示されていない"),
    ("attachment-not-text", "文字でない添付"),
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
