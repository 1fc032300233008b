//! Handshakes of one's own making: which alert the front door gives.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

use crate::stack::Stack;

/// One request over one connection; the error names the alert.
pub fn exchange(stack: &Stack, identity: Option<&(PathBuf, PathBuf)>, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_file(Path::new(stack.text("ca"))).expect("the local CA");
    roots.add(ca).expect("the local CA");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("ring speaks TLS 1.3")
        .with_root_certificates(roots);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let cert = CertificateDer::from_pem_file(cert).expect("a certificate");
            let key = PrivateKeyDer::from_pem_file(key).expect("a key");
            builder.with_client_auth_cert(vec![cert], key).expect("certificate and key fit")
        }
    };
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, connect(stack));
    // A server that refuses may close before all is written; the alert is what counts.
    _ = stream.write_all(request).and_then(|()| stream.flush());
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(e) if e.kind() != std::io::ErrorKind::UnexpectedEof || answer.is_empty() => Err(e),
        _ => Ok(answer),
    }
}

/// A ClientHello that offers TLS 1.2 and nothing later; the alert's description, where there is one.
pub fn alert_to_tls_1_2(stack: &Stack) -> Option<u8> {
    let mut extensions = Vec::new();
    let mut extension = |number: u16, body: &[u8]| {
        extensions.extend(number.to_be_bytes());
        extensions.extend((body.len() as u16).to_be_bytes());
        extensions.extend(body);
    };
    extension(0x00, &[0, 12, 0, 0, 9, b'l', b'o', b'c', b'a', b'l', b'h', b'o', b's', b't']);
    extension(0x0a, &[0, 4, 0, 0x1d, 0, 0x17]);
    extension(0x0b, &[1, 0]);
    extension(0x0d, &[0, 6, 4, 3, 8, 4, 4, 1]);
    let suites = [0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30];
    let mut hello = vec![3, 3];
    hello.extend([7; 32]);
    hello.push(0);
    hello.extend((suites.len() as u16).to_be_bytes());
    hello.extend(suites);
    hello.extend([1, 0]);
    hello.extend((extensions.len() as u16).to_be_bytes());
    hello.extend(extensions);
    let mut record = vec![0x16, 3, 1];
    record.extend((hello.len() as u16 + 4).to_be_bytes());
    record.extend([1, 0]);
    record.extend((hello.len() as u16).to_be_bytes());
    record.extend(hello);
    let mut stream = connect(stack);
    stream.write_all(&record).expect("the hello can be sent");
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).ok()?;
    (answer[0] == 0x15).then_some(answer[6])
}

fn connect(stack: &Stack) -> TcpStream {
    let port = stack.text("api").rsplit(':').next().and_then(|p| p.parse().ok()).expect("a port");
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("the front door listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out can be set");
    stream
}
