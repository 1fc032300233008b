//! The proxy event (v1) of an API Gateway REST API with mutual TLS and a Cognito authorizer.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::{ACCOUNT, Admitted, decode_percent, raw_pairs};

const LOG_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
const CLAIM_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short] [month repr:short] [day] [hour]:[minute]:[second] UTC [year]");

pub(super) fn event(admitted: &Admitted<'_>) -> Value {
    let request = admitted.request;
    let path = request.uri.path();
    let headers = headers(admitted);
    let query = query(request.uri.query().unwrap_or_default());
    let (body, base64) = admitted.text();
    let host = headers.get("Host").and_then(|values| values.last()).map_or("localhost", String::as_str);
    let domain = host.rsplit_once(':').map_or(host, |(domain, _)| domain);
    json!({
        "resource": admitted.operation.template,
        "path": path,
        "httpMethod": request.method.as_str(),
        "headers": last_of_each(&headers),
        "multiValueHeaders": headers,
        "queryStringParameters": or_null(last_of_each(&query)),
        "multiValueQueryStringParameters": or_null(json!(query)),
        "pathParameters": or_null(json!(admitted.operation.parameters)),
        "stageVariables": null,
        "requestContext": {
            "resourceId": "local0",
            "authorizer": { "claims": claims(admitted.claims) },
            "resourcePath": admitted.operation.template,
            "httpMethod": request.method.as_str(),
            "extendedRequestId": admitted.id.as_str(),
            "requestTime": admitted.now.format(LOG_TIME).expect("the time has every component"),
            "path": path,
            "accountId": ACCOUNT,
            "protocol": "HTTP/1.1",
            "stage": "v1",
            "domainPrefix": domain.split('.').next(),
            "requestTimeEpoch": (admitted.now.unix_timestamp_nanos() / 1_000_000) as i64,
            "requestId": admitted.id.as_str(),
            "identity": {
                "cognitoIdentityPoolId": null,
                "accountId": null,
                "cognitoIdentityId": null,
                "caller": null,
                "sourceIp": admitted.peer.ip().to_string(),
                "principalOrgId": null,
                "accessKey": null,
                "cognitoAuthenticationType": null,
                "cognitoAuthenticationProvider": null,
                "userArn": null,
                "userAgent": headers.get("User-Agent").and_then(|values| values.last()),
                "user": null,
                "clientCert": admitted.certificate.rest,
            },
            "domainName": domain,
            "deploymentId": "local0",
            "apiId": "local00000",
        },
        "body": (!admitted.body.is_empty()).then_some(body),
        "isBase64Encoded": base64,
    })
}

/// Headers by the name that HTTP/1.1 clients commonly write.
fn headers(admitted: &Admitted<'_>) -> BTreeMap<String, Vec<String>> {
    let sent = admitted.headers().into_iter();
    let mut headers: BTreeMap<_, _> = sent.map(|(name, values)| (title_case(&name), values)).collect();
    headers.insert("X-Amzn-Trace-Id".into(), vec![admitted.id.trace()]);
    headers.insert("X-Forwarded-For".into(), vec![admitted.forwarded_for()]);
    headers.insert("X-Forwarded-Port".into(), vec![admitted.port.to_string()]);
    headers.insert("X-Forwarded-Proto".into(), vec!["https".into()]);
    headers
}

fn title_case(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

fn query(query: &str) -> BTreeMap<String, Vec<String>> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in raw_pairs(query) {
        values.entry(decode_percent(name, true)).or_default().push(decode_percent(value, true));
    }
    values
}

fn last_of_each(values: &BTreeMap<String, Vec<String>>) -> Value {
    json!(values.iter().filter_map(|(name, values)| Some((name, values.last()?))).collect::<BTreeMap<_, _>>())
}

fn or_null(value: Value) -> Value {
    if value.as_object().is_some_and(Map::is_empty) { Value::Null } else { value }
}

/// Claims as the Cognito authorizer hands them on: strings throughout, lists joined, `exp` and `iat` spelt out.
fn claims(claims: &Map<String, Value>) -> Map<String, Value> {
    let rendered = |name: &str, value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect();
            items.join(",")
        }
        Value::Number(number) if matches!(name, "exp" | "iat") => {
            let time = number.as_i64().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
            time.and_then(|time| time.format(CLAIM_TIME).ok()).unwrap_or_else(|| number.to_string())
        }
        other => other.to_string(),
    };
    claims.iter().map(|(name, value)| (name.clone(), Value::String(rendered(name, value)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_strings_throughout() {
        let given = json!({
            "sub": "u-1", "cognito:groups": ["hospital:hospital-a", "physician"], "auth_time": 1_795_377_600,
            "exp": 1_795_381_200, "email_verified": true,
        });
        let claims = claims(given.as_object().unwrap());
        assert_eq!(
            Value::Object(claims),
            json!({
                "sub": "u-1", "cognito:groups": "hospital:hospital-a,physician", "auth_time": "1795377600",
                "exp": "Sun Nov 22 21:00:00 UTC 2026", "email_verified": "true",
            })
        );
    }

    #[test]
    fn the_last_value_of_a_repeated_parameter_is_the_single_one() {
        let query = query("revision=1&revision=2&view=is%73ue&empty");
        assert_eq!(last_of_each(&query), json!({ "revision": "2", "view": "issue", "empty": "" }));
        assert_eq!(query["revision"], ["1", "2"]);
        assert_eq!(or_null(last_of_each(&BTreeMap::new())), Value::Null);
    }

    #[test]
    fn header_names_are_in_title_case() {
        assert_eq!(title_case("idempotency-key"), "Idempotency-Key");
        assert_eq!(title_case("x--a"), "X--A");
    }
}
