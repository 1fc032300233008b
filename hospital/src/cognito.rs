//! Signing in with password and one-time code. The tokens come straight from the user pool, so their claims are read
//! without a check of the signature (OpenID Connect Core 3.1.3.7, 6); the API checks it at every call.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fude::role::Role;
use serde_json::{Value, json};
use ureq::Agent;

use crate::client;
use crate::config::SignInConfig;

#[derive(Clone)]
pub struct Cognito {
    agent: Agent,
    url: String,
    client_id: String,
}

/// What a sign-in hands out. No `Debug`: tokens must not slip into a log.
#[derive(Clone)]
pub struct Tokens {
    pub access: String,
    /// None after a refresh: the one used stays good.
    pub refresh: Option<String>,
    /// Unix seconds.
    pub expires_at: u64,
}

/// Who a token speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub user: String,
    pub role: Role,
    pub hospital: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    #[error("利用者IDかパスワードが違います。")]
    Password,
    #[error("ワンタイムコードが違います。新しいコードを入力してください。")]
    Code,
    #[error("このワンタイムコードは使用済みです。次のコードに変わるのを待って入力してください。")]
    UsedCode,
    #[error("続けて間違えたため、しばらくサインインできません。少し待ってからやり直してください。")]
    Locked,
    #[error("この利用者はこの病院に登録されていません。システム管理者に連絡してください。")]
    Stranger,
    #[error("サインインの画面では設定できない状態です（初期パスワードなど）。システム管理者に連絡してください。")]
    Unfinished,
    #[error("認証サーバーに接続できません。ネットワークを確認してください。")]
    Away,
}

impl Cognito {
    pub fn new(config: &SignInConfig) -> Result<Self, String> {
        if config.ca.is_none() && config.url.starts_with("https:") {
            return Err("sign_in.ca is missing: name the CA bundle of this machine".to_owned());
        }
        let agent = client::agent(config.ca.as_deref(), None, Duration::from_secs(20))?;
        Ok(Self { agent, url: config.url.clone(), client_id: config.client_id.clone() })
    }

    /// Password and code in one go: a code serves once, so a wrong password must not use it up.
    pub async fn sign_in(&self, user: &str, password: &str, code: &str) -> Result<Tokens, SignInError> {
        let started = self
            .call(
                "InitiateAuth",
                json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": self.client_id,
                    "AuthParameters": { "USERNAME": user, "PASSWORD": password } }),
            )
            .await?;
        if started["ChallengeName"] != "SOFTWARE_TOKEN_MFA" {
            return Err(SignInError::Unfinished);
        }
        let answered = self
            .call(
                "RespondToAuthChallenge",
                json!({ "ClientId": self.client_id, "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": started["Session"],
                    "ChallengeResponses": { "USERNAME": user, "SOFTWARE_TOKEN_MFA_CODE": code } }),
            )
            .await?;
        tokens(&answered)
    }

    /// New access token for the same sign-in; its time stays, so it never makes a finalisation fresh.
    pub async fn refresh(&self, token: &str) -> Result<Tokens, SignInError> {
        let body = json!({ "AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": self.client_id,
            "AuthParameters": { "REFRESH_TOKEN": token } });
        tokens(&self.call("InitiateAuth", body).await?)
    }

    async fn call(&self, operation: &str, body: Value) -> Result<Value, SignInError> {
        let request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"));
        let sent = tokio::task::spawn_blocking(move || {
            let mut response = request.send(body.to_string()).map_err(|_| SignInError::Away)?;
            let text = response.body_mut().read_to_string().map_err(|_| SignInError::Away)?;
            let told: Value = serde_json::from_str(&text).map_err(|_| SignInError::Away)?;
            if response.status().is_success() { Ok(told) } else { Err(refused(&told)) }
        });
        sent.await.unwrap_or(Err(SignInError::Away))
    }
}

fn refused(told: &Value) -> SignInError {
    let code = told["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default();
    match code {
        "CodeMismatchException" => SignInError::Code,
        "ExpiredCodeException" => SignInError::UsedCode,
        "PasswordResetRequiredException" | "UserNotConfirmedException" => SignInError::Unfinished,
        "TooManyRequestsException" | "LimitExceededException" => SignInError::Locked,
        "NotAuthorizedException" if told["message"].as_str().is_some_and(|m| m.contains("attempts exceeded")) => {
            SignInError::Locked
        }
        "NotAuthorizedException" | "UserNotFoundException" | "InvalidParameterException" => SignInError::Password,
        _ => SignInError::Away,
    }
}

fn tokens(answer: &Value) -> Result<Tokens, SignInError> {
    let result = &answer["AuthenticationResult"];
    let access = result["AccessToken"].as_str().ok_or(SignInError::Unfinished)?.to_owned();
    let lasts = result["ExpiresIn"].as_u64().unwrap_or(300);
    Ok(Tokens { access, refresh: result["RefreshToken"].as_str().map(str::to_owned), expires_at: now() + lasts })
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Who the access token names; none unless it names exactly one role and one hospital.
pub fn person(access: &str) -> Option<Person> {
    let payload = access.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let groups: Vec<&str> = claims["cognito:groups"].as_array()?.iter().filter_map(Value::as_str).collect();
    let one = |found: Vec<String>| match found.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    let hospital = one(groups.iter().filter_map(|g| g.strip_prefix("hospital:")).map(str::to_owned).collect())?;
    let role = one(groups.iter().filter(|g| Role::parse(g).is_some()).map(|g| (*g).to_owned()).collect())?;
    Some(Person { user: claims["username"].as_str()?.to_owned(), role: Role::parse(&role)?, hospital })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::{SignInError, person, refused};

    fn token(groups: &[&str]) -> String {
        let claims = json!({ "username": "sato", "cognito:groups": groups });
        format!("h.{}.s", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn one_hospital_and_one_role_make_a_person() {
        let found = person(&token(&["hospital:a", "physician", "tea-club"])).expect("a person");
        assert_eq!((found.user.as_str(), found.hospital.as_str(), found.role.as_str()), ("sato", "a", "physician"));
        for groups in [
            &["physician"][..],
            &["hospital:a"],
            &["hospital:a", "hospital:b", "nurse"],
            &["hospital:a", "nurse", "clerk"],
        ] {
            assert_eq!(person(&token(groups)), None, "{groups:?}");
        }
    }

    #[test]
    fn a_used_code_is_told_from_a_wrong_one() {
        assert_eq!(refused(&json!({ "__type": "ExpiredCodeException" })), SignInError::UsedCode);
        assert_eq!(refused(&json!({ "__type": "com.amazonaws#CodeMismatchException" })), SignInError::Code);
        let locked = json!({ "__type": "NotAuthorizedException", "message": "Password attempts exceeded" });
        assert_eq!(refused(&locked), SignInError::Locked);
    }
}
