//! Problems of RFC 9457: stable slugs, one status each. `detail` is written for the caller and holds no patient data.

use serde::Serialize;

/// Where the slugs are explained.
pub const BASE: &str = "https://fude.example/problems/";

macro_rules! problems {
    ($( $(#[$doc:meta])* $name:ident = $slug:literal, $status:literal, $title:literal; )*) => {
        /// Every problem that a function or the gateway before it answers with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Slug { $( $(#[$doc])* $name ),* }

        impl Slug {
            pub const ALL: &[Self] = &[ $( Self::$name ),* ];
            pub const fn as_str(self) -> &'static str { match self { $( Self::$name => $slug ),* } }
            pub const fn status(self) -> u16 { match self { $( Self::$name => $status ),* } }
            pub const fn title(self) -> &'static str { match self { $( Self::$name => $title ),* } }
        }
    };
}

problems! {
    MalformedRequest = "malformed-request", 400, "Malformed request";
    TokenRefused = "token-refused", 401, "Token refused";
    RoleNotPermitted = "role-not-permitted", 403, "Role not permitted";
    CertificateTokenMismatch = "certificate-token-mismatch", 403, "Certificate and token belong to different hospitals";
    CertificateUnknown = "certificate-unknown", 403, "The client certificate is not registered";
    CertificateRevoked = "certificate-revoked", 403, "The client certificate is revoked";
    NotFound = "not-found", 404, "Not found";
    UnknownDataSource = "unknown-data-source", 404, "The data source is not registered for this hospital";
    RecordNotFound = "record-not-found", 404, "No record is staged for this patient and data source";
    MethodNotAllowed = "method-not-allowed", 405, "Method not allowed";
    NotAcceptable = "not-acceptable", 406, "None of the accepted media types can be given";
    /// Finalising takes a fresh sign-in.
    SignInTooOld = "sign-in-too-old", 401, "The sign-in is too old";
    FlagsOpen = "flags-open", 409, "Flags are without an answer";
    Incomplete = "incomplete", 409, "Something is left to fill";
    StateNotAllowed = "state-not-allowed", 409, "Not in this state of the document";
    PreconditionFailed = "precondition-failed", 412, "The document was changed meanwhile";
    PreconditionRequired = "precondition-required", 428, "If-Match is needed";
    PatientMismatch = "patient-mismatch", 409, "The record is not only about the patient asked for";
    DraftExpired = "draft-expired", 410, "The draft has expired";
    RecordTooLarge = "record-too-large", 413, "Record too large";
    UnsupportedMediaType = "unsupported-media-type", 415, "Unsupported media type";
    UnknownDocumentType = "unknown-document-type", 422, "There is no template of this document type";
    AddresseeNotAllowed = "addressee-not-allowed", 422, "This kind of document does not go to this addressee";
    IdempotencyKeyReused = "idempotency-key-reused", 422, "The idempotency key was used for another request";
    RecordUnusable = "record-unusable", 422, "The record cannot be used";
    Throttled = "throttled", 429, "Too many requests";
    ModelThrottled = "model-throttled", 429, "The model is busy";
    ModelUnavailable = "model-unavailable", 503, "The model gave no usable answer";
    StoreUnavailable = "store-unavailable", 503, "The store did not answer";
    StillDrafting = "still-drafting", 503, "Still drafting";
    IntegrityFailure = "integrity-failure", 500, "The stored document does not match its hashes";
    /// The gateway got no answer from a function.
    ServiceUnavailable = "service-unavailable", 503, "Service unavailable";
}

/// What the caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub slug: Slug,
    pub detail: String,
    /// Seconds; always set for 429 and 503.
    pub retry_after: Option<u32>,
}

impl Problem {
    pub fn new(slug: Slug, detail: impl Into<String>) -> Self {
        let retry_after = matches!(slug.status(), 429 | 503).then_some(5);
        Self { slug, detail: detail.into(), retry_after }
    }

    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The body; `instance` is the request id.
    pub fn body(&self, instance: &str) -> String {
        #[derive(Serialize)]
        struct Body<'b> {
            r#type: String,
            title: &'b str,
            status: u16,
            detail: &'b str,
            instance: &'b str,
        }
        serde_json::to_string(&Body {
            r#type: format!("{BASE}{}", self.slug.as_str()),
            title: self.slug.title(),
            status: self.slug.status(),
            detail: &self.detail,
            instance,
        })
        .expect("strings serialise")
    }
}

impl From<crate::record::RecordError> for Problem {
    fn from(error: crate::record::RecordError) -> Self {
        use crate::record::RecordError as E;
        let slug = match error {
            E::NotABundle | E::NoPatient | E::UnreadablePatient => Slug::RecordUnusable,
            E::OtherPatient | E::DemographicsDiffer => Slug::PatientMismatch,
        };
        Self::new(slug, error.to_string())
    }
}
