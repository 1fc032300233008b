//! A posted form: who sent it, whether from our own page, and its fields.

use std::sync::Arc;

use axum::RequestExt;
use axum::extract::{FromRequest, FromRequestParts, RawForm, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::cognito::now;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::session::Session;

/// Set by what a page does by itself, which keeps nobody signed in.
pub const PASSIVE: &str = "x-desk-passive";
/// Set by every request of a page's script.
pub const SCRIPT: &str = "x-desk-script";

/// Fields in the order of the form.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).map(|(k, v)| (k.into_owned(), lines(&v))).collect())
    }

    /// The value, empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(k, _)| k == name)
    }

    /// All but what guards the form.
    pub fn typed(&self) -> impl Iterator<Item = (&str, &str)> {
        let guards = ["csrf", "user", "key", "etag", "password", "code", "act"];
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str())).filter(move |(k, _)| !guards.contains(k))
    }
}

/// Browsers send line ends as CR LF; documents have LF.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// A signed-in person who looks.
pub struct Signed(pub Session);

impl FromRequestParts<Arc<Desk>> for Signed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Failure> {
        signed(&parts.headers, desk).map(Self).ok_or(Failure::SignedOut { sent: false })
    }
}

/// A signed-in person who sent one of our own forms.
pub struct Posted {
    pub session: Session,
    pub fields: Fields,
}

impl FromRequest<Arc<Desk>> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, desk: &Arc<Desk>) -> Result<Self, Failure> {
        own_page(request.headers(), desk)?;
        let session = signed(request.headers(), desk);
        let RawForm(bytes) = request.extract().await.map_err(|_| Failure::TooMuch)?;
        let fields = Fields::parse(&bytes);
        let session = session.ok_or(Failure::SignedOut { sent: true })?;
        // Another person signed in at this terminal while the page was open
        if fields.get("user") != session.person.user {
            return Err(Failure::OtherPerson);
        }
        if !session.is_own_form(fields.get("csrf")) {
            return Err(Failure::SignedOut { sent: true });
        }
        Ok(Self { session, fields })
    }
}

fn signed(headers: &HeaderMap, desk: &Desk) -> Option<Session> {
    desk.sessions.find(&cookie(headers, desk.cookie())?, !headers.contains_key(PASSIVE), now())
}

pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = all.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(k, _)| *k == name).map(|(_, v)| v.to_owned())
}

/// The form came from a page of ours: by `Sec-Fetch-Site` where the browser tells, else by `Origin`; one of the two is
/// sent by every browser of the last years.
pub fn own_page(headers: &HeaderMap, desk: &Desk) -> Result<(), Failure> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let site = text("sec-fetch-site").map(|s| s == "same-origin");
    let origin = text("origin").map(|o| desk.is_own_origin(o));
    if site != Some(false) && origin != Some(false) && (site.is_some() || origin.is_some()) {
        Ok(())
    } else {
        Err(Failure::Foreign)
    }
}
