//! Single writers, and the end of a schedule: no more faults, and everything has to come to rest.

use std::collections::BTreeMap;
use std::task::Poll;

use fude::audit::RowKey;

use crate::bucket::Bucket;
use crate::error::Error;
use crate::plan::Row;
use crate::signer::Signer;
use crate::table::Table;
use crate::world::{Cloud, HOSPITAL, Rows, Violation, Work, World, step};
use crate::writer::Writer;

/// No sound writer takes that many.
const MOST_STEPS: u64 = 20_000;
/// Sweeps until everything has to be in the log.
const MOST_SWEEPS: u64 = 3;

fn writer(cloud: &Cloud) -> Writer {
    Writer { table: Table(cloud.clone()), bucket: Bucket(cloud.clone()), signer: Signer(cloud.clone()) }
}

/// As `handler.rs` `take`, for one hospital.
pub fn append(cloud: &Cloud, keys: Vec<RowKey>) -> Work {
    let writer = writer(cloud);
    Box::pin(async move { writer.append(HOSPITAL, &keys).await })
}

/// As `handler.rs` `sweep`.
pub fn sweep(cloud: &Cloud) -> Work {
    let writer = writer(cloud);
    Box::pin(async move {
        for (hospital, keys) in writer.pending().await?.by_hospital {
            writer.append(&hospital, &keys).await?;
        }
        Ok(())
    })
}

/// Lets a writer alone do all its steps.
pub fn finish(cloud: &Cloud, work: &mut Work) -> Result<(), Error> {
    for _ in 0..MOST_STEPS {
        cloud.0.borrow_mut().counts.steps += 1;
        if let Poll::Ready(end) = step(work) {
            return end;
        }
    }
    cloud.0.borrow_mut().violate(Violation::Unfinished);
    Err(Error::Contended)
}

/// A new event row; its time does not follow its sequence.
pub fn row(key: RowKey, nonce: u64) -> Row {
    Row {
        event: Some(format!("{} {} {nonce}", key.pk(), key.sk()).into_bytes()),
        key,
        event_sha256: None,
        recorded_at: format!("{:03}", nonce % 1000),
        log_index: None,
    }
}

/// Adds events to the table and gives their keys.
pub fn add(cloud: &Cloud, document: &str, sequences: std::ops::RangeInclusive<u64>) -> Vec<RowKey> {
    let mut world = cloud.0.borrow_mut();
    let keys = sequences.filter_map(|sequence| RowKey::of_document(HOSPITAL, document, sequence).ok());
    keys.inspect(|key| {
        world.rows.events.insert(key.clone(), row(key.clone(), key.sequence()));
    })
    .collect()
}

/// Late calls arrive before and between the sweeps. The last sweep's end is the answer.
pub fn settle(cloud: &Cloud) -> Result<(), Error> {
    cloud.0.borrow_mut().calm = true;
    let mut end = Ok(());
    for left in (0..MOST_SWEEPS).rev() {
        let late = std::mem::take(&mut cloud.0.borrow_mut().late);
        let now = if left == MOST_SWEEPS - 1 { late.len() / 2 } else { late.len() };
        for (number, effect) in late.into_iter().enumerate() {
            let mut world = cloud.0.borrow_mut();
            if number < now {
                effect(&mut world);
            } else {
                world.late.push(effect);
            }
        }
        end = finish(cloud, &mut sweep(cloud));
    }
    end
}

type Grown = (Rows, BTreeMap<String, Vec<u8>>, Vec<(String, Vec<u8>)>);

/// Lets a log start with 250 entries, so that full tiles follow.
pub fn grow(world: &mut World) {
    thread_local! {
        static GROWN: Grown = {
            let cloud = Cloud::default();
            let keys = add(&cloud, "first", 1..=250);
            let end = finish(&cloud, &mut append(&cloud, keys));
            assert!(end.is_ok(), "a writer alone logs everything");
            let world = cloud.0.take();
            (world.rows, world.objects, world.checkpoints)
        };
    }
    (world.rows, world.objects, world.checkpoints) = GROWN.with(Clone::clone);
}
