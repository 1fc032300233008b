//! `--report`: what a known log says, counted by hand, and nothing of a log that does not verify.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod written;

use std::fs;
use std::process::{Command, Output};

use fude::audit::{Action, Agent, AuditEvent, Outcome, Review, UtcMillis};
use fude::integrity::{AnswerKind, FlagAnswer};
use serde_json::{Value, json};
use written::documents::{Document, event};
use written::{DAY, HOUSE, House, replace};

/// Four documents over three days that end now: one finalised with care and amended, one in haste, one unread and
/// withdrawn, one that failed.
struct Known {
    folder: tempfile::TempDir,
    house: House,
    /// The day of the first event, in Japan.
    days: Vec<String>,
}

fn japan(at: UtcMillis) -> String {
    UtcMillis::from_unix_ms(at.unix_ms() + 9 * 3_600_000).unwrap().to_string()
}

fn by(id: &str, role: &str, event: AuditEvent) -> AuditEvent {
    AuditEvent { agent: Agent { id: id.into(), role: role.into(), on_behalf_of: None }, ..event }
}

fn review(seconds: Option<u64>, permille: u32, flags: u32) -> Review {
    Review { seconds_from_first_reading: seconds, entered_permille: permille, flags_answered: flags }
}

fn answers(kinds: &[AnswerKind]) -> Vec<FlagAnswer> {
    (1..).zip(kinds).map(|(n, &answer)| FlagAnswer { flag: format!("W{n}"), answer }).collect()
}

impl Known {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::new(&folder.path().join("state"), HOUSE);
        house.clock -= 2 * DAY;
        let h = &mut house;
        let mut days = Vec::new();
        let (mut careful, mut hasty) = (Document::new("a1a1"), Document::new("b2b2"));
        let (mut unread, mut failed) = (Document::new("c3c3"), Document::new("d4d4"));

        days.push(japan(h.now())[..10].to_owned());
        let mut first = vec![careful.request(h), careful.revise(h)];
        first.extend((0..3).map(|_| by("sato", "physician", careful.read(h))));
        let answered = answers(&[AnswerKind::Accepted, AnswerKind::Corrected, AnswerKind::Corrected]);
        first.push(careful.finalise_after(h, Some(review(Some(240), 31, 3)), answered));
        first.push(by("ono", "auditor", event(h, Action::Search)));
        let refused = AuditEvent {
            outcome: Outcome::Refused,
            reason: Some("role-not-permitted".into()),
            ..by("mori", "nurse", event(h, Action::RequestRefused))
        };
        first.extend([refused.clone(), AuditEvent { salt: event(h, Action::Search).salt, ..refused }]);
        h.commit_events(&first);

        h.clock += DAY;
        days.push(japan(h.now())[..10].to_owned());
        let second = [
            hasty.request(h),
            hasty.revise(h),
            hasty.finalise_after(h, Some(review(Some(2), 0, 1)), answers(&[AnswerKind::Removed])),
            unread.request(h),
            unread.revise(h),
            unread.finalise_after(h, Some(review(None, 500, 0)), Vec::new()),
        ];
        h.commit_events(&second);

