//! Idempotency: what a known key means. Pure; the table's conditions enforce what is decided here.

use fude::integrity::Digest;
use fude_aws::state::{Expectation, State};

/// Function time-out 60 s, lease 65 s, renewed by nobody: a crashed drafting is taken over when it runs out.
pub const LEASE_MS: i64 = 65_000;

#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// The same request, finished.
    Replay,
    /// The same request, still being drafted.
    Wait,
    /// The key belongs to another request.
    Reused,
    /// Draft now; the table must still be as it was read.
    Claim(Expectation),
}

pub fn decide(known: Option<&State>, request: &Digest, now_ms: i64) -> Decision {
    let Some(state) = known else {
        return Decision::Claim(Expectation::Absent);
    };
    if state.request_sha256 != request.to_string() {
        return Decision::Reused;
    }
    match state.state.as_str() {
        "requested" if state.lease.as_ref().is_some_and(|l| l.until > now_ms) => Decision::Wait,
        "requested" | "failed" => Decision::Claim(Expectation::Version(state.version)),
        _ => Decision::Replay,
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, decide};
    use fude::integrity::Digest;
    use fude_aws::state::{Expectation, Lease, State};

    fn state(name: &str, until: i64) -> State {
        State {
            state: name.to_owned(),
            version: 4,
            request_sha256: Digest::of(b"request").to_string(),
            lease: Some(Lease { token: "t".to_owned(), until }),
            ..State::default()
        }
    }

    #[test]
    fn a_live_lease_waits_and_a_dead_one_is_taken_over() {
        let request = Digest::of(b"request");
        assert_eq!(decide(None, &request, 0), Decision::Claim(Expectation::Absent));
        assert_eq!(decide(Some(&state("requested", 10)), &request, 9), Decision::Wait);
        assert_eq!(decide(Some(&state("requested", 10)), &request, 10), Decision::Claim(Expectation::Version(4)));
        assert_eq!(decide(Some(&state("failed", 10)), &request, 9), Decision::Claim(Expectation::Version(4)));
        assert_eq!(decide(Some(&state("draft", 0)), &request, 9), Decision::Replay);
        assert_eq!(decide(Some(&state("draft", 0)), &Digest::of(b"other"), 9), Decision::Reused);
    }
}
