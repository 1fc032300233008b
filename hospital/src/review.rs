//! A delivered document as the review screen shows it: every sentence with its passages, and what a person must not
//! overlook, each in a list of its own. Decides nothing.

mod typed;

use std::collections::BTreeMap;

use fude::document::{Document, Empty, FlagState, Sentence, SentenceKind};
use fude::render::{reason_in_japanese, words};
use serde::Serialize;

pub use typed::{is_orphan, revised, unsaved};

/// Typed but not saved: field name to value, as the form names them.
pub type Typed = BTreeMap<String, String>;

/// Prefixes of the form's fields: a sentence by id, sentences added to a section, the answer to a flag.
pub const SENTENCE: &str = "s:";
pub const ADDED: &str = "add:";
pub const ANSWER: &str = "answer:";

#[derive(Serialize)]
pub struct View {
    pub sections: Vec<SectionView>,
    pub flags: Vec<FlagView>,
    pub open_flags: usize,
    pub to_fill: Vec<Place>,
    pub questions: Vec<QuestionView>,
    pub pending: Vec<Place>,
    pub drugs: Vec<Drug>,
    pub dropped: Vec<Dropped>,
    pub counts: Vec<Count>,
    pub warnings: Vec<Count>,
    pub extractive: bool,
    /// Corrections of sentences that this revision has no more.
    pub orphans: Vec<String>,
    pub unsaved: usize,
}

#[derive(Serialize)]
pub struct SectionView {
    pub code: String,
    pub title: String,
    /// 記録, モデル, 記載者
    pub origin: &'static str,
    /// `model`, `record` or `person`
    pub class: &'static str,
    pub sentences: Vec<SentenceView>,
    /// Typed additions.
    pub added: String,
}

#[derive(Serialize)]
pub struct SentenceView {
    pub id: String,
    pub text: String,
    /// Begins a block: the next problem (#1 …).
    pub block: bool,
    pub by_person: bool,
    pub to_fill: bool,
    pub flags: Vec<String>,
    pub passages: Vec<Passage>,
    /// Typed and not saved.
    pub edited: Option<String>,
    /// Somebody saved another wording meanwhile.
    pub conflict: bool,
}

#[derive(Serialize)]
pub struct Passage {
    pub id: String,
    /// 記録, 記載, 算出, 作成者
    pub origin: &'static str,
    pub text: String,
    pub resource: String,
    pub from: Vec<String>,
}

#[derive(Serialize)]
pub struct FlagView {
    pub id: String,
    pub sentence: String,
    pub reason: String,
    pub message: String,
    pub open: bool,
    pub answer: String,
}

/// A sentence to go to.
#[derive(Serialize)]
pub struct Place {
    pub sentence: String,
    pub section: String,
    pub text: String,
}

#[derive(Serialize)]
pub struct QuestionView {
    pub text: String,
    pub passages: Vec<Passage>,
}

/// A line of the drug reconciliation.
#[derive(Serialize)]
pub struct Drug {
    pub sentence: String,
    /// 継続, 増量, 減量, 新規, 中止, 休薬
    pub change: String,
    /// Told of a drug that the patient brought along.
    pub brought: bool,
    pub text: String,
    pub note: String,
}

#[derive(Serialize)]
pub struct Dropped {
    pub section: String,
    pub text: String,
    pub reason: String,
}

#[derive(Serialize)]
pub struct Count {
    pub what: String,
    pub count: usize,
}

