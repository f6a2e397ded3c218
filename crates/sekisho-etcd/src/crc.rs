//! CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum of the write-ahead log.
//!
//! Eight bytes at a time by tables; portable, and fast enough that reading a log is bound by
//! memory and not by this.

const POLYNOMIAL: u32 = 0x82f6_3b78;

const TABLES: [[u32; 256]; 8] = {
    let mut tables = [[0u32; 256]; 8];
    let mut n = 0;
    while n < 256 {
        let mut crc = n as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        tables[0][n] = crc;
        n += 1;
    }
    let mut slice = 1;
    while slice < 8 {
        let mut n = 0;
        while n < 256 {
            let before = tables[slice - 1][n];
            tables[slice][n] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            n += 1;
        }
        slice += 1;
    }
    tables
};

/// The checksum of bytes that follow those with checksum `crc` (0 for none).
pub(crate) fn update(crc: u32, bytes: &[u8]) -> u32 {
    let mut crc = !crc;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        let mixed = u64::from_le_bytes(*chunk) ^ u64::from(crc);
        let byte = |at: usize| (mixed >> (8 * at) & 0xff) as usize;
        crc = TABLES[7][byte(0)]
            ^ TABLES[6][byte(1)]
            ^ TABLES[5][byte(2)]
            ^ TABLES[4][byte(3)]
            ^ TABLES[3][byte(4)]
            ^ TABLES[2][byte(5)]
            ^ TABLES[1][byte(6)]
            ^ TABLES[0][byte(7)];
    }
    for byte in rest {
        crc = crc >> 8 ^ TABLES[0][((crc ^ u32::from(*byte)) & 0xff) as usize];
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3720 appendix B.4, and the check value of the CRC catalogues.
    #[test]
    fn vectors() {
        assert_eq!(update(0, &[0; 32]), 0x8a91_36aa);
        assert_eq!(update(0, &[0xff; 32]), 0x62a8_ab43);
        assert_eq!(update(0, &(0..32).collect::<Vec<u8>>()), 0x46dd_794e);
        assert_eq!(update(0, b"123456789"), 0xe306_9283);
        assert_eq!(update(update(0, b"1234"), b"56789"), 0xe306_9283);
    }
}
