//! What the record leaves to the physician: asked, never guessed.

use super::Prepared;
use crate::calendar::{Day, with_japanese_days};
use crate::compose;
use crate::document::Question;
use crate::facts::{Contradiction, Detail, Fact, Facts, Kind, Stranger, mentions};
use crate::grounding::{Grounded, question_rests_on};
use crate::template;
use crate::text::compact;

pub(super) fn questions(facts: &Facts, grounded: Option<&Grounded>, prepared: &Prepared) -> Vec<Question> {
    let mut out = Vec::new();
    if facts.encounter_unknown {
        out.push(Question {
            text: "対象となる入院または受診を記録から特定できなかった。どの入院・受診についての文書か、確認すること。"
                .to_owned(),
            evidence: Vec::new(),
        });
    }
    if facts.main_unknown {
        out.push(Question {
            text: "指定された主病名（mainDiagnosis）が記録の傷病名に見当たらない。主病名を確認すること。".to_owned(),
            evidence: Vec::new(),
        });
    }
    out.extend(deadline(&prepared.template, facts));
    out.extend(no_stay(&prepared.template, facts));
    out.extend(other_writer(prepared));
    // Candidates of diagnoses are asked about, never printed as diagnoses.
    let candidates: Vec<&Fact> = facts
        .of(Kind::Condition)
        .filter(|f| matches!(&f.detail, Detail::Condition(c) if (c.suspected || c.claim) && !c.chosen))
        .collect();
    if !candidates.is_empty() {
        let names: Vec<&str> = candidates.iter().map(|f| f.name.as_str()).collect();
        out.push(Question {
            text: format!("診断として記載するものがあるか確認すること（疑い病名・レセプト病名）：{}", names.join("、")),
            evidence: candidates.iter().map(|f| f.id.clone()).collect(),
        });
    }
    let both = |c: &Contradiction| {
        let mut ids = c.facts.to_vec();
        ids.dedup();
        Question { text: with_japanese_days(&c.question), evidence: ids }
    };
    out.extend(facts.contradictions.iter().map(both));
    let note =
        |s: &Stranger| Question { text: s.question.clone(), evidence: s.facts.iter().take(1).cloned().collect() };
    out.extend(facts.strangers.iter().map(note));
    for asked in grounded.map(|g| g.asked.as_slice()).unwrap_or_default() {
        let checked = question_rests_on(asked, &prepared.template, facts, &prepared.names);
        let text = prepared.names.put_back(asked).filter(|t| checked && !mentions(t, &facts.undisclosed));
        out.extend(text.map(|text| Question { text, evidence: Vec::new() }));
    }
    out
}

/// A kind that is about a stay, of a visit.
fn no_stay(template: &template::Template, facts: &Facts) -> Option<Question> {
    let about_a_stay = template.sections.iter().any(|s| matches!(s.render.as_str(), "discharge" | "ward"));
    let visit = facts.of(Kind::Encounter).find(|f| matches!(&f.detail, Detail::Stay(s) if !s.inpatient))?;
    about_a_stay.then(|| Question {
        text: "対象は入院ではなく受診である。この種類の文書でよいか、対象の入院がほかにあるか、確認すること。"
            .to_owned(),
        evidence: vec![visit.id.clone()],
    })
}

/// By when the document is due, counted from the day of admission, which is day 1.
fn deadline(template: &template::Template, facts: &Facts) -> Option<Question> {
    let due = template.deadline.as_ref()?;
    let (fact, start) = facts.of(Kind::Encounter).find_map(|f| match &f.detail {
        Detail::Stay(s) if s.inpatient => Some((f, s.start.and_then(Day::date)?)),
        _ => None,
    })?;
    let days = due.days_from_admission;
    let last = Day::from_date(start + time::Duration::days(i64::from(days) - 1)).japanese();
    let text = format!("入院日から起算して{days}日以内（{last}まで）に交付すること（{}）。", due.basis);
    Some(Question { text, evidence: vec![fact.id.clone()] })
}

/// A reply to somebody else than who wrote the letter: its greeting thanks for a referral.
fn other_writer(prepared: &Prepared) -> Option<Question> {
    prepared.template.sections.iter().find(|s| s.render == "letter-answered")?;
    let (writer, letter) = compose::letter_writer(&prepared.facts)?;
    let to = &prepared.destination;
    let given: Vec<&str> = [&to.institution, &to.recipient].into_iter().flatten().map(|s| s.trim()).collect();
    let institution = compact(writer.split_whitespace().next().unwrap_or_default());
    let same = |one: &&str| {
        let one = compact(&compose::bare(one));
        compact(&writer).contains(&one) || (!institution.is_empty() && one.contains(&institution))
    };
    let called = compose::addressee_line(&prepared.template.addressee, to, "");
    (!given.is_empty() && !given.iter().any(same)).then(|| Question {
        text: format!(
            "ご紹介状の差出人（{writer}）と宛先（{called}）が異なる。返書の宛先と、冒頭の「ご紹介いただき」の文を確認すること。"
        ),
        evidence: vec![letter.id.clone()],
    })
}
