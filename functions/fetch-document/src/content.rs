//! What of a document may be read, and how it is given.

use fude::audit::UtcMillis;
use fude::lifecycle::State as Life;
use fude_aws::caller::Role;
use fude_aws::rendering::Rendering;
use fude_aws::state::State;
use fude_aws::stored::{Broken, Stored};
use lambda_http::{Request, RequestExt as _};

use crate::accept::{self, Media};
use crate::changes;
use crate::error::Error;

/// Which of the two HTML pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Review,
    Issue,
}

/// The revision and view asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    pub revision: Option<u64>,
    pub view: View,
}

impl Ask {
    pub fn of(request: &Request) -> Result<Self, Error> {
        let query = request.query_string_parameters_ref();
        let all = |name| query.and_then(|q| q.all(name)).unwrap_or_default();
        Self::parse(&all("revision"), &all("view"))
    }

    fn parse(revision: &[&str], view: &[&str]) -> Result<Self, Error> {
        let view = match view {
            [] | ["review"] => View::Review,
            ["issue"] => View::Issue,
            _ => return Err(Error::Malformed("view must be review or issue".to_owned())),
        };
        let revision = if revision.is_empty() { None } else { Some(changes::revision("revision", revision)?) };
        Ok(Self { revision, view })
    }

    /// The issue copy is a page and nothing else. `None`: 406.
    pub fn media<'v>(self, accept: impl Iterator<Item = &'v str>) -> Option<Media> {
        match self.view {
            View::Review => accept::negotiate(accept),
            View::Issue => accept::takes(Media::Html, accept).then_some(Media::Html),
        }
    }
}

/// Whether this role may read this revision now, and where it lies. Without a number: the latest final one, else the
/// latest. Of a sealed document, an auditor and nobody else.
pub fn permitted(role: Role, state: &State, revision: Option<u64>, now: UtcMillis) -> Result<Stored, Error> {
    let sealed = state.state == Life::Sealed.as_str();
    if sealed != (role == Role::Auditor) {
        return Err(if sealed { Error::Sealed } else { Error::Role });
    }
    let wanted = match revision {
        Some(n) => u32::try_from(n).map_err(|_| Error::NotFound)?,
        None => state.final_revision.unwrap_or(state.revision),
    };
    let stored = Stored::revision(state, wanted)?.ok_or(Error::NotFound)?;
    if let Some(expires) = &state.expires_at {
        let expires = UtcMillis::parse(expires).map_err(|_| Broken::State)?;
        if expires <= now {
            return Err(Error::Expired);
        }
    }
    Ok(stored)
}

/// Which rendering is asked for; `None` for JSON, the stored bytes.
pub fn rendering(media: Media, view: View) -> Option<Rendering> {
    match (media, view) {
        (Media::Json, _) => None,
        (Media::Text, _) => Some(Rendering::Text),
        (Media::Html, View::Review) => Some(Rendering::Review),
        (Media::Html, View::Issue) => Some(Rendering::Issue),
        (Media::Fhir, _) => Some(Rendering::Fhir),
    }
}

#[cfg(test)]
mod tests {
    use fude::audit::UtcMillis;
    use fude::integrity::Digest;

    use super::{Ask, Broken, Media, Role, State, View, permitted};
    use crate::error::Error;

    fn now() -> UtcMillis {
        UtcMillis::parse("2026-07-10T00:00:00.000Z").expect("a moment")
    }

    const LATEST: Ask = Ask { revision: None, view: View::Review };

    #[test]
    fn revision_and_view_are_read_strictly() {
        assert_eq!(Ask::parse(&[], &[]).expect("none"), LATEST);
        assert_eq!(Ask::parse(&["2"], &["review"]).expect("both").revision, Some(2));
        assert_eq!(Ask::parse(&["99999999999999999999"], &[]).expect("a number").revision, Some(u64::MAX));
        for revision in ["", "0", "+1", "-1", "1.0", "x", " 1"] {
            assert!(Ask::parse(&[revision], &[]).is_err(), "{revision}");
        }
        assert!(Ask::parse(&["1", "2"], &[]).is_err());
        assert_eq!(Ask::parse(&[], &["issue"]).expect("a view").view, View::Issue);
        for view in [&["print"][..], &["Issue"], &[""], &["issue", "issue"]] {
            assert!(Ask::parse(&[], view).is_err(), "{view:?}");
        }
    }

    #[test]
    fn issue_copy_is_given_as_a_page_only() {
        let issue = Ask { view: View::Issue, ..LATEST };
        for (accept, media) in [
            ("", Some(Media::Html)),
            ("*/*", Some(Media::Html)),
            ("application/json, text/html;q=0.1", Some(Media::Html)),
            ("application/json", None),
            ("text/html;q=0, */*", None),
        ] {
            assert_eq!(issue.media([accept].into_iter()), media, "{accept}");
        }
        assert_eq!(issue.media(std::iter::empty()), Some(Media::Html));
        assert_eq!(LATEST.media(["*/*"].into_iter()), Some(Media::Json));
    }

    /// A draft of one revision.
    fn good() -> State {
        State {
            state: "draft".to_owned(),
            revision: 1,
            patient_tag: Digest::of(b"tag").to_string(),
            manifest_key: Some("draft/0/1/m".to_owned()),
            manifest_sha256: Some(Digest::of(b"manifest")),
            content_key: Some("draft/0/1/c".to_owned()),
            content_sha256: Some(Digest::of(b"content")),
            ..State::default()
        }
    }

    #[test]
    fn only_the_revision_that_there_is_may_be_read() {
        for (revision, found) in [(None, true), (Some(1), true), (Some(2), false), (Some(u64::MAX), false)] {
            let answer = permitted(Role::Nurse, &good(), revision, now());
            assert_eq!(answer.is_ok(), found, "{revision:?}");
            assert!(found || matches!(answer, Err(Error::NotFound)));
        }
        let requested = State { state: "requested".to_owned(), ..State::default() };
        assert!(matches!(permitted(Role::Physician, &requested, None, now()), Err(Error::NotFound)));
    }

    #[test]
    fn an_auditor_reads_the_content_of_sealed_documents_and_nobody_else_does() {
        let sealed = State { state: "sealed".to_owned(), ..good() };
        for role in Role::ALL {
            let auditor = role == Role::Auditor;
            assert_eq!(permitted(role, &good(), None, now()).is_ok(), !auditor, "{role:?}");
            assert_eq!(permitted(role, &sealed, None, now()).is_ok(), auditor, "{role:?}");
        }
    }

    #[test]
    fn a_draft_goes_when_its_time_has_come() {
        let until = |expires: &str| State { expires_at: Some(expires.to_owned()), ..good() };
        let read = |expires: &str| permitted(Role::Physician, &until(expires), None, now());
        assert!(read("2026-07-10T00:00:00.001Z").is_ok());
        assert!(matches!(read("2026-07-10T00:00:00.000Z"), Err(Error::Expired)));
        assert!(matches!(read("someday"), Err(Error::Broken(Broken::State))));
    }
}
