//! Every kind has cases, and each says what it must and nothing that it must not.

use std::collections::BTreeMap;

use fude::template::Template;
use fude_eval::case;
use fude_eval::model::Model;
use fude_eval::run::run;

#[test]
fn every_kind_has_four_cases_with_required_and_forbidden_content() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for case in case::load(&super::data("cases")).unwrap() {
        assert!(!case.required.is_empty() && !case.forbidden.is_empty(), "{}", case.name);
        *kinds.entry(case.kind).or_default() += 1;
    }
    for kind in Template::kinds() {
        assert!(kinds.get(kind).is_some_and(|n| *n >= 4), "{kind}: {kinds:?}");
    }
}

#[test]
fn every_case_holds() {
    for case in case::load(&super::data("cases")).unwrap() {
        let j = run(&case, &Model::StandIn).unwrap();
        assert!(
            j.good(),
            "{}: missing {:?}, forbidden {:?}, unsupported {:?}, identifiers {:?}, evidence {:?}, nameless {}",
            j.case,
            j.missing,
            j.forbidden,
            j.unsupported,
            j.identifiers,
            j.evidence,
            j.nameless
        );
        assert_eq!(j.mode, fude::document::Mode::Model, "{}: too much was dropped", j.case);
    }
}
