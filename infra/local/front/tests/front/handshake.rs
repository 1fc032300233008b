//! Who gets no connection at all.

use fude_front::{Front, Hospital, Pki};
use rustls::version::{TLS12, TLS13};

use crate::stack::Stack;

const REQUEST: &[u8] = b"GET /documents/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn tls_1_2_is_refused() {
    let stack = Stack::start(Front::Rest).await;
    let identity = &stack.pki.clients["hospital-a"];
    let error = stack.exchange(Some(identity), &[&TLS12], REQUEST).await.unwrap_err();
    assert!(error.to_string().contains("ProtocolVersion"), "{error}");
    assert!(stack.exchange(Some(identity), &[&TLS13], REQUEST).await.is_ok());
}

#[tokio::test]
async fn no_certificate_is_refused() {
    let stack = Stack::start(Front::Rest).await;
    let error = stack.exchange(None, &[&TLS13], REQUEST).await.unwrap_err();
    assert!(error.to_string().contains("CertificateRequired"), "{error}");
}

#[tokio::test]
async fn each_bad_certificate_is_refused_for_its_own_reason() {
    let stack = Stack::start(Front::Rest).await;
    let alerts = [
        ("expired", "CertificateExpired"),
        ("not-yet-valid", "CertificateExpired"),
        ("revoked", "CertificateRevoked"),
        ("no-client-usage", "UnsupportedCertificate"),
        ("other-ca", "UnknownCA"),
    ];
    assert_eq!(stack.pki.refused.iter().map(|refused| refused.why).collect::<Vec<_>>(), alerts.map(|(why, _)| why));
    for (refused, (why, alert)) in stack.pki.refused.iter().zip(alerts) {
        let error = stack.exchange(Some(&refused.identity), &[&TLS13], REQUEST).await.unwrap_err();
        assert!(error.to_string().contains(alert), "{why}: {error}");
    }
    assert_eq!(stack.log.text(), "");
}

/// Nobody registered it, but that is for the functions to say.
#[tokio::test]
async fn an_unregistered_certificate_passes_the_front_door() {
    let stack = Stack::start(Front::Rest).await;
    assert!(stack.exchange(Some(&stack.pki.unregistered), &[&TLS13], REQUEST).await.is_ok());
}

#[test]
fn a_restart_keeps_every_certificate() {
    let state = tempfile::tempdir().unwrap();
    let hospitals =
        ["a", "b"].map(|id| Hospital { id: format!("hospital-{id}"), organisation: format!("Hospital {id}") });
    let files = |pki: &Pki| {
        let refused = pki.refused.iter().map(|refused| &refused.identity);
        let identities = pki.clients.values().chain([&pki.server, &pki.unregistered]).chain(refused);
        identities.map(|identity| std::fs::read(&identity.cert).unwrap()).collect::<Vec<_>>()
    };
    let first = Pki::open(state.path(), &hospitals).unwrap();
    let before = files(&first);
    assert_eq!(before.len(), 9);
    assert_eq!(files(&Pki::open(state.path(), &hospitals).unwrap()), before);
    // One that is lost is issued anew, the others stay
    std::fs::remove_file(&first.clients["hospital-b"].cert).unwrap();
    let after = files(&Pki::open(state.path(), &hospitals).unwrap());
    assert_eq!(after.iter().zip(&before).filter(|(new, old)| new != old).count(), 1);
}

#[test]
fn private_keys_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let state = tempfile::tempdir().unwrap();
    let hospital = Hospital { id: "hospital-a".into(), organisation: "Minato General Hospital".into() };
    let pki = Pki::open(state.path(), &[hospital]).unwrap();
    let keys = [&pki.server.key, &pki.clients["hospital-a"].key, &state.path().join("pki/ca.key")];
    for key in keys {
        assert_eq!(std::fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600, "{}", key.display());
    }
}
