//! The second turn: sentences that failed a check, asked for again.
//!
//! A line of the request is `REPAIR [1] section=333 facts=N05.2,F12 reason=number-not-in-evidence | <text>`. The
//! answer says anew what the cited facts say, and nothing of facts that do not exist.

use std::collections::HashSet;

use crate::compose::compose;
use crate::draft::{Draft, Section, Sentence};
use crate::phrase::alone;
use crate::prompt::Prompt;

/// Sentences to be written again.
pub(crate) struct Repair {
    lines: Vec<Line>,
    /// What stood in the reply before.
    earlier: Option<Draft>,
}

/// One of them.
struct Line {
    section: String,
    facts: Vec<String>,
    text: String,
}

impl Repair {
    /// Reads a request to repair; nothing where the text is none.
    pub(crate) fn parse(request: &str, earlier: Option<&str>) -> Option<Self> {
        let lines: Vec<_> = request.lines().filter_map(Line::parse).collect();
        let earlier = earlier.and_then(|reply| serde_json::from_str(reply).ok());
        (!lines.is_empty()).then_some(Self { lines, earlier })
    }

    /// The sections asked for, each with what its cited facts say.
    ///
    /// `codes` are the only section codes that the schema lets through, if it says.
    pub(crate) fn draft(&self, prompt: &Prompt, codes: Option<&[String]>) -> Draft {
        let whole = compose(prompt, None);
        let mut told: HashSet<String> = self.kept().map(|sentence| sentence.text.clone()).collect();
        let kept: HashSet<&[String]> = self.kept().map(|sentence| sentence.facts.as_slice()).collect();
        let mut sections: Vec<Section> = Vec::new();
        for line in &self.lines {
            if codes.is_some_and(|codes| !codes.contains(&line.section)) {
                continue;
            }
            let at = sections.iter().position(|section| section.code == line.section).unwrap_or_else(|| {
                sections.push(Section { code: line.section.clone(), sentences: Vec::new() });
                sections.len() - 1
            });
            for id in &line.facts {
                let Some(fact) = prompt.facts.iter().find(|fact| fact.id == *id) else {
                    continue;
                };
                let sentence = whole.claims().find(|sentence| sentence.facts.contains(id)).cloned();
                let sentence =
                    sentence.unwrap_or_else(|| Sentence::fact(alone(fact, prompt.register), vec![fact.id.clone()]));
                if !kept.contains(sentence.facts.as_slice()) && told.insert(sentence.text.clone()) {
                    sections[at].sentences.push(sentence);
                }
            }
        }
        if let (true, Some([first, ..])) = (sections.is_empty(), codes) {
            sections.push(Section { code: first.clone(), sentences: Vec::new() });
        }
        Draft { sections, questions: Vec::new() }
    }

    /// Sentences of the earlier reply that need no repair.
    fn kept(&self) -> impl Iterator<Item = &Sentence> {
        let sections = self.earlier.iter().flat_map(|draft| &draft.sections);
        let sentences = sections.flat_map(|section| section.sentences.iter().map(move |s| (&section.code, s)));
        let failed = |section: &String, sentence: &Sentence| {
            self.lines
                .iter()
                .any(|line| line.text == sentence.text || (line.section == *section && line.facts == sentence.facts))
        };
        sentences.filter(move |(section, sentence)| !failed(section, sentence)).map(|(_, sentence)| sentence)
    }
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let (head, text) = line.trim().strip_prefix("REPAIR [")?.split_once(" | ")?;
        let mut words = head.split_whitespace();
        let mut value = |name: &str| words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let section = value("section")?.to_owned();
        let facts = value("facts")?.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
        Some(Self { section, facts, text: text.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "\
# 章
333 経過 | 必須 | 材料: note(経過)
424 方針 | 必須 | 材料: note(方針)
<<<FACTS a>>>
m|[N1] note | 2026-07-01 | 経過 | 発熱あり。
m|[N2] note | 2026-07-01 | 経過 | 咳嗽なし。
m|[F3] result | 2026-07-05 | カリウム | 3.5 mEq/L
<<<END a>>>";

    fn repaired(earlier: Option<&str>, lines: &str) -> Vec<(String, Vec<String>)> {
        let request = format!("次の文は検査を通らなかった。\n{lines}\n同じ JSON で返すこと。");
        let prompt = Prompt::parse("文体: 敬体", PROMPT).unwrap();
        let draft = Repair::parse(&request, earlier).unwrap().draft(&prompt, None);
        let texts = |section: Section| section.sentences.into_iter().map(|sentence| sentence.text).collect();
        draft.sections.into_iter().map(|section| (section.code.clone(), texts(section))).collect()
    }

    #[test]
    fn failed_sentences_are_said_anew_from_the_facts_that_exist() {
        let lines = "\
REPAIR [1] section=333 facts=N1,F99 reason=number-not-in-evidence | 39℃の発熱がありました。
REPAIR [2] section=333 facts=F3 reason=number-not-in-evidence | カリウムは4.5 mEq/Lでした。
REPAIR [3] section=424 facts=F99 reason=unknown-citation | 退院しました。
REPAIR [4] section=424 facts= reason=no-citation | 退院しました。";
        let expected =
            [("333", vec!["発熱がありました。", "2026年7月5日のカリウムは3.5 mEq/Lでした。"]), ("424", vec![])];
        let told = repaired(None, lines);
        let told: Vec<_> =
            told.iter().map(|(code, texts)| (code.as_str(), texts.iter().map(String::as_str).collect())).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_stands_already_is_not_said_twice() {
        let earlier = r#"{"sections":[{"code":"333","sentences":[
            {"text":"発熱がありました。","facts":["N1"],"kind":"fact"},
            {"text":"ワルファリンを開始しました。","facts":["N1"],"kind":"fact"},
            {"text":"咳嗽がありました。","facts":["N2"],"kind":"fact"}]}],"questions":[]}"#;
        let lines = "\
REPAIR [1] section=424 facts=N1 reason=name-not-in-evidence | ワルファリンを開始しました。
REPAIR [2] section=333 facts=N2 reason=negation-changed | 咳嗽がありました。";
        let told = repaired(Some(earlier), lines);
        assert_eq!(told[0], ("424".to_owned(), vec![]));
        assert_eq!(told[1].1, ["咳嗽はありませんでした。"]);
    }

    #[test]
    fn other_text_asks_for_no_repair() {
        assert!(Repair::parse("返答が指定の JSON ではなかった。", None).is_none());
        assert!(Repair::parse("REPAIR", None).is_none());
    }
}
