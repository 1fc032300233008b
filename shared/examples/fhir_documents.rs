//! Writes the FHIR document of every staged patient and kind, as a draft and final, into a folder:
//! `cargo run -p fude --example fhir_documents -- FOLDER`. What `tests/fhir/validate` looks at.

use std::path::PathBuf;
use std::{env, fs, io};

#[path = "../tests/fhir/drafts.rs"]
mod drafts;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).expect("a folder is named"));
    fs::create_dir_all(&folder)?;
    for draft in drafts::all() {
        for state in ["draft", "final"] {
            let name = format!("{}-{}-{state}.json", draft.kind, draft.patient.number);
            fs::write(folder.join(name), draft.fhir(state))?;
        }
    }
    Ok(())
}
