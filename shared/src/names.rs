//! Names out, names in: persons, institutions, numbers and addresses become placeholders before the
//! prompt and come back last. `⟦P1⟧` patient and relatives, `⟦D1⟧` professionals, `⟦O1⟧` institutions,
//! `⟦I1⟧` numbers and addresses.
//!
//! A whole name is always replaced, in every spelling. A bare surname as a token of its own, before a particle or with
//! a title: 橋本 must not damage 橋本病, nor 原 原因. A surname that several people bear goes to the one whom title or
//! profession names, else to a placeholder that comes back as the surname alone.

mod context;
mod grams;
mod romaji;
mod seen;
mod shapes;
mod spelling;
mod strangers;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::calendar::Day;
use crate::record::{People, PersonKind};
use context::{Rule, Said, allowed, said};
use grams::Grams;
use seen::{Seen, clean};
use spelling::Spelling;

/// So many characters of one text are looked at for names that nobody declared: more than the prompt takes of it.
const TOLD_AT_MOST: usize = 6_000;
/// Beyond so many people no Latin spellings are made of their kana.
const LATIN_UP_TO: usize = 200;
/// Beyond so many people and numbers only those are looked for whose letters occur in what is told.
const ALL_UP_TO: usize = 2_000;
/// Texts are looked through in pieces of about so many bytes.
const PIECE: usize = 64 * 1024;

struct Issued {
    placeholder: String,
    /// What is printed in its place.
    display: String,
    letter: char,
}

/// Something that is looked for, and who bears it.
#[derive(Debug)]
struct Entry {
    rule: Rule,
    bare: bool,
    owners: Vec<usize>,
    /// Placeholders that come back as the surname alone: patients', professionals'.
    surname_only: [Option<usize>; 2],
}

/// A match in a text as it was given.
struct Found {
    from: usize,
    to: usize,
    entry: usize,
    said: Said,
}

/// Names of people and institutions that a text tells by their form, folded: 妻 早乙女さん, あけぼの中央病院.
pub(crate) fn told_in(text: &str) -> Vec<String> {
    let seen = Seen::new(&clean(text));
    strangers::find(&seen.plain).into_iter().map(|s| seen.plain[s.range].to_owned()).collect()
}

/// As names are compared.
pub(crate) fn folded(text: &str) -> String {
    Seen::new(&clean(text)).plain
}

/// The placeholders of one request and what they stand for.
#[derive(Default)]
pub struct Names {
    birth: Option<Day>,
    issued: Vec<Issued>,
    by_display: HashMap<(char, String), usize>,
    by_placeholder: HashMap<String, usize>,
    counts: HashMap<char, usize>,
    entries: Vec<Entry>,
    /// Entry of each text, as it stands and squeezed.
    known: [HashMap<String, usize>; 2],
    automata: [Option<(AhoCorasick, Vec<usize>)>; 2],
    /// What is told, as the model may see it: the prompt shows each text that was looked through for names.
    shown: HashMap<String, String>,
}

