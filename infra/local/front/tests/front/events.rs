//! The event that a function gets.

use fude_front::Front;
use serde_json::{Value, json};

use crate::stack::{Stack, claims, token};

/// Names of all members, nested ones with a dot; lists and strings are leaves.
fn shape(value: &Value, at: &str, names: &mut Vec<String>) {
    for (name, member) in value.as_object().into_iter().flatten() {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        shape(member, &path, names);
        names.push(path);
    }
}

#[tokio::test]
async fn the_rest_event_has_the_shape_of_api_gateway() {
    let stack = Stack::start(Front::Rest).await;
    let reply = stack.get("/documents/%E6%BC%A2/content?revision=1&revision=2&view=a%20b").await;
    let (function, event) = stack.event();
    assert_eq!(function, "fetch-document");
    let mut names = Vec::new();
    shape(&event, "", &mut names);
    for name in [
        "resource",
        "path",
        "httpMethod",
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
        "isBase64Encoded",
        "requestContext.accountId",
        "requestContext.apiId",
        "requestContext.stage",
        "requestContext.requestId",
        "requestContext.extendedRequestId",
        "requestContext.requestTime",
        "requestContext.requestTimeEpoch",
        "requestContext.domainName",
        "requestContext.domainPrefix",
        "requestContext.protocol",
        "requestContext.path",
        "requestContext.resourceId",
        "requestContext.resourcePath",
        "requestContext.httpMethod",
        "requestContext.identity.sourceIp",
        "requestContext.identity.userAgent",
        "requestContext.identity.clientCert",
        "requestContext.identity.clientCert.clientCertPem",
        "requestContext.identity.clientCert.subjectDN",
        "requestContext.identity.clientCert.issuerDN",
        "requestContext.identity.clientCert.serialNumber",
        "requestContext.identity.clientCert.validity.notBefore",
        "requestContext.identity.clientCert.validity.notAfter",
        "requestContext.authorizer.claims",
    ] {
        assert!(names.iter().any(|given| given == name), "{name} is missing");
    }
    assert_eq!(event["resource"], "/documents/{id}/content");
    assert_eq!(event["path"], "/documents/%E6%BC%A2/content");
    assert_eq!(event["pathParameters"], json!({ "id": "漢" }));
    assert_eq!(event["queryStringParameters"], json!({ "revision": "2", "view": "a b" }));
    assert_eq!(event["multiValueQueryStringParameters"], json!({ "revision": ["1", "2"], "view": ["a b"] }));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&Value::Null, &json!(false)));
    let context = &event["requestContext"];
    assert_eq!(context["identity"]["sourceIp"], "127.0.0.1");
    assert_eq!(context["authorizer"]["claims"]["cognito:groups"], "hospital:hospital-a,physician");
    assert!(context["authorizer"]["claims"].as_object().unwrap().values().all(Value::is_string));
    let pem = std::fs::read_to_string(&stack.pki.clients["hospital-a"].cert).unwrap().replace("\r\n", "\n");
    assert_eq!(context["identity"]["clientCert"]["clientCertPem"], pem);
    assert_eq!(Some(context["requestId"].as_str().unwrap()), reply.header("x-amzn-requestid"));
}

#[tokio::test]
async fn the_alb_event_has_the_shape_of_a_target_group_in_verify_mode() {
    let stack = Stack::start(Front::Alb).await;
    let sent = format!(
        "GET /documents/abc/content?revision=1&view=a%20b HTTP/1.1\r\nAuthorization: Bearer {}\r\nX-Amzn-Mtls-Clientcert-Leaf: forged\r\nX-Amzn-Mtls-Clientcert: forged\r\nX-Forwarded-For: 198.51.100.1\r\nX-Amzn-Trace-Id: Root=planted",
        token()
    );
    stack.raw(&sent, b"").await;
    let (_, event) = stack.event();
    let members: Vec<_> = event.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        ["body", "headers", "httpMethod", "isBase64Encoded", "path", "queryStringParameters", "requestContext"]
    );
    assert!(event["requestContext"]["elb"]["targetGroupArn"].as_str().unwrap().contains("targetgroup/fetch-document/"));
    // As it was sent: an ALB does not decode
    assert_eq!(event["queryStringParameters"], json!({ "revision": "1", "view": "a%20b" }));
    let headers = event["headers"].as_object().unwrap();
    let names: Vec<_> = headers.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "authorization", "host", "x-amzn-mtls-clientcert-issuer", "x-amzn-mtls-clientcert-leaf",
            "x-amzn-mtls-clientcert-serial-number", "x-amzn-mtls-clientcert-subject",
            "x-amzn-mtls-clientcert-validity", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port",
            "x-forwarded-proto",
        ]
    );
    assert!(headers["x-amzn-mtls-clientcert-leaf"].as_str().unwrap().starts_with("-----BEGIN%20CERTIFICATE-----%0A"));
    assert!(headers["authorization"].as_str().unwrap().starts_with("Bearer ey"));
    assert_eq!(headers["x-forwarded-for"], "198.51.100.1, 127.0.0.1");
    assert!(!headers["x-amzn-trace-id"].as_str().unwrap().contains("planted"));
    assert_eq!(event["body"], "");
}

#[tokio::test]
async fn a_body_arrives_as_it_was_sent() {
    for front in [Front::Rest, Front::Alb] {
        let stack = Stack::start(front).await;
        let body = "{ \"patientId\": \"0001234\", \"氏名\": \"長谷川\\n\" }";
        stack.post("/documents", &token(), body.as_bytes()).await;
        let (function, event) = stack.event();
        assert_eq!((function.as_str(), event["body"].as_str()), ("generate-document", Some(body)));
        stack.post("/documents", &token(), b"\xff\xfe").await;
        let (_, event) = stack.event();
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("//4="), &json!(true)));
    }
}

/// API Gateway hands a client's own headers through, which is why no function believes them there.
#[tokio::test]
async fn the_rest_gateway_passes_a_clients_own_headers() {
    let stack = Stack::start(Front::Rest).await;
    let sent = format!(
        "GET /documents/x HTTP/1.1\r\nAuthorization: Bearer {}\r\nx-amzn-mtls-clientcert-leaf: forged\r\naccept: a\r\naccept: b",
        token()
    );
    stack.raw(&sent, b"").await;
    let (_, event) = stack.event();
    assert_eq!(event["headers"]["X-Amzn-Mtls-Clientcert-Leaf"], "forged");
    assert_eq!(event["headers"]["Accept"], "b");
    assert_eq!(event["multiValueHeaders"]["Accept"], json!(["a", "b"]));
    assert_eq!(claims()["sub"], event["requestContext"]["authorizer"]["claims"]["sub"]);
}
