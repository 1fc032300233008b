//! Free text of the record: notes out of DocumentReference, Binary and Composition sections. Splitting is [`sentences`].

use std::cell::OnceCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bundle::{Entry, Warning};
use super::resources::{Binary, Composition, CompositionSection, DocumentReference};
pub use super::sentences::{count as count_sentences, each as each_sentence, sentences};
use super::types::{Attachment, CodeableConcept, Narrative, Reference, Text};
use crate::text::AnyOf;

/// One piece of free text with the place that it came from.
#[derive(Clone, Debug, Default)]
pub struct Note<'a> {
    pub resource: String,
    /// JSON pointer to the attachment's `data` or the section's `div`.
    pub pointer: String,
    pub date: Option<Text<'a>>,
    /// What the author called it: 経過記録 医師, 現病歴.
    pub title: Text<'a>,
    /// Section code of a Composition, where it has one.
    pub code: Option<String>,
    /// Empty until an attachment is decoded; `None` where it is no text.
    text: OnceCell<Option<String>>,
    attachment: Option<Attachment<'a>>,
    /// How many warnings of the record stand before one of this note.
    warned: usize,
    /// Positions of the encounters that it names.
    pub encounters: Vec<usize>,
    /// The letter or summary that it is a part of, unless that is the record itself.
    pub document: Option<Text<'a>>,
}

impl Note<'_> {
    /// What the note says, decoded at first use. `None` where that is no text, which then stands among the warnings.
    pub fn text(&self) -> Option<&str> {
        let decoded = || {
            let attachment = self.attachment.as_ref()?;
            decode(attachment.content_type.as_deref(), attachment.data.as_deref()?)
        };
        self.text.get_or_init(decoded).as_deref()
    }
}

/// Warnings in the order of the record: those known when it was read, and those of notes that are no text.
pub(super) fn with_unreadable(warnings: &[Warning], notes: &[Note]) -> Vec<Warning> {
    let mut out = Vec::with_capacity(warnings.len());
    let mut unreadable = notes.iter().filter(|n| n.text().is_none()).peekable();
    let of = |note: &Note| Warning::new(note.pointer.as_str(), "attachment-not-text");
    for (i, warning) in warnings.iter().enumerate() {
        while let Some(note) = unreadable.next_if(|n| n.warned <= i) {
            out.push(of(note));
        }
        out.push(warning.clone());
    }
    out.extend(unreadable.map(of));
    out
}

/// Finds the entry that a reference of the note's own entry means.
pub type Resolve<'r> = &'r dyn Fn(&Reference) -> Option<usize>;

pub fn from_document_reference<'a>(
    entry: &Entry<'a>,
    resolve: Resolve,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Note<'a>>, serde_json::Error> {
    let doc: DocumentReference = entry.parse()?;
    if doc.status.as_deref() == Some("entered-in-error") {
        return Ok(Vec::new());
    }
    let context = doc.context.unwrap_or_default();
    let called = || doc.r#type.as_ref().and_then(CodeableConcept::label).unwrap_or("記録").to_owned();
    let title = doc.description.unwrap_or_else(|| Text(called().into()));
    let encounters: Vec<usize> = context.encounter.iter().filter_map(resolve).collect();
    let of_letter = doc.r#type.iter().chain(&doc.category).any(is_letter) || says_letter(&title);
    let date = doc.date.or(context.period.and_then(|p| p.start));
    let mut notes = Vec::new();
    for (i, content) in doc.content.into_iter().enumerate() {
        let Some(attachment) = content.attachment else { continue };
        let pointer = |below: &str| format!("{}/content/{i}/attachment{below}", entry.pointer());
        if attachment.data.is_none() {
            warnings.push(Warning::new(pointer(""), "attachment-not-inline"));
            continue;
        }
        notes.push(Note {
            resource: entry.reference(),
            pointer: pointer("/data"),
            date: date.clone(),
            title: attachment.title.as_ref().unwrap_or(&title).clone(),
            code: None,
            text: OnceCell::new(),
            attachment: Some(attachment),
            warned: warnings.len(),
            encounters: encounters.clone(),
            document: of_letter.then(|| title.clone()),
        });
    }
    Ok(notes)
}

pub fn from_binary(entry: &Entry, warnings: &mut Vec<Warning>) -> Result<Vec<Note<'static>>, serde_json::Error> {
    let binary: Binary = entry.parse()?;
    let pointer = format!("{}/data", entry.pointer());
    let text = binary.data.as_deref().and_then(|d| decode(binary.content_type.as_deref(), d));
    let Some(text) = text else {
        warnings.push(Warning::new(pointer, "attachment-not-text"));
        return Ok(Vec::new());
    };
    let text = OnceCell::from(Some(text));
    Ok(vec![Note { resource: entry.reference(), pointer, title: Text("記録".into()), text, ..Note::default() }])
}

