//! A value loses what it was measured under.

use regex_lite::Regex;

use super::Given;
use super::edit::rewrite;
use crate::draft::Draft;

/// Conditions that change what a value means, before those that only matter.
const CONDITIONS: &[&str] = &[
    "室内気|空気呼吸|(?:経鼻酸素|鼻カニュラ|鼻カニューラ|鼻カニューレ|酸素マスク|リザーバーマスク|NPPV)\
     (?:\\s*[0-9.]+\\s*L(?:/分|/min)?)?|酸素\\s*[0-9.]+\\s*L(?:/分|/min)?",
    "塗抹|速報",
    "空腹時|随時|食後|安静時|労作時|迅速",
];

/// What has such conditions.
const MEASURED: &str = "SpO2|SpO₂|SaO2|PaO2|PaCO2|pH|酸素飽和度|血糖|グルコース|陰性|陽性|トリグリセ";

/// A value lost what it was measured under.
pub(super) fn condition_dropped(draft: &mut Draft, given: Given<'_>) -> bool {
    // Prompts differ in what they hold, so the serious ones are looked for everywhere first.
    let (last, others) = CONDITIONS.split_last().expect("the table has rows");
    let serious = others.iter().any(|condition| drop_in(draft, given, condition));
    serious || rewrite(draft, given, "動脈血酸素飽和度は96%であった。", |text, _| dropped(text, last))
}

fn drop_in(draft: &mut Draft, given: Given<'_>, condition: &str) -> bool {
    let held = draft.claims().any(|sentence| dropped(&sentence.text, condition).is_some())
        || given.facts.iter().any(|fact| dropped(&crate::phrase::alone(fact, given.register), condition).is_some());
    held && rewrite(draft, given, "", |text, _| dropped(text, condition))
}

/// The text without the condition, where a measured value stays.
fn dropped(text: &str, condition: &str) -> Option<String> {
    let measured = Regex::new(MEASURED).expect("a constant pattern");
    let bracket = Regex::new(&format!("（[^（）]*(?:{condition})[^（）]*）")).expect("a constant pattern");
    let inline = Regex::new(&format!("(?:{condition})(?:投与下|吸入下|下)?(?:で|の|、)?")).expect("a constant pattern");
    let found = bracket.find(text).or_else(|| inline.find(text))?;
    let (before, after) = (&text[..found.start()], &text[found.end()..]);
    // A value stands close by, not sentences away.
    let near = |part: &str| part.split(['。', '、']).next().is_some_and(|part| measured.is_match(part));
    let before_near = before.rsplit(['。', '、']).next().is_some_and(|part| measured.is_match(part));
    (near(after) || before_near).then(|| format!("{before}{after}"))
}