        h.clock += DAY;
        days.push(japan(h.now())[..10].to_owned());
        let third = [
            careful.revise(h),
            careful.finalise_after(h, Some(review(Some(60), 45, 0)), Vec::new()),
            unread.event(h, Action::DocumentWithdrawn, "withdrawn"),
            failed.request(h),
            failed.event(h, Action::DraftingFailed, "failed"),
        ];
        h.commit_events(&third);
        house.publish_key();
        Self { folder, house, days }
    }

    /// All months that the three days lie in.
    fn period(&self) -> String {
        format!("{}..{}", &self.days[0][..7], &self.days[2][..7])
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fude-verify"));
        command.arg("--state").arg(self.folder.path().join("state")).args(words).output().unwrap()
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        let output = self.run(&[words, &["--json"]].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    #[track_caller]
    fn text(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn monthly_review_counts_by_day_person_and_act() {
    let known = Known::new();
    let period = known.period();
    let monthly = ["--report", "monthly", "--period", &period];
    let report = known.json(&monthly);
    let of = |day: usize, user: &str| {
        let days = report["days"].as_array().unwrap();
        let row = days.iter().find(|row| row["day"] == known.days[day] && row["user"] == user).unwrap();
        row["counts"].clone()
    };
    assert_eq!(
        of(0, "sato"),
        json!({ "draft-requested": 1, "document-drafted": 1, "document-read": 3, "document-finalised": 1 })
    );
    assert_eq!(of(0, "mori"), json!({ "request-refused/refused": 2 }));
    assert_eq!(of(0, "ono"), json!({ "search": 1 }));
    assert_eq!(of(1, "sato"), json!({ "draft-requested": 2, "document-drafted": 2, "document-finalised": 2 }));
    assert_eq!(report["days"].as_array().unwrap().len(), 5);
    assert_eq!(
        report["refusals"],
        json!([{ "reason": "role-not-permitted", "user": "mori", "role": "nurse", "count": 2 }])
    );
    let hasty = |report: &Value| -> Vec<(Value, Value)> {
        let all = report["hastyFinalisations"].as_array().unwrap().iter();
        all.map(|h| (h["documentId"].clone(), h["secondsFromFirstReading"].clone())).collect()
    };
    assert_eq!(hasty(&report), [(json!("b2b2"), json!(2)), (json!("c3c3"), Value::Null)]);
    let strict = known.json(&[&monthly[..], &["--hasty-seconds", "61"]].concat());
    assert_eq!(hasty(&strict).len(), 3);

    let text = known.text(&monthly);
    let row = format!("| {} | sato | 医師 | 3 | 0 | 1 | 0 | 0 | 0 | 2 |", known.days[0]);
    assert!(text.contains(&row) && text.contains("| role-not-permitted | mori | 看護師 | 2 |"), "{text}");
    assert!(
        text.contains("## 初回閲覧から30秒未満の確定") && text.contains("| 退院時サマリー | c3c3 | 閲覧なし |"),
        "{text}"
    );
    assert!(text.contains("## 完全性の異常\n\n該当なし。"), "{text}");
    assert!(text.contains("root ") && !text.contains("佐藤"), "which log, and no name: {text}");

    // Nothing of another month
    let other = known.json(&["--report", "monthly", "--period", "2020-01"]);
    assert_eq!((&other["days"], &other["hastyFinalisations"]), (&json!([]), &json!([])));
}

#[test]
fn yearly_effect_is_counted_by_kind_of_document() {
    let known = Known::new();
    let period = known.period();
    let effect = ["--report", "effect", "--period", &period];
    let report = known.json(&effect);
    let kinds = report["kinds"].as_array().unwrap();
    assert_eq!(kinds.len(), 1);
    assert_eq!(
        kinds[0],
        json!({
            "documentType": "discharge-summary", "drafted": 3, "draftingFailed": 1,
            "documentsFinalised": 3, "finalisations": 4,
            "secondsFromFirstReading": { "of": 3, "lower": 2, "median": 60, "upper": 240 },
            "enteredPermille": { "of": 4, "lower": 0, "median": 31, "upper": 45 },
            "flags": { "answered": 4, "accepted": 1, "corrected": 2, "removed": 1 },
            "amendmentsBegun": 1, "withdrawn": 1,
        })
    );
    let text = known.text(&effect);
    for row in [
        "| 退院時サマリー | 3 | 1 | 3 | 4 | 1 | 1 |",
        "| 退院時サマリー | 3 | 2 | 60 | 240 |",
        "| 退院時サマリー | 4 | 0.0 % | 3.1 % | 4.5 % |",
        "| 退院時サマリー | 4 | 1 | 2 | 1 |",
    ] {
        assert!(text.contains(row), "{row}:\n{text}");
    }
}

#[test]
fn a_log_that_does_not_verify_gives_no_figures() {
    let known = Known::new();
    let batch = known.house.state.join("s3/audit").join(fude::audit::layout::batch_key(HOUSE, 0, 8));
    let mut bytes = fs::read(&batch).unwrap();
    let word = b"role-not-permitted";
    let at = bytes.windows(word.len()).position(|window| window == word).unwrap();
    bytes[at] ^= 1;
    replace(&batch, &bytes);
    let period = known.period();
    for words in [["--report", "monthly", "--period", &period], ["--report", "effect", "--period", &period]] {
        let output = known.run(&words);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("no figures: the log does not verify") && told.contains("E_"), "{told}");
    }
}
