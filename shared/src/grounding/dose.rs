//! Check 16: strength, single dose, daily dose, number of times and the limit of an as-needed drug are different
//! things: 「アムロジピン錠5mg 1回2錠」 is no 「1回5mg」, though every figure stands in the fact. And continued, increased,
//! reduced, changed agree with what is cited: a dose told as before the change is the error that a letter carries on.

mod frequency;
mod quantities;

use super::content::Content;
use super::{Claim, Context, Verdict, clauses, lexicon};
use crate::facts::{Category, Change, Detail, Fact, Kind, drug_stem};
use quantities::{Quantity, Role};

const STRUCTURE: Verdict = Verdict::Drop("dose-structure");
const NOT_STATED: Verdict = Verdict::Drop("change-not-in-evidence");

pub fn check(claim: &Claim, context: &Context) -> Verdict {
    let text = clauses::still_held(&clauses::without_placeholders(&claim.text));
    let bodies: Vec<String> = claim.cited.iter().map(|f| clauses::still_held(&clauses::body(f))).collect();
    let said = quantities::of(&text);
    let known: Vec<Vec<Quantity>> =
        if said.is_empty() { Vec::new() } else { bodies.iter().map(|b| quantities::of(b)).collect() };
    if !structure_holds(&text, &said, &known) || !frequency::holds(&text, &bodies) {
        return STRUCTURE;
    }
    if !told_as_before(&said, &known) && change_holds(&text, claim, context, &bodies) {
        Verdict::Keep
    } else {
        NOT_STATED
    }
}

fn structure_holds(text: &str, said: &[Quantity], known: &[Vec<Quantity>]) -> bool {
    said.iter().all(|q| known.iter().any(|k| supports(k, q, text)))
}

/// 「2.5mgに減量」 of 「2.5mgから1.25mgに減量」: the dose from before the change is told as the one that holds.
fn told_as_before(said: &[Quantity], known: &[Vec<Quantity>]) -> bool {
    let told = |q: &&Quantity| q.new && !q.old && q.role != Role::Strength;
    said.iter().filter(told).any(|q| {
        let mut same = known.iter().flatten().filter(|k| k.same_amount(q) && k.role != Role::Strength).peekable();
        same.peek().is_some() && same.all(|k| k.old)
    })
}

/// Whether the quantities of one fact hold another of the same role.
fn supports(known: &[Quantity], said: &Quantity, text: &str) -> bool {
    let same = |k: &&Quantity| k.same_amount(said);
    let once_a_day =
        known.iter().any(|k| k.role == Role::Times && k.is(1.0, "回")) || known.iter().all(|k| k.role != Role::Times);
    match said.role {
        // 「アムロジピン5mgを内服」 of 「錠5mg 1回2錠」: the strength poses as the dose.
        Role::Plain => {
            let strength = known.iter().filter(same).any(|k| k.role == Role::Strength);
            let other = known.iter().filter(same).any(|k| k.role != Role::Strength);
            let units = known
                .iter()
                .find(|k| k.role == Role::Once && matches!(k.unit.as_str(), "錠" | "カプセル" | "包" | "c" | "t"));
            let taken = ["投与", "内服", "服用", "開始", "増量", "減量", "継続"].iter().any(|w| text.contains(w));
            !(strength && !other && taken && units.is_some_and(|u| !u.is(1.0, &u.unit)))
        }
        Role::Strength => true,
        Role::Once => known.iter().filter(same).any(|k| match k.role {
            Role::Once | Role::Plain => true,
            Role::Daily => once_a_day,
            _ => false,
        }),
        Role::Daily => known.iter().filter(same).any(|k| match k.role {
            Role::Daily | Role::Plain => true,
            Role::Once => once_a_day,
            _ => false,
        }),
        Role::Times | Role::Limit => known.iter().filter(same).any(|k| k.role == said.role),
    }
}

