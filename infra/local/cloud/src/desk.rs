//! The desk of the first hospital beside the local cloud: its configuration, its list of patients, its process.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::seed::DATA_SOURCE;
use crate::settings::CLIENT;
use crate::stack::{Stack, binary};
use crate::staff::{HOUSES, House};

const PROGRAM: &str = "fude-hospital";
const PATIENCE: Duration = Duration::from_secs(20);

/// The running desk; ends with this process, however that ends, since it holds the other end of its input.
pub struct Desk {
    pub address: String,
    child: Child,
}

impl Desk {
    /// On that port of loopback, or on any that is free.
    pub async fn start(stack: &Stack, state: &Path, port: u16) -> Result<Self, String> {
        let folder = state.join("desk");
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let house = &HOUSES[0];
        let write = |name: &str, text: String| {
            let file = folder.join(name);
            std::fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display())).map(|()| file)
        };
        write("patients.json", patients(house.id).to_string())?;
        let free = std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        let config = write("desk.toml", configuration(stack, house, if free { port } else { 0 }))?;
        let log = std::fs::File::options().create(true).append(true).open(state.join("log/desk.log"));
        let log = log.map_err(|e| format!("the desk's log cannot be written: {e}"))?;
        let mut child = Command::new(binary(PROGRAM)?)
            .env_clear()
            .arg("--config")
            .arg(config)
            .arg("--attached")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| format!("{PROGRAM} cannot be started: {e}"))?;
        let out = child.stdout.take().expect("a pipe was asked for");
        let line = tokio::time::timeout(PATIENCE, BufReader::new(out).lines().next_line()).await;
        let line = line.ok().and_then(Result::ok).flatten().unwrap_or_default();
        let address = line.strip_prefix("desk ").map(str::to_owned);
        let address = address.ok_or("the desk did not start; log/desk.log says why")?;
        Ok(Self { address, child })
    }

    pub async fn stop(mut self) {
        drop(self.child.stdin.take());
        if tokio::time::timeout(Duration::from_secs(3), self.child.wait()).await.is_err() {
            _ = self.child.kill().await;
        }
    }
}

/// TOML has JSON's strings.
fn text(value: &str) -> String {
    Value::from(value).to_string()
}

fn configuration(stack: &Stack, house: &House, port: u16) -> String {
    let identity = &stack.pki.clients[house.id];
    let name = fude_records::institution(house.id).map(|i| i.name).unwrap_or_default();
    let path = |p: &Path| text(&p.display().to_string());
    let mut out = format!(
        "# Written anew at every start of the local cloud.\nhospital = {}\nname = {}\nlisten = \"127.0.0.1:{port}\"\nstate = \"state\"\n\n\
         [api]\nurl = {}\nca = {}\ncertificate = {}\nkey = {}\ndata_source = {}\n\n\
         [sign_in]\nurl = {}\nclient_id = {}\n\n[census]\nfile = \"patients.json\"\n",
        text(house.id),
        text(&name),
        text(&stack.api()),
        path(&stack.pki.ca_cert),
        path(&identity.cert),
        path(&identity.key),
        text(DATA_SOURCE),
        text(&stack.address.cognito),
        text(CLIENT),
    );
    for user in house.users {
        out.push_str(&format!(
            "\n[[staff]]\nuser = {}\nname = {}\nrole = {}\ndepartment = {}\n",
            text(user.name),
            text(user.full_name),
            text(user.role),
            text(user.department)
        ));
    }
    for [kind, institution, department] in ADDRESS_BOOK {
        out.push_str(&format!(
            "\n[[addressee]]\ntype = {}\ninstitution = {}\ndepartment = {}\n",
            text(kind),
            text(institution),
            text(department)
        ));
    }
    out
}

const ADDRESS_BOOK: [[&str; 3]; 7] = [
    ["medical-institution", "みなと診療所", "内科"],
    ["medical-institution", "さくら坂クリニック", ""],
    ["visiting-nurse-station", "訪問看護ステーションわかば", ""],
    ["care-manager", "ふれあいケアプランセンター若葉", ""],
    ["pharmacy", "みなと薬局", ""],
    ["patient", "", ""],
    ["family", "", ""],
];

/// The list that an EMR would write, out of the invented records.
fn patients(hospital: &str) -> Value {
    let day = |at: &str| at.get(..10).unwrap_or(at).to_owned();
    let listed = fude_records::patients(hospital).into_iter().map(|record| {
        let source = record.source();
        let stay = source.encounter.iter().filter(|e| e.class == "IMP").max_by(|a, b| a.start.cmp(&b.start));
        let visit = stay.or(source.encounter.last());
        let told = source.condition.iter().filter(|c| c.tags.is_empty() && c.security.is_none());
        let mut diagnoses: Vec<String> = told.map(|c| c.text.clone()).collect();
        diagnoses.dedup();
        json!({
            "number": record.number,
            "name": source.patient.name,
            "kana": source.patient.kana.clone().unwrap_or_default(),
            "birthDate": record.birth_date,
            "gender": source.patient.gender.clone().unwrap_or_default(),
            "department": visit.map(|v| v.department.clone()).unwrap_or_default(),
            "ward": visit.and_then(|v| v.ward.clone()).unwrap_or_default(),
            "admitted": stay.map(|s| day(&s.start)).unwrap_or_default(),
            "discharged": stay.and_then(|s| s.end.as_deref()).map(day).unwrap_or_default(),
            "diagnoses": diagnoses,
        })
    });
    listed.collect()
}
