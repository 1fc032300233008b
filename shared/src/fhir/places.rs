//! Where every value of a JSON text stands, found in one walk: what is read of a resource is read at many depths.
//! Holds no check: the text is one that the parser has found valid.

use std::borrow::Cow;

use crate::record::{Cursor, json_string};

/// Levels that are told apart, more than any reader here goes down; what lies deeper is one value.
const DEEPEST: usize = 70;

pub(super) struct Places<'a>(Vec<Place<'a>>);

#[derive(Clone, Copy)]
struct Place<'a> {
    /// Without its quotes, or with them where it holds an escape; empty in a list.
    key: &'a str,
    raw: &'a str,
    /// Index of the place after all that lie in this one.
    next: usize,
    /// An object with a key that is no text.
    broken: bool,
    /// One bit for each remainder of the names of an object's members: most names that are asked for are none of them.
    names: u64,
}

impl<'a> Place<'a> {
    fn new(key: &'a str, at: usize) -> Self {
        Self { key, raw: "", next: at + 1, broken: false, names: 0 }
    }

    /// Takes in the key of a member, unquoted.
    fn hold(&mut self, name: &str, is_text: bool) {
        self.broken |= !is_text;
        // Only reading it tells which name an escape makes.
        self.names |= if name.starts_with('"') { u64::MAX } else { bit(name) };
    }
}

/// By length and first and last letter.
const fn bit(name: &str) -> u64 {
    let name = name.as_bytes();
    let [first, ..] = name else { return 1 };
    let last = name[name.len() - 1];
    1 << ((name.len() * 7 + *first as usize * 5 + last as usize) % 64)
}

/// A value at its place.
#[derive(Clone, Copy)]
pub(super) struct Value<'p> {
    places: &'p [Place<'p>],
    at: usize,
}

impl<'a> Places<'a> {
    /// Of a resource, of which nothing is looked for in other members than those wanted.
    pub fn of(text: &'a str, wanted: impl Fn(&str) -> bool) -> Option<Self> {
        // A resource of an electronic chart has some hundred values.
        let mut places = Vec::with_capacity(128);
        let mut cursor = Cursor::new(text);
        let start = cursor.position();
        if !cursor.object() {
            walk(&mut cursor, "", 0, &mut places)?;
            return Some(Self(places));
        }
        places.push(Place::new("", 0));
        while let Some(key) = cursor.raw_key() {
            let name = key.text();
            places[0].hold(key.unquoted(), name.is_some());
            let depth = if name.is_some_and(|name| wanted(&name)) { 1 } else { DEEPEST };
            walk(&mut cursor, key.unquoted(), depth, &mut places)?;
        }
        let next = places.len();
        (places[0].raw, places[0].next) = (cursor.since(start), next);
        Some(Self(places))
    }

    pub fn whole(&self) -> Value<'_> {
        Value { places: &self.0, at: 0 }
    }
}

fn walk<'a>(cursor: &mut Cursor<'a>, key: &'a str, depth: usize, places: &mut Vec<Place<'a>>) -> Option<()> {
    let (at, start) = (places.len(), cursor.position());
    places.push(Place::new(key, at));
    if depth < DEEPEST && cursor.object() {
        while let Some(key) = cursor.raw_key() {
            places[at].hold(key.unquoted(), key.text().is_some());
            walk(cursor, key.unquoted(), depth + 1, places)?;
        }
    } else if depth < DEEPEST && cursor.list() {
        while cursor.item() {
            walk(cursor, "", depth + 1, places)?;
        }
    } else {
        places[at].raw = cursor.value()?;
        return Some(());
    }
    let next = places.len();
    let place = &mut places[at];
    (place.raw, place.next) = (cursor.since(start), next);
    Some(())
}

