//! The issue copy: the document in the hospital's form, as it leaves the house. Name, number and page stand on every
//! printed page. Holds no evidence, flag, question or id, and nothing of what was dropped or held back.

use std::fmt::Write;
use std::sync::LazyLock;

use serde::Serialize;

use super::html::{page, style_hash};
use super::{Printed, must_be_filled, paragraphs, shown, words};
use crate::compose::Sender;
use crate::document::{Mode, Section, SectionOrigin, Sentence};
use crate::template::Template;

const CSS: &str = include_str!("issue.css");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| style_hash(CSS));

/// Renderers of sections that stand in the head of a form, not in its body.
const HEAD: [&str; 5] = ["patient-head", "visit", "ward", "admission", "discharge"];

/// Characters from which on a section may be torn between two printed pages: about half a page.
const LONG: usize = 450;

/// What the copy shows beyond the document: the form of its kind and the hospital that sends it.
#[derive(Clone, Copy, Debug)]
pub struct Paper<'a> {
    /// `None` for a kind that there is no template of any more: everything stands in the body.
    pub template: Option<&'a Template>,
    /// Stands as sender where the document has no section of its own for it.
    pub sender: &'a Sender,
}

/// The clean copy. Prints on A4; before finalisation it carries the mark, and gaps stay visible.
pub fn issue_html(printed: &Printed, paper: &Paper) -> String {
    page("issue", &Issue::of(printed, paper))
}

#[derive(Serialize)]
struct Issue<'a> {
    css: &'static str,
    style_hash: &'static str,
    /// Name and number as margin text, which only a style sheet of this one document can hold.
    margins: String,
    margins_hash: String,
    title: &'a str,
    mark: Option<&'static str>,
    state: &'a str,
    revision: u32,
    created: String,
    extractive: bool,
    date: String,
    addressee: Vec<Line>,
    sender: Vec<Line>,
    signer: Signer<'a>,
    name: &'a str,
    kana: &'a str,
    number: &'a str,
    birth: String,
    gender: &'a str,
    head: Vec<Row>,
    opening: Vec<Line>,
    parts: Vec<Part<'a>>,
    closing: Vec<Line>,
}

/// Who answers for the document.
#[derive(Serialize)]
struct Signer<'a> {
    label: &'static str,
    name: Option<&'a str>,
    /// Room for a signature or seal, where the form has it.
    slot: bool,
}

#[derive(Serialize)]
struct Line {
    text: String,
    /// A person must still fill it in.
    gap: bool,
}

#[derive(Serialize)]
struct Row {
    /// Empty where the line has no label: then it goes across.
    label: String,
    text: String,
    gap: bool,
}

#[derive(Serialize)]
struct Part<'a> {
    title: &'a str,
    /// May be torn between two pages.
    long: bool,
    /// Either rows or lines.
    rows: Vec<Row>,
    lines: Vec<Line>,
}

impl<'a> Issue<'a> {
    fn of(printed: &'a Printed<'a>, paper: &'a Paper<'a>) -> Self {
        let document = printed.document;
        let patient = &document.patient;
        let renderer =
            |section: &Section| paper.template.and_then(|t| t.section(&section.code)).map_or("", |s| s.render.as_str());
        let of = |name: &str| document.sections.iter().find(|s| renderer(s) == name);
        let letter = |section: &&Section| section.title.is_empty();
        let filled: Vec<&Section> = document.sections.iter().filter(|s| !s.sentences.is_empty()).collect();
        let opening = filled.iter().take_while(|s| letter(s)).count();
        let closing = filled.iter().rev().take_while(|s| letter(s)).count().min(filled.len() - opening);
        let (opening, rest) = filled.split_at(opening);
        let (body, closing) = rest.split_at(rest.len() - closing);
        let in_head = |s: &&&Section| HEAD.contains(&renderer(s));
        let elsewhere = |s: &&&Section| in_head(s) || matches!(renderer(s), "sender" | "addressee");
        let margins = margins(printed);
        Self {
            css: CSS,
            style_hash: &STYLE_HASH,
            margins_hash: style_hash(&margins),
            margins,
            title: &document.title,
            mark: printed.mark(),
            state: words::state(printed.state),
            revision: document.revision,
            created: printed.time(printed.created_at),
            extractive: document.generation.mode == Mode::Extractive && !printed.is_final(),
            date: printed.day(printed.finalised_at.filter(|_| printed.is_final()).unwrap_or(printed.created_at)),
            addressee: addressee(printed.addressee_line, of("addressee")),
            sender: of("sender").map_or_else(|| registered(paper.sender), stated),
            signer: signer(printed, paper.template),
            name: Some(patient.name.as_str()).filter(|n| !n.is_empty()).unwrap_or("氏名の記録なし"),
            kana: &patient.kana,
            number: &patient.id,
            birth: printed.birth(),
            gender: words::gender(&patient.gender),
            head: body.iter().filter(in_head).flat_map(|s| head(s)).collect(),
            opening: opening.iter().flat_map(|s| lines(s)).collect(),
            parts: body.iter().filter(|s| !elsewhere(s)).map(|s| part(s)).collect(),
            closing: closing.iter().flat_map(|s| lines(s)).collect(),
        }
    }
}

