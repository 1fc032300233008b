//! Which note sentence says what became of a drug and why. A sentence counts for a drug only where the word of
//! change stands after that drug's name and before the next drug's; a plan or a denial does not count.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::drug_names::{brands, drug_stem, generic};
use super::medication::Change;
use super::{Cue, Fact, Kind};
use crate::text::{AnyOf, Dictionary, Found, compact};

const STOPPED: &[&str] = &["中止", "終了", "内服終了", "off", "オフ"];
const HELD: &[&str] = &["休薬", "一時中断", "一時休止", "いったん中止", "一旦中止", "ホールド"];
const MORE: &[&str] = &["増量", "倍量", "引き上げ"];
const LESS: &[&str] = &["減量", "減らし", "漸減", "引き下げ"];
const BEGUN: &[&str] = &["開始", "追加", "導入", "新規", "併用"];
const CHANGED: &[&str] = &["変更", "切り替え", "切替", "置換"];
const AGAIN: &[&str] = &["再開"];
/// One of these stands in every sentence that counts.
pub(super) const CHANGES: &[&[&str]] = &[STOPPED, HELD, MORE, LESS, BEGUN, CHANGED, AGAIN];
const NOT_DONE: &[&str] = &["せず", "しない", "なし", "不要", "検討", "予定", "可能", "であれば", "場合", "希望"];
const CAUSE: &[&str] = &["ため", "により", "よる", "理由", "副作用", "疑い", "懸念", "から、", "認め", "にて"];

/// What a sentence says of one drug.
#[derive(Clone, Copy)]
struct Said<'f> {
    /// The word of change.
    word: &'static str,
    note: &'f Fact,
    gives_cause: bool,
}

/// What the notes say of each drug of the record; read once.
#[derive(Default)]
pub(crate) struct Reasons<'f> {
    /// By the folded name that the notes use.
    said: HashMap<String, Vec<Said<'f>>>,
    /// How notes call each product of the record.
    called: HashMap<&'f str, Vec<String>>,
}

impl<'f> Reasons<'f> {
    pub fn new(all: &'f [Fact]) -> Self {
        let products: HashSet<&str> =
            all.iter().filter(|f| f.kind == Kind::Medication).map(|f| f.name.as_str()).collect();
        let called: HashMap<&str, Vec<String>> = products.into_iter().map(|p| (p, names(p))).collect();
        let names = Dictionary::new(called.values().flatten().map(|name| (Cow::Owned(name.clone()), 0)));
        let mut out = Self { called, ..Self::default() };
        let telling = |f: &&Fact| f.kind == Kind::Note && f.may_tell(Cue::DrugChange) && !f.is_earlier();
        for fact in all.iter().filter(telling) {
            let Some(sentence) = fact.fields.get(1).filter(|t| t.len() < LONGEST) else { continue };
            let text = compact(sentence);
            let gives_cause = gives_cause(sentence);
            let found: Vec<Found> = names.find_iter(&text).collect();
            for (i, drug) in found.iter().enumerate() {
                if let Some(word) = said_of(&text, &found[i..]) {
                    out.said.entry(text[drug.start..drug.end].to_owned()).or_default().push(Said {
                        word,
                        note: fact,
                        gives_cause,
                    });
                }
            }
        }
        out
    }

    /// 中止 or 休薬 of a drug, as the latest note that says either has it; none where it was begun again.
    pub fn ended(&self, name: &str) -> Option<Change> {
        let words = [HELD, STOPPED, AGAIN].concat();
        let said = self.about(name, &words).max_by_key(|said| said.note.date)?;
        match said.word {
            word if AGAIN.contains(&word) => None,
            word if HELD.contains(&word) => Some(Change::Held),
            _ => Some(Change::Stopped),
        }
    }

    /// The sentence that says why; one with a cause before one without, a later before an earlier.
    pub fn of(&self, name: &str, change: Change) -> Option<&'f Fact> {
        let words: Vec<&str> = match change {
            Change::Continued => return None,
            Change::Increased => MORE.to_vec(),
            Change::Reduced => LESS.to_vec(),
            Change::Changed | Change::Rerouted => [CHANGED, MORE, LESS].concat(),
            Change::New => [BEGUN, CHANGED].concat(),
            Change::Stopped | Change::Held | Change::Absent => [HELD, STOPPED, CHANGED].concat(),
        };
        let best = self.about(name, &words).max_by_key(|said| (said.gives_cause, said.note.date));
        best.map(|said| said.note)
    }

    fn about<'w>(&self, name: &str, words: &'w [&'static str]) -> impl Iterator<Item = Said<'f>> + use<'_, 'f, 'w> {
        let called = self.called.get(name).map_or_else(|| Cow::Owned(names(name)), |c| Cow::Borrowed(c.as_slice()));
        let said = (0..called.len()).filter_map(move |n| self.said.get(&called[n]));
        said.flatten().copied().filter(|said| words.contains(&said.word))
    }
}

/// Not only what became of a drug, but why.
pub(super) fn gives_cause(sentence: &str) -> bool {
    CAUSE.iter().any(|c| sentence.contains(c))
}

/// No sentence about a drug is longer; what is, was never split.
const LONGEST: usize = 4_000;

/// The first word of change between the first drug and the next. 「A、Bは中止」 is said of both.
fn said_of(text: &str, drugs: &[Found]) -> Option<&'static str> {
    static ANY: AnyOf = AnyOf::new(CHANGES);
    for (i, drug) in drugs.iter().enumerate() {
        let next = drugs.get(i + 1).map_or(text.len(), |d| d.start);
        let own = &text[drug.end..next];
        let words = if ANY.is_in(own) { CHANGES } else { &[] };
        let found = words.iter().copied().flatten().filter_map(|w| Some((own.find(w)?, *w)));
        // 「いったん中止」 before the 「中止」 in it.
        if let Some((at, word)) = found.min_by_key(|(at, w)| (*at, std::cmp::Reverse(w.len()))) {
            let after: String = own[at + word.len()..].chars().take(8).collect();
            return (!NOT_DONE.iter().any(|n| after.contains(n))).then_some(word);
        }
        let list = own.chars().all(|c| {
            matches!(c, '、' | '・' | ',' | 'と' | '及' | '並' | 'び' | 'お' | 'よ' | '錠') || c.is_ascii_alphanumeric()
        });
        if !list {
            return None;
        }
    }
    None
}

/// A drug as notes call it: by its own stem, its generic name, or a brand of it.
fn names(name: &str) -> Vec<String> {
    let generic = generic(name);
    let mut names: Vec<String> =
        std::iter::once(drug_stem(name)).chain(generic.split('・').map(str::to_owned)).collect();
    names.extend(brands(&generic).map(str::to_owned));
    for n in &mut names {
        *n = compact(n);
    }
    names.retain(|n| n.chars().count() >= 3);
    names.dedup();
    names
}
