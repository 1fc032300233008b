//! The kinds of document, as their templates tell: titles, sections, addressees. No rule of drafting.

use fude::role::Role;
use fude::template::{From, Section, Template};

pub fn find(kind: &str) -> Option<Template> {
    Template::find(kind).map(|(template, _)| template)
}

/// In the order of a ward's day.
pub fn all() -> Vec<Template> {
    let mut kinds: Vec<Template> = Template::kinds().filter_map(find).collect();
    let order = ["discharge-summary", "referral-letter", "referral-reply", "nursing-summary", "inpatient-care-plan"];
    kinds.sort_by_key(|t| order.iter().position(|k| *k == t.id).unwrap_or(order.len()));
    kinds
}

pub fn title(kind: &str) -> String {
    find(kind).map_or_else(|| kind.to_owned(), |t| t.title)
}

/// The kinds that this role may draft.
pub fn draftable(role: Role) -> Vec<Template> {
    all().into_iter().filter(|t| t.may_draft(role.as_str())).collect()
}

/// Sections that only the author can write.
pub fn stated(template: &Template) -> impl Iterator<Item = &Section> {
    template.sections.iter().filter(|s| s.from == From::Author)
}

/// A type of addressee as a person reads it.
pub fn addressee(kind: &str) -> &str {
    match kind {
        "medical-institution" => "医療機関",
        "pharmacy" => "薬局",
        "visiting-nurse-station" => "訪問看護ステーション",
        "care-manager" => "介護支援専門員（ケアマネジャー）",
        "municipality" => "市区町村",
        "claims-review" => "審査支払機関",
        "employer-or-school" => "勤務先・学校",
        "insurer" => "保険者・保険会社",
        "patient" => "患者本人",
        "family" => "家族",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_type_of_addressee_has_words() {
        for kind in super::all().into_iter().flat_map(|t| t.addressee.types) {
            assert!(!super::addressee(&kind).is_ascii(), "{kind}");
        }
    }
}
