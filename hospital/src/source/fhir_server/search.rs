//! Searches and their pages.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::SourceError;
use super::super::bundle::Given;
use super::http::Http;

/// Pages of one search; a server that has more turns in a circle.
const MOST_PAGES: usize = 1_000;
/// Resources that are asked for a page.
const PAGE: &str = "200";

/// How a search is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    #[default]
    Post,
    Get,
}

/// A page's entries: address and resource.
pub type Page = Vec<(Option<String>, Option<Box<RawValue>>)>;

/// Gives each page of a search to `take`; `false` where the server does not know the type.
pub fn pages(
    http: &Http,
    method: Method,
    kind: &str,
    parameter: &str,
    value: &str,
    take: &mut dyn FnMut(Page) -> Result<(), SourceError>,
) -> Result<bool, SourceError> {
    let form = [(parameter, value), ("_count", PAGE)];
    let mut bundle = match method {
        Method::Post => http.post(&format!("{kind}/_search"), &form)?,
        Method::Get => http.get_search(kind, &form)?,
    };
    if bundle.is_none() {
        return Ok(false);
    }
    let mut links = HashSet::new();
    for _ in 0..MOST_PAGES {
        let given: Given = bundle
            .as_deref()
            .and_then(|b| serde_json::from_slice(b).ok())
            .ok_or_else(|| SourceError::Unusable(format!("the answer to a search for {kind} is no Bundle")))?;
        if given.kind != "Bundle" {
            return Err(SourceError::Unusable(format!("the answer to a search for {kind} is no Bundle")));
        }
        take(given.entry.into_iter().map(|e| (e.full_url, e.resource)).collect())?;
        let Some(next) = given.link.into_iter().find(|l| l.relation == "next") else { return Ok(true) };
        if !links.insert(next.url.clone()) {
            break;
        }
        bundle = http.page(&next.url)?;
    }
    Err(SourceError::Unusable(format!("a search for {kind} does not end")))
}
