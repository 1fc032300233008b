//! What stands between a revision and its finalisation: flags to answer, places to fill.

use crate::document::{Document, Empty, FlagState, SentenceKind};
use crate::integrity::FlagAnswer;

/// Why answers to flags do not serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswersError {
    /// 400 `malformed-request`
    #[error("an answer names a flag that this revision has not, or one flag has two answers")]
    Unknown,
    /// 409 `flags-open`: the flags without an answer.
    #[error("flags are without an answer: {}", .0.join(", "))]
    Open(Vec<String>),
}

/// The answers in the order of the flags, if every open flag has exactly one.
pub fn open_flags_answered(document: &Document, answers: &[FlagAnswer]) -> Result<Vec<FlagAnswer>, AnswersError> {
    let open: Vec<&str> = document.flags.iter().filter(|f| f.state == FlagState::Open).map(|f| f.id.as_str()).collect();
    let twice = answers.iter().enumerate().any(|(i, a)| answers[..i].iter().any(|b| b.flag == a.flag));
    if twice || answers.iter().any(|a| !open.contains(&a.flag.as_str())) {
        return Err(AnswersError::Unknown);
    }
    let answer = |id: &&str| answers.iter().find(|a| a.flag == **id);
    let unanswered: Vec<String> = open.iter().filter(|id| answer(id).is_none()).map(|id| (*id).to_owned()).collect();
    if !unanswered.is_empty() {
        return Err(AnswersError::Open(unanswered));
    }
    Ok(open.iter().filter_map(answer).cloned().collect())
}

/// Codes of the sections in which a person has still to fill something: 【記載なし：要確認】, or a placeholder.
pub fn incomplete(document: &Document) -> Vec<&str> {
    let open = |text: &str, empty: Option<Empty>, kind: SentenceKind| {
        (kind == SentenceKind::Missing && empty == Some(Empty::ToConfirm))
            || text.contains(Empty::ToConfirm.text())
            || text.contains(['⟦', '⟧'])
    };
    let sections = document.sections.iter();
    sections.filter(|s| s.sentences.iter().any(|s| open(&s.text, s.empty, s.kind))).map(|s| s.code.as_str()).collect()
}

/// Thousandths of the text's characters that a person typed.
pub fn entered_permille(document: &Document) -> u32 {
    let (mut all, mut entered) = (0_usize, 0_usize);
    for sentence in document.sentences() {
        let length = sentence.text.chars().count();
        all += length;
        if sentence.kind == SentenceKind::Entered {
            entered += length;
        }
    }
    u32::try_from(entered * 1000 / all.max(1)).unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{document, entered, fact, section};
    use super::{AnswersError, entered_permille, incomplete, open_flags_answered};
    use crate::document::{Empty, Flag, FlagState, Sentence, SentenceKind};
    use crate::integrity::{AnswerKind, FlagAnswer};

    fn answer(flag: &str) -> FlagAnswer {
        FlagAnswer { flag: flag.to_owned(), answer: AnswerKind::Accepted }
    }

    #[test]
    fn every_open_flag_is_answered_once_by_name() {
        let mut document = document(vec![]);
        for (id, state) in [("W1", FlagState::Open), ("W2", FlagState::Answered), ("W3", FlagState::Open)] {
            let flag =
                Flag { id: id.into(), sentence: "S1".into(), reason: "order".into(), message: "順序".into(), state };
            document.flags.push(flag);
        }
        let answered = |names: &[&str]| {
            open_flags_answered(&document, &names.iter().map(|n| answer(n)).collect::<Vec<_>>())
                .map(|a| a.into_iter().map(|a| a.flag).collect::<Vec<_>>())
        };
        assert_eq!(answered(&["W3", "W1"]), Ok(vec!["W1".to_owned(), "W3".to_owned()]));
        assert_eq!(answered(&["W3"]), Err(AnswersError::Open(vec!["W1".to_owned()])));
        assert_eq!(answered(&[]), Err(AnswersError::Open(vec!["W1".to_owned(), "W3".to_owned()])));
        for wrong in [&["W1", "W3", "W4"][..], &["W1", "W3", "W2"], &["W1", "W3", "W3"]] {
            assert_eq!(answered(wrong), Err(AnswersError::Unknown), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_left_to_fill_is_found_wherever_it_stands() {
        let missing = |empty| Sentence {
            id: "S9".into(),
            text: Empty::text(empty).into(),
            kind: SentenceKind::Missing,
            evidence: vec![],
            empty: Some(empty),
        };
        let open = |sentence| {
            !incomplete(&document(vec![section("333", vec![fact("S1", "熱はない。"), sentence])])).is_empty()
        };
        assert!(open(missing(Empty::ToConfirm)));
        assert!(open(entered("S2", "担当：【記載なし：要確認】")));
        assert!(open(entered("S2", "⟦P1⟧様")));
        for filled in [missing(Empty::NilKnown), missing(Empty::NotApplicable), entered("S2", "担当：鈴木")] {
            assert!(!open(filled));
        }
    }

    #[test]
    fn share_typed_by_a_person_is_counted_in_characters() {
        assert_eq!(entered_permille(&document(vec![])), 0);
        let half = document(vec![section("333", vec![fact("S1", "あいう"), entered("S2", "えおか")])]);
        assert_eq!(entered_permille(&half), 500);
    }
}
