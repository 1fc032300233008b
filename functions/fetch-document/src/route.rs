//! Which operation a path names. Read from the raw path: an ALB event has no path parameters, and a REST event's
//! URI begins with the stage.

use fude_aws::percent;

use crate::error::Error;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST /documents/search`
    Search,
    /// `GET /documents/{id}`
    Metadata(String),
    /// `GET /documents/{id}/content`
    Content(String),
    /// `GET /documents/{id}/changes`
    Changes(String),
    /// `GET /documents/{id}/proof`
    Proof(String),
}

impl Route {
    /// The document that is asked for.
    pub fn document(&self) -> Option<&str> {
        match self {
            Self::Search => None,
            Self::Metadata(id) | Self::Content(id) | Self::Changes(id) | Self::Proof(id) => Some(id),
        }
    }
}

/// `GET /documents/search` names a document of that id, which never is one.
pub fn route(method: &str, path: &str) -> Result<Route, Error> {
    let segments = percent::segments(path).ok_or(Error::NoSuchPath)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (segments.as_slice(), method) {
        (["documents", "search"], "POST") => Ok(Route::Search),
        (["documents", id], "GET") if !id.is_empty() => Ok(Route::Metadata((*id).to_owned())),
        (["documents", id, "content"], "GET") if !id.is_empty() => Ok(Route::Content((*id).to_owned())),
        (["documents", id, "changes"], "GET") if !id.is_empty() => Ok(Route::Changes((*id).to_owned())),
        (["documents", id, "proof"], "GET") if !id.is_empty() => Ok(Route::Proof((*id).to_owned())),
        (["documents", "search"], _) => Err(Error::MethodNotAllowed("POST")),
        (["documents", id] | ["documents", id, "content" | "changes" | "proof"], _) if !id.is_empty() => {
            Err(Error::MethodNotAllowed("GET"))
        }
        _ => Err(Error::NoSuchPath),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use lambda_http::RequestExt as _;

    use super::{Error, Route, route};

    #[test]
    fn every_fixture_goes_where_its_name_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/fetch-document");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).expect("a folder") {
            let path = file.expect("an entry").path();
            let name = path.file_stem().and_then(|n| n.to_str()).expect("a name").to_owned();
            let text = std::fs::read_to_string(&path).expect("a fixture");
            let request = lambda_http::request::from_str(&text).expect("an HTTP event");
            let found = route(request.method().as_str(), request.raw_http_path()).expect("a route");
            match found {
                Route::Search => assert!(name.contains("search"), "{name}"),
                Route::Metadata(id) => assert!(name.contains("metadata") && id.starts_with("5b2f0c7e"), "{name}"),
                Route::Changes(id) => assert!(name.contains("changes") && id.starts_with("5b2f0c7e"), "{name}"),
                Route::Proof(id) => assert!(name.contains("proof") && id.starts_with("5b2f0c7e"), "{name}"),
                Route::Content(id) => {
                    assert!(
                        (name.contains("content") || name.contains("groups")) && id.starts_with("5b2f0c7e"),
                        "{name}"
                    );
                }
            }
            seen += 1;
        }
        assert!(seen >= 8, "{seen} fixtures");
    }

    #[test]
    fn segments_are_decoded_after_they_are_split() {
        assert_eq!(route("GET", "/documents/%61b/content").expect("a route"), Route::Content("ab".to_owned()));
        assert_eq!(route("GET", "/documents/a%2Fcontent").expect("a route"), Route::Metadata("a/content".to_owned()));
        assert_eq!(route("GET", "/documents/search").expect("a route"), Route::Metadata("search".to_owned()));
    }

    #[test]
    fn nothing_else_is_there() {
        for path in [
            "", "/", "/documents", "/documents/", "/documents/a/", "/documents//content", "/v1/documents/a",
            "/documents/%zz", "/documents/%ff",
        ] {
            assert!(matches!(route("GET", path), Err(Error::NoSuchPath)), "{path}");
        }
    }

    #[test]
    fn other_methods_are_not_allowed() {
        assert!(matches!(route("PUT", "/documents/search"), Err(Error::MethodNotAllowed("POST"))));
        for path in ["/documents/a", "/documents/a/content", "/documents/a/changes", "/documents/a/proof"] {
            assert!(matches!(route("DELETE", path), Err(Error::MethodNotAllowed("GET"))), "{path}");
        }
    }
}
