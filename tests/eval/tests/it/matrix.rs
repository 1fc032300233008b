//! Fault × kind: each content fault is noticed in every kind where it can occur, and with its checks taken out it gets
//! through.

use std::collections::BTreeSet;

use fude::grounding::CHECKS;
use fude::template::Template;
use fude_eval::case::{self, Case};
use fude_eval::faults::{FAULTS, Fault, faulty, matrix, plant};
use fude_eval::rate::Rate;

fn cases() -> Vec<Case> {
    case::load(&super::data("cases")).unwrap()
}

#[test]
fn every_content_fault_of_the_stand_in_is_in_the_matrix() {
    let known: BTreeSet<&str> = FAULTS.iter().map(|f| f.name).collect();
    assert_eq!(known, fude_standin_bedrock::content_faults().collect());
}

#[test]
fn each_fault_is_noticed_in_every_kind_where_it_can_occur() {
    let matrix = matrix(&cases()).unwrap();
    let mut missed = Vec::new();
    let mut rates = [Rate::default(); 2];
    for fault in FAULTS {
        let kinds = matrix.get(fault.name).unwrap_or_else(|| panic!("{} occurs nowhere", fault.name));
        for (kind, cell) in kinds {
            println!("{:<22} {kind:<22} {}/{}", fault.name, cell.caught.hits, cell.caught.of);
            assert!(cell.caught.hits > 0, "{} is never noticed in {kind}", fault.name);
            rates[usize::from(fault.exact)].add(cell.caught);
            let unseen = cell.planted.iter().filter(|p| p.noticed.is_none());
            missed.extend(unseen.map(|p| (fault.name, kind.clone(), p.text.clone())));
        }
    }
    let [language, exact] = rates.map(|r| r.share().unwrap());
    assert!(exact >= 0.99 && language >= 0.95, "{exact} {language}, not noticed: {missed:#?}");
}

/// The faults that every narrative offers a hold for.
#[test]
fn the_common_faults_occur_in_every_kind() {
    let matrix = matrix(&cases()).unwrap();
    for name in [
        "hallucinated-number", "unknown-citation", "uncited-sentence", "invented-drug", "unknown-placeholder",
        "duplicated-sentence", "obeys-injection", "other-patient", "undisclosed-diagnosis",
    ] {
        let kinds: BTreeSet<&str> = matrix[name].keys().map(String::as_str).collect();
        assert_eq!(kinds, Template::kinds().collect(), "{name}");
    }
}

#[test]
fn a_fault_is_noticed_otherwise_or_not_at_all_where_its_checks_are_taken_out() {
    let prepared: Vec<_> = cases().into_iter().map(|c| (c.prepare().unwrap(), c)).collect();
    for fault in FAULTS.iter().filter(|f| !f.checks.is_empty()) {
        let left: Vec<_> = CHECKS.iter().copied().filter(|c| !fault.checks.contains(&c.name)).collect();
        assert_eq!(left.len() + fault.checks.len(), CHECKS.len(), "{}: a check of an unknown name", fault.name);
        let through = prepared.iter().any(|(p, case)| gets_through(case, p, fault, &left));
        assert!(
            through,
            "{}: something else notices it everywhere, so nothing shows what {:?} are good for",
            fault.name, fault.checks
        );
    }
}

fn gets_through(
    case: &Case,
    prepared: &fude::drafting::Prepared,
    fault: &Fault,
    checks: &[fude::grounding::Check],
) -> bool {
    // Checks overlap on purpose: what shows that one of them works is that without it nobody, or another, notices.
    plant(case, prepared, fault, checks) != plant(case, prepared, fault, CHECKS)
}

/// `section-omitted` is caught by `required`: a template without it delivers the hole.
#[test]
fn an_omitted_section_is_missing_where_the_template_does_not_require_it() {
    let case = cases().into_iter().find(|c| c.kind == "discharge-summary").unwrap();
    let mut prepared = case.prepare().unwrap();
    let fault = FAULTS.iter().find(|f| f.name == "section-omitted").unwrap();
    let omitted = plant(&case, &prepared, fault, CHECKS);
    assert!(!omitted.is_empty() && omitted.iter().all(|p| p.noticed.is_some()));
    let reply = faulty(&prepared, fault.name);
    for section in &mut prepared.template.sections {
        section.required = false;
    }
    let document = fude_eval::sentences::document(prepared.finish(&reply, "jp.stand-in"));
    assert!(omitted.iter().any(|p| !document.sections.iter().any(|s| s.code == p.section)));
}
