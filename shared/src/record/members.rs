//! The members of one resource, found once and read by type: what no type asks for is never looked at again.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};

use super::span::Seen;
use super::typed::Value;

/// One member: a slice of the record from the key's quote to the value's end.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    whole: &'a str,
    /// Bytes of the key between its quotes; 0 where it is no text.
    key: u32,
    /// Where in the slice the value begins.
    value: u32,
    /// Whether the value ends by its own bracket or quote, wherever it begins.
    closed: bool,
    /// The resource before holds the same, byte for byte.
    pub again: bool,
    /// What the value holds.
    pub seen: Seen,
}

impl<'a> Member<'a> {
    /// `key` and `value` are offsets in `whole`: the key's length behind its quote, and where the value begins.
    pub fn new(whole: &'a str, key: usize, value: usize, seen: Seen) -> Self {
        let closed = matches!(whole.as_bytes().get(value), Some(b'{' | b'[' | b'"'));
        Self { whole, key: key as u32, value: value as u32, closed, again: false, seen }
    }

    pub fn again(self, again: bool) -> Self {
        Self { again, ..self }
    }

    /// A member that is written exactly so at another place.
    pub fn at(self, whole: &'a str, again: bool) -> Self {
        Self { whole, again, ..self }
    }

    /// Bytes of the key.
    pub fn key_length(&self) -> usize {
        self.key as usize
    }

    #[inline]
    pub fn key(&self) -> &'a str {
        self.whole.get(1..=self.key as usize).unwrap_or_default()
    }

    pub fn value(&self) -> &'a str {
        self.whole.get(self.value as usize..).unwrap_or_default()
    }

    /// Key and colon, as they stand.
    pub fn before_value(&self) -> &'a str {
        self.whole.get(..self.value as usize).unwrap_or_default()
    }

    pub fn whole(&self) -> &'a str {
        self.whole
    }

    /// Whether a text that begins with all of this begins with just this member.
    pub fn is_closed(&self) -> bool {
        self.closed
    }
}

/// The members of a resource in their order.
#[derive(Default)]
pub struct Members<'a> {
    list: Vec<Member<'a>>,
    /// A key is written with escapes: the parser has to read the whole.
    escaped: bool,
}

impl<'a> Members<'a> {
    /// A resource has about as many as the one before it.
    pub fn with_capacity(members: usize) -> Self {
        Self { list: Vec::with_capacity(members), escaped: false }
    }

    /// Takes in a member; a key that is owned was written with escapes.
    #[expect(clippy::ptr_arg, reason = "a key that is no slice of the record counts as escaped")]
    #[inline]
    pub fn push(&mut self, key: &Cow<'a, str>, member: Member<'a>) {
        match key {
            Cow::Borrowed(_) => self.list.push(member),
            Cow::Owned(_) => self.escaped = true,
        }
    }

    /// All of them; `None` where a key is written with escapes.
    pub fn plain(&self) -> Option<&[Member<'a>]> {
        (!self.escaped).then_some(&self.list)
    }

    /// Reads a type from the members; `whole` is the resource that they are of.
    pub fn parse<T: Deserialize<'a>>(&self, whole: &'a str) -> Result<T, serde_json::Error> {
        if self.escaped {
            return serde_json::from_str(whole);
        }
        let members = self.list.iter().map(|m| (BorrowedStrDeserializer::new(m.key()), Value(m.value())));
        T::deserialize(MapDeserializer::new(members))
    }
}

#[cfg(test)]
mod tests {
    use super::Members;
    use crate::record::resources::Observation;
    use crate::record::scan::Cursor;

    fn members(text: &str) -> Members<'_> {
        let mut cursor = Cursor::new(text);
        let mut out = Members::default();
        cursor.object();
        while let Some((key, member)) = cursor.member(&mut [].as_slice()) {
            out.push(&key, member);
        }
        out
    }

    #[test]
    fn members_read_like_the_whole() {
        for (text, readable) in [
            (
                r#"{"resourceType":"Observation","code":{"text":"K"},"valueQuantity":{"value":7.40,"unit":"mEq/L"},"x":[{}]}"#,
                true,
            ),
            (r#"{"c\u006fde":{"text":"K"},"note":[{"text":"a\"b"}]}"#, true),
            (r#"{"code":"K"}"#, false),
            (r#"{"code":{"text":"K"},"code":{"text":"Na"}}"#, false),
            (r#"{"category":null}"#, false),
        ] {
            let whole = serde_json::from_str::<Observation>(text);
            let parts = members(text).parse::<Observation>(text);
            assert_eq!((whole.is_ok(), parts.is_ok()), (readable, readable), "{text}");
            assert_eq!(format!("{:?}", whole.ok()), format!("{:?}", parts.ok()));
        }
    }
}
