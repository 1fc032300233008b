//! Which act on which document a path names. Read from the raw path: an ALB event has no path parameters.

use fude::lifecycle::Act;
use fude_aws::percent;

use crate::error::Error;

/// The act and the document's id as it was sent.
pub fn route(method: &str, path: &str) -> Result<(Act, String), Error> {
    let segments: Option<Vec<String>> =
        path.strip_prefix('/').and_then(|p| p.split('/').map(percent::decoded).collect());
    let segments = segments.ok_or(Error::NoSuchPath)?;
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
    use super::{Act, Error, route};

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
