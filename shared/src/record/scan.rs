//! A walk over JSON text that hands out members and items as slices without reading what they hold.
//! Holds no check: the text is that of a `RawValue`, which the parser has found valid. Anything else ends the walk.

use std::borrow::Cow;

use super::members::Member;
use super::span::{Seen, begins_with, end_of_string, end_of_value, ends_alike};
pub use super::span::{plain_string, string};

/// A member's key, or another text, as it stands.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    quoted: &'a str,
    escaped: bool,
}

impl<'a> Key<'a> {
    /// What it says; `None` where it is no text.
    pub fn text(self) -> Option<Cow<'a, str>> {
        if self.escaped { string(self.quoted) } else { self.plain().map(Cow::Borrowed) }
    }

    /// The same where it holds no escape.
    pub fn plain(self) -> Option<&'a str> {
        if self.escaped { None } else { self.quoted.get(1..self.quoted.len() - 1) }
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
        let key = self.text()?;
        self.next_byte().filter(|c| *c == b':')?;
        self.at += 1;
        Some(key)
    }

    /// Steps over the text that the cursor stands at.
    pub fn text(&mut self) -> Option<Key<'a>> {
        let bytes = self.text.as_bytes();
        bytes.get(self.at).filter(|c| **c == b'"')?;
        let (end, escaped) = end_of_string(bytes, self.at)?;
        let start = std::mem::replace(&mut self.at, end);
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
        let start = self.at;
        self.step_over()?;
        self.text.get(start..self.at)
    }

    /// Steps over the value that begins right here.
    fn step_over(&mut self) -> Option<Seen> {
        let (end, seen) = end_of_value(self.text.as_bytes(), self.at)?;
        self.at = end;
        Some(seen)
    }

    /// What stands here, after white space.
    pub fn peek(&mut self) -> Option<u8> {
        self.next_byte()
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
                let seen = self.step_over()?;
                let key = first.key();
                return Some((Cow::Borrowed(key), Member::new(self.since(start), key.len(), value, seen)));
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
        let known = known.filter(Member::is_closed);
        let again = known.filter(|k| bytes.get(self.at..).is_some_and(|rest| rest.starts_with(k.value().as_bytes())));
        let seen = if let Some(known) = again {
            self.at += known.value().len();
            known.seen
        } else {
            self.step_over()?
        };
        Some((key, Member::new(self.since(start), length, value, seen).again(again.is_some())))
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
