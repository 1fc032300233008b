//! JSON with its members in the order of writing and its numbers in the digits of writing.
//!
//! `serde_json::Value` sorts members and turns 7.40 into 7.4; a laboratory value must keep what was printed.

/// One JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Object(Vec<(&'static str, Node)>),
    List(Vec<Node>),
    Text(String),
    /// A JSON number, digit by digit as the source has it.
    Number(String),
    Flag(bool),
}

impl Node {
    pub fn object() -> Self {
        Self::Object(Vec::new())
    }

    /// The number that `text` spells in JSON, or nothing where it spells none (「陰性」, 「1+」).
    pub fn number(text: &str) -> Option<Self> {
        serde_json::from_str::<serde_json::Number>(text).ok().map(|_| Self::Number(text.to_owned()))
    }

    pub fn with(mut self, key: &'static str, value: impl Into<Self>) -> Self {
        if let Self::Object(members) = &mut self {
            members.push((key, value.into()));
        }
        self
    }

    /// Adds the member only where there is something to say.
    pub fn maybe(self, key: &'static str, value: Option<impl Into<Self>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds the list only where it holds something: FHIR knows no empty arrays.
    pub fn some(self, key: &'static str, values: Vec<Self>) -> Self {
        if values.is_empty() { self } else { self.with(key, Self::List(values)) }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = String::new();
        self.write(&mut out);
        out.into_bytes()
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Object(members) => {
                out.push('{');
                for (i, (key, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    quote(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
            Self::List(values) => {
                out.push('[');
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    value.write(out);
                }
                out.push(']');
            }
            Self::Text(text) => quote(text, out),
            Self::Number(digits) => out.push_str(digits),
            Self::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(text).expect("a string always serialises"));
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Node {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Node {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u32> for Node {
    fn from(number: u32) -> Self {
        Self::Number(number.to_string())
    }
}

impl From<Vec<Node>> for Node {
    fn from(values: Vec<Node>) -> Self {
        Self::List(values)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_order_are_kept() {
        let node = Node::object().with("z", Node::number("7.40").unwrap()).with("a", "改行\n").some("none", Vec::new());
        assert_eq!(String::from_utf8(node.bytes()).unwrap(), "{\"z\":7.40,\"a\":\"改行\\n\"}");
    }

    #[test]
    fn what_json_does_not_call_a_number_is_none() {
        for text in ["1+", "陰性", "<0.02", ".5", "01", ""] {
            assert_eq!(Node::number(text), None, "{text}");
        }
    }
}
