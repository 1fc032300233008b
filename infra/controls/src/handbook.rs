//! `docs/operations.md` and its Japanese twin against one another and against the templates: the same commands, every
//! parameter explained, every output that a command reads there.

use crate::Error;
use crate::repository::Repository;

const ENGLISH: &str = "docs/operations.md";
const JAPANESE: &str = "docs/operations.ja.md";
/// Deployed by hand; the others are nested in the first.
const TEMPLATES: [&str; 3] = ["infra/template.yaml", "infra/alb.yaml", "infra/log-key.yaml"];

/// What the two say differently, and what they leave out or invent of templates that are there.
pub fn faults(repository: &Repository) -> Result<Vec<String>, Error> {
    let (english, japanese) = (repository.text(ENGLISH)?, repository.text(JAPANESE)?);
    let mut faults = Vec::new();
    if blocks(&english) != blocks(&japanese) {
        faults.push(format!("{JAPANESE}: its commands are not those of {ENGLISH}"));
    }
    let headings = |text: &str| text.lines().filter(|l| l.starts_with("## ") || l.starts_with("### ")).count();
    if headings(&english) != headings(&japanese) {
        faults.push(format!("{JAPANESE}: its sections are not those of {ENGLISH}"));
    }
    let templates: Vec<(&str, String)> =
        TEMPLATES.iter().filter_map(|file| Some((*file, repository.text(file).ok()?))).collect();
    for (file, template) in &templates {
        for parameter in names(template, "Parameters") {
            let explained = |text: &str| text.contains(&format!("`{parameter}`"));
            let given = |text: &str| text.contains(&format!(" {parameter}="));
            for (document, text) in [(ENGLISH, &english), (JAPANESE, &japanese)] {
                if !explained(text) && !given(text) {
                    faults.push(format!("{document}: the parameter {parameter} of {file} is not explained"));
                }
            }
        }
    }
    if let Some((file, template)) = templates.iter().find(|(file, _)| *file == TEMPLATES[0]) {
        let there = names(template, "Outputs");
        let read = english.split("$(out ").skip(1).filter_map(|rest| rest.split(')').next());
        for output in read.filter(|o| !there.contains(o)) {
            faults.push(format!("{ENGLISH}: {file} has no output {output}"));
        }
    }
    Ok(faults)
}

fn blocks(markdown: &str) -> Vec<&str> {
    markdown.split("```").skip(1).step_by(2).collect()
}

/// Names two spaces in, below a section of a template.
fn names<'t>(template: &'t str, section: &str) -> Vec<&'t str> {
    let head = format!("{section}:");
    let body = template.lines().skip_while(|l| *l != head).skip(1);
    let inside = body.take_while(|l| l.is_empty() || l.starts_with([' ', '#']));
    let name = |line: &'t str| {
        let (name, _) = line.strip_prefix("  ")?.split_once(':')?;
        name.bytes().all(|b| b.is_ascii_alphanumeric()).then_some(name)
    };
    inside.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::{blocks, names};

    #[test]
    fn names_of_a_section_end_with_it() {
        let template =
            "Parameters:\n  One: { Type: String }\n  # Two: no\n  Three:\n    Type: Number\n\nResources:\n  Four:\n";
        assert_eq!(names(template, "Parameters"), ["One", "Three"]);
        assert_eq!(names(template, "Resources"), ["Four"]);
        assert!(names(template, "Outputs").is_empty());
    }

    #[test]
    fn blocks_are_what_stands_between_fences() {
        assert_eq!(blocks("a\n```sh\nx\n```\nb\n```\ny\n```\n"), ["sh\nx\n", "\ny\n"]);
    }
}
