//! `--check` names everything that is wrong, and a wrong configuration does not start.

use std::process::Command;

const CONFIG: &str = r#"
hospital = "hospital-a"
name = "みずき野総合病院"
listen = "0.0.0.0:443"
state = "state"

[api]
url = "http://api.example"
ca = "ca.pem"
certificate = "gateway.pem"
key = "gateway.key"
data_source = "ehr-main"

[sign_in]
url = "http://cognito.example"
client_id = "client"

[census]
file = "patients.json"

[[staff]]
user = "sato"
name = "佐藤 健一"
role = "doctor"

[[addressee]]
type = "nobody"
"#;

#[test]
fn everything_that_is_wrong_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hospital.toml");
    std::fs::write(&file, CONFIG).expect("written");
    std::fs::write(folder.path().join("patients.json"), r#"[{ "number": "1", "birthDate": "8.3.1944" }]"#)
        .expect("written");
    let key = folder.path().join("gateway.key");
    std::fs::write(&key, "no key").expect("written");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    for more in [&["--check"][..], &[]] {
        let run = Command::new(env!("CARGO_BIN_EXE_fude-hospital")).arg("--config").arg(&file).args(more).output();
        let run = run.expect("the program runs");
        let said = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(1), "{said}");
        for wrong in [
            "api.url must begin with https://",
            "sign_in.url must begin with https://",
            "tls is missing",
            "origin is missing",
            "gateway.key can be read by others",
            "ca.pem cannot be read",
            "entry 1 lacks its number or has a wrong date",
            "\"doctor\" is no role",
            "no document goes to the type \"nobody\"",
        ] {
            assert!(said.contains(wrong), "{wrong} is not said:\n{said}");
        }
        assert!(!said.contains("1944"), "no line of the patients' list");
    }
}

#[test]
fn a_misspelt_member_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hospital.toml");
    std::fs::write(&file, CONFIG.replace("hospital =", "hosptial =")).expect("written");
    let run = Command::new(env!("CARGO_BIN_EXE_fude-hospital")).arg("--config").arg(&file).arg("--check").output();
    let said = String::from_utf8_lossy(&run.expect("the program runs").stderr).into_owned();
    assert!(said.contains("hosptial"), "{said}");
}
