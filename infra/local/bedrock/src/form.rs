//! Faults of a reply's form: what was composed arrives in a wrong shape.

use crate::fault::Form;
use crate::reply::{Answer, Stop};

const BLOCKED: &str = "申し訳ありませんが、この要求にはお答えできません。";
const REFUSED: &str = "申し訳ありませんが、医療文書の作成はお手伝いできません。";

/// The answer in which the composed text arrives.
pub(crate) fn apply(fault: Form, text: &str) -> Answer {
    match fault {
        Form::TruncatedJson => Answer::text(half(text), Stop::MaxTokens),
        Form::FencedJson => Answer::text(format!("```json\n{text}\n```"), Stop::EndTurn),
        Form::ProsePreamble => Answer::text(format!("以下に下書きを示します。\n\n{text}"), Stop::EndTurn),
        Form::EmptyContent => Answer::empty(Stop::EndTurn),
        Form::GuardrailIntervened => Answer::text(BLOCKED, Stop::GuardrailIntervened),
        Form::ContentFiltered => Answer::text(half(text), Stop::ContentFiltered),
        Form::Refusal => Answer::text(REFUSED, Stop::EndTurn),
    }
}

fn half(text: &str) -> String {
    text.chars().take(text.chars().count() / 2).collect()
}
