//! A temporary password that can be read out: no letters that look alike, in groups.

/// Letters and digits that are not taken for each other in print.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// 20 of 55: 115 bits.
const LENGTH: usize = 20;

/// Meets the pool's policy: 13 characters or more, of every class.
pub fn temporary() -> String {
    loop {
        let letters: Vec<u8> = random().filter_map(letter).take(LENGTH).collect();
        let has = |class: fn(&u8) -> bool| letters.iter().any(class);
        if has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit) {
            let groups: Vec<String> =
                letters.chunks(5).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
            return groups.join("-");
        }
    }
}

/// Every letter equally often: what lies above the last whole alphabet is thrown away.
fn letter(byte: u8) -> Option<u8> {
    let whole = 256 / ALPHABET.len() * ALPHABET.len();
    (usize::from(byte) < whole).then(|| ALPHABET[usize::from(byte) % ALPHABET.len()])
}

/// The random bytes of UUIDs; the bytes 6 and 8 hold their version and variant (RFC 9562, section 5.4).
fn random() -> impl Iterator<Item = u8> {
    std::iter::repeat_with(uuid::Uuid::new_v4).flat_map(|id| {
        let bytes = id.into_bytes();
        (0..16).filter(|at| !matches!(at, 6 | 8)).map(move |at| bytes[at])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_password_meets_the_policy_and_is_never_the_same() {
        let made: Vec<String> = (0..200).map(|_| temporary()).collect();
        for password in &made {
            let has = |class: fn(&char) -> bool| password.chars().any(|c| class(&c));
            assert!(password.len() >= 13 && has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase));
            assert!(has(char::is_ascii_digit) && has(char::is_ascii_punctuation), "{password}");
            assert!(!password.contains(['0', 'O', '1', 'l', 'I', 'i', 'o']), "{password}");
        }
        let different: std::collections::BTreeSet<&String> = made.iter().collect();
        assert_eq!(different.len(), made.len());
    }

    #[test]
    fn every_letter_comes_equally_often() {
        let mut counts = std::collections::BTreeMap::new();
        for byte in (0..=u8::MAX).filter_map(letter) {
            *counts.entry(byte).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), ALPHABET.len());
        assert!(counts.values().all(|count| *count == 4));
    }
}
