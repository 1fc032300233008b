//! What an operator and a hospital would have done before the first request: registration, certificates, staged
//! records. Written once; a restart finds it as it was left.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_types::SdkConfig;
use fude::compose::Sender;
use fude::integrity::hmac_sha256;
use fude_aws::caller::Certificate;
use fude_aws::clients::cause;
use fude_aws::hospital::{DataSource, KeyUse, Registration, Revoked, Staff, certificate_key, hospital_key, staff_sk};
use fude_front::Pki;
use fude_standin_kms::Kms;
use fude_target::Account;

use crate::settings::Names;
use crate::staff::{self, HOUSES, MAIN_JOB_USER, User};

pub const DATA_SOURCE: &str = "ehr-main";

/// Clients of a stand-in, or of a service elsewhere.
pub fn sdk(endpoint: &str, account: &Account) -> SdkConfig {
    let Account { region, access_key, secret_key, session_token } = account.clone();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            access_key, secret_key, session_token, None, "local",
        )))
        .http_client(fude_aws::clients::http_client())
        .build()
}

pub fn staging_key(kms: &Kms, hospital: &str) -> [u8; 32] {
    kms.generate_mac(KeyUse::Staging.label(hospital).as_bytes())
}

/// Table and buckets.
pub struct Stores<'s> {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub s3: aws_sdk_s3::Client,
    pub names: &'s Names,
}

pub async fn all(stores: &Stores<'_>, pki: &Pki, kms: &Kms) -> Result<(), String> {
    for house in &HOUSES {
        register(stores, pki, house.id).await?;
        let further = (house.id == HOUSES[0].id).then_some(&MAIN_JOB_USER);
        for user in house.users.iter().chain(further) {
            register_staff(stores, house.id, user).await?;
        }
        stage(stores, kms, house.id).await?;
    }
    Ok(())
}

async fn register(stores: &Stores<'_>, pki: &Pki, hospital: &str) -> Result<(), String> {
    let identity = pki.clients.get(hospital).ok_or("a hospital has no certificate")?;
    let certificate = read_certificate(&identity.cert)?;
    let mut revoked = Vec::new();
    if let Some(r) = pki.refused.iter().find(|r| r.why == "revoked") {
        let c = read_certificate(&r.identity.cert)?;
        revoked.push(Revoked { issuer_sha256: c.issuer_sha256, serial: c.serial });
    }
    let institution = fude_records::institution(hospital).ok_or("a hospital has no records")?;
    let registration = Registration {
        sender: Sender {
            name: institution.name,
            institution_number: institution.number,
            address: format!("〒{} {}", institution.postal, institution.address),
            telephone: institution.phone,
        },
        certificates: vec![certificate.issuer_subject_sha256.clone()],
        revoked,
        // Registered without an identifier system: the value alone decides.
        data_sources: vec![DataSource { id: DATA_SOURCE.to_owned(), ..DataSource::default() }],
        ..Registration::default()
    };
    let json = serde_json::to_string(&registration).expect("a registration is plain data");
    let rows = [
        (hospital_key(hospital), "registration", json),
        (certificate_key(&certificate.issuer_subject_sha256), "hospital", hospital.to_owned()),
    ];
    for (pk, name, value) in rows {
        let sent = stores
            .dynamodb
            .put_item()
            .table_name(&stores.names.table)
            .item("pk", AttributeValue::S(pk))
            .item("sk", AttributeValue::S("REGISTRATION".to_owned()))
            .item(name, AttributeValue::S(value))
            // What an operator changed since stays over a restart
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match sent.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) | Err(PutItemError::ConditionalCheckFailedException(_)) => {}
            Err(e) => return Err(format!("{hospital} cannot be registered: {}", cause(&e))),
        }
    }
    Ok(())
}

async fn register_staff(stores: &Stores<'_>, hospital: &str, user: &User) -> Result<(), String> {
    let staff = Staff {
        name: user.full_name.to_owned(),
        role: user.role.to_owned(),
        qualification: staff::qualification(user.role).to_owned(),
        department: user.department.to_owned(),
    };
    stores
        .dynamodb
        .put_item()
        .table_name(&stores.names.table)
        .item("pk", AttributeValue::S(hospital_key(hospital)))
        .item("sk", AttributeValue::S(staff_sk(user.name)))
        .item("staff", AttributeValue::S(serde_json::to_string(&staff).expect("plain data")))
        .send()
        .await
        .map(|_| ())
        .map_err(|e| format!("staff of {hospital} cannot be registered: {}", cause(&e)))
}

fn read_certificate(path: &std::path::Path) -> Result<Certificate, String> {
    let pem = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Certificate::from_pem(&pem).ok_or_else(|| format!("{} holds no certificate", path.display()))
}

async fn stage(stores: &Stores<'_>, kms: &Kms, hospital: &str) -> Result<(), String> {
    let key = staging_key(kms, hospital);
    for patient in fude_records::patients(hospital) {
        let name = hmac_sha256(&key, patient.number.as_bytes());
        let sent = stores
            .s3
            .put_object()
            .bucket(&stores.names.records)
            .key(format!("{hospital}/{DATA_SOURCE}/{name}.json"))
            .content_type("application/fhir+json")
            .if_none_match("*")
            .body(ByteStream::from(patient.bundle()))
            .send()
            .await;
        match sent {
            Ok(_) => {}
            Err(e) if e.code() == Some("PreconditionFailed") => {}
            Err(e) => return Err(format!("a record cannot be staged: {}", cause(&e))),
        }
    }
    Ok(())
}
