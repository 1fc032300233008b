//! JSON as FHIR needs it: members in the order in which they were put, decimals with the digits that they came with.

use serde_json::value::RawValue;

use crate::record::types::Text;

/// Levels of a resource; forms nest deepest.
const DEEPEST: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Boolean(bool),
    /// The digits, verbatim: "7.40" is not 7.4.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Node {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Vec<Node>> for Node {
    fn from(list: Vec<Node>) -> Self {
        Self::List(list)
    }
}

impl Node {
    pub fn object() -> Self {
        Self::Object(Vec::new())
    }

    /// A resource of this type.
    pub fn resource(kind: &str) -> Self {
        Self::object().with("resourceType", kind)
    }

    /// Takes JSON as it is; `None` where it holds a null or nests deeper than any resource of ours.
    pub fn read(raw: &RawValue) -> Option<Self> {
        Self::read_at(raw, 0)
    }

    fn read_at(raw: &RawValue, depth: usize) -> Option<Self> {
        let below = |raw| if depth < DEEPEST { Self::read_at(raw, depth + 1) } else { None };
        let value: Members = match raw.get().as_bytes().first()? {
            b'{' => serde_json::from_str(raw.get()).ok()?,
            b'[' => {
                let list: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
                return Some(Self::List(list.into_iter().map(below).collect::<Option<_>>()?));
            }
            b'"' => return Some(Self::Text(serde_json::from_str(raw.get()).ok()?)),
            b't' => return Some(Self::Boolean(true)),
            b'f' => return Some(Self::Boolean(false)),
            b'n' => return None,
            _ => return Some(Self::Number(raw.get().to_owned())),
        };
        let members = value.0.into_iter().map(|(name, raw)| Some((name.0.into_owned(), below(raw)?)));
        Some(Self::Object(members.collect::<Option<_>>()?))
    }

    pub fn with(mut self, name: &str, value: impl Into<Node>) -> Self {
        self.put(name, value.into());
        self
    }

    /// Nothing for `None`, and nothing for an empty text, list or object: FHIR knows no empty elements.
    pub fn maybe(self, name: &str, value: Option<impl Into<Node>>) -> Self {
        match value.map(Into::into) {
            Some(value) if !value.is_empty() => self.with(name, value),
            _ => self,
        }
    }

    pub fn put(&mut self, name: &str, value: Node) {
        let Self::Object(members) = self else { return };
        match members.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => members.push((name.to_owned(), value)),
        }
    }

    pub fn remove(&mut self, name: &str) -> Option<Node> {
        let Self::Object(members) = self else { return None };
        let at = members.iter().position(|(n, _)| n == name)?;
        Some(members.remove(at).1)
    }

    pub fn get(&self, name: &str) -> Option<&Node> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Object(members) => members.is_empty(),
            Self::Boolean(_) | Self::Number(_) => false,
        }
    }

    /// Compact JSON.
    pub fn json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Boolean(b) => out.push_str(if *b { "true" } else { "false" }),
            Self::Number(digits) => out.push_str(digits),
            Self::Text(text) => quote(text, out),
            Self::List(list) => {
                out.push('[');
                for (i, node) in list.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    node.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (i, (name, node)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    quote(name, out);
                    out.push(':');
                    node.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn quote(text: &str, out: &mut String) {
    if text.bytes().any(|b| b < b' ' || matches!(b, b'"' | b'\\')) {
        out.push_str(&serde_json::to_string(text).expect("a string is JSON"));
        return;
    }
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// Members of an object in their order; of a name that stands twice, the last.
pub(super) struct Members<'a>(pub Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Members<'a> {
    pub fn of(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok()
    }

    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(n, _)| **n == *name).map(|(_, raw)| *raw)
    }
}

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::Node;

    #[test]
    fn digits_and_order_stay() {
        let json = r#"{"b":7.40,"a":[true,"x\"y"],"c":{"d":1e3}}"#;
        let raw = RawValue::from_string(json.to_owned()).expect("JSON");
        assert_eq!(Node::read(&raw).expect("no null").json(), json);
        let null = RawValue::from_string("[null]".to_owned()).expect("JSON");
        assert_eq!(Node::read(&null), None);
        let deep = RawValue::from_string(format!("{}1{}", "[".repeat(100), "]".repeat(100))).expect("JSON");
        assert_eq!(Node::read(&deep), None);
    }

    #[test]
    fn nothing_empty_is_put() {
        let node = Node::object().maybe("a", Some("")).maybe("b", Some(Vec::new())).maybe("c", Some("x"));
        assert_eq!(node.json(), r#"{"c":"x"}"#);
    }
}
