//! Which stay or visit a document is about, and what belongs to it.
//! Without `encounterId`: the latest stay, else the latest visit, else none, with a 要確認.

use std::collections::HashSet;

use super::held_back::HeldBack;
use super::{Detail, Fact, Kind, Source};
use crate::calendar::Day;
use crate::record::resources::Encounter;
use crate::record::types::{CodeableConcept, Reference};
use crate::record::{ClinicalRecord, Item};
use crate::template::{self, Template};

/// The stay or visit, as documents print it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stay {
    pub inpatient: bool,
    pub start: Option<Day>,
    pub end: Option<Day>,
    pub department: String,
    pub ward: String,
    pub attending: String,
    pub admit_source: String,
    pub disposition: String,
    pub destination: String,
    pub reason: String,
    pub died: bool,
    /// Entry positions of conditions that the encounter names, with their use (AD, DD, CC …).
    pub diagnoses: Vec<(usize, String)>,
}

impl Stay {
    /// A stay of which only the days may be said.
    fn days_only(self) -> Self {
        let Self { inpatient, start, end, died, diagnoses, .. } = self;
        Self { inpatient, start, end, died, diagnoses, ..Self::default() }
    }
}

pub(crate) struct Scope {
    pub stay: Option<Stay>,
    pub unknown: bool,
    position: Option<usize>,
    encounters: HashSet<usize>,
    window: Option<(Option<Day>, Option<Day>)>,
    /// With a window of days, what names another encounter belongs as well.
    strict: bool,
    fact: Option<Fact>,
}

pub(crate) fn choose(record: &ClinicalRecord, template: &Template, wanted: Option<&str>, held: &HeldBack) -> Scope {
    let chosen = match wanted {
        Some(id) => record.encounters.iter().find(|e| names(e, id)),
        None => latest(record),
    };
    let stay = chosen.map(|e| {
        let stay = read(record, e);
        if held.hides_encounter(&e.reference) { stay.days_only() } else { stay }
    });
    let window = stay.as_ref().and_then(|s| window(s, &template.scope));
    Scope {
        unknown: chosen.is_none(),
        position: chosen.map(|e| e.position),
        encounters: record.encounters.iter().map(|e| e.position).collect(),
        strict: matches!(template.scope, template::Scope::Encounter),
        window,
        fact: chosen.zip(stay.clone()).map(|(e, s)| fact(e, s)),
        stay,
    }
}

fn names(encounter: &Item<Encounter>, id: &str) -> bool {
    encounter.reference == id || encounter.reference.rsplit('/').next() == Some(id)
}

/// The latest stay, else the latest visit; a planned or cancelled one is none.
fn latest<'r, 'a>(record: &'r ClinicalRecord<'a>) -> Option<&'r Item<Encounter<'a>>> {
    let real =
        |e: &&Item<Encounter>| !matches!(e.body.status.as_deref(), Some("planned" | "cancelled" | "entered-in-error"));
    let start = |e: &&Item<Encounter>| e.body.period.as_ref().and_then(|p| p.start.as_deref()).and_then(Day::parse);
    // What a resource contains is a copy; it serves where the encounter itself was not sent.
    let sent = |e: &&Item<Encounter>| !e.pointer.contains("/contained/");
    let all = || record.encounters.iter().filter(real);
    let latest_of = |wanted: &dyn Fn(&&Item<Encounter>) -> bool| {
        let stays = all().filter(wanted).filter(|e| is_inpatient(&e.body));
        stays.max_by_key(start).or_else(|| all().filter(wanted).max_by_key(start))
    };
    latest_of(&sent).or_else(|| latest_of(&|_| true))
}

fn is_inpatient(encounter: &Encounter) -> bool {
    matches!(encounter.class.as_ref().and_then(|c| c.code.as_deref()), Some("IMP" | "ACUTE" | "NONAC" | "SS"))
}

fn read(record: &ClinicalRecord, item: &Item<Encounter>) -> Stay {
    let e = &item.body;
    let concept =
        |c: &Option<CodeableConcept>| c.as_ref().and_then(CodeableConcept::label).unwrap_or_default().to_owned();
    let refers = |r: &Reference| record.label(item.position, r).or(r.display.as_deref()).unwrap_or_default().to_owned();
    let day = |t: Option<&str>| t.and_then(Day::parse);
    let period = e.period.as_ref();
    let hospitalization = e.hospitalization.clone().unwrap_or_default();
    let disposition = concept(&hospitalization.discharge_disposition);
    let expired = hospitalization.discharge_disposition.as_ref().is_some_and(|d| d.has_code("exp"));
    Stay {
        inpatient: is_inpatient(e),
        start: day(period.and_then(|p| p.start.as_deref())),
        end: day(period.and_then(|p| p.end.as_deref())),
        department: concept(&e.service_type),
        ward: e
            .location
            .iter()
            .filter_map(|l| l.location.as_ref())
            .map(refers)
            .find(|l| !l.is_empty())
            .unwrap_or_default(),
        attending: e
            .participant
            .iter()
            .filter_map(|p| p.individual.as_ref())
            .find_map(|r| r.display.as_deref())
            .unwrap_or_default()
            .to_owned(),
        admit_source: concept(&hospitalization.admit_source),
        died: expired || disposition.contains("死亡") || record.patient.deceased_date_time.is_some(),
        disposition,
        destination: hospitalization.destination.as_ref().map(refers).unwrap_or_default(),
        reason: e.reason_code.iter().filter_map(CodeableConcept::label).collect::<Vec<_>>().join("、"),
        diagnoses: e
            .diagnosis
            .iter()
            .filter_map(|d| {
                let position = record.position(item.position, d.condition.as_ref()?)?;
                let code = d.r#use.as_ref().and_then(|u| u.codes().next()).unwrap_or_default();
                Some((position, code.to_owned()))
            })
            .collect(),
    }
}

