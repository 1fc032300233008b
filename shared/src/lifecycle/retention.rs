//! How long the objects of a final version are locked.

use crate::audit::{NotUtcMillis, RetentionMode, UtcMillis};
use crate::document::{Document, SentenceKind};
use crate::template::Template;

/// What a stage of operation locks with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Governance mode, one day: whoever tries Fude out must be able to clean up.
    Trial,
    /// Compliance mode, the whole term.
    Production,
}

/// Years that a hospital keeps what it registered nothing for.
const DEFAULT_YEARS: u32 = 10;
/// 特定生物由来製品 (blood, tissue): 20 years, 医薬品医療機器等法68条の22. Implants by the same term.
const BLOOD_OR_IMPLANT_YEARS: u32 = 20;

/// A lock: its mode, and how many days from finalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    pub mode: RetentionMode,
    pub days: u32,
}

impl Term {
    pub fn until(self, finalised_at: UtcMillis) -> Result<UtcMillis, NotUtcMillis> {
        finalised_at.plus_days(self.days)
    }
}

/// The term of one document: the hospital's, never less than the kind's legal minimum, 20 years with blood or implants.
pub fn term(stage: Stage, template: &Template, hospital_years: Option<u32>, document: &Document) -> Term {
    if stage == Stage::Trial {
        return Term { mode: RetentionMode::Governance, days: 1 };
    }
    let mut years = hospital_years.unwrap_or(DEFAULT_YEARS).max(template.retention.min_years);
    if blood_or_implant(document) {
        years = years.max(BLOOD_OR_IMPLANT_YEARS);
    }
    // Leap days included: 365.25 days a year, rounded up.
    Term { mode: RetentionMode::Compliance, days: (years * 1461).div_ceil(4) }
}

/// A transfusion, a blood product or an implant anywhere in the text or its evidence. Too often is harmless.
fn blood_or_implant(document: &Document) -> bool {
    const WORDS: &[&str] = &[
        "輸血", "赤血球", "血小板製剤", "濃厚血小板", "新鮮凍結血漿", "アルブミン製剤", "人工血管", "人工関節",
        "人工骨頭", "人工弁", "ペースメーカ", "植込", "埋込", "ステント", "インプラント", "移植",
    ];
    let stated = |text: &str| WORDS.iter().any(|w| text.contains(w));
    let device = |resource: &str| resource.starts_with("Device/") || resource.starts_with("DeviceUseStatement/");
    document.sentences().filter(|s| s.kind != SentenceKind::Missing).any(|s| stated(&s.text))
        || document.evidence.values().any(|e| e.resource.as_deref().is_some_and(device))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{document, entered, section};
    use super::{RetentionMode, Stage, Term, term};
    use crate::template::Template;

    fn years(n: u32) -> Term {
        Term { mode: RetentionMode::Compliance, days: (n * 1461).div_ceil(4) }
    }

    #[test]
    fn the_term_is_the_hospitals_but_never_below_the_law() {
        let (template, _) = Template::find("discharge-summary").expect("a kind");
        let plain = document(vec![]);
        let blood = document(vec![section("740", vec![entered("S1", "赤血球液2単位を輸血した。")])]);
        for (registered, document, expected) in [
            (None, &plain, years(10)),
            (Some(30), &plain, years(30)),
            (Some(1), &plain, years(template.retention.min_years)),
            (None, &blood, years(20)),
            (Some(30), &blood, years(30)),
        ] {
            assert_eq!(term(Stage::Production, &template, registered, document), expected, "{registered:?}");
        }
        let trial = Term { mode: RetentionMode::Governance, days: 1 };
        assert_eq!(term(Stage::Trial, &template, Some(30), &blood), trial);
    }

    #[test]
    fn ten_years_end_no_day_too_early() {
        assert_eq!(years(10).days, 3653);
    }
}
