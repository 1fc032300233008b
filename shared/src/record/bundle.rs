//! The entries of a Bundle. Any bundle type is read the same way (`document`, `collection`, `transaction`, `searchset`).
//! One walk over the bytes finds each resource with its head; the resource itself is parsed once, by its type.

use std::collections::VecDeque;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::RecordError;
use super::marks::{Mark, marks};
use super::members::{Member, Members};
use super::scan::{Cursor, string};
use super::types::Text;

/// Something in the record that could not be used; `path` is a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Warning {
    pub path: String,
    pub reason: String,
}

impl Warning {
    pub fn new(path: impl Into<String>, reason: &str) -> Self {
        Self { path: path.into(), reason: reason.to_owned() }
    }
}

/// A part of the record's bytes: one JSON value.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a>(&'a str);

impl<'a> Slice<'a> {
    pub fn get(self) -> &'a str {
        self.0
    }
}

/// What every resource is asked first, as slices of it.
#[derive(Clone, Debug, Default)]
pub struct Head<'a> {
    pub resource_type: Option<Text<'a>>,
    pub id: Option<Text<'a>>,
    pub subject: Option<Slice<'a>>,
    pub patient: Option<Slice<'a>>,
    pub beneficiary: Option<Slice<'a>>,
    pub individual: Option<Slice<'a>>,
    /// Shared by all that contain the same.
    contained: Option<Rc<[Contained<'a>]>>,
}

impl<'a> Head<'a> {
    pub fn contained(&self) -> &[Contained<'a>] {
        self.contained.as_deref().unwrap_or_default()
    }
}

/// A resource inside another: its type, and the id that `#id` means.
#[derive(Clone, Debug)]
pub struct Contained<'a> {
    pub raw: Slice<'a>,
    pub kind: Option<Text<'a>>,
    pub id: Option<Text<'a>>,
}

impl<'a> Contained<'a> {
    pub fn get(&self) -> &'a str {
        self.raw.get()
    }
}

/// One entry: its place in the bundle, its head, its bytes.
pub struct Entry<'a> {
    pub index: usize,
    pub full_url: Option<Text<'a>>,
    pub head: Head<'a>,
    pub raw: Slice<'a>,
    pub members: Members<'a>,
}

impl<'a> Entry<'a> {
    pub fn kind(&self) -> &str {
        self.head.resource_type.as_deref().unwrap_or_default()
    }

    /// JSON pointer of the resource in the record as it was sent.
    pub fn pointer(&self) -> String {
        pointer(self.index)
    }

    /// Type and id; fullUrl where it has no id.
    pub fn reference(&self) -> String {
        match (&self.head.id, &self.full_url) {
            (Some(id), _) => [self.kind(), "/", id].concat(),
            (None, Some(url)) => url.to_string(),
            (None, None) => format!("{}/#{}", self.kind(), self.index),
        }
    }

    pub fn parse<T: Deserialize<'a>>(&self) -> Result<T, serde_json::Error> {
        self.members.parse(self.raw.get())
    }
}

fn pointer(index: usize) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(32);
    let _ = write!(out, "/entry/{index}/resource");
    out
}

/// Everything that a bundle holds, before any resource is read.
pub struct Contents<'a> {
    pub entries: Vec<Entry<'a>>,
    /// What is marked as not to go out, entries that cannot be read among it.
    pub marks: Vec<Mark>,
    /// The last `meta` that bears no mark.
    unmarked: Option<&'a str>,
    known: Known<'a>,
    /// A document's first entry is its own Composition, none that came earlier.
    pub is_document: bool,
}

/// Bytes of a usual entry, so that the list of a large record is not copied over and over as it grows.
const TYPICAL: usize = 800;

/// Members of a usual resource.
const MEMBERS: usize = 12;

/// Reads the entries; what is no resource becomes a warning.
pub fn entries<'a>(record: &'a RawValue, warnings: &mut Vec<Warning>) -> Result<Contents<'a>, RecordError> {
    let mut cursor = Cursor::new(record.get());
    let entries = Vec::with_capacity(record.get().len() / TYPICAL);
    let mut out = Contents { entries, marks: Vec::new(), unmarked: None, known: Known::default(), is_document: false };
    let (mut is_bundle, mut listed) = (false, false);
    if !cursor.object() {
        return Err(RecordError::NotABundle);
    }
    while let Some(key) = cursor.key() {
        match &*key {
            "entry" => {
                // A second list would be read by one program and not by another.
                if std::mem::replace(&mut listed, true) || !cursor.list() {
                    return Err(RecordError::NotABundle);
                }
                let mut index = 0;
                while cursor.item() {
                    entry(&mut cursor, index, &mut out, warnings).ok_or(RecordError::NotABundle)?;
                    index += 1;
                }
            }
            "resourceType" => is_bundle = cursor.value().and_then(string).as_deref() == Some("Bundle"),
            "type" => out.is_document = cursor.value().and_then(string).as_deref() == Some("document"),
            _ => {
                cursor.value().ok_or(RecordError::NotABundle)?;
            }
        }
    }
    if is_bundle { Ok(out) } else { Err(RecordError::NotABundle) }
}

