//! The bill of materials holds what `Cargo.lock` holds, and nothing hangs in the air.

use std::collections::BTreeSet;
use std::path::Path;

use fude_controls::lock::Lock;
use fude_controls::metadata::Metadata;
use fude_controls::repository::Repository;
use fude_controls::sbom;
use serde_json::Value;

fn repository() -> Repository {
    Repository::around(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the tests run in the repository")
}

#[test]
fn every_package_of_the_lock_is_a_component_with_its_hash_and_every_reference_leads_somewhere() {
    let lock = Lock::read(&repository()).expect("a readable lock");
    let why = "no sources".to_owned();
    let bill = sbom::of(&lock, Err(&why));
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let components = bill["components"].as_array().expect("a list");
    assert_eq!(components.len(), lock.package.len());
    for component in components.iter().filter(|c| c.get("purl").is_some()) {
        let hash = component["hashes"][0]["content"].as_str().expect("a hash");
        assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{component}");
        assert_eq!(component["bom-ref"], component["purl"]);
    }
    let mut known: BTreeSet<&str> = components.iter().filter_map(|c| c["bom-ref"].as_str()).collect();
    assert_eq!(known.len(), components.len(), "a reference names one component");
    known.insert("fude");
    for edge in bill["dependencies"].as_array().expect("a list") {
        let on = edge["dependsOn"].as_array().expect("a list");
        for reference in on.iter().chain([&edge["ref"]]).filter_map(Value::as_str) {
            assert!(known.contains(reference), "{reference}");
        }
    }
    assert_eq!(bill["metadata"]["properties"][0]["value"], "not read: no sources");
    assert_eq!(bill, sbom::of(&lock, Err(&why)), "the same lock gives the same bill");
}

#[test]
fn what_the_functions_ship_is_told_from_what_tests_need() {
    let repository = repository();
    let metadata = match Metadata::read(&repository) {
        Ok(metadata) => metadata,
        // A build of this crate alone fetches its own sources alone
        Err(why) if std::env::var_os("CI").is_none() => return eprintln!("not run: {why}"),
        Err(why) => panic!("{why}"),
    };
    let bill = sbom::of(&Lock::read(&repository).expect("a readable lock"), Ok(&metadata));
    let scope = |name: &str| {
        let component = bill["components"].as_array()?.iter().find(|c| c["name"] == name)?;
        component["scope"].as_str()
    };
    for (name, expected) in
        [("aws-sdk-s3", "required"), ("fude", "required"), ("proptest", "excluded"), ("dynoxide-rs", "excluded")]
    {
        assert_eq!(scope(name), Some(expected), "{name}");
    }
    let licensed = bill["components"].as_array().expect("a list").iter().filter(|c| c["scope"] == "required");
    for component in licensed {
        assert!(component["licenses"][0]["expression"].is_string(), "{component}");
    }
}

#[test]
fn a_lock_with_a_hole_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).expect("written");
    write("Cargo.toml", "[workspace]\nmembers = []\n");
    write("Cargo.lock", "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\"b\"]\n");
    let repository = Repository::open(folder.path()).expect("a workspace");
    assert!(Lock::read(&repository).unwrap_err().to_string().contains("a names b"));
}
