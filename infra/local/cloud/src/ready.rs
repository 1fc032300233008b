//! `ready.json`: what other programs rely on. Written when all is up and the main job done, removed when it stops.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::seed::DATA_SOURCE;
use crate::settings::{CLIENT, Names, POOL};
use crate::stack::Stack;
use crate::staff::HOUSES;

pub fn path(state: &Path) -> PathBuf {
    state.join("ready.json")
}

/// A stale one must not tell of a stack that is gone.
pub fn remove(state: &Path) {
    _ = std::fs::remove_file(path(state));
}

/// `desk` is where the desk was started.
pub fn write(state: &Path, stack: &Stack, desk: Option<&str>) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mut content = content(stack);
    if let Some(address) = desk {
        content["desk"] = address.into();
    }
    let text = serde_json::to_string_pretty(&content).expect("plain JSON serialises");
    let (file, next) = (path(state), state.join("ready.json.next"));
    let failed = |e: std::io::Error| format!("{} cannot be written: {e}", file.display());
    std::fs::write(&next, text).map_err(failed)?;
    std::fs::set_permissions(&next, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    std::fs::rename(&next, &file).map_err(failed)
}

fn content(stack: &Stack) -> Value {
    let Names { table, records, documents, audit } = &stack.names;
    let users = stack.cognito.users();
    let hospitals: Vec<Value> = HOUSES
        .iter()
        .map(|house| {
            let identity = &stack.pki.clients[house.id];
            let listed: Vec<Value> = house
                .users
                .iter()
                .filter_map(|listed| {
                    let user = users.iter().find(|u| u.name == listed.name)?;
                    Some(json!({ "name": listed.name, "role": listed.role, "password": user.password,
                        "totpSecret": user.totp_secret }))
                })
                .collect();
            let patients: Vec<&str> = fude_records::patients(house.id).iter().map(|p| p.number).collect();
            json!({
                "id": house.id,
                "clientCert": identity.cert,
                "clientKey": identity.key,
                "stagingKey": hex::encode(stack.staging_key(house.id)),
                "dataSources": [{ "id": DATA_SOURCE, "patients": patients }],
                "users": listed,
            })
        })
        .collect();
    let refused: Vec<Value> = stack
        .pki
        .refused
        .iter()
        .map(|r| json!({ "why": r.why, "clientCert": r.identity.cert, "clientKey": r.identity.key }))
        .collect();
    let mut content = json!({
        "api": stack.api(),
        "ca": stack.pki.ca_cert,
        "bedrock": stack.address.bedrock,
        "s3": stack.address.s3,
        "dynamodb": stack.address.dynamodb,
        "streams": stack.address.streams,
        "kms": stack.address.kms,
        "cognito": stack.address.cognito,
        "userPoolId": POOL,
        "clientId": CLIENT,
        "table": table,
        "buckets": { "records": records, "documents": documents, "audit": audit },
        "logPublicKey": hex::encode(stack.kms.log_public_key()),
        "hospitals": hospitals,
        "refusedCertificates": refused,
        // Valid, but registered by no operator: 403 certificate-unknown.
        "unregisteredCertificate": { "clientCert": stack.pki.unregistered.cert, "clientKey": stack.pki.unregistered.key },
    });
    if let Some(wire) = &stack.wire {
        content["wire"] = wire.control().into();
    }
    content
}
