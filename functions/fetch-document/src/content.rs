//! What of a document may be read, and how it is given.

use fude::audit::UtcMillis;
use fude::compose::Sender;
use fude::document::Document;
use fude::drafting::addressee_of;
use fude::fhir;
use fude::render::{self, Calendar, Paper, Printed};
use fude::template::Template;
use fude_aws::caller::Role;
use fude_aws::state::State;
use lambda_http::{Request, RequestExt as _};

use crate::accept::{self, Media};
use crate::check::{Broken, Checked, Stored};
use crate::error::Error;

/// Which of the two HTML pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Review,
    Issue,
}

/// The revision asked for; without one, the latest.
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
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match revision {
            [] => Ok(Self { revision: None, view }),
            // More digits than fit name a revision that there is none of.
            [text] if digits(text) && text.bytes().any(|b| b != b'0') => {
                Ok(Self { revision: Some(text.parse().unwrap_or(u64::MAX)), view })
            }
            _ => Err(Error::Malformed("revision must be one number from 1 on".to_owned())),
        }
    }

    /// The issue copy is a page and nothing else. `None`: 406.
    pub fn media<'v>(self, accept: impl Iterator<Item = &'v str>) -> Option<Media> {
        match self.view {
            View::Review => accept::negotiate(accept),
            View::Issue => accept::takes(Media::Html, accept).then_some(Media::Html),
        }
    }
}

/// Whether this role may read this revision now, and where it lies.
pub fn permitted(role: Role, state: &State, ask: Ask, now: UtcMillis) -> Result<Stored<'_>, Error> {
    if role == Role::Auditor {
        return Err(Error::Role);
    }
    let stored = Stored::of(state)?.ok_or(Error::NotFound)?;
    if ask.revision.is_some_and(|r| r != u64::from(state.revision)) {
        return Err(Error::NotFound);
    }
    if let Some(expires) = &state.expires_at {
        let expires = UtcMillis::parse(expires).map_err(|_| Broken::State)?;
        if expires <= now {
            return Err(Error::Expired);
        }
    }
    Ok(stored)
}

/// JSON are the stored bytes; the others are rendered from them. `None` for FHIR of a kind without a template.
pub fn represent(media: Media, view: View, checked: Checked, state: &State, sender: &Sender) -> Option<String> {
    let document = &checked.document;
    let addressee_line = addressee_of(document);
    let template = Template::find(&document.document_type).map(|(t, _)| t);
    let calendar = template.as_ref().map_or("", |t| t.calendar.as_str());
    let entered_by = entered_by(state);
    let printed = Printed {
        document,
        state: &state.state,
        created_at: &state.created_at,
        entered_by: Some(&entered_by),
        finalised_by: None,
        finalised_at: None,
        addressee_line: &addressee_line,
        calendar: Calendar::from(calendar),
        answers: &[],
    };
    Some(match media {
        Media::Text => render::plain_text(&printed),
        Media::Html if view == View::Issue => {
            render::issue_html(&printed, &Paper { template: template.as_ref(), sender })
        }
        Media::Html => render::review_html(&printed),
        Media::Fhir => fhir_document(document, state, sender, template.as_ref()?),
        Media::Json => checked.json,
    })
}

fn fhir_document(document: &Document, state: &State, sender: &Sender, template: &Template) -> String {
    let person = &state.entered_by;
    let context = fhir::Context {
        state: &state.state,
        created_at: &state.created_at,
        entered_by: fhir::Person { name: &person.name, role: &person.role },
        on_behalf_of: state.on_behalf_of.as_deref(),
        finalised_by: None,
        finalised_at: None,
        sender,
        template,
    };
    fhir::document(document, &context)
}

/// 入力者, and for whom: 山本 直子（医師事務作業補助者）　代行：佐藤 健
fn entered_by(state: &State) -> String {
    let person = &state.entered_by;
    let role = match Role::parse(&person.role) {
        Some(Role::Physician) => "（医師）",
        Some(Role::Clerk) => "（医師事務作業補助者）",
        Some(Role::Nurse) => "（看護師）",
        Some(Role::Auditor) | None => "",
    };
    let on_behalf_of = state.on_behalf_of.as_ref().map(|p| format!("　代行：{p}")).unwrap_or_default();
    format!("{}{role}{on_behalf_of}", person.name)
}

#[cfg(test)]
mod tests {
    use fude::audit::UtcMillis;
    use fude_aws::caller::Role;
    use fude_aws::metadata::Person;
    use fude_aws::state::State;

    use super::{Ask, Media, Sender, View, entered_by, permitted, represent};
    use crate::check::{Broken, Checked, tests};
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

    #[test]
    fn only_the_revision_that_there_is_may_be_read() {
        let state = tests::good();
        for (revision, found) in [(None, true), (Some(1), true), (Some(2), false), (Some(u64::MAX), false)] {
            let answer = permitted(Role::Nurse, &state, Ask { revision, ..LATEST }, now());
            assert_eq!(answer.is_ok(), found, "{revision:?}");
            assert!(found || matches!(answer, Err(Error::NotFound)));
        }
        let requested = State { state: "requested".to_owned(), ..State::default() };
        assert!(matches!(permitted(Role::Physician, &requested, LATEST, now()), Err(Error::NotFound)));
    }

    #[test]
    fn an_auditor_reads_no_content() {
        assert!(matches!(permitted(Role::Auditor, &tests::good(), LATEST, now()), Err(Error::Role)));
    }

    #[test]
    fn a_draft_goes_when_its_time_has_come() {
        let until = |expires: &str| State { expires_at: Some(expires.to_owned()), ..tests::good() };
        assert!(permitted(Role::Physician, &until("2026-07-10T00:00:00.001Z"), LATEST, now()).is_ok());
        assert!(matches!(
            permitted(Role::Physician, &until("2026-07-10T00:00:00.000Z"), LATEST, now()),
            Err(Error::Expired)
        ));
        let someday = until("someday");
        assert!(matches!(permitted(Role::Physician, &someday, LATEST, now()), Err(Error::Broken(Broken::State))));
    }

    #[test]
    fn json_is_what_was_stored_and_the_others_show_the_same_patient() {
        let sender = Sender { name: "みずき野総合病院".to_owned(), ..Sender::default() };
        let given = |media, view| {
            let json = tests::content();
            let document = serde_json::from_str(&json).expect("a document");
            represent(media, view, Checked { document, json }, &tests::good(), &sender).expect("a kind")
        };
        assert_eq!(given(Media::Json, View::Review), tests::content());
        for (media, view) in [(Media::Text, View::Review), (Media::Html, View::Review), (Media::Html, View::Issue)] {
            let text = given(media, view);
            assert!(text.contains("長谷川 フミ") && text.contains("みなと診療所 御中"), "{text}");
            assert!(text.contains("下書き") && text.contains(&sender.name) == (view == View::Issue), "{text}");
        }
        let fhir = given(Media::Fhir, View::Review);
        assert!(fhir.starts_with(r#"{"resourceType":"Bundle""#) && fhir.contains(r#""status":"preliminary""#));
        assert!(fhir.contains("長谷川 フミ") && fhir.contains("みずき野総合病院"), "{fhir}");
    }

    #[test]
    fn a_clerk_stands_there_with_the_physician() {
        let clerk = Person { id: "u".to_owned(), name: "山本 直子".to_owned(), role: "clerk".to_owned() };
        let state = State { entered_by: clerk, on_behalf_of: Some("佐藤 健".to_owned()), ..State::default() };
        assert_eq!(entered_by(&state), "山本 直子（医師事務作業補助者）　代行：佐藤 健");
    }
}
