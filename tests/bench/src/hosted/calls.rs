//! Recorded calls as operations with parameters, which every SDK takes under the same names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::tape::Exchange;

/// Request headers of S3 that are parameters.
const S3_HEADERS: &[(&str, &str)] = &[
    ("content-type", "ContentType"),
    ("if-none-match", "IfNoneMatch"),
    ("if-match", "IfMatch"),
    ("x-amz-checksum-sha256", "ChecksumSHA256"),
    ("x-amz-object-lock-mode", "ObjectLockMode"),
    ("x-amz-object-lock-retain-until-date", "ObjectLockRetainUntilDate"),
    ("x-amz-object-lock-legal-hold", "ObjectLockLegalHoldStatus"),
    ("x-amz-checksum-mode", "ChecksumMode"),
];
const S3_QUERY: &[(&str, &str)] = &[
    ("versionId", "VersionId"),
    ("prefix", "Prefix"),
    ("start-after", "StartAfter"),
    ("max-keys", "MaxKeys"),
    ("delimiter", "Delimiter"),
];

/// `{service, operation, parameters}`; bytes are `{"$bytes": base64}`.
pub fn call(exchange: &Exchange) -> Result<Value, String> {
    let (operation, parameters) = match exchange.service {
        "s3" => s3(exchange)?,
        "bedrock-runtime" => ("Converse".to_owned(), converse(exchange)?),
        _ => {
            let target = exchange.header("x-amz-target").unwrap_or_default();
            let mut parameters = json(exchange)?;
            bytes(&mut parameters, exchange.service);
            (target.rsplit('.').next().unwrap_or_default().to_owned(), parameters)
        }
    };
    Ok(json!({ "service": exchange.service, "operation": operation, "parameters": parameters }))
}

fn json(exchange: &Exchange) -> Result<Value, String> {
    serde_json::from_slice(&exchange.body).map_err(|e| format!("a call to {} is not JSON: {e}", exchange.service))
}

/// Blobs, which JSON protocols send as base64 and SDKs take as bytes.
fn bytes(value: &mut Value, service: &str) {
    let names: &[&str] = if service == "kms" { &["Message", "Mac"] } else { &["B"] };
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if names.contains(&name.as_str()) => *member = json!({ "$bytes": text }),
                    _ => bytes(member, service),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| bytes(item, service)),
        _ => {}
    }
}

fn converse(exchange: &Exchange) -> Result<Value, String> {
    let mut parameters = json(exchange)?;
    let model = exchange.target.split('/').nth(2).unwrap_or_default();
    parameters["modelId"] = model.replace("%3A", ":").into();
    Ok(parameters)
}

fn s3(exchange: &Exchange) -> Result<(String, Value), String> {
    let (path, query) = exchange.target.split_once('?').unwrap_or((&exchange.target, ""));
    let pairs: Vec<(&str, &str)> = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let has = |name: &str| pairs.iter().any(|(n, _)| *n == name);
    let operation = match (exchange.method.as_str(), key.is_empty()) {
        ("GET", true) if has("list-type") => "ListObjectsV2",
        ("GET", true) if has("versions") => "ListObjectVersions",
        ("GET", false) => "GetObject",
        ("HEAD", false) => "HeadObject",
        ("PUT", false) if has("retention") => "PutObjectRetention",
        ("PUT", false) => "PutObject",
        _ => return Err(format!("a peer does not know {} {}", exchange.method, exchange.target)),
    };
    let mut parameters = Map::from_iter([("Bucket".to_owned(), bucket.into())]);
    if !key.is_empty() {
        parameters.insert("Key".to_owned(), decoded(key).into());
    }
    for (name, parameter) in S3_HEADERS {
        if let Some(value) = exchange.header(name) {
            parameters.insert((*parameter).to_owned(), typed(parameter, value));
        }
    }
    for (name, value) in pairs {
        if let Some((_, parameter)) = S3_QUERY.iter().find(|(n, _)| *n == name) {
            parameters.insert((*parameter).to_owned(), typed(parameter, &decoded(value)));
        }
    }
    match operation {
        "PutObject" => {
            parameters.insert("Body".to_owned(), json!({ "$bytes": STANDARD.encode(&exchange.body) }));
        }
        "PutObjectRetention" => {
            parameters.insert("Retention".to_owned(), retention(&String::from_utf8_lossy(&exchange.body)));
        }
        _ => {}
    }
    Ok((operation.to_owned(), Value::Object(parameters)))
}

fn typed(parameter: &str, value: &str) -> Value {
    match parameter {
        "MaxKeys" => value.parse::<u64>().map_or(Value::Null, Value::from),
        "ObjectLockRetainUntilDate" => json!({ "$time": value }),
        _ => value.into(),
    }
}

fn retention(xml: &str) -> Value {
    let element = |name: &str| {
        let rest = xml.split_once(&format!("<{name}>")).map_or("", |(_, rest)| rest);
        rest.split_once('<').map_or("", |(value, _)| value).to_owned()
    };
    json!({ "Mode": element("Mode"), "RetainUntilDate": { "$time": element("RetainUntilDate") } })
}

fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let escape = if bytes[at] == b'%' { text.get(at + 1..at + 3) } else { None };
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{bytes, decoded, retention};
    use serde_json::json;

    #[test]
    fn blobs_are_marked_and_nothing_else() {
        let mut item = json!({ "Item": { "event": { "B": "e30=" }, "pk": { "S": "B" } } });
        bytes(&mut item, "dynamodb");
        assert_eq!(item, json!({ "Item": { "event": { "B": { "$bytes": "e30=" } }, "pk": { "S": "B" } } }));
    }

    #[test]
    fn a_lock_is_read_from_its_xml() {
        let xml =
            "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2026-11-30T00:00:00Z</RetainUntilDate></Retention>";
        assert_eq!(
            retention(xml),
            json!({ "Mode": "GOVERNANCE", "RetainUntilDate": { "$time": "2026-11-30T00:00:00Z" } })
        );
    }

    #[test]
    fn escapes_are_decoded_and_what_is_none_stays() {
        assert_eq!(decoded("a%2Fb%"), "a/b%");
    }
}
