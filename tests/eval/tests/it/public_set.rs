//! The public set: true sentences pass, planted errors are noticed.

use fude_eval::sentences::{self, ErrorKind, Judged};

fn judged() -> Vec<Judged> {
    let sets = sentences::load(&super::data("sentences")).unwrap();
    assert!(sets.len() >= 24);
    sets.iter().flat_map(|s| s.judge(&sentences::checks(None)).unwrap()).collect()
}

#[test]
fn no_true_sentence_is_dropped() {
    let judged = judged();
    let truths: Vec<&Judged> = judged.iter().filter(|j| j.error.is_none()).collect();
    assert!(truths.len() >= 100 && truths.iter().filter(|j| j.derived).count() >= 20);
    let dropped: Vec<_> = truths.iter().filter(|j| j.dropped.is_some()).map(|j| (&j.text, &j.dropped)).collect();
    assert!(dropped.is_empty(), "{dropped:#?}");
}

#[test]
fn planted_errors_are_noticed() {
    let judged = judged();
    for exact in [true, false] {
        let errors: Vec<&Judged> = judged.iter().filter(|j| j.error.is_some_and(|e| e.exact() == exact)).collect();
        let missed: Vec<_> = errors.iter().filter(|j| !j.noticed()).map(|j| (&j.text, j.error)).collect();
        let goal = if exact { 99 } else { 95 };
        println!("{} of {} noticed", errors.len() - missed.len(), errors.len());
        assert!((errors.len() - missed.len()) * 100 >= errors.len() * goal, "{missed:#?}");
    }
}

#[test]
fn the_set_plants_every_kind_of_error() {
    use ErrorKind::*;
    let judged = judged();
    for kind in [
        Number, Unit, Date, Citation, Drug, Disease, Side, Negation, Status, Cause, Trend, Plan, Condition, Dose,
        Person,
    ] {
        assert!(judged.iter().any(|j| j.error == Some(kind)), "{kind:?}");
    }
}
