//! Forms: an item is kept where the delivered facts say what was asked and answered.

use super::write::{digits, listed, name, said};
use super::{Cut, as_read, first, several};
use crate::fhir::places::Value;
use crate::fhir::primitive;

/// Forms do not nest deeper.
const DEEPEST: usize = 16;

impl Cut<'_, '_> {
    /// An item of a form with the answers that are told, and the items below it.
    pub(super) fn answered(&self, item: Value, depth: usize, out: &mut String) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        let string = |name: &str| item.get(name).and_then(Value::string);
        let (link, words) = (string("linkId").filter(|l| !l.trim().is_empty())?, string("text"));
        let asked = self.told.says(words.as_deref().unwrap_or(&link));
        let start = out.len();
        out.push('{');
        name("linkId", out);
        said(&link, out);
        if let Some(words) = words.filter(|w| self.told.may_stand(w)) {
            name("text", out);
            said(&words, out);
        }
        let list = |name: &str| item.get(name).into_iter().flat_map(Value::items);
        let mut part = |key: &'static str, write: &dyn Fn(Value, &mut String) -> bool| {
            let before = out.len();
            name(key, out);
            let any = listed(list(key), out, write);
            if !any {
                out.truncate(before);
            }
            any
        };
        let answers = asked && part("answer", &|a, out| self.answer(a, out).is_some());
        let below = part("item", &|i, out| self.answered(i, depth + 1, out).is_some());
        if !answers && !below {
            out.truncate(start);
            return None;
        }
        out.push('}');
        Some(())
    }

    fn answer(&self, answer: Value, out: &mut String) -> Option<()> {
        let (key, value) = answer.members()?.find(|(name, _)| name.starts_with("value"))?;
        let raw = value.raw();
        let start = out.len();
        out.push('{');
        name(&key, out);
        let wrote = match &*key {
            "valueString" => value.string().is_some_and(|s| self.told.says(&s) && said(&s, out)),
            "valueCoding" => self.coding(value, out).is_some_and(|called| {
                let said = called.display.or(called.code);
                said.is_some_and(|said| self.told.says(&said))
            }),
            "valueInteger" => digits(primitive::integer(raw).filter(|v| self.told.says(v)), out),
            "valueDecimal" => digits(primitive::decimal(raw).filter(|v| self.told.says(v)), out),
            "valueBoolean" => digits(Some(raw).filter(|r| matches!(*r, "true" | "false")), out),
            "valueDate" => as_read(value, primitive::date, out),
            "valueQuantity" => self.quantity(value, out).is_some(),
            _ => false,
        };
        if !wrote {
            out.truncate(start);
            return None;
        }
        out.push('}');
        Some(())
    }

    /// Digits and words of the unit, where the digits are told.
    fn quantity(&self, value: Value, out: &mut String) -> Option<()> {
        let found = several(value.get("value")?).find_map(|v| primitive::decimal(v.raw()))?;
        if !self.told.says(found) {
            return None;
        }
        out.push('{');
        name("value", out);
        digits(Some(found), out);
        if let Some(unit) = first(value, "unit", |s| self.told.may_stand(s)) {
            name("unit", out);
            said(&unit, out);
        }
        out.push('}');
        Some(())
    }
}
