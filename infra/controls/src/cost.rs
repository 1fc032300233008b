//! What documents cost: token counts, calls and storage times the prices of `docs/prices.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Error;

pub const FILE: &str = "docs/prices.toml";

/// Prices in USD, and what one document uses. Every figure is the reader's to edit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    pub rate: Rate,
    pub document: Use,
    pub model: BTreeMap<String, Model>,
    #[serde(rename = "use")]
    pub unit: BTreeMap<String, Unit>,
    pub storage: Storage,
    pub month: Vec<Month>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub jpy_per_usd: f64,
    pub since: String,
}

/// Of one document, from draft to the end of its term.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// Of one model call.
    pub input_tokens: f64,
    pub output_tokens: f64,
    pub model_calls: f64,
    pub stored_mb: f64,
    pub years: f64,
    /// By the names of `unit`.
    pub calls: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub id: String,
    pub input_per_million: f64,
    pub output_per_million: f64,
    pub since: String,
    pub basis: Basis,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    pub usd: f64,
    pub per: f64,
    pub what: String,
    pub since: String,
    pub basis: Basis,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    pub s3_gb_month: GbMonth,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GbMonth {
    pub usd: f64,
    pub what: String,
    pub since: String,
    pub basis: Basis,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Month {
    pub what: String,
    pub usd: f64,
    pub front: Front,
    pub since: String,
    pub basis: Basis,
}

/// Which front door a monthly cost belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Front {
    Both,
    Rest,
    Alb,
}

/// How a price is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Read in published articles.
    Article,
    /// As the price page was known earlier.
    Known,
}

/// What one document costs, in USD, line by line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub what: String,
    pub quantity: f64,
    pub usd: f64,
}

impl Prices {
    pub fn parse(text: &str, file: &str) -> Result<Self, Error> {
        let prices: Self = toml::from_str(text).map_err(|e| Error::read(file, e))?;
        if let Some(name) = prices.document.calls.keys().find(|name| !prices.unit.contains_key(*name)) {
            return Err(Error::read(file, format!("[use] has no price of {name}")));
        }
        Ok(prices)
    }

    /// One document's costs, the model's tokens first.
    pub fn lines(&self, model: &str) -> Result<Vec<Line>, Error> {
        let model = self.model.get(model).ok_or_else(|| {
            let known: Vec<&str> = self.model.keys().map(String::as_str).collect();
            Error::Usage(format!("there is no model {model}; known are {}", known.join(", ")))
        })?;
        let of = &self.document;
        let tokens = |what: &str, tokens: f64, price: f64| {
            let quantity = tokens * of.model_calls;
            Line { what: format!("{what} tokens, {}", model.id), quantity, usd: quantity * price / 1e6 }
        };
        let mut lines = vec![
            tokens("input", of.input_tokens, model.input_per_million),
            tokens("output", of.output_tokens, model.output_per_million),
        ];
        lines.extend(of.calls.iter().map(|(name, quantity)| {
            let unit = &self.unit[name];
            Line { what: unit.what.clone(), quantity: *quantity, usd: quantity * unit.usd / unit.per }
        }));
        let gb_months = of.stored_mb / 1000.0 * 12.0 * of.years;
        lines.push(Line {
            what: format!("{}, GB-months over {} years", self.storage.s3_gb_month.what, of.years),
            quantity: gb_months,
            usd: gb_months * self.storage.s3_gb_month.usd,
        });
        Ok(lines)
    }

    /// Monthly costs of an installation behind one front door, in USD.
    pub fn monthly(&self, front: Front) -> f64 {
        self.month.iter().filter(|m| m.front == front || m.front == Front::Both).map(|m| m.usd).sum()
    }

