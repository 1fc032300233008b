//! Where strings and values of a valid JSON text end.

use std::borrow::Cow;

/// What a value holds, seen while it was stepped over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// A string `display` or `authorString` in a list or object, by which somebody may be named.
    pub name: bool,
    /// An escape, which may spell either.
    pub escape: bool,
}

impl Seen {
    fn text(&mut self, quoted: &[u8], escaped: bool) {
        self.escape |= escaped;
        self.name |= match quoted.len() {
            9 => quoted == b"\"display\"",
            14 => quoted == b"\"authorString\"",
            _ => false,
        };
    }
}

/// Whether the last bytes stand where they would in a text that begins with `known`. Numbers and days differ there, and
/// a few bytes are compared without a call.
pub fn ends_alike(text: &[u8], known: &[u8]) -> bool {
    text.get(..known.len()).is_some_and(|same| same.last_chunk::<8>() == known.last_chunk::<8>())
}

/// Whether a text begins with a key, compared without a call.
pub fn begins_with(text: &[u8], key: &[u8]) -> bool {
    let Some(text) = text.get(..key.len()) else { return false };
    let ((chunks, rest), (same, end)) = (key.as_chunks::<8>(), text.as_chunks::<8>());
    chunks.iter().zip(same).all(|(a, b)| a == b) && rest.iter().zip(end).all(|(a, b)| a == b)
}

/// What a JSON string says; borrowed where it holds no escape.
pub fn string(text: &str) -> Option<Cow<'_, str>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_some() {
        serde_json::from_str(text).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The same where it holds no escape.
pub fn plain_string(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('\\')).then_some(inner)
}

/// Where a value ends, and what was seen on the way there.
pub fn end_of_value(bytes: &[u8], mut at: usize) -> Option<(usize, Seen)> {
    let mut seen = Seen::default();
    match bytes.get(at)? {
        b'"' => {
            let (end, escaped) = end_of_string(bytes, at)?;
            Some((end, Seen { escape: escaped, ..seen }))
        }
        b'{' | b'[' => {
            let mut depth = 0usize;
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => {
                        let (end, escaped) = end_of_string(bytes, at)?;
                        seen.text(&bytes[at..end], escaped);
                        at = end;
                    }
                    b'{' | b'[' => {
                        depth += 1;
                        at += 1;
                    }
                    b'}' | b']' => {
                        depth -= 1;
                        at += 1;
                        if depth == 0 {
                            return Some((at, seen));
                        }
                    }
                    _ => at += 1,
                }
            }
            None
        }
        _ => {
            let rest = &bytes[at..];
            let ends = |c: &u8| matches!(c, b',' | b'}' | b']' | b':' | b' ' | b'\n' | b'\r' | b'\t');
            let length = rest.iter().position(ends).unwrap_or(rest.len());
            (length > 0).then_some((at + length, seen))
        }
    }
}

/// Where a string ends, and whether it holds an escape. Eight bytes at a time: most of a record is strings.
#[inline]
pub fn end_of_string(bytes: &[u8], open: usize) -> Option<(usize, bool)> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let holds = |word: u64, byte: u8| {
        let x = word ^ (ONES * u64::from(byte));
        x.wrapping_sub(ONES) & !x & HIGH
    };
    let mut at = open + 1;
    let mut escaped = false;
    loop {
        let mut rest = bytes.get(at..)?;
        while let Some((chunk, further)) = rest.split_first_chunk::<8>() {
            let word = u64::from_le_bytes(*chunk);
            let found = holds(word, b'"') | holds(word, b'\\');
            if found != 0 {
                // The lowest mark is exact; only higher ones may be borrowed from it.
                rest = &rest[found.trailing_zeros() as usize / 8..];
                break;
            }
            rest = further;
        }
        at = bytes.len() - rest.len();
        match rest.first()? {
            b'"' => return Some((at + 1, escaped)),
            b'\\' => (at, escaped) = (at + 2, true),
            _ => at += 1,
        }
    }
}
