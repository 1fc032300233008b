//! A walk over JSON text that hands out members and items as slices without reading what they hold.
//! Holds no check: the text is that of a `RawValue`, which the parser has found valid. Anything else ends the walk.

use std::borrow::Cow;

use super::members::Member;

/// A member's key as it stands.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    quoted: &'a str,
    escaped: bool,
}

impl<'a> Key<'a> {
    /// What it says; `None` where it is no text.
    pub fn text(self) -> Option<Cow<'a, str>> {
        if self.escaped {
            return string(self.quoted);
        }
        Some(Cow::Borrowed(self.quoted.get(1..self.quoted.len() - 1)?))
    }

    /// Without its quotes; with them where it holds an escape.
    pub fn unquoted(self) -> &'a str {
        let inner = self.quoted.get(1..self.quoted.len() - 1).unwrap_or_default();
        if self.escaped { self.quoted } else { inner }
    }
}

/// A place in a JSON text.
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Steps into an object; `false` where none stands here.
    pub fn object(&mut self) -> bool {
        self.enter(b'{')
    }

    /// Steps into a list; `false` where none stands here.
    pub fn list(&mut self) -> bool {
        self.enter(b'[')
    }

    fn enter(&mut self, open: u8) -> bool {
        let here = self.next_byte() == Some(open);
        if here {
            self.at += 1;
        }
        here
    }

    /// The next member's key; the cursor then stands before its value. `None` at the object's end, stepped over.
    pub fn key(&mut self) -> Option<Cow<'a, str>> {
        self.raw_key()?.text()
    }

    /// The key with its escapes unread.
    pub fn raw_key(&mut self) -> Option<Key<'a>> {
        if self.more(b'}') { self.key_here() } else { None }
    }

    fn key_here(&mut self) -> Option<Key<'a>> {
        let bytes = self.text.as_bytes();
        bytes.get(self.at).filter(|c| **c == b'"')?;
        let (end, escaped) = end_of_string(bytes, self.at)?;
        let start = std::mem::replace(&mut self.at, end);
        self.next_byte().filter(|c| *c == b':')?;
        self.at += 1;
        Some(Key { quoted: self.text.get(start..end)?, escaped })
    }

    /// Whether a further item stands here; the list's end is stepped over.
    pub fn item(&mut self) -> bool {
        self.more(b']')
    }

    fn more(&mut self, close: u8) -> bool {
        if self.next_byte() == Some(b',') {
            self.at += 1;
        }
        match self.next_byte() {
            Some(c) if c == close => {
                self.at += 1;
                false
            }
            c => c.is_some(),
        }
    }

    /// Steps over the value that stands here and returns its text.
    pub fn value(&mut self) -> Option<&'a str> {
        self.next_byte()?;
        let end = end_of_value(self.text.as_bytes(), self.at)?;
        let start = std::mem::replace(&mut self.at, end);
        self.text.get(start..end)
    }

    /// Whether an object or a list stands here.
    pub fn holds_more(&mut self) -> bool {
        matches!(self.next_byte(), Some(b'{' | b'['))
    }

    /// The next member with its key as read; `None` at the object's end, stepped over. Tried first against the members
    /// of a like object, of which those that follow the one found are left: thousands of resources repeat theirs, and
    /// comparing is cheaper than walking.
    pub fn member(&mut self, like: &mut &[Member<'a>]) -> Option<(Cow<'a, str>, Member<'a>)> {
        if !self.more(b'}') {
            return None;
        }
        let start = self.at;
        let bytes = self.text.as_bytes();
        if let Some((first, others)) = like.split_first() {
            let rest = bytes.get(start..)?;
            let whole = first.whole().as_bytes();
            if first.is_closed() && ends_alike(rest, whole) && rest.starts_with(whole) {
                *like = others;
                self.at += first.whole().len();
                return Some((Cow::Borrowed(first.key()), first.at(self.since(start), true)));
            }
            if begins_with(rest, first.before_value().as_bytes()) {
                *like = others;
                self.at += first.before_value().len();
                self.next_byte()?;
                let value = self.at - start;
                self.value()?;
                let key = first.key();
                return Some((Cow::Borrowed(key), Member::new(self.since(start), key.len(), value, false)));
            }
        }
        let key = self.key_here()?;
        self.next_byte()?;
        let value = self.at - start;
        let length = if key.escaped { 0 } else { key.quoted.len() - 2 };
        let key = key.text().unwrap_or_default();
        let known = like.iter().position(|m| m.key() == key).map(|at| {
            let known = like[at];
            *like = &like[at + 1..];
            known
        });
        let known = known.filter(Member::is_closed).map(|m| m.value());
        let again = known.filter(|known| bytes.get(self.at..).is_some_and(|rest| rest.starts_with(known.as_bytes())));
        if let Some(known) = again {
            self.at += known.len();
        } else {
            self.value()?;
        }
        Some((key, Member::new(self.since(start), length, value, again.is_some())))
    }

    /// Where the cursor stands, after white space.
    pub fn position(&mut self) -> usize {
        self.next_byte();
        self.at
    }

    /// The text from an earlier position to here.
    pub fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn next_byte(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }
}

