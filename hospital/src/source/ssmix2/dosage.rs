//! Usage and amount of an order (RXE, TQ1, RXR) as a FHIR Dosage. The text is put together from the message's own words,
//! in the order in which a prescription reads: 用法, 不均等の内訳, 部位, 1回量, 日数. Nothing is computed.

use fude::fhir::Node;

use super::super::Reason;
use super::Filed;
use super::codes::{self, Amount};
use super::dates;
use super::hl7::{Field, Segment};
use super::making::Making;

const EXTENSION: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition";

/// One order: the segments from an ORC to the next.
pub struct Order<'f> {
    pub file: &'f Filed,
    pub orc: &'f Segment,
    pub rxe: &'f Segment,
    pub group: &'f [Segment],
}

impl<'f> Order<'f> {
    /// The orders of a message, each with its RXE.
    pub fn all(file: &'f Filed) -> Vec<Self> {
        let groups = file.message.groups("ORC").into_iter();
        groups
            .filter_map(|group| {
                let rxe = group.iter().find(|s| s.name == "RXE")?;
                Some(Self { file, orc: &group[0], rxe, group })
            })
            .collect()
    }

    pub fn segments(&self, name: &str) -> impl Iterator<Item = &'f Segment> {
        let name = name.to_owned();
        self.group.iter().filter(move |s| s.name == name)
    }

    /// Remarks behind the order.
    pub fn notes(&self) -> Vec<Node> {
        let all = self.segments("NTE").flat_map(|n| n.field(3).repetitions().map(|r| r.text()).collect::<Vec<_>>());
        all.filter(|t| !t.is_empty()).map(|t| codes::text(&t)).collect()
    }
}

/// How much is given each time and a day.
#[derive(Clone, Debug, Default)]
pub struct Amounts {
    /// RXE-3, or a component's amount.
    pub each: Option<Amount>,
    /// RXE-4 where it differs: 1回1～2錠.
    pub each_at_most: Option<Amount>,
    /// RXE-19
    pub daily: Option<Amount>,
    /// RXE-10, for what has no amount each time: ointments.
    pub dispensed: Option<Amount>,
}

impl Amounts {
    pub fn of(rxe: &Segment) -> Self {
        let each = Amount::of(rxe.field(3), rxe.field(5)).filter(|a| a.digits != "0");
        let most = Amount::of(rxe.field(4), rxe.field(5)).filter(|a| a.digits != "0");
        Self {
            each_at_most: most.filter(|m| each.as_ref().is_some_and(|e| e != m)),
            each,
            daily: Amount::composite(rxe.field(19)),
            dispensed: Amount::of(rxe.field(10), rxe.field(11)),
        }
    }
}

/// The dosages of an order: one for each TQ1, or one where there is none.
pub fn dosages(making: &mut Making, order: &Order, amounts: &Amounts, first_words: &[String]) -> Vec<Node> {
    let timings: Vec<&Segment> = order.segments("TQ1").collect();
    for tq1 in &timings {
        making.unread(order.file, tq1, &[1, 2, 3, 6, 7, 8, 9, 10, 11, 14]);
    }
    let routes: Vec<&Segment> = order.segments("RXR").collect();
    for rxr in routes.iter().skip(1) {
        making.unread(order.file, rxr, &[]);
    }
    let route = routes.first().copied();
    if timings.is_empty() {
        return vec![dosage(making, order, None, route, amounts, first_words)];
    }
    timings.into_iter().map(|tq1| dosage(making, order, Some(tq1), route, amounts, first_words)).collect()
}

/// Usage in words: TQ1-3 names one usage and its supplements (JAMI 標準用法, 補足用法).
struct Usage {
    code: Option<Node>,
    words: Vec<String>,
    supplements: Vec<Node>,
    supplement_words: Vec<String>,
    as_needed: bool,
    uneven: bool,
}

fn usage(tq1: Option<&Segment>, rxe: &Segment) -> Usage {
    let mut out = Usage {
        code: None,
        words: Vec::new(),
        supplements: Vec::new(),
        supplement_words: Vec::new(),
        // JHSP0003 of RXE-27: 22 頓服.
        as_needed: rxe.field(27).component(2).contains("頓"),
        uneven: false,
    };
    for repetition in tq1.into_iter().flat_map(|t| t.field(3).repetitions()) {
        // RPT.1 is a coded element, written with subcomponents; some write it with components.
        let part = |n: usize| {
            let sub = repetition.subcomponent(1, n);
            if n > 1 && sub.is_empty() { repetition.component(n) } else { sub }
        };
        let (code, name, table) = (part(1), part(2), part(3));
        let words = if name.is_empty() { code.clone() } else { name };
        let coding = codes::coding(&code, &words, &table);
        let concept = Node::object().maybe("coding", coding.map(|c| vec![c])).with("text", &words);
        if table == "JAMISDP01" && code.len() == 8 {
            out.uneven |= code.starts_with('V');
            out.supplements.push(concept);
            out.supplement_words.push(words);
            continue;
        }
        // The third figure of a JAMI usage is 5 where an event calls for the drug: 疼痛時, 発熱時.
        out.as_needed |= table == "JAMISDP01" && code.len() == 16 && code.as_bytes()[2] == b'5';
        out.code.get_or_insert(concept);
        out.words.push(words);
    }
    out
}

