//! The public operations: signing in, for the first time too.

use serde::Deserialize;
use serde_json::{Value, json};

use super::read;
use crate::error::Refusal;
use crate::pool::{Challenge, Granted, Pool, Step};
use crate::token::TOKEN_SECONDS;

const MFA: &str = "SOFTWARE_TOKEN_MFA";
const SETUP: &str = "MFA_SETUP";
const NEW_PASSWORD: &str = "NEW_PASSWORD_REQUIRED";

/// None where the operation is none of these.
pub(super) fn answer(pool: &Pool, operation: &str, body: &[u8], now: u64) -> Option<Result<Value, Refusal>> {
    Some(match operation {
        "InitiateAuth" => initiate_auth(pool, body, now),
        "RespondToAuthChallenge" => respond_to_auth_challenge(pool, body, now),
        "AssociateSoftwareToken" => associate(pool, body, now),
        "VerifySoftwareToken" => verify(pool, body, now),
        _ => return None,
    })
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
    let request: InitiateAuth = read("InitiateAuth", body)?;
    pool.check_client(&request.client_id)?;
    let parameters = request.auth_parameters;
    match request.auth_flow.as_str() {
        "USER_PASSWORD_AUTH" => {
            let user = parameters.username.ok_or(Refusal::MissingParameter("USERNAME"))?;
            let password = parameters.password.ok_or(Refusal::MissingParameter("PASSWORD"))?;
            Ok(challenged(&pool.check_password(&user, &password, now)?))
        }
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => {
            let token = parameters.refresh_token.ok_or(Refusal::MissingParameter("REFRESH_TOKEN"))?;
            Ok(authentication_result(pool.refresh(&token, now)?))
        }
        other => Err(Refusal::FlowNotEnabled(other.to_owned())),
    }
}

/// Lists inside are JSON in a string, as the service sends them.
fn challenged(challenge: &Challenge) -> Value {
    let user = &challenge.user;
    let (name, parameters) = match challenge.step {
        Step::Code => (MFA, json!({ "USER_ID_FOR_SRP": user })),
        Step::NewPassword => {
            (NEW_PASSWORD, json!({ "USER_ID_FOR_SRP": user, "requiredAttributes": "[]", "userAttributes": "{}" }))
        }
        Step::Tie { .. } => (SETUP, json!({ "USER_ID_FOR_SRP": user, "MFAS_CAN_SETUP": "[\"SOFTWARE_TOKEN_MFA\"]" })),
    };
    json!({ "ChallengeName": name, "Session": challenge.session, "ChallengeParameters": parameters })
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
    new_password: Option<String>,
}

fn respond_to_auth_challenge(pool: &Pool, body: &[u8], now: u64) -> Result<Value, Refusal> {
    let request: RespondToAuthChallenge = read("RespondToAuthChallenge", body)?;
    pool.check_client(&request.client_id)?;
    if ![MFA, SETUP, NEW_PASSWORD].contains(&request.challenge_name.as_str()) {
        return Err(Refusal::UnknownChallenge(request.challenge_name));
    }
    let responses = request.challenge_responses;
    let user = responses.username.ok_or(Refusal::MissingParameter("USERNAME"))?;
    let session = || request.session.ok_or(Refusal::MissingParameter("Session"));
    match request.challenge_name.as_str() {
        MFA => {
            let code = responses.software_token_mfa_code;
            let code = code.ok_or(Refusal::MissingParameter("SOFTWARE_TOKEN_MFA_CODE"))?;
            Ok(authentication_result(pool.check_code(&user, &session()?, &code, now)?))
        }
        NEW_PASSWORD => {
            let password = responses.new_password.ok_or(Refusal::MissingParameter("NEW_PASSWORD"))?;
            Ok(challenged(&pool.set_password(&user, &session()?, &password, now)?))
        }
        _ => Ok(authentication_result(pool.finish(&user, &session()?, now)?)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SoftwareToken {
    session: Option<String>,
    user_code: Option<String>,
}

/// By a session alone: with an access token the service ties an authenticator anew, which nothing here asks for.
fn associate(pool: &Pool, body: &[u8], now: u64) -> Result<Value, Refusal> {
    let request: SoftwareToken = read("AssociateSoftwareToken", body)?;
    let session = request.session.ok_or(Refusal::MissingParameter("Session"))?;
    let (secret, challenge) = pool.associate(&session, now)?;
    Ok(json!({ "SecretCode": secret, "Session": challenge.session }))
}

fn verify(pool: &Pool, body: &[u8], now: u64) -> Result<Value, Refusal> {
    let request: SoftwareToken = read("VerifySoftwareToken", body)?;
    let session = request.session.ok_or(Refusal::MissingParameter("Session"))?;
    let code = request.user_code.ok_or(Refusal::MissingParameter("UserCode"))?;
    let challenge = pool.verify(&session, &code, now)?;
    Ok(json!({ "Status": "SUCCESS", "Session": challenge.session }))
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
