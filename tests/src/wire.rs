//! The switch of the wire between functions and stand-ins, of a stack started with `--wire`.

use serde_json::{Value, json};

use crate::client::{Answer, answer, plain};
use crate::stack::Stack;

/// One call that reached the wire, all its attempts together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub function: String,
    pub service: String,
    pub operation: String,
    pub attempts: u64,
}

impl Stack {
    /// Arms one fault: the nth call of that name from now on.
    pub fn arm_wire(
        &self,
        function: &str,
        (service, operation): (&str, &str),
        nth: usize,
        (mode, lasting): (&str, bool),
    ) {
        let fault = json!({ "function": function, "service": service, "operation": operation, "occurrence": nth,
            "mode": mode, "lasting": lasting });
        self.wire("POST", "faults", &fault);
    }

    /// Attempts that the armed faults have met.
    pub fn wire_met(&self) -> u64 {
        met(&self.wire("GET", "faults", &Value::Null).json())
    }

    /// Disarms everything; the attempts that were met.
    pub fn disarm_wire(&self) -> u64 {
        met(&self.wire("DELETE", "faults", &Value::Null).json())
    }

    /// The calls since the last time.
    pub fn wire_calls(&self) -> Vec<Call> {
        let calls = self.wire("DELETE", "calls", &Value::Null).json();
        let text = |call: &Value, member: &str| call[member].as_str().expect("a text").to_owned();
        let read = |call: &Value| Call {
            function: text(call, "function"),
            service: text(call, "service"),
            operation: text(call, "operation"),
            attempts: call["attempts"].as_u64().expect("a number"),
        };
        calls.as_array().expect("a list").iter().map(read).collect()
    }

    /// The next event meets a cold start.
    pub fn kill_function(&self, function: &str) {
        self.wire("POST", &format!("kill/{function}"), &Value::Null);
    }

    /// One call of the log's schedule; whether it ended well.
    pub fn sweep(&self) -> bool {
        self.scheduled("audit-writer")
    }

    /// One call of the schedule for locks that were left open; whether it ended well.
    pub fn sweep_locks(&self) -> bool {
        self.scheduled("finalize-document")
    }

    fn scheduled(&self, function: &str) -> bool {
        self.wire_answer("POST", &format!("sweep/{function}"), &Value::Null).status == 204
    }

    /// From now on the stream loses what it should hand over, or hands it over again; batches lost so far.
    pub fn lose_stream(&self, loses: bool) -> u64 {
        self.wire("PUT", "stream", &json!({ "loses": loses })).json()["lostBatches"].as_u64().expect("a number")
    }

    fn wire(&self, method: &str, what: &str, body: &Value) -> Answer {
        let answered = self.wire_answer(method, what, body);
        assert!(answered.status < 300, "{method} {what}: {} {}", answered.status, answered.text());
        answered
    }

    fn wire_answer(&self, method: &str, what: &str, body: &Value) -> Answer {
        let url = format!("{}/{what}", self.text("wire"));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        answer(plain().run(ureq::http::Request::builder().method(method).uri(url).body(body).expect("a request")))
    }
}

fn met(armed: &Value) -> u64 {
    armed.as_array().expect("a list").iter().filter_map(|a| a["met"].as_u64()).sum()
}