    pub fn markdown(&self, model: &str, documents: u32) -> Result<String, Error> {
        let lines = self.lines(model)?;
        let many = f64::from(documents);
        let jpy = |usd: f64| (usd * self.rate.jpy_per_usd).round();
        let mut out = format!(
            "# Cost of {documents} documents\n\n\
             List prices for Tokyo without tax, discount and free tier; 1 USD = {} JPY ({}). What was assumed and how \
             each price is known stands in {FILE}.\n\n\
             | what | a document | USD for {documents} | JPY |\n| --- | ---: | ---: | ---: |\n",
            self.rate.jpy_per_usd, self.rate.since
        );
        for line in &lines {
            let usd = line.usd * many;
            out.push_str(&format!("| {} | {} | {usd:.2} | {} |\n", line.what, quantity(line.quantity), jpy(usd)));
        }
        let total: f64 = lines.iter().map(|l| l.usd).sum();
        let model_share = lines[..2].iter().map(|l| l.usd).sum::<f64>() / total;
        out.push_str(&format!(
            "| **together** | | **{:.2}** | **{}** |\n\nThe model's tokens are {:.0} % of it. A document costs {total:.4} USD.\n\n",
            total * many,
            jpy(total * many),
            model_share * 100.0
        ));
        out.push_str(
            "Besides, each month, whatever is drafted:\n\n| what | front door | USD |\n| --- | --- | ---: |\n",
        );
        for month in &self.month {
            let front = match month.front {
                Front::Both => "both",
                Front::Rest => "REST",
                Front::Alb => "ALB beside it",
            };
            out.push_str(&format!("| {} | {front} | {:.2} |\n", month.what, month.usd));
        }
        for (front, name) in [(Front::Rest, "REST"), (Front::Alb, "REST and ALB")] {
            let usd = self.monthly(front);
            out.push_str(&format!("| **together** | {name} | **{usd:.2}** ({} JPY) |\n", jpy(usd)));
        }
        Ok(out)
    }
}

/// Up to four digits that count, nothing after them.
fn quantity(number: f64) -> String {
    let text = if number >= 100.0 { format!("{number:.0}") } else { format!("{number:.5}") };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::{Front, Prices, quantity};

    const PRICES: &str = include_str!("../../../docs/prices.toml");

    fn prices() -> Prices {
        Prices::parse(PRICES, "prices").unwrap()
    }

    #[test]
    fn tokens_are_counted_by_the_million_and_by_call() {
        let mut prices = prices();
        (prices.document.input_tokens, prices.document.output_tokens) = (3000.0, 1500.0);
        prices.document.model_calls = 1.0;
        let model = prices.model.get_mut("haiku").unwrap();
        (model.input_per_million, model.output_per_million) = (1.1, 5.5);
        let usd: Vec<f64> = prices.lines("haiku").unwrap().iter().take(2).map(|l| l.usd).collect();
        assert!((usd[0] - 0.0033).abs() < 1e-12 && (usd[1] - 0.00825).abs() < 1e-12, "{usd:?}");
        prices.document.model_calls = 2.0;
        assert!((prices.lines("haiku").unwrap()[0].usd - 0.0066).abs() < 1e-12);
        assert!(prices.lines("other").unwrap_err().to_string().contains("haiku, sonnet"));
    }

    #[test]
    fn a_line_is_quantity_times_price_and_storage_lasts_the_term() {
        let mut prices = prices();
        prices.document.calls = [("kms-signatures".to_owned(), 8.0)].into();
        let unit = prices.unit.get_mut("kms-signatures").unwrap();
        (unit.usd, unit.per) = (15.0, 1e6);
        (prices.document.stored_mb, prices.document.years, prices.storage.s3_gb_month.usd) = (2.0, 10.0, 0.025);
        let lines = prices.lines("sonnet").unwrap();
        assert_eq!(lines.len(), 4);
        assert!((lines[2].usd - 0.00012).abs() < 1e-12);
        assert!((lines[3].usd - 0.006).abs() < 1e-12, "0.002 GB, 120 months");
    }

    #[test]
    fn monthly_costs_are_those_of_one_front_door() {
        let mut prices = prices();
        prices.month.truncate(3);
        for (month, (front, usd)) in
            prices.month.iter_mut().zip([(Front::Both, 1.0), (Front::Rest, 10.0), (Front::Alb, 100.0)])
        {
            (month.front, month.usd) = (front, usd);
        }
        assert_eq!((prices.monthly(Front::Rest), prices.monthly(Front::Alb)), (11.0, 101.0));
    }

    #[test]
    fn a_call_without_a_price_is_refused() {
        let text = PRICES.replace("kms-signatures = 8", "stamps = 8");
        assert!(Prices::parse(&text, "prices").unwrap_err().to_string().contains("no price of stamps"));
    }

    #[test]
    fn quantities_end_at_their_last_digit() {
        for (number, text) in [(6960.0, "6960"), (7.5, "7.5"), (0.00002, "0.00002"), (10.0, "10"), (200.0, "200")] {
            assert_eq!(quantity(number), text);
        }
    }
}
