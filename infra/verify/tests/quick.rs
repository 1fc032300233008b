//! The quick look reads each bundle, each tile and the newest checkpoint, and of the batches those that no full bundle
//! holds: whatever of these is damaged it finds and names, and it claims nothing of the rest.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod written;

use std::fs;
use std::path::Path;

use fude::audit::layout;
use fude_verify::{Pin, Report};
use written::{HOUSE, Sample, files, linked, options, replace, report};

fn look(sample: &Sample, pins: Vec<Pin>) -> Report {
    let mut options = options(&sample.house, pins);
    options.demands.strict = false;
    report(&options)
}

/// Of a log of 263 entries.
fn is_read(path: &str) -> bool {
    let key = path.strip_prefix("audit/").unwrap_or_default();
    let beyond_bundles = layout::parse_batch_key(HOUSE, key).is_some_and(|(_, last)| last >= 256);
    let full_tile = key.contains("/tile/") && !key.contains(".p/");
    beyond_bundles || full_tile || layout::parse_checkpoint_key(HOUSE, key) == Some(263)
}

#[test]
fn what_it_reads_it_finds_damaged_and_names() {
    let mut sample = Sample::new();
    assert_eq!(look(&sample, Vec::new()).status(), 0);
    let original = sample.state().to_owned();
    let spoil: [fn(&Path); 3] = [
        |path| {
            let mut bytes = fs::read(path).unwrap();
            // At the end: of a batch that reaches beyond the bundles, that is what no bundle holds
            let place = bytes.len() - 20;
            bytes[place] ^= 1;
            replace(path, &bytes);
        },
        |path| replace(path, &[fs::read(path).unwrap(), b"\n".to_vec()].concat()),
        |path| fs::remove_file(path).unwrap(),
    ];
    let mut read = 0;
    for (number, path) in files(&original.join("s3")).iter().enumerate() {
        for (kind, spoil) in spoil.iter().enumerate() {
            let state = sample.folder.path().join(format!("case-{number}-{kind}"));
            linked(&original, &state);
            spoil(&state.join("s3").join(path));
            sample.house.state = state;
            let found = look(&sample, Vec::new());
            assert_eq!(found.status() != 0, is_read(path), "{kind} {path}: {:?}", found.findings);
            let named = found.findings.iter().any(|finding| finding.object == *path);
            assert!(named || !is_read(path), "{kind} {path} is not named: {:?}", found.findings);
        }
        read += usize::from(is_read(path));
    }
    assert_eq!(read, 5, "one bundle, one tile, one checkpoint, two batches");
}

/// Bundle and tile forged together agree, but lead elsewhere.
#[test]
fn forged_pair_does_not_lead_to_the_root() {
    let sample = Sample::new();
    let audit = sample.state().join("s3/audit/hospital-a");
    let mut bundle = fs::read(audit.join("tile/entries/000")).unwrap();
    bundle[40] ^= 1;
    let length = usize::from(u16::from_be_bytes([bundle[0], bundle[1]]));
    let leaf = fude::audit::merkle::leaf_hash(&bundle[2..2 + length]);
    let mut tile = fs::read(audit.join("tile/0/000")).unwrap();
    tile[..32].copy_from_slice(leaf.as_bytes());
    fs::write(audit.join("tile/entries/000"), bundle).unwrap();
    fs::write(audit.join("tile/0/000"), tile).unwrap();
    let found = look(&sample, Vec::new());
    assert_eq!(found.findings.iter().map(|finding| finding.code.to_string()).collect::<Vec<_>>(), ["E_ROOT"]);
}

#[test]
fn pins_are_compared_at_their_size() {
    let sample = Sample::new();
    let file = sample.folder.path().join("pin");
    let right = fs::read(sample.state().join("s3/audit/hospital-a/checkpoints/00000000000000000006")).unwrap();
    fs::write(&file, right).unwrap();
    assert_eq!(look(&sample, vec![Pin::read(&file).unwrap().unwrap()]).status(), 0);
    fs::write(&file, sample.house.signed(6, fude::integrity::Digest::of(b"another"))).unwrap();
    let found = look(&sample, vec![Pin::read(&file).unwrap().unwrap()]);
    assert_eq!(found.findings.iter().map(|finding| finding.code.to_string()).collect::<Vec<_>>(), ["E_FORK_PIN"]);
}
