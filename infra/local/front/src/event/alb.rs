//! The event of an ALB target group, multi-value headers off, listener with mutual TLS in verify mode.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ACCOUNT, Admitted, raw_pairs};

/// What a client may not say about itself.
const MUTUAL_TLS: &str = "x-amzn-mtls-";

pub(super) fn event(admitted: &Admitted<'_>) -> Value {
    let request = admitted.request;
    let (body, base64) = admitted.text();
    // Queries go on as they were sent, not decoded
    let query: BTreeMap<&str, &str> = raw_pairs(request.uri.query().unwrap_or_default()).collect();
    let group = format!(
        "arn:aws:elasticloadbalancing:ap-northeast-1:{ACCOUNT}:targetgroup/{}/0123456789abcdef",
        admitted.operation.function
    );
    json!({
        "requestContext": { "elb": { "targetGroupArn": group } },
        "httpMethod": request.method.as_str(),
        "path": request.uri.path(),
        "queryStringParameters": query,
        "headers": headers(admitted),
        "body": body,
        "isBase64Encoded": base64,
    })
}

fn headers(admitted: &Admitted<'_>) -> BTreeMap<String, String> {
    let sent = admitted.headers().into_iter();
    let mut headers: BTreeMap<String, String> = sent
        .filter(|(name, _)| !name.starts_with(MUTUAL_TLS))
        .filter_map(|(name, mut values)| Some((name, values.pop()?)))
        .collect();
    headers.insert("x-amzn-trace-id".into(), admitted.id.trace());
    headers.insert("x-forwarded-for".into(), admitted.forwarded_for());
    headers.insert("x-forwarded-port".into(), admitted.port.to_string());
    headers.insert("x-forwarded-proto".into(), "https".into());
    let certificate = admitted.certificate.alb.iter().cloned();
    headers.extend(certificate.map(|(name, value)| (name.to_owned(), value)));
    headers
}
