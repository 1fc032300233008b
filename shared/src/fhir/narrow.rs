//! A resource of the record, cut down to what a delivered fact says of it and made valid R4 by the table of `shapes`.
//! Knows nothing of documents; where a reference leads, it is told.

use super::node::{Members, Node, items, string};
use super::primitive;
use super::shapes::{CODING, Member, Otherwise, QUANTITY, Shape, kind};
use crate::facts::mentions;
use crate::record::notes::sentences;
use crate::text::nfkc;

/// Elements of which FHIR takes only one: `value[x]`.
const CHOICES: &[&str] =
    &["onset", "effective", "value", "performed", "occurrence", "bounds", "rate", "dose", "timing"];
const UNKNOWN: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// The only extensions that go out.
const EXTENSIONS: &[&str] = &["JP_MedicationDosage_PeriodOfUse", "JP_MedicationDosage_UsageDuration"];
/// Forms do not nest deeper.
const DEEPEST: usize = 16;

/// Where the references of a resource lead.
pub(super) trait Links {
    /// Name of what is referred to: a drug, a place, a specimen.
    fn label(&self, reference: &str) -> Option<String>;
    /// Key of a resource of this document.
    fn key(&self, reference: &str) -> Option<String>;
}

/// What the delivered facts of one resource say, and what nothing may say.
pub(super) struct Told<'t> {
    said: String,
    withheld: &'t [String],
}

impl<'t> Told<'t> {
    pub fn new<'f>(fields: impl Iterator<Item = &'f String>, withheld: &'t [String]) -> Self {
        Self { said: fields.map(|f| fold(f)).collect::<Vec<_>>().join("\n"), withheld }
    }

    fn says(&self, text: &str) -> bool {
        let text = fold(text);
        !text.is_empty() && self.said.contains(&text)
    }

    fn may_stand(&self, text: &str) -> bool {
        !text.trim().is_empty() && !mentions(text, self.withheld)
    }
}

fn fold(text: &str) -> String {
    nfkc(text).split_whitespace().collect()
}

/// The narrow resource without its patient; `None` for a type that is not listed, or where a required member is
/// missing that nothing can stand for.
pub(super) fn narrow(name: &str, raw: &str, told: &Told, links: &dyn Links) -> Option<Node> {
    let kind = kind(name)?;
    let members = Members::of(raw)?;
    let cut = Cut { told, links, whole: &members };
    let mut node = cut.object(&members, kind.members, 0)?;
    if let Node::Object(list) = &mut node {
        list.insert(0, ("resourceType".into(), name.into()));
    }
    tidy(&mut node);
    Some(node)
}

/// Rules of R4 that tie members together (obs-6, app-2).
fn tidy(node: &mut Node) {
    let has_value = matches!(node, Node::Object(m) if m.iter().any(|(n, _)| n.starts_with("value")));
    if has_value {
        node.remove("dataAbsentReason");
    }
    if node.get("resourceType").and_then(Node::text) == Some("Appointment") {
        match (node.get("start").is_some(), node.get("end").is_some()) {
            (true, false) => node.put("_end", unknown()),
            (false, true) => drop(node.remove("end")),
            _ => {}
        }
    }
}

fn unknown() -> Node {
    Node::object().with("extension", vec![Node::object().with("url", UNKNOWN).with("valueCode", "unknown")])
}

struct Cut<'c> {
    told: &'c Told<'c>,
    links: &'c dyn Links,
    /// Members of the resource, for what is contained.
    whole: &'c Members<'c>,
}

