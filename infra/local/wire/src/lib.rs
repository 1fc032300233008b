//! The wire between functions and stand-ins, with a switch for faults.
//!
//! Every function gets an address of its own for every service, so that the wire knows who calls. It passes each request
//! on as it came, names it (function, service, operation), notes it, and, where a fault is armed for it, refuses it,
//! loses its answer, cuts it off, or has the function's process killed before or after it. Functions and stand-ins know
//! nothing of it. Tests arm faults and read the calls at the control address: see [`control`].
//!
//! Left out: TLS, HTTP/2, chunked requests, which no function sends. No body is ever logged or kept.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may panic"))]

mod call;
pub mod control;
mod fault;
mod http;
mod pass;
mod switch;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use fude_standin_lambda::Lambda;
use tokio::net::TcpListener;

use crate::call::Service;
use crate::switch::Switch;

/// Base URLs of the services that functions call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    pub bedrock: String,
    pub s3: String,
    pub dynamodb: String,
    pub kms: String,
}

/// The running wire; clones share it.
#[derive(Clone)]
pub struct Wire {
    switch: Arc<Switch>,
    /// Of each function.
    endpoints: HashMap<&'static str, Endpoints>,
    control: String,
}

impl Wire {
    /// Listens in front of `behind` for each of the functions, and at the control address.
    pub async fn start(functions: &[&'static str], behind: &Endpoints) -> io::Result<Self> {
        let switch = Arc::new(Switch::default());
        let mut endpoints = HashMap::new();
        for function in functions {
            let open = |service, url: &str| pass::open(Arc::clone(&switch), function, service, url.to_owned());
            let own = Endpoints {
                bedrock: open(Service::Bedrock, &behind.bedrock).await?,
                s3: open(Service::S3, &behind.s3).await?,
                dynamodb: open(Service::Dynamodb, &behind.dynamodb).await?,
                kms: open(Service::Kms, &behind.kms).await?,
            };
            endpoints.insert(*function, own);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let control = format!("http://{}", listener.local_addr()?);
        tokio::spawn(control::serve(listener, Arc::clone(&switch)));
        Ok(Self { switch, endpoints, control })
    }

    /// Where this function finds its services.
    pub fn endpoints(&self, function: &str) -> Option<&Endpoints> {
        self.endpoints.get(function)
    }

    /// Who holds the functions' processes; before this, nothing can be killed.
    pub fn attach(&self, lambda: Lambda) {
        self.switch.attach(lambda);
    }

    /// Base URL of the control address.
    pub fn control(&self) -> &str {
        &self.control
    }

    /// Whether the stream loses what it is about to hand over, as one does after 24 hours.
    pub fn stream_loses(&self) -> bool {
        self.switch.stream_loses()
    }
}
