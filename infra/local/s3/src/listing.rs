//! Listings: the keys below a prefix in the order of their bytes, grouped by a delimiter, page by page.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::record::{Record, Version};

/// What to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pub prefix: String,
    pub delimiter: Option<String>,
    /// Entries up to this one, a key or a common prefix, were returned before.
    pub after: Option<String>,
    /// Together with `after`: that key's versions up to this one were returned before, the others follow.
    pub after_version: Option<String>,
    pub limit: usize,
    /// All versions and delete markers, or current objects only.
    pub versions: bool,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entry {
    Version { key: String, version: Box<Version>, newest: bool },
    CommonPrefix(String),
}

impl Entry {
    /// What a listing is ordered by and resumed after.
    pub fn name(&self) -> &str {
        match self {
            Self::Version { key, .. } => key,
            Self::CommonPrefix(prefix) => prefix,
        }
    }
}

/// A page and whether more follows.
pub(crate) struct Page {
    pub entries: Vec<Entry>,
    pub truncated: bool,
}

/// Lists a bucket by the folder of its metadata.
pub(crate) fn list(meta: &Path, query: &Query) -> io::Result<Page> {
    let mut entries: Vec<Entry> = Vec::new();
    if query.limit == 0 {
        return Ok(Page { entries, truncated: false });
    }
    for (key, path) in keys(meta, &query.prefix)? {
        let group = group(&key, query);
        let name = group.unwrap_or(&key);
        let resumes_inside = group.is_none() && query.after_version.is_some();
        let before = query.after.as_deref().is_some_and(|after| name < after || (name == after && !resumes_inside));
        if before || entries.last().is_some_and(|last| group == Some(last.name())) {
            continue;
        }
        // Removed since the folder was read
        let Some(record) = Record::read(&path)? else {
            continue;
        };
        let mut versions = lines(&record, query.versions);
        if query.after.as_deref() == Some(name)
            && let Some(id) = &query.after_version
        {
            let seen = versions.iter().position(|(version, _)| version.id == *id);
            versions.drain(..seen.map_or(versions.len(), |seen| seen + 1));
        }
        if versions.is_empty() {
            continue;
        }
        match group {
            Some(prefix) => entries.push(Entry::CommonPrefix(prefix.to_owned())),
            None => entries.extend(versions.into_iter().map(|(version, newest)| Entry::Version {
                key: key.clone(),
                version: Box::new(version),
                newest,
            })),
        }
        if entries.len() > query.limit {
            entries.truncate(query.limit);
            return Ok(Page { entries, truncated: true });
        }
    }
    Ok(Page { entries, truncated: false })
}

/// Versions newest first, each with whether it is the newest.
fn lines(record: &Record, all: bool) -> Vec<(Version, bool)> {
    let newest_first = record.versions.iter().rev().enumerate().map(|(age, version)| (version.clone(), age == 0));
    if all { newest_first.collect() } else { newest_first.take(1).filter(|(v, _)| !v.delete_marker).collect() }
}

fn group<'a>(key: &'a str, query: &Query) -> Option<&'a str> {
    let delimiter = query.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty())?;
    let end = key[query.prefix.len()..].find(delimiter)?;
    Some(&key[..query.prefix.len() + end + delimiter.len()])
}

/// All keys with `prefix` and their metadata files, sorted.
fn keys(meta: &Path, prefix: &str) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    // Only the folder that the prefix names needs to be walked; a prefix that is no sound path matches nothing
    let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
    if !folder.is_empty() && crate::key::Key::parse(folder).is_err() {
        return Ok(found);
    }
    let mut pending = vec![(meta.join(folder), if folder.is_empty() { String::new() } else { format!("{folder}/") })];
    while let Some((path, name)) = pending.pop() {
        let children = match fs::read_dir(&path) {
            Ok(children) => children,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                continue;
            }
            Err(error) => return Err(error),
        };
        for child in children {
            let child = child?;
            let Ok(part) = child.file_name().into_string() else {
                continue;
            };
            if child.file_type()?.is_dir() {
                let below = format!("{name}{part}/");
                if below.starts_with(prefix) || prefix.starts_with(&below) {
                    pending.push((child.path(), below));
                }
            } else if let Some(stem) = part.strip_suffix(".json") {
                let key = format!("{name}{stem}");
                if key.starts_with(prefix) {
                    found.insert(key, child.path());
                }
            }
        }
    }
    Ok(found)
}