fn entry<'a>(cursor: &mut Cursor<'a>, index: usize, out: &mut Contents<'a>, warnings: &mut Vec<Warning>) -> Option<()> {
    let path = || format!("/entry/{index}");
    let (mut full_url, mut resource, mut twice) = (None, None, false);
    if !cursor.object() {
        cursor.value()?;
        warnings.push(Warning::new(path(), "no-resource"));
        return Some(());
    }
    while let Some(key) = cursor.key() {
        match &*key {
            "fullUrl" => full_url = cursor.value().and_then(string).map(Text),
            "resource" => {
                let start = cursor.position();
                // Of two, one program would read the first and another the second.
                twice |= resource.is_some();
                let like = out.entries.last().and_then(|e| e.members.plain()).unwrap_or_default();
                resource = if cursor.object() {
                    Some((head(cursor, like, &mut out.known), Slice(cursor.since(start))))
                } else {
                    None
                };
                if resource.is_none() {
                    cursor.value()?;
                }
            }
            _ => {
                cursor.value()?;
            }
        }
    }
    let Some((found, raw)) = resource else {
        warnings.push(Warning::new(path(), "no-resource"));
        return Some(());
    };
    let readable = !twice && found.readable && found.head.resource_type.is_some();
    let entry = Entry { index, full_url, head: found.head, raw, members: found.members };
    // Thousands of resources spell theirs with the same bytes.
    if let Some(meta) = found.meta.filter(|meta| out.unmarked != Some(meta)) {
        let marks = marks(&entry, meta);
        if marks.is_none() {
            out.unmarked = Some(meta);
        }
        out.marks.extend(marks);
    }
    if readable {
        out.entries.push(entry);
    } else {
        warnings.push(Warning::new(path(), "unreadable-resource"));
    }
    Some(())
}

struct Found<'a> {
    head: Head<'a>,
    members: Members<'a>,
    meta: Option<&'a str>,
    /// No head member stands twice or has another type than FHIR gives it.
    readable: bool,
}

/// Walks a resource to its end and keeps the head members; `like` are the members of the one before it.
fn head<'a>(cursor: &mut Cursor<'a>, mut like: &[Member<'a>], known: &mut Known<'a>) -> Found<'a> {
    let mut head = Head::default();
    let mut members = Members::with_capacity(like.len().max(MEMBERS));
    let (mut meta, mut readable) = (None, true);
    while let Some((key, member)) = cursor.member(&mut like) {
        let value = member.value();
        if value == "null" {
            continue;
        }
        members.push(&key, member);
        // Byte by byte, without a call for each name of the same length.
        readable &= match key.as_bytes() {
            b"resourceType" => fill(&mut head.resource_type, string(value).map(Text)),
            b"id" => fill(&mut head.id, string(value).map(Text)),
            b"subject" => fill(&mut head.subject, Some(Slice(value))),
            b"patient" => fill(&mut head.patient, Some(Slice(value))),
            b"beneficiary" => fill(&mut head.beneficiary, Some(Slice(value))),
            b"individual" => fill(&mut head.individual, Some(Slice(value))),
            b"meta" => fill(&mut meta, Some(value)),
            b"contained" => {
                let first = head.contained().is_empty() && value.starts_with('[');
                head.contained = Some(known.contained(value));
                first
            }
            _ => true,
        };
    }
    Found { head, members, meta, readable }
}

/// The lists of contained resources that were read last: thousands of results contain the same few specimens.
#[derive(Default)]
struct Known<'a>(VecDeque<(&'a str, Rc<[Contained<'a>]>)>);

impl<'a> Known<'a> {
    const AT_MOST: usize = 16;

    fn contained(&mut self, list: &'a str) -> Rc<[Contained<'a>]> {
        if let Some((_, known)) = self.0.iter().find(|(raw, _)| *raw == list) {
            return Rc::clone(known);
        }
        let mut read = Vec::new();
        contained(list, &mut read);
        self.0.truncate(Self::AT_MOST - 1);
        let read = Rc::from(read);
        self.0.push_front((list, Rc::clone(&read)));
        read
    }
}

/// Whether a member was empty before and is filled now.
fn fill<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let good = slot.is_none() && value.is_some();
    *slot = value;
    good
}

/// The items of a `contained`; none where it is no list.
fn contained<'a>(list: &'a str, out: &mut Vec<Contained<'a>>) {
    let mut cursor = Cursor::new(list);
    if !cursor.list() {
        return;
    }
    while cursor.item() {
        let start = cursor.position();
        let (mut kind, mut id) = (None, None);
        if cursor.object() {
            while let Some(key) = cursor.raw_key() {
                let Some(value) = cursor.value() else { return };
                match key.text().as_deref() {
                    Some("resourceType") if value != "null" => kind = string(value).map(Text),
                    Some("id") if value != "null" => id = string(value).map(Text),
                    _ => {}
                }
            }
        } else if cursor.value().is_none() {
            return;
        }
        out.push(Contained { raw: Slice(cursor.since(start)), kind, id });
    }
}
