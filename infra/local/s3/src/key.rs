//! Object keys that are safe as paths: what a key may look like, and nothing about where it is stored.

use crate::refused::Refused;

/// The longest path segment; a version id and `.json` still fit into a file name of 255 bytes.
const LONGEST_SEGMENT: usize = 200;

/// An object key that is also a relative path: `a/b/c`, never `../a`, `a//b`, `/a` or `a@b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// Checks a key as it came over the wire.
    pub fn parse(raw: &str) -> Result<Self, Refused> {
        let sound = raw.len() <= 1024
            && !raw.contains('@')
            && !raw.contains(char::is_control)
            && raw.split('/').all(|part| !matches!(part, "" | "." | "..") && part.len() <= LONGEST_SEGMENT);
        if sound { Ok(Self(raw.to_owned())) } else { Err(Refused::Key) }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_keys_are_taken() {
        for key in ["a", "draft/01/1/abc.json", "tile/0/x001/067", ".hidden", "a..b"] {
            assert_eq!(Key::parse(key).unwrap().as_str(), key);
        }
    }

    #[test]
    fn keys_that_would_leave_the_folder_or_name_a_version_are_refused() {
        let long = "x".repeat(LONGEST_SEGMENT + 1);
        for key in ["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a@b", "a\0b", "a\nb", long.as_str()] {
            assert!(Key::parse(key).is_err(), "{key:?}");
        }
    }
}
