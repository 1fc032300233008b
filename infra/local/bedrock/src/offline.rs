//! The stand-in without HTTP, for evaluation and for tests: what it writes for a prompt, with and
//! without a fault of content. The served stand-in writes the same.

use serde_json::Value;

use crate::compose::{codes, nothing};
use crate::content;
use crate::draft::Draft;
use crate::fault::Content;
use crate::prompt::Prompt;
use crate::repair::Repair;
use crate::schema::{fits, smallest};

/// What is said to a text that is no prompt and asks for no JSON.
const SHORT: &str = "ご依頼の内容を確認しました。";

/// No fault of content has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFault(pub String);

impl std::fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no fault of content is called {:?}", self.0)
    }
}

impl std::error::Error for UnknownFault {}

/// The names of all faults of content.
pub fn content_faults() -> impl Iterator<Item = &'static str> {
    Content::ALL.iter().map(|fault| fault.name())
}

/// The reply to a prompt: system text, user text, JSON schema of the reply.
pub fn compose(system: &str, user: &str, schema: &str) -> String {
    composed(read_schema(schema).as_ref(), None, Prompt::parse(system, user).as_ref(), None)
}

/// The same with a fault of content, by its name.
pub fn compose_with(system: &str, user: &str, schema: &str, fault: Option<&str>) -> Result<String, UnknownFault> {
    let fault = fault.map(known).transpose()?;
    Ok(composed(read_schema(schema).as_ref(), fault, Prompt::parse(system, user).as_ref(), None))
}

/// The reply to a request to repair, which follows `user` and the reply `earlier`.
pub fn repair(system: &str, user: &str, schema: &str, earlier: &str, request: &str) -> String {
    let repair = Repair::parse(request, Some(earlier));
    composed(read_schema(schema).as_ref(), None, Prompt::parse(system, user).as_ref(), repair.as_ref())
}

/// Whether the prompt gives the fault a hold: then a statement of its own becomes wrong. Where it does not, the fault
/// is a sentence out of nowhere, which any check may catch.
///
/// What was held back from the prompt is not seen here: of `undisclosed-diagnosis` this says whether the facts suggest
/// one.
pub fn applies(fault: &str, system: &str, user: &str, schema: &str) -> Result<bool, UnknownFault> {
    let fault = known(fault)?;
    let Some(prompt) = Prompt::parse(system, user) else {
        return Ok(false);
    };
    let mut draft = crate::compose::compose(&prompt, read_schema(schema).as_ref().and_then(codes).as_deref());
    Ok(content::apply(fault, &mut draft, Some(&prompt).into()))
}

/// The text that answers a prompt, or a request to repair what was answered.
pub(crate) fn composed(
    schema: Option<&Value>,
    fault: Option<Content>,
    prompt: Option<&Prompt>,
    repair: Option<&Repair>,
) -> String {
    let codes = schema.and_then(codes);
    let mut draft = match (prompt, schema, repair) {
        (Some(prompt), _, Some(repair)) => repair.draft(prompt, codes.as_deref()),
        (Some(prompt), ..) => crate::compose::compose(prompt, codes.as_deref()),
        (None, Some(_), _) => nothing(codes.as_deref().unwrap_or_default()),
        (None, None, _) => return SHORT.to_owned(),
    };
    if let Some(schema) = schema {
        let value = serde_json::to_value(&draft).expect("a draft is JSON");
        if !fits(&value, schema, schema) {
            return smallest(schema, schema).to_string();
        }
    }
    if let Some(fault) = fault {
        content::apply(fault, &mut draft, prompt.into());
    }
    written(&draft)
}

/// A draft as the model writes it.
pub(crate) fn written(draft: &Draft) -> String {
    serde_json::to_string(draft).expect("a draft is JSON")
}

fn known(fault: &str) -> Result<Content, UnknownFault> {
    let fault_named = Content::ALL.iter().find(|known| known.name() == fault);
    fault_named.copied().ok_or_else(|| UnknownFault(fault.to_owned()))
}

/// A schema that is no JSON asks for nothing.
fn read_schema(schema: &str) -> Option<Value> {
    serde_json::from_str(schema).ok()
}
