//! AWS JSON 1.1 over HTTP, and the two well-known documents. Holds no rule of signing in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::Refusal;
use crate::pool::{Granted, Pool};
use crate::token::TOKEN_SECONDS;

const TARGET: &str = "x-amz-target";
const SERVICE: &str = "AWSCognitoIdentityProviderService.";
const MFA: &str = "SOFTWARE_TOKEN_MFA";

#[derive(Clone)]
struct Served {
    pool: Arc<Pool>,
    address: SocketAddr,
}

/// All routes of the stand-in; `address` is where it listens.
pub(crate) fn router(pool: Arc<Pool>, address: SocketAddr) -> Router {
    Router::new()
        .route("/", post(operation))
        .route("/{pool}/.well-known/jwks.json", get(key_set))
        .route("/{pool}/.well-known/openid-configuration", get(discovery))
        .with_state(Served { pool, address })
}

async fn operation(State(served): State<Served>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get(TARGET).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    // Off the async threads: a sign-in signs twice and waits for the disk.
    let answered = tokio::task::spawn_blocking(move || answer(&served.pool, &target, &body, unix_now())).await;
    match answered {
        Ok(Ok(value)) => aws_json(StatusCode::OK, None, &value),
        Ok(Err(refusal)) => refused(&refusal),
        Err(error) => refused(&Refusal::Internal(error.into())),
    }
}

fn answer(pool: &Pool, target: &str, body: &[u8], now: u64) -> Result<Value, Refusal> {
    match target.strip_prefix(SERVICE) {
        Some("InitiateAuth") => initiate_auth(pool, body, now),
        Some("RespondToAuthChallenge") => respond_to_auth_challenge(pool, body, now),
        Some(operation) => Err(Refusal::UnsupportedOperation(operation.to_owned())),
        None if target.is_empty() => Err(Refusal::UnsupportedOperation("(no X-Amz-Target)".to_owned())),
        None => Err(Refusal::UnsupportedOperation(target.to_owned())),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InitiateAuth {
    client_id: String,
    auth_flow: String,
    #[serde(default)]
    auth_parameters: AuthParameters,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct AuthParameters {
    username: Option<String>,
    password: Option<String>,
    refresh_token: Option<String>,
}

fn initiate_auth(pool: &Pool, body: &[u8], now: u64) -> Result<Value, Refusal> {
    let request: InitiateAuth = serde_json::from_slice(body).map_err(|_| Refusal::Malformed("InitiateAuth"))?;
    pool.check_client(&request.client_id)?;
    let parameters = request.auth_parameters;
    match request.auth_flow.as_str() {
        "USER_PASSWORD_AUTH" => {
            let user = parameters.username.ok_or(Refusal::MissingParameter("USERNAME"))?;
            let password = parameters.password.ok_or(Refusal::MissingParameter("PASSWORD"))?;
            let challenge = pool.check_password(&user, &password, now)?;
            Ok(json!({
                "ChallengeName": MFA,
                "Session": challenge.session,
                "ChallengeParameters": { "USER_ID_FOR_SRP": challenge.user },
            }))
        }
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => {
            let token = parameters.refresh_token.ok_or(Refusal::MissingParameter("REFRESH_TOKEN"))?;
            Ok(authentication_result(pool.refresh(&token, now)?))
        }
        other => Err(Refusal::FlowNotEnabled(other.to_owned())),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RespondToAuthChallenge {
    client_id: String,
    challenge_name: String,
    session: Option<String>,
    #[serde(default)]
    challenge_responses: ChallengeResponses,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct ChallengeResponses {
    username: Option<String>,
    software_token_mfa_code: Option<String>,
}

fn respond_to_auth_challenge(pool: &Pool, body: &[u8], now: u64) -> Result<Value, Refusal> {
    let request: RespondToAuthChallenge =
        serde_json::from_slice(body).map_err(|_| Refusal::Malformed("RespondToAuthChallenge"))?;
    pool.check_client(&request.client_id)?;
    if request.challenge_name != MFA {
        return Err(Refusal::UnknownChallenge(request.challenge_name));
    }
    let responses = request.challenge_responses;
    let user = responses.username.ok_or(Refusal::MissingParameter("USERNAME"))?;
    let code = responses.software_token_mfa_code;
    let code = code.ok_or(Refusal::MissingParameter("SOFTWARE_TOKEN_MFA_CODE"))?;
    let session = request.session.ok_or(Refusal::MissingParameter("Session"))?;
    Ok(authentication_result(pool.check_code(&user, &session, &code, now)?))
}

fn authentication_result(granted: Granted) -> Value {
    let mut result = json!({
        "AccessToken": granted.tokens.access,
        "IdToken": granted.tokens.id,
        "ExpiresIn": TOKEN_SECONDS,
        "TokenType": "Bearer",
    });
    if let Some(refresh) = granted.refresh {
        result["RefreshToken"] = refresh.into();
    }
    json!({ "AuthenticationResult": result, "ChallengeParameters": {} })
}

async fn key_set(State(served): State<Served>, Path(pool): Path<String>) -> Response {
    if pool != served.pool.id() {
        return StatusCode::NOT_FOUND.into_response();
    }
    axum::Json(served.pool.jwks()).into_response()
}

/// The issuer is the real service's address, but the keys are here: `jwks_uri` names the loopback address.
async fn discovery(State(served): State<Served>, Path(pool): Path<String>) -> Response {
    if pool != served.pool.id() {
        return StatusCode::NOT_FOUND.into_response();
    }
    axum::Json(json!({
        "issuer": served.pool.issuer(),
        "jwks_uri": format!("http://{}/{pool}/.well-known/jwks.json", served.address),
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "token"],
        "subject_types_supported": ["public"],
    }))
    .into_response()
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Internal(cause) => {
            tracing::error!(error = %cause, "user pool failed inside");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Refusal::UnsupportedOperation(operation) => {
            tracing::warn!(operation, "user pool operation refused: not supported");
            StatusCode::BAD_REQUEST
        }
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({ "__type": refusal.code(), "message": refusal.to_string() });
    aws_json(status, Some(refusal.code()), &body)
}

fn aws_json(status: StatusCode, error: Option<&'static str>, body: &Value) -> Response {
    let mut response = (
        status,
        [
            (header::CONTENT_TYPE, "application/x-amz-json-1.1".to_owned()),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (HeaderName::from_static("x-amzn-requestid"), Uuid::new_v4().to_string()),
        ],
        body.to_string(),
    )
        .into_response();
    if let Some(error) = error {
        response.headers_mut().insert("x-amzn-errortype", header::HeaderValue::from_static(error));
    }
    response
}

fn unix_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("the clock stands after 1970").as_secs()
}
