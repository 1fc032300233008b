//! What is to be tried: every call of every act, in every mode or, in the short form, in modes that take turns.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use e2e::wire::Call;

/// What a person does with a document, or the log's writer with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    Draft,
    Content,
    Metadata,
    Search,
    Revise,
    Changes,
    Finalise,
    /// A reading that completes the locks which a killed finalisation left open.
    ContentUnlocked,
    FinalContent,
    Proof,
    Issue,
    Amend,
    FinaliseAgain,
    AskToSeal,
    Seal,
    Withdraw,
    Append,
    Sweep,
}

impl Act {
    pub const COUNT: usize = Self::Sweep as usize + 1;

    pub const fn function(self) -> &'static str {
        match self {
            Self::Draft => "generate-document",
            Self::Content
            | Self::Metadata
            | Self::Search
            | Self::Changes
            | Self::ContentUnlocked
            | Self::FinalContent
            | Self::Proof => "fetch-document",
            Self::Revise
            | Self::Finalise
            | Self::Issue
            | Self::Amend
            | Self::FinaliseAgain
            | Self::AskToSeal
            | Self::Seal
            | Self::Withdraw => "finalize-document",
            Self::Append | Self::Sweep => "audit-writer",
        }
    }
}

/// Modes of the wire, and whether every attempt of the call is met, not the first alone.
pub const MODES: [(&str, bool); 9] = [
    ("lost", false),
    ("kill-after", false),
    ("denied", false),
    ("cut", false),
    ("lost", true),
    ("kill-before", false),
    ("busy", false),
    ("torn", false),
    ("down", false),
];

/// One fault in one call of an act.
#[derive(Clone, Debug)]
pub struct Fault {
    pub service: String,
    pub operation: String,
    pub nth: usize,
    pub mode: (&'static str, bool),
    tries: u32,
}

/// How often a fault that met nothing is tried again: what is read of a growing log differs from time to time.
const MOST_TRIES: u32 = 4;

impl Fault {
    pub fn name(&self, act: Act) -> String {
        let (mode, lasting) = self.mode;
        let throughout = if lasting { " throughout" } else { "" };
        format!("{act:?}: {} {} #{}, {mode}{throughout}", self.service, self.operation, self.nth)
    }
}

#[derive(Default)]
pub struct Plan {
    open: Mutex<BTreeMap<Act, VecDeque<Fault>>>,
}

impl Plan {
    /// From the calls that each act made without a fault. Of `(part, of)` parts, every one has its share of each act.
    pub fn of(traces: &BTreeMap<Act, Vec<Call>>, full: bool, only: Option<&str>, (part, of): (usize, usize)) -> Self {
        let mut turn = 0;
        let mut place = 0;
        let wanted = traces.iter().filter(|(act, _)| only.is_none_or(|only| format!("{act:?}") == only));
        let open = wanted.map(|(act, calls)| {
            let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
            for call in calls.iter().filter(|c| c.function == act.function()) {
                *counts.entry((&call.service, &call.operation)).or_default() += 1;
            }
            let mut faults = VecDeque::new();
            for ((service, operation), count) in counts {
                // Of many alike, the short form tries the first and the last.
                let tried: Vec<usize> = (1..=count).filter(|n| full || *n == 1 || *n == count).collect();
                for nth in tried {
                    turn += 1;
                    let modes = match (full, operation) {
                        (true, _) => MODES.to_vec(),
                        // A single put that is sent again may meet what others made of its row meanwhile
                        (false, "PutItem") => vec![MODES[0]],
                        (false, _) => vec![MODES[turn % MODES.len()]],
                    };
                    let (service, operation) = (service.to_owned(), operation.to_owned());
                    faults.extend(modes.into_iter().map(|mode| Fault {
                        service: service.clone(),
                        operation: operation.clone(),
                        nth,
                        mode,
                        tries: 0,
                    }));
                }
            }
            faults.retain(|_| {
                place += 1;
                place % of == part % of
            });
            (*act, faults)
        });
        Self { open: Mutex::new(open.collect()) }
    }

    pub fn take(&self, act: Act) -> Option<Fault> {
        self.open.lock().expect("no holder panics").get_mut(&act)?.pop_front()
    }

    /// The fault met nothing: again later, or never; says whether it is given up.
    pub fn put_back(&self, act: Act, mut fault: Fault) -> bool {
        fault.tries += 1;
        let given_up = fault.tries >= MOST_TRIES;
        if !given_up {
            self.open.lock().expect("no holder panics").entry(act).or_default().push_back(fault);
        }
        given_up
    }

    pub fn left(&self, acts: &[Act]) -> usize {
        let open = self.open.lock().expect("no holder panics");
        acts.iter().filter_map(|act| open.get(act)).map(VecDeque::len).sum()
    }

    pub fn all_left(&self) -> usize {
        self.open.lock().expect("no holder panics").values().map(VecDeque::len).sum()
    }
}
