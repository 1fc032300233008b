//! Records that are another person's, or two people's, are refused; good ones are read.

use fude_eval::mixups;

#[test]
fn another_persons_record_is_refused_and_good_ones_are_read() {
    let mixups = mixups::run(&super::data("mixups")).unwrap();
    assert!(mixups.refused().of >= 30 && mixups.good_refused().of >= 20);
    let wrong: Vec<_> = mixups.variants.iter().filter(|v| !v.right).map(|v| (&v.name, &v.why, &v.outcome)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
