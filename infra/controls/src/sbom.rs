//! Software bill of materials: CycloneDX 1.5, JSON, from `Cargo.lock`; the same bytes for the same lock.
//!
//! `scope` is `required` for what the deployed functions hold and `excluded` for what only tests, tools and other
//! platforms need. Without the sources of a build there are no scopes and no licences, and the property
//! `fude:licences` says so.

use serde_json::{Value, json};

use crate::Error;
use crate::lock::{Lock, Package};
use crate::metadata::Metadata;
use crate::repository::Repository;

pub fn cyclonedx(repository: &Repository) -> Result<Value, Error> {
    let lock = Lock::read(repository)?;
    Ok(of(&lock, Metadata::read(repository).as_ref()))
}

/// The bill of a lock, with or without licences.
pub fn of(lock: &Lock, metadata: Result<&Metadata, &String>) -> Value {
    let members: Vec<String> = lock.package.iter().filter(|p| p.source.is_none()).map(Package::purl).collect();
    let mut dependencies = vec![json!({ "ref": "fude", "dependsOn": members })];
    dependencies.extend(lock.package.iter().map(|p| {
        let mut on: Vec<String> = lock.dependencies(p).map(Package::purl).collect();
        on.sort();
        on.dedup();
        json!({ "ref": p.purl(), "dependsOn": on })
    }));
    let read = match metadata {
        Ok(_) => "read from the packages".to_owned(),
        Err(why) => format!("not read: {why}"),
    };
    let version = env!("CARGO_PKG_VERSION");
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "tools": { "components": [{ "type": "application", "name": "fude-controls", "version": version }] },
            "component": {
                "type": "application", "bom-ref": "fude", "name": "fude", "version": version,
                "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            },
            "properties": [{ "name": "fude:licences", "value": read }],
        },
        "components": lock.package.iter().map(|p| component(p, metadata.ok())).collect::<Vec<_>>(),
        "dependencies": dependencies,
    })
}

fn component(package: &Package, metadata: Option<&Metadata>) -> Value {
    let mut component = json!({
        "type": "library", "bom-ref": package.purl(), "name": package.name, "version": package.version,
    });
    if package.source.is_some() {
        component["purl"] = json!(package.purl());
    }
    if let Some(checksum) = &package.checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    if let Some(metadata) = metadata {
        let key = (package.name.clone(), package.version.clone());
        component["scope"] = json!(if metadata.shipped.contains(&key) { "required" } else { "excluded" });
        if let Some(licence) = metadata.licences.get(&key) {
            component["licenses"] = json!([{ "expression": licence }]);
        }
    }
    component
}
