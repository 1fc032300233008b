//! Who is asking: hospital's certificate, person, role and hospital group, out of a REST or an ALB event.
//!
//! Front doors verified certificate and token; this module only reads them. It leaves out the decision whether the
//! certificate is registered, revoked, or the same hospital's as the token: that takes the registration.

mod certificate;
mod identity;
mod presented;

use std::net::IpAddr;

use lambda_http::Request;
use serde_json::Value;

pub use certificate::Certificate;
pub use fude::role::Role;
pub use identity::HospitalId;
use presented::presented;
pub use presented::request_id;

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The hospital that the token names; the certificate's must be the same.
    pub hospital: HospitalId,
    /// The person's immutable id, the claim `sub`.
    pub user: String,
    /// The name that the person signs in with.
    pub username: String,
    /// The person's one role.
    pub role: Role,
    /// When the person signed in, seconds since 1970.
    pub auth_time: i64,
    /// The certificate that the front door verified.
    pub certificate: Certificate,
    /// Address of the hospital's gateway as the front door saw it.
    pub source_ip: Option<IpAddr>,
    /// The gateway's id of this request; behind an ALB its trace id.
    pub request_id: String,
}

/// Why nobody can be said to be asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallerError {
    /// No token, or one without the claims that an access token has: 401 `token-refused`.
    #[error("token refused")]
    TokenRefused,
    /// Not exactly one role and one hospital: 403 `role-not-permitted`.
    #[error("not exactly one role in one hospital")]
    RoleNotPermitted,
    /// No certificate in the event, or none that can be read: 403 `certificate-unknown`.
    #[error("no readable client certificate")]
    CertificateUnknown,
}

impl Caller {
    /// Reads the caller from an event of an API Gateway REST API or an ALB.
    pub fn from_request(request: &Request) -> Result<Self, CallerError> {
        let presented = presented(request).ok_or(CallerError::CertificateUnknown)?;
        let pem = presented.pem.ok_or(CallerError::CertificateUnknown)?;
        let certificate = Certificate::from_pem(&pem).ok_or(CallerError::CertificateUnknown)?;
        let claims = presented.claims.ok_or(CallerError::TokenRefused)?;
        let text = |name: &str| {
            let value = claims.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
            value.map(str::to_owned).ok_or(CallerError::TokenRefused)
        };
        let (user, username) = (text("sub")?, text("username")?);
        let auth_time = claims.get("auth_time").and_then(seconds).ok_or(CallerError::TokenRefused)?;
        let groups = claims.get("cognito:groups").map(groups).unwrap_or_default();
        let role = only(groups.iter().filter_map(|group| Role::parse(group)));
        let hospitals = groups.iter().filter_map(|group| group.strip_prefix("hospital:"));
        let hospital = only(hospitals).and_then(HospitalId::parse);
        Ok(Self {
            hospital: hospital.ok_or(CallerError::RoleNotPermitted)?,
            user,
            username,
            role: role.ok_or(CallerError::RoleNotPermitted)?,
            auth_time,
            certificate,
            source_ip: presented.source_ip.and_then(|address| address.trim().parse().ok()),
            request_id: presented.request_id.unwrap_or_else(|| request_id(request)),
        })
    }
}

/// A number in the token, a string of digits in a REST event.
fn seconds(claim: &Value) -> Option<i64> {
    claim.as_i64().or_else(|| claim.as_str()?.parse().ok())
}

