//! A resource of the record, cut down to what a delivered fact says of it and made valid R4 by the table of `shapes`.
//! Knows nothing of documents; where a reference leads, it is told.
//!
//! Written straight into text, as a draft holds hundreds: what writes says whether it did, and leaves the text as it was
//! where it did not.

mod form;
mod told;
mod write;

use std::borrow::Cow;

use super::places::Value;
use super::primitive;
use super::shapes::{Kind, Member, Otherwise, Shape};
use crate::record::notes::sentences;
pub(super) use told::Told;
use write::{alone, constant, digits, is_blank, listed, name, part, said, text};

const UNKNOWN: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// The only extensions that go out.
const EXTENSIONS: &[&str] = &["JP_MedicationDosage_PeriodOfUse", "JP_MedicationDosage_UsageDuration"];

/// What JP-CLINS names by a contained or referenced Medication.
const DRUG: &str = "medicationCodeableConcept";

/// Where the references of a resource lead.
pub(super) trait Links {
    /// Name of what is referred to: a drug, a place, a specimen.
    fn label(&self, reference: &str) -> Option<String>;
    /// Key of a resource of this document.
    fn key(&self, reference: &str) -> Option<String>;
}

/// Whether a member of a resource is looked at.
pub(super) fn wants(kind: &Kind, member: &str) -> bool {
    let named = |name: &str| kind.members.iter().any(|m| m.name == name);
    named(member) || (matches!(member, "contained" | "medicationReference") && named(DRUG))
}

/// The narrow resource without its patient; `None` where a required member is missing that nothing can stand for.
/// Written into `out`, which is emptied first.
pub(super) fn narrow(
    kind: &'static Kind,
    resource: Value,
    told: &Told,
    links: &dyn Links,
    out: &mut String,
) -> Option<()> {
    out.clear();
    if !resource.is_object() {
        return None;
    }
    let cut = Cut { told, links, whole: resource, kind: kind.name };
    out.push_str("{\"resourceType\":");
    constant(kind.name, out);
    let written = cut.members(resource, kind.members, 0, out)?;
    if kind.name == "Appointment" && written.holds(kind.members, "start") && !written.holds(kind.members, "end") {
        out.push_str(",\"_end\":");
        unknown(out);
    }
    out.push('}');
    Some(())
}

fn unknown(out: &mut String) {
    out.push_str("{\"extension\":[{\"url\":");
    constant(UNKNOWN, out);
    out.push_str(",\"valueCode\":\"unknown\"}]}");
}

/// Which members of a table are written, by their place in it.
#[derive(Clone, Copy, Default)]
struct Written(u64);

impl Written {
    fn holds(self, wanted: &[Member], name: &str) -> bool {
        self.any(wanted, |n| n == name)
    }

    fn any(self, wanted: &[Member], is: impl Fn(&str) -> bool) -> bool {
        wanted.iter().enumerate().any(|(i, m)| self.0 >> i & 1 == 1 && is(m.name))
    }
}

struct Cut<'c, 't> {
    told: &'c Told<'t>,
    links: &'c dyn Links,
    /// The resource, for what is contained.
    whole: Value<'c>,
    kind: &'static str,
}

impl Cut<'_, '_> {
    fn object(&self, value: Value, wanted: &[Member], depth: usize, out: &mut String) -> bool {
        let start = out.len();
        out.push('{');
        let written = if value.is_object() { self.members(value, wanted, depth, out) } else { None };
        if written.is_none() || out.ends_with('{') {
            out.truncate(start);
            return false;
        }
        out.push('}');
        true
    }

    /// `None` where a member is missing that nothing can stand for; what was written before it stays.
    fn members(&self, of: Value, wanted: &[Member], depth: usize, out: &mut String) -> Option<Written> {
        let mut written = Written::default();
        let mut chosen = 0;
        for (i, member) in wanted.iter().enumerate() {
            if matches!(member.otherwise, Otherwise::Nothing) && !may_stand_in(of, member) {
                continue;
            }
            let before = out.len();
            if chosen & member.choice != 0 || !self.may_follow(member, written, wanted, depth) {
                continue;
            }
            if self.member(of, member, depth, out) {
                chosen |= member.choice;
            } else {
                out.truncate(before);
                otherwise(member, out)?;
            }
            if out.len() > before {
                written.0 |= 1 << i;
            }
        }
        Some(written)
    }

