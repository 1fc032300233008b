//! One repair request for the sentences that a check dropped, and how their second wording comes in.
//! The dropped wording stays listed: what the model first said is part of the draft's history.

use super::{Grounded, Passed, Refused};
use crate::document::Dropped;

/// Reasons that a second wording cannot mend, or that must not be repeated to anybody.
const NOT_WORTH: &[&str] = &["unknown-section", "duplicate", "held-back", "empty", "one-sided", "must-not-mention"];

const ASK: &str = "\
次の文は検査を通らなかった。各行は、番号、章、挙げた事実、理由、文の順である。
挙げた事実、または正しい根拠となる事実に書かれていることだけで書き直し、書き直した文だけを同じ JSON で、元の章に入れて返すこと。
事実から書けない文は省く。ほかの文は返さない。questions は空とする。";

fn worth(refused: &Refused) -> bool {
    !NOT_WORTH.contains(&refused.reason)
}

impl Grounded {
    /// What the model is asked, with names still out; `None` where there is nothing to mend, or so much that the
    /// draft falls back to facts.
    pub fn repair_request(&self) -> Option<String> {
        if self.too_much_dropped() {
            return None;
        }
        let mut out = String::from(ASK);
        let worth: Vec<&Refused> = self.refused.iter().filter(|r| worth(r)).collect();
        for (n, r) in worth.iter().enumerate() {
            let text: String = r.sentence.text.chars().filter(|c| !c.is_control()).collect();
            let facts = r.sentence.facts.join(",");
            out.push_str(&format!(
                "\nREPAIR [{}] section={} facts={facts} reason={} | {text}",
                n + 1,
                r.section,
                r.reason
            ));
        }
        (!worth.is_empty()).then_some(out)
    }

    /// Takes the second wordings that passed, each in the place of a sentence that was dropped; others were not asked
    /// for. What failed again is listed too.
    pub fn mend(&mut self, again: Self) {
        let mut open: Vec<Refused> = self.refused.iter().filter(|r| worth(r)).cloned().collect();
        for (code, sentences) in again.sections {
            for passed in sentences {
                let of_section = |r: &Refused| r.section == code;
                let shares = |r: &Refused| r.sentence.facts.iter().any(|f| passed.facts.contains(f));
                let found =
                    open.iter().position(|r| of_section(r) && shares(r)).or_else(|| open.iter().position(of_section));
                let Some(found) = found else { continue };
                let place = open.remove(found).place;
                self.insert(&code, Passed { place, ..passed });
            }
        }
        let known = |d: &Dropped| self.dropped.iter().any(|k| k == d);
        let new: Vec<Dropped> = again.dropped.into_iter().filter(|d| !known(d)).collect();
        self.dropped.extend(new);
    }

    fn insert(&mut self, code: &str, passed: Passed) {
        let known = |list: &[Passed]| list.iter().any(|p| p.text == passed.text);
        match self.sections.iter_mut().find(|(c, _)| c == code) {
            Some((_, list)) if known(list) => {}
            Some((_, list)) => {
                let at = list.iter().position(|p| p.place > passed.place).unwrap_or(list.len());
                list.insert(at, passed);
            }
            None => self.sections.push((code.to_owned(), vec![passed])),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::draft::parse;
    use crate::grounding::testing::facts;
    use crate::grounding::{CHECKS, Grounded, check};
    use crate::names::Names;
    use crate::record::People;
    use crate::template::Template;

    const FACTS: &[&str] = &[
        "[F1] result | 2026-07-05 | カリウム | 3.5 mEq/L",
        "[F2] result | 2026-07-06 | カリウム | 4.1 mEq/L",
        "[F3] note | 2026-07-06 | 経過 | 解熱した。",
        "[F4] note | 2026-07-07 | 経過 | 食事を開始した。",
    ];

    fn grounded(sentences: &[(&str, &str)]) -> Grounded {
        let sentences: Vec<_> = sentences
            .iter()
            .map(|(text, fact)| serde_json::json!({ "text": text, "facts": [fact], "kind": "fact" }))
            .collect();
        let reply = serde_json::json!({ "sections": [{ "code": "333", "sentences": sentences }], "questions": [] });
        let reply = parse(&reply.to_string()).expect("of the schema");
        let names = Names::new(&People::default(), None, &[], std::iter::empty());
        let (template, _) = Template::find("discharge-summary").expect("kind");
        check(&reply, &template, &facts(FACTS), &names, CHECKS)
    }

    fn texts(g: &Grounded) -> Vec<&str> {
        g.sections.iter().flat_map(|(_, list)| list).map(|p| p.text.as_str()).collect()
    }

    const FIRST: &[(&str, &str)] = &[
        ("7月5日のカリウムは3.8 mEq/Lであった。", "F1"),
        ("7月6日のカリウムは4.1 mEq/Lであった。", "F2"),
        ("解熱した。", "F3"),
        ("食事を開始した。", "F4"),
    ];

    #[test]
    fn a_mended_sentence_takes_its_old_place_and_the_old_wording_stays_listed() {
        let mut first = grounded(FIRST);
        let asked = first.repair_request().expect("one sentence to mend");
        assert!(asked.contains("REPAIR [1] section=333 facts=F1 reason=number-not-in-evidence | 7月5日の"), "{asked}");
        assert!(!asked.contains("REPAIR [2]"));
        first.mend(grounded(&[("7月5日のカリウムは3.5 mEq/Lであった。", "F1"), ("解熱を得た。", "F3")]));
        assert_eq!(texts(&first)[0], "7月5日のカリウムは3.5 mEq/Lであった。");
        assert_eq!(texts(&first).len(), 4, "what was not asked for is not taken");
        assert_eq!(first.dropped.len(), 1);
        assert_eq!(first.claims, 4);
    }

    #[test]
    fn a_second_failure_is_listed_and_nothing_is_asked_where_all_is_lost_or_well() {
        let mut first = grounded(FIRST);
        first.mend(grounded(&[("7月5日のカリウムは3.9 mEq/Lであった。", "F1")]));
        assert_eq!((texts(&first).len(), first.dropped.len()), (3, 2));
        assert!(grounded(&FIRST[1..]).repair_request().is_none());
        assert!(grounded(&FIRST[..2]).repair_request().is_none(), "half of it dropped");
    }
}
