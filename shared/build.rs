//! Gathers `templates/*.toml`, so that a new document kind is a new file and nothing else.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("templates");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("templates/ is part of the crate")
        .map(|f| f.expect("a readable folder").path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    let mut code = String::from("/// Kind and source of every template.\npub const SOURCES: &[(&str, &str)] = &[\n");
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let kind = file.file_stem().expect("a file has a name").to_string_lossy();
        writeln!(code, "    ({kind:?}, include_str!({:?})),", file.to_string_lossy()).expect("writing to a string");
    }
    code.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("templates.rs");
    fs::write(out, code).expect("a writable OUT_DIR");
}
