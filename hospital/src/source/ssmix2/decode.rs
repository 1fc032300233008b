//! Bytes of a stored message as lines of text. SS-MIX2 writes ISO-2022-JP (JIS X 0208, JIS X 0201) as MSH-18 names it;
//! UTF-8 is read where MSH-18 names it. No other character set is guessed at.

use encoding_rs::{ISO_2022_JP, UTF_8};

use super::hl7::GETA;

/// Why bytes are no text that may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// Shift_JIS or EUC-JP in a file that says ISO-2022-JP, and the like.
    #[error("the file is not in the character set that MSH-18 names")]
    OtherCharset,
    #[error("MSH-18 names a character set that is not read")]
    UnknownCharset,
}

/// The lines of a message, and how many of them hold characters that could not be read (〓).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub lines: Vec<String>,
    pub damaged: usize,
}

/// Decodes line by line: escape sequences do not reach beyond a segment (HL7 v2.5, 2.9.2), so one that is broken
/// spoils its own segment only.
pub fn text(bytes: &[u8]) -> Result<Text, NotText> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // Neither CR nor LF is ever a part of a two-byte character.
    let lines = bytes.split(|b| matches!(b, b'\r' | b'\n')).filter(|l| !l.is_empty());
    let utf8 = match charset(lines.clone().next().unwrap_or_default()) {
        Charset::Iso2022 if bytes.is_ascii() => false,
        Charset::Iso2022 => return Err(NotText::OtherCharset),
        Charset::Utf8 => true,
        Charset::Other => return Err(NotText::UnknownCharset),
    };
    let mut out = Text { lines: Vec::new(), damaged: 0 };
    for line in lines {
        let decoded = if utf8 {
            UTF_8.decode_without_bom_handling_and_without_replacement(line).ok_or(NotText::OtherCharset)?
        } else {
            ISO_2022_JP.decode_without_bom_handling(line).0
        };
        if decoded.contains(char::REPLACEMENT_CHARACTER) {
            out.damaged += 1;
        }
        let readable = decoded.chars().map(|c| if c == char::REPLACEMENT_CHARACTER { GETA } else { c });
        out.lines.push(readable.filter(|c| !c.is_control() || *c == '\t').collect());
    }
    Ok(out)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charset {
    Iso2022,
    Utf8,
    Other,
}

/// What MSH-18 names, in HL7 table 0211. The header is ASCII up to there, whatever follows.
fn charset(header: &[u8]) -> Charset {
    let named = header.get(3).and_then(|delimiter| header.split(|b| b == delimiter).nth(17)).unwrap_or_default();
    let named = String::from_utf8_lossy(named).to_ascii_uppercase();
    // Spaces are written or not: `ISO IR87`, `ISOIR87`.
    let sets = named.split('~').map(|s| s.replace(' ', "")).filter(|s| !s.is_empty());
    let mut out = Charset::Iso2022;
    for set in sets {
        match set.as_str() {
            "ASCII" | "ISOIR6" | "ISOIR14" | "ISOIR87" | "ISOIR13" => {}
            "UNICODEUTF-8" | "UTF-8" => out = Charset::Utf8,
            // JIS X 0212 (ISO IR159) is not in the decoder.
            _ => return Charset::Other,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"MSH|^~\\&|HIS||GW||20260711||ADT^A08|1|P|2.5||||||~ISO IR87||ISO 2022-1994\r";

    fn with(line: &[u8]) -> Vec<u8> {
        [HEADER, line].concat()
    }

    #[test]
    fn japanese_is_read_with_both_escapes_and_half_width_kana() {
        let line = b"PID|1||7||\x1b$B45<T\x1b(B^\x1b$BB@O:\x1b(J^\x1b(I6]<\x1b(B";
        let text = text(&with(line)).expect("text");
        assert_eq!(text.lines[1], "PID|1||7||患者^太郎^ｶﾝｼ");
        assert_eq!(text.damaged, 0);
    }

    #[test]
    fn delimiters_inside_a_two_byte_character_do_not_part() {
        // 放 is 0x4A7C, whose second byte is 「|」 in ASCII.
        let text = text(&with(b"NTE|1||\x1b$BJ|\x1b(B|x")).expect("text");
        assert_eq!((text.lines[1].as_str(), text.damaged), ("NTE|1||放|x", 0));
    }

    #[test]
    fn a_missing_escape_spoils_its_own_segment_alone() {
        let text = text(&with(b"NTE|1||\x1b$B45\rNTE|2||plain\r\n")).expect("text");
        assert_eq!(text.lines[1], "NTE|1||患");
        assert_eq!(text.lines[2], "NTE|2||plain");
        let broken = self::text(&with(b"NTE|1||\x1b$B4\rNTE|2||x")).expect("text");
        assert_eq!((broken.damaged, broken.lines[1].contains('〓')), (1, true));
    }

    #[test]
    fn other_charsets_are_refused_not_guessed() {
        // 患者 in Shift_JIS and in UTF-8 under a header that says ISO-2022-JP
        assert_eq!(text(&with(b"PID|1||7||\x8a\xb3\x8e\xd2")), Err(NotText::OtherCharset));
        assert_eq!(text(&with("PID|1||7||患者".as_bytes())), Err(NotText::OtherCharset));
        let named = |set: &str| HEADER_OF.replace("{}", set).into_bytes();
        assert_eq!(text(&named("8859/1")), Err(NotText::UnknownCharset));
        assert_eq!(text(&named("~ISO IR159")), Err(NotText::UnknownCharset));
        let utf8 = [named("UNICODE UTF-8"), "\rPID|患者".as_bytes().to_vec()].concat();
        assert_eq!(text(&utf8).expect("UTF-8").lines[1], "PID|患者");
        let broken = [named("UNICODE UTF-8"), b"\rPID|\xff".to_vec()].concat();
        assert_eq!(text(&broken), Err(NotText::OtherCharset));
    }

    const HEADER_OF: &str = "MSH|^~\\&|HIS||GW||20260711||ADT^A08|1|P|2.5||||||{}||ISO 2022-1994";

    #[test]
    fn control_characters_vanish() {
        assert_eq!(text(&with(b"NTE|1||a\x00\x07b")).expect("text").lines[1], "NTE|1||ab");
    }
}
