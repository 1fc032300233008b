//! The register that a prompt asks for, and sentences brought into it.
//!
//! Only endings change: what a sentence says, denies, suspects or plans stays as it is.

use crate::ending::{nominal, polite};

/// How a document speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Register {
    /// 常体: である, した
    #[default]
    Plain,
    /// 敬体: です, しました
    Polite,
    /// 体言止め
    Nominal,
}

/// Whether a finding without a verb of its own was so then, or is so now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tense {
    Past,
    Present,
}

impl Register {
    /// What the system text asks for: `文体: 敬体`.
    pub(crate) fn of(system: &str) -> Self {
        let asked = system.lines().find_map(|line| line.trim().strip_prefix("文体"));
        match asked.map(|rest| rest.trim_start_matches([':', '：', ' '])) {
            Some(name) if name.starts_with("敬体") => Self::Polite,
            Some(name) if name.starts_with("体言止め") => Self::Nominal,
            _ => Self::Plain,
        }
    }

    /// The text, sentence by sentence, in this register and with its full stops.
    pub(crate) fn say(self, text: &str, tense: Tense) -> String {
        sentences(text).into_iter().map(|sentence| self.ended(sentence, tense)).collect()
    }

    fn ended(self, sentence: &str, tense: Tense) -> String {
        let (core, stop) = match sentence.char_indices().next_back() {
            Some((at, c)) if "。！？!?".contains(c) => (&sentence[..at], &sentence[at..]),
            // A sentence in English ends with its own stop.
            Some((_, '.')) if sentence.is_ascii() => (sentence, ""),
            _ => (sentence, "。"),
        };
        match self {
            Self::Plain => format!("{core}{stop}"),
            Self::Polite => format!("{}{stop}", polite(core, tense)),
            Self::Nominal => format!("{}{stop}", nominal(core)),
        }
    }
}

/// Splits behind every full stop that stands outside brackets and quotes.
fn sentences(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut depth) = (0, 0_u32);
    for (at, c) in text.char_indices() {
        match c {
            '（' | '(' | '「' => depth += 1,
            '）' | ')' | '」' => depth = depth.saturating_sub(1),
            '。' if depth == 0 => {
                out.push(text[start..at + c.len_utf8()].trim());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(text[start..].trim());
    // A stop alone is a stop said twice.
    out.retain(|sentence| !sentence.trim_matches('。').is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn register_is_read_from_the_system_text() {
        for (system, register) in [
            ("規則。\n文体: 常体\n", Register::Plain),
            ("規則。\n文体: 敬体\n略語: なし", Register::Polite),
            ("文体：体言止め", Register::Nominal),
            ("敬体で書く。", Register::Plain),
        ] {
            assert_eq!(Register::of(system), register, "{system}");
        }
    }

    #[test]
    fn every_sentence_ends_once_and_in_its_register() {
        let text = "発熱を認めた。。腹痛なし";
        assert_eq!(Register::Plain.say(text, Tense::Past), "発熱を認めた。腹痛なし。");
        assert_eq!(Register::Polite.say(text, Tense::Past), "発熱を認めました。腹痛はありませんでした。");
        assert_eq!(Register::Plain.say("Discharged home.", Tense::Past), "Discharged home.");
        assert_eq!(
            Register::Polite.say("タゾピペ配合静注用４．５を投与した", Tense::Past),
            "タゾピペ配合静注用４．５を投与しました。"
        );
        let quoted = "「帰りたい。」と話された";
        assert_eq!(Register::Polite.say(quoted, Tense::Past), "「帰りたい。」と話されました。");
    }
}
