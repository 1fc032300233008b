//! A sound state is found sound.
#![allow(clippy::unwrap_used)]
mod written;

use fude_verify::{Demands, Options, Report, verify};
use written::documents::Document;
use written::{DAY, HOUSE, House};

#[test]
fn sound() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::new(folder.path(), HOUSE);
    let mut a = Document::new("aaaa");
    let e = [
        a.request(&mut house),
        a.revise(&mut house),
        a.revise(&mut house),
        a.finalise(&mut house),
        a.revise(&mut house),
        a.finalise(&mut house),
    ];
    house.commit_events(&e);
    for _ in 0..30 {
        let e: Vec<_> = (0..9).map(|_| a.read(&mut house)).collect();
        house.commit_events(&e);
    }
    let mut b = Document::new("bbbb");
    let e = [b.request(&mut house), b.revise(&mut house)];
    house.commit_events(&e);
    let mut report = Report::default();
    let options = Options {
        state: folder.path().to_owned(),
        documents: "documents".into(),
        audit: "audit".into(),
        key: house.signer.verifying_key().to_bytes(),
        hospital: None,
        pins: vec![],
        demands: Demands { now_ms: house.clock + DAY, log_days: None, mode: None, strict: true },
    };
    verify(&options, &mut report).unwrap();
    println!("{:#?}", report);
    assert_eq!(report.status(), 0);
}