/// Groups in each shape that gateways give them: a list, `a,b`, `[a b]` or `[a, b]`.
fn groups(claim: &Value) -> Vec<String> {
    match claim {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(text) => {
            let text = text.trim();
            let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
            let names = text.split(|letter: char| letter == ',' || letter.is_whitespace());
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let item = items.next()?;
    items.next().is_none().then_some(item)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;

    fn events(function: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(function)
    }

    fn event(name: &str) -> Value {
        let text = fs::read_to_string(events("fetch-document").join(name)).expect("a fixture");
        serde_json::from_str(&text).expect("JSON")
    }

    fn caller(event: &Value) -> Result<Caller, CallerError> {
        Caller::from_request(&lambda_http::request::from_str(&event.to_string()).expect("an HTTP event"))
    }

    fn with_groups(groups: Value) -> Result<Caller, CallerError> {
        let mut event = event("rest-content.json");
        event["requestContext"]["authorizer"]["claims"]["cognito:groups"] = groups;
        caller(&event)
    }

    #[test]
    fn every_fixture_names_the_same_hospital_by_certificate_and_token() {
        let mut seen = 0;
        for function in ["generate-document", "fetch-document", "finalize-document"] {
            for file in fs::read_dir(events(function)).expect("a folder") {
                let path = file.expect("an entry").path();
                let text = fs::read_to_string(&path).expect("a fixture");
                // A scheduled event has no caller: nobody asks, the clock does.
                if text.contains("\"aws.events\"") {
                    continue;
                }
                let request = lambda_http::request::from_str(&text).expect("an HTTP event");
                let caller =
                    Caller::from_request(&request).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                assert_eq!(caller.hospital.as_str(), "hospital-a", "{}", path.display());
                let subject = "CN=gateway.hospital-a.example,OU=Fude gateway,O=Minato General Hospital,C=JP";
                assert_eq!(caller.certificate.subject, subject, "{}", path.display());
                assert!(caller.source_ip.is_some() && caller.request_id != "unknown", "{}", path.display());
                seen += 1;
            }
        }
        assert!(seen >= 8, "{seen} fixtures");
    }

    #[test]
    fn rest_and_alb_show_the_same_caller() {
        let (rest, alb) = (caller(&event("rest-content.json")).unwrap(), caller(&event("alb-content.json")).unwrap());
        assert_eq!((rest.certificate, rest.user, rest.role), (alb.certificate, alb.user, alb.role));
        assert_eq!((rest.username, rest.auth_time), (alb.username, alb.auth_time));
    }

    #[test]
    fn groups_are_read_in_every_shape() {
        for groups in [
            json!(["hospital:hospital-b", "nurse"]),
            json!("hospital:hospital-b,nurse"),
            json!("nurse, hospital:hospital-b"),
            json!("[hospital:hospital-b nurse]"),
            json!("[hospital:hospital-b, nurse, others]"),
        ] {
            let caller = with_groups(groups.clone()).unwrap_or_else(|error| panic!("{groups}: {error}"));
            assert_eq!((caller.hospital.as_str(), caller.role), ("hospital-b", Role::Nurse), "{groups}");
        }
    }

    #[test]
    fn not_exactly_one_role_in_one_hospital_is_not_permitted() {
        for groups in [
            json!(["hospital:hospital-a"]),
            json!(["physician"]),
            json!(["hospital:hospital-a", "physician", "auditor"]),
            json!(["hospital:hospital-a", "hospital:hospital-b", "physician"]),
            json!(["hospital:", "physician"]),
            json!(["hospital:Hospital_A", "physician"]),
            json!(["hospital:hospital-a", "Physician"]),
            json!(null),
            json!(7),
        ] {
            assert_eq!(with_groups(groups.clone()), Err(CallerError::RoleNotPermitted), "{groups}");
        }
    }

    #[test]
    fn mutual_tls_headers_in_a_rest_event_are_not_believed() {
        let alb = event("alb-content.json");
        let mut rest = event("rest-content.json");
        let identity = rest["requestContext"]["identity"].as_object_mut().unwrap();
        identity.remove("clientCert");
        let leaf = "x-amzn-mtls-clientcert-leaf";
        rest["headers"][leaf] = alb["headers"][leaf].clone();
        rest["multiValueHeaders"][leaf] = json!([alb["headers"][leaf]]);
        assert_eq!(caller(&rest), Err(CallerError::CertificateUnknown));
    }

    #[test]
    fn an_unreadable_certificate_is_unknown() {
        for pem in ["", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let mut rest = event("rest-content.json");
            rest["requestContext"]["identity"]["clientCert"]["clientCertPem"] = pem.into();
            assert_eq!(caller(&rest), Err(CallerError::CertificateUnknown), "{pem}");
        }
        for leaf in ["", "%zz", "%4", "%ff", "-----BEGIN%20CERTIFICATE-----%0AAAAA%0A-----END%20CERTIFICATE-----%0A"] {
            let mut alb = event("alb-content.json");
            alb["headers"]["x-amzn-mtls-clientcert-leaf"] = leaf.into();
            assert_eq!(caller(&alb), Err(CallerError::CertificateUnknown), "{leaf}");
        }
    }

    #[test]
    fn a_token_without_the_claims_of_an_access_token_is_refused() {
        for name in ["sub", "username", "auth_time"] {
            let mut rest = event("rest-content.json");
            rest["requestContext"]["authorizer"]["claims"].as_object_mut().unwrap().remove(name);
            assert_eq!(caller(&rest), Err(CallerError::TokenRefused), "{name}");
        }
        for token in ["", "Bearer", "Bearer x", "Bearer a.b", "Basic a.e30.c", "Bearer a.e30.c.d", "Bearer a.e30.c"] {
            let mut alb = event("alb-content.json");
            alb["headers"]["authorization"] = token.into();
            assert_eq!(caller(&alb), Err(CallerError::TokenRefused), "{token}");
        }
        // Padded base64 is not what a token has
        let mut alb = event("alb-content.json");
        alb["headers"]["authorization"] = format!("Bearer a.{}.c", STANDARD.encode("{ }")).into();
        assert!(caller(&alb).is_err());
    }

    #[test]
    fn only_the_last_hop_and_the_albs_own_trace_are_believed() {
        let mut alb = event("alb-content.json");
        alb["headers"]["x-forwarded-for"] = "198.51.100.1, nonsense, 192.0.2.7".into();
        let own = "1-6a22f3c1-0123456789abcdef01234567";
        alb["headers"]["x-amzn-trace-id"] = format!("Self={own};Root=1-planted-by-a-client").into();
        let seen = caller(&alb).unwrap();
        assert_eq!((seen.source_ip, seen.request_id.as_str()), ("192.0.2.7".parse().ok(), own));
        alb["headers"]["x-amzn-trace-id"] = "Root=長谷川".into();
        assert_eq!(caller(&alb).unwrap().request_id, "unknown");
    }
}
