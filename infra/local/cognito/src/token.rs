//! The signing key and the two tokens that a sign-in yields, with the claims of the real service.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::digest;
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::User;

/// Lifetime of access and ID tokens in seconds.
pub(crate) const TOKEN_SECONDS: u64 = 3600;
/// The one scope of tokens from `InitiateAuth`.
const SCOPE: &str = "aws.cognito.signin.user.admin";
const KEY_BITS: usize = 2048;

/// Makes a signing key, PKCS#8 PEM.
pub(crate) fn generate_key() -> io::Result<String> {
    let key = RsaPrivateKey::new(&mut OsRng, KEY_BITS).map_err(io::Error::other)?;
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(io::Error::other)?;
    Ok(pem.to_string())
}

/// When and how the person signed in; a refreshed token keeps it.
pub(crate) struct SignIn {
    /// Unix seconds of the password and code, not of a refresh.
    pub(crate) auth_time: u64,
    /// Ties all tokens of one sign-in together.
    pub(crate) origin_jti: String,
}

/// Access and ID token of one event.
pub(crate) struct TokenPair {
    pub(crate) access: String,
    pub(crate) id: String,
}

/// Signs tokens with RS256, for one pool and one app client.
pub(crate) struct Signer {
    key: EncodingKey,
    key_id: String,
    jwk: Value,
    issuer: String,
    client_id: String,
}

impl Signer {
    /// Reads the key from PKCS#8 PEM.
    pub(crate) fn new(pem: &str, issuer: String, client_id: String) -> io::Result<Self> {
        let unusable = || io::Error::new(io::ErrorKind::InvalidData, "user pool signing key is unusable");
        let public = RsaPrivateKey::from_pkcs8_pem(pem).map_err(|_| unusable())?;
        let n = URL_SAFE_NO_PAD.encode(public.n().to_bytes_be());
        let e = URL_SAFE_NO_PAD.encode(public.e().to_bytes_be());
        // The thumbprint of RFC 7638 as key id: another key cannot go by the same name.
        let thumbprint = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        let key_id = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, thumbprint.as_bytes()));
        Ok(Self {
            key: EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| unusable())?,
            jwk: json!({"alg": "RS256", "e": e, "kid": key_id, "kty": "RSA", "n": n, "use": "sig"}),
            key_id,
            issuer,
            client_id,
        })
    }

    /// `iss` of every token.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The public half as a JSON Web Key Set.
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": [self.jwk] })
    }

    /// Tokens for `user`, valid for an hour from `now` (Unix seconds).
    pub(crate) fn issue(&self, user: &User, sign_in: &SignIn, now: u64) -> io::Result<TokenPair> {
        let event_id = Uuid::new_v4().to_string();
        let common = || CommonClaims {
            sub: &user.sub,
            groups: &user.groups,
            iss: &self.issuer,
            origin_jti: &sign_in.origin_jti,
            event_id: &event_id,
            auth_time: sign_in.auth_time,
            exp: now + TOKEN_SECONDS,
            iat: now,
            jti: Uuid::new_v4().to_string(),
        };
        let access = AccessClaims {
            common: common(),
            client_id: &self.client_id,
            token_use: "access",
            scope: SCOPE,
            username: &user.name,
        };
        let id = IdClaims { common: common(), aud: &self.client_id, token_use: "id", username: &user.name };
        Ok(TokenPair { access: self.sign(&access)?, id: self.sign(&id)? })
    }

    fn sign(&self, claims: &impl Serialize) -> io::Result<String> {
        // Cognito's header has no `typ`.
        let header = Header { typ: None, kid: Some(self.key_id.clone()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, claims, &self.key).map_err(io::Error::other)
    }
}

#[derive(Serialize)]
struct CommonClaims<'a> {
    sub: &'a str,
    #[serde(rename = "cognito:groups", skip_serializing_if = "<[_]>::is_empty")]
    groups: &'a [String],
    iss: &'a str,
    origin_jti: &'a str,
    event_id: &'a str,
    auth_time: u64,
    exp: u64,
    iat: u64,
    jti: String,
}

#[derive(Serialize)]
struct AccessClaims<'a> {
    #[serde(flatten)]
    common: CommonClaims<'a>,
    client_id: &'a str,
    token_use: &'static str,
    scope: &'static str,
    username: &'a str,
}

#[derive(Serialize)]
struct IdClaims<'a> {
    #[serde(flatten)]
    common: CommonClaims<'a>,
    aud: &'a str,
    token_use: &'static str,
    #[serde(rename = "cognito:username")]
    username: &'a str,
}