impl Cut<'_> {
    fn object(&self, members: &Members, wanted: &[Member], depth: usize) -> Option<Node> {
        let mut out = Node::object();
        let mut chosen: Vec<&str> = Vec::new();
        for member in wanted {
            if !chosen.is_empty() && choice(member.name).is_some_and(|c| chosen.contains(&c)) {
                continue;
            }
            match self.member(members, member, depth) {
                Some(value) if !value.is_empty() => {
                    out.put(member.name, value);
                    chosen.extend(choice(member.name));
                }
                _ => otherwise(&mut out, member)?,
            }
        }
        Some(out)
    }

    fn member(&self, members: &Members, member: &Member, depth: usize) -> Option<Node> {
        let raw = match members.get(member.name) {
            Some(raw) => raw,
            // JP-CLINS names drugs by a contained or referenced Medication.
            None if member.name == "medicationCodeableConcept" => return self.medication(members),
            None => return None,
        };
        let several = if raw.starts_with('[') { items(raw) } else { vec![raw] };
        let mut values = several.into_iter().filter_map(|raw| self.value(raw, member, depth)).filter(|v| !v.is_empty());
        if member.list { Some(Node::List(values.collect())) } else { values.next() }
    }

    fn value(&self, raw: &str, member: &Member, depth: usize) -> Option<Node> {
        let string = || string(raw);
        let digits = || raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then_some(raw);
        match member.shape {
            Shape::Code(set) => string().filter(|s| set.contains(&s.as_str())).map(Node::Text),
            Shape::Token => primitive::code(&string()?).map(Node::Text),
            Shape::Uri => primitive::uri(&string()?).map(Node::Text),
            Shape::Date => primitive::date(&string()?).map(Node::Text),
            Shape::DateTime => primitive::date_time(&string()?).map(Node::Text),
            Shape::Instant => primitive::instant(&string()?).map(Node::Text),
            Shape::Boolean => serde_json::from_str(raw).ok().map(Node::Boolean),
            Shape::Integer => primitive::integer(digits()?).map(Node::Number),
            Shape::Decimal => primitive::decimal(digits()?).map(Node::Number),
            Shape::Plain => string().filter(|s| self.told.may_stand(s)).map(Node::Text),
            Shape::Told => string().filter(|s| self.says(s)).map(Node::Text),
            Shape::ToldSentences => {
                let said: Vec<String> = sentences(&string()?).into_iter().filter(|s| self.says(s)).collect();
                Some(Node::Text(said.join("\n")))
            }
            Shape::Coding => self.coding(raw, depth),
            Shape::Coded => self.concept(raw, false),
            Shape::ToldConcept => self.concept(raw, true),
            Shape::Object(wanted) => {
                let members = Members::of(raw)?;
                if member.name == "extension" {
                    let url = members.string("url")?;
                    EXTENSIONS.iter().find(|name| url.ends_with(*name))?;
                }
                let mut node = self.object(&members, wanted, depth + 1)?;
                // A code without its system is none (qty-3); the unit's words stay.
                if node.get("value").is_some() && node.get("system").is_none() {
                    node.remove("code");
                }
                Some(node)
            }
            Shape::Link => Some(Node::object().with("reference", self.links.key(raw)?)),
            Shape::Label => {
                let label = self.links.label(raw).or_else(|| Members::of(raw)?.string("display"))?;
                self.says(&label).then(|| Node::object().with("display", label))
            }
            Shape::Answered => self.answered(&Members::of(raw)?, depth),
        }
    }

    fn says(&self, text: &str) -> bool {
        self.told.says(text) && self.told.may_stand(text)
    }

    fn coding(&self, raw: &str, depth: usize) -> Option<Node> {
        self.object(&Members::of(raw)?, CODING, depth + 1)
    }

    /// Codings and words; of a concept that must be told, only where its label is said.
    fn concept(&self, raw: &str, must_be_told: bool) -> Option<Node> {
        let members = Members::of(raw)?;
        let text = members.string("text");
        let codings = members.get("coding").map(items).unwrap_or_default();
        let codings: Vec<Node> =
            codings.into_iter().filter_map(|c| self.coding(c, 0)).filter(|c| !c.is_empty()).collect();
        let part = |name: &str| codings.iter().find_map(|c| c.get(name)?.text());
        let label = text.as_deref().or(part("display")).or(part("code"));
        if must_be_told && !label.is_some_and(|l| self.says(l)) {
            return None;
        }
        let text = text.filter(|t| self.told.may_stand(t));
        Some(Node::object().maybe("coding", Some(codings.clone())).maybe("text", text))
    }

    fn medication(&self, members: &Members) -> Option<Node> {
        let reference = members.get("medicationReference")?;
        let of = |raw: &str, name: &str| Members::of(raw)?.string(name);
        let target = of(reference, "reference");
        if let Some(id) = target.as_deref().and_then(|t| t.strip_prefix('#')) {
            let drug = items(self.whole.get("contained")?).into_iter().find(|c| of(c, "id").as_deref() == Some(id))?;
            return self.concept(Members::of(drug)?.get("code")?, true);
        }
        let label = self.links.label(reference).or_else(|| of(reference, "display"))?;
        self.says(&label).then(|| Node::object().with("text", label))
    }

    /// An item of a form with the answers that are told, and the items below it.
    fn answered(&self, item: &Members, depth: usize) -> Option<Node> {
        if depth > DEEPEST {
            return None;
        }
        let list = |name: &str| item.get(name).map(items).unwrap_or_default();
        let (link, text) = (item.string("linkId").filter(|l| !l.trim().is_empty())?, item.string("text"));
        let asked = self.says(text.as_deref().unwrap_or(&link));
        let answers = list("answer").into_iter().filter(|_| asked).filter_map(|a| self.answer(a)).collect::<Vec<_>>();
        let below = list("item").into_iter().filter_map(|i| self.answered(&Members::of(i)?, depth + 1));
        let below: Vec<Node> = below.collect();
        if answers.is_empty() && below.is_empty() {
            return None;
        }
        let node = Node::object().with("linkId", link).maybe("text", text.filter(|t| self.told.may_stand(t)));
        Some(node.maybe("answer", Some(answers)).maybe("item", Some(below)))
    }

    fn answer(&self, raw: &str) -> Option<Node> {
        let members = Members::of(raw)?;
        let (name, value) = members.0.iter().find(|(name, _)| name.starts_with("value"))?;
        let value = match &**name {
            "valueString" => {
                let said = string(value)?;
                Node::Text(self.says(&said).then_some(said)?)
            }
            "valueCoding" => {
                let coding = self.coding(value, 0)?;
                let said = coding.get("display").or(coding.get("code"))?.text()?;
                self.says(said).then_some(coding.clone())?
            }
            "valueInteger" => Node::Number(primitive::integer(value).filter(|v| self.says(v))?),
            "valueDecimal" => Node::Number(primitive::decimal(value).filter(|v| self.says(v))?),
            "valueBoolean" => Node::Boolean(serde_json::from_str(value).ok()?),
            "valueDate" => Node::Text(primitive::date(&string(value)?)?),
            "valueQuantity" => {
                let quantity = self.object(&Members::of(value)?, QUANTITY, 0)?;
                let Some(Node::Number(digits)) = quantity.get("value") else { return None };
                let unit = quantity.get("unit").and_then(Node::text);
                let kept = Node::object().with("value", Node::Number(digits.clone())).maybe("unit", unit);
                self.says(digits).then_some(kept)?
            }
            _ => return None,
        };
        Some(Node::object().with(name.clone().into_owned(), value))
    }
}

fn choice(name: &str) -> Option<&'static str> {
    CHOICES.iter().copied().find(|c| {
        name.strip_prefix(c).is_some_and(|rest| rest.starts_with(|f: char| f.is_ascii_uppercase()))
            && name != "doseAndRate"
    })
}

/// What stands for a member that is missing; `None` where nothing can.
fn otherwise(out: &mut Node, member: &Member) -> Option<()> {
    let several = |node: Node| if member.list { Node::List(vec![node]) } else { node };
    match member.otherwise {
        Otherwise::Nothing => {}
        Otherwise::Drop => return None,
        Otherwise::Code(code) => out.put(member.name, several(code.into())),
        Otherwise::Words(words) => out.put(member.name, several(Node::object().with("text", words))),
        Otherwise::Unknown => match member.shape {
            // A primitive carries its extension beside it.
            Shape::DateTime => out.put(format!("_{}", member.name), unknown()),
            _ => out.put(member.name, several(unknown())),
        },
    }
    Some(())
}

#[cfg(test)]
mod tests;
