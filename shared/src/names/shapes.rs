//! Names and numbers that nobody declared, known by their form.

use regex_lite::Regex;

/// What gives a name or number away by its form.
pub(super) struct Shapes {
    identifiers: [Regex; 3],
    doctor: Regex,
}

impl Shapes {
    pub(super) fn new() -> Self {
        let pattern = |source| Regex::new(source).expect("a valid pattern");
        Self {
            identifiers: [
                pattern(r"0\d{1,4}-\d{1,4}-\d{4}"),
                pattern(r"〒\s?\d{3}-\d{4}"),
                pattern(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"),
            ],
            doctor: pattern(r"([一-龥々]{1,6})先生"),
        }
    }

    pub(super) fn identifiers<'t>(&'t self, text: &'t str) -> impl Iterator<Item = String> + 't {
        self.identifiers.iter().flat_map(|r| r.find_iter(text)).map(|m| m.as_str().to_owned())
    }

    /// Surnames before 先生, without the words of the trade that may stand before them (主治医鈴木先生).
    pub(super) fn doctors<'t>(&'t self, text: &'t str) -> impl Iterator<Item = String> + 't {
        const TRADE: &[char] = &['医', '科', '院', '者', '長', '師', '当', '任', '授', '所', '局', '部'];
        self.doctor.captures_iter(text).filter_map(|c| {
            let run = c.get(1)?.as_str();
            let name = run.rsplit(TRADE).next().unwrap_or(run);
            (1..=3).contains(&name.chars().count()).then(|| name.to_owned())
        })
    }
}
