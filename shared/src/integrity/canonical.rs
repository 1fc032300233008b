//! Canonical JSON after RFC 8785: one value, one byte sequence.
//!
//! Narrower than the RFC on purpose: numbers are integers below 2^53 in magnitude, everything
//! else is an error (decimals travel as strings). So no number is ever rounded without a word.
//! Strings stay as received: normalising would rewrite the characters of names.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Number, Value};

/// The largest magnitude that every JSON reader keeps exactly.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why bytes or a value are not canonical JSON. Never carries any of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    #[error("an integer of 2^53 or more cannot be stored")]
    IntegerTooLarge,
    #[error("a fraction or exponent cannot be stored; write decimals as strings")]
    NotAnInteger,
    #[error("the value has no JSON form")]
    NotJson,
    #[error("the bytes do not have the expected shape (line {line}, column {column})")]
    Shape { line: usize, column: usize },
    #[error("the bytes are JSON, but not in canonical form")]
    NotCanonical,
}

/// The canonical bytes of anything that serialises.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let value = serde_json::to_value(value).map_err(|_| CanonicalError::NotJson)?;
    from_value(&value)
}

/// The canonical bytes of a JSON value.
pub fn from_value(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::with_capacity(256);
    write_value(value, &mut out)?;
    Ok(out)
}

/// True only for bytes that canonicalising would not change; a repeated key, a blank, another
/// order of keys or another escape is enough for false.
pub fn is_canonical(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|value| from_value(&value).is_ok_and(|again| again == bytes))
}

/// Reads a value whose canonical bytes are exactly `bytes`: unknown fields, explicit nulls for
/// absent fields and every other second spelling are refused.
pub fn parse<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, CanonicalError> {
    let value: T = serde_json::from_slice(bytes)
        .map_err(|error| CanonicalError::Shape { line: error.line(), column: error.column() })?;
    if to_vec(&value)? == bytes { Ok(value) } else { Err(CanonicalError::NotCanonical) }
}

fn write_value(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            // RFC 8785, 3.2.3: by UTF-16 code units, which differs from UTF-8 above U+FFFF
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (index, (key, item)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write_value(item, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_number(number: &Number, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    let magnitude = match (number.as_u64(), number.as_i64()) {
        (Some(positive), _) => positive,
        (None, Some(negative)) => negative.unsigned_abs(),
        (None, None) => return Err(CanonicalError::NotAnInteger),
    };
    if magnitude > MAX_INTEGER {
        return Err(CanonicalError::IntegerTooLarge);
    }
    if number.as_u64().is_none() {
        out.push(b'-');
    }
    out.extend_from_slice(magnitude.to_string().as_bytes());
    Ok(())
}

/// RFC 8785, 3.2.2.2.
fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\r' => out.extend_from_slice(b"\\r"),
            control if control < ' ' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes());
            }
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn text_of(value: &Value) -> String {
        String::from_utf8(from_value(value).unwrap()).unwrap()
    }

    #[test]
    fn keys_are_ordered_as_in_the_rfc() {
        // RFC 8785, 3.2.3
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis"
        });
        let text = text_of(&value);
        let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"];
        let places: Vec<_> = order.iter().map(|name| text.find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn strings_are_escaped_as_in_the_rfc() {
        // RFC 8785, 3.2.2
        let value = json!("\u{20ac}$\u{f}\u{a}A'\u{42}\u{22}\u{5c}\\\"/\u{7f}\u{8}\u{c}\u{d}\u{9}");
        assert_eq!(text_of(&value), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\\b\\f\\r\\t\"");
    }

    #[test]
    fn characters_of_names_are_kept() {
        for name in ["髙﨑", "神\u{FA19}", "葛\u{E0100}城", "が", "か\u{3099}", "⾷欲"] {
            assert_eq!(text_of(&json!(name)), format!("\"{name}\""));
        }
    }

    #[test]
    fn integers_are_exact_or_refused() {
        let largest = (1_i64 << 53) - 1;
        assert_eq!(text_of(&json!([0, -1, largest, -largest])), "[0,-1,9007199254740991,-9007199254740991]");
        for refused in ["9007199254740992", "9007199254740993", "-9007199254740992", "18446744073709551615"] {
            let value: Value = serde_json::from_str(refused).unwrap();
            assert_eq!(from_value(&value), Err(CanonicalError::IntegerTooLarge), "{refused}");
        }
        for refused in ["1.0", "0.5", "1e3", "-0", "-0.0", "18446744073709551616"] {
            let value: Value = serde_json::from_str(refused).unwrap();
            assert_eq!(from_value(&value), Err(CanonicalError::NotAnInteger), "{refused}");
        }
    }

    #[test]
    fn second_spellings_are_not_canonical() {
        assert!(is_canonical(br#"{"a":[1,"x"],"b":null}"#));
        for other in [
            r#"{"b":null,"a":1}"#, r#"{"a": 1}"#, r#"{"a":1,"a":1}"#, r#"{"a":1"#, "{\"a\":1}\n", r#"{"a":"\u0041"}"#,
            r#"{"a":"\/"}"#, "[1.0]", "[01]", "\u{feff}{}", "", r#"["\ud800"]"#, r#"["\u000A"]"#,
        ] {
            assert!(!is_canonical(other.as_bytes()), "{other}");
        }
        assert!(!is_canonical(b"\"\xff\""));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-((1_i64 << 53) - 1)..(1_i64 << 53)).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Another spelling of the same value: keys in another order, blanks, escaped strings.
    fn respelt(value: &Value) -> String {
        match value {
            Value::Array(items) => {
                format!("[ {} ]", items.iter().map(respelt).collect::<Vec<_>>().join(" ,\n"))
            }
            Value::Object(members) => {
                let members: Vec<_> =
                    members.iter().rev().map(|(key, item)| format!("{} :\t{}", escaped(key), respelt(item))).collect();
                format!("{{\r\n{}}}", members.join(" , "))
            }
            Value::String(text) => escaped(text),
            other => other.to_string(),
        }
    }

    fn escaped(text: &str) -> String {
        let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        format!("\"{units}\"")
    }

    proptest! {
        #[test]
        fn canonical_bytes_read_back_as_the_same_value(value in any_value()) {
            let bytes = from_value(&value).unwrap();
            prop_assert_eq!(&serde_json::from_slice::<Value>(&bytes).unwrap(), &value);
            prop_assert!(is_canonical(&bytes));
        }

        #[test]
        fn spelling_does_not_matter(value in any_value()) {
            let other: Value = serde_json::from_str(&respelt(&value)).unwrap();
            prop_assert_eq!(from_value(&other).unwrap(), from_value(&value).unwrap());
        }
    }
}
