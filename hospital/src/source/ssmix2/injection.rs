//! OMP-02: injections. Each component (RXC) is a drug of its own, so that none hides behind the name of a mixture;
//! what it is mixed with stands beside it.

use super::super::Reason;
use super::Filed;
use super::codes::Amount;
use super::dosage::{self, Amounts, Order, words};
use super::hl7::Segment;
use super::making::Making;
use super::medication::{coded, named, request, unused};

const READ: &[usize] = &[1, 2, 3, 4, 5, 6, 7, 15, 19, 21, 23, 24, 27, 32, 40, 41, 42];

pub fn make(making: &mut Making, files: &[Filed]) {
    for file in making.of(files, "OMP-02") {
        for order in Order::all(file) {
            making.unread(file, order.rxe, READ);
            let components: Vec<&Segment> = order.segments("RXC").collect();
            if components.is_empty() {
                // One drug, told by the order itself.
                if let Some(name) = named(making, &order, order.rxe, order.rxe.field(2)) {
                    let amounts = Amounts { dispensed: None, ..Amounts::of(order.rxe) };
                    let how = how(&order, None);
                    let dosages = dosage::dosages(making, &order, &amounts, &how);
                    request(making, &order, coded([order.rxe.field(2)].into_iter(), &name), dosages);
                }
            }
            for rxc in &components {
                component(making, &order, rxc, &components);
            }
        }
        unused(making, file);
    }
}

fn component(making: &mut Making, order: &Order, rxc: &Segment, all: &[&Segment]) {
    making.unread(order.file, rxc, &[1, 2, 3, 4, 5, 6]);
    let Some(name) = named(making, order, rxc, rxc.field(2)) else { return };
    let each = Amount::of(rxc.field(3), rxc.field(4));
    if each.is_none() {
        making.warn_at(order.file, rxc, 3, Reason::NumberNotRead);
    }
    let amounts = Amounts { each, ..Amounts::default() };
    // RXC-1: B 基本薬剤 (the infusion), A 添加剤.
    let base = all.iter().find(|c| c.field(1).text() == "B" && c.number != rxc.number);
    let base = base.filter(|_| rxc.field(1).text() == "A").map(|b| b.field(2).component(2));
    let how = how(order, base.as_deref());
    let dosages = dosage::dosages(making, order, &amounts, &how);
    request(making, order, coded([rxc.field(2)].into_iter(), &name), dosages);
}

/// Way, device and rate of an injection, which a prescription's usage does not say.
fn how(order: &Order, base: Option<&str>) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(rxr) = order.segments("RXR").next() {
        out.extend([1, 4, 3].into_iter().flat_map(|n| words(rxr.field(n))));
    }
    out.extend(Amount::of(order.rxe.field(23), order.rxe.field(24)).map(|rate| rate.words()));
    // The order's own amount is the volume of the mixture.
    let whole = Amount::of(order.rxe.field(3), order.rxe.field(5)).filter(|_| order.segments("RXC").nth(1).is_some());
    out.extend(whole.map(|w| format!("全量{}", w.words())));
    out.extend(base.map(|b| format!("{b}に混注")));
    out
}
