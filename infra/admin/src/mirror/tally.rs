//! What a run did and what it has to tell, one line a thing.

/// What is told, in the order of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The source contradicts the copy, or itself.
    Changed,
    /// A version is gone that nobody may remove.
    Vanished,
    /// Could not be copied; the next run tries again.
    Unread,
    /// A version is gone that may go.
    Gone,
    /// A version that had vanished is there again.
    Back,
    /// The copy had lost something.
    Restored,
}

impl Told {
    const fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Vanished => "vanished",
            Self::Unread => "unread",
            Self::Gone => "gone",
            Self::Back => "back",
            Self::Restored => "restored",
        }
    }
}

/// Of one key, or of a whole run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub keys: u64,
    pub versions: u64,
    pub copied: u64,
    pub bytes: u64,
    /// Locks that were set or made longer since.
    pub locks: u64,
    /// Final documents whose event is not in the log yet.
    pub waiting: u64,
    pub changed: u64,
    pub vanished: u64,
    pub unread: u64,
    /// Still to be printed.
    pub lines: Vec<String>,
}

impl Tally {
    pub fn tell(&mut self, told: Told, object: &str, text: &str) {
        match told {
            Told::Changed => self.changed += 1,
            Told::Vanished => self.vanished += 1,
            Told::Unread => self.unread += 1,
            Told::Gone | Told::Back | Told::Restored => {}
        }
        self.lines.push(format!("{}: {object}: {text}", told.word()));
    }

    /// Adds the figures and prints the lines, each as soon as it is known.
    pub fn add(&mut self, other: Self) {
        self.keys += other.keys;
        self.versions += other.versions;
        self.copied += other.copied;
        self.bytes += other.bytes;
        self.locks += other.locks;
        self.waiting += other.waiting;
        self.changed += other.changed;
        self.vanished += other.vanished;
        self.unread += other.unread;
        for line in other.lines {
            println!("{line}");
        }
    }

    /// 0 complete, 1 the source contradicts the copy, 2 something could not be read.
    pub const fn status(&self) -> u8 {
        if self.changed + self.vanished > 0 {
            1
        } else if self.unread > 0 {
            2
        } else {
            0
        }
    }

    /// The last line.
    pub fn verdict(&self) -> String {
        match self.status() {
            0 => "complete: nothing that was copied before has changed or vanished".to_owned(),
            1 => format!(
                "DIFFERS: {} changed, {} vanished, {} unread; the copy keeps what it had",
                self.changed, self.vanished, self.unread
            ),
            _ => format!("INCOMPLETE: {} unread; run it again", self.unread),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contradiction_outweighs_what_is_unread_and_what_may_go_is_none() {
        let mut tally = Tally::default();
        tally.tell(Told::Gone, "documents/draft/a", "");
        tally.tell(Told::Back, "documents/draft/a", "");
        assert_eq!((tally.status(), tally.lines.len()), (0, 2));
        tally.tell(Told::Unread, "documents/draft/b", "");
        assert_eq!(tally.status(), 2);
        tally.tell(Told::Vanished, "audit/h/batch/1", "");
        assert_eq!(tally.status(), 1);
        let mut whole = Tally::default();
        whole.add(tally);
        assert_eq!((whole.status(), whole.vanished, whole.unread), (1, 1, 1));
    }
}
