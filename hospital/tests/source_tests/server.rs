//! A FHIR server as a hospital might have it, on loopback: pages, authorisation, impatience, and what it must not get.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fude_hospital::source::fhir_server::{FhirServer, Settings};
use fude_hospital::source::{Reason, SourceError};
use serde_json::{Value, json};

const TOKEN: &str = "token-of-today";

/// What a request was: method, path with query, authorisation, body.
#[derive(Clone, Debug)]
struct Seen {
    line: String,
    authorization: String,
    body: String,
}

/// Status, further header lines, body.
type Answer = (u16, String, String);

struct Server {
    base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    fn start(answer: impl Fn(&Seen, &str) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}/fhir", listener.local_addr().expect("an address"));
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (log, address) = (seen.clone(), base.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &log, &|request| answer(request, &address));
            }
        });
        Self { base, seen }
    }

    fn open(&self, change: impl FnOnce(&mut Settings)) -> FhirServer {
        let mut settings = Settings { base: self.base.clone(), timeout: Some(5), ..Settings::default() };
        change(&mut settings);
        FhirServer::open(&settings).expect("good settings")
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic").clone()
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Seen>>, answer: &dyn Fn(&Seen) -> Answer) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).is_err() || line.is_empty() {
        return;
    }
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).is_err() || header.trim().is_empty() {
            break;
        }
        let Some((name, value)) = header.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "authorization" => value.trim().clone_into(&mut authorization),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    let seen = Seen { line: line.trim().to_owned(), authorization, body: String::from_utf8_lossy(&body).into_owned() };
    log.lock().expect("no panic").push(seen.clone());
    let (status, headers, body) = answer(&seen);
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/fhir+json\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    let _ = reader.get_mut().write_all(&[head.as_bytes(), body.as_bytes()].concat());
}

fn bundle(entries: &[Value], next: Option<String>) -> Answer {
    let entries: Vec<Value> = entries.iter().map(|r| json!({ "resource": r })).collect();
    let link: Vec<Value> = next.into_iter().map(|url| json!({ "relation": "next", "url": url })).collect();
    (
        200,
        String::new(),
        json!({ "resourceType": "Bundle", "type": "searchset", "link": link, "entry": entries }).to_string(),
    )
}

fn patient(number: &str) -> Value {
    json!({ "resourceType": "Patient", "id": format!("p{number}"), "birthDate": "1950-01-02",
        "identifier": [{ "system": "urn:oid:1.2", "value": number }], "name": [{ "text": "試験 花子" }] })
}

/// Three pages of results, a note whose text stands in a Binary, a physician behind a reference.
fn hospital(request: &Seen, base: &str) -> Answer {
    let about = json!({ "reference": "Patient/p0001" });
    let result = |id: &str, value: &str| {
        let text = format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"カリウム"}},"subject":{{"reference":"Patient/p0001"}},"valueQuantity":{{"value":{value}}}}}"#
        );
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let path = request.line.split(' ').nth(1).unwrap_or_default().trim_start_matches("/fhir/");
    match path {
        "Patient/_search" if request.body.contains("identifier=0001") => bundle(&[patient("0001")], None),
        "Patient/_search" if request.body.contains("identifier=0002") => {
            bundle(&[patient("0002"), patient("0002-b")], None)
        }
        "Encounter/_search" => bundle(
            &[
                json!({ "resourceType": "Encounter", "id": "e1", "status": "finished", "class": { "code": "IMP" }, "subject": about,
                "period": { "start": "2026-07-05", "end": "2026-07-16" }, "participant": [{ "individual": { "reference": "Practitioner/d1" } }] }),
            ],
            None,
        ),
        "Observation/_search" => bundle(&[result("o1", "3.5")], Some(format!("{base}?_getpages=1"))),
        "/fhir?_getpages=1" => bundle(&[result("o2", "4.1")], Some(format!("{base}/Observation?page=3"))),
        "Observation?page=3" => {
            let remark = json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "warning" }] });
            // The first page's result once more, as happens when a server's data moves under a search.
            bundle(&[result("o1", "3.5"), result("o3", "3.9"), remark], None)
        }
        "DocumentReference/_search" => bundle(
            &[
                json!({ "resourceType": "DocumentReference", "id": "n1", "status": "current", "subject": about, "date": "2026-07-06",
                "description": "経過記録", "content": [{ "attachment": { "contentType": "text/plain", "url": "Binary/b1" } }] }),
                json!({ "resourceType": "DocumentReference", "id": "n2", "status": "current", "subject": about, "date": "2026-07-06",
                "content": [{ "attachment": { "contentType": "text/plain", "url": "https://elsewhere.example/secret" } }] }),
            ],
            None,
        ),
        "Binary/b1" => (
            200,
            String::new(),
            json!({ "resourceType": "Binary", "contentType": "text/plain", "data": STANDARD.encode("解熱した。") })
                .to_string(),
        ),
        "Practitioner/d1" => (
            200,
            String::new(),
            json!({ "resourceType": "Practitioner", "id": "d1", "name": [{ "text": "石井 健" }] }).to_string(),
        ),
        // A server that does not know a type.
        "Flag/_search" => (404, String::new(), json!({ "resourceType": "OperationOutcome" }).to_string()),
        _ => bundle(&[], None),
    }
}

