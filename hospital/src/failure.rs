//! Everything that stands in the way of an answer, and the page that a person sees instead.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use crate::api::ApiError;
use crate::kept::KeptError;
use crate::page;

#[derive(Debug)]
pub enum Failure {
    /// Nobody is signed in (any more). `sent`: a form came too late, and is not lost unless typed in the last second.
    SignedOut {
        sent: bool,
    },
    /// The page was opened by somebody else than who is signed in now.
    OtherPerson,
    /// The form did not come from a page of ours.
    Foreign,
    NotFound,
    TooMuch,
    /// The person cannot do this, or not now.
    Refused(&'static str),
    Api(ApiError),
    /// Kept work could not be written; or a template failed.
    Broken,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        if error.is("token-refused") { Self::SignedOut { sent: true } } else { Self::Api(error) }
    }
}

impl From<KeptError> for Failure {
    fn from(error: KeptError) -> Self {
        match error {
            KeptError::TooMuch => Self::TooMuch,
            KeptError::Io(error) => {
                tracing::error!(%error, "kept work was not written");
                Self::Broken
            }
        }
    }
}

pub const AWAY: &str = "クラウドに接続できません。入力は失われていません。";

impl ApiError {
    pub fn words(&self) -> &'static str {
        match self {
            Self::Away => AWAY,
            Self::Refused(problem) => problem.words(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, words) = match &self {
            Self::SignedOut { sent: false } => return Redirect::to("/sign-in").into_response(),
            Self::SignedOut { sent: true } => (
                StatusCode::UNAUTHORIZED,
                "サインアウトされています。入力は自動保存されています。サインインし直し、一覧の「書きかけ」から続けてください。",
            ),
            Self::OtherPerson => (
                StatusCode::CONFLICT,
                "この画面は別の利用者が開いたものです。操作は行われていません。一覧から開き直してください。",
            ),
            Self::Foreign => (StatusCode::FORBIDDEN, "この画面以外から送られた操作のため、受け付けませんでした。"),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "その画面はありません。文書が見つからないか、あなたのものではありません。")
            }
            Self::TooMuch => (StatusCode::PAYLOAD_TOO_LARGE, "入力が長すぎて保存できません。分けて入力してください。"),
            Self::Refused(words) => (StatusCode::CONFLICT, *words),
            Self::Api(error) => {
                if let ApiError::Refused(problem) = error {
                    tracing::warn!(
                        status = problem.status,
                        slug = problem.slug,
                        detail = problem.detail,
                        "the API refused"
                    );
                }
                let status = match error {
                    ApiError::Away => StatusCode::BAD_GATEWAY,
                    ApiError::Refused(p) => StatusCode::from_u16(p.status).unwrap_or(StatusCode::BAD_GATEWAY),
                };
                (status, error.words())
            }
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "この端末のサーバーで書き込みに失敗しました。システム管理者に連絡してください。",
            ),
        };
        let signed_out = status == StatusCode::UNAUTHORIZED;
        let mut response = page::plain("failure", "お知らせ", &json!({ "words": words, "signed_out": signed_out }));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
