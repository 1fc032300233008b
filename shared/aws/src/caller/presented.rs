//! Where certificate, claims and address stand in the two kinds of event.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use serde_json::{Map, Value};

use crate::percent;

/// What the two kinds of event have in common.
pub(super) struct Presented {
    pub(super) pem: Option<String>,
    pub(super) claims: Option<Map<String, Value>>,
    pub(super) source_ip: Option<String>,
    pub(super) request_id: Option<String>,
}

/// The gateway's id of a request, also where nobody can be said to be asking.
pub fn request_id(request: &Request) -> String {
    let id = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.request_id.clone(),
        _ => header(request, "x-amzn-trace-id").and_then(trace_id),
    };
    id.unwrap_or_else(|| "unknown".to_owned())
}

pub(super) fn presented(request: &Request) -> Option<Presented> {
    match request.request_context_ref()? {
        // Header names that an ALB sets are not looked at here: API Gateway hands a client's own through
        RequestContext::ApiGatewayV1(context) => {
            let pem = context.identity.other.get("clientCert").and_then(|cert| cert.get("clientCertPem"));
            Some(Presented {
                pem: pem.and_then(Value::as_str).map(str::to_owned),
                claims: context.authorizer.fields.get("claims").and_then(Value::as_object).cloned(),
                source_ip: context.identity.source_ip.clone(),
                request_id: context.request_id.clone(),
            })
        }
        RequestContext::Alb(_) => Some(Presented {
            pem: header(request, "x-amzn-mtls-clientcert-leaf").and_then(percent::decoded),
            claims: header(request, "authorization").and_then(token_claims),
            // The last hop is the one that the ALB saw itself
            source_ip: header(request, "x-forwarded-for").and_then(|hops| hops.rsplit(',').next()).map(str::to_owned),
            request_id: None,
        }),
        _ => None,
    }
}

/// A header that stands there exactly once.
fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut values = request.headers().get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The ALB's own part of the trace: `Self` where a client sent a trace of its own, else `Root`.
fn trace_id(trace: &str) -> Option<String> {
    let part = |name| trace.split(';').find_map(|part| part.trim().strip_prefix(name));
    let id = part("Self=").or_else(|| part("Root="))?;
    let formed = id.len() == 35 && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    formed.then(|| id.to_owned())
}

/// Claims of a bearer token whose signature the ALB verified.
fn token_claims(authorization: &str) -> Option<Map<String, Value>> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let mut parts = token.trim().split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if !scheme.eq_ignore_ascii_case("bearer") || parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
