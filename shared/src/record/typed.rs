//! Types read from JSON text that the parser has found valid: nothing is looked at twice, and what no type asks for is
//! stepped over. Reads and refuses what the parser's own reading would.

use serde::Deserialize;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Error;

use super::scan::Cursor;

/// Lists and objects inside one another, as many as the parser reads.
const DEEPEST: u8 = 128;

/// A type from the text of one JSON value.
pub(crate) fn typed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Error> {
    T::deserialize(&mut Json::new(text))
}

/// What FHIR has as one value in some versions and as a list in others.
pub(crate) fn one_or_more<'a, T: Deserialize<'a>>(text: &'a str) -> Result<Vec<T>, Error> {
    if text.starts_with('[') { typed(text) } else { typed(text).map(|one| vec![one]) }
}

/// The text of one value, read from its beginning.
pub(super) struct Json<'a> {
    cursor: Cursor<'a>,
    depth: u8,
}

impl<'a> Json<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { cursor: Cursor::new(text), depth: 0 }
    }

    /// Reads what is one level deeper.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.depth += 1;
        if self.depth >= DEEPEST {
            return Err(Error::custom("nested too deep"));
        }
        let out = read(self);
        self.depth -= 1;
        out
    }

    fn whole(&mut self) -> Result<&'a str, Error> {
        self.cursor.value().ok_or_else(no_value)
    }
}

fn no_value() -> Error {
    Error::custom("no JSON value")
}

impl<'de> Deserializer<'de> for &mut Json<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.cursor.peek() {
            Some(b'"') => {
                let text = self.cursor.text().ok_or_else(no_value)?;
                match text.plain() {
                    Some(plain) => visitor.visit_borrowed_str(plain),
                    None => visitor.visit_string(text.text().ok_or_else(no_value)?.into_owned()),
                }
            }
            Some(b'{') => self.deeper(|json| {
                json.cursor.object();
                visitor.visit_map(Entries(json))
            }),
            Some(b'[') => self.deeper(|json| {
                json.cursor.list();
                let mut items = Items { json, over: false };
                let out = visitor.visit_seq(&mut items)?;
                if !items.over && items.json.cursor.item() {
                    return Err(Error::custom("more items than wanted"));
                }
                Ok(out)
            }),
            Some(b'n') => {
                self.cursor.value();
                visitor.visit_unit()
            }
            _ => serde_json::Deserializer::from_str(self.whole()?).deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.cursor.peek() == Some(b'n') {
            self.cursor.value();
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    /// A `RawValue` asks the parser for its text.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.whole()?).deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.whole()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier
    }
}

struct Entries<'j, 'a>(&'j mut Json<'a>);

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(key) = self.0.cursor.raw_key() else { return Ok(None) };
        match key.plain() {
            Some(plain) => seed.deserialize(BorrowedStrDeserializer::new(plain)).map(Some),
            None => seed.deserialize(key.text().ok_or_else(no_value)?.into_deserializer()).map(Some),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.0)
    }
}

struct Items<'j, 'a> {
    json: &'j mut Json<'a>,
    /// The list's end was stepped over.
    over: bool,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.over || !self.json.cursor.item() {
            self.over = true;
            return Ok(None);
        }
        seed.deserialize(&mut *self.json).map(Some)
    }

    /// Most lists hold one.
    fn size_hint(&self) -> Option<usize> {
        Some(1)
    }
}

/// The text of one value as a step of a greater reading.
pub(super) struct Value<'a>(pub &'a str);

impl<'a> de::IntoDeserializer<'a, Error> for Value<'a> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Json::new(self.0).deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Json::new(self.0).deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        Json::new(self.0).deserialize_newtype_struct(name, visitor)
    }

    /// The walk stepped over it already.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;
    use serde_json::{Value, json};

    use super::typed;
    use crate::record::resources::{MedicationUse, QuestionnaireResponse};

    /// Members that the type wants, in shapes that it wants and others.
    fn any_resource() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            Just(json!(7.5)),
            "[a-z\"\\\\あ漢 \n]{0,6}".prop_map(Value::from),
        ];
        let key = prop::sample::select(vec![
            "text", "coding", "code", "system", "display", "note", "dosage", "dosageInstruction", "doseAndRate",
            "doseQuantity", "value", "unit", "encounter", "reference", "identifier", "extension", "valuePeriod",
            "start", "timing", "repeat", "frequency", "medicationCodeableConcept", "category", "x",
        ]);
        leaf.prop_recursive(5, 40, 5, move |inner| {
            prop_oneof![
                2 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                5 => prop::collection::vec((key.clone(), inner), 0..5)
                    .prop_map(|m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn types_are_read_as_the_parser_reads_them(value in any_resource(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.expect("JSON");
            let (own, parser) = (typed::<MedicationUse>(&text), serde_json::from_str::<MedicationUse>(&text));
            prop_assert_eq!(format!("{:?}", own.ok()), format!("{:?}", parser.ok()));
            prop_assert_eq!(typed::<Value>(&text).expect("valid"), value);
        }
    }

    #[test]
    fn odd_texts_are_read_and_refused_as_by_the_parser() {
        let deep = |n: usize| format!("{}{}", r#"{"item":["#.repeat(n), "]}".repeat(n));
        let texts = [
            r#"{"item":[{"text":"\ud800"}]}"#.to_owned(),
            r#"{"\ud800":1}"#.to_owned(),
            r#"{"it\u0065m":[{"te\u0078t":"\u3042\n"}]}"#.to_owned(),
            r#"{"authored":"a","authored":"b"}"#.to_owned(),
            r#"{"item":[["1","2"]]}"#.to_owned(),
            r#"{"item":[["1","2",[],[],"5"]]}"#.to_owned(),
            r#"["a",{"reference":"b"},[]]"#.to_owned(),
            r#"["a",null,[],1]"#.to_owned(),
            r#"{"x":1e999,"item":[{"answer":[{"valueDecimal":1e999}]}]}"#.to_owned(),
            r#"{"item":[{"answer":[{"valueDecimal": [1, "\ud800"] , "valueBoolean":null}]}]}"#.to_owned(),
            deep(63),
            deep(64),
            deep(20_000),
        ];
        for text in texts {
            assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{text}");
            let own = typed::<QuestionnaireResponse>(&text).ok();
            let parser = serde_json::from_str::<QuestionnaireResponse>(&text).ok();
            assert_eq!(format!("{own:?}"), format!("{parser:?}"), "{text}");
        }
    }
}
