//! Pages out of templates: everything typed or read is escaped; nothing is fetched from elsewhere.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, syntax::SyntaxConfig};
use serde::Serialize;
use serde_json::json;

use crate::session::{IDLE, Session};

macro_rules! templates {
    ($($name:literal),+ $(,)?) => { [$(($name, include_str!(concat!("../templates/", $name, ".html")))),+] };
}

static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the usual delimiters"),
    );
    let templates = templates!(
        "layout", "sign_in", "failure", "worklist", "new", "progress", "by_hand", "by_hand_paper", "review",
        "finalise", "versions", "print", "text",
    );
    for (name, source) in templates {
        environment.add_template(name, source).expect("every page is rendered by a test");
    }
    environment
});

/// A page of a signed-in person. `title` stands in the browser's history: no patient in it.
pub fn shown(session: &Session, template: &str, title: &str, context: &impl Serialize) -> Response {
    let guard = format!(
        r#"<input type="hidden" name="csrf" value="{}"><input type="hidden" name="user" value="{}">"#,
        session.csrf,
        escaped(&session.person.user)
    );
    page(template, title, Some((session, guard)), context)
}

/// A page without a session.
pub fn plain(template: &str, title: &str, context: &impl Serialize) -> Response {
    page(template, title, None, context)
}

fn page(template: &str, title: &str, who: Option<(&Session, String)>, context: &impl Serialize) -> Response {
    let guard = who.as_ref().map(|(_, g)| g.clone()).unwrap_or_default();
    let mut all = serde_json::to_value(context).unwrap_or_default();
    if let Some(members) = all.as_object_mut() {
        members.insert("user".to_owned(), who.as_ref().map_or("", |(s, _)| &s.person.user).into());
        members.insert("role".to_owned(), who.as_ref().map_or("", |(s, _)| s.person.role.as_str()).into());
    }
    let body = render(
        template,
        minijinja::context! { guard => Value::from_safe_string(guard.clone()), ..Value::from(Serde(&all)) },
    );
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            // The error names template and line, never a value
            tracing::error!(template, line = error.line(), kind = ?error.kind(), "a page was not rendered");
            return (StatusCode::INTERNAL_SERVER_ERROR, "画面を表示できません。").into_response();
        }
    };
    let signed = who.map(|(session, _)| {
        json!({ "user": session.person.user, "name": session.name, "role": session.person.role.in_japanese(), "idle": IDLE })
    });
    let whole = render(
        "layout",
        minijinja::context! {
            title, template, body => Value::from_safe_string(body), guard => Value::from_safe_string(guard),
            signed => Serde(&signed),
        },
    );
    html(whole.unwrap_or_default())
}

fn render(template: &str, context: Value) -> Result<String, minijinja::Error> {
    ENVIRONMENT.get_template(template)?.render(context)
}

/// A page that is printed by itself, without the frame of the desk.
pub fn sheet(template: &str, context: &impl Serialize) -> Response {
    render(template, Value::from(Serde(context)))
        .map_or_else(|_| (StatusCode::INTERNAL_SERVER_ERROR, "画面を表示できません。").into_response(), html)
}

pub fn html(text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], text).into_response()
}

/// For attributes that are put together here.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// An instant of the API as a clock in Japan shows it.
pub fn time(rfc3339: &str) -> String {
    let read = time::OffsetDateTime::parse(rfc3339, &time::format_description::well_known::Rfc3339);
    read.map_or_else(|_| rfc3339.to_owned(), in_japan)
}

/// The same of Unix seconds.
pub fn clock(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|s| time::OffsetDateTime::from_unix_timestamp(s).ok())
        .map(in_japan)
        .unwrap_or_default()
}

fn in_japan(at: time::OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::from_hms(9, 0, 0).expect("nine hours is an offset"));
    format!("{}/{}/{} {:02}:{:02}", at.year(), u8::from(at.month()), at.day(), at.hour(), at.minute())
}

/// `2026-07-03` as the clock writes days: 2026/7/3.
pub fn day(iso: &str) -> String {
    crate::census::day(iso)
        .map_or_else(|| iso.to_owned(), |d| format!("{}/{}/{}", d.year(), u8::from(d.month()), d.day()))
}

/// `1944-03-08` as 1944年3月8日（昭和19年3月8日）; both, since cards and charts show either.
pub fn birth(iso: &str) -> String {
    let Some(date) = crate::census::day(iso) else { return iso.to_owned() };
    let western = format!("{}年{}月{}日", date.year(), u8::from(date.month()), date.day());
    format!("{western}（{}）", fude::calendar::in_era(date))
}
