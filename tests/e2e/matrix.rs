//! The matrix of rights: every role × operation × own or other hospital's document × certificate and token agreeing or
//! not, through both front doors. The operations are those of `infra/openapi.yaml`; what is expected is written by hand
//! from the roles of the contract, not taken from the code.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::{Duration, Instant};

use e2e::assertions::{problem, slug_of};
use e2e::client::{Answer, Caller, accepted, filled, order, order_with};
use e2e::stack::Stack;
use fude::problem::Slug;
use serde_json::{Value, json};

/// One of each hospital, staged there and nowhere else.
const PATIENTS: [&str; 2] = ["84192637", "26839417"];

/// In the order of the columns below; the last is a token with a hospital and no role.
const ROLES: [&str; 5] = ["physician", "clerk", "nurse", "auditor", "no role"];
/// Who they are in hospital-a. The token of the last is that of `sato` without the group.
const PEOPLE: [&str; 5] = ["sato", "kimura", "mori", "ono", "sato"];

/// What the document is: a physician's kind, a nurse's kind, a physician's kind that two persons sealed.
const LETTER: &str = "referral-letter";
const NURSING: &str = "nursing-summary";
const SEALED: &str = "sealed";

/// Where no role: 403 `role-not-permitted`.
const ROLE: u16 = 403;
/// Allowed to the role, but not in the state that the document is in: 409 `state-not-allowed`.
const STATE: u16 = 409;
/// Certificate and token of two hospitals: 403 `certificate-token-mismatch`.
const MISMATCH: u16 = u16::MAX;
/// A search that answers without the document.
const UNSEEN: u16 = 0;

/// Physician drafts, reads, revises every kind and finalises where the kind says; clerk drafts, reads, revises on a
/// physician's behalf and records copies, and touches no nursing document; nurse the kinds of nurses alone; auditor
/// proofs and metadata, content of sealed documents only. In the order in which they are done.
type Row = (&'static str, &'static str, [u16; 5]);
const ROWS: [Row; 31] = [
    ("draftDocument", LETTER, [201, 201, ROLE, ROLE, ROLE]),
    ("draftDocument", NURSING, [201, ROLE, 201, ROLE, ROLE]),
    ("searchDocuments", LETTER, [200, 200, UNSEEN, 200, ROLE]),
    ("searchDocuments", NURSING, [200, UNSEEN, 200, 200, ROLE]),
    ("getDocument", LETTER, [200, 200, ROLE, 200, ROLE]),
    ("getDocument", NURSING, [200, ROLE, 200, 200, ROLE]),
    ("getDocument", SEALED, [200, 200, ROLE, 200, ROLE]),
    ("getContent", LETTER, [200, 200, ROLE, ROLE, ROLE]),
    ("getContent", NURSING, [200, ROLE, 200, ROLE, ROLE]),
    ("getContent", SEALED, [ROLE, ROLE, ROLE, 200, ROLE]),
    ("getChanges", LETTER, [200, 200, ROLE, ROLE, ROLE]),
    ("getChanges", NURSING, [200, ROLE, 200, ROLE, ROLE]),
    ("getChanges", SEALED, [ROLE, ROLE, ROLE, 200, ROLE]),
    ("getProof", LETTER, [200, 200, ROLE, 200, ROLE]),
    ("getProof", NURSING, [200, ROLE, 200, 200, ROLE]),
    ("getProof", SEALED, [200, 200, ROLE, 200, ROLE]),
    ("reviseDocument", LETTER, [201, 201, ROLE, ROLE, ROLE]),
    ("reviseDocument", NURSING, [201, ROLE, 201, ROLE, ROLE]),
    ("reviseDocument", SEALED, [STATE, STATE, ROLE, ROLE, ROLE]),
    ("finaliseDocument", LETTER, [200, ROLE, ROLE, ROLE, ROLE]),
    ("finaliseDocument", NURSING, [ROLE, ROLE, 200, ROLE, ROLE]),
    ("finaliseDocument", SEALED, [STATE, ROLE, ROLE, ROLE, ROLE]),
    ("issueDocument", LETTER, [201, 201, ROLE, ROLE, ROLE]),
    ("issueDocument", NURSING, [201, ROLE, 201, ROLE, ROLE]),
    ("issueDocument", SEALED, [STATE, STATE, ROLE, ROLE, ROLE]),
    ("withdrawDocument", LETTER, [200, ROLE, ROLE, ROLE, ROLE]),
    ("withdrawDocument", NURSING, [200, ROLE, 200, ROLE, ROLE]),
    ("withdrawDocument", SEALED, [STATE, ROLE, ROLE, ROLE, ROLE]),
    ("sealDocument", LETTER, [200, ROLE, ROLE, ROLE, ROLE]),
    ("sealDocument", NURSING, [200, ROLE, 200, ROLE, ROLE]),
    ("sealDocument", SEALED, [STATE, ROLE, ROLE, ROLE, ROLE]),
];

