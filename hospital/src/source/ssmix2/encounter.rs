//! Admissions, moves, discharges and visits (ADT-22, -42, -52, -12, -21) as Encounters.

use fude::fhir::Node;

use super::super::Reason;
use super::condition::Diagnosis;
use super::hl7::Segment;
use super::making::{Making, person_name};
use super::{Filed, codes, dates};

/// A stay or visit.
#[derive(Clone, Debug, Default)]
pub struct Stay {
    pub id: String,
    pub inpatient: bool,
    /// An admission that has not taken place.
    pub planned: bool,
    pub start: Option<String>,
    pub end: Option<String>,
    /// Ward codes, as the patient moved.
    wards: Vec<String>,
    department: String,
    attending: String,
    disposition: String,
}

impl Stay {
    /// Whether a day (`2026-07-11`) lies in it; an open stay goes on, a visit is its day.
    pub fn holds(&self, day: &str) -> bool {
        let Some(start) = self.start.as_deref().and_then(dates::day) else { return false };
        let last = if self.inpatient { self.end.as_deref().and_then(dates::day) } else { Some(start) };
        start <= day && last.is_none_or(|end| day <= end)
    }
}

/// Trigger events that take back what an earlier message said.
const CANCELLING: &[&str] = &["A11", "A12", "A13", "A23", "A25", "A26", "A27", "A38", "A52", "A53", "A55"];

/// PV1 of the messages of a kind; those that cancel are told and left out.
fn visits<'f>(making: &mut Making, files: &'f [Filed], kind: &'static str) -> Vec<(&'f Filed, &'f Segment)> {
    let mut out = Vec::new();
    for file in making.of(files, kind) {
        if CANCELLING.contains(&file.message.kind().1.as_str()) {
            making.warn(file.stored.place(), Reason::Cancelled);
            continue;
        }
        match file.message.first("PV1") {
            Some(pv1) => out.push((file, pv1)),
            None => making.warn(file.stored.place(), Reason::NotHl7),
        }
        making.unread_segments(file, &["PV1", "PV2", "DB1", "OBX", "NK1", "AL1", "IN1"]);
    }
    out
}

/// Finds the stays and visits; everything else of the record is assigned to them.
pub fn find(making: &mut Making, files: &[Filed]) {
    for (file, pv1) in visits(making, files, "ADT-22") {
        let start = making.moment(file, pv1, 44).or_else(|| dates::moment(&file.stored.day));
        let stay = stay(making, file, pv1, start);
        making.stays.push(Stay { inpatient: true, ..stay });
    }
    for (file, pv1) in visits(making, files, "ADT-52") {
        let end = making.moment(file, pv1, 45).or_else(|| dates::moment(&file.stored.day));
        let admitted = making.moment(file, pv1, 44);
        let discharge = stay(making, file, pv1, admitted.clone());
        discharge_of(making, Stay { inpatient: true, end, ..discharge });
    }
    for (file, pv1) in visits(making, files, "ADT-42") {
        let day = dates::moment(&file.stored.day).unwrap_or_default();
        let moved = stay(making, file, pv1, None);
        if let Some(stay) = making.stays.iter_mut().rev().find(|s| s.inpatient && s.holds(&day)) {
            // The discharge told already where the patient was last.
            let at = stay.wards.len() - usize::from(stay.end.is_some() && stay.wards.len() > 1);
            let new: Vec<String> = moved.wards.into_iter().filter(|w| !stay.wards.contains(w)).collect();
            stay.wards.splice(at..at, new);
        }
    }
    for (file, pv1) in visits(making, files, "ADT-12") {
        let start = making.moment(file, pv1, 44).or_else(|| dates::moment(&file.stored.day));
        let visit = stay(making, file, pv1, start);
        making.stays.push(Stay { end: visit.start.clone(), wards: Vec::new(), ..visit });
    }
    for (file, pv1) in visits(making, files, "ADT-21") {
        let start = making.moment(file, pv1, 44).or_else(|| dates::moment(&file.stored.day));
        // A plan that came true is the stay.
        let came = making.stays.iter().any(|s| s.inpatient && s.start >= start);
        let planned = stay(making, file, pv1, start);
        if !came {
            making.stays.push(Stay { inpatient: true, planned: true, ..planned });
        }
    }
    making.stays.sort_by(|a, b| a.start.cmp(&b.start));
}