/// `changed`: sentences that another revision than the one typed over has altered.
pub fn view(document: &Document, typed: &Typed, changed: &[String]) -> View {
    let sections: Vec<SectionView> = document
        .sections
        .iter()
        .map(|s| SectionView {
            code: s.code.clone(),
            title: s.title.clone(),
            origin: words::origin(s.origin),
            class: match s.origin {
                fude::document::SectionOrigin::Model => "model",
                fude::document::SectionOrigin::Record => "record",
                fude::document::SectionOrigin::Person => "person",
            },
            sentences: s.sentences.iter().map(|x| sentence(document, x, typed, changed)).collect(),
            added: typed.get(&format!("{ADDED}{}", s.code)).cloned().unwrap_or_default(),
        })
        .collect();
    let held =
        document.coverage.held_back.iter().map(|h| Count {
            what: format!("この宛先に出さない内容：{}", reason_in_japanese(&h.reason)),
            count: h.count,
        });
    let left = document
        .coverage
        .left_out
        .iter()
        .map(|l| Count { what: reason_in_japanese(&l.rule).to_owned(), count: l.count });
    View {
        flags: document.flags.iter().map(|f| flag(f, typed)).collect(),
        open_flags: document.open_flags(),
        to_fill: places(document, to_fill),
        questions: document
            .questions
            .iter()
            .map(|q| QuestionView { text: q.text.clone(), passages: passages(document, &q.evidence) })
            .collect(),
        pending: places(document, |s| ["未着", "結果待ち"].iter().any(|w| s.text.contains(w))),
        drugs: drugs(document),
        dropped: document
            .dropped
            .iter()
            .map(|d| Dropped {
                section: words::section(document, &d.section).to_owned(),
                text: d.text.clone(),
                reason: reason_in_japanese(&d.reason).to_owned(),
            })
            .collect(),
        counts: held.chain(left).collect(),
        warnings: warnings(document),
        extractive: document.generation.mode == fude::document::Mode::Extractive,
        orphans: orphans(document, typed),
        unsaved: unsaved(document, typed),
        sections,
    }
}

/// Places that a person must fill before the document can be final; the API decides, this shows.
pub fn to_fill(sentence: &Sentence) -> bool {
    (sentence.kind == SentenceKind::Missing && sentence.empty == Some(Empty::ToConfirm))
        || sentence.text.contains("要確認】")
}

fn sentence(document: &Document, sentence: &Sentence, typed: &Typed, changed: &[String]) -> SentenceView {
    let edited = typed.get(&format!("{SENTENCE}{}", sentence.id)).filter(|t| **t != sentence.text).cloned();
    SentenceView {
        id: sentence.id.clone(),
        text: sentence.text.clone(),
        block: sentence.text.starts_with(['#', '＃', '・', '【']),
        by_person: sentence.kind == SentenceKind::Entered,
        to_fill: to_fill(sentence),
        flags: document
            .flags
            .iter()
            .filter(|f| f.sentence == sentence.id && f.state == FlagState::Open)
            .map(|f| f.id.clone())
            .collect(),
        passages: passages(document, &sentence.evidence),
        conflict: edited.is_some() && changed.contains(&sentence.id),
        edited,
    }
}

fn passages(document: &Document, ids: &[String]) -> Vec<Passage> {
    ids.iter()
        .map(|id| match document.evidence.get(id) {
            Some(e) => Passage {
                id: id.clone(),
                origin: words::evidence(id),
                text: e.text.clone(),
                resource: e.resource.clone().or(e.by.clone()).unwrap_or_default(),
                from: e
                    .from
                    .iter()
                    .flatten()
                    .filter_map(|f| Some(format!("{f}　{}", document.evidence.get(f)?.text)))
                    .collect(),
            },
            None => Passage {
                id: id.clone(),
                origin: "",
                text: "この文書にない根拠です。".to_owned(),
                resource: String::new(),
                from: Vec::new(),
            },
        })
        .collect()
}

fn flag(flag: &fude::document::Flag, typed: &Typed) -> FlagView {
    FlagView {
        id: flag.id.clone(),
        sentence: flag.sentence.clone(),
        reason: reason_in_japanese(&flag.reason).to_owned(),
        message: flag.message.clone(),
        open: flag.state == FlagState::Open,
        answer: typed.get(&format!("{ANSWER}{}", flag.id)).cloned().unwrap_or_default(),
    }
}

fn places(document: &Document, wanted: impl Fn(&Sentence) -> bool) -> Vec<Place> {
    let mut found = Vec::new();
    for section in &document.sections {
        for s in section.sentences.iter().filter(|s| wanted(s)) {
            found.push(Place { sentence: s.id.clone(), section: section.title.clone(), text: s.text.clone() });
        }
    }
    found
}

