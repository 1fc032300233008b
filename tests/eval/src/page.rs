//! The report as one HTML file without anything from elsewhere: cases by metrics, and from each sentence to its facts
//! and to the raw resource.

use fude::document::Document;
use minijinja::Environment;
use minijinja::value::Serde;
use serde_json::{Value as Json, json};

use crate::report::Report;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

pub fn html(report: &Report) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.add_template("page.html", PAGE)?;
    let documents: Vec<Json> = report.cases.iter().map(|c| sections(&c.document, &c.record)).collect();
    environment
        .get_template("page.html")?
        .render(Serde(json!({ "report": report, "documents": documents, "style": STYLE })))
}

/// Sections with sentences, each sentence with what it cites, each citation with the resource in the record.
fn sections(document: &Document, record: &Json) -> Json {
    let cited = |id: &String| {
        let evidence = document.evidence.get(id);
        let path = evidence.and_then(|e| e.path.as_deref());
        // The pointer's first three steps lead to the resource.
        let entry = path.map(|p| p.split('/').take(4).collect::<Vec<_>>().join("/"));
        let raw = entry.and_then(|p| record.pointer(&p)).map(shortened);
        json!({ "id": id, "text": evidence.map(|e| &e.text), "path": path, "from": evidence.and_then(|e| e.from.as_ref()), "by": evidence.and_then(|e| e.by.as_ref()), "raw": raw })
    };
    let sentence = |s: &fude::document::Sentence| json!({ "text": s.text, "kind": s.kind, "evidence": s.evidence.iter().map(cited).collect::<Vec<_>>() });
    document
        .sections
        .iter()
        .map(|s| json!({ "code": s.code, "title": s.title, "origin": s.origin, "sentences": s.sentences.iter().map(sentence).collect::<Vec<_>>() }))
        .collect()
}

/// The resource as text, attachments cut.
fn shortened(resource: &Json) -> String {
    fn cut(value: &mut Json) {
        match value {
            Json::String(s) if s.len() > 400 => {
                let keep: String = s.chars().take(120).collect();
                *s = format!("{keep}…");
            }
            Json::Array(list) => list.iter_mut().for_each(cut),
            Json::Object(map) => map.values_mut().for_each(cut),
            _ => {}
        }
    }
    let mut resource = resource.clone();
    cut(&mut resource);
    serde_json::to_string_pretty(&resource).unwrap_or_default()
}
