//! A running pool over real HTTP, and eyes for its tokens.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use fude_standin_cognito::{Cognito, Config, User, UserSeed, totp_code};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub const POOL: &str = "ap-northeast-1_Fude";
pub const CLIENT: &str = "fudeclient";
pub const ISSUER: &str = "https://cognito-idp.ap-northeast-1.amazonaws.com/ap-northeast-1_Fude";
pub const SERVICE: &str = "AWSCognitoIdentityProviderService";

/// A running pool; it stops when dropped.
pub struct Running {
    pub cognito: Cognito,
    pub address: SocketAddr,
    _runtime: Runtime,
}

impl Running {
    pub fn start(folder: &Path) -> Self {
        let cognito = Cognito::open(Config {
            state_file: folder.join("cognito.json"),
            pool_id: POOL.into(),
            client_id: CLIENT.into(),
            issuer: ISSUER.into(),
            users: vec![UserSeed {
                name: "sato".into(),
                groups: vec!["hospital:hospital-a".into(), "physician".into()],
            }],
        })
        .unwrap();
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(cognito.clone().serve(listener));
        Self { cognito, address, _runtime: runtime }
    }

    pub fn user(&self) -> User {
        self.cognito.users().remove(0)
    }

    pub fn http(&self, head: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let length = body.len();
        write!(stream, "{head}Host: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    pub fn call(&self, target: &str, body: &Value) -> (u16, Value) {
        let head = format!("POST / HTTP/1.1\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {target}\r\n");
        self.http(&head, &body.to_string())
    }

    pub fn initiate(&self, client: &str, flow: &str, parameters: Value) -> (u16, Value) {
        let body = json!({"ClientId": client, "AuthFlow": flow, "AuthParameters": parameters});
        self.call(&format!("{SERVICE}.InitiateAuth"), &body)
    }

    pub fn password_step(&self) -> Value {
        let parameters = json!({"USERNAME": "sato", "PASSWORD": self.user().password});
        let (status, answer) = self.initiate(CLIENT, "USER_PASSWORD_AUTH", parameters);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub fn code_step(&self, session: &Value, code: &str) -> (u16, Value) {
        let body = json!({
            "ClientId": CLIENT,
            "ChallengeName": "SOFTWARE_TOKEN_MFA",
            "Session": session,
            "ChallengeResponses": {"USERNAME": "sato", "SOFTWARE_TOKEN_MFA_CODE": code},
        });
        self.call(&format!("{SERVICE}.RespondToAuthChallenge"), &body)
    }

    /// Signs in with the code of this moment, which it returns too.
    pub fn sign_in(&self) -> (String, Value) {
        let session = self.password_step()["Session"].clone();
        let code = totp_code(&self.user().totp_secret, unix_now());
        let (status, answer) = self.code_step(&session, &code);
        assert_eq!(status, 200, "{answer}");
        (code, answer["AuthenticationResult"].clone())
    }
}

pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Verifies with the key that the set names in the token's header, RS256 only.
pub fn verify(token: &str, jwks: &Value) -> jsonwebtoken::errors::Result<Value> {
    let set: JwkSet = serde_json::from_value(jwks.clone()).unwrap();
    let kid = jsonwebtoken::decode_header(token)?.kid.unwrap_or_default();
    let key = DecodingKey::from_jwk(set.find(&kid).expect("the key set has the token's key"))?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_aud = false;
    validation.set_issuer(&[ISSUER]);
    jsonwebtoken::decode(token, &key, &validation).map(|token| token.claims)
}
