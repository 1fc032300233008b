//! Which act on which document a path names. Read from the raw path: an ALB event has no path parameters.

use fude::lifecycle::Act;
use fude_aws::percent;

use crate::error::Error;

/// The act and the document's id as it was sent.
pub fn route(method: &str, path: &str) -> Result<(Act, String), Error> {
    let segments = percent::segments(path).ok_or(Error::NoSuchPath)?;
    let [documents, id, act] = segments.as_slice() else { return Err(Error::NoSuchPath) };
    if documents != "documents" || id.is_empty() {
        return Err(Error::NoSuchPath);
    }
    let act = match act.as_str() {
        "revisions" => Act::Revise,
        "finalization" => Act::Finalise,
        "withdrawal" => Act::Withdraw,
        "sealing" => Act::Seal,
        "issues" => Act::Issue,
        _ => return Err(Error::NoSuchPath),
    };
    if method == "POST" { Ok((act, id.clone())) } else { Err(Error::MethodNotAllowed) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use lambda_http::RequestExt as _;

    use super::{Act, Error, route};

    #[test]
    fn every_fixture_goes_where_its_name_says_and_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/finalize-document");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).expect("a folder") {
            let path = file.expect("an entry").path();
            let name = path.file_stem().and_then(|n| n.to_str()).expect("a name").to_owned();
            if name == "schedule" {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a fixture");
            let request = lambda_http::request::from_str(&text).expect("an HTTP event");
            let raw = request.raw_http_path();
            let (act, id) = route(request.method().as_str(), raw).expect("a route");
            assert!(raw.ends_with(name.split_once('-').expect("front and act").1), "{name}");
            let ask = crate::request::parse(act, "sub", &id, &request).expect("a sound request");
            assert!(ask.if_match.is_some() && id.starts_with("5b2f0c7e"), "{name}");
            seen += 1;
        }
        assert!(seen >= 5, "{seen} fixtures");
    }

    #[test]
    fn every_act_has_its_path() {
        for (name, act) in [
            ("revisions", Act::Revise),
            ("finalization", Act::Finalise),
            ("withdrawal", Act::Withdraw),
            ("sealing", Act::Seal),
            ("issues", Act::Issue),
        ] {
            assert_eq!(route("POST", &format!("/documents/a%62/{name}")).expect("a route"), (act, "ab".to_owned()));
            assert!(matches!(route("GET", &format!("/documents/a/{name}")), Err(Error::MethodNotAllowed)));
        }
        for path in ["", "/", "/documents", "/documents//issues", "/documents/a", "/documents/a/content", "/x/a/issues"]
        {
            assert!(matches!(route("POST", path), Err(Error::NoSuchPath)), "{path}");
        }
    }
}
