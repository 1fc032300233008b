//! Cognito's JSON API, the eleven calls that accounts take, signed by hand: the service's own client would be one more
//! SDK crate of a hundred operations to compile.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use fude_aws::clients::cause;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

const SERVICE: &str = "AWSCognitoIdentityProviderService";
const JSON: &str = "application/x-amz-json-1.1";
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// One user pool.
pub struct Cognito {
    connector: SharedHttpConnector,
    sdk: SdkConfig,
    endpoint: String,
    region: String,
    pool: String,
}

/// Why a call was not done.
#[derive(Debug)]
pub struct Failed {
    operation: &'static str,
    /// The service's code, such as `UserNotFoundException`; empty where it did not answer.
    code: String,
    message: String,
}

impl Failed {
    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

impl From<Failed> for String {
    fn from(failed: Failed) -> Self {
        let Failed { operation, code, message } = failed;
        let code = if code.is_empty() { code } else { format!("{code}: ") };
        format!("Cognito {operation} failed: {code}{message}")
    }
}

impl Cognito {
    /// The pool's id begins with its Region.
    pub fn new(sdk: SdkConfig, pool: &str, endpoint: Option<String>) -> Result<Self, String> {
        let region = pool.split_once('_').map(|(region, _)| region.to_owned());
        let region = region.ok_or_else(|| format!("{pool} is no id of a user pool, such as ap-northeast-1_…"))?;
        let endpoint = endpoint.unwrap_or_else(|| format!("https://cognito-idp.{region}.amazonaws.com/"));
        let connector = SharedHttpConnector::new(fude_aws::clients::connector());
        Ok(Self { connector, sdk, endpoint, region, pool: pool.to_owned() })
    }

    /// One call on this pool. Its body is never told in an error: it may hold a password.
    pub async fn call(&self, operation: &'static str, mut body: Value) -> Result<Value, Failed> {
        body["UserPoolId"] = json!(self.pool);
        let failed = |code: &str, message: String| Failed { operation, code: code.to_owned(), message };
        let request = self.signed(operation, body.to_string()).await.map_err(|message| failed("", message))?;
        let sent = tokio::time::timeout(TIME_LIMIT, self.connector.call(request)).await;
        let answer = sent.map_err(|_| failed("", "no answer in time".to_owned()))?;
        let answer = answer.map_err(|error| failed("", cause(&error)))?;
        let good = answer.status().is_success();
        let read = answer.into_body().collect().await.map_err(|error| failed("", cause(&*error)))?.to_bytes();
        let answer: Value = serde_json::from_slice(&read).unwrap_or_default();
        if good {
            return Ok(answer);
        }
        let text = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
        let code = text("__type");
        // Some services write a namespace before it
        let code = code.rsplit('#').next().unwrap_or_default();
        Err(failed(code, [text("message"), text("Message")].concat()))
    }

    async fn signed(&self, operation: &str, body: String) -> Result<HttpRequest, String> {
        let provider = self.sdk.credentials_provider().ok_or("there are no credentials")?;
        let credentials = provider.provide_credentials().await.map_err(|e| cause(&e))?;
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("cognito-idp")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|e| cause(&e))?
            .into();
        let target = format!("{SERVICE}.{operation}");
        let headers = [("content-type", JSON), ("x-amz-target", &target)];
        let signable =
            SignableRequest::new("POST", &self.endpoint, headers.into_iter(), SignableBody::Bytes(body.as_bytes()));
        let signed = sign(signable.map_err(|e| cause(&e))?, &parameters).map_err(|e| cause(&e))?;
        let (instructions, _) = signed.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body.as_str()));
        request.set_method("POST").map_err(|e| cause(&e))?;
        request.set_uri(self.endpoint.as_str()).map_err(|e| cause(&e))?;
        for (name, value) in headers.into_iter().chain(instructions.headers()) {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        Ok(request)
    }
}
