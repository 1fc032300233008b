//! What a function is given to do: event after event, each of which the answer before it may decide.

use std::path::Path;

use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::acts::{Caller, body};
use super::cloud::Cloud;
use super::instance::{Instance, Program};

pub enum Work {
    /// Any event, and any answer.
    Same(Vec<u8>),
    /// The first event once a process, then the second: what is done once is in the first.
    FirstThen(Vec<u8>, Vec<u8>),
    Draft {
        caller: Caller,
        patient: &'static str,
    },
    Fetch {
        caller: Caller,
        document: String,
    },
    /// The last of these until it has as many revisions as are measured of one, then the one before.
    Revise {
        caller: Caller,
        documents: Vec<Drafted>,
        revisions: usize,
    },
    /// One reading by the other function, which then waits for the log.
    Publish {
        caller: Caller,
        document: String,
        reader: Box<Instance>,
    },
}

impl Work {
    /// `first`: of its process.
    pub fn event(&mut self, first: bool) -> Result<Vec<u8>, String> {
        Ok(match self {
            Self::Same(event) => event.clone(),
            Self::FirstThen(one, other) => if first { one } else { other }.clone(),
            Self::Draft { caller, patient } => caller.draft(patient),
            Self::Fetch { caller, document } => caller.fetch(document),
            Self::Revise { caller, documents, revisions } => {
                if *revisions == REVISIONS {
                    (*revisions, _) = (0, documents.pop());
                }
                let Drafted { id, version, sections } = documents.last().ok_or("no document is left to revise")?;
                caller.revise(id, version, sections)
            }
            Self::Publish { caller, document, reader } => {
                body(&reader.invoke(&caller.fetch(document))?.0, 200)?;
                Caller::sweep()
            }
        })
    }

    /// Refuses an answer that shows that the work was not done.
    pub fn answered(&mut self, answer: &[u8]) -> Result<(), String> {
        match self {
            Self::Same(_) | Self::FirstThen(..) => {}
            Self::Draft { .. } => drop(body(answer, 201)?),
            Self::Fetch { .. } => drop(body(answer, 200)?),
            Self::Revise { documents, revisions, .. } => {
                let version = body(answer, 201)?["version"].take();
                *revisions += 1;
                documents.last_mut().expect("it was revised").version = version;
            }
            Self::Publish { .. } => {
                let answer: Value = serde_json::from_slice(answer).map_err(|e| e.to_string())?;
                if answer != json!({ "batchItemFailures": [] }) {
                    return Err(format!("the log was not written: {answer}"));
                }
            }
        }
        Ok(())
    }
}

/// A drafted document, for the functions that work on one.
pub struct Drafted {
    pub id: String,
    version: Value,
    sections: Value,
}

/// Drafts a document with these functions and reads it once.
pub fn drafted(
    cloud: &Cloud,
    [generate, fetch]: [&Program; 2],
    patient: &str,
    (runtime, log): (&Handle, &Path),
) -> Result<Drafted, String> {
    let caller = Caller::new(cloud)?;
    let mut instance = Instance::start(generate, runtime, log)?;
    let metadata = body(&instance.invoke(&caller.draft(patient))?.0, 201)?;
    let id = metadata["documentId"].as_str().ok_or("the answer has no documentId")?.to_owned();
    let mut instance = Instance::start(fetch, runtime, log)?;
    let mut content = body(&instance.invoke(&caller.fetch(&id))?.0, 200)?;
    Ok(Drafted { id, version: metadata["version"].clone(), sections: content["sections"].take() })
}

/// Of one document: a history has an end.
const REVISIONS: usize = 50;

impl Work {
    /// So many revisions at least, of documents that this drafts.
    pub fn revise(cloud: &Cloud, least: usize, draft: &dyn Fn() -> Result<Drafted, String>) -> Result<Self, String> {
        let documents = (0..=least / REVISIONS).map(|_| draft()).collect::<Result<_, _>>()?;
        Ok(Self::Revise { caller: Caller::new(cloud)?, documents, revisions: 0 })
    }
}