fn dosage(
    making: &mut Making,
    order: &Order,
    tq1: Option<&Segment>,
    route: Option<&Segment>,
    amounts: &Amounts,
    first_words: &[String],
) -> Node {
    let usage = usage(tq1, order.rxe);
    // The parts of an uneven dose stand in its supplements; what the order calls its amount is one of them.
    let even = Amounts { each: None, each_at_most: None, ..amounts.clone() };
    let amounts = if usage.uneven { &even } else { amounts };
    let field = |n: usize| tq1.map(|t| t.field(n)).filter(|f| !f.is_empty());
    let days = field(6).and_then(codes::duration);
    let times = field(14).map(|f| f.text()).and_then(|t| codes::number(&t));
    let instruction = field(11).map(|f| f.text());
    let part = |n: usize| route.map(|r| r.field(n)).filter(|f| !f.is_empty());
    let site = part(2).map(codes::label);

    let mut words: Vec<String> = first_words.to_vec();
    words.extend(usage.words.iter().cloned());
    if !usage.supplement_words.is_empty() {
        words.push(format!("（{}）", usage.supplement_words.join("、")));
    }
    words.extend(site.clone().filter(|s| !words.iter().any(|w| w.contains(s.as_str()))));
    words.extend(amount_words(amounts));
    words.extend(days.as_ref().map(|(words, _)| words.clone()));
    words.extend(times.as_ref().map(|n| format!("{n}回分")));
    words.extend(instruction);

    let [start, end] = [7, 8].map(|n| tq1.and_then(|t| making.moment(order.file, t, n)));
    // One infusion over a night is no two days of treatment: its end is a time of the clock, not a last day.
    let night = start.as_deref().zip(end.as_deref()).and_then(|(s, e)| dates::over_midnight(s, e));
    let period = Node::object().maybe("start", start).maybe("end", end.filter(|_| night.is_none()));
    let period = Some(period).filter(|p| !p.is_empty()).map(|p| {
        let url = format!("{EXTENSION}/JP_MedicationDosage_PeriodOfUse");
        vec![Node::object().with("url", url).with("valuePeriod", p)]
    });
    let repeat = Node::object()
        .maybe("boundsDuration", days.map(|(_, node)| node))
        .maybe("count", times.filter(|n| !n.contains('.')).map(Node::Number));
    let timing = Node::object().maybe("repeat", Some(repeat)).maybe("code", usage.code);
    let mut further = further(making, order, usage.supplements);
    further.extend(night.map(|words| codes::text(&words)));
    Node::object()
        .maybe("extension", period)
        .maybe("text", Some(words.join(" ")))
        .maybe("additionalInstruction", Some(further))
        .maybe("timing", Some(timing))
        .maybe("asNeededBoolean", usage.as_needed.then_some(Node::Boolean(true)))
        .maybe("site", part(2).map(codes::concept))
        .maybe("route", part(1).map(codes::concept))
        .maybe("method", part(4).map(codes::concept))
        .maybe("doseAndRate", dose_and_rate(amounts, order.rxe).map(|d| vec![d]))
}

/// Supplements of the usage, and how to take or give (RXE-7).
fn further(making: &mut Making, order: &Order, mut supplements: Vec<Node>) -> Vec<Node> {
    for words in order.rxe.field(7).repetitions() {
        if codes::label(words) == words.component(1) {
            making.warn_at(order.file, order.rxe, 7, Reason::CodeNotRead);
        }
        supplements.push(codes::concept(words));
    }
    supplements
}

fn amount_words(amounts: &Amounts) -> Option<String> {
    match (&amounts.each, &amounts.each_at_most) {
        (Some(each), Some(most)) => Some(format!("1回{}～{}", each.digits, most.words())),
        (Some(each), None) => Some(format!("1回{}", each.words())),
        (None, _) => {
            let daily = amounts.daily.as_ref().map(|a| format!("1日{}", a.words()));
            daily.or_else(|| amounts.dispensed.as_ref().map(|a| format!("全量{}", a.words())))
        }
    }
}

fn dose_and_rate(amounts: &Amounts, rxe: &Segment) -> Option<Node> {
    let day = || {
        Node::object()
            .with("value", Node::Number("1".to_owned()))
            .with("unit", "日")
            .with("system", "http://unitsofmeasure.org")
            .with("code", "d")
    };
    let a_day =
        amounts.daily.as_ref().map(|d| Node::object().with("numerator", d.quantity()).with("denominator", day()));
    let each = amounts.each.as_ref();
    let node = match (each, &amounts.each_at_most) {
        (Some(low), Some(high)) => {
            Node::object().with("doseRange", Node::object().with("low", low.quantity()).with("high", high.quantity()))
        }
        _ => Node::object().maybe("doseQuantity", each.map(Amount::quantity)),
    };
    // FHIR takes one rate: 1日量, else 流量 (RXE-23, -24).
    let node = match Amount::of(rxe.field(23), rxe.field(24)) {
        Some(rate) if a_day.is_none() => node.with("rateQuantity", rate.quantity()),
        _ => node.maybe("rateRatio", a_day),
    };
    (!node.is_empty()).then_some(node)
}

/// A field's words with every repetition, for texts.
pub fn words(field: Field) -> Vec<String> {
    field.repetitions().map(codes::label).filter(|w| !w.is_empty()).collect()
}