fn window(stay: &Stay, scope: &template::Scope) -> Option<(Option<Day>, Option<Day>)> {
    match scope {
        template::Scope::Encounter => stay.start.map(|s| (Some(s), stay.end)),
        template::Scope::Days(days) => {
            let end = stay.end.or(stay.start)?.date()?;
            let start = end - time::Duration::days(i64::from(*days));
            Some((Some(Day::from_date(start)), stay.end))
        }
    }
}

fn fact(item: &Item<Encounter>, stay: Stay) -> Fact {
    let kind = if stay.inpatient { "入院" } else { "受診" };
    let span = match (stay.start, stay.end) {
        (Some(s), Some(e)) if stay.inpatient => format!("{}から{}", s.iso(), e.iso()),
        (Some(s), None) if stay.inpatient => format!("{}から", s.iso()),
        (Some(s), _) => s.iso(),
        _ => String::new(),
    };
    let labelled = |label: &str, value: &str| {
        if value.is_empty() { String::new() } else { format!("{label}:{value}") }
    };
    let fields = vec![
        kind.to_owned(),
        span,
        stay.department.clone(),
        stay.ward.clone(),
        labelled("主治医", &stay.attending),
        labelled("入院経路", &stay.admit_source),
        labelled("転帰", &stay.disposition),
        labelled("退院先", &stay.destination),
    ];
    let source = Source::Record { resource: item.reference.clone(), path: item.pointer.clone() };
    Fact::new(Kind::Encounter, None, "", fields, source).with(Detail::Stay(Box::new(stay)))
}

impl Scope {
    /// The stay itself, and why: the reason is free text, told like a note.
    pub fn facts(&self) -> Vec<Fact> {
        let mut out: Vec<Fact> = self.fact.iter().cloned().collect();
        if let (Some(Fact { source: Source::Record { resource, path }, .. }), Some(stay)) = (&self.fact, &self.stay)
            && !stay.reason.is_empty()
        {
            let title = if stay.inpatient { "入院理由" } else { "受診理由" };
            let source = Source::Record { resource: resource.clone(), path: format!("{path}/reasonCode") };
            let fields = vec![title.to_owned(), stay.reason.clone()];
            let detail = Detail::Note { title: title.to_owned(), code: None };
            out.push(Fact::new(Kind::Note, stay.start, "", fields, source).with(detail));
        }
        out
    }

    /// Whether something belongs: by the encounter that it names, else by its day; without either, yes.
    pub fn holds(&self, record: &ClinicalRecord, from: usize, encounter: Option<&Reference>, day: Option<Day>) -> bool {
        self.holds_entry(encounter.and_then(|r| record.position(from, r)), day)
    }

    /// The same for an encounter that was found already.
    pub fn holds_entry(&self, named: Option<usize>, day: Option<Day>) -> bool {
        if let (Some(named), Some(own)) = (named, self.position) {
            if named == own {
                return true;
            }
            if self.strict && self.encounters.contains(&named) {
                return false;
            }
        }
        self.within(day)
    }

    /// Whether this is the stay or visit itself.
    pub fn is_own(&self, encounter: usize) -> bool {
        self.position == Some(encounter)
    }

    /// Whether the stay or visit had ended before a day; of an open stay nobody knows.
    pub fn is_over_by(&self, day: Day) -> bool {
        let end = self.stay.as_ref().and_then(|s| if s.inpatient { s.end } else { s.end.or(s.start) });
        let key = |d: Day, month, in_month| (d.year, d.month.unwrap_or(month), d.day.unwrap_or(in_month));
        end.is_some_and(|end| key(day, 0, 0) > key(end, 12, 31))
    }

    pub fn within(&self, day: Option<Day>) -> bool {
        let (Some((start, end)), Some(day)) = (self.window, day) else {
            return true;
        };
        let key = |d: Day| (d.year, d.month.unwrap_or(0), d.day.unwrap_or(0));
        let last = |d: Day| (d.year, d.month.unwrap_or(12), d.day.unwrap_or(31));
        start.is_none_or(|s| last(day) >= key(s)) && end.is_none_or(|e| key(day) <= last(e))
    }
}
