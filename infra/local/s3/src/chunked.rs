//! The `aws-chunked` form of a body: chunks with their lengths, then trailer fields. Chunk and trailer signatures are
//! skipped; nothing else about the form is taken lightly, since a body cut short must not pass for a whole one.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::refused::Refused;

/// The longest line of the framing that is read.
const LINE: usize = 8 * 1024;

/// A body freed of its framing, and the fields that followed it.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub body: Vec<u8>,
    pub trailer: HeaderMap,
}

/// Undoes the framing of a whole body: `size[;extension]\r\n bytes \r\n … 0[;extension]\r\n [field:value\r\n]… \r\n`.
pub(crate) fn decode(mut framed: Bytes) -> Result<Decoded, Refused> {
    let mut body = Vec::with_capacity(framed.len());
    loop {
        let header = line(&mut framed)?;
        let size = header.split(|byte| *byte == b';').next();
        let size = size.and_then(size_of).ok_or_else(|| malformed("size"))?;
        if size == 0 {
            break;
        }
        if framed.len() < size {
            return Err(malformed("length"));
        }
        body.extend_from_slice(&framed.split_to(size));
        if !framed.starts_with(b"\r\n") {
            return Err(malformed("end"));
        }
        framed = framed.slice(2..);
    }
    let mut trailer = HeaderMap::new();
    loop {
        let field = line(&mut framed)?;
        if field.is_empty() {
            break;
        }
        let (name, value) = field_of(&field).ok_or_else(|| malformed("trailer"))?;
        if trailer.insert(name, value).is_some() {
            return Err(malformed("trailer"));
        }
    }
    if framed.is_empty() { Ok(Decoded { body, trailer }) } else { Err(malformed("end")) }
}

/// Takes a line off the front. Some clients end trailer fields without a carriage return.
fn line(framed: &mut Bytes) -> Result<Bytes, Refused> {
    let end = framed.iter().take(LINE).position(|byte| *byte == b'\n');
    let end = end.ok_or_else(|| malformed("line"))?;
    let mut line = framed.split_to(end + 1);
    line.truncate(end);
    if line.ends_with(b"\r") {
        line.truncate(end - 1);
    }
    Ok(line)
}

fn size_of(digits: &[u8]) -> Option<usize> {
    // The parser alone would take a sign
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    usize::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

fn field_of(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

fn malformed(part: &str) -> Refused {
    Refused::Body(format!("malformed {part} in the aws-chunked framing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_and_unsigned_chunks_are_joined() {
        let signed = "3;chunk-signature=ab\r\nhel\r\n2;chunk-signature=cd\r\nlo\r\n0;chunk-signature=ef\r\n\r\n";
        assert_eq!(decode(signed.into()).unwrap().body, b"hello");
        let unsigned = "A\r\n0123\r\n6789\r\n0\r\n\r\n";
        assert_eq!(decode(unsigned.into()).unwrap().body, b"0123\r\n6789");
        assert_eq!(decode("0\r\n\r\n".into()).unwrap().body, b"");
    }

    #[test]
    fn trailer_fields_are_read_with_either_line_end() {
        let framed = "1\r\na\r\n0\r\nx-amz-checksum-crc32: AAAAAA==\nX-Amz-Trailer-Signature:ab\r\n\r\n";
        let trailer = decode(framed.into()).unwrap().trailer;
        assert_eq!(trailer["x-amz-checksum-crc32"], "AAAAAA==");
        assert_eq!(trailer["x-amz-trailer-signature"], "ab");
    }

    #[test]
    fn malformed_framing_is_refused() {
        for framed in [
            "",
            "hello",
            "5\r\nhello",
            "5\r\nhello\r\n",
            "5\r\nhello\r\n0\r\n",
            "4\r\nhello\r\n0\r\n\r\n",
            "6\r\nhello\r\n0\r\n\r\n",
            "+5\r\nhello\r\n0\r\n\r\n",
            "\r\nhello\r\n0\r\n\r\n",
            "ffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
            "5\r\nhello\r\n0\r\n\r\nmore",
            "5\r\nhello\r\n0\r\nno field\r\n\r\n",
            "5\r\nhello\r\n0\r\na:1\r\na:2\r\n\r\n",
        ] {
            assert!(decode(framed.into()).is_err(), "{framed:?}");
        }
    }
}
