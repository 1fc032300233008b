//! Every staged patient in every kind: drafted, fetched in three media types, and each statement of the document
//! held against the record.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::assertions::{patients, record_of};
use e2e::client::{Answer, Caller, order};
use e2e::stack::Stack;
use fude::document::{Document, Evidence, Mode, SectionOrigin, SentenceKind};
use fude::integrity::Digest;
use fude::template::Template;
use serde_json::Value;

use crate::figures::figures;

pub struct Drafted {
    pub patient: &'static str,
    pub kind: &'static str,
    answer: Answer,
    pub document: Document,
    json: Answer,
    text: Answer,
    html: Answer,
    fhir: Answer,
}

impl Drafted {
    fn place(&self) -> String {
        format!("{} of {}", self.kind, self.patient)
    }
}

/// Each patient in each kind, once a run.
pub fn corpus() -> &'static [Drafted] {
    static CORPUS: OnceLock<Vec<Drafted>> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let stack = Stack::shared();
        let pairs: Vec<_> = patients().flat_map(|p| Template::kinds().map(move |k| (p.number, k))).collect();
        let next = Mutex::new(pairs.into_iter());
        let done = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let Some((patient, kind)) = next.lock().expect("no holder panics").next() else { return };
                        let drafted = drafted(&physician(stack, patient), patient, kind);
                        done.lock().expect("no holder panics").push(drafted);
                    }
                });
            }
        });
        done.into_inner().expect("no holder panics")
    })
}

fn physician(stack: &Stack, patient: &str) -> Caller {
    let own = fude_records::patients("hospital-a").iter().any(|p| p.number == patient);
    stack.caller(if own { "sato" } else { "ishii" })
}

fn drafted(caller: &Caller, patient: &'static str, kind: &'static str) -> Drafted {
    let answer = caller.draft(&format!("corpus-{patient}-{kind}"), &order(patient, kind));
    assert_eq!(answer.status, 201, "{kind} of {patient}: {}", answer.text());
    let id = answer.id();
    let fetch = |media_type: &str| {
        let fetched = caller.content(&id, media_type);
        assert_eq!(fetched.status, 200, "{media_type} of {kind} of {patient}: {}", fetched.text());
        fetched
    };
    let (json, text, html) = (fetch("application/json"), fetch("text/plain"), fetch("text/html"));
    let fhir = fetch("application/fhir+json");
    let document = serde_json::from_slice(&json.body).expect("the delivered shape");
    Drafted { patient, kind, answer, document, json, text, html, fhir }
}

#[test]
fn every_patient_is_drafted_in_every_kind() {
    let patients: usize = ["hospital-a", "hospital-b"].iter().map(|h| fude_records::patients(h).len()).sum();
    assert_eq!(corpus().len(), patients * fude::template::Template::kinds().count());
    for d in corpus() {
        assert_eq!((d.document.document_type.as_str(), d.document.patient.id.as_str()), (d.kind, d.patient));
        assert_eq!(d.document.document_id, d.answer.id(), "{}", d.place());
        assert_eq!(d.document.revision, 1);
        assert_eq!(
            d.document.generation.mode,
            Mode::Model,
            "{} fell back to facts only: {:?}",
            d.place(),
            d.document.dropped
        );
        let written = d.document.sections.iter().filter(|s| s.origin == SectionOrigin::Model);
        assert!(
            written.flat_map(|s| &s.sentences).any(|s| s.kind == SentenceKind::Fact),
            "{} has no narrative",
            d.place()
        );
    }
}

#[test]
fn hashes_and_tags_are_those_of_the_bytes() {
    for d in corpus() {
        assert_eq!(d.answer.json()["contentSha256"], Digest::of(&d.json.body).to_string(), "{}", d.place());
        let mut tags = BTreeSet::new();
        for (fetched, media_type) in [
            (&d.json, "application/json"),
            (&d.text, "text/plain"),
            (&d.html, "text/html"),
            (&d.fhir, "application/fhir+json"),
        ] {
            let digest = format!("sha-256=:{}:", STANDARD.encode(Digest::of(&fetched.body).as_bytes()));
            assert_eq!(fetched.header("repr-digest"), digest, "{media_type} of {}", d.place());
            assert!(fetched.header("content-type").starts_with(media_type), "{}", fetched.header("content-type"));
            assert_eq!(fetched.header("cache-control"), "no-store");
            let tag = fetched.header("etag");
            assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 4, "{tag}");
            assert!(tags.insert(tag.to_owned()), "one tag for two representations of {}: {tag}", d.place());
        }
    }
}

