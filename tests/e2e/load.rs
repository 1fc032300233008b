//! Two hundred requests at once: the platform may say "later", nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::assertions::shape;
use e2e::client::order;

use crate::model_faults::Turn;

const CONNECTIONS: usize = 50;
const REQUESTS: usize = 200;

#[test]
fn two_hundred_requests_at_once_fail_by_nothing_but_later() {
    let turn = Turn::take();
    let stack = turn.stack;
    let caller = stack.caller("sato");
    let id = caller.draft("load", &order("20481937", "discharge-summary")).id();
    let next = AtomicUsize::new(0);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    let mut statuses = Vec::new();
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= REQUESTS {
                            return statuses;
                        }
                        let answer = match n % 4 {
                            0 => caller.draft(&format!("load-{n}"), &order("84192637", "nursing-summary")),
                            1 => caller.metadata(&id),
                            2 => caller.content(&id, "text/plain"),
                            _ => caller.content(&id, "application/json"),
                        };
                        if answer.status >= 300 {
                            assert!(matches!(answer.status, 429 | 503), "{} {}", answer.status, answer.text());
                            shape(&answer);
                        }
                        statuses.push(answer.status);
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|w| w.join().expect("a worker")).collect()
    });
    assert_eq!(statuses.len(), REQUESTS);
    let served = statuses.iter().filter(|s| **s < 300).count();
    eprintln!("{served} of {REQUESTS} served at once");
    assert!(served >= REQUESTS / 4, "{statuses:?}");
    // And the stack is none the worse for it.
    caller.metadata(&id).expect(200);
}
