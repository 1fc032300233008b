//! What can go wrong with one call, and how a service says that it refuses one.

use serde::{Deserialize, Serialize};

use crate::call::Service;
use crate::http::Answer;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Refused, nothing applied: the service is busy, and the SDK tries again.
    Busy,
    /// From this call on the function's calls of this service are refused as by `busy`, until the fault is disarmed.
    Down,
    /// Refused, nothing applied: access denied, and no SDK tries again.
    Denied,
    /// Applied, and the connection ends without an answer.
    Lost,
    /// Half of the request reaches the service, then both connections end.
    Cut,
    /// Applied, and half of the answer arrives.
    Torn,
    /// The process is killed before the call is applied.
    KillBefore,
    /// Applied, and the process is killed before the answer arrives.
    KillAfter,
}

/// A refusal in the service's own form.
pub fn refusal(service: Service, mode: Mode) -> Answer {
    let denied = mode == Mode::Denied;
    match service {
        Service::S3 => {
            let (status, code) = if denied { (403, "AccessDenied") } else { (503, "SlowDown") };
            let body = format!("<Error><Code>{code}</Code><Message>refused by the wire</Message></Error>");
            Answer::own(status, &[("Content-Type", "application/xml")], &body)
        }
        Service::Dynamodb | Service::Kms => {
            json(400, if denied { "AccessDeniedException" } else { "ThrottlingException" })
        }
        Service::Bedrock if denied => json(403, "AccessDeniedException"),
        Service::Bedrock => json(503, "ServiceUnavailableException"),
    }
}

fn json(status: u16, code: &str) -> Answer {
    let body = serde_json::json!({ "__type": code, "message": "refused by the wire" }).to_string();
    Answer::own(status, &[("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-errortype", code)], &body)
}