#[test]
fn the_fhir_document_is_the_hospitals_and_of_the_same_patient() {
    for d in corpus() {
        let bundle = d.fhir.json();
        let resources: Vec<&Value> =
            bundle["entry"].as_array().expect("entries").iter().map(|e| &e["resource"]).collect();
        assert_eq!((&bundle["type"], &resources[0]["resourceType"]), (&"document".into(), &"Composition".into()));
        assert_eq!(resources[0]["status"], "preliminary", "{}", d.place());
        let of = |kind: &str| resources.iter().find(|r| r["resourceType"] == kind).expect("in every document");
        assert_eq!(of("Patient")["identifier"][0]["value"], d.patient);
        let own = fude_records::patients("hospital-a").iter().any(|p| p.number == d.patient);
        let hospital = fude_records::institution(if own { "hospital-a" } else { "hospital-b" }).expect("a hospital");
        assert_eq!(of("Organization")["name"], hospital.name, "{}", d.place());
    }
}

#[test]
fn a_draft_answers_with_location_and_complete_metadata() {
    const MEMBERS: [&str; 19] = [
        "contentSha256", "createdAt", "destination", "documentId", "documentType", "enteredBy", "expiresAt",
        "finalRevision", "finalisedAt", "finalisedBy", "flags", "history", "links", "onBehalfOf", "patientId",
        "revision", "sealingRequestedBy", "state", "version",
    ];
    for d in corpus() {
        let metadata = d.answer.json();
        let mut members: Vec<_> = metadata.as_object().expect("an object").keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, MEMBERS);
        assert_eq!(d.answer.header("location"), format!("/documents/{}", d.answer.id()));
        assert_eq!(d.answer.header("etag"), format!("\"v{}\"", metadata["version"]));
        assert_eq!(d.answer.header("cache-control"), "no-store");
        assert_eq!((&metadata["state"], &metadata["revision"]), (&"draft".into(), &1.into()));
        assert_eq!(metadata["patientId"], d.patient);
        assert_eq!(metadata["destination"], order(d.patient, d.kind)["destination"]);
        assert_eq!(metadata["flags"]["open"], d.document.open_flags(), "{}", d.place());
        assert_eq!(metadata["enteredBy"]["role"], "physician");
        assert!(metadata["finalisedBy"].is_null() && metadata["finalisedAt"].is_null());
        let days = |m: &str| metadata[m].as_str().expect("an instant")[..10].to_owned();
        assert!(days("expiresAt") > days("createdAt"));
    }
    let d = &corpus()[0];
    let fetched = physician(Stack::shared(), d.patient).metadata(&d.answer.id()).expect(200);
    assert_eq!(fetched.json(), d.answer.json(), "a read changes nothing");
    assert_eq!(fetched.header("etag"), d.answer.header("etag"));
}

#[test]
fn every_member_of_the_document_is_there() {
    for d in corpus() {
        let raw = d.json.json();
        for member in [
            "schema", "documentId", "revision", "documentType", "title", "patient", "destination", "sections",
            "evidence", "resources", "flags", "dropped", "questions", "warnings", "coverage", "generation",
        ] {
            assert!(raw.get(member).is_some(), "{member} of {}", d.place());
        }
        for member in ["mode", "modelId", "template", "promptSha256", "recordSha256"] {
            assert!(raw["generation"].get(member).is_some_and(|m| !m.is_null()), "{member} of {}", d.place());
        }
        assert_eq!(raw["schema"], "fude/document/1");
        assert!(raw["generation"]["modelId"].as_str().is_some_and(|m| m.starts_with("jp.")));
        let template = Template::find(d.kind).expect("a kind").0;
        for section in template.sections.iter().filter(|s| s.required) {
            let delivered = d.document.sections.iter().find(|s| s.code == section.code);
            assert!(delivered.is_some_and(|s| !s.sentences.is_empty()), "{} of {}", section.code, d.place());
        }
    }
}

#[test]
fn every_evidence_path_resolves_in_the_record_as_sent() {
    for d in corpus() {
        let record = record_of(d.patient);
        for (id, evidence) in &d.document.evidence {
            let place = format!("{id} of {}: {evidence:?}", d.place());
            match id.as_bytes()[0] {
                b'F' | b'N' => resolves(evidence, &record, &place),
                b'D' => {
                    let from = evidence.from.as_ref().unwrap_or_else(|| panic!("no from: {place}"));
                    assert!(!from.is_empty() && from.iter().all(|f| d.document.evidence.contains_key(f)), "{place}");
                }
                b'A' => assert!(evidence.by.is_some(), "{place}"),
                _ => panic!("an origin that there is not: {place}"),
            }
        }
    }
}

