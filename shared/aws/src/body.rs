//! The JSON body of a request, read and checked. Errors quote nothing of it, since it may hold patient data.

use serde::Deserialize;

/// The body as that type; else what is wrong with it.
pub fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, String> {
    // serde's own message may quote a value of the body.
    serde_json::from_slice(body).map_err(|e| {
        let what = if e.is_data() { "the body has a missing or mistyped member" } else { "the body is not valid JSON" };
        format!("{what} (line {}, column {})", e.line(), e.column())
    })
}

/// Whether a text says something in at most so many characters; else what is wrong with it.
pub fn bounded(name: &str, value: &str, most: usize) -> Result<(), String> {
    if value.trim().is_empty() || value.chars().count() > most {
        return Err(format!("{name} must hold 1 to {most} characters"));
    }
    Ok(())
}