impl<'p> Value<'p> {
    /// The text as it stands.
    pub fn raw(self) -> &'p str {
        self.places[self.at].raw
    }

    pub fn is_list(self) -> bool {
        self.raw().starts_with('[')
    }

    /// What a string says; `None` where none stands.
    pub fn string(self) -> Option<Cow<'p, str>> {
        json_string(self.raw())
    }

    /// The items of a list; none where it is no list.
    pub fn items(self) -> impl Iterator<Item = Value<'p>> {
        self.below(self.is_list())
    }

    /// Members in their order; `None` where no object stands, or one with a key that is no text.
    pub fn members(self) -> Option<impl Iterator<Item = (Cow<'p, str>, Value<'p>)>> {
        self.is_object().then(|| self.below(true).filter_map(|value| Some((value.key()?, value))))
    }

    /// A member; of a name that stands twice, the last.
    pub fn get(self, name: &str) -> Option<Value<'p>> {
        if !self.may_hold(name) || !self.is_object() {
            return None;
        }
        let named = |value: &Value<'p>| {
            let key = value.places[value.at].key;
            key == name || (key.starts_with('"') && value.key().is_some_and(|key| key == name))
        };
        self.below(true).filter(named).last()
    }

    /// Whether a member may be of this name: told without looking at any.
    pub fn may_hold(self, name: &str) -> bool {
        self.places[self.at].names & bit(name) != 0
    }

    pub fn is_object(self) -> bool {
        self.raw().starts_with('{') && !self.places[self.at].broken
    }

    fn key(self) -> Option<Cow<'p, str>> {
        let key = self.places[self.at].key;
        if key.starts_with('"') { json_string(key) } else { Some(Cow::Borrowed(key)) }
    }

    /// What lies in this value, without what lies in that; nothing where it is not looked for.
    fn below(self, looked_for: bool) -> impl Iterator<Item = Value<'p>> {
        let end = if looked_for { self.places[self.at].next } else { 0 };
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            let value = Value { places: self.places, at };
            (at < end).then(|| {
                at = self.places[at].next;
                value
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn members_and_items_are_found() {
        let text = r#"{ "a" : [1, "x"], "b\u0063": null, "a": 2, "d": {"e":{"f":"g"}} }"#;
        let places = Places::of(text, |_| true).expect("JSON");
        let whole = places.whole();
        let raw = |name: &str| whole.get(name).map(super::Value::raw);
        assert_eq!((raw("a"), raw("bc"), raw("c"), raw("e")), (Some("2"), Some("null"), None, None));
        let (_, list) = whole.members().and_then(|mut m| m.next()).expect("a member");
        assert_eq!(list.items().map(super::Value::raw).collect::<Vec<_>>(), ["1", "\"x\""]);
        assert_eq!(whole.get("d").and_then(|d| d.get("e")?.get("f")?.string()).as_deref(), Some("g"));
        assert_eq!((whole.raw(), whole.items().count()), (text, 0));
    }

    #[test]
    fn a_key_that_is_no_text_makes_no_object() {
        let places = Places::of(r#"{"a":{"\ud800":1}}"#, |_| true).expect("JSON");
        assert!(places.whole().get("a").is_some_and(|a| !a.is_object() && a.members().is_none()));
    }

    #[test]
    fn what_lies_too_deep_is_one_value() {
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let text = format!(r#"{{"a":{deep}}}"#);
        let places = Places::of(&text, |_| true).expect("JSON");
        assert_eq!((places.0.len(), places.whole().get("a").map(super::Value::raw)), (71, Some(deep.as_str())));
    }

    #[test]
    fn what_is_not_wanted_is_not_looked_into() {
        let places = Places::of(r#"{"a":{"b":1},"c":{"d":2}}"#, |member| member == "c").expect("JSON");
        let member = |name: &str| places.whole().get(name).expect("a member");
        assert_eq!((member("a").raw(), member("a").get("b").is_none()), (r#"{"b":1}"#, true));
        assert_eq!(member("c").get("d").map(super::Value::raw), Some("2"));
    }
}
