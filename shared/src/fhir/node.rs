//! JSON as FHIR needs it: members in the order in which they were put, decimals with the digits that they came with.

use std::borrow::Cow;

use super::places::{Places, Value};

/// Levels of a resource; forms nest deepest.
const DEEPEST: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Boolean(bool),
    /// The digits, verbatim: "7.40" is not 7.4.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// Nearly all names are written in this crate.
    Object(Vec<(Cow<'static, str>, Node)>),
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
    pub fn read(raw: &str) -> Option<Self> {
        Self::of(Places::of(raw, |_| true)?.whole(), 0)
    }

    fn of(value: Value, depth: usize) -> Option<Self> {
        let below = |value| if depth < DEEPEST { Self::of(value, depth + 1) } else { None };
        let raw = value.raw();
        match raw.as_bytes().first()? {
            b'{' => {
                let members = value.members()?;
                let members = members.map(|(name, value)| Some((Cow::Owned(name.into_owned()), below(value)?)));
                Some(Self::Object(members.collect::<Option<_>>()?))
            }
            b'[' => Some(Self::List(value.items().map(below).collect::<Option<_>>()?)),
            b'"' => Some(Self::Text(value.string()?.into_owned())),
            b't' => Some(Self::Boolean(true)),
            b'f' => Some(Self::Boolean(false)),
            b'n' => None,
            _ => Some(Self::Number(raw.to_owned())),
        }
    }

    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Node>) -> Self {
        self.put(name, value.into());
        self
    }

    /// Nothing for `None`, and nothing for an empty text, list or object: FHIR knows no empty elements.
    pub fn maybe(self, name: impl Into<Cow<'static, str>>, value: Option<impl Into<Node>>) -> Self {
        match value.map(Into::into) {
            Some(value) if !value.is_empty() => self.with(name, value),
            _ => self,
        }
    }

    pub fn put(&mut self, name: impl Into<Cow<'static, str>>, value: Node) {
        let Self::Object(members) = self else { return };
        let name = name.into();
        match members.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = value,
            None => members.push((name, value)),
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
        let mut out = String::with_capacity(1_000);
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

/// A text as JSON.
pub(super) fn quote(text: &str, out: &mut String) {
    if text.bytes().any(|b| b < b' ' || matches!(b, b'"' | b'\\')) {
        out.push_str(&serde_json::to_string(text).expect("a string is JSON"));
        return;
    }
    out.push('"');
    out.push_str(text);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn digits_and_order_stay() {
        let json = r#"{"b":7.40,"a":[true,"x\"y"],"c":{"d":1e3}}"#;
        assert_eq!(Node::read(json).expect("no null").json(), json);
        assert_eq!(Node::read("[null]"), None);
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(Node::read(&deep), None);
    }

    #[test]
    fn nothing_empty_is_put() {
        let node = Node::object().maybe("a", Some("")).maybe("b", Some(Vec::new())).maybe("c", Some("x"));
        assert_eq!(node.json(), r#"{"c":"x"}"#);
    }
}