/// Lines that the code marked with a change: `アムロジピン錠5mg　1日1回　［継続］`, `…　［持参薬：休薬］　理由`.
fn drugs(document: &Document) -> Vec<Drug> {
    let order = ["中止", "休薬", "新規", "増量", "減量", "変更", "継続"];
    let mut found: Vec<Drug> = document.sentences().filter_map(drug).collect();
    found.sort_by_key(|d| order.iter().position(|o| d.change.contains(o)).unwrap_or(order.len()));
    found
}

fn drug(sentence: &Sentence) -> Option<Drug> {
    let (text, rest) = sentence.text.rsplit_once('［')?;
    let (mark, note) = rest.split_once('］')?;
    let (brought, change) = match mark.strip_prefix("持参薬：") {
        Some(change) => (true, change),
        None => (false, mark),
    };
    let known = ["継続", "増量", "減量", "新規", "中止", "休薬", "変更"];
    known.iter().any(|k| change.contains(k)).then(|| Drug {
        sentence: sentence.id.clone(),
        change: change.to_owned(),
        brought,
        text: text.trim().to_owned(),
        note: note.trim().to_owned(),
    })
}

/// By reason, since a record may hold hundreds of one kind.
fn warnings(document: &Document) -> Vec<Count> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for warning in &document.warnings {
        *counts.entry(warning.reason.as_str()).or_default() += 1;
    }
    counts.into_iter().map(|(r, count)| Count { what: reason_in_japanese(r).to_owned(), count }).collect()
}

fn orphans(document: &Document, typed: &Typed) -> Vec<String> {
    typed.iter().filter(|(k, v)| is_orphan(document, k) && !v.is_empty()).map(|(_, v)| v.clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fude::document::Document;

    use super::{drugs, view};

    fn sample() -> Document {
        serde_json::from_str(include_str!("../../shared/src/render/sample.json")).expect("the sample is a document")
    }

    fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn every_passage_and_every_gap_is_there() {
        let document = sample();
        let shown = view(&document, &BTreeMap::new(), &[]);
        for (section, seen) in document.sections.iter().zip(&shown.sections) {
            for (sentence, seen) in section.sentences.iter().zip(&seen.sentences) {
                let ids: Vec<&str> = seen.passages.iter().map(|p| p.id.as_str()).collect();
                assert_eq!(ids, sentence.evidence, "{}", sentence.id);
            }
        }
        assert!(shown.to_fill.iter().any(|p| p.sentence == "S29") && shown.pending.iter().any(|p| p.sentence == "S29"));
        assert_eq!(shown.flags.len(), document.flags.len());
        assert_eq!(shown.questions.len(), document.questions.len());
        assert_eq!(shown.dropped.len(), document.dropped.len());
    }

    #[test]
    fn a_drug_is_listed_with_its_change() {
        let mut document = sample();
        document.sections[0].sentences[0].text =
            "オルメサルタンＯＤ錠２０ｍｇ　［持参薬：休薬］　血圧が低いため。".into();
        document.sections[1].sentences[0].text = "デエビゴ錠２．５ｍｇ　1日1回　［新規］".into();
        let found = drugs(&document);
        let told: Vec<_> = found.iter().map(|d| (d.change.as_str(), d.brought, d.note.as_str())).collect();
        assert_eq!(told[..2], [("休薬", true, "血圧が低いため。"), ("新規", false, "")]);
    }

    #[test]
    fn what_was_typed_over_a_vanished_sentence_is_still_shown() {
        let shown =
            view(&sample(), &typed(&[("s:S999", "消えた文への修正。"), ("s:S7", "直し。")]), &["S7".to_owned()]);
        assert_eq!(shown.orphans, ["消えた文への修正。"]);
        assert!(shown.sections.iter().flat_map(|s| &s.sentences).any(|s| s.id == "S7" && s.conflict));
    }
}
