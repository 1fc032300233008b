//! Time-based one-time passwords (RFC 6238: SHA-1, six digits, 30 s) and the base32 (RFC 4648) of their secrets.

use ring::hmac;

/// Length of a time step in seconds.
const STEP_SECONDS: u64 = 30;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The code that an authenticator app shows at `unix_time` (seconds).
///
/// `secret` is base32, in either case; characters outside the alphabet (padding, spaces between groups) are skipped.
pub fn totp_code(secret: &str, unix_time: u64) -> String {
    code_at_step(&decode_base32(secret), step_of(unix_time))
}

/// The time step that `unix_time` lies in.
pub(crate) fn step_of(unix_time: u64) -> u64 {
    unix_time / STEP_SECONDS
}

/// What a code turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// Right; the step it belongs to, to be remembered as used.
    Fresh(u64),
    /// Right, but of a step not later than the last one used.
    Used,
    /// Of no step from the previous to the next.
    Wrong,
}

/// Compares `code` with the previous, the present and the next step, none of which may be used twice.
pub(crate) fn check(secret: &str, code: &str, unix_time: u64, last_used: Option<u64>) -> Checked {
    let secret = decode_base32(secret);
    let now = step_of(unix_time);
    let mut outcome = Checked::Wrong;
    for step in now.saturating_sub(1)..=now + 1 {
        if code_at_step(&secret, step) != code {
            continue;
        }
        if last_used.is_none_or(|last| step > last) {
            return Checked::Fresh(step);
        }
        outcome = Checked::Used;
    }
    outcome
}

/// HOTP (RFC 4226, section 5.3) with the step as counter.
fn code_at_step(secret: &[u8], step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let digest = tag.as_ref();
    let offset = usize::from(digest[19] & 0x0f);
    let word: [u8; 4] = digest[offset..offset + 4].try_into().expect("an offset of at most 15 leaves four of 20 bytes");
    format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
}

/// RFC 4648 base32 without padding.
pub(crate) fn encode_base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut block = [0_u8; 8];
        block[3..3 + chunk.len()].copy_from_slice(chunk);
        let block = u64::from_be_bytes(block);
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            text.push(char::from(ALPHABET[((block >> (35 - 5 * place)) & 31) as usize]));
        }
    }
    text
}

fn decode_base32(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut pending, mut bits) = (0_u32, 0);
    for character in text.bytes() {
        let character = character.to_ascii_uppercase();
        let Some(value) = ALPHABET.iter().position(|&known| known == character) else {
            continue;
        };
        pending = (pending << 5 | value as u32) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((pending >> bits) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base32 of `12345678901234567890`, the key of RFC 6238, appendix B.
    const RFC_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_match_rfc_6238_appendix_b() {
        // The RFC prints eight digits; six are their tail.
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp_code(RFC_SECRET, time), code, "at {time}");
        }
    }

    #[test]
    fn base32_matches_rfc_4648_section_10() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode_base32(bytes.as_bytes()), text);
            assert_eq!(decode_base32(text), bytes.as_bytes());
        }
        assert_eq!(decode_base32("mzxw 6ytb oi======"), b"foobar");
    }

    #[test]
    fn neighbouring_steps_are_accepted_and_no_others() {
        let now = 1_234_567_890;
        for (offset, expected) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let at = now + offset;
            let code = totp_code(RFC_SECRET, at as u64);
            let checked = check(RFC_SECRET, &code, now as u64, None);
            let wanted = if expected { Checked::Fresh(at as u64 / 30) } else { Checked::Wrong };
            assert_eq!(checked, wanted, "offset {offset}");
        }
    }

    #[test]
    fn a_step_up_to_the_last_used_one_is_refused() {
        let now = 1_234_567_890;
        let used = Some(step_of(now));
        for (offset, expected) in [(-30, Checked::Used), (0, Checked::Used), (30, Checked::Fresh(step_of(now) + 1))] {
            let code = totp_code(RFC_SECRET, now.saturating_add_signed(offset));
            assert_eq!(check(RFC_SECRET, &code, now, used), expected, "offset {offset}");
        }
    }
}
