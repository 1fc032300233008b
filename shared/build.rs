//! Gathers `templates/*.toml`, so that a new document kind is a new file and nothing else. Each also as JSON: that a
//! function reads it at every call, and a reader of TOML in it, would cost more than all else that a call does to it.

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
    let mut code = String::from(
        "/// Of every template the kind, the file's text, and the same as JSON.\npub const SOURCES: &[[&str; 3]] = &[\n",
    );
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let kind = file.file_stem().expect("a file has a name").to_string_lossy();
        let text = fs::read_to_string(&file).expect("a readable template");
        let value: serde_json::Value = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        writeln!(code, "    [{kind:?}, {text:?}, {:?}],", value.to_string()).expect("writing to a string");
    }
    code.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("templates.rs");
    fs::write(out, code).expect("a writable OUT_DIR");
}
