//! What a person wrote, looked at once more. It needs no evidence, only its author, so nothing is dropped or flagged:
//! a figure, a drug or a disease that no evidence of the document holds becomes a warning with its place.

use std::collections::BTreeMap;

use super::{Claim, Context, Verdict, diseases, drugs, numbers};
use crate::calendar::Day;
use crate::document::{Document, Evidence, SentenceKind};
use crate::draft::{ReplyKind, ReplySentence};
use crate::facts::{Fact, Facts, Kind, Source};
use crate::names::Names;
use crate::record::{People, Warning};
use crate::template::Template;
use crate::text::nfkc;

/// `path` is a JSON pointer into the document: `/sections/3/sentences/0`.
pub fn entered(document: &Document, evidence: &BTreeMap<String, Evidence>) -> Vec<Warning> {
    let Some((template, _)) = Template::find(&document.document_type) else { return Vec::new() };
    let known: Vec<Fact> = evidence.values().map(told).collect();
    let names = Names::new(&People::default(), None, &[], std::iter::empty());
    let facts = Facts::default();
    let context = Context { facts: &facts, names: &names, template: &template, known: &[] };
    let texts: Vec<String> = known.iter().map(|f| nfkc(&f.text())).collect();
    let mut out = Vec::new();
    for (i, section) in document.sections.iter().enumerate() {
        for (j, sentence) in section.sentences.iter().enumerate() {
            if sentence.kind != SentenceKind::Entered {
                continue;
            }
            let said = ReplySentence { text: sentence.text.clone(), facts: Vec::new(), kind: ReplyKind::Fact };
            let claim = Claim {
                sentence: &said,
                section: &section.code,
                earlier: &[],
                seen: &[],
                text: nfkc(&sentence.text),
                evidence: texts.clone(),
                cited: known.iter().collect(),
            };
            let verdicts = [numbers::check, drugs::check, diseases::check].map(|check| check(&claim, &context));
            let reasons = verdicts.into_iter().filter_map(|v| match v {
                Verdict::Drop(reason) => Some(reason),
                Verdict::Keep | Verdict::Flag(..) => None,
            });
            out.extend(reasons.map(|r| Warning::new(format!("/sections/{i}/sentences/{j}"), r)));
        }
    }
    out
}

/// Evidence as a fact: its text begins with the day, if it has one.
fn told(evidence: &Evidence) -> Fact {
    let date = evidence.text.split(' ').next().and_then(Day::parse);
    let source = Source::Derived { from: Vec::new() };
    Fact::new(Kind::Report, date, "", vec![evidence.text.clone()], source)
}

#[cfg(test)]
mod tests {
    use super::entered;
    use crate::document::{Document, Evidence, Sentence, SentenceKind};

    fn reasons(text: &str) -> Vec<String> {
        let content = serde_json::json!({
            "schema": "fude/document/1", "documentId": "0", "revision": 2, "documentType": "discharge-summary",
            "title": "", "patient": { "id": "1", "name": "", "kana": "", "birthDate": "", "gender": "" },
            "destination": {}, "evidence": {}, "flags": [], "dropped": [], "questions": [], "warnings": [],
            "sections": [{ "code": "333", "title": "", "origin": "person", "sentences": [
                { "id": "S1", "text": "9.9 g", "kind": "fact", "evidence": [] },
                { "id": "S2-1", "text": text, "kind": "entered", "evidence": [] }] }],
            "coverage": { "offered": 0, "leftOut": [], "heldBack": [] },
            "generation": { "mode": "extractive", "modelId": null, "template": "", "promptSha256": null, "recordSha256": "" }
        });
        let document: Document = serde_json::from_value(content).expect("a document");
        assert_eq!(document.sentences().filter(|s: &&Sentence| s.kind == SentenceKind::Entered).count(), 1);
        let known = |text: &str| Evidence { text: text.to_owned(), ..Evidence::default() };
        let evidence = [
            ("F1".to_owned(), known("2026-07-05 カリウム 3.5 mEq/L")),
            ("F2".to_owned(), known("2026-07-09 退院 アムロジピン錠5mg 1日1回 朝食後 1回1錠")),
        ];
        entered(&document, &evidence.into()).into_iter().map(|w| format!("{} {}", w.path, w.reason)).collect()
    }

    #[test]
    fn a_figure_or_drug_that_the_document_does_not_know_is_told_with_its_place() {
        let at = "/sections/0/sentences/1";
        assert_eq!(reasons("7月5日のカリウムは3.5 mEq/Lであった。"), Vec::<String>::new());
        assert_eq!(reasons("7月5日のカリウムは5.3 mEq/Lであった。"), [format!("{at} number-not-in-evidence")]);
        assert!(reasons("ワルファリンを開始した。").iter().any(|r| r.starts_with(at) && r.contains("drug")));
        assert_eq!(reasons("アムロジピンを継続した。"), Vec::<String>::new());
    }
}
