//! Reading single attributes; what is absent or of another type is None.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use fude::integrity::Digest;

pub type Item = HashMap<String, AttributeValue>;

pub fn key_of(pk: &str, sk: &str) -> Item {
    Item::from([("pk".into(), AttributeValue::S(pk.into())), ("sk".into(), AttributeValue::S(sk.into()))])
}

pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub fn bytes<'a>(item: &'a Item, name: &str) -> Option<&'a [u8]> {
    item.get(name)?.as_b().ok().map(AsRef::as_ref)
}

pub fn list<'a>(item: &'a Item, name: &str) -> Option<&'a [AttributeValue]> {
    item.get(name)?.as_l().ok().map(Vec::as_slice)
}

pub fn digest(value: &str) -> Option<Digest> {
    Digest::parse(value).ok()
}
