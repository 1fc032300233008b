//! The public set by class of error, for those who mend a check: rates with their bounds, and what was judged wrongly.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::rate::Rate;
use crate::sentences::Judged;

/// What was noticed of each class, what was lost of the true ones, and each sentence that went wrong.
pub fn table(judged: &[Judged]) -> String {
    let mut rates: BTreeMap<String, Rate> = BTreeMap::new();
    let mut wrong = String::new();
    for j in judged {
        let (class, good) = match j.error {
            Some(error) => (format!("{error:?}").to_lowercase(), j.noticed()),
            None if j.derived => ("true, derived: kept".to_owned(), j.dropped.is_none()),
            None => ("true: kept".to_owned(), j.dropped.is_none()),
        };
        rates.entry(class.clone()).or_default().count(good);
        if let Some(error) = j.error {
            let group = if error.exact() { "exact" } else { "language" };
            rates.entry(format!("all {group}")).or_default().count(good);
        } else {
            rates.entry("true: no flag".to_owned()).or_default().count(j.flags.is_empty());
        }
        if !good || (j.error.is_none() && j.noticed()) {
            let slug = j.dropped.as_deref().unwrap_or_default();
            let _ = writeln!(wrong, "{} {class} {} {slug} {:?}\n    {}", j.set, j.text, j.flags, j.cited.join(" / "));
        }
    }
    let mut out = wrong;
    for (class, rate) in rates {
        let (low, high) = rate.wilson();
        let share = rate.share().unwrap_or_default() * 100.0;
        let _ = writeln!(
            out,
            "{class:<22} {:>3}/{:<3} {share:6.2} % [{:.2}, {:.2}]",
            rate.hits,
            rate.of,
            low * 100.0,
            high * 100.0
        );
    }
    out
}
