//! The document on paper, as text for the EMR, and what changed between versions.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderValue;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fude::lifecycle::Act;
use fude::render::words;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::review::Opened;
use crate::desk::{Desk, segment};
use crate::failure::Failure;
use crate::form::Signed;
use crate::page;

pub async fn print(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let opened = Opened::read(&desk, &session, &id).await?;
    let context = json!({ "doc": opened.head(), "issue": opened.may(Act::Issue, session.person.role),
        "issued": history(&opened.meta, &["document-issued", "document-reissued"]), "key": uuid::Uuid::new_v4().to_string() });
    Ok(page::shown(&session, "print", &format!("{}の印刷", opened.document.title), &context))
}

/// The issue view as the API rendered it, byte for byte; its one style sheet is allowed by its hash.
pub async fn paper(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let token = desk.token(&session).await?;
    let path = format!("/documents/{}/content?view=issue", segment(&id)?);
    let text = desk.api.get(&token, &path, "text/html").await?.text();
    let hashes: String = text
        .split("<style>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</style>"))
        .map(|(css, _)| format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(css))))
        .collect();
    let policy = format!("default-src 'none'; style-src{hashes}; frame-ancestors 'self'");
    let mut response = page::html(text);
    let policy = HeaderValue::from_str(&policy).map_err(|_| Failure::Broken)?;
    response.headers_mut().insert("content-security-policy", policy);
    Ok(response)
}

/// Plain text for pasting into an EMR that speaks CP932; the API named in its last line what that cannot hold.
pub async fn text(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let opened = Opened::read(&desk, &session, &id).await?;
    let token = desk.token(&session).await?;
    let path = format!("/documents/{}/content", segment(&id)?);
    let text = desk.api.get(&token, &path, "text/plain").await?.text();
    let (text, lost) = lost(&text);
    let context = json!({ "doc": opened.head(), "text": text, "lost": lost });
    Ok(page::shown(&session, "text", &format!("{}のテキスト", opened.document.title), &context))
}

/// The text without the line that names what was lost, and the names.
fn lost(text: &str) -> (String, Vec<String>) {
    let told = text.trim_end().rsplit_once('\n').and_then(|(rest, last)| {
        let names = last.strip_prefix("この形式で表せない文字: ")?.strip_suffix("（〓で置換）")?;
        Some((rest.trim_end(), names.split('、').map(named).collect()))
    });
    told.map_or_else(|| (text.trim_end().to_owned(), Vec::new()), |(rest, names)| (rest.to_owned(), names))
}

/// `U+20BB7` with the character itself, which the screen can show where the EMR cannot.
fn named(name: &str) -> String {
    let character = name.strip_prefix("U+").and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?));
    character.map_or_else(|| name.to_owned(), |c| format!("{c}（{name}）"))
}

#[derive(Deserialize)]
pub struct Between {
    from: Option<u64>,
    to: Option<u64>,
}

pub async fn versions(
    State(desk): State<Arc<Desk>>,
    Signed(session): Signed,
    Path(id): Path<String>,
    Query(between): Query<Between>,
) -> Result<Response, Failure> {
    let opened = Opened::read(&desk, &session, &id).await?;
    let last = opened.revision();
    let to = between.to.unwrap_or(last).clamp(1, last.max(1));
    let from = between.from.unwrap_or(to.saturating_sub(1)).clamp(1, last.max(1));
    let token = desk.token(&session).await?;
    let path = format!("/documents/{}/changes?from={from}&to={to}", segment(&id)?);
    let told = desk.api.get(&token, &path, "application/json").await?.json()?;
    let changes: Vec<Value> = told["changes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| {
            let section = c["section"].as_str().unwrap_or_default();
            json!({ "section": words::section(&opened.document, section), "change": change(&c["change"]), "before": c["before"],
                "after": c["after"], "before_by": by(&c["beforeBy"]), "after_by": by(&c["afterBy"]) })
        })
        .collect();
    let context = json!({ "doc": opened.head(), "from": from, "to": to, "last": last, "revisions": (1..=last).collect::<Vec<_>>(),
        "changes": changes, "unchanged": told["unchanged"], "history": history(&opened.meta, &[]) });
    Ok(page::shown(&session, "versions", &format!("{}の版", opened.document.title), &context))
}

fn change(slug: &Value) -> &str {
    match slug.as_str().unwrap_or_default() {
        "added" => "追加",
        "removed" => "削除",
        "changed" => "変更",
        "moved" => "移動",
        other => other,
    }
}

fn by(slug: &Value) -> &str {
    match slug.as_str().unwrap_or_default() {
        "machine" => "機械",
        "person" => "人",
        other => other,
    }
}

/// Who did what, when and why; all of it, or those acts alone.
fn history(meta: &Value, acts: &[&str]) -> Vec<Value> {
    let steps = meta["history"].as_array().into_iter().flatten();
    steps
        .filter(|s| acts.is_empty() || acts.contains(&s["action"].as_str().unwrap_or_default()))
        .map(|s| {
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            json!({ "act": act(&text(&s["action"])), "by": text(&s["by"]["name"]), "at": page::time(&text(&s["at"])),
                "reason": text(&s["reason"]), "revision": s["revision"] })
        })
        .collect()
}

fn act(slug: &str) -> &str {
    match slug {
        "document-requested" => "作成依頼",
        "document-drafted" => "下書き作成",
        "document-revised" => "修正",
        "document-finalised" => "確定",
        "amendment-begun" => "訂正開始",
        "document-withdrawn" => "撤回",
        "sealing-requested" => "封印依頼",
        "document-sealed" => "封印",
        "document-issued" => "交付",
        "document-reissued" => "再交付",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::lost;

    #[test]
    fn what_the_emr_cannot_hold_is_named_and_left_out_of_the_copy() {
        let (text, names) = lost("退院時サマリー\n〓田\n\nこの形式で表せない文字: U+20BB7、葛の異体字（〓で置換）\n");
        assert_eq!(text, "退院時サマリー\n〓田");
        assert_eq!(names, ["𠮷（U+20BB7）", "葛の異体字"]);
        assert_eq!(lost("本文\n").1, Vec::<String>::new());
    }
}
