//! The front door itself: connections, and the way of one request through the checks.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::access::AccessLog;
use crate::body::{self, Read};
use crate::certificate::ClientCertificate;
use crate::config::{Config, Front, FrontError};
use crate::event::Admitted;
use crate::head::{head_size, host_is_ours, media_type};
use crate::invoke::{Invoke, InvokeError};
use crate::problem::Refusal;
use crate::request_id::RequestId;
use crate::routes::{Found, Operation, Routes};
use crate::token::TokenRules;
use crate::{answer, tls};

/// An open front door.
#[derive(Clone)]
pub struct FrontDoor(Arc<Inner>);

struct Inner {
    front: Front,
    token: TokenRules,
    invoke: Invoke,
    time_limit: Duration,
    access: AccessLog,
    routes: Routes,
    acceptor: TlsAcceptor,
}

/// What all requests of one connection share.
struct Connection {
    certificate: ClientCertificate,
    peer: SocketAddr,
    port: u16,
    tls_version: &'static str,
}

const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

impl FrontDoor {
    /// Reads certificates and routes.
    pub fn new(config: Config) -> Result<Self, FrontError> {
        let routes = Routes::of_contract().map_err(|error| FrontError::Contract(error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            front: config.front,
            token: config.token,
            invoke: config.invoke,
            time_limit: config.time_limit,
            access: AccessLog::new(config.access_log),
            routes,
            acceptor: TlsAcceptor::from(Arc::new(tls::server_config(&config.pki)?)),
        })))
    }

    /// Serves for ever; dropping the future closes every connection, but an invocation once begun goes on.
    pub async fn serve(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            match listener.accept().await {
                Ok((stream, peer)) => {
                    connections.spawn(self.clone().connection(stream, peer));
                }
                // Out of file descriptors, most likely: others will be given back
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn connection(self, stream: TcpStream, peer: SocketAddr) {
        let port = stream.local_addr().map_or(443, |address| address.port());
        // A peer that goes away is not an error of ours
        let _ = stream.set_nodelay(true);
        let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_LIMIT, self.0.acceptor.accept(stream)).await else {
            tracing::info!("TLS handshake refused");
            return;
        };
        let leaf = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let Some(certificate) = leaf.and_then(|leaf| ClientCertificate::new(leaf)) else {
            return;
        };
        let tls_version = match stream.get_ref().1.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "other",
        };
        let connection = Arc::new(Connection { certificate, peer, port, tls_version });
        let service = service_fn(move |request| {
            let (door, connection) = (self.0.clone(), connection.clone());
            async move { Ok::<_, Infallible>(door.answer(request, &connection).await) }
        });
        let served = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
        if served.await.is_err() {
            tracing::debug!("connection ended early");
        }
    }
}

impl Inner {
    async fn answer(&self, request: Request<Incoming>, connection: &Connection) -> Response<Full<Bytes>> {
        let now = OffsetDateTime::now_utc();
        let id = RequestId::new(self.front, now);
        let mut line = self.access.begin(id.as_str().to_owned(), request.method(), connection.tls_version);
        let (parts, body) = request.into_parts();
        let mut response = match self.operation(&parts, &mut line.route) {
            Ok(operation) => {
                let asked = Asked { parts: &parts, operation: &operation, connection, id: &id, now };
                self.pass_on(asked, body).await
            }
            Err(refusal) => {
                body::discard(&parts.headers, body).await;
                Err(refusal)
            }
        }
        .unwrap_or_else(|refusal| refusal.response(id.as_str()));
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let (Front::Rest, Ok(value)) = (self.front, HeaderValue::from_str(id.as_str())) {
            headers.insert(HeaderName::from_static("x-amzn-requestid"), value);
        }
        line.status = Some(response.status().as_u16());
        response
    }

    /// The operation that the request means; also notes the route for the access log.
    fn operation(&self, parts: &Parts, route: &mut Option<String>) -> Result<Operation<'_>, Refusal> {
        match self.routes.find(parts.method.as_str(), parts.uri.path()) {
            Found::Operation(operation) => {
                *route = Some(operation.template.to_owned());
                if head_size(parts) > self.front.head_limit() || !host_is_ours(&parts.headers) {
                    return Err(Refusal::Malformed);
                }
                Ok(operation)
            }
            Found::OtherMethods { template, allow } => {
                *route = Some(template.to_owned());
                Err(Refusal::Method(allow))
            }
            Found::Nothing => Err(Refusal::NotFound),
        }
    }

    /// Token, media type, body, event, function.
    async fn pass_on(&self, asked: Asked<'_>, body: Incoming) -> Result<Response<Full<Bytes>>, Refusal> {
        let headers = &asked.parts.headers;
        let claims = self.token.check(headers, self.front).map_err(|_| Refusal::Token);
        let claims = claims.and_then(|claims| media_type(asked.parts).map(|()| claims));
        let claims = match claims {
            Ok(claims) => claims,
            Err(refusal) => {
                body::discard(headers, body).await;
                return Err(refusal);
            }
        };
        let body = match body::read(headers, body).await {
            Read::Whole(body) => body,
            Read::TooLarge => return Err(Refusal::TooLarge),
            Read::Broken => return Err(Refusal::Malformed),
        };
        let admitted = Admitted {
            request: asked.parts,
            body: &body,
            operation: asked.operation,
            claims: &claims,
            certificate: &asked.connection.certificate,
            peer: asked.connection.peer,
            port: asked.connection.port,
            id: asked.id,
            now: asked.now,
        };
        let event = admitted.event(self.front);
        if event.len() > self.front.payload_limit() {
            return Err(Refusal::TooLarge);
        }
        self.invoke(asked.operation, event).await
    }

    async fn invoke(&self, operation: &Operation<'_>, event: Vec<u8>) -> Result<Response<Full<Bytes>>, Refusal> {
        let no_answer =
            if operation.function == "generate-document" { Refusal::StillDrafting } else { Refusal::Unavailable };
        // A task of its own: neither the time limit nor a client that hangs up ends an invocation
        let invocation = tokio::spawn((self.invoke)(operation.function.to_owned(), event));
        let outcome = match self.front {
            Front::Rest => tokio::time::timeout(self.time_limit, invocation).await,
            Front::Alb => Ok(invocation.await),
        };
        match outcome {
            Ok(Ok(Ok(payload))) => answer::response(&payload, self.front).ok_or(no_answer),
            Ok(Ok(Err(InvokeError::Throttled))) => Err(Refusal::Throttled),
            // Function time-out, crash, panic of the invoker, time limit
            Ok(Ok(Err(InvokeError::TimedOut | InvokeError::Failed)) | Err(_)) | Err(_) => Err(no_answer),
        }
    }
}

/// One request whose operation is known.
struct Asked<'a> {
    parts: &'a Parts,
    operation: &'a Operation<'a>,
    connection: &'a Connection,
    id: &'a RequestId,
    now: OffsetDateTime,
}