fn change_holds(text: &str, claim: &Claim, context: &Context, bodies: &[String]) -> bool {
    let clauses_known: Vec<String> = bodies.iter().flat_map(|b| clauses::of(b)).collect();
    let changes: Vec<Change> = claim.cited.iter().filter_map(|f| change(f)).collect();
    for clause in clauses::of(text) {
        let said = Content::words(&clause);
        let about_drugs = about_drugs(text, claim);
        // Of a clause that names a drug, the clauses that name the same one say what became of it.
        let of_drug: Vec<String> =
            clauses_known.iter().filter(|k| lexicon::share_a_drug(&clause, k) == Some(true)).cloned().collect();
        let clauses_known = if of_drug.is_empty() { &clauses_known } else { &of_drug };
        let ask = Asked { said: &said, known: clauses_known, changes: &changes };
        let weight = ["体重", "肥満", "減量指導", "減量手術", "BMI", "ダイエット"].iter().any(|w| text.contains(w));
        if has(&clause, &["増量", "漸増"]) && !has(&clause, &["減量"]) {
            let stated = ask.states(
                &["増量", "漸増", "増や", "↑", "増"],
                &["減量", "漸減", "減ら", "中止", "休薬"],
                &[Change::Increased],
            );
            if !stated && doses_move(claim) != Some(true) {
                return false;
            }
        }
        if has(&clause, &["減量", "漸減"]) && !has(&clause, &["増量"]) && !weight {
            let stated = ask.states(
                &["減量", "漸減", "減ら", "↓", "減"],
                &["増量", "漸増", "増や", "中止", "休薬"],
                &[Change::Reduced],
            );
            if !stated && doses_move(claim) != Some(false) {
                return false;
            }
        }
        if about_drugs && has(&clause, &["変更", "切り替え", "切替"]) && !has(&clause, &["変更な", "変更せ", "変更は"])
        {
            let words = ["変更", "切り替え", "切替", "変え", "スイッチ", "増量", "減量", "→", "から"];
            let moved = [Change::Changed, Change::Increased, Change::Reduced];
            if !ask.states(&words, &[], &moved) && doses_move(claim).is_none() {
                return false;
            }
        }
        if about_drugs && has(&clause, &["追加", "新規", "併用"]) {
            let words = ["追加", "新規", "併用", "開始", "加え", "上乗せ", "導入", "処方"];
            if !ask.states(&words, &["中止"], &[Change::New]) {
                return false;
            }
        }
        if about_drugs && clause.contains("開始") {
            let begun = [
                "開始", "導入", "新規", "追加", "投与", "処方", "併用", "点滴", "内服", "初回", "から", "より", "使用",
                "用い", "始め",
            ];
            let otherwise = ["継続", "休薬", "中止", "増量", "減量"];
            let any = |words: &[&str]| clauses_known.iter().any(|k| has(k, words));
            if any(&otherwise) && !ask.states(&begun, &otherwise, &[Change::New]) {
                return false;
            }
        }
        let same = has(&clause, &["同じ用量", "同量", "同用量", "同じ量", "変更なし", "変更せず", "変更はな"]);
        if about_drugs && (same || has(&clause, &["継続", "続行"])) && !goes_on(&clause, same, claim, context, &ask)
        {
            return false;
        }
    }
    true
}

struct Asked<'a> {
    said: &'a Content,
    known: &'a [String],
    changes: &'a [Change],
}

impl Asked<'_> {
    /// The clause that says most of the claim has one of the words and not only an opposite one.
    fn states(&self, words: &[&str], opposites: &[&str], changes: &[Change]) -> bool {
        if self.changes.iter().any(|c| changes.contains(c)) {
            return true;
        }
        let share = |test: &dyn Fn(&str) -> bool| {
            let shares = self.known.iter().filter(|k| test(k)).map(|k| self.said.shared(&Content::known(k)));
            shares.fold(None, |m: Option<f32>, s| Some(m.map_or(s, |m| m.max(s))))
        };
        let says = |k: &str| has(k, words);
        let against = |k: &str| !has(k, words) && has(k, opposites);
        match (share(&says), share(&against)) {
            (Some(same), Some(other)) => same >= other,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|w| text.contains(w))
}

fn change(fact: &Fact) -> Option<Change> {
    match fact.detail {
        Detail::Change(change) => Some(change),
        _ => None,
    }
}

fn about_drugs(text: &str, claim: &Claim) -> bool {
    has(
        text,
        &["薬", "内服", "投与", "錠", "カプセル", "点滴", "注射", "インスリン", "用量", "mg", "処方", "μg", "服用"],
    ) || !lexicon::drugs(&text.to_lowercase()).is_empty()
        || claim.cited.iter().any(|f| change(f).is_some())
}

/// Continued: the evidence says so, or shows the drug before and after; and no other fact says that it ended.
fn goes_on(clause: &str, same_dose: bool, claim: &Claim, context: &Context, ask: &Asked) -> bool {
    if same_dose {
        let plainly = ask.changes.contains(&Change::Continued)
            || ask.known.iter().any(|k| has(k, &["変更な", "変更せ", "同量", "同じ", "同用量", "do", "DO", "Do処方"]));
        let of_it = |k: &&String| k.contains("継続") && ask.said.shared(&Content::known(k)) >= 0.8;
        return plainly || ask.known.iter().any(|k| of_it(&k));
    }
    let goes_on = ["継続", "続", "維持", "変更な", "同量", "そのまま", "再開", "退院後も", "内服中", "服用中", "常用"];
    let ended = ["中止", "休薬", "終了", "保留"];
    let moved = ["増量", "減量", "漸増", "漸減"];
    let stated =
        ask.states(&goes_on, &ended, &[Change::Continued, Change::Increased, Change::Reduced, Change::Changed]);
    if stated {
        return true;
    }
    // 「20mgで継続」 of 「20mgから40mgへ増量」: told as before the change.
    if ask.known.iter().any(|k| has(k, &moved) || has(k, &ended)) {
        return false;
    }
    let drugs: Vec<&&Fact> = claim.cited.iter().filter(|f| f.kind == Kind::Medication).collect();
    let contradicted = drugs.iter().any(|d| {
        let stem = drug_stem(&d.name);
        let of_drug = |f: &&Fact| drug_stem(&f.name) == stem;
        context
            .facts
            .list
            .iter()
            .filter(of_drug)
            .filter_map(change)
            .any(|c| matches!(c, Change::Held | Change::Stopped | Change::Absent))
    });
    let all = has(clause, &["すべて", "全て", "全薬", "いずれも"]);
    // A note that tells of giving it, or a prescription: going on is what it says.
    let given = ask.known.iter().any(|k| has(k, &["投与", "内服", "処方", "点滴", "使用", "服用", "注"]));
    let discharge =
        drugs.iter().any(|d| matches!(&d.detail, Detail::Medication(m) if m.category == Category::Discharge));
    !contradicted && !all && (!drugs.is_empty() || discharge || given)
}

