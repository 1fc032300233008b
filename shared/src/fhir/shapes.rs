//! What of each resource type goes out, and in which shape: a table. A member that is not listed stays behind, so
//! nobody's identifiers, no reference to a person, no narrative and no reason for a reason slips through.
//! Value sets, cardinalities and required members: FHIR R4.

mod clinical;
mod orders;

/// How a member is read and what is kept of it.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A code of this set.
    Code(&'static [&'static str]),
    /// Any code.
    Token,
    Uri,
    Date,
    DateTime,
    Instant,
    Boolean,
    Integer,
    Decimal,
    /// Words that the record's structure needs: names of units, questions, forms.
    Plain,
    /// Free text, kept only where a delivered fact says it.
    Told,
    /// Free text of which the delivered sentences are kept.
    ToldSentences,
    Coding,
    /// A concept of the structure: status, category, interpretation.
    Coded,
    /// A concept whose words a delivered fact says.
    ToldConcept,
    Object(&'static [Member]),
    /// A reference to another resource of this document.
    Link,
    /// A reference of which the name of the thing is kept, where a delivered fact says it.
    Label,
    /// An answer of a form, kept where a delivered fact says question and answer.
    Answered,
}

/// What stands where a required member is missing or cannot be read.
#[derive(Clone, Copy)]
pub(super) enum Otherwise {
    /// The member is optional.
    Nothing,
    /// Without it the object is no object of its type.
    Drop,
    Code(&'static str),
    /// A concept of words alone.
    Words(&'static str),
    /// The element without a value, and that it is unknown.
    Unknown,
}

#[derive(Clone, Copy)]
pub(super) struct Member {
    pub name: &'static str,
    pub shape: Shape,
    pub list: bool,
    pub otherwise: Otherwise,
    /// The bit of the choice that it is a shape of; none where it is of none.
    pub choice: u16,
}

pub(super) const fn one(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, list: false, otherwise: Otherwise::Nothing, choice: choice(name) }
}

pub(super) const fn many(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, list: true, otherwise: Otherwise::Nothing, choice: choice(name) }
}

/// Elements of which FHIR takes only one: `value[x]`.
const CHOICES: &[&str] =
    &["onset", "effective", "value", "performed", "occurrence", "bounds", "rate", "dose", "timing"];

/// `valueString` is a shape of `value`; `doseAndRate` is a member of its own.
const fn choice(member: &str) -> u16 {
    let member = member.as_bytes();
    let mut at = 0;
    while at < CHOICES.len() {
        let choice = CHOICES[at].as_bytes();
        if let Some((start, [b'A'..=b'Z', rest @ ..])) = member.split_at_checked(choice.len())
            && same(start, choice)
            && !same(rest, b"ndRate")
        {
            return 1 << at;
        }
        at += 1;
    }
    0
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    a.len() == b.len()
}

impl Member {
    pub(super) const fn or(mut self, otherwise: Otherwise) -> Self {
        self.otherwise = otherwise;
        self
    }
}

use Otherwise::{Code as OrCode, Drop};
use Shape::{Code, Coding, DateTime, Decimal, Link, Object, Plain, Token, Told, Uri};

pub(super) const QUANTITY: &[Member] = &[
    one("value", Decimal),
    one("comparator", Code(&["<", "<=", ">=", ">"])),
    one("unit", Plain),
    one("system", Uri),
    one("code", Token),
];
pub(super) const QUANTITY_SHAPE: Shape = Object(QUANTITY);
pub(super) const PERIOD: Shape = Object(&[one("start", DateTime), one("end", DateTime)]);
pub(super) const RATIO: Shape = Object(&[one("numerator", QUANTITY_SHAPE), one("denominator", QUANTITY_SHAPE)]);
pub(super) const RANGE: Shape = Object(&[one("low", QUANTITY_SHAPE), one("high", QUANTITY_SHAPE)]);
pub(super) const NOTE: Member = many("note", Object(&[one("text", Told).or(Drop)]));
pub(super) const ENCOUNTER: Member = one("encounter", Link);
/// What a resource is confidential for travels with it.
pub(super) const META: Member = one("meta", Object(&[many("security", Coding)]));

pub(super) const fn status(set: &'static [&'static str], otherwise: &'static str) -> Member {
    one("status", Code(set)).or(OrCode(otherwise))
}

/// A resource type: the member that names the patient, and the members that go out.
pub(super) struct Kind {
    pub name: &'static str,
    pub subject: &'static str,
    pub members: &'static [Member],
}

pub(super) fn kind(name: &str) -> Option<&'static Kind> {
    clinical::KINDS.iter().chain(orders::KINDS).find(|k| k.name == name)
}
