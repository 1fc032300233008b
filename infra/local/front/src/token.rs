//! The token check that a gateway does before it calls a function: signature, issuer, client, use, scope, expiry.
//!
//! Whose token it is, and whether it agrees with the certificate, is for the functions to say.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use crate::config::Front;

/// The one scope that an access token of Cognito's own sign-in carries.
const SCOPE: &str = "aws.cognito.signin.user.admin";

/// What a token must satisfy.
#[derive(Debug, Clone)]
pub struct TokenRules {
    /// Issuer, exactly as the claim `iss` has it.
    pub issuer: String,
    /// App client, the claim `client_id`.
    pub client_id: String,
    /// The user pool's public keys.
    pub jwks: JwkSet,
}

/// The token was refused; why is nobody's business.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TokenRefused;

impl TokenRules {
    /// Rules with the key set as the user pool serves it.
    pub fn new(issuer: &str, client_id: &str, jwks: &str) -> Result<Self, serde_json::Error> {
        let jwks = serde_json::from_str(jwks)?;
        Ok(Self { issuer: issuer.to_owned(), client_id: client_id.to_owned(), jwks })
    }

    /// The claims of the request's access token, if it is good.
    pub(crate) fn check(&self, headers: &HeaderMap, front: Front) -> Result<Map<String, Value>, TokenRefused> {
        let token = presented(headers, front).ok_or(TokenRefused)?;
        let header = decode_header(token).map_err(|_| TokenRefused)?;
        let kid = header.kid.as_deref().ok_or(TokenRefused)?;
        let key = self.jwks.find(kid).ok_or(TokenRefused)?;
        let key = DecodingKey::from_jwk(key).map_err(|_| TokenRefused)?;
        let mut rules = Validation::new(Algorithm::RS256);
        rules.leeway = 0;
        // An access token of Cognito has no audience; `client_id` stands for it
        rules.validate_aud = false;
        rules.set_issuer(&[&self.issuer]);
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        let claims = decode::<Map<String, Value>>(token, &key, &rules).map_err(|_| TokenRefused)?.claims;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let good = text("client_id") == self.client_id
            && text("token_use") == "access"
            && text("scope").split(' ').any(|scope| scope == SCOPE);
        if good { Ok(claims) } else { Err(TokenRefused) }
    }
}

/// The one token of the request. API Gateway takes it with or without `Bearer`.
fn presented(headers: &HeaderMap, front: Front) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let value = all.next()?.to_str().ok()?.trim();
    if all.next().is_some() {
        return None;
    }
    match (value.split_once(' '), front) {
        (Some((scheme, token)), _) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim()),
        (None, Front::Rest) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn bearer_is_needed_at_an_alb_only() {
        assert_eq!(presented(&with(&["Bearer a.b.c"]), Front::Alb), Some("a.b.c"));
        assert_eq!(presented(&with(&["bearer  a.b.c"]), Front::Rest), Some("a.b.c"));
        assert_eq!(presented(&with(&["a.b.c"]), Front::Rest), Some("a.b.c"));
        assert_eq!(presented(&with(&["a.b.c"]), Front::Alb), None);
        assert_eq!(presented(&with(&["Basic a.b.c"]), Front::Rest), None);
    }

    #[test]
    fn two_tokens_are_none() {
        assert_eq!(presented(&with(&["Bearer a.b.c", "Bearer a.b.d"]), Front::Rest), None);
        assert_eq!(presented(&with(&[]), Front::Rest), None);
    }
}
