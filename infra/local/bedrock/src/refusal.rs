//! Converse's errors: type in a header, message in the body.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error as the service words it.
///
/// A message may quote ids and schema keywords, never what was said in a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 429, the account's rate.
    Throttling,
    /// 429, the model is being loaded; the SDK retries this one by itself.
    ModelNotReady,
    /// 408.
    ModelTimeout,
    /// 424.
    ModelError,
    /// 400, with the reason.
    Validation(String),
    /// 403.
    AccessDenied,
    /// 503.
    ServiceUnavailable,
    /// 500.
    InternalServer,
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Throttling | Self::ModelNotReady => StatusCode::TOO_MANY_REQUESTS,
            Self::ModelTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::ModelError => StatusCode::FAILED_DEPENDENCY,
            Self::Validation(_) => StatusCode::BAD_REQUEST,
            Self::AccessDenied => StatusCode::FORBIDDEN,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::InternalServer => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) fn error_type(&self) -> &'static str {
        match self {
            Self::Throttling => "ThrottlingException",
            Self::ModelNotReady => "ModelNotReadyException",
            Self::ModelTimeout => "ModelTimeoutException",
            Self::ModelError => "ModelErrorException",
            Self::Validation(_) => "ValidationException",
            Self::AccessDenied => "AccessDeniedException",
            Self::ServiceUnavailable => "ServiceUnavailableException",
            Self::InternalServer => "InternalServerException",
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::Throttling => "Too many requests, please wait before trying again.",
            Self::ModelNotReady => "Model is not ready for inference, please try again later.",
            Self::ModelTimeout => "Model has timed out in processing the request. Try your request again.",
            Self::ModelError | Self::InternalServer => {
                "The system encountered an unexpected error during processing. Try your request again."
            }
            Self::Validation(reason) => reason,
            Self::AccessDenied => "You don't have access to the model with the specified model ID.",
            Self::ServiceUnavailable => "Bedrock is unable to process your request.",
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let header = [("x-amzn-errortype", self.error_type())];
        let body = json!({ "message": self.message() });
        (self.status(), header, Json(body)).into_response()
    }
}