/// What a PV1 says, whatever the event.
fn stay(making: &mut Making, file: &Filed, pv1: &Segment, start: Option<String>) -> Stay {
    making.unread(file, pv1, &[1, 2, 3, 6, 7, 10, 17, 19, 36, 44, 45]);
    let place = pv1.field(3);
    // PL.6 tells what the place is: C a department's desk, N a ward.
    let (ward, desk) = if place.component(6) == "C" {
        (String::new(), place.component(1))
    } else {
        (place.component(1), String::new())
    };
    let department = Some(pv1.field(10).text()).filter(|d| !d.is_empty()).unwrap_or(desk);
    let named = pv1.field(7).repetitions().find(|d| d.component(15) != "P");
    let disposition = pv1.field(36).text();
    let told = making.settings.dispositions.get(&disposition).cloned();
    if told.is_none() && !disposition.is_empty() {
        making.warn_at(file, pv1, 36, Reason::CodeNotRead);
    }
    let id = making.id(&[&file.stored.kind, &file.stored.day, &file.stored.department]);
    Stay {
        id,
        start,
        wards: Some(ward).filter(|w| !w.is_empty()).into_iter().collect(),
        department: making.department(&department),
        attending: named.map(|d| person_name(d, 2)).unwrap_or_default(),
        disposition: told.unwrap_or_default(),
        ..Stay::default()
    }
}

/// Ends the stay that a discharge means: the one that began at the time it names, else the last open one before it.
fn discharge_of(making: &mut Making, discharge: Stay) {
    let open = |s: &&mut Stay| s.inpatient && s.end.is_none() && s.start <= discharge.end;
    let same_day = |s: &Stay| {
        let day = |m: &Option<String>| m.as_deref().and_then(dates::day).map(str::to_owned);
        discharge.start.is_some() && day(&s.start) == day(&discharge.start)
    };
    let candidates = making.stays.iter_mut().filter(open);
    let found = candidates.max_by_key(|s| (same_day(s), s.start.clone()));
    let Some(stay) = found else {
        making.stays.push(discharge);
        return;
    };
    stay.end = discharge.end;
    stay.disposition = discharge.disposition;
    for (own, last) in [(&mut stay.department, discharge.department), (&mut stay.attending, discharge.attending)] {
        if !last.is_empty() {
            *own = last;
        }
    }
    if stay.wards.last() != discharge.wards.last() {
        stay.wards.extend(discharge.wards);
    }
}

/// The Encounters, with the diagnoses that each stay names as its own.
pub fn make(making: &mut Making, diagnoses: &[Diagnosis]) {
    for stay in making.stays.clone() {
        let own = diagnoses.iter().filter(|d| stay.inpatient && !stay.planned && stay.holds(&d.day));
        let of_stay = own.filter_map(|d| {
            let role = Node::object()
                .with("system", "http://terminology.hl7.org/CodeSystem/diagnosis-role")
                .with("code", d.role?);
            let condition = Node::object().with("reference", format!("Condition/{}", d.id));
            Some(Node::object().with("condition", condition).with("use", Node::object().with("coding", vec![role])))
        });
        let class = if stay.inpatient { "IMP" } else { "AMB" };
        let status = match (stay.planned, &stay.end) {
            (true, _) => "planned",
            (false, Some(_)) => "finished",
            (false, None) => "in-progress",
        };
        // Where the patient was last comes first: documents name one ward.
        let wards = stay.wards.iter().rev().map(|code| {
            let name = making.settings.wards.get(code).unwrap_or(code);
            Node::object().with("location", Node::object().with("display", name))
        });
        let attending = (!stay.attending.is_empty()).then(|| {
            let kind = Node::object()
                .with("system", "http://terminology.hl7.org/CodeSystem/v3-ParticipationType")
                .with("code", "ATND");
            let role = Node::object().with("coding", vec![kind]);
            let who = Node::object().with("display", &stay.attending);
            vec![Node::object().with("type", vec![role]).with("individual", who)]
        });
        let hospitalization = (!stay.disposition.is_empty())
            .then(|| Node::object().with("dischargeDisposition", codes::text(&stay.disposition)));
        let period = Node::object().maybe("start", stay.start.as_ref()).maybe("end", stay.end.as_ref());
        let resource = Making::resource("Encounter", Some("Encounter"), &stay.id)
            .with("status", status)
            .with(
                "class",
                Node::object().with("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode").with("code", class),
            )
            .maybe("serviceType", (!stay.department.is_empty()).then(|| codes::text(&stay.department)))
            .with("subject", Making::subject())
            .maybe("participant", attending)
            .maybe("period", Some(period))
            .maybe("diagnosis", Some(of_stay.collect::<Vec<_>>()))
            .maybe("hospitalization", hospitalization)
            .maybe("location", Some(wards.collect::<Vec<_>>()));
        making.push(resource);
    }
}
