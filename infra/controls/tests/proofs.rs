//! What `docs/` says of the repository is so, and what is not so is refused.

use std::path::Path;
use std::process::Command;

use fude_controls::check;
use fude_controls::controls::{Controls, Standing};
use fude_controls::dependencies::Reasons;
use fude_controls::proof::Proof;
use fude_controls::repository::Repository;
use fude_controls::risks::{Register, Treatment};
use fude_controls::sheet;

fn repository() -> Repository {
    Repository::around(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the tests run in the repository")
}

fn controls() -> Controls {
    Controls::read(&repository()).expect("readable controls")
}

#[test]
fn every_proof_risk_reason_and_command_exists() {
    let findings = check::all(&repository()).expect("readable documents");
    assert!(findings.faults.is_empty(), "{}", findings.report());
    assert!(findings.proofs > 60, "{}", findings.report());
}

#[test]
fn every_row_says_who_answers() {
    let controls = controls();
    assert_eq!(controls.rows().len(), 32);
    assert_eq!(controls.faults(), Vec::<String>::new());
    let broken = |change: fn(&mut Controls)| {
        let mut controls = controls.clone();
        change(&mut controls);
        controls.faults()
    };
    let faults = [
        broken(|c| c.control.get_mut("7").unwrap().who.clear()),
        broken(|c| c.control.get_mut("7").unwrap().hospital.clear()),
        broken(|c| c.control.get_mut("10").unwrap().hospital = "見る".to_owned()),
        broken(|c| c.control.get_mut("7").unwrap().proof.clear()),
        broken(|c| _ = c.control.remove("7")),
        broken(|c| {
            let seven = c.control["7"].clone();
            c.control.insert("seven".to_owned(), seven);
        }),
    ];
    assert!(faults.iter().all(|f| !f.is_empty()), "{faults:?}");
}

#[test]
fn a_broken_proof_is_refused() {
    let repository = repository();
    let tests = |name: &str, file: &str| Proof {
        tests: vec![name.to_owned()],
        file: Some(file.to_owned()),
        ..Proof::default()
    };
    let command = |line: &str| Proof { command: Some(line.to_owned()), ..Proof::default() };
    let here = "infra/controls/tests/proofs.rs";
    assert_eq!(tests("a_broken_proof_is_refused", here).exists(&repository), Ok(()));
    assert_eq!(command("cargo run -p fude-controls -- --check").exists(&repository), Ok(()));
    assert_eq!(command("cargo run -- --once --state DIR").exists(&repository), Ok(()));
    assert_eq!(command("fude-admin recover --state DIR --apply").exists(&repository), Ok(()));

    let text = |file: &str| Proof {
        text: Some("本ソフトウェアは医療機器ではあるが".to_owned()),
        file: Some(file.to_owned()),
        ..Proof::default()
    };
    let resource = Proof {
        resource: Some("Nothing".to_owned()),
        kind: Some("AWS::S3::Bucket".to_owned()),
        file: Some("infra/openapi.yaml".to_owned()),
        ..Proof::default()
    };
    let broken = [
        tests("no_such_test", here),
        tests("repository", here),
        tests("a_broken_proof_is_refused", "infra/controls/tests/gone.rs"),
        tests("a_broken_proof_is_refused", "../elsewhere/proofs.rs"),
        Proof { tests: vec!["a_broken_proof_is_refused".to_owned()], ..Proof::default() },
        command("cargo run -p no-such-package"),
        command("cargo run -p fude-controls -- --no-such-option"),
        command("cargo run -p fude-controls -- frobnicate"),
        command("cargo run -- --no-such-option"),
        command("cargo test -p no-such-package"),
        command("fude-admin frobnicate"),
        command("fude-nothing"),
        command("python3 tests/verify/gone.py"),
        command(".ci/gone"),
        text("README.ja.md"),
        text("docs/gone.md"),
        resource,
        Proof::default(),
        Proof {
            tests: vec!["every_row_says_who_answers".to_owned()],
            file: Some(here.to_owned()),
            ..command("cargo x")
        },
    ];
    for proof in broken {
        assert!(proof.exists(&repository).is_err(), "{proof:?}");
        // The same in a row: a fault, unless it is said to be awaited
        let mut controls = controls();
        let row = controls.control.get_mut("19").unwrap();
        row.proof.push(proof.clone());
        assert_eq!(check::of_controls(&repository, &controls).faults.len(), 1, "{proof:?}");
        controls.control.get_mut("19").unwrap().proof.last_mut().unwrap().awaited = true;
        assert!(check::of_controls(&repository, &controls).faults.is_empty(), "{proof:?}");
    }
}

#[test]
fn every_risk_is_tied_to_controls() {
    let (controls, register) = (controls(), Register::read(&repository()).expect("a readable register"));
    assert!(register.risk.len() >= 20);
    assert_eq!(register.faults(&controls), Vec::<String>::new());
    for treatment in [Treatment::Avoid, Treatment::Reduce, Treatment::Transfer, Treatment::Accept] {
        assert!(register.risk.iter().any(|r| r.treatment == treatment), "{treatment:?}");
    }
    let broken = |change: fn(&mut Register)| {
        let mut register = register.clone();
        change(&mut register);
        register.faults(&controls)
    };
    let faults = [
        broken(|r| r.risk[0].controls.clear()),
        broken(|r| r.risk[0].controls.push(33)),
        broken(|r| r.risk[0].left = [3, 3]),
        broken(|r| r.risk[0].likelihood = 4),
        broken(|r| r.risk[1].id = "R01".to_owned()),
        broken(|r| r.risk[0].how.clear()),
    ];
    for fault in faults {
        assert!(fault.iter().all(|f| f.contains("R01")) && !fault.is_empty(), "{fault:?}");
    }
}

#[test]
fn a_dependency_without_reason_and_a_reason_without_dependency_are_refused() {
    let repository = repository();
    let mut reasons = Reasons::read(&repository).expect("readable reasons");
    assert_eq!(reasons.faults(&repository).unwrap(), Vec::<String>::new());
    reasons.reason.remove("ring");
    reasons.reason.insert("left-pad".to_owned(), "padding".to_owned());
    let faults = reasons.faults(&repository).unwrap();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("ring has no reason") && faults[1].contains("left-pad"), "{faults:?}");
}

