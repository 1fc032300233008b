//! The members of one resource, found once and read by type: what no type asks for is never looked at again.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde::de::{self, Deserializer, Visitor};

/// Keys and values as slices of the record.
#[derive(Default)]
pub struct Members<'a> {
    list: Vec<(&'a str, &'a str)>,
    /// A key is written with escapes: the parser has to read the whole.
    escaped: bool,
}

impl<'a> Members<'a> {
    /// Takes in a member; a key that is owned was written with escapes.
    #[expect(clippy::ptr_arg, reason = "a key that is no slice of the record counts as escaped")]
    pub fn push(&mut self, key: &Cow<'a, str>, value: &'a str) {
        if self.list.is_empty() {
            self.list.reserve(16);
        }
        match key {
            Cow::Borrowed(key) => self.list.push((key, value)),
            Cow::Owned(_) => self.escaped = true,
        }
    }

    /// Keys and values; `None` where a key is written with escapes.
    pub fn plain(&self) -> Option<&[(&'a str, &'a str)]> {
        (!self.escaped).then_some(&self.list)
    }

    /// Reads a type from the members; `whole` is the resource that they are of.
    pub fn parse<T: Deserialize<'a>>(&self, whole: &'a str) -> Result<T, serde_json::Error> {
        if self.escaped {
            return serde_json::from_str(whole);
        }
        let members = self.list.iter().map(|(key, value)| (BorrowedStrDeserializer::new(key), Value(value)));
        T::deserialize(MapDeserializer::new(members))
    }
}

/// One member's text, which the JSON parser reads once a type asks for it.
struct Value<'a>(&'a str);

impl<'a> de::IntoDeserializer<'a, serde_json::Error> for Value<'a> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        serde_json::Deserializer::from_str(self.0).deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        serde_json::Deserializer::from_str(self.0).deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        serde_json::Deserializer::from_str(self.0).deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        serde_json::Deserializer::from_str(self.0).deserialize_struct(name, fields, visitor)
    }

    /// The walk stepped over it already.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum identifier
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
        while let Some(key) = cursor.key() {
            out.push(&key, cursor.value().expect("a value"));
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
