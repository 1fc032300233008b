//! What must be true of a whole stack at the end of a campaign: no event lost, none twice, no fork, and the verifier
//! finds everything sound.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use e2e::log::{Log, open};
use e2e::stack::binaries;
use e2e::stores::s;
use fude::audit::{Action, Outcome, layout, merkle};

use crate::check::event_bytes;
use crate::worker::{HOUSE, Worker};

impl Worker<'_> {
    pub fn end(&mut self) {
        self.settle_aside(true);
        // As the schedule would: whatever is still pending, or pending again, is taken now
        self.stack.sweep();
        self.settle("at the end");
        self.every_event_once();
        self.every_reading_once();
        self.no_fork();
        let mut verify = Command::new(binaries().join("fude-verify"));
        let output =
            verify.arg("--state").arg(self.stack.stored().folder()).output().expect("the verifier can be started");
        if output.status.code() != Some(0) {
            let printed = [output.stdout, output.stderr].concat();
            let printed = String::from_utf8_lossy(&printed).into_owned();
            self.tally.violation(format!("fude-verify ends with {:?}: {printed}", output.status.code()));
        }
    }

    /// Rows of events and entries of the log are the same, each at the index that its row says.
    fn every_event_once(&self) {
        let log = Log::read(&self.stack, HOUSE);
        let mut logged: BTreeMap<&[u8], u64> = BTreeMap::new();
        for entry in &log.entries {
            *logged.entry(entry).or_default() += 1;
        }
        let (mut lost, mut misplaced) = (0, 0);
        let owners = [format!("DOC#{HOUSE}#"), format!("ACCESS#{HOUSE}#")];
        let mut rows = 0;
        for row in self.stack.rows() {
            if !s(&row, "sk").starts_with("EVENT#") || !owners.iter().any(|o| s(&row, "pk").starts_with(o)) {
                continue;
            }
            rows += 1;
            let bytes = event_bytes(&row);
            lost += u64::from(!logged.contains_key(bytes.as_slice()));
            let index = row["logIndex"]["N"].as_str().and_then(|n| n.parse::<usize>().ok());
            misplaced += u64::from(index.and_then(|i| log.entries.get(i)) != Some(&bytes));
        }
        let twice: u64 = logged.values().map(|n| n - 1).sum();
        {
            let mut counts = self.tally.counts();
            counts.events += log.entries.len() as u64;
            counts.lost += lost;
            counts.twice += twice;
        }
        if lost + twice + misplaced > 0 || rows != log.entries.len() as u64 - twice {
            self.tally.violation(format!(
                "{rows} events, {} entries: {lost} lost, {twice} twice, {misplaced} not at their index",
                log.entries.len()
            ));
        }
        self.in_order(&log);
    }

    /// Events of one document stand in the log in their own order.
    fn in_order(&self, log: &Log) {
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        for event in log.events() {
            let of_itself = [Action::DocumentRead, Action::MetadataRead, Action::ProofRead, Action::ChangesRead];
            let Some(document) = &event.document else { continue };
            if of_itself.contains(&event.action) || event.outcome != Outcome::Success {
                continue;
            }
            let before = last.entry(document.id.clone()).or_default();
            // A drafting that failed and was tried again lies between, numbered as well
            if event.sequence <= *before {
                self.tally.violation(format!("event {} of a document follows event {before}", event.sequence));
            }
            *before = event.sequence;
        }
    }

    /// What was answered is recorded, exactly once.
    fn every_reading_once(&self) {
        let log = Log::read(&self.stack, HOUSE);
        let mut recorded: BTreeMap<(String, &str), u64> = BTreeMap::new();
        for event in log.events().filter(|e| e.outcome == Outcome::Success) {
            *recorded.entry((event.request_id.clone(), event.action.name())).or_default() += 1;
        }
        for (request, action) in &self.readings {
            let times = recorded.get(&(request.clone(), action)).copied().unwrap_or_default();
            if times != 1 {
                let mut counts = self.tally.counts();
                counts.lost += u64::from(times == 0);
                drop(counts);
                self.tally.violation(format!("an answered {action} is recorded {times} times"));
            }
        }
    }

    /// Every checkpoint is the root of a beginning of the log, and there is one of each size.
    fn no_fork(&self) {
        let log = Log::read(&self.stack, HOUSE);
        let leaves = log.leaves();
        let mut sizes = BTreeSet::new();
        for key in self.stack.keys("audit", &layout::checkpoint_prefix(HOUSE)) {
            let checkpoint = open(&self.stack, HOUSE, &key);
            let size = usize::try_from(checkpoint.size).expect("a small log");
            let root = leaves.get(..size).map(merkle::root_of);
            if root != Some(checkpoint.root) || !sizes.insert(size) {
                self.tally.counts().forks += 1;
                self.tally.violation(format!("the checkpoint of size {size} is of another log"));
            }
        }
    }
}
