//! Several values in one sentence, each under its own condition: they may not change places, nor lose one.

use super::{Condition, Measured};

/// 「安静時SpO2 94%、労作時3L/分で90%」 of 「安静時1.5L/分で94%、…」: of two values one lost its flow.
pub(super) fn flow_lost(text: &str, facts: &[Measured]) -> bool {
    let (flows, values) = (before_unit(text, "l/分"), before_unit(text, "%"));
    let parts = || facts.iter().flat_map(|m| m.text.split(['、', '。']));
    let told = |part: &str| before_unit(part, "%").iter().any(|v| values.contains(v));
    let kept = |part: &str| before_unit(part, "l/分").iter().any(|f| flows.contains(f));
    let lost = |part: &str| {
        let measured = before_unit(part, "%");
        let same = |other: &str| before_unit(other, "%").iter().any(|v| measured.contains(v));
        let free = |other: &str| same(other) && (kept(other) || before_unit(other, "l/分").is_empty());
        before_unit(part, "l/分").len() == 1 && told(part) && !kept(part) && !parts().any(free)
    };
    !flows.is_empty() && parts().any(lost)
}

/// Numbers right before a unit.
fn before_unit<'t>(text: &'t str, unit: &str) -> Vec<&'t str> {
    let digits = |at: usize| {
        let head = &text[..at];
        let start = head
            .rfind(|c: char| !c.is_ascii_digit() && c != '.')
            .map_or(0, |s| s + head[s..].chars().next().map_or(1, char::len_utf8));
        (start < at).then(|| &head[start..])
    };
    text.match_indices(unit).filter_map(|(at, _)| digits(at)).collect()
}

/// 「安静時3L/分、労作時1.5L/分」 of 「安静時1.5L/分、労作時3L/分」: the values changed places.
pub(super) fn crossed(group: &[Condition], text: &str, facts: &[Measured]) -> bool {
    let known: Vec<(usize, String)> = facts.iter().flat_map(|m| pairs(group, &m.text)).collect();
    pairs(group, text).iter().any(|(i, value)| {
        let own = || known.iter().filter(|(k, _)| k == i);
        own().next().is_some() && own().all(|(_, v)| v != value) && known.iter().any(|(k, v)| k != i && v == value)
    })
}

fn first_number(text: &str) -> Option<&str> {
    let rest = &text[text.find(|c: char| c.is_ascii_digit())?..];
    Some(&rest[..rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len())])
}

/// Each condition with the first number behind it, before the next condition.
fn pairs(group: &[Condition], text: &str) -> Vec<(usize, String)> {
    let mut places: Vec<(usize, usize, usize)> = Vec::new();
    for (i, condition) in group.iter().enumerate() {
        let words = condition.words.iter().chain(condition.also);
        places.extend(words.flat_map(|w| text.match_indices(w).map(move |(at, _)| (at, at + w.len(), i))));
    }
    places.sort_unstable();
    places.dedup_by(|b, a| b.0 < a.1);
    let until = |n: usize| places.get(n + 1).map_or(text.len(), |next| next.0);
    let value = |(n, (_, end, i)): (usize, &(usize, usize, usize))| {
        let own = text[*end..until(n)].split('。').next().unwrap_or_default();
        first_number(own).map(|v| (*i, v.to_owned()))
    };
    places.iter().enumerate().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn each_of_two_values_keeps_its_own_condition() {
        let facts = facts(&[
            "[N1.1] note | 2026-05-28 | 指示 | 酸素は安静時1.5L/分、労作時3L/分とする。",
            "[N1.2] note | 2026-05-28 | 所見 | 安静時鼻カニュラ1.5L/分でSpO2 94%、労作時3L/分で90%。",
        ]);
        for (text, cite, keep) in [
            ("酸素は労作時3L/分、安静時1.5L/分とした。", "N1.1", true),
            ("酸素は安静時3L/分、労作時1.5L/分とした。", "N1.1", false),
            ("安静時1.5L/分でSpO2 94%、労作時3L/分で90%であった。", "N1.2", true),
            ("労作時は酸素3L/分でSpO2 90%であった。", "N1.2", true),
            ("安静時SpO2 94%、労作時3L/分で90%であった。", "N1.2", false),
        ] {
            let expected = if keep { Verdict::Keep } else { Verdict::Drop("condition-changed") };
            assert_eq!(ask(check, &facts, text, &[cite]), expected, "{text}");
        }
    }
}
