//! `--report`: what a verified log says of a period, for the people who have to look at it.
//!
//! `monthly` is the review of readings, searches, refusals and approvals; `effect` the yearly verification of what
//! drafting by machine brought. Days are Japan's. Holds ids, codes and counts, as the log does; whose id it is, the
//! operator's list of accounts says.

mod effect;
mod monthly;
mod period;

use std::io;

use fude::audit::AuditEvent;
use serde_json::Value;

use crate::store::Bucket;
use crate::{Options, Sink, read_verified};
use effect::Effect;
use monthly::Monthly;
pub use period::{Period, PeriodError};

/// Which figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figures {
    /// 月次点検
    Monthly {
        /// Finalised sooner than so many seconds after the first reading is told one by one.
        hasty_seconds: u64,
    },
    /// 年次の効果検証
    Effect,
}

enum Counting {
    Monthly(Monthly),
    Effect(Effect),
}

/// Verifies everything and counts at the same time. The figures are good only if the sink heard of no fault.
pub fn figures(options: &Options, figures: Figures, period: Period, sink: &mut dyn Sink) -> io::Result<Counted> {
    let mut counting = match figures {
        Figures::Monthly { hasty_seconds } => Counting::Monthly(Monthly::new(hasty_seconds)),
        Figures::Effect => Counting::Effect(Effect::default()),
    };
    let mut logs = Vec::new();
    let mut told = Told { sink, logs: &mut logs };
    read_verified(options, &mut told, &mut |event| {
        if period.holds(event.at) {
            match &mut counting {
                Counting::Monthly(monthly) => monthly.count(event),
                Counting::Effect(effect) => effect.count(event),
            }
        }
    })?;
    if let Counting::Effect(effect) = &mut counting {
        effect.read_answers(&Bucket::of_state(&options.state, &options.documents))?;
    }
    Ok(Counted { counting, period, logs })
}

/// What was counted, and in which logs.
pub struct Counted {
    counting: Counting,
    period: Period,
    /// A line a log: entries, checkpoints, root.
    logs: Vec<String>,
}

impl Counted {
    pub fn json(&self) -> Value {
        let mut json = match &self.counting {
            Counting::Monthly(monthly) => monthly.json(),
            Counting::Effect(effect) => effect.json(),
        };
        json["period"] = self.period.to_string().into();
        json["logs"] = self.logs.clone().into();
        json
    }

    /// Markdown in Japanese.
    pub fn markdown(&self) -> String {
        let title = match &self.counting {
            Counting::Monthly(_) => "監査ログ 月次点検",
            Counting::Effect(_) => "生成AIによる文書作成 効果検証",
        };
        let mut text = format!("# {title}\n\n対象期間：{}（日本時間）\n\n", self.period.in_japanese());
        text.push_str(
            "検証済みの監査ログから集計した。利用者はログの識別子で示す（氏名との対応は利用者一覧による）。\n\n",
        );
        for log in &self.logs {
            text.push_str(&format!("- {log}\n"));
        }
        text.push_str(&match &self.counting {
            Counting::Monthly(monthly) => monthly.markdown(),
            Counting::Effect(effect) => effect.markdown(),
        });
        text
    }
}

/// Keeps the line that says of each log how far it reaches.
struct Told<'a> {
    sink: &'a mut dyn Sink,
    logs: &'a mut Vec<String>,
}

impl Sink for Told<'_> {
    fn finding(&mut self, finding: crate::Finding) {
        self.sink.finding(finding);
    }

    fn harmless(&mut self, kind: crate::Harmless, path: &str) {
        self.sink.harmless(kind, path);
    }

    fn unreadable(&mut self, what: &str) {
        self.sink.unreadable(what);
    }

    fn note(&mut self, text: &str) {
        if text.contains(" entries, ") {
            self.logs.push(text.to_owned());
        }
        self.sink.note(text);
    }

    fn progress(&mut self, hospital: &str, done: u64, of: u64) {
        self.sink.progress(hospital, done, of);
    }
}

/// A role as documents print it, else as the log has it.
fn role_in_japanese(role: &str) -> &str {
    match role {
        "auditor" => "監査者",
        other => fude::role::Role::parse(other).map_or(other, |role| role.in_japanese()),
    }
}

/// The title of a kind, with its id where there is no such kind any more.
fn kind_in_japanese(kind: &str) -> String {
    fude::template::Template::find(kind).map_or_else(|| kind.to_owned(), |(template, _)| template.title)
}

/// Rows below a head; a sentence where there are none.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return "該当なし。\n".to_owned();
    }
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let rule: Vec<String> = head.iter().map(|_| "---".to_owned()).collect();
    let rows: String = rows.iter().map(|row| line(row)).collect();
    [line(&head), line(&rule), rows].concat()
}

/// The document that an event is about.
fn document(event: &AuditEvent) -> (String, String) {
    event.document.as_ref().map_or_else(Default::default, |d| (d.id.clone(), d.kind.clone()))
}
