//! The access log: one JSON line a request, with the route's template and never its path, query, headers or body.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::json;

/// Where the lines go.
pub(crate) struct AccessLog(Mutex<Box<dyn Write + Send>>);

impl AccessLog {
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self(Mutex::new(out))
    }

    /// Begins a line; it is written when the value is dropped, so that a client that hangs up is seen too.
    pub(crate) fn begin(&self, request_id: String, method: &http::Method, tls_version: &'static str) -> Line<'_> {
        // Any word may stand as a method, so only the known ones are written down
        let method = match *method {
            http::Method::GET => "GET",
            http::Method::POST => "POST",
            http::Method::PUT => "PUT",
            http::Method::DELETE => "DELETE",
            http::Method::HEAD => "HEAD",
            http::Method::OPTIONS => "OPTIONS",
            http::Method::PATCH => "PATCH",
            _ => "other",
        };
        Line { log: self, request_id, method, route: None, status: None, begun: Instant::now(), tls_version }
    }
}

/// One line in the making.
pub(crate) struct Line<'a> {
    log: &'a AccessLog,
    request_id: String,
    method: &'static str,
    /// The address as it stands in the contract.
    pub(crate) route: Option<String>,
    /// Stays empty where the client did not wait for the answer.
    pub(crate) status: Option<u16>,
    begun: Instant,
    tls_version: &'static str,
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let line = json!({
            "method": self.method,
            "route": self.route,
            "status": self.status,
            "duration_ms": self.begun.elapsed().as_millis() as u64,
            "request_id": self.request_id,
            "tls_version": self.tls_version,
        });
        let mut out = self.log.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not stop the service
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}
