//! Whether a reply keeps to a schema, and the smallest value that does.
//!
//! Covers the keywords that `schema_check` lets through; `format` and `pattern`
//! are not looked at.

use serde_json::{Map, Value, json};

use crate::schema_check::resolve;

/// Whether the value is one of the schema's.
pub(crate) fn fits(value: &Value, schema: &Value, root: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolve(root, reference).is_some_and(|target| fits(value, target, root));
    }
    let any_of = schema["anyOf"].as_array();
    let all_of = schema["allOf"].as_array();
    has_type(value, &schema["type"])
        && schema["enum"].as_array().is_none_or(|values| values.contains(value))
        && schema.get("const").is_none_or(|constant| constant == value)
        && any_of.is_none_or(|parts| parts.iter().any(|part| fits(value, part, root)))
        && all_of.is_none_or(|parts| parts.iter().all(|part| fits(value, part, root)))
        && value.as_object().is_none_or(|object| object_fits(object, schema, root))
        && value.as_array().is_none_or(|items| items_fit(items, schema, root))
}

/// The smallest value that fits; empty strings, first of each enum.
pub(crate) fn smallest(schema: &Value, root: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolve(root, reference).map_or(Value::Null, |target| smallest(target, root));
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    if let Some(first) = schema["anyOf"].get(0) {
        return smallest(first, root);
    }
    let kind = schema["type"].as_str().or(schema["type"][0].as_str());
    match kind {
        Some("string") => json!(""),
        Some("integer" | "number") => json!(0),
        Some("boolean") => json!(false),
        Some("null") => Value::Null,
        Some("array") if schema["minItems"] == 1 => json!([smallest(&schema["items"], root)]),
        Some("array") => json!([]),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten();
            let names = required.filter_map(Value::as_str);
            let member = |name: &str| (name.to_owned(), smallest(&schema["properties"][name], root));
            Value::Object(names.map(member).collect())
        }
    }
}

fn has_type(value: &Value, kind: &Value) -> bool {
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    };
    match kind {
        Value::String(kind) => is(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

fn object_fits(object: &Map<String, Value>, schema: &Value, root: &Value) -> bool {
    let mut required = schema["required"].as_array().into_iter().flatten();
    let closed = schema["additionalProperties"] == false;
    required.all(|name| name.as_str().is_some_and(|name| object.contains_key(name)))
        && object.iter().all(|(name, value)| match schema["properties"].get(name) {
            Some(part) => fits(value, part, root),
            None => !closed,
        })
}

fn items_fit(items: &[Value], schema: &Value, root: &Value) -> bool {
    let least = schema["minItems"].as_u64().unwrap_or(0);
    items.len() as u64 >= least
        && schema.get("items").is_none_or(|part| items.iter().all(|item| fits(item, part, root)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "kind": { "enum": ["fact", "missing"] },
                "facts": { "type": "array", "items": { "$ref": "#/$defs/id" } },
                "note": { "anyOf": [{ "type": "null" }, { "type": "string" }] }
            },
            "required": ["kind", "facts"],
            "additionalProperties": false,
            "$defs": { "id": { "type": "string" } }
        })
    }

    #[test]
    fn smallest_value_fits() {
        let smallest = smallest(&schema(), &schema());
        assert_eq!(smallest, json!({ "kind": "fact", "facts": [] }));
        assert!(fits(&smallest, &schema(), &schema()));
    }

    #[test]
    fn misfits_are_seen() {
        for value in [
            json!({ "kind": "fact" }),
            json!({ "kind": "other", "facts": [] }),
            json!({ "kind": "fact", "facts": [1] }),
            json!({ "kind": "fact", "facts": [], "more": 1 }),
            json!({ "kind": "fact", "facts": [], "note": 1 }),
            json!([]),
        ] {
            assert!(!fits(&value, &schema(), &schema()), "{value}");
        }
    }
}
