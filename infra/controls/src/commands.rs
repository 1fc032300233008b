//! Commands that documents and proofs name: does the package, the program and its word exist?

use crate::repository::Repository;

/// Why a command does not exist in this repository. Programs of others (`aws`, `openssl`) exist by assumption.
pub fn exists(repository: &Repository, command: &str) -> Result<(), String> {
    let bare = command.split_whitespace().map(|w| w.trim_matches(['\'', '"']));
    let words: Vec<&str> = bare.skip_while(is_assignment).collect();
    let Some((program, rest)) = words.split_first() else { return Err("an empty command".to_owned()) };
    match *program {
        "cargo" => cargo(repository, rest),
        "python3" => rest.iter().find(|w| w.ends_with(".py")).map_or(Ok(()), |file| is_file(repository, file)),
        _ if program.starts_with("fude-") => {
            let folder = repository.member(program).ok_or_else(|| format!("there is no program {program}"))?;
            words_are_known(repository, folder, rest)
        }
        _ if program.contains('/') => is_file(repository, program),
        _ => Ok(()),
    }
}

/// `NAME=value` before a command.
fn is_assignment(word: &&str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

fn is_file(repository: &Repository, path: &str) -> Result<(), String> {
    let path = path.trim_start_matches("./");
    if repository.root().join(path).is_file() { Ok(()) } else { Err(format!("there is no file {path}")) }
}

fn cargo(repository: &Repository, words: &[&str]) -> Result<(), String> {
    let (own, handed) = match words.iter().position(|w| *w == "--") {
        Some(at) => (&words[..at], &words[at + 1..]),
        None => (words, &[][..]),
    };
    let package = own.iter().position(|w| *w == "-p").and_then(|at| own.get(at + 1));
    let folder = match package {
        Some(package) => repository.member(package).ok_or_else(|| format!("there is no package {package}"))?,
        None if own.first() == Some(&"run") => {
            repository.default_member().ok_or("the workspace has no default member")?
        }
        None => return Ok(()),
    };
    // What follows `--` of a test is the test runner's
    if own.first() == Some(&"run") { words_are_known(repository, folder, handed) } else { Ok(()) }
}

/// Every option, and the first word where it is a word, stands in the sources of the program.
fn words_are_known(repository: &Repository, folder: &str, words: &[&str]) -> Result<(), String> {
    let sources: Vec<String> =
        repository.below(folder, ".rs").iter().filter_map(|file| repository.text(file).ok()).collect();
    let stands = |text: &str| sources.iter().any(|s| s.contains(text));
    for (at, word) in words.iter().enumerate() {
        let known = if let Some(option) = word.strip_prefix("--") {
            let option = option.split('=').next().unwrap_or_default();
            let field = option.replace('-', "_");
            stands(&format!("\"--{option}\"")) || stands(&format!("    {field}: ")) || stands(&format!("pub {field}: "))
        } else if at == 0 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
            let variant = pascal(word);
            stands(&format!("\"{word}\"")) || [" {", ",", "("].iter().any(|end| stands(&format!("    {variant}{end}")))
        } else {
            true
        };
        if !known {
            return Err(format!("{folder} knows no {word}"));
        }
    }
    Ok(())
}

/// `change-log-key` as clap derives it: `ChangeLogKey`.
fn pascal(word: &str) -> String {
    let mut out = String::new();
    for part in word.split('-') {
        let mut letters = part.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// What a reader would type after this repository's own programs: in code spans and code blocks of a Markdown text.
pub fn of_document(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_block = false;
    let mut carried = String::new();
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            // A line that ends with a backslash goes on
            if let Some(begun) = line.strip_suffix('\\') {
                carried.push_str(begun);
                continue;
            }
            found.extend(pieces(&format!("{carried}{line}")));
            carried.clear();
        } else {
            found.extend(line.split('`').skip(1).step_by(2).flat_map(pieces));
        }
    }
    found
}

fn pieces(line: &str) -> Vec<String> {
    let line = line.split(" # ").next().unwrap_or_default();
    let pieces = line.split("&&").flat_map(|p| p.split(['|', ';', '>']));
    let own = |p: &&str| {
        let program = p.split_whitespace().find(|w| !is_assignment(w)).unwrap_or_default();
        let several = p.split_whitespace().count() > 1;
        ((program == "cargo" || program == "python3" || program.starts_with("fude-")) && several)
            || program.starts_with(".ci/")
    };
    pieces.map(str::trim).filter(own).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::of_document;

    #[test]
    fn commands_are_read_out_of_spans_and_blocks() {
        let markdown = "Run `fude-admin recover --state DIR` or `.fude`.\n\n```sh\ncargo run -- drill   # minutes\n\
                        A=1 cargo run -p x \\\n  -- --check | tee out && aws s3 ls\n```\nThe crate `fude-admin` is not run.\n";
        assert_eq!(
            of_document(markdown),
            ["fude-admin recover --state DIR", "cargo run -- drill", "A=1 cargo run -p x   -- --check"]
        );
    }
}