/// The line made for the addressee, else what the document's section says.
fn addressee(line: &str, section: Option<&Section>) -> Vec<Line> {
    match line.trim() {
        "" => section.map(lines).unwrap_or_default(),
        line => vec![Line { text: line.to_owned(), gap: false }],
    }
}

fn registered(sender: &Sender) -> Vec<Line> {
    let told = sender.lines().into_iter().filter(|l| !l.is_empty());
    told.map(|l| Line { text: telephone(l), gap: false }).collect()
}

fn stated(section: &Section) -> Vec<Line> {
    lines(section).into_iter().map(|l| Line { text: telephone(&l.text), gap: l.gap }).collect()
}

/// A bare number in a letterhead is the telephone's.
fn telephone(line: &str) -> String {
    let number = !line.is_empty() && line.chars().all(|c| c.is_ascii_digit() || "-()+ ".contains(c));
    if number { format!("電話 {line}") } else { line.to_owned() }
}

fn signer<'a>(printed: &'a Printed<'a>, template: Option<&Template>) -> Signer<'a> {
    let label = match template.and_then(|t| t.finalisers.first()).map(String::as_str) {
        Some("physician") => "医師",
        Some("nurse") => "看護師",
        _ => "記載者",
    };
    Signer { label, name: printed.finalised_by, slot: template.is_some_and(|t| t.signature) }
}

/// Paragraphs of a section.
fn lines(section: &Section) -> Vec<Line> {
    let line = |sentences: Vec<&Sentence>| Line {
        gap: sentences.iter().any(|s| must_be_filled(s)),
        text: sentences.into_iter().map(shown).collect(),
    };
    paragraphs(section).into_iter().map(line).collect()
}

/// 「診療科：呼吸器内科」 becomes a cell; what has no label bears its section's title.
fn head(section: &Section) -> Vec<Row> {
    let mut cells = Vec::new();
    for sentence in &section.sentences {
        let text = shown(sentence);
        let labelled = |piece: &str| piece.split_once('：').map(|(l, t)| (l.to_owned(), t.to_owned()));
        let pieces: Option<Vec<_>> = text.split(['　', '\n']).map(labelled).collect();
        match pieces.filter(|p| p.iter().all(|(label, _)| label.chars().count() <= 10)) {
            Some(pieces) => cells.extend(pieces.into_iter().map(|(label, text)| Row { label, text, gap: false })),
            None => {
                let gap = must_be_filled(sentence);
                cells.push(Row { label: section.title.clone(), text: text.into_owned(), gap });
            }
        }
    }
    cells
}

fn part(section: &Section) -> Part<'_> {
    let title = section.title.as_str();
    let chars: usize = section.sentences.iter().map(|s| s.text.chars().count()).sum();
    let long = chars > LONG || section.sentences.len() > LONG / 30;
    let rows: Vec<Row> = section.sentences.iter().map(row).collect();
    let labelled = rows.iter().filter(|r| !r.label.is_empty()).count();
    // Narrative is never a table
    if section.origin != SectionOrigin::Model && labelled * 2 > rows.len() {
        return Part { title, long, rows, lines: Vec::new() };
    }
    Part { title, long, rows: Vec::new(), lines: lines(section) }
}

/// A line of the record in two: drug and dosage, day and procedure, test and values.
fn row(sentence: &Sentence) -> Row {
    let gap = must_be_filled(sentence);
    let text = shown(sentence);
    let short = |label: &str, most: usize| (1..=most).contains(&label.chars().count()) && !label.contains(['。', '\n']);
    let wide = || text.split_once('　').filter(|(label, _)| short(label, 40));
    let colon = || text.split_once('：').filter(|(label, _)| short(label, 24) && !label.contains(['（', '(']));
    match (!gap).then(|| wide().or_else(colon)).flatten() {
        Some((label, rest)) => Row { label: label.to_owned(), text: rest.to_owned(), gap },
        None => Row { label: String::new(), text: text.into_owned(), gap },
    }
}

/// What the margins of every printed page say.
fn margins(printed: &Printed) -> String {
    let document = printed.document;
    let mut out = String::from("@page{");
    let patient = format!("{}　患者番号 {}", printed.name(), document.patient.id);
    for (place, text) in [("top-left", patient.as_str()), ("top-right", document.title.as_str())] {
        let _ = write!(out, "@{place}{{content:\"{}\"}}", css_string(text));
    }
    if let Some(mark) = printed.mark() {
        let caution = if mark == "下書き" { "（確定前）" } else { "" };
        let _ = write!(out, "@bottom-left{{content:\"{mark}{caution}\"}}");
    }
    out.push('}');
    out
}

/// Everything of ASCII but letters and digits as a CSS escape, so that nothing ends the string or the element.
fn css_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_control()) {
            out.push(c);
        } else {
            let _ = write!(out, "\\{:x} ", u32::from(c).max(1));
        }
    }
    out
}

#[cfg(test)]
mod tests;