    /// Rules of R4 that tie a member to those before it (qty-3, obs-6, app-2).
    fn may_follow(&self, member: &Member, written: Written, wanted: &[Member], depth: usize) -> bool {
        match member.name {
            // A code without its system is none; the unit's words stay.
            "code" => !written.holds(wanted, "value") || written.holds(wanted, "system"),
            "dataAbsentReason" => !written.any(wanted, |n| n.starts_with("value")),
            "end" if self.kind == "Appointment" && depth == 0 => written.holds(wanted, "start"),
            _ => true,
        }
    }

    fn member(&self, of: Value, member: &Member, depth: usize, out: &mut String) -> bool {
        let value = match of.get(member.name) {
            Some(value) => value,
            None if member.name == DRUG => {
                name(member.name, out);
                return self.medication(of, out).is_some();
            }
            None => return false,
        };
        name(member.name, out);
        if !member.list {
            return several(value).any(|v| self.value(v, member, depth, out));
        }
        listed(several(value), out, |v, out| self.value(v, member, depth, out))
    }

    fn value(&self, value: Value, member: &Member, depth: usize, out: &mut String) -> bool {
        let raw = value.raw();
        let mut string = |keep: &dyn Fn(&str) -> bool| value.string().is_some_and(|s| keep(&s) && said(&s, out));
        match member.shape {
            Shape::Code(set) => string(&|s| set.contains(&s)),
            Shape::Token => string(&|s| primitive::code(s).is_some()),
            Shape::Uri => string(&|s| primitive::uri(s).is_some()),
            Shape::Plain => string(&|s| self.told.may_stand(s)),
            Shape::Told => string(&|s| self.told.says(s)),
            Shape::Date => as_read(value, primitive::date, out),
            Shape::DateTime => as_read(value, primitive::date_time, out),
            Shape::Instant => as_read(value, primitive::instant, out),
            Shape::Boolean => digits(Some(raw).filter(|r| matches!(*r, "true" | "false")), out),
            Shape::Integer => digits(primitive::integer(raw), out),
            Shape::Decimal => digits(primitive::decimal(raw), out),
            Shape::ToldSentences => value.string().is_some_and(|s| {
                let said: Vec<String> = sentences(&s).into_iter().filter(|s| self.told.says(s)).collect();
                text(&said.join("\n"), out)
            }),
            Shape::Coding => self.coding(value, out).is_some(),
            Shape::Coded => self.concept(value, false, out).is_some(),
            Shape::ToldConcept => self.concept(value, true, out).is_some(),
            Shape::Object(wanted) => {
                let known = |url: &str| EXTENSIONS.iter().any(|name| url.ends_with(name));
                let goes_out =
                    member.name != "extension" || value.get("url").and_then(Value::string).is_some_and(|u| known(&u));
                goes_out && self.object(value, wanted, depth + 1, out)
            }
            Shape::Link => self.links.key(raw).is_some_and(|key| alone("reference", &key, out)),
            Shape::Label => self.label(value).is_some_and(|label| alone("display", &label, out)),
            Shape::Answered => self.answered(value, depth, out).is_some(),
        }
    }

    /// Name of what is referred to, where it is told.
    fn label(&self, reference: Value) -> Option<String> {
        let display = || Some(reference.get("display")?.string()?.into_owned());
        self.links.label(reference.raw()).or_else(display).filter(|label| self.told.says(label))
    }

