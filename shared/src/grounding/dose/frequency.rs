//! How often a drug is given, beyond the day: 毎週 is no 隔週, 「2週に1回」 is. Times of a day are quantities of a dose.

/// Times, and the days in which they fall.
type Frequency = (u32, u32);

/// What the sentence says of it stands in the cited facts, where these say anything of it.
pub fn holds(text: &str, bodies: &[String]) -> bool {
    let said = of(text);
    if said.is_empty() {
        return true;
    }
    let known: Vec<Frequency> = bodies.iter().flat_map(|b| of(b)).collect();
    let same = |a: &Frequency, b: &Frequency| a.0 * b.1 == b.0 * a.1;
    known.is_empty() || said.iter().all(|s| known.iter().any(|k| same(s, k)))
}

/// Frequencies of an NFKC text.
fn of(text: &str) -> Vec<Frequency> {
    const WORDS: &[(&str, Frequency)] =
        &[("隔日", (1, 2)), ("毎週", (1, 7)), ("隔週", (1, 14)), ("毎月", (1, 28)), ("連日", (1, 1)), ("毎日", (1, 1))];
    const SPANS: &[(&str, u32)] = &[("週間", 7), ("週", 7), ("か月", 28), ("ヶ月", 28), ("日", 1)];
    let text: String = text.split_whitespace().collect();
    let mut out: Vec<Frequency> =
        WORDS.iter().filter(|(w, _)| text.contains(w)).map(|(_, frequency)| *frequency).collect();
    let digits = |c: char| c.is_ascii_digit();
    // 週2回, 月に1回
    for (word, days) in [("週", 7), ("月", 28)] {
        for (at, _) in text.match_indices(word) {
            let before = text[..at].chars().next_back();
            let rest = text[at + word.len()..].trim_start_matches('に');
            let end = rest.find(|c| !digits(c)).unwrap_or(rest.len());
            if let Ok(times) = rest[..end].parse::<u32>()
                && rest[end..].starts_with('回')
                && !before.is_some_and(|c| digits(c) || c == '毎' || c == 'か')
            {
                out.push((times, days));
            }
        }
    }
    // 2週に1回, 4週間ごと, 3日毎
    for (at, _) in text.match_indices(digits) {
        // 「5月12日に1回」 is a date.
        if text[..at].ends_with(|c| digits(c) || c == '月') {
            continue;
        }
        let rest = &text[at..];
        let end = rest.find(|c| !digits(c)).unwrap_or(rest.len());
        let (Ok(count), after) = (rest[..end].parse::<u32>(), &rest[end..]) else { continue };
        let Some((word, days)) = SPANS.iter().find(|(w, _)| after.starts_with(w)) else { continue };
        let after = &after[word.len()..];
        let often = ["に1回", "に1度", "ごと", "毎"].iter().any(|w| after.starts_with(w));
        if often && count > 0 && count < 100 {
            out.push((1, count * days));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{holds, of};

    #[test]
    fn one_frequency_has_many_spellings() {
        for (text, expected) in [
            ("2週に1回の皮下注", vec![(1, 14)]),
            ("隔週で皮下注", vec![(1, 14)]),
            ("4週間ごとに点滴", vec![(1, 28)]),
            ("週2回の外来リハビリ", vec![(2, 7)]),
            ("月1回受診", vec![(1, 28)]),
            ("5月12日に1回施行", vec![]),
            ("3月8日に終了", vec![]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn every_week_is_not_every_other_week() {
        let bodies = ["アクテムラ162mg 2週に1回の皮下注を開始した。".to_owned()];
        assert!(holds("162mgを隔週で皮下注した。", &bodies));
        assert!(!holds("162mgを毎週皮下注した。", &bodies));
        assert!(holds("162mgを皮下注した。", &bodies));
    }
}