/// Two cited prescriptions of one drug: whether the single dose rises. `None` where it cannot be told.
fn doses_move(claim: &Claim) -> Option<bool> {
    let mut drugs: Vec<&&Fact> = claim.cited.iter().filter(|f| f.kind == Kind::Medication).collect();
    drugs.sort_by_key(|f| f.date);
    let (first, last) = (drugs.first()?, drugs.last()?);
    if drugs.len() < 2 || drug_stem(&first.name) != drug_stem(&last.name) {
        return None;
    }
    let dose = |f: &Fact| {
        let quantities = quantities::of(&clauses::body(f));
        let once = quantities.iter().find(|q| q.role == Role::Once)?.value;
        let strength = quantities.iter().find(|q| q.role == Role::Strength).map_or(1.0, |q| q.value);
        Some(once * strength)
    };
    let (before, after) = (dose(first)?, dose(last)?);
    ((after - before).abs() > 1e-9).then_some(after > before)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::grounding::Verdict;
    use crate::grounding::testing::{ask, facts};

    #[test]
    fn strength_dose_and_limit_are_told_apart() {
        let facts = facts(&[
            "[F1] medication | 2026-07-09 | 退院 | アムロジピン錠5mg | 1日1回 朝食後 1回2錠 14日分",
            "[F2] medication | 2026-07-09 | 退院 | カロナール錠300 | 疼痛時 1回1錠 1日3回まで",
            "[N1.1] note | 2026-07-09 | 経過記録 | プレドニゾロンは1日10mgから7mgへ減量した。",
            "[N1.2] note | 2026-07-09 | 経過記録 | プレドニゾロン15mg/日を開始した。",
        ]);
        let dropped = Verdict::Drop("dose-structure");
        for (text, cite) in [
            ("アムロジピンは1回5mgで投与した。", "F1"),
            ("アムロジピンは1日5mgを内服した。", "F1"),
            ("アムロジピン5mgを内服した。", "F1"),
            ("カロナールは1日3回内服した。", "F2"),
        ] {
            assert_eq!(ask(check, &facts, text, &[cite]), dropped, "{text}");
        }
        for (text, cite) in [
            ("アムロジピンは1回2錠、1日1回とした。", "F1"),
            ("アムロジピン錠5mgを1日2錠とした。", "F1"),
            ("カロナールは1回1錠、1日3回までとした。", "F2"),
            ("プレドニゾロンは1日7mgに減量した。", "N1.1"),
            ("プレドニゾロンを1日15mgで開始した。", "N1.2"),
        ] {
            assert_eq!(ask(check, &facts, text, &[cite]), Verdict::Keep, "{text}");
        }
    }

    #[test]
    fn changes_are_those_of_the_evidence() {
        let facts = facts(&[
            "[N1.1] note | 2026-07-09 | 経過記録 | フロセミドを20mgから40mgへ増量した。",
            "[N1.2] note | 2026-07-09 | 経過記録 | 食事は全量摂取。",
            "[F1] medication | 2026-07-01 | 持参 | フロセミド錠20mg | 1日1回 1回1錠",
            "[F2] medication | 2026-07-09 | 退院 | フロセミド錠20mg | 1日1回 1回2錠",
            "[N1.3] note | 2026-07-09 | 経過記録 | アムロジピンは内服を継続する。",
        ]);
        let dropped = Verdict::Drop("change-not-in-evidence");
        for (text, cites) in [
            ("フロセミドを20mgで継続した。", &["N1.1"][..]),
            ("フロセミドを減量した。", &["N1.1"]),
            ("内服薬は入院時と同じ用量で継続した。", &["N1.2"]),
            ("持参薬はすべて継続した。", &["N1.2"]),
            ("フロセミドを減量した。", &["F1", "F2"]),
        ] {
            assert_eq!(ask(check, &facts, text, cites), dropped, "{text}");
        }
        for (text, cites) in [
            ("フロセミドは40mgに増量した。", &["N1.1"][..]),
            ("フロセミドを増量した。", &["F1", "F2"]),
            ("アムロジピンは継続とした。", &["N1.3"]),
        ] {
            assert_eq!(ask(check, &facts, text, cites), Verdict::Keep, "{text}");
        }
    }
}
