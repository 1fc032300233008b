//! HTTP/1.1 messages as bytes: read whole, so that a fault can cut them anywhere.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HEAD_LIMIT: usize = 64 * 1024;
/// Above any staged record.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// A request, whole.
pub struct Request {
    pub method: String,
    /// Path and query as they were sent.
    pub target: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The next request of a connection; `None` where it ended instead.
    pub async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Self>> {
        let end = loop {
            if let Some(end) = head_end(buffer) {
                break end;
            }
            if buffer.len() > HEAD_LIMIT {
                return Err(io::Error::other("the head of a request is too long"));
            }
            if stream.read_buf(buffer).await? == 0 {
                return if buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        };
        let head: Vec<u8> = buffer.drain(..end).collect();
        let head = String::from_utf8(head).map_err(io::Error::other)?;
        let mut lines = head.split("\r\n");
        let mut start = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (start.next().unwrap_or_default(), start.next().unwrap_or_default());
        let headers =
            lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_owned(), v.trim().to_owned())).collect();
        let mut request = Self { method: method.to_owned(), target: target.to_owned(), headers, body: Vec::new() };
        if request.header("transfer-encoding").is_some() {
            return Err(io::Error::other("chunked requests are not passed on"));
        }
        let length = request.header("content-length").map_or(Ok(0), str::parse::<usize>).map_err(io::Error::other)?;
        if length > BODY_LIMIT {
            return Err(io::Error::other("the body of a request is too long"));
        }
        if request.header("expect").is_some() {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        while buffer.len() < length {
            if stream.read_buf(buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        request.body = buffer.drain(..length).collect();
        Ok(Some(request))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The same on a connection that ends with its answer.
    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            if !name.eq_ignore_ascii_case("connection") && !name.eq_ignore_ascii_case("expect") {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        head.push_str("Connection: close\r\n\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Sends it to `authority`; the answer as bytes.
    pub async fn forward(&self, authority: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        stream.write_all(&self.bytes()).await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        Answer::of(&bytes, &self.method)
    }

    /// Sends it but the last half of its body (of its head, where it has none), and hangs up.
    pub async fn forward_half(&self, authority: &str) -> io::Result<()> {
        let bytes = self.bytes();
        let missing = if self.body.is_empty() { bytes.len() } else { self.body.len() }.div_ceil(2);
        let mut stream = TcpStream::connect(authority).await?;
        stream.write_all(&bytes[..bytes.len() - missing]).await?;
        stream.shutdown().await
    }
}

/// An answer as it goes to the function.
pub struct Answer {
    pub bytes: Vec<u8>,
    /// Whether its end shows from itself, so that the connection may go on.
    pub framed: bool,
}

impl Answer {
    /// The stand-in's bytes without its word that the connection ends, which is true of its own connection only.
    fn of(bytes: &[u8], method: &str) -> io::Result<Self> {
        let end = head_end(bytes).ok_or(io::ErrorKind::UnexpectedEof)?;
        let head = std::str::from_utf8(&bytes[..end]).map_err(io::Error::other)?;
        let is = |line: &str, name: &str| line.split_once(':').is_some_and(|(n, _)| n.eq_ignore_ascii_case(name));
        let lines: Vec<&str> = head.trim_end().split("\r\n").filter(|l| !is(l, "connection")).collect();
        let status = lines.first().and_then(|l| l.split(' ').nth(1)).unwrap_or_default();
        let framed = matches!(status, "204" | "304")
            || method == "HEAD"
            || lines.iter().any(|l| is(l, "content-length") || is(l, "transfer-encoding"));
        let mut out = lines.join("\r\n").into_bytes();
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(&bytes[end..]);
        Ok(Self { bytes: out, framed })
    }

    /// One of the wire's own.
    pub fn own(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let mut text = format!("HTTP/1.1 {status} Refused\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(body);
        Self { bytes: text.into_bytes(), framed: true }
    }

    /// Without the last half of its body, or of its head where it has none.
    pub fn half(&self) -> &[u8] {
        let body = head_end(&self.bytes).map_or(0, |end| self.bytes.len() - end);
        let missing = if body == 0 { self.bytes.len() } else { body }.div_ceil(2);
        &self.bytes[..self.bytes.len() - missing]
    }
}

/// The position after the empty line.
fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4)
}

#[cfg(test)]
mod tests {
    use super::Answer;

    #[test]
    fn an_answer_goes_on_without_the_word_that_its_connection_ends() {
        let answer =
            Answer::of(b"HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 4\r\n\r\nabcd", "GET").unwrap();
        assert_eq!(answer.bytes, b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd");
        assert!(answer.framed && answer.half().ends_with(b"\r\n\r\nab"));
        let unframed = Answer::of(b"HTTP/1.1 200 OK\r\n\r\nabcd", "GET").unwrap();
        assert!(!unframed.framed);
        assert!(Answer::of(b"HTTP/1.1 200 OK\r\n", "GET").is_err(), "the stand-in hung up");
    }

    #[test]
    fn half_of_an_answer_without_a_body_is_half_a_head() {
        let answer = Answer::own(200, &[], "");
        assert!(answer.half().len() < answer.bytes.len() && !answer.half().ends_with(b"\r\n\r\n"));
    }
}
