//! A document as people and other systems read it, rendered from its JSON and its state. A draft is rendered on every
//! reading, a final version once, when it is finalised.

use fude::compose::Sender;
use fude::document::Document;
use fude::drafting::addressee_of;
use fude::fhir;
use fude::integrity::{FlagAnswer, View};
use fude::render::{self, Calendar, Paper, Printed};
use fude::role::Role;
use fude::template::Template;

use crate::metadata::Person;
use crate::state::State;

/// What a document is rendered to; JSON are its own bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendering {
    Text,
    Review,
    Issue,
    Fhir,
}

impl Rendering {
    pub const ALL: [Self; 4] = [Self::Text, Self::Review, Self::Issue, Self::Fhir];

    /// Media type without parameters, and the view where one type has several: as the manifest names them.
    pub const fn named(self) -> (&'static str, Option<View>) {
        match self {
            Self::Text => ("text/plain", None),
            Self::Review => ("text/html", Some(View::Review)),
            Self::Issue => ("text/html", Some(View::Issue)),
            Self::Fhir => ("application/fhir+json", None),
        }
    }

    /// `None` for FHIR of a kind without a template. `answers` stand in the order of the flags.
    pub fn render(self, document: &Document, state: &State, sender: &Sender, answers: &[FlagAnswer]) -> Option<String> {
        let template = Template::find(&document.document_type).map(|(t, _)| t);
        if self == Self::Fhir {
            return Some(fhir_document(document, state, sender, template.as_ref()?));
        }
        let addressee_line = addressee_of(document);
        let entered_by = entered_by(state);
        let finalised_by = state.finalised_by.as_ref().map(finalised_by);
        let answers: Vec<render::Answer> =
            answers.iter().map(|a| render::Answer { flag: &a.flag, answer: a.answer.as_str() }).collect();
        let printed = Printed {
            document,
            state: &state.state,
            created_at: &state.created_at,
            entered_by: Some(&entered_by),
            finalised_by: finalised_by.as_deref(),
            finalised_at: state.finalised_at.as_deref(),
            addressee_line: &addressee_line,
            calendar: Calendar::from(template.as_ref().map_or("", |t| t.calendar.as_str())),
            answers: &answers,
        };
        Some(match self {
            Self::Text => render::plain_text(&printed),
            Self::Review => render::review_html(&printed),
            Self::Issue | Self::Fhir => render::issue_html(&printed, &Paper { template: template.as_ref(), sender }),
        })
    }
}

fn fhir_document(document: &Document, state: &State, sender: &Sender, template: &Template) -> String {
    let person = |p: &'_ Person| -> (String, String) { (p.name.clone(), p.role.clone()) };
    let entered = person(&state.entered_by);
    let finalised = state.finalised_by.as_ref().map(person);
    let context = fhir::Context {
        state: &state.state,
        created_at: &state.created_at,
        entered_by: fhir::Person { name: &entered.0, role: &entered.1 },
        on_behalf_of: state.on_behalf_of.as_deref(),
        finalised_by: finalised.as_ref().map(|(name, role)| fhir::Person { name, role }),
        finalised_at: state.finalised_at.as_deref(),
        sender,
        template,
    };
    fhir::document(document, &context)
}

/// 入力者, and for whom: 山本 直子（医師事務作業補助者）　代行：佐藤 健
fn entered_by(state: &State) -> String {
    let person = &state.entered_by;
    let role = Role::parse(&person.role).map(Role::in_japanese).unwrap_or_default();
    let role = if role.is_empty() { String::new() } else { format!("（{role}）") };
    let on_behalf_of = state.on_behalf_of.as_ref().map(|p| format!("　代行：{p}")).unwrap_or_default();
    format!("{}{role}{on_behalf_of}", person.name)
}

/// 確定者: 佐藤 健（医師、内科）
fn finalised_by(person: &Person) -> String {
    let role = Role::parse(&person.role).map(Role::in_japanese).unwrap_or_default();
    let qualification = if person.qualification.is_empty() { role } else { &person.qualification };
    let parts: Vec<&str> = [qualification, &person.department].into_iter().filter(|p| !p.is_empty()).collect();
    if parts.is_empty() { person.name.clone() } else { format!("{}（{}）", person.name, parts.join("、")) }
}

#[cfg(test)]
mod tests {
    use super::{Person, State, entered_by, finalised_by};

    #[test]
    fn a_clerk_stands_there_with_the_physician() {
        let clerk =
            Person {
                id: "u".to_owned(), name: "山本 直子".to_owned(), role: "clerk".to_owned(), ..Person::default()
            };
        let state = State { entered_by: clerk, on_behalf_of: Some("佐藤 健".to_owned()), ..State::default() };
        assert_eq!(entered_by(&state), "山本 直子（医師事務作業補助者）　代行：佐藤 健");
    }

    #[test]
    fn who_finalised_stands_there_with_qualification_and_department() {
        let person = |qualification: &str, department: &str| Person {
            name: "佐藤 健".to_owned(),
            role: "physician".to_owned(),
            qualification: qualification.to_owned(),
            department: department.to_owned(),
            ..Person::default()
        };
        assert_eq!(finalised_by(&person("医師", "呼吸器内科")), "佐藤 健（医師、呼吸器内科）");
        assert_eq!(finalised_by(&person("", "")), "佐藤 健（医師）");
    }
}