    /// Writes system, code and words; tells what it is called.
    fn coding<'v>(&self, value: Value<'v>, out: &mut String) -> Option<Called<'v>> {
        let system = first(value, "system", |s| primitive::uri(s).is_some());
        let code = first(value, "code", |s| primitive::code(s).is_some());
        let display = first(value, "display", |s| self.told.may_stand(s));
        let start = out.len();
        out.push('{');
        for (key, kept) in [("system", &system), ("code", &code), ("display", &display)] {
            if let Some(kept) = kept {
                name(key, out);
                said(kept, out);
            }
        }
        if out.len() == start + 1 {
            out.truncate(start);
            return None;
        }
        out.push('}');
        Some(Called { code, display })
    }

    /// Codings and words; of a concept that must be told, only where its label is said.
    fn concept(&self, value: Value, must_be_told: bool, out: &mut String) -> Option<()> {
        if !value.is_object() {
            return None;
        }
        let start = out.len();
        out.push('{');
        let words = value.get("text").and_then(Value::string);
        let mut called = Called::default();
        let before = out.len();
        name("coding", out);
        let codings = value.get("coding").into_iter().flat_map(Value::items);
        let any = listed(codings, out, |coding, out| {
            let Some(further) = self.coding(coding, out) else { return false };
            called.display = called.display.take().or(further.display);
            called.code = called.code.take().or(further.code);
            true
        });
        if !any {
            out.truncate(before);
        }
        let label = words.as_deref().or(called.display.as_deref()).or(called.code.as_deref());
        let told = !must_be_told || label.is_some_and(|l| self.told.says(l));
        if let Some(words) = words.as_ref().filter(|w| told && self.told.may_stand(w)) {
            name("text", out);
            said(words, out);
        }
        if !told || out.ends_with('{') {
            out.truncate(start);
            return None;
        }
        out.push('}');
        Some(())
    }

    fn medication(&self, of: Value, out: &mut String) -> Option<()> {
        let reference = of.get("medicationReference")?;
        let target = reference.get("reference").and_then(Value::string);
        if let Some(id) = target.as_deref().and_then(|t| t.strip_prefix('#')) {
            let is_it = |drug: &Value| drug.get("id").and_then(Value::string).is_some_and(|i| i == id);
            let drug = self.whole.get("contained")?.items().find(is_it)?;
            return self.concept(drug.get("code")?, true, out);
        }
        alone("text", &self.label(reference)?, out).then_some(())
    }
}

/// Whether a member may be made of what an object holds.
fn may_stand_in(of: Value, member: &Member) -> bool {
    of.may_hold(member.name) || member.name == DRUG
}

/// A string as a reader of primitives takes it.
fn as_read(value: Value, read: fn(&str) -> Option<&str>, out: &mut String) -> bool {
    value.string().is_some_and(|s| read(&s).is_some_and(|read| part(read, &s, out)))
}

/// The string of a member, or the first of a list, that is kept.
fn first<'v>(of: Value<'v>, name: &str, keep: impl Fn(&str) -> bool) -> Option<Cow<'v, str>> {
    several(of.get(name)?).filter_map(Value::string).find(|s| keep(s) && !is_blank(s))
}

/// How a concept is called in its codings.
#[derive(Default)]
struct Called<'v> {
    code: Option<Cow<'v, str>>,
    display: Option<Cow<'v, str>>,
}

/// The items of a list, or the value itself.
fn several(value: Value) -> impl Iterator<Item = Value> {
    let itself = (!value.is_list()).then_some(value);
    value.items().chain(itself)
}

/// What stands for a member that is missing; `None` where nothing can.
fn otherwise(member: &Member, out: &mut String) -> Option<()> {
    let mut stand = |write: &dyn Fn(&mut String)| {
        name(member.name, out);
        out.push_str(if member.list { "[" } else { "" });
        write(out);
        out.push_str(if member.list { "]" } else { "" });
    };
    match member.otherwise {
        Otherwise::Nothing => {}
        Otherwise::Drop => return None,
        Otherwise::Code(code) => stand(&|out| constant(code, out)),
        Otherwise::Words(words) => stand(&|out| {
            alone("text", words, out);
        }),
        Otherwise::Unknown => match member.shape {
            // A primitive carries its extension beside it.
            Shape::DateTime => {
                name(&format!("_{}", member.name), out);
                unknown(out);
            }
            _ => stand(&|out| unknown(out)),
        },
    }
    Some(())
}

#[cfg(test)]
mod tests;
