//! The name of a log: `<hospital>` for a hospital's first, `<hospital>.2` and so on for those that follow a change of
//! key. It is the folder of its objects, the end of its origin line and of its partition in the table.

use std::fmt;

use super::row::is_hospital_id;

/// One of a hospital's logs. They sort by hospital, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogName {
    hospital: String,
    /// From 1.
    generation: u32,
    name: String,
}

impl LogName {
    /// Where every hospital begins.
    pub fn first(hospital: &str) -> Self {
        Self::new(hospital, 1)
    }

    fn new(hospital: &str, generation: u32) -> Self {
        let name = if generation == 1 { hospital.to_owned() } else { format!("{hospital}.{generation}") };
        Self { hospital: hospital.to_owned(), generation, name }
    }

    /// None where the text is not exactly the name of a log.
    pub fn parse(text: &str) -> Option<Self> {
        let (hospital, generation) = match text.split_once('.') {
            None => (text, 1),
            Some((hospital, digits)) => (hospital, digits.parse().ok().filter(|generation| *generation > 1)?),
        };
        let log = Self::new(hospital, generation);
        (is_hospital_id(hospital) && log.name == text).then_some(log)
    }

    pub fn as_str(&self) -> &str {
        &self.name
    }

    pub fn hospital(&self) -> &str {
        &self.hospital
    }

    pub const fn is_first(&self) -> bool {
        self.generation == 1
    }

    /// The log that goes on where this one was closed.
    pub fn next(&self) -> Self {
        Self::new(&self.hospital, self.generation + 1)
    }

    /// The log that this one follows.
    pub fn previous(&self) -> Option<Self> {
        (!self.is_first()).then(|| Self::new(&self.hospital, self.generation - 1))
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_in_order() {
        let names: Vec<_> = ["h", "h.2", "h.10", "h-a"].map(|text| LogName::parse(text).unwrap()).into();
        assert_eq!(names.iter().map(ToString::to_string).collect::<Vec<_>>(), ["h", "h.2", "h.10", "h-a"]);
        assert!(names.is_sorted());
        assert_eq!(names[0].next(), names[1]);
        assert_eq!(names[1].previous(), Some(names[0].clone()));
        assert_eq!(names[0].previous(), None);
    }

    #[test]
    fn other_spellings_are_no_names() {
        for text in ["", "h.1", "h.0", "h.02", "h.+2", "h.", "h.2.3", "H", "h/2", ".2"] {
            assert_eq!(LogName::parse(text), None, "{text}");
        }
    }
}