#[test]
fn the_sheet_holds_every_row_and_hides_nothing_that_is_open() {
    let controls = controls();
    let sheet = sheet::markdown(&controls);
    for (id, control) in controls.rows() {
        assert!(sheet.contains(&format!("\n### {id}　")), "{id}");
        assert!(sheet.contains(&control.open), "{id}");
        for proof in &control.proof {
            assert!(sheet.contains(&proof.said()), "{id}: {}", proof.said());
        }
    }
    assert_eq!(controls.with_standing()["control"]["2"]["standing"], "proved");
    assert!(sheet.contains("（項番は要確認）") && !sheet.contains('?'), "an item read in part is said in words");
    let mut row = controls.control["2"].clone();
    assert_eq!(row.standing(), Standing::Proved);
    row.open = "まだない".to_owned();
    assert_eq!(row.standing(), Standing::Partly);
    row.proof.clear();
    assert_eq!(row.standing(), Standing::Open);
    row.open.clear();
    row.proof = vec![Proof { awaited: true, ..Proof::default() }];
    assert_eq!(row.standing(), Standing::Open);
}

/// A repository of one member, whose documents say one thing each.
fn small(control_proof: &str, document: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent"))
            .and_then(|()| std::fs::write(path, text))
            .expect("written");
    };
    write("Cargo.toml", "[workspace]\nmembers = [\"infra/admin\"]\n");
    write("infra/admin/Cargo.toml", "[package]\nname = \"fude-admin\"\n");
    write(
        "infra/admin/src/main.rs",
        "enum Command {\n    Recover {\n        apply: bool,\n    },\n}\n#[test]\nfn sound() {}\n",
    );
    write("README.md", "");
    write("README.ja.md", "");
    write("docs/operations.md", document);
    write("docs/operations.ja.md", document);
    write("docs/dependencies.toml", "[reason]\n");
    write("docs/risks.toml", "risk = []\n");
    let controls = format!(
        "[sheet]\nservice = \"s\"\nedition = \"e\"\nform = \"f\"\n[control.1]\nguideline = {{ edition = \"6.0\", item = \
         \"i\" }}\ndemand = \"d\"\nwho = [\"vendor\"]\nhow = \"h\"\nproof = [{control_proof}]\n"
    );
    write("docs/controls.toml", &controls);
    folder
}

