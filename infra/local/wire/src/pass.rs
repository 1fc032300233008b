//! One connection of a function: each request passed on, or what a fault makes of it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::call::{Service, operation};
use crate::fault::{Mode, refusal};
use crate::http::{Answer, Request};
use crate::switch::{Call, Switch};

/// Listens for one function and one service; returns the address as a URL.
pub async fn open(switch: Arc<Switch>, function: &'static str, service: Service, behind: String) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let authority = behind.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let line = Line { switch: Arc::clone(&switch), function, service, authority: authority.clone() };
            tokio::spawn(async move {
                // Ends with the function's process, or as a fault has it
                if let Err(error) = line.serve(stream).await {
                    tracing::debug!(%error, function, "a connection over the wire ended");
                }
            });
        }
    });
    Ok(address)
}

/// Who is at the two ends.
struct Line {
    switch: Arc<Switch>,
    function: &'static str,
    service: Service,
    authority: String,
}

impl Line {
    async fn serve(self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = Vec::new();
        while let Some(request) = Request::read(&mut stream, &mut buffer).await? {
            let fault = self.switch.meet(self.call(&request));
            let Some(answer) = self.answer(&request, fault).await? else { return Ok(()) };
            if fault == Some(Mode::Torn) {
                stream.write_all(answer.half()).await?;
                return stream.shutdown().await;
            }
            stream.write_all(&answer.bytes).await?;
            if !answer.framed {
                return stream.shutdown().await;
            }
        }
        Ok(())
    }

    fn call(&self, request: &Request) -> Call {
        static UNNAMED: AtomicU64 = AtomicU64::new(0);
        let named = request.header("amz-sdk-invocation-id").map(str::to_owned);
        Call {
            function: self.function.to_owned(),
            service: self.service,
            operation: operation(self.service, request),
            attempts: 1,
            invocation: named.unwrap_or_else(|| UNNAMED.fetch_add(1, Ordering::Relaxed).to_string()),
        }
    }

    /// `None`: the connection ends without one.
    async fn answer(&self, request: &Request, fault: Option<Mode>) -> io::Result<Option<Answer>> {
        match fault {
            None | Some(Mode::Torn) => Ok(Some(request.forward(&self.authority).await?)),
            Some(mode @ (Mode::Busy | Mode::Down | Mode::Denied)) => Ok(Some(refusal(self.service, mode))),
            Some(Mode::Lost) => {
                request.forward(&self.authority).await?;
                Ok(None)
            }
            Some(Mode::Cut) => {
                request.forward_half(&self.authority).await?;
                Ok(None)
            }
            Some(Mode::KillBefore) => self.kill().await,
            Some(Mode::KillAfter) => {
                request.forward(&self.authority).await?;
                self.kill().await
            }
        }
    }

    /// The connection stays open until the process is gone: it hears nothing of its call any more.
    async fn kill(&self) -> io::Result<Option<Answer>> {
        let lambda = self.switch.lambda().ok_or(io::ErrorKind::NotConnected)?;
        lambda.kill(self.function).await.map_err(io::Error::other)?;
        Ok(None)
    }
}
