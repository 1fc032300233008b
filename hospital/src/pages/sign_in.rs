//! Signing in with password and one-time code, and out again.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use crate::cognito::{SignInError, now, person};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::form::{Fields, Posted, Signed, own_page};
use crate::page;

pub async fn show(State(desk): State<Arc<Desk>>) -> Response {
    form(&desk, "", "", StatusCode::OK)
}

fn form(desk: &Desk, user: &str, said: &str, status: StatusCode) -> Response {
    let context = json!({ "hospital": desk.config.name, "name": user, "said": said });
    let mut response = page::plain("sign_in", "サインイン", &context);
    *response.status_mut() = status;
    response
}

pub async fn enter(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    RawForm(body): RawForm,
) -> Result<Response, Failure> {
    own_page(&headers, &desk)?;
    let fields = Fields::parse(&body);
    let user = fields.get("name").trim();
    let refused = |error: SignInError| {
        tracing::info!(outcome = ?error, "a sign-in was refused");
        form(&desk, user, &error.to_string(), StatusCode::UNAUTHORIZED)
    };
    let tokens = match desk.cognito.sign_in(user, fields.get("password"), &code(fields.get("code"))).await {
        Ok(tokens) => tokens,
        Err(error) => return Ok(refused(error)),
    };
    let Some(person) = person(&tokens.access).filter(|p| p.hospital == desk.config.hospital) else {
        return Ok(refused(SignInError::Stranger));
    };
    // Whoever was signed in at this browser is not any more
    if let Some(before) = crate::form::cookie(&headers, desk.cookie())
        && let Some(session) = desk.sessions.find(&before, false, now())
    {
        desk.sessions.close(&session);
    }
    tracing::info!(role = person.role.as_str(), "somebody signed in");
    let name = desk.full_name(&person.user);
    let secret = desk.sessions.open(person, name, tokens, now());
    let mut response = Redirect::to("/").into_response();
    response.headers_mut().insert(header::SET_COOKIE, set_cookie(&desk, &secret, ""));
    Ok(response)
}

/// Six digits, however an input method or a habit wrote them.
pub fn code(typed: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
        other => other,
    };
    typed.chars().map(narrow).filter(char::is_ascii_digit).collect()
}

fn set_cookie(desk: &Desk, value: &str, more: &str) -> HeaderValue {
    let secure = if desk.config.tls.is_some() { "; Secure" } else { "" };
    let cookie = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}", desk.cookie());
    HeaderValue::from_str(&cookie).expect("hex fits in a header")
}

pub async fn leave(State(desk): State<Arc<Desk>>, Posted { session, fields }: Posted) -> Response {
    desk.sessions.close(&session);
    let said = if fields.get("why") == "idle" {
        "15分間操作がなかったためサインアウトしました。入力していた内容は保存してあります。"
    } else {
        "サインアウトしました。"
    };
    let mut response = form(&desk, "", said, StatusCode::OK);
    response.headers_mut().insert(header::SET_COOKIE, set_cookie(&desk, "", "; Max-Age=0"));
    response
}

/// For the script of a page whose person signed in again in another tab.
pub async fn session(Signed(session): Signed) -> Response {
    Json(json!({ "user": session.person.user, "csrf": session.csrf })).into_response()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_read_as_it_is_typed() {
        assert_eq!(super::code(" １２３ 456 "), "123456");
    }
}
