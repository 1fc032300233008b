//! Which JSON Schemas structured output takes.
//!
//! The service compiles a schema into a grammar and refuses what does not fit one.
//! A keyword counts only where a schema stands, never as the name of a property.

use serde_json::{Map, Value};

/// Keywords that are refused wherever they stand.
const REFUSED: &[&str] = &[
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems",
    "uniqueItems", "contains", "minContains", "maxContains", "minProperties", "maxProperties", "patternProperties",
    "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "oneOf",
    "not", "if", "then", "else",
];

/// Refuses a schema with the service's words, prefixed by `at`.
pub(crate) fn check(schema: &Value, at: &str) -> Result<(), String> {
    let walk = Walk { root: schema };
    walk.visit(schema, &mut Vec::new())
        .map_err(|reason| format!("The model returned the following errors: {at}: {reason}"))
}

struct Walk<'a> {
    root: &'a Value,
}

impl<'a> Walk<'a> {
    /// `open` holds the references that are being followed.
    fn visit(&self, schema: &'a Value, open: &mut Vec<&'a str>) -> Result<(), String> {
        let Value::Object(schema) = schema else {
            return Err("a schema must be an object".to_owned());
        };
        let kind = schema.get("type").and_then(Value::as_str).unwrap_or("any");
        if let Some(keyword) = REFUSED.iter().find(|keyword| schema.contains_key(**keyword)) {
            return Err(format!("For '{kind}' type, property '{keyword}' is not supported"));
        }
        if schema.get("minItems").is_some_and(|n| !matches!(n.as_u64(), Some(0 | 1))) {
            return Err("For 'array' type, 'minItems' values other than 0 or 1 are not supported".to_owned());
        }
        let is_object = kind == "object" || schema.contains_key("properties");
        if is_object && schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err("For 'object' type, 'additionalProperties' must be explicitly set to false".to_owned());
        }
        if let Some(values) = schema.get("enum") {
            let scalars = |values: &Vec<Value>| values.iter().all(|v| !v.is_object() && !v.is_array());
            if !values.as_array().is_some_and(scalars) {
                return Err("'enum' may hold strings, numbers, booleans and nulls only".to_owned());
            }
        }
        self.visit_parts(schema, open)
    }

    fn visit_parts(&self, schema: &'a Map<String, Value>, open: &mut Vec<&'a str>) -> Result<(), String> {
        for keyword in ["properties", "$defs", "definitions"] {
            for part in schema.get(keyword).and_then(Value::as_object).into_iter().flatten() {
                self.visit(part.1, open)?;
            }
        }
        for keyword in ["anyOf", "allOf"] {
            for part in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                self.visit(part, open)?;
            }
        }
        if let Some(items) = schema.get("items") {
            self.visit(items, open)?;
        }
        let Some(reference) = schema.get("$ref") else {
            return Ok(());
        };
        let reference = reference.as_str().unwrap_or_default();
        if open.contains(&reference) {
            return Err("Recursive schemas are not supported".to_owned());
        }
        let target =
            resolve(self.root, reference).ok_or_else(|| "'$ref' must point into the schema itself".to_owned())?;
        open.push(reference);
        self.visit(target, open)?;
        open.pop();
        Ok(())
    }
}

/// What a local reference such as `#/$defs/x` points to.
pub(crate) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(schema: &Value) -> String {
        check(schema, "output_config.format.schema").unwrap_err()
    }

    #[test]
    fn keywords_without_a_grammar_are_refused() {
        for (keyword, value) in [
            ("minimum", json!(1)),
            ("maximum", json!(9)),
            ("multipleOf", json!(2)),
            ("minLength", json!(1)),
            ("maxLength", json!(9)),
            ("maxItems", json!(3)),
            ("minItems", json!(2)),
        ] {
            let mut schema = json!({ "type": "array", "items": { "type": "string" } });
            schema[keyword] = value;
            assert!(refused(&schema).contains(keyword), "{keyword}");
        }
        let one = json!({ "type": "array", "minItems": 1, "items": { "type": "string" } });
        assert_eq!(check(&one, "x"), Ok(()));
    }

    #[test]
    fn every_object_must_close_itself_also_inside() {
        let open = json!({ "type": "object", "properties": {} });
        assert!(refused(&open).contains("must be explicitly set to false"));
        let inner = json!({ "type": "array", "items": open });
        let outer = json!({ "type": "object", "properties": { "a": inner }, "additionalProperties": false });
        assert!(refused(&outer).contains("must be explicitly set to false"));
    }

    #[test]
    fn property_named_like_a_keyword_is_no_keyword() {
        let schema = json!({
            "type": "object",
            "properties": { "minimum": { "type": "string" } },
            "additionalProperties": false
        });
        assert_eq!(check(&schema, "x"), Ok(()));
    }

    #[test]
    fn references_must_be_local_and_end() {
        let itself = json!({ "$defs": { "a": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" });
        assert!(refused(&itself).contains("Recursive"));
        assert!(refused(&json!({ "$ref": "https://example.org/a" })).contains("$ref"));
    }
}
