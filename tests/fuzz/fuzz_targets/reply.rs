//! Any bytes as the model's reply to one good record: nothing unsupported in form is delivered.
#![no_main]

use std::sync::OnceLock;

use fude::drafting::{Outcome, Prepared};
use fude_fuzz::{check_document, check_prompt, drafted, mutate_json};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use serde_json::value::RawValue;

fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let record: &RawValue = serde_json::from_str(include_str!("../seeds/record/stay.json")).expect("JSON");
        let prepared = drafted(record, "discharge-summary").expect("a good record");
        check_prompt(&prepared);
        prepared
    })
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    match mutate_json(data, size, max_size, seed) {
        Some(size) if seed % 8 != 0 => size,
        _ => fuzzer_mutate(data, size, max_size),
    }
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(reply) = fude::draft::parse(text) else { return };
    let (Outcome::Drafted(document) | Outcome::Extractive(document)) = prepared().finish(&reply, "jp.model");
    check_document(&document);
    let delivered = document.sentences().map(|s| &s.text).chain(document.questions.iter().map(|q| &q.text));
    for text in delivered {
        assert!(!text.contains(['⟦', '⟧']), "a placeholder is left");
    }
});