/// Operations by id, with method and path.
fn contract() -> BTreeMap<String, (String, String)> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/openapi.yaml");
    let text = std::fs::read_to_string(file).expect("a file");
    let contract: serde_yaml_ng::Value = serde_yaml_ng::from_str(&text).expect("YAML");
    let mut operations = BTreeMap::new();
    for (path, members) in contract["paths"].as_mapping().expect("paths") {
        for (method, operation) in members.as_mapping().expect("members") {
            let id = operation["operationId"].as_str().expect("every operation has an id").to_owned();
            let address = (method.as_str().expect("a method").to_owned(), path.as_str().expect("a path").to_owned());
            operations.insert(id, address);
        }
    }
    operations
}

/// A hospital's documents, each in the state that its operation needs.
struct House {
    /// By kind: two revisions, filled and open.
    open: BTreeMap<&'static str, String>,
    /// By kind and role: filled, to be withdrawn; one for each role that may.
    spare: BTreeMap<(&'static str, usize), String>,
}

impl House {
    fn open(writers: &[Caller; 3], patient: &str) -> Self {
        let [physician, second, nurse] = writers;
        let mut house = Self { open: BTreeMap::new(), spare: BTreeMap::new() };
        let written = |by: &Caller, kind: &str, key: &str| {
            let id = by.draft(key, &order(patient, kind)).expect(201).id();
            let content = by.content(&id, "application/json").expect(200);
            let revision = json!({ "sections": filled(&content), "reason": "記載を補った。" });
            by.act(&id, "revisions", &format!("{key}-r"), &by.etag(&id), &revision).expect(201);
            id
        };
        house.open.insert(LETTER, written(physician, LETTER, "matrix-letter"));
        house.open.insert(NURSING, written(nurse, NURSING, "matrix-nursing"));
        let sealed = written(physician, LETTER, "matrix-sealed");
        let reason = json!({ "reason": "取り違えを確認した。" });
        for (key, by, act) in [("1", physician, "withdrawal"), ("2", physician, "sealing"), ("3", second, "sealing")] {
            by.act(&sealed, act, &format!("matrix-sealed-{key}"), &by.etag(&sealed), &reason).expect(200);
        }
        house.open.insert(SEALED, sealed);
        for (kind, by, role) in [(LETTER, physician, 0), (NURSING, nurse, 0), (NURSING, nurse, 2)] {
            let key = format!("matrix-spare-{kind}-{role}");
            house.spare.insert((kind, role), written(by, kind, &key));
        }
        house
    }

    /// Sealing takes what was withdrawn; two persons seal one document.
    fn of(&self, operation: &str, kind: &'static str, role: usize) -> &str {
        let spare = match operation {
            "withdrawDocument" => self.spare.get(&(kind, role)),
            "sealDocument" => self.spare.get(&(kind, 0)),
            _ => None,
        };
        spare.unwrap_or(&self.open[kind])
    }
}

/// One front door with everything ready.
struct Matrix<'s> {
    stack: &'s Stack,
    operations: BTreeMap<String, (String, String)>,
    houses: [House; 2],
    /// Who sees a document's version and changes nothing.
    watchers: [Caller; 2],
    done: BTreeSet<Cell>,
    /// What was answered other than expected.
    strange: Vec<String>,
}