#[test]
fn a_record_is_gathered_over_pages_with_text_and_people() {
    let server = Server::start(hospital);
    let record = server.open(|_| {}).record("0001").expect("a record");
    let json = record.bundle.json();
    for id in ["o1", "o2", "o3", "e1", "n1", "d1", "p0001"] {
        assert_eq!(json.matches(&format!(r#""id":"{id}""#)).count(), 1, "{id} once");
    }
    assert!(json.contains(&STANDARD.encode("解熱した。")), "the note's text stands in its place");
    assert!(record.warnings.iter().any(|w| w.reason == Reason::ServerRemark));
    assert!(record.warnings.iter().any(|w| w.place == "DocumentReference/n2" && w.reason == Reason::AttachmentNotRead));
    assert!(record.warnings.iter().any(|w| w.place == "Flag" && w.reason == Reason::KindNotRead));
    let person = server.open(|_| {}).person("0001").expect("a person");
    assert_eq!((person.name.as_str(), person.stays.len()), ("試験 花子", 1));
}

#[test]
fn the_patients_number_stands_in_no_address() {
    let server = Server::start(hospital);
    server.open(|_| {}).record("0001").expect("a record");
    let seen = server.seen();
    assert!(seen.iter().any(|s| s.body.contains("identifier=0001")));
    assert!(seen.iter().all(|s| !s.line.contains("=0001")), "{seen:?}");
    let getting = Server::start(|request, base| {
        let path = request.line.split(' ').nth(1).unwrap_or_default();
        if path.starts_with("/fhir/Patient?identifier=0001") {
            bundle(&[patient("0001")], None)
        } else {
            hospital(request, base)
        }
    });
    let record = getting.open(|s| s.search = serde_json::from_str("\"get\"").expect("a method")).record("0001");
    assert!(record.is_ok() && getting.seen().iter().all(|s| s.line.starts_with("GET ")), "where the settings say so");
}

#[test]
fn the_token_of_the_day_is_sent_and_a_refusal_is_told() {
    let server = Server::start(|request, base| {
        if request.authorization == format!("Bearer {TOKEN}") {
            hospital(request, base)
        } else {
            (401, String::new(), String::new())
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, "token-of-yesterday\n").expect("written");
    let source = server.open(|s| s.bearer_file = Some(file.clone()));
    assert!(matches!(source.record("0001"), Err(SourceError::Unusable(why)) if why.contains("authorisation")));
    std::fs::write(&file, format!("{TOKEN}\n")).expect("renewed");
    assert!(source.record("0001").is_ok(), "the file is read again");
    let basic = Server::start(|request, base| {
        let good = format!("Basic {}", STANDARD.encode("fude:secret"));
        if request.authorization == good { hospital(request, base) } else { (403, String::new(), String::new()) }
    });
    std::fs::write(&file, "fude:secret").expect("written");
    assert!(basic.open(|s| s.basic_file = Some(file.clone())).record("0001").is_ok());
    let missing =
        Settings { base: server.base.clone(), bearer_file: Some("/nowhere/token".into()), ..Settings::default() };
    assert!(FhirServer::open(&missing).is_err(), "told at the start");
}

#[test]
fn a_next_page_elsewhere_is_not_fetched() {
    let elsewhere = Server::start(|_, _| bundle(&[], None));
    let target = format!("{}/Observation?page=2", elsewhere.base);
    let server = Server::start(move |request, base| {
        if request.line.contains("Condition/_search") {
            bundle(&[], Some(target.clone()))
        } else {
            hospital(request, base)
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, TOKEN).expect("written");
    let refused = server.open(|s| s.bearer_file = Some(file)).record("0001");
    assert!(matches!(refused, Err(SourceError::Unusable(_))), "{refused:?}");
    assert!(elsewhere.seen().is_empty(), "the token went nowhere else");
}

#[test]
fn a_redirection_is_not_followed() {
    let elsewhere = Server::start(|_, _| bundle(&[], None));
    let target = elsewhere.base.clone();
    let server = Server::start(move |_, _| (302, format!("Location: {target}/Patient\r\n"), String::new()));
    assert!(matches!(server.open(|_| {}).record("0001"), Err(SourceError::Unusable(_))));
    assert!(elsewhere.seen().is_empty());
}

#[test]
fn an_impatient_server_is_waited_for_and_a_broken_one_is_not() {
    let refusals = AtomicUsize::new(2);
    let server = Server::start(move |request, base| {
        if refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
            return (429, "Retry-After: 0\r\n".to_owned(), String::new());
        }
        hospital(request, base)
    });
    assert!(server.open(|_| {}).person("0001").is_ok());
    let busy = Server::start(|_, _| (503, "Retry-After: 3600\r\n".to_owned(), String::new()));
    assert!(matches!(busy.open(|_| {}).person("0001"), Err(SourceError::Unavailable(_))));
    assert_eq!(busy.seen().len(), 1, "an hour is not waited");
    let broken = Server::start(|_, _| (500, String::new(), "patient 0001 does not exist".to_owned()));
    let error = broken.open(|_| {}).person("0001").expect_err("no answer");
    assert!(!error.to_string().contains("0001"), "{error}");
}

#[test]
fn numbers_find_one_patient_or_none() {
    let server = Server::start(|request, base| {
        if request.body.contains("identifier=0003") {
            let mut second = patient("0003");
            second["id"] = "another".into();
            return bundle(&[patient("0003"), second], None);
        }
        if request.body.contains("identifier=0004") {
            return bundle(&[patient("0005")], None);
        }
        hospital(request, base)
    });
    let source = server.open(|_| {});
    assert!(matches!(source.record("0003"), Err(SourceError::Ambiguous)));
    assert!(matches!(source.record("0004"), Err(SourceError::NotFound)), "the server matched somebody else");
    assert!(matches!(source.record("9999"), Err(SourceError::NotFound)));
    let json = source.record("0002").expect("a record").bundle.json();
    assert!(!json.contains("0002-b"), "another patient of the same page is left out");
    for number in ["", "0001,0002", "urn:oid:1.2|0001", "00\n01", "$everything"] {
        let before = server.seen().len();
        assert!(matches!(source.record(number), Err(SourceError::NotFound)), "{number:?}");
        assert_eq!(server.seen().len(), before, "nothing was asked");
    }
}

#[test]
fn a_search_that_goes_in_a_circle_ends() {
    let server = Server::start(|request, base| {
        if request.line.contains("Patient/_search") {
            return bundle(&[patient("0001")], None);
        }
        bundle(&[], Some(format!("{base}/Encounter?page=1")))
    });
    assert!(matches!(server.open(|_| {}).person("0001"), Err(SourceError::Unusable(_))));
}

#[test]
fn an_address_that_is_no_fhir_server_is_not_taken_for_an_unknown_patient() {
    let server = Server::start(|_, _| (404, String::new(), "<html>not found</html>".to_owned()));
    assert!(matches!(server.open(|_| {}).person("0001"), Err(SourceError::Unusable(_))));
}

#[test]
fn what_is_no_bundle_is_told() {
    for body in ["", "<html>", "{}", r#"{"resourceType":"OperationOutcome"}"#] {
        let server = Server::start(move |_, _| (200, String::new(), body.to_owned()));
        assert!(matches!(server.open(|_| {}).person("0001"), Err(SourceError::Unusable(_))), "{body}");
    }
}
