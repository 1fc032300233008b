//! Nothing lost, nothing twice, no fork; and each condition is needed for that.

use fude::audit::RowKey;
use fude_schedules::check::check;
use fude_schedules::error::Error;
use fude_schedules::schedule::run;
use fude_schedules::settle::{add, append, finish, grow, settle, sweep};
use fude_schedules::world::{Cloud, Counts, HOSPITAL, Mutant, Verdict, Work, step};

/// `FUDE_SCHEDULES` for more.
const SCHEDULES: u64 = 10_000;
/// Within which each mutant has to be caught.
const MUTANT_SCHEDULES: u64 = 200;

#[test]
fn schedules_lose_nothing_log_nothing_twice_and_never_fork() {
    let schedules = std::env::var("FUDE_SCHEDULES").map_or(SCHEDULES, |number| number.parse().unwrap());
    let mut counts = Counts::default();
    for seed in 0..schedules {
        let outcome = run(seed, None);
        assert_eq!(outcome.violation, None, "schedule {seed}");
        counts.add(&outcome.counts);
    }
    println!("{counts:#?}");
    assert_eq!(counts.schedules, schedules);
    // Each kind of trouble was met often, or the schedules show nothing
    for (number, of) in [
        (counts.crashes, 1),
        (counts.refused, 1),
        (counts.duplicates, 1),
        (counts.commits, 1),
        (counts.lost_answers, 4),
        (counts.late, 4),
        (counts.stale_reads, 4),
        (counts.restored, 4),
        (counts.stopped, 10),
    ] {
        assert!(number >= schedules / of, "{counts:#?}");
    }
}

#[test]
fn every_mutant_is_caught() {
    for mutant in Mutant::ALL {
        let caught = (0..MUTANT_SCHEDULES).find_map(|seed| Some((seed + 1, run(seed, Some(mutant)).violation?)));
        let Some((number, violation)) = caught else { panic!("{mutant:?} survived") };
        println!("{mutant:?}: caught by schedule {number}, {violation:?}");
    }
}

#[test]
fn schedule_is_the_same_every_time() {
    for seed in 0..32 {
        assert_eq!(run(seed, None).counts, run(seed, None).counts);
    }
}

#[test]
fn table_behind_the_log_stops_it_and_nothing_is_written() {
    let cloud = Cloud::default();
    let first = add(&cloud, "a", 1..=2);
    finish(&cloud, &mut append(&cloud, first)).unwrap();
    let backup = cloud.0.borrow().rows.clone();
    let second = add(&cloud, "a", 3..=5);
    finish(&cloud, &mut append(&cloud, second)).unwrap();

    cloud.0.borrow_mut().rows = backup;
    let third = add(&cloud, "b", 1..=1);
    let (rows, objects) = { (cloud.0.borrow().rows.clone(), cloud.0.borrow().objects.clone()) };
    for mut work in [append(&cloud, third), append(&cloud, Vec::new()), sweep(&cloud)] {
        let end = finish(&cloud, &mut work);
        assert!(matches!(end, Err(Error::HeadBehind { head: 2, checkpoint: 5 })), "{end:?}");
        assert!(end.unwrap_err().to_string().starts_with("E_HEAD_BEHIND"));
    }
    assert!(cloud.0.borrow().rows == rows && cloud.0.borrow().objects == objects);
}

/// A log of two entries, and keys of three events to be logged: two documents, one predecessor.
fn begun() -> (Cloud, Vec<RowKey>) {
    let cloud = Cloud::default();
    let first = add(&cloud, "a", 1..=2);
    finish(&cloud, &mut append(&cloud, first)).expect("a writer alone logs everything");
    let mut keys = add(&cloud, "b", 1..=2).split_off(1);
    keys.extend(add(&cloud, "a", 3..=3));
    (cloud, keys)
}

/// True where the writer ended before it came to crash.
fn crash_before(number: usize, mut work: Work) -> bool {
    (0..number).any(|_| step(&mut work).is_ready())
}

#[test]
fn crashes_before_any_two_steps_are_repaired() {
    let mut crashes = 0;
    for first in 0.. {
        let mut over = false;
        for second in 0.. {
            let (cloud, keys) = begun();
            over = crash_before(first, append(&cloud, keys.clone()));
            let done = crash_before(second, append(&cloud, keys.clone()));
            finish(&cloud, &mut append(&cloud, keys)).unwrap();
            assert_eq!(check(&cloud.0.borrow(), false), Ok(()), "{first}, {second}");
            crashes += 2;
            if done {
                break;
            }
        }
        if over {
            break;
        }
    }
    println!("{crashes} crashes");
    assert!(crashes > 500);
}

#[test]
fn crash_while_a_tile_becomes_full_is_repaired_by_the_sweep() {
    for number in 0.. {
        let cloud = Cloud::default();
        grow(&mut cloud.0.borrow_mut());
        let keys = add(&cloud, "b", 1..=8);
        let done = crash_before(number, append(&cloud, keys));
        settle(&cloud).unwrap();
        assert_eq!(check(&cloud.0.borrow(), false), Ok(()), "{number}");
        assert!(cloud.0.borrow().objects.contains_key("h/tile/0/000"));
        if done {
            assert!(number > 20);
            break;
        }
    }
}

#[test]
fn fault_at_any_call_is_repaired() {
    for fault in [Verdict::Refused, Verdict::MetAnother, Verdict::AnswerLost, Verdict::AppliedLate] {
        for number in 0.. {
            let (cloud, keys) = begun();
            let mut work = append(&cloud, keys);
            let over = (0..number).any(|_| step(&mut work).is_ready());
            if over {
                assert!(number > 20);
                break;
            }
            cloud.0.borrow_mut().verdict = Some(fault);
            // It ends by that fault or in spite of it
            drop(finish(&cloud, &mut work));
            settle(&cloud).unwrap();
            assert_eq!(check(&cloud.0.borrow(), false), Ok(()), "{fault:?} at {number}");
        }
    }
}

#[test]
fn record_twice_in_one_batch_is_logged_once() {
    let (cloud, keys) = begun();
    let again = [keys.clone(), keys].concat();
    finish(&cloud, &mut append(&cloud, again)).unwrap();
    assert_eq!(check(&cloud.0.borrow(), false), Ok(()));
}

#[test]
fn event_row_that_is_gone_does_not_hold_up_the_others() {
    let (cloud, mut keys) = begun();
    keys.push(RowKey::of_document(HOSPITAL, "c", 1).unwrap());
    let end = finish(&cloud, &mut append(&cloud, keys));
    assert!(matches!(end, Err(Error::RowGone(_))));
    assert_eq!(check(&cloud.0.borrow(), false), Ok(()));
}
