//! RFC 9457 problems of the API, and what a person reads instead.

use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Problem {
    pub status: u16,
    /// Last part of `type`; empty where the body is no problem.
    pub slug: String,
    /// For the log; the contract keeps patient data out of it.
    pub detail: String,
    pub retry_after: Option<u64>,
}

impl Problem {
    pub fn read(status: u16, retry_after: Option<u64>, body: &[u8]) -> Self {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| told[name].as_str().unwrap_or_default();
        let slug = text("type").rsplit('/').next().unwrap_or_default().to_owned();
        Self { status, slug, detail: text("detail").to_owned(), retry_after }
    }

    /// What happened and what to do.
    pub fn words(&self) -> &'static str {
        match self.slug.as_str() {
            "patient-mismatch" => {
                "記録と患者が一致しません（別の患者の記録が含まれているか、生年月日・カナが違います）。作成は中止しました。患者番号を確認してください。"
            }
            "record-not-found" => "この患者の記録がまだ届いていません。電子カルテからの送信を確認してください。",
            "unknown-data-source" => "データソースが登録されていません。システム管理者に連絡してください。",
            "record-too-large" => "記録が大きすぎて送れません。システム管理者に連絡してください。",
            "record-unusable" => "記録を読み取れませんでした。システム管理者に連絡してください。",
            "unknown-document-type" => "この種類の文書は作成できません。",
            "addressee-not-allowed" => "この文書はその宛先には出せません。宛先を選び直してください。",
            "idempotency-key-reused" => "同じ操作が別の内容で送られました。画面を開き直してください。",
            "role-not-permitted" => "あなたの職種ではこの操作はできません。",
            "certificate-unknown" | "certificate-revoked" | "certificate-token-mismatch" => {
                "この端末の証明書が受け付けられません。システム管理者に連絡してください。"
            }
            "token-refused" => "サインインの期限が切れました。サインインし直してください。",
            "sign-in-too-old" => "確定には15分以内の本人確認が必要です。もう一度本人確認をしてください。",
            "flags-open" => "未回答の確認事項があります。すべてに回答してから確定してください。",
            "incomplete" => "「要確認」の欄が残っています。すべて記入してから確定してください。",
            "state-not-allowed" => "文書の状態が変わったため、この操作はできません。画面を開き直してください。",
            "precondition-failed" => "別の人が先に版を進めました。最新の版を確認してください。",
            "draft-expired" => "保存期間を過ぎた下書きです。新しく作成してください。",
            "integrity-failure" => {
                "保管中の文書に改ざんまたは破損が見つかったため表示しません。システム管理者に連絡してください。"
            }
            "not-found" => "文書が見つかりません。",
            "malformed-request" => "入力に受け付けられない内容があります（長すぎる文、空の文など）。",
            "model-throttled" | "throttled" => "混み合っています。入力は失われていません。",
            "model-unavailable" => "文章を作る機能が応答しません。入力は失われていません。",
            "still-drafting" => "まだ作成中です。",
            _ if self.status >= 500 => "クラウドが応答しません。入力は失われていません。",
            _ => "操作が受け付けられませんでした。",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Problem;

    /// Every slug that the contract names for any route.
    #[test]
    fn every_problem_of_the_contract_has_words() {
        let contract = include_str!("../../infra/openapi.yaml");
        let lists = contract.split("x-problems: [").skip(1).filter_map(|rest| rest.split(']').next());
        let mut seen = 0;
        for slug in lists.flat_map(|list| list.split(", ")) {
            let status = if matches!(slug, "store-unavailable" | "service-unavailable") { 503 } else { 400 };
            if matches!(slug, "not-acceptable" | "unsupported-media-type" | "precondition-required") {
                continue; // the desk's own mistakes, which no person could mend
            }
            let problem = Problem { status, slug: slug.to_owned(), detail: String::new(), retry_after: None };
            assert_ne!(problem.words(), "操作が受け付けられませんでした。", "{slug}");
            seen += 1;
        }
        assert!(seen > 30, "{seen}");
    }
}