type Cell = (&'static str, &'static str, usize, bool, bool);

impl<'s> Matrix<'s> {
    fn prepare(stack: &'s Stack) -> Self {
        let writers = |names: [&str; 3]| names.map(|name| stack.caller(name));
        let houses = [
            House::open(&writers(["sato", "tanaka", "mori"]), PATIENTS[0]),
            House::open(&writers(["ishii", "yamada", "arai"]), PATIENTS[1]),
        ];
        let began = Instant::now();
        while !stack.nothing_pending() {
            assert!(began.elapsed() < Duration::from_secs(60), "events wait for the log in vain");
            std::thread::sleep(Duration::from_millis(100));
        }
        let watchers = ["ono", "kubo"].map(|name| stack.caller(name));
        Self { stack, operations: contract(), houses, watchers, done: BTreeSet::new(), strange: Vec::new() }
    }

    fn caller(&self, role: usize, agree: bool) -> Caller {
        let token = match ROLES[role] {
            "no role" => self.stack.token_with(PEOPLE[role], 0, Some(&["hospital:hospital-a"])),
            _ => self.stack.token(PEOPLE[role]),
        };
        let house = if agree { "hospital-a" } else { "hospital-b" };
        self.stack.caller_with(&self.stack.identity(house), token)
    }

    /// Every cell of one row.
    fn row(&mut self, &(operation, kind, allowed): &Row) {
        for (role, own) in allowed.into_iter().enumerate() {
            for (at_home, agree) in [(true, true), (false, true), (true, false), (false, false)] {
                let cell = format!("{operation} {kind} {} home {at_home} agree {agree}", ROLES[role]);
                let house = usize::from(!at_home);
                let writes = self.operations[operation].0 == "post";
                let id = self.houses[house].of(operation, kind, role).to_owned();
                let version = || writes.then(|| self.watchers[house].etag(&id));
                let before = version();
                let caller = self.caller(role, agree);
                let answer = self.call(&caller, operation, kind, role, (&id, house), before.as_deref());
                // Who has no role is nobody's, whatever the certificate says
                let expected = match (agree, at_home, own) {
                    _ if ROLES[role] == "no role" => ROLE,
                    (false, _, _) => MISMATCH,
                    (true, true, own) => own,
                    // Before a document is looked for, drafting asks for the role
                    (true, false, ROLE) if operation == "draftDocument" => ROLE,
                    (true, false, _) if operation == "searchDocuments" => UNSEEN,
                    (true, false, _) => 404,
                };
                if let Some(found) = strange(&answer, operation, &id, expected) {
                    self.strange.push(format!("{cell}: {found}"));
                }
                if (expected >= 400 || operation == "searchDocuments") && version() != before {
                    self.strange.push(format!("{cell}: a refusal changed the document"));
                }
                assert!(self.done.insert((operation, kind, role, at_home, agree)), "{cell}: twice");
            }
        }
    }

