//! Fixed-width lowercase hexadecimal, eight digits at a time.

const LOW_NIBBLES: u64 = 0x0f0f_0f0f_0f0f_0f0f;

/// The low `WIDTH` digits of `value`; `WIDTH` is at most eight.
#[inline]
pub(super) fn write<const WIDTH: usize>(value: u32) -> [u8; WIDTH] {
    let mut low = [0; WIDTH];
    low.copy_from_slice(&digits(value)[8 - WIDTH..]);
    low
}

/// Reads at most eight digits; what is no digit gives a wrong number, never a panic.
#[inline]
pub(super) fn read<const WIDTH: usize>(digits: [u8; WIDTH]) -> u32 {
    let mut padded = [b'0'; 8];
    padded[8 - WIDTH..].copy_from_slice(&digits);
    value(padded)
}

/// Spreads the eight nibbles over eight bytes, then makes each a digit: no branch, no table.
#[inline]
fn digits(value: u32) -> [u8; 8] {
    let mut nibbles = u64::from(value);
    nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff;
    nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff;
    nibbles = (nibbles | nibbles << 4) & LOW_NIBBLES;
    // A nibble above 9 carries into the high half when 6 is added: those become letters.
    let letters = ((nibbles + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    (nibbles + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'9' - 1)).to_be_bytes()
}

#[inline]
fn value(digits: [u8; 8]) -> u32 {
    let bytes = u64::from_be_bytes(digits);
    // Letters have bit 6 set, and their low nibble counts from 1.
    let letters = (bytes >> 6) & 0x0101_0101_0101_0101;
    let mut nibbles = ((bytes & LOW_NIBBLES) + letters * 9) & LOW_NIBBLES;
    nibbles = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    nibbles = (nibbles | nibbles >> 8) & 0x0000_ffff_0000_ffff;
    (nibbles | nibbles >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_standard_library() {
        for value in [0, 1, 9, 10, 15, 16, 0x1234_abcd, 0xdead_beef, 0x9a9a_9a9a, u32::MAX] {
            assert_eq!(write::<8>(value).as_slice(), format!("{value:08x}").as_bytes());
            assert_eq!(read(write::<8>(value)), value);
        }
    }

    #[test]
    fn narrow_fields_keep_the_low_digits() {
        assert_eq!(&write::<4>(0x1_7f2a), b"7f2a");
        assert_eq!(read(*b"7f2a"), 0x7f2a);
    }

    #[test]
    fn any_bytes_can_be_read() {
        for byte in 0..=255 {
            let _ = read([byte; 8]);
        }
    }
}
