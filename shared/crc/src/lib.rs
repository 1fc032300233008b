//! The three CRCs of S3, as the AWS SDK asks `crc-fast` for them: CRC-32, CRC-32C and CRC-64/NVME, bit-reflected, a byte
//! at a time. Parameters as in the catalogue of CRC RevEng.

/// Those that S3 takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-32/ISO-HDLC
    Crc32IsoHdlc,
    /// CRC-32/ISCSI, known as CRC-32C
    Crc32Iscsi,
    Crc64Nvme,
}

impl CrcAlgorithm {
    /// What every byte leads to, and the ones that a sum begins with and is turned over by.
    const fn parameters(self) -> (&'static [u64; 256], u64) {
        match self {
            Self::Crc32IsoHdlc => (&ISO_HDLC, 0xffff_ffff),
            Self::Crc32Iscsi => (&ISCSI, 0xffff_ffff),
            Self::Crc64Nvme => (&NVME, u64::MAX),
        }
    }
}

static ISO_HDLC: [u64; 256] = table(0xedb8_8320);
static ISCSI: [u64; 256] = table(0x82f6_3b78);
static NVME: [u64; 256] = table(0x9a6c_9329_ac4b_c9b5);

/// Of a reflected polynomial.
const fn table(polynomial: u64) -> [u64; 256] {
    let mut out = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ polynomial } else { sum >> 1 };
            bit += 1;
        }
        out[byte] = sum;
        byte += 1;
    }
    out
}

/// A sum over bytes that come in parts.
#[derive(Clone, Copy, Debug)]
pub struct Digest {
    algorithm: CrcAlgorithm,
    sum: u64,
}

impl Digest {
    pub const fn new(algorithm: CrcAlgorithm) -> Self {
        Self { algorithm, sum: algorithm.parameters().1 }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        let (table, _) = self.algorithm.parameters();
        let next = |sum: u64, byte: &u8| (sum >> 8) ^ table[usize::from(sum.to_le_bytes()[0] ^ byte)];
        self.sum = bytes.iter().fold(self.sum, next);
    }

    #[must_use]
    pub const fn finalize(&self) -> u64 {
        self.sum ^ self.algorithm.parameters().1
    }
}

/// Of bytes that are all there.
#[must_use]
pub fn checksum(algorithm: CrcAlgorithm, bytes: &[u8]) -> u64 {
    let mut digest = Digest::new(algorithm);
    digest.update(bytes);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::{CrcAlgorithm, Digest, checksum};

    /// The catalogue's check values.
    #[test]
    fn nine_digits_have_the_sums_of_the_catalogue() {
        for (algorithm, sum) in [
            (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
            (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
            (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
        ] {
            assert_eq!(checksum(algorithm, b"123456789"), sum, "{algorithm:?}");
            let mut digest = Digest::new(algorithm);
            digest.update(b"1234");
            digest.update(b"56789");
            assert_eq!(digest.finalize(), sum, "{algorithm:?} in parts");
        }
    }
}