/// Whether the last bytes stand where they would in a text that begins with `known`. Numbers and days differ there, and
/// a few bytes are compared without a call.
fn ends_alike(text: &[u8], known: &[u8]) -> bool {
    text.get(..known.len()).is_some_and(|same| same.last_chunk::<8>() == known.last_chunk::<8>())
}

/// Whether a text begins with a key, compared without a call.
fn begins_with(text: &[u8], key: &[u8]) -> bool {
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

fn end_of_value(bytes: &[u8], mut at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => Some(end_of_string(bytes, at)?.0),
        b'{' | b'[' => {
            let mut depth = 0usize;
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => at = end_of_string(bytes, at)?.0,
                    b'{' | b'[' => {
                        depth += 1;
                        at += 1;
                    }
                    b'}' | b']' => {
                        depth -= 1;
                        at += 1;
                        if depth == 0 {
                            return Some(at);
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
            (length > 0).then_some(at + length)
        }
    }
}

/// Where a string ends, and whether it holds an escape. Eight bytes at a time: most of a record is strings.
#[inline]
fn end_of_string(bytes: &[u8], open: usize) -> Option<(usize, bool)> {
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

#[cfg(test)]
mod tests {
    use super::{Cursor, Member, string};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// The items of a list; none where the text is no list.
    fn items(text: &str) -> Vec<&str> {
        let mut cursor = Cursor::new(text);
        let mut out = Vec::new();
        if cursor.list() {
            while cursor.item() {
                let Some(value) = cursor.value() else { break };
                out.push(value);
            }
        }
        out
    }

    /// The members of an object, read beside those of another.
    fn members<'t>(text: &'t str, mut like: &[Member<'t>]) -> Vec<Member<'t>> {
        let mut cursor = Cursor::new(text);
        let mut out = Vec::new();
        assert!(cursor.object());
        while let Some((_, member)) = cursor.member(&mut like) {
            out.push(member);
        }
        out
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z\"\\\\{}\\[\\],:あ漢 \n]{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec(("[a-z\"\\\\あ]{0,10}", inner), 0..6)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn slices_are_the_values_of_a_parser(value in any_json(), pretty in any::<bool>()) {
            let list = json!([value, 1, { "k": value }]);
            let text = if pretty { serde_json::to_string_pretty(&list) } else { serde_json::to_string(&list) }.expect("JSON");
            let parsed: Vec<Value> = items(&text).into_iter().map(|i| serde_json::from_str(i).expect("valid slice")).collect();
            prop_assert_eq!(Value::from(parsed), list);
            if let Value::Object(map) = &value {
                let text = value.to_string();
                let mut cursor = Cursor::new(&text);
                prop_assert!(cursor.object());
                let mut read = serde_json::Map::new();
                while let Some(key) = cursor.key() {
                    let slice = cursor.value().expect("a value after each key");
                    read.insert(key.into_owned(), serde_json::from_str(slice).expect("valid slice"));
                }
                prop_assert_eq!(&read, map);
            }
        }

        #[test]
        fn a_like_object_changes_nothing(value in any_json(), other in any_json(), first in any_json(), spaced in any::<[bool; 2]>()) {
            let write = |v: &Value, spaced: bool| {
                if spaced { serde_json::to_string_pretty(v) } else { serde_json::to_string(v) }.expect("JSON")
            };
            let text = write(&json!({ "a": first, "k": value }), spaced[0]);
            let like = write(&json!({ "a": value, "k": other }), spaced[1]);
            let known = [members(&text, &[]), members(&like, &[]), members(&text, &[]).split_off(1)];
            for like in &known {
                let read = members(&text, like);
                prop_assert_eq!(read.len(), 2);
                for (member, plain) in read.iter().zip(&known[0]) {
                    prop_assert_eq!((member.key(), member.value(), member.whole()), (plain.key(), plain.value(), plain.whole()));
                    let same = like.iter().any(|l| (l.key(), l.value()) == (member.key(), member.value()));
                    prop_assert!(same || !member.again);
                }
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\",:\\\\a1 あ]{0,40}") {
            items(&text);
            let mut cursor = Cursor::new(&text);
            cursor.object();
            while cursor.key().is_some() && cursor.value().is_some() {}
        }
    }

    #[test]
    fn escapes_are_read() {
        assert_eq!(string(r#""res\u006furce""#).as_deref(), Some("resource"));
        assert_eq!(string("1"), None);
    }
}