fn resolves(evidence: &Evidence, record: &Value, place: &str) {
    let path = evidence.path.as_deref().unwrap_or_else(|| panic!("no path: {place}"));
    assert!(record.pointer(path).is_some(), "{place}");
    let resource = evidence.resource.as_deref().unwrap_or_else(|| panic!("no resource: {place}"));
    let entry = path.split('/').take(3).collect::<Vec<_>>().join("/");
    let entry = record.pointer(&entry).unwrap_or_else(|| panic!("no entry: {place}"));
    let (kind, id) = (&entry["resource"]["resourceType"], &entry["resource"]["id"]);
    let named = match id.as_str() {
        Some(id) => format!("{}/{id}", kind.as_str().unwrap_or_default()),
        None => entry["fullUrl"].as_str().unwrap_or_default().to_owned(),
    };
    assert_eq!(resource, named, "{place}");
}

#[test]
fn every_number_of_a_model_sentence_stands_in_its_evidence() {
    let mut seen = 0;
    for d in corpus() {
        for section in d.document.sections.iter().filter(|s| s.origin == SectionOrigin::Model) {
            for sentence in section.sentences.iter().filter(|s| s.kind == SentenceKind::Fact) {
                let evidence: Vec<&str> =
                    sentence.evidence.iter().map(|id| d.document.evidence[id].text.as_str()).collect();
                let known: Vec<_> = evidence.iter().flat_map(|e| figures(e)).collect();
                for figure in figures(&sentence.text) {
                    seen += 1;
                    assert!(
                        known.iter().any(|k| k == &figure),
                        "{figure} in {}: {} | {evidence:?}",
                        d.place(),
                        sentence.text
                    );
                }
            }
        }
    }
    assert!(seen > 200, "{seen} figures are hardly a test");
}

#[test]
fn every_sentence_is_evidenced_entered_connective_or_missing() {
    for d in corpus() {
        let mut ids = BTreeSet::new();
        for sentence in d.document.sentences() {
            let place = format!("{}: {sentence:?}", d.place());
            assert!(ids.insert(&sentence.id), "an id stands twice: {place}");
            assert!(!sentence.text.trim().is_empty(), "{place}");
            match sentence.kind {
                SentenceKind::Fact => {
                    assert!(!sentence.evidence.is_empty(), "{place}");
                    assert!(sentence.evidence.iter().all(|id| d.document.evidence.contains_key(id)), "{place}");
                }
                SentenceKind::Connective => assert!(figures(&sentence.text).is_empty(), "{place}"),
                SentenceKind::Missing => assert!(sentence.empty.is_some(), "{place}"),
                SentenceKind::Entered => {}
            }
            assert!(!sentence.text.contains(['⟦', '⟧']), "{place}");
        }
    }
}

#[test]
fn text_and_html_show_the_same_sentences() {
    for d in corpus() {
        let squeezed = |answer: &Answer| answer.text().split_whitespace().collect::<String>();
        let (text, html) = (squeezed(&d.text), squeezed(&d.html));
        assert!(html.contains("下書き"), "{}", d.place());
        for sentence in d.document.sentences() {
            let wanted: String = sentence.text.split_whitespace().collect();
            let escaped = wanted
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\'', "&#39;");
            assert!(
                text.contains(&wanted.replace('µ', "μ")) || text.contains(&wanted),
                "text of {}: {}",
                d.place(),
                sentence.text
            );
            assert!(html.contains(&escaped) || html.contains(&wanted), "html of {}: {}", d.place(), sentence.text);
        }
    }
}

#[test]
fn every_discharge_prescription_stands_word_for_word() {
    let mut seen = 0;
    for d in corpus().iter().filter(|d| d.kind == "discharge-summary") {
        let patient = patients().find(|p| p.number == d.patient).expect("staged");
        let sentences: Vec<&str> = d
            .document
            .sections
            .iter()
            .filter(|s| s.code == "444")
            .flat_map(|s| &s.sentences)
            .map(|s| s.text.as_str())
            .collect();
        for drug in patient.source().drug.iter().filter(|drug| drug.kind == "DCG") {
            seen += 1;
            let stands = sentences.iter().any(|s| s.contains(&drug.name) && s.contains(&drug.text));
            assert!(stands, "{} {} of {} | {sentences:#?}", drug.name, drug.text, d.patient);
        }
    }
    assert!(seen > 20, "{seen} prescriptions are hardly a test");
}

#[test]
fn no_undisclosed_diagnosis_is_delivered() {
    let mut seen = 0;
    for d in corpus() {
        let patient = patients().find(|p| p.number == d.patient).expect("staged");
        for condition in patient.source().condition.iter().filter(|c| !c.tags.is_empty()) {
            seen += 1;
            for (fetched, what) in [(&d.json, "json"), (&d.text, "text"), (&d.html, "html")] {
                assert!(!fetched.text().contains(&condition.text), "{} in {what} of {}", condition.text, d.place());
            }
            assert!(
                !d.document.coverage.held_back.is_empty(),
                "nobody is told that something is held back: {}",
                d.place()
            );
        }
    }
    assert!(seen >= 6, "胃癌 and 統合失調症 in three kinds");
}