/// Sections at any depth; a Composition without sections gives its own narrative. `own_frame`: the record is
/// this document, so its sections are no earlier document's.
pub fn from_composition<'a>(
    entry: &Entry<'a>,
    own_frame: bool,
    resolve: Resolve,
) -> Result<Vec<Note<'a>>, serde_json::Error> {
    let composition: Composition = entry.parse()?;
    let mut notes = Vec::new();
    let called = || composition.r#type.as_ref().and_then(CodeableConcept::label).unwrap_or("文書").to_owned();
    let title = composition.title.unwrap_or_else(|| Text(called().into()));
    let frame = Note {
        resource: entry.reference(),
        date: composition.date,
        encounters: composition.encounter.iter().filter_map(resolve).collect(),
        document: (!own_frame).then(|| title.clone()),
        title,
        ..Note::default()
    };
    sections(&composition.section, &format!("{}/section", entry.pointer()), &frame, &mut notes);
    if notes.is_empty() {
        push(composition.text.as_ref(), format!("{}/text/div", entry.pointer()), frame, &mut notes);
    }
    Ok(notes)
}

/// LOINC codes of summaries and letters, which tell a course of their own.
fn is_letter(kind: &CodeableConcept) -> bool {
    const LETTERS: &[&str] = &["18842-5", "57133-1", "34133-9", "57134-9", "34140-4", "11488-4", "28655-9"];
    LETTERS.iter().any(|code| kind.has_code(code)) || kind.label().is_some_and(says_letter)
}

fn says_letter(title: &str) -> bool {
    static LETTERS: AnyOf = AnyOf::new(&[&[
        "退院時サマリ", "退院サマリ", "看護サマリ", "情報提供書", "紹介状", "返書", "報告書（紹介元",
        "Discharge summary",
    ]]);
    LETTERS.is_in(title)
}

fn sections<'a>(list: &[CompositionSection<'a>], pointer: &str, frame: &Note<'a>, notes: &mut Vec<Note<'a>>) {
    for (i, section) in list.iter().enumerate() {
        let here = format!("{pointer}/{i}");
        let code = section.code.as_ref();
        let frame = Note {
            title: section
                .title
                .clone()
                .or_else(|| code.and_then(CodeableConcept::label).map(|label| Text(label.to_owned().into())))
                .unwrap_or_else(|| frame.title.clone()),
            code: code.and_then(|c| c.codes().next().map(str::to_owned)),
            ..frame.clone()
        };
        push(section.text.as_ref(), format!("{here}/text/div"), frame.clone(), notes);
        sections(&section.section, &format!("{here}/section"), &frame, notes);
    }
}

fn push<'a>(narrative: Option<&Narrative>, pointer: String, frame: Note<'a>, notes: &mut Vec<Note<'a>>) {
    let text = narrative.and_then(|n| n.div.as_deref()).map(text_of_html).unwrap_or_default();
    if !text.trim().is_empty() {
        notes.push(Note { pointer, text: OnceCell::from(Some(text)), ..frame });
    }
}

/// UTF-8 text only; anything else is named in a warning, never guessed at.
fn decode(content_type: Option<&str>, data: &str) -> Option<String> {
    let kind = content_type.unwrap_or("text/plain");
    if !kind.starts_with("text/") {
        return None;
    }
    let decoded = STANDARD.decode(data).ok().or_else(|| {
        // Wrapped lines are common and allowed.
        let compact: Vec<u8> = data.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        STANDARD.decode(compact).ok()
    });
    let text = String::from_utf8(decoded?).ok()?;
    Some(if kind.starts_with("text/html") { text_of_html(&text) } else { text })
}

/// XHTML narrative as lines: block ends and `br` break, other tags vanish, entities are read.
pub fn text_of_html(html: &str) -> String {
    const BREAKS: &[&str] = &["br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "table", "ul", "ol"];
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&entities(&rest[..open]));
        let Some(close) = rest[open..].find('>') else {
            return out;
        };
        let tag = rest[open + 1..open + close].trim_matches('/').trim();
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if BREAKS.contains(&name.to_ascii_lowercase().as_str()) {
            if !out.ends_with('\n') {
                out.push('\n');
            }
        } else if matches!(name, "td" | "th") && !out.ends_with([' ', '\n']) {
            out.push(' ');
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(&entities(rest));
    out
}

fn entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.find(';').filter(|e| *e <= 10) else {
            out.push('&');
            rest = &rest[1..];
            continue;
        };
        let name = &rest[1..end];
        let number = name.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => n.parse().ok(),
        });
        let char = number.and_then(char::from_u32).or(match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some(' '),
            _ => None,
        });
        match char {
            Some(c) => out.push(c),
            None => out.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::text_of_html;

    #[test]
    fn narrative_becomes_lines() {
        assert_eq!(
            text_of_html("<div><p>圧痛なし&amp;軟</p><table><tr><td>K</td><td>3.5</td></tr></table></div>").trim(),
            "圧痛なし&軟\nK 3.5"
        );
    }
}