fn checked(folder: &tempfile::TempDir) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_fude-controls");
    let output = Command::new(program).args(["--check", "--root"]).arg(folder.path()).output().expect("it runs");
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&printed).into_owned())
}

#[test]
fn the_program_ends_with_1_where_something_is_not_so() {
    let sound = r#"{ tests = ["sound"], file = "infra/admin/src/main.rs" }"#;
    let (code, printed) = checked(&small(sound, "Run `fude-admin recover --apply`.\n"));
    assert_eq!((code, printed.as_str()), (Some(0), "1 proofs exist, 0 are awaited, 0 statements are not so\n"));

    let (code, printed) = checked(&small(&sound.replace("\"sound\"", "\"unsound\""), ""));
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("control 1: infra/admin/src/main.rs: there is no test unsound"), "{printed}");

    let (code, printed) = checked(&small(sound, "```sh\nfude-admin destroy --apply\n```\n"));
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("docs/operations.md: `fude-admin destroy --apply`"), "{printed}");

    let awaited = format!(r#"{sound}, {{ command = "fude-admin destroy", awaited = true }}"#);
    let (code, printed) = checked(&small(&awaited, "`fude-admin destroy --apply`"));
    assert_eq!(code, Some(0), "{printed}");
    let (code, printed) = checked(&small(&awaited.replace("destroy", "recover"), ""));
    assert!(code == Some(0) && printed.contains("take `awaited` away"), "{printed}");

    let named = small(sound, "R01 and C1 and C2, `sound` and `no_such_test_here`.\n");
    let (code, printed) = checked(&named);
    assert_eq!(code, Some(1), "{printed}");
    for said in ["there is no risk R01", "there is no control 2", "there is no test no_such_test_here"] {
        assert!(printed.contains(&format!("docs/operations.md: {said}")), "{said}: {printed}");
    }
    assert!(!printed.contains("no control 1\n"), "{printed}");

    let unnamed = small(sound, "");
    let risk = "[[risk]]\nid = \"R01\"\nwhat = \"w\"\nlikelihood = 1\nharm = 1\ntreatment = \"accept\"\nhow = \"h\"\nleft = \
                [1, 1]\nbearer = \"vendor\"\ncontrols = [1]\n";
    std::fs::write(unnamed.path().join("docs/risks.toml"), risk).expect("written");
    assert_eq!(checked(&unnamed).0, Some(0));
    std::fs::write(unnamed.path().join("docs/threat-model.md"), "R1 and nothing else\n").expect("written");
    let (code, printed) = checked(&unnamed);
    assert!(code == Some(1) && printed.contains("threat-model.md: risk R01 stands nowhere"), "{printed}");

    let uneven = small(sound, "```sh\naws s3 ls\n```\n");
    std::fs::write(uneven.path().join("docs/operations.ja.md"), "## 一\n").expect("written");
    let template = "Parameters:\n  Colour: { Type: String }\nOutputs:\n  Table: { Value: x }\n";
    std::fs::write(uneven.path().join("infra/template.yaml"), template).expect("written");
    let (code, printed) = checked(&uneven);
    assert_eq!(code, Some(1), "{printed}");
    for said in ["its commands are not", "its sections are not", "operations.ja.md: the parameter Colour"] {
        assert!(printed.contains(said), "{said}: {printed}");
    }
    let unknown_output = small(sound, "`Colour`\n```sh\necho $(out Chair) $(out Table)\n```\n");
    std::fs::write(unknown_output.path().join("infra/template.yaml"), template).expect("written");
    let (code, printed) = checked(&unknown_output);
    assert_eq!((code, printed.lines().count()), (Some(1), 2), "{printed}");
    assert!(printed.contains("infra/template.yaml has no output Chair"), "{printed}");

    let (code, printed) = checked(&small("{ unknown = 1 }", ""));
    assert_eq!(code, Some(2), "{printed}");
}
