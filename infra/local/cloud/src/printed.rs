//! What `cargo run` prints: the draft, its evidence sentence by sentence, its hashes and its place in the log.

use fude::document::{Document, Mode, SectionOrigin, SentenceKind};
use fude::integrity::Digest;
use serde_json::Value;

use crate::main_job::Place;

const RULE: &str = "────────────────────────────────────────────────────────────────";

pub fn document(text: &str, document: &Document) {
    println!("{RULE}\n{}\n{RULE}", text.trim_end());
    println!("evidence of every sentence that the model wrote\n");
    let written = document.sections.iter().filter(|s| s.origin == SectionOrigin::Model);
    for section in written {
        println!("【{}】", section.title);
        for sentence in section.sentences.iter().filter(|s| s.kind == SentenceKind::Fact) {
            println!("  {} {}", sentence.id, sentence.text);
            for id in &sentence.evidence {
                let Some(e) = document.evidence.get(id) else { continue };
                let place = match (&e.path, &e.from, &e.by) {
                    (Some(path), ..) => path.clone(),
                    (_, Some(from), _) => format!("from {}", from.join(", ")),
                    (_, _, Some(by)) => format!("by {by}"),
                    _ => String::new(),
                };
                println!("      {id} {}  ‹{place}›", e.text);
            }
        }
    }
    let mode = match document.generation.mode {
        Mode::Model => "model",
        Mode::Extractive => "extractive",
    };
    println!(
        "\n{} sentences ({mode}), {} facts offered, {} dropped, {} flags, {} questions",
        document.sentences().count(),
        document.coverage.offered,
        document.dropped.len(),
        document.flags.len(),
        document.questions.len(),
    );
}

pub fn proof(metadata: &Value, hash: &Digest, place: &Place) {
    println!("{RULE}");
    println!("document        {}", metadata["documentId"].as_str().unwrap_or_default());
    println!("content SHA-256 {hash} (as in metadata, Repr-Digest and log)");
    println!("log             {}, entry {} of {}", place.origin, place.index, place.size);
    println!("root            {} (signed checkpoint verified, all entries hashed again)", place.root);
}
