//! Folders and file names of SS-MIX2 standardised storage (SS-MIX2 標準化ストレージ 構成の説明と構築ガイドライン, 2.2):
//! `<root>/<first 3 of the number>/<next 3>/<number>/<day or ->/<data kind>/<number>_<day>_<kind>_<order>_<written>_<department>_<flag>`.
//! Only files below the root are opened, whatever a number or a link says.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::{Reason, SourceError, Warning};

/// One valid message file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub path: PathBuf,
    /// 診療日, `20260711`; `-` for what belongs to no day (patient, allergies, diagnoses).
    pub day: String,
    /// `OMP-01`
    pub kind: String,
    pub order: String,
    /// 発生日時: of two files of an order the later one counts.
    pub written: String,
    pub department: String,
}

impl Stored {
    /// Where it is, without the patient's number.
    pub fn place(&self) -> String {
        format!("{} {} {}", self.kind, self.day, self.order)
    }
}

/// Names of a file's parts, or `None` where it has another form.
struct Named<'f> {
    number: &'f str,
    day: &'f str,
    kind: &'f str,
    order: &'f str,
    written: &'f str,
    department: &'f str,
    flag: &'f str,
}

fn named(file: &str) -> Option<Named<'_>> {
    let stem = [".txt", ".hl7", ".TXT", ".HL7"].iter().find_map(|end| file.strip_suffix(end)).unwrap_or(file);
    let parts: Vec<&str> = stem.split('_').collect();
    let [number, day, kind, order, written, department, flag] = parts[..] else { return None };
    Some(Named { number, day, kind, order, written, department, flag })
}

/// Numbers that may stand in a path: letters, digits and hyphens, so that no number leads elsewhere.
pub fn is_number(number: &str) -> bool {
    (4..=64).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The folder of a patient below a root.
pub fn folder(root: &Path, number: &str) -> PathBuf {
    let part = |from: usize, to: usize| &number[from.min(number.len())..to.min(number.len())];
    let mut path = root.join(part(0, 3));
    if number.len() > 3 {
        path.push(part(3, 6));
    }
    path.join(number)
}

/// The valid files of a patient in all volumes, by day, kind and order; `None` where no volume knows the number.
pub fn files(roots: &[PathBuf], number: &str, warnings: &mut Vec<Warning>) -> Result<Option<Vec<Stored>>, SourceError> {
    if !is_number(number) {
        return Ok(None);
    }
    let mut newest: BTreeMap<[String; 4], Stored> = BTreeMap::new();
    let mut known = false;
    for root in roots {
        let home = folder(root, number);
        let Some(home) = inside(root, &home) else { continue };
        known = true;
        for (day, days) in children(&home)? {
            for (kind, kinds) in children(&days)? {
                for (file, path) in children(&kinds)? {
                    let place = format!("{kind} {day}");
                    let Some(path) = inside(root, &path) else {
                        warnings.push(Warning::new(place, Reason::LinkOutside));
                        continue;
                    };
                    let Some(name) = named(&file).filter(|n| (n.number, n.day, n.kind) == (number, &*day, &*kind))
                    else {
                        warnings.push(Warning::new(place, Reason::MisplacedFile));
                        continue;
                    };
                    // 1 有効; 0 and 2 are deleted or not valid (コンディションフラグ).
                    if name.flag != "1" {
                        continue;
                    }
                    let stored = Stored {
                        path,
                        day: day.clone(),
                        kind: kind.clone(),
                        order: name.order.to_owned(),
                        written: name.written.to_owned(),
                        department: name.department.to_owned(),
                    };
                    let key = [day.clone(), kind.clone(), name.order.to_owned(), name.department.to_owned()];
                    keep_newest(&mut newest, key, stored, warnings);
                }
            }
        }
    }
    Ok(known.then(|| newest.into_values().collect()))
}

fn keep_newest(
    newest: &mut BTreeMap<[String; 4], Stored>,
    key: [String; 4],
    stored: Stored,
    warnings: &mut Vec<Warning>,
) {
    match newest.get(&key) {
        None => {
            newest.insert(key, stored);
        }
        Some(other) => {
            warnings.push(Warning::new(stored.place(), Reason::Superseded));
            if stored.written > other.written {
                newest.insert(key, stored);
            }
        }
    }
}

/// The path as it really is, where that is below the root.
fn inside(root: &Path, path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().filter(|real| real.starts_with(root))
}

/// Names and paths below a folder, in order; a file where a folder was expected has none.
fn children(folder: &Path) -> Result<Vec<(String, PathBuf)>, SourceError> {
    let unreadable = |e: std::io::Error| SourceError::Unavailable(format!("a folder of the storage: {}", e.kind()));
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if let Ok(name) = entry.file_name().into_string() {
            out.push((name, entry.path()));
        }
    }
    out.sort();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_leads_elsewhere_is_none() {
        for number in ["", "../", "..", "12/../../etc", "1234567/..", "123\0", "患者1234", "12 34", &"1".repeat(65)] {
            assert!(!is_number(number), "{number:?}");
            assert!(files(&[PathBuf::from("/")], number, &mut Vec::new()).expect("no error").is_none());
        }
        assert_eq!(folder(Path::new("/r"), "0001234567"), Path::new("/r/000/123/0001234567"));
        assert_eq!(folder(Path::new("/r"), "12345"), Path::new("/r/123/45/12345"));
    }

    #[test]
    fn file_names_have_seven_parts() {
        let name = named("0001234567_20260711_OMP-01_000000000001234_20260711120000000_01_1.txt").expect("a name");
        assert_eq!((name.kind, name.order, name.flag), ("OMP-01", "000000000001234", "1"));
        assert!(named("0001234567_20260711_OMP-01_1").is_none());
    }
}