    fn call(
        &self,
        caller: &Caller,
        operation: &str,
        kind: &str,
        role: usize,
        (id, house): (&str, usize),
        version: Option<&str>,
    ) -> Answer {
        let key = format!("matrix-{}", self.done.len());
        let clerk = ROLES[role] == "clerk";
        let reason = json!({ "reason": "取り違えを確認した。" });
        let post = |act: &str, body: &Value| caller.act(id, act, &key, version.unwrap_or_default(), body);
        let get = |rest: &str| caller.get(&format!("/documents/{id}{rest}"), "application/json");
        let for_whom = if clerk { json!({ "onBehalfOf": "sato" }) } else { json!({}) };
        match operation {
            "draftDocument" => caller.draft(&key, &order_with(PATIENTS[house], kind, for_whom)),
            "searchDocuments" => caller.search(&json!({ "patientId": PATIENTS[house] })),
            "getDocument" => get(""),
            "getContent" => get("/content"),
            "getChanges" => get("/changes?from=1&to=2"),
            "getProof" => get("/proof"),
            "reviseDocument" => {
                let mut body = json!({ "sections": self.sections(house, id), "reason": "記載を補った。" });
                body.as_object_mut().expect("an object").extend(for_whom.as_object().expect("an object").clone());
                post("revisions", &body)
            }
            "finaliseDocument" => post("finalization", &self.answers(house, id)),
            "issueDocument" => post("issues", &json!({ "to": "みなと診療所", "how": "郵送", "copies": 1 })),
            "withdrawDocument" => post("withdrawal", &reason),
            "sealDocument" => post("sealing", &reason),
            other => panic!("{other} has no call here"),
        }
    }

    /// As it reads now, by whom it may be read; what is sealed needs no sections.
    fn content(&self, house: usize, id: &str) -> Option<Answer> {
        let names = [["sato"], ["ishii"]][house];
        let read = self.stack.caller(names[0]).content(id, "application/json");
        (read.status == 200).then_some(read)
    }

    fn sections(&self, house: usize, id: &str) -> Value {
        self.content(house, id).map_or_else(|| json!([]), |content| filled(&content))
    }

    fn answers(&self, house: usize, id: &str) -> Value {
        self.content(house, id).map_or_else(|| json!({ "answers": [] }), |content| accepted(&content))
    }
}

/// What is answered other than the table says; every refusal has the contract's shape.
fn strange(answer: &Answer, operation: &str, id: &str, expected: u16) -> Option<String> {
    let slug = match expected {
        ROLE => Some(Slug::RoleNotPermitted),
        STATE => Some(Slug::StateNotAllowed),
        MISMATCH => Some(Slug::CertificateTokenMismatch),
        404 if operation == "draftDocument" => Some(Slug::RecordNotFound),
        404 => Some(Slug::NotFound),
        _ => None,
    };
    let status = slug.map_or(if expected == UNSEEN { 200 } else { expected }, Slug::status);
    let name = slug.map_or("", Slug::as_str);
    if (answer.status, slug_of(answer).as_str()) != (status, name) {
        return Some(format!("{} {}, not {status} {name}", answer.status, slug_of(answer)));
    }
    if let Some(slug) = slug {
        problem(answer, slug);
    }
    if operation == "searchDocuments" && status == 200 {
        let items = answer.json()["items"].as_array().expect("items").clone();
        let found = items.iter().any(|item| item["documentId"] == id);
        return (found == (expected == UNSEEN)).then(|| format!("found: {found}"));
    }
    None
}

#[track_caller]
fn every_cell(stack: &Stack, door: &str) {
    let began = Instant::now();
    let mut matrix = Matrix::prepare(stack);
    let (rows, operations): (BTreeSet<&str>, BTreeSet<String>) =
        (ROWS.iter().map(|row| row.0).collect(), matrix.operations.keys().cloned().collect());
    let known: BTreeSet<&str> = operations.iter().map(String::as_str).collect();
    assert_eq!(rows, known, "rows and operations of openapi.yaml");
    for row in &ROWS {
        matrix.row(row);
    }
    assert_eq!(matrix.done.len(), ROWS.len() * ROLES.len() * 4);
    assert!(matrix.strange.is_empty(), "{door}: {:#?}", matrix.strange);
    // Past the capture of the test harness: the figure is told where the test is run
    let told =
        format!("matrix of rights, {door}: {} cells in {:.1} s\n", matrix.done.len(), began.elapsed().as_secs_f32());
    std::io::stderr().write_all(told.as_bytes()).expect("standard error can be written");
}

#[test]
fn every_right_through_the_rest_api() {
    every_cell(&Stack::start("rest"), "rest");
}

#[test]
fn every_right_through_the_load_balancer() {
    every_cell(&Stack::start("alb"), "alb");
}
