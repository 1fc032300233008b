//! Table and buckets in another AWS than the stand-ins: made there under names of their own, found again by a restart.
//! Nothing of it is ever removed: what is locked could not be.

use std::path::Path;
use std::time::{Duration, Instant};

use fude_standin_dynamodb::definition;
use fude_target::{Account, Service, Target};
use serde_json::json;

use crate::caller::blocking;
use crate::settings::Names;

const PATIENCE: Duration = Duration::from_secs(120);

pub fn account() -> Result<Account, String> {
    Account::from_environment().map_err(|e| e.to_string())
}

/// Names that nobody has: of buckets there may be one in the world. `<state>/elsewhere` keeps what they begin with.
pub fn names(state: &Path) -> Result<Names, String> {
    let file = state.join("elsewhere");
    let failed = |e: std::io::Error| format!("{}: {e}", file.display());
    let prefix = match std::fs::read_to_string(&file) {
        Ok(prefix) => prefix,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let prefix = format!("fude-{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
            std::fs::write(&file, &prefix).map_err(failed)?;
            prefix
        }
        Err(e) => return Err(failed(e)),
    };
    Ok(Names {
        table: prefix.clone(),
        records: format!("{prefix}-records"),
        documents: format!("{prefix}-documents"),
        audit: format!("{prefix}-audit"),
    })
}

/// Makes what is missing of the table and the buckets that stand elsewhere.
pub async fn make(target: &Target, names: &Names, account: &Account) -> Result<(), String> {
    let (target, names, account) = (target.clone(), names.clone(), account.clone());
    blocking(move || {
        if let Some(address) = &target.dynamodb {
            table(&Service::dynamodb(address, &account), &names.table)?;
        }
        if let Some(address) = &target.s3 {
            let s3 = Service::s3(address, &account);
            for (name, lock) in names.buckets() {
                bucket(&s3, name, lock)?;
            }
        }
        Ok(())
    })
    .await
}

fn table(dynamodb: &Service, name: &str) -> Result<(), String> {
    match dynamodb.json("DynamoDB_20120810.CreateTable", &definition(name)) {
        Err(e) if e.code() != "ResourceInUseException" => return Err(e.to_string()),
        _ => {}
    }
    let began = Instant::now();
    loop {
        let described = dynamodb.json("DynamoDB_20120810.DescribeTable", &json!({ "TableName": name }));
        let described = described.map_err(|e| e.to_string())?;
        let indexes = described["Table"]["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
        let mut parts = std::iter::once(&described["Table"]["TableStatus"]).chain(indexes.map(|i| &i["IndexStatus"]));
        if parts.all(|status| status == "ACTIVE") {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("the table {name} does not become active"));
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn bucket(s3: &Service, name: &str, lock: bool) -> Result<(), String> {
    // us-east-1 is where a bucket comes without this, and must not be named
    let place = match s3.region() {
        "us-east-1" => String::new(),
        region => format!(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        ),
    };
    // A bucket with Object Lock has versions
    let headers: &[_] = if lock { &[("x-amz-bucket-object-lock-enabled", "true")] } else { &[] };
    let made = s3.send("PUT", &format!("/{name}"), headers, place.as_bytes())?;
    let text = String::from_utf8_lossy(&made.body);
    if made.status != 200 && !text.contains("<Code>BucketAlreadyOwnedByYou</Code>") {
        return Err(format!("the bucket {name} cannot be made: {} {text}", made.status));
    }
    if lock {
        return Ok(());
    }
    let versions = b"<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
        <Status>Enabled</Status></VersioningConfiguration>";
    let set = s3.send("PUT", &format!("/{name}?versioning"), &[], versions)?;
    if set.status == 200 {
        Ok(())
    } else {
        Err(format!("the bucket {name} gets no versions: {} {}", set.status, String::from_utf8_lossy(&set.body)))
    }
}
