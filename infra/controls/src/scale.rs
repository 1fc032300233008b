//! What a ward, a hospital and a country would ask of AWS, against its quotas: docs/scale.toml and docs/prices.toml, multiplied.

use serde::Deserialize;

use crate::Error;
use crate::cost::{Basis, Front, Prices};

pub const FILE: &str = "docs/scale.toml";
const SECONDS_AN_HOUR: f64 = 3600.0;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    work: Work,
    size: Vec<Size>,
    measured: Measured,
    limit: Vec<Limit>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Work {
    documents_a_bed: f64,
    working_days: f64,
    peak_hour: f64,
    peak_minute: f64,
    events_a_document: f64,
    sign_ins_a_document: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    name: String,
    hospitals: f64,
    /// Of one hospital, on average.
    beds: f64,
    /// Beds of the largest, where they differ.
    largest: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    draft_seconds: f64,
    request_seconds: f64,
    commit_seconds: f64,
    commit_events: f64,
    output_burndown: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    need: Need,
    what: String,
    quota: f64,
    of: Of,
    since: String,
    basis: Basis,
    then: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Need {
    ModelTokensAMinute,
    FunctionsAtOnce,
    RequestsASecond,
    TableWritesASecond,
    LogWritesASecond,
    CommitsASecond,
    SignaturesASecond,
    KeyedRequestsASecond,
    ObjectWritesASecond,
    SignInsASecond,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Of {
    Account,
    Hospital,
}

impl Model {
    pub fn parse(text: &str, file: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|e| Error::read(file, e))
    }

    /// Drafts a second in the busiest minute of so many beds.
    fn peak(&self, beds: f64) -> f64 {
        let work = &self.work;
        beds * work.documents_a_bed * work.peak_hour * work.peak_minute / SECONDS_AN_HOUR
    }

    /// Commits a second of logs with so many events a second each: one for each event, until the writer is busy all the
    /// time; then as many as fit, and more only where one holds all that a transaction takes.
    fn commits(&self, events: f64) -> f64 {
        let of = &self.measured;
        events.min((1.0 / of.commit_seconds).max(events / of.commit_events))
    }

    fn needs(&self, size: &Size, need: Need, prices: &Prices) -> f64 {
        let (of, work, document) = (&self.measured, &self.work, &prices.document);
        let peak = self.peak(size.beds * size.hospitals);
        let largest = self.peak(size.largest.unwrap_or(size.beds));
        let calls = |name: &str| document.calls.get(name).copied().unwrap_or(0.0);
        match need {
            Need::ModelTokensAMinute => {
                let tokens = document.input_tokens + document.output_tokens * of.output_burndown;
                peak * 60.0 * document.model_calls * tokens
            }
            Need::FunctionsAtOnce => peak * (of.draft_seconds + calls("lambda-requests") * of.request_seconds),
            Need::RequestsASecond => peak * calls("api-requests"),
            Need::TableWritesASecond => peak * calls("dynamodb-writes"),
            // A transaction writes an event's row and counts it twice; the head once a commit
            Need::LogWritesASecond => {
                let events = largest * work.events_a_document;
                2.0 * (events + self.commits(events))
            }
            Need::CommitsASecond => self.commits(largest * work.events_a_document),
            Need::SignaturesASecond => {
                let of_one = self.peak(size.beds) * work.events_a_document;
                size.hospitals * self.commits(of_one)
            }
            Need::KeyedRequestsASecond => peak * calls("kms-requests"),
            Need::ObjectWritesASecond => largest * calls("s3-writes"),
            Need::SignInsASecond => peak * work.sign_ins_a_document,
        }
    }

    pub fn markdown(&self, prices: &Prices, model: &str) -> Result<String, Error> {
        let document: f64 = prices.lines(model)?.iter().map(|line| line.usd).sum();
        let mut out = format!(
            "# From a ward to a country\n\n\
             Printed by `cargo run -p fude-controls -- scale` from `{FILE}` (the work, measured times, quotas) and \
             `{}` (what one document uses, prices). It is a paper model: nobody has run 8,000 hospitals. Rates \
             and shares of quotas are those of the busiest minute. A draft that takes longer than the gateway's 29 seconds is \
             answered 503 `still-drafting`, and the same key asks for it again.\n\n| | {} |\n| --- |{}\n",
            crate::cost::FILE,
            self.size.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(" | "),
            " ---: |".repeat(self.size.len())
        );
        let mut row = |what: &str, of: &dyn Fn(&Size) -> String| {
            let cells: Vec<String> = self.size.iter().map(of).collect();
            out.push_str(&format!("| {what} | {} |\n", cells.join(" | ")));
        };
        let beds = |size: &Size| size.hospitals * size.beds;
        let a_day = |size: &Size| beds(size) * self.work.documents_a_bed;
        let a_year = |size: &Size| a_day(size) * self.work.working_days;
        row("beds", &|s| number(beds(s)));
        row("documents a working day", &|s| number(a_day(s)));
        row("drafts a second", &|s| number(self.peak(beds(s))));
        row("drafts that wait for the model at once", &|s| number(self.peak(beds(s)) * self.measured.draft_seconds));
        row("stored a year, in GB", &|s| number(a_year(s) * prices.document.stored_mb / 1000.0));
        row("documents' cost a month, in USD", &|s| number(a_year(s) / 12.0 * document));
        row("fixed cost a month, API Gateway alone, in USD", &|_| number(prices.monthly(Front::Rest)));
        out.push_str(&self.quotas(prices));
        out.push_str(&self.breaks(prices));
        Ok(out)
    }

    fn quotas(&self, prices: &Prices) -> String {
        let mut out = format!(
            "\n## Against the quotas\n\nEach cell: what is needed, and its share of the quota.\n\n\
             | quota | default | {} |\n| --- | ---: |{}\n",
            self.size.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(" | "),
            " ---: |".repeat(self.size.len())
        );
        for limit in &self.limit {
            let cells = self.size.iter().map(|size| {
                let needed = self.needs(size, limit.need, prices);
                format!("{} ({})", number(needed), percent(needed / limit.quota))
            });
            let basis = if limit.basis == Basis::Article { "" } else { ", to be checked" };
            let whose = if limit.of == Of::Hospital { ", the largest hospital" } else { "" };
            let cells = cells.collect::<Vec<_>>().join(" | ");
            let (what, quota, since) = (&limit.what, number(limit.quota), &limit.since);
            out.push_str(&format!("| {what}{whose} ({since}{basis}) | {quota} | {cells} |\n"));
        }
        out
    }

    /// At the largest size, the limits in the order in which they are met, and what to do then.
    fn breaks(&self, prices: &Prices) -> String {
        let Some(largest) = self.size.last() else { return String::new() };
        let mut met: Vec<(f64, &Limit)> =
            self.limit.iter().map(|l| (self.needs(largest, l.need, prices) / l.quota, l)).collect();
        met.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut out = String::from(
            "\n## What breaks first, and what to do then\n\nThe limits by their share at the largest size, and how \
             many beds meet each.\n\n",
        );
        for (share, limit) in met {
            let (beds, whose) = match limit.of {
                Of::Account => (largest.beds * largest.hospitals, ""),
                Of::Hospital => (largest.largest.unwrap_or(largest.beds), " of one hospital"),
            };
            // Not linear where commits are full; then the writer takes all there is
            let reached = if share >= 1.0 && limit.need == Need::CommitsASecond {
                "busy all the time in the largest hospital".to_owned()
            } else {
                format!("{} beds{whose}", number(beds / share))
            };
            out.push_str(&format!("1. **{}**: {reached}. {}\n", limit.what, limit.then));
        }
        out
    }
}

/// Two digits that count; thousands apart.
fn number(value: f64) -> String {
    if value < 10.0 {
        let places = match value {
            value if value < 0.01 => 4,
            value if value < 0.1 => 3,
            _ => 2,
        };
        let text = format!("{value:.places$}");
        return if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    }
    let step = 10_f64.powf((value.log10().floor() - 2.0).max(0.0));
    let digits = format!("{:.0}", (value / step).round() * step);
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn percent(share: f64) -> String {
    match share {
        share if share < 0.001 => "below 0.1 %".to_owned(),
        share if share < 0.1 => format!("{:.1} %", share * 100.0),
        share => format!("{:.0} %", share * 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::{Model, Need, number, percent};
    use crate::cost::Prices;

    fn both() -> (Model, Prices) {
        let model = Model::parse(include_str!("../../../docs/scale.toml"), "scale").unwrap();
        (model, Prices::parse(include_str!("../../../docs/prices.toml"), "prices").unwrap())
    }

    #[test]
    fn the_document_is_what_the_program_prints() {
        let (model, prices) = both();
        let printed = model.markdown(&prices, "haiku").unwrap();
        assert_eq!(
            include_str!("../../../docs/scale.md"),
            printed,
            "print it anew: fude-controls scale > docs/scale.md"
        );
    }

    #[test]
    fn drafts_times_seconds_run_at_once() {
        let (mut model, mut prices) = both();
        model.size.truncate(1);
        (model.size[0].hospitals, model.size[0].beds) = (10.0, 90.0);
        (model.work.documents_a_bed, model.work.peak_hour, model.work.peak_minute) = (2.0, 0.5, 4.0);
        let size = model.size[0].clone();
        assert!((model.peak(900.0) - 1.0).abs() < 1e-9, "900 beds, 1,800 drafts, 900 in the hour, one a second");
        (model.measured.draft_seconds, model.measured.request_seconds) = (20.0, 0.5);
        prices.document.calls = [("lambda-requests".to_owned(), 10.0)].into();
        assert!((model.needs(&size, Need::FunctionsAtOnce, &prices) - 25.0).abs() < 1e-9);
        (prices.document.input_tokens, prices.document.output_tokens) = (1000.0, 100.0);
        (prices.document.model_calls, model.measured.output_burndown) = (1.0, 5.0);
        assert!((model.needs(&size, Need::ModelTokensAMinute, &prices) - 90_000.0).abs() < 1e-6);
    }

    #[test]
    fn commits_gather_events_once_the_writer_is_busy() {
        let (mut model, _) = both();
        (model.measured.commit_seconds, model.measured.commit_events) = (0.5, 90.0);
        for (events, commits) in [(0.1, 0.1), (2.0, 2.0), (90.0, 2.0), (180.0, 2.0), (900.0, 10.0)] {
            assert!((model.commits(events) - commits).abs() < 1e-9, "{events}");
        }
    }

    #[test]
    fn numbers_have_the_digits_that_count() {
        let said = [0.0123, 0.5, 9.87, 12.34, 1234.0, 5_678_901.0].map(number);
        assert_eq!(said, ["0.012", "0.5", "9.87", "12", "1,230", "5,680,000"]);
        assert_eq!([0.0001, 0.0123, 0.5, 12.0].map(percent), ["below 0.1 %", "1.2 %", "50 %", "1200 %"]);
    }
}