impl Names {
    /// `further` are names that the request brings: addressee, author. `told` is all text that will be shown to the
    /// model: what has the form of a telephone number, address or name in it goes too, whoever declared it.
    pub fn new<'t>(
        people: &People,
        birth_date: Option<&str>,
        further: &[(PersonKind, String)],
        told: impl Iterator<Item = &'t str>,
    ) -> Self {
        // Titles and dosages are told many times over.
        let mut once = HashSet::new();
        let given: Vec<&str> = told.filter(|t| once.insert(*t)).collect();
        let told: Vec<String> = given.iter().map(|t| clean(beginning(t))).collect();
        let seen: Vec<Seen> = told.iter().map(|t| Seen::new(t)).collect();
        let many = people.someone.len() + people.identifiers.len() > ALL_UP_TO;
        let grams = Grams::of(if many { &seen } else { &[] }, many);
        let birth = birth_date.and_then(Day::parse);
        let mut names = Self { birth, ..Self::default() };
        let latin = people.someone.len() <= LATIN_UP_TO;
        for (kind, someone) in &people.someone {
            let owner = names.issue(letter(*kind), &someone.display);
            let spellings = match kind {
                PersonKind::Organization => someone.full.iter().flat_map(|f| spelling::organisation(f)).collect(),
                _ => spelling::person(someone, latin),
            };
            names.look_for(spellings, owner, &grams);
        }
        for (kind, name) in further {
            let owner = names.issue(letter(*kind), name);
            let someone = crate::record::Someone::from_display(name, *kind);
            let spellings = match kind {
                PersonKind::Organization => spelling::organisation(name),
                _ => spelling::person(&someone, latin),
            };
            names.look_for(spellings, owner, &grams);
        }
        for identifier in &people.identifiers {
            let spellings = spelling::identifier(identifier);
            names.look_for_identifier(identifier, spellings, &grams);
        }
        for spelling in birth.map(spelling::birth).unwrap_or_default() {
            let display = spelling.text.clone();
            names.look_for_identifier(&display, vec![spelling], &grams);
        }
        names.strangers(&told, &seen, &grams);
        names.automata = [0, 1].map(|view| names.automaton(view));
        let found: Vec<Vec<Found>> = seen.iter().map(|s| names.found(s)).collect();
        names.surnames_alone(&told, &found);
        for ((given, told), found) in given.iter().zip(&told).zip(&found) {
            if beginning(given).len() == given.len() {
                let mut shown = String::with_capacity(told.len());
                names.replace(told, found, &mut shown);
                names.shown.insert((*given).to_owned(), shown);
            }
        }
        names
    }

    fn issue(&mut self, letter: char, display: &str) -> usize {
        let display = display.trim();
        if let Some(known) = self.by_display.get(&(letter, display.to_owned())) {
            return *known;
        }
        let count = self.counts.entry(letter).or_default();
        *count += 1;
        let placeholder = format!("⟦{letter}{count}⟧");
        let at = self.issued.len();
        self.by_display.insert((letter, display.to_owned()), at);
        self.by_placeholder.insert(placeholder.clone(), at);
        self.issued.push(Issued { placeholder, display: display.to_owned(), letter });
        at
    }

    /// Numbers and addresses: issued only where the texts may hold them, of which a record can have very many.
    fn look_for_identifier(&mut self, display: &str, spellings: Vec<Spelling>, grams: &Grams) {
        let spellings: Vec<Spelling> = spellings.into_iter().filter(|s| grams.may_hold(&s.text)).collect();
        if !spellings.is_empty() {
            let owner = self.issue('I', display);
            self.look_for(spellings, owner, grams);
        }
    }

    fn look_for(&mut self, spellings: Vec<Spelling>, owner: usize, grams: &Grams) {
        for s in spellings.into_iter().filter(|s| grams.may_hold(&s.text)) {
            let next = self.entries.len();
            let at = *self.known[usize::from(s.squeezed)].entry(s.text).or_insert(next);
            if at == next {
                self.entries.push(Entry { rule: s.rule, bare: s.bare, owners: vec![owner], surname_only: [None; 2] });
            } else if let Some(entry) = self.entries.get_mut(at).filter(|e| !e.owners.contains(&owner)) {
                entry.owners.push(owner);
            }
        }
    }

    /// Whoever and whatever nobody declared, known by form.
    fn strangers(&mut self, told: &[String], seen: &[Seen], grams: &Grams) {
        for (text, seen) in told.iter().zip(seen) {
            for (range, rule) in shapes::identifiers(&seen.plain) {
                let (from, to) = seen.original(range.start, range.end);
                let spelling = Spelling { text: seen.plain[range].to_owned(), squeezed: false, rule, bare: false };
                let known = self.known[1].contains_key(&Seen::new(&spelling.text).squeezed);
                if !known && !self.known[0].contains_key(&spelling.text) {
                    self.look_for_identifier(&text[from..to], vec![spelling], grams);
                }
            }
            for stranger in strangers::find(&seen.plain) {
                let name = seen.plain[stranger.range.clone()].to_owned();
                let squeezed: String = name.split(' ').collect();
                if self.known[0].contains_key(&name) || self.known[1].contains_key(&squeezed) {
                    continue;
                }
                let (from, to) = seen.original(stranger.range.start, stranger.range.end);
                let owner = self.issue(letter(stranger.kind), &text[from..to]);
                let spelling = Spelling { text: name, squeezed: false, rule: stranger.rule, bare: true };
                self.look_for(vec![spelling], owner, grams);
            }
        }
    }

    fn automaton(&self, view: usize) -> Option<(AhoCorasick, Vec<usize>)> {
        let mut known: Vec<(&String, &usize)> = self.known[view].iter().collect();
        known.sort();
        let (texts, entries): (Vec<&String>, Vec<usize>) = known.into_iter().map(|(t, e)| (t, *e)).unzip();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&texts)
            .ok()?;
        Some((automaton, entries))
    }

    /// Issues placeholders for surnames of which nothing says whose they are.
    fn surnames_alone(&mut self, told: &[String], found: &[Vec<Found>]) {
        for (text, found) in told.iter().zip(found) {
            for found in found {
                if self.owner(&self.entries[found.entry], found.said).is_none() {
                    let patient = matches!(found.said, Said::Patient | Said::Relative);
                    let at = self.issue(if patient { 'P' } else { 'D' }, &text[found.from..found.to]);
                    self.entries[found.entry].surname_only[usize::from(!patient)].get_or_insert(at);
                }
            }
        }
    }

    /// Whose name it is; `None` where that cannot be told.
    fn owner(&self, entry: &Entry, said: Said) -> Option<usize> {
        let of = |letter: char| {
            let mut owners = entry.owners.iter().copied().filter(move |o| self.issued[*o].letter == letter);
            let first = owners.next();
            (first, owners.next())
        };
        let single = |(first, second): (Option<usize>, Option<usize>)| first.filter(|_| second.is_none());
        if !entry.bare {
            // Two people of the same whole name: the title tells, else whoever was declared first.
            let told = match said {
                Said::Professional => of('D').0,
                Said::Patient | Said::Relative => of('P').0,
                Said::Nothing => None,
            };
            return told.or(entry.owners.first().copied());
        }
        // The patient is declared first.
        let patients = of('P');
        match said {
            Said::Professional => single(of('D')),
            Said::Patient => patients.0.filter(|p| *p == 0 || patients.1.is_none()),
            Said::Relative => {
                let mut relatives = entry.owners.iter().copied().filter(|o| *o != 0 && self.issued[*o].letter == 'P');
                let first = relatives.next();
                first.filter(|_| relatives.next().is_none()).or(patients.0.filter(|_| first.is_none()))
            }
            Said::Nothing if of('D').0.is_none() => patients.0.filter(|p| *p == 0 || patients.1.is_none()),
            Said::Nothing => single(of('D')).filter(|_| patients.0.is_none()),
        }
    }

    fn found(&self, seen: &Seen) -> Vec<Found> {
        let mut out = Vec::new();
        for (view, automaton) in self.automata.iter().enumerate() {
            let Some((automaton, entries)) = automaton else { continue };
            for m in automaton.find_overlapping_iter(if view == 0 { &seen.plain } else { &seen.squeezed }) {
                let (start, end) = if view == 0 { (m.start(), m.end()) } else { seen.plain_range(m.start(), m.end()) };
                let entry = entries[m.pattern().as_usize()];
                if allowed(self.entries[entry].rule, &seen.plain, start, end) {
                    let (from, to) = seen.original(start, end);
                    out.push(Found { from, to, entry, said: said(&seen.plain, start, end) });
                }
            }
        }
        out.sort_by_key(|f| (f.from, std::cmp::Reverse(f.to)));
        let mut covered = 0;
        out.retain(|f| {
            let free = f.from >= covered;
            covered = if free { f.to } else { covered };
            free
        });
        out
    }

    /// The text as the model may see it: one line, names out, hidden characters out, placeholders of others defused.
    pub fn take_out(&self, original: &str) -> String {
        if let Some(shown) = self.shown.get(original) {
            return shown.clone();
        }
        let clean = clean(original);
        let mut out = String::with_capacity(clean.len());
        for piece in pieces(&clean) {
            self.replace(piece, &self.found(&Seen::new(piece)), &mut out);
        }
        out
    }

    /// Writes a text with placeholders for what was found in it.
    fn replace(&self, text: &str, found: &[Found], out: &mut String) {
        let mut copied = 0;
        for found in found {
            let entry = &self.entries[found.entry];
            let patient = matches!(found.said, Said::Patient | Said::Relative);
            let alone = entry.surname_only[usize::from(!patient)];
            let owner = self.owner(entry, found.said).or(alone).or(entry.owners.first().copied());
            let Some(owner) = owner else { continue };
            out.push_str(&text[copied..found.from]);
            out.push_str(&self.issued[owner].placeholder);
            copied = found.to;
        }
        out.push_str(&text[copied..]);
    }

    /// Whether the patient was born on this day, which is told by that word: a sign would give no order in time.
    pub fn is_birth(&self, day: Day) -> bool {
        self.birth.is_some_and(|b| b.day.is_some() && (b.year, b.month, b.day) == (day.year, day.month, day.day))
    }

    /// Names back in; `None` where a placeholder stands that was never issued.
    pub fn put_back(&self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('⟦') {
            let close = open + rest[open..].find('⟧')? + '⟧'.len_utf8();
            let issued = self.by_placeholder.get(&rest[open..close])?;
            out.push_str(&rest[..open]);
            out.push_str(&self.issued[*issued].display);
            rest = &rest[close..];
        }
        if rest.contains('⟧') {
            return None;
        }
        out.push_str(rest);
        Some(out)
    }
}

fn letter(kind: PersonKind) -> char {
    match kind {
        PersonKind::Patient => 'P',
        PersonKind::Professional => 'D',
        PersonKind::Organization => 'O',
    }
}

/// What is looked at of a text.
fn beginning(text: &str) -> &str {
    let cut = (text.len() > TOLD_AT_MOST).then(|| text.char_indices().nth(TOLD_AT_MOST)).flatten();
    cut.map_or(text, |(end, _)| &text[..end])
}

/// A long text in pieces that end at a sentence where one ends in time.
fn pieces(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while rest.len() > PIECE * 2 {
        let floor = rest.floor_char_boundary(PIECE);
        let ceiling = rest.floor_char_boundary(PIECE * 2);
        let end = rest[floor..ceiling].find('。').map_or(ceiling, |at| floor + at + '。'.len_utf8());
        out.push(&rest[..end]);
        rest = &rest[end..];
    }
    out.push(rest);
    out
}
