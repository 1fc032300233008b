//! `GET /documents/{id}/changes?from=1&to=3`: which two revisions.

use lambda_http::{Request, RequestExt as _};

use crate::error::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    pub from: u64,
    pub to: u64,
}

impl Ask {
    pub fn of(request: &Request) -> Result<Self, Error> {
        let query = request.query_string_parameters_ref();
        let all = |name| query.and_then(|q| q.all(name)).unwrap_or_default();
        Ok(Self { from: revision("from", &all("from"))?, to: revision("to", &all("to"))? })
    }
}

/// One number from 1 on. More digits than fit name a revision that there is none of.
pub fn revision(name: &str, given: &[&str]) -> Result<u64, Error> {
    match given {
        [text] if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && text.bytes().any(|b| b != b'0') => {
            Ok(text.parse().unwrap_or(u64::MAX))
        }
        _ => Err(Error::Malformed(format!("{name} must be one number from 1 on"))),
    }
}

#[cfg(test)]
mod tests {
    use super::revision;

    #[test]
    fn revisions_are_read_strictly() {
        assert_eq!(revision("from", &["12"]).expect("a number"), 12);
        assert_eq!(revision("from", &["99999999999999999999"]).expect("a number"), u64::MAX);
        for given in [&[][..], &[""], &["0"], &["-1"], &["+1"], &["1.0"], &["1", "2"]] {
            assert!(revision("from", given).is_err(), "{given:?}");
        }
    }
}
