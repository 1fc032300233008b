//! Pieces of JSON put at the end of a text.

use std::borrow::Cow;

use crate::fhir::node::quote;
use crate::fhir::places::Value;

/// The name of a member, after those that stand in its object already.
pub(super) fn name(name: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    constant(name, out);
    out.push(':');
}

/// A string of this crate, which needs no escape.
pub(super) fn constant(text: &str, out: &mut String) {
    out.reserve(text.len() + 2);
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// Nothing for blanks: FHIR knows no empty elements.
pub(super) fn text(text: &str, out: &mut String) -> bool {
    let any = !is_blank(text);
    if any {
        quote(text, out);
    }
    any
}

/// A part of what a JSON string says. Borrowed, it stands in the record as it is, without anything to escape.
#[expect(clippy::ptr_arg, reason = "only what is a slice of the record needs no escape")]
pub(super) fn part(text: &str, of: &Cow<str>, out: &mut String) -> bool {
    match of {
        Cow::Owned(_) => self::text(text, out),
        Cow::Borrowed(_) if is_blank(text) => false,
        Cow::Borrowed(_) => {
            constant(text, out);
            true
        }
    }
}

/// The same of all that it says.
#[expect(clippy::ptr_arg, reason = "only what is a slice of the record needs no escape")]
pub(super) fn said(text: &Cow<str>, out: &mut String) -> bool {
    part(text, text, out)
}

/// Nearly always the first letter tells.
pub(super) fn is_blank(text: &str) -> bool {
    !text.starts_with(|c: char| !c.is_whitespace()) && text.trim().is_empty()
}

/// A list of what can be written; nothing where that is none.
pub(super) fn listed<'v>(
    values: impl Iterator<Item = Value<'v>>,
    out: &mut String,
    mut write: impl FnMut(Value<'v>, &mut String) -> bool,
) -> bool {
    let start = out.len();
    out.push('[');
    let open = out.len();
    for value in values {
        let before = out.len();
        if before > open {
            out.push(',');
        }
        if !write(value, out) {
            out.truncate(before);
        }
    }
    if out.len() == open {
        out.truncate(start);
        return false;
    }
    out.push(']');
    true
}

/// An object with one string.
pub(super) fn alone(key: &str, said: &str, out: &mut String) -> bool {
    let start = out.len();
    out.push('{');
    name(key, out);
    let any = text(said, out);
    if any {
        out.push('}');
    } else {
        out.truncate(start);
    }
    any
}

/// A number or a truth value as it stands.
pub(super) fn digits(found: Option<&str>, out: &mut String) -> bool {
    out.push_str(found.unwrap_or_default());
    found.is_some()
}
