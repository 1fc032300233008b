//! One proof: tests, a command, a resource of a template, or a passage of a document. Proved here is that it exists,
//! not that it holds: tests hold by `cargo test`.

use serde::{Deserialize, Serialize};

use crate::commands;
use crate::repository::Repository;

/// Exactly one of `tests`, `command`, `resource`, `text`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proof {
    /// Names of test functions in `file`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<String>,
    /// As a person types it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Logical id in the CloudFormation template `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Of the resource, e.g. `AWS::S3::Bucket`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Words that stand in the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<String>,
    /// Words that stand in the document `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Announced, not there yet.
    pub awaited: bool,
}

impl Proof {
    /// Why it does not exist; `Ok` where it does, awaited or not.
    pub fn exists(&self, repository: &Repository) -> Result<(), String> {
        let file = || self.file.as_deref().ok_or_else(|| "a proof of this sort names its file".to_owned());
        match (self.tests.as_slice(), &self.command, &self.resource, &self.text) {
            ([], Some(command), None, None) => commands::exists(repository, command),
            ([], None, Some(resource), None) => self.resource_exists(repository, file()?, resource),
            ([], None, None, Some(text)) => {
                let file = file()?;
                let holds = repository.text(file).map_err(|e| e.to_string())?.contains(text.as_str());
                if holds { Ok(()) } else { Err(format!("{file} does not say: {text}")) }
            }
            ([_, ..], None, None, None) => {
                let file = file()?;
                let source = repository.text(file).map_err(|e| e.to_string())?;
                self.tests
                    .iter()
                    .try_for_each(|name| test_stands(&source, name).map_err(|why| format!("{file}: {why}")))
            }
            _ => Err("a proof is tests, a command, a resource or a text, one of them".to_owned()),
        }
    }

    fn resource_exists(&self, repository: &Repository, file: &str, id: &str) -> Result<(), String> {
        let template = repository.text(file).map_err(|e| e.to_string())?;
        let block = resource(&template, id).ok_or_else(|| format!("{file} has no resource {id}"))?;
        let kind = self.kind.as_deref().ok_or_else(|| format!("the proof {id} names no type"))?;
        let typed = |l: &str| l.trim() == format!("Type: {kind}") || l.contains(&format!("{{ Type: {kind},"));
        if !block.lines().any(typed) {
            return Err(format!("{file}: {id} is no {kind}"));
        }
        match &self.holds {
            Some(words) if !block.contains(words.as_str()) => Err(format!("{file}: {id} does not hold {words}")),
            _ => Ok(()),
        }
    }

    /// In few words, for sheet and messages.
    pub fn said(&self) -> String {
        let file = self.file.as_deref().unwrap_or_default();
        if let Some(command) = &self.command {
            return format!("`{command}`");
        }
        if let Some(resource) = &self.resource {
            let holds = self.holds.as_ref().map(|h| format!(", `{h}`")).unwrap_or_default();
            return format!("`{resource}` ({file}{holds})");
        }
        if self.text.is_some() {
            return file.to_owned();
        }
        let names: Vec<String> = self.tests.iter().map(|name| format!("`{name}`")).collect();
        format!("{} ({file})", names.join(", "))
    }
}

/// A function of this name with a test's attribute that nothing switches off.
fn test_stands(source: &str, name: &str) -> Result<(), String> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let head = format!("fn {name}(");
    let declared =
        |line: &str| line.strip_prefix(&head).or_else(|| line.strip_prefix("async ")?.strip_prefix(&head)).is_some();
    let at = lines.iter().position(|line| declared(line)).ok_or_else(|| format!("there is no test {name}"))?;
    let attributes = || lines[..at].iter().rev().take_while(|l| l.starts_with("#[") || l.starts_with("//"));
    if attributes().any(|l| l.starts_with("#[") && l[2..].starts_with("ignore")) {
        return Err(format!("the test {name} is switched off"));
    }
    if attributes().any(|l| *l == "#[test]" || l.starts_with("#[tokio::test")) {
        Ok(())
    } else {
        Err(format!("{name} is no test"))
    }
}

/// The lines of one resource: from its logical id, two spaces in, to the next line that stands as far left.
fn resource<'t>(template: &'t str, id: &str) -> Option<&'t str> {
    let start = if template.starts_with("Resources:") { 0 } else { template.find("\nResources:")? + 1 };
    let body = &template[start..];
    let head = format!("\n  {id}:");
    let at = body.match_indices(&head).map(|(at, _)| at + 1).find(|at| {
        // Nothing between the head of the section and this line begins another section
        body[..*at].lines().skip(1).all(|l| l.is_empty() || l.starts_with([' ', '#']))
    })?;
    let rest = &body[at..];
    let own = |line: &&str| line.is_empty() || line.starts_with("   ") || line.trim_start().starts_with('#');
    let length: usize = rest
        .split_inclusive('\n')
        .enumerate()
        .take_while(|(n, l)| *n == 0 || own(&l.trim_end()))
        .map(|(_, l)| l.len())
        .sum();
    Some(&rest[..length])
}

#[cfg(test)]
mod tests {
    use super::{resource, test_stands};

    const SOURCE: &str = "    #[test]\n    fn one() {}\n    #[tokio::test]\n    async fn two() {}\n    fn three() {}\n    \
                          #[test]\n    #\u{5b}ignore = \"slow\"]\n    fn four() {}\n// fn five() {}\n";

    #[test]
    fn tests_are_told_from_what_only_looks_so() {
        assert_eq!(test_stands(SOURCE, "one"), Ok(()));
        assert_eq!(test_stands(SOURCE, "two"), Ok(()));
        for name in ["three", "four", "five", "on", "one_more"] {
            assert!(test_stands(SOURCE, name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_resource_ends_where_the_next_begins() {
        let template = "Parameters:\n  Table:\n    Type: String\nResources:\n  Table:\n    Type: A\n\n    # kept\n  \
                        Other:\n    Type: B\nOutputs:\n  Late:\n    Type: C\n";
        assert_eq!(resource(template, "Table"), Some("  Table:\n    Type: A\n\n    # kept\n"));
        assert_eq!(resource(template, "Other"), Some("  Other:\n    Type: B\n"));
        assert_eq!(resource(template, "Late"), None);
        assert_eq!(resource(template, "Tab"), None);
    }
}
