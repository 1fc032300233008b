//! Names that the prose of `docs/*.md` drops: tests, risks (`R07`), controls (`C13`). Each must exist.

use crate::Error;
use crate::controls::Controls;
use crate::repository::Repository;
use crate::risks::Register;

const THREATS: &str = "docs/threat-model.md";

pub fn faults(repository: &Repository, controls: &Controls, register: &Register) -> Result<Vec<String>, Error> {
    let sources: Vec<String> = repository
        .members()
        .flat_map(|(_, folder)| repository.below(folder, ".rs"))
        .filter_map(|file| repository.text(&file).ok())
        .collect();
    let mut faults = Vec::new();
    for file in repository.below("docs", ".md") {
        let text = repository.text(&file)?;
        let tests = text.split('`').skip(1).step_by(2).filter(|span| is_test_name(span));
        for name in tests.filter(|name| !sources.iter().any(|s| s.contains(&format!("fn {name}(")))) {
            faults.push(format!("{file}: there is no test {name}"));
        }
        for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
            if let Some(number) = numbered(word, 'R', 2)
                && !register.risk.iter().any(|r| r.id == word)
            {
                faults.push(format!("{file}: there is no risk R{number:02}"));
            }
            if let Some(number) = numbered(word, 'C', 1)
                && !controls.holds(number)
            {
                faults.push(format!("{file}: there is no control {number}"));
            }
        }
    }
    // What is left of the threats is what the register holds
    if let Ok(model) = repository.text(THREATS) {
        let unnamed = register.risk.iter().filter(|r| !model.contains(&r.id));
        faults.extend(unnamed.map(|r| format!("{THREATS}: risk {} stands nowhere", r.id)));
    }
    Ok(faults)
}

/// A statement in snake case, as tests are named here.
fn is_test_name(span: &str) -> bool {
    let letters = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    span.bytes().all(letters) && span.bytes().filter(|c| *c == b'_').count() >= 3
}

/// `R07` with two digits at least, `C7` with one.
fn numbered(word: &str, letter: char, digits: usize) -> Option<u32> {
    let number = word.strip_prefix(letter)?;
    (number.len() >= digits && number.bytes().all(|c| c.is_ascii_digit())).then(|| number.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::{is_test_name, numbered};

    #[test]
    fn names_are_told_from_other_words() {
        assert!(is_test_name("an_altered_byte_is_never_returned"));
        for other in ["FUDE_LOG_RETENTION_DAYS", "log_retention_days", "other-patient", "a b_c_d_e"] {
            assert!(!is_test_name(other), "{other}");
        }
        assert_eq!((numbered("R07", 'R', 2), numbered("C13", 'C', 1)), (Some(7), Some(13)));
        for other in ["R4", "CSV", "C", "RFC", "R0x"] {
            assert_eq!((numbered(other, 'R', 2), numbered(other, 'C', 1)), (None, None), "{other}");
        }
    }
}
