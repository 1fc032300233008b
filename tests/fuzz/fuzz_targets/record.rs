//! Any bytes as a record: a refusal or a draft that keeps its promises.
#![no_main]

use fude::draft::{Reply, ReplyKind, ReplySection, ReplySentence};
use fude::drafting::Outcome;
use fude_fuzz::{NUMBER, check_document, check_prompt, drafted, mutate_json};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use serde_json::value::RawValue;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    match mutate_json(data, size, max_size, seed) {
        Some(size) if seed % 8 != 0 => size,
        _ => fuzzer_mutate(data, size, max_size),
    }
});

fuzz_target!(|data: &[u8]| {
    let Ok(record) = serde_json::from_slice::<&RawValue>(data) else { return };
    let kinds: Vec<&str> = fude::template::Template::kinds().collect();
    let kind = kinds[data.len() % kinds.len()];
    let Ok(prepared) = drafted(record, kind) else { return };
    // Whoever is drafted for is named in the record, in digits of any width or as escapes.
    let told = record.get().contains('1') || record.get().contains('１') || record.get().contains("\\u");
    assert!(told, "drafted for {NUMBER}, whom nothing names");
    check_prompt(&prepared);
    check_document(&prepared.extractive(None));
    let code = prepared.template.model_sections().next().map(|s| s.code.clone()).unwrap_or_default();
    let cite =
        |f: &fude::facts::Fact| ReplySentence { text: f.text(), facts: vec![f.id.clone()], kind: ReplyKind::Fact };
    let sentences = prepared.facts.offered().map(cite).collect();
    let reply = Reply { sections: vec![ReplySection { code, sentences }], questions: Vec::new() };
    let (Outcome::Drafted(document) | Outcome::Extractive(document)) = prepared.finish(&reply, "jp.model");
    check_document(&document);
});
