//! Bytes as hexadecimal text: as they are, or as a pattern in which `x` stands for any digit.

use serde::{Deserialize, Serialize};

/// Bytes, in JSON as hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bytes(Vec<u8>);

/// The beginning of a message, digit by digit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Vec<PatternByte>);

/// One byte of a [`Pattern`]: the bits of `mask` must be those of `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternByte {
    /// Wanted bits; none outside `mask`.
    pub value: u8,
    /// 0x00, 0x0f, 0xf0 or 0xff.
    pub mask: u8,
}

impl Bytes {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Two digits a byte, blanks between bytes allowed; a single digit is a byte of its own.
    ///
    /// # Errors
    /// Which character is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Pattern(pattern) = Pattern::parse(text)?;
        if pattern.iter().any(|byte| byte.mask != 0xff) {
            return Err("`x` stands for any digit only in what is received".to_owned());
        }
        Ok(Self(pattern.into_iter().map(|byte| byte.value).collect()))
    }
}

impl Pattern {
    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[PatternByte] {
        &self.0
    }

    /// As [`Bytes::parse`], with `x` for any digit.
    ///
    /// # Errors
    /// Which character is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut bytes = Vec::new();
        for word in text.split_ascii_whitespace() {
            let mut digits = word.chars();
            while let Some(first) = digits.next() {
                let (value, mask) = digit(first)?;
                let byte = match digits.next() {
                    None => PatternByte { value, mask: mask | 0xf0 },
                    Some(second) => {
                        let (low, low_mask) = digit(second)?;
                        PatternByte { value: value << 4 | low, mask: mask << 4 | low_mask }
                    }
                };
                bytes.push(byte);
            }
        }
        Ok(Self(bytes))
    }
}

/// Value and mask of one digit.
fn digit(text: char) -> Result<(u8, u8), String> {
    if matches!(text, 'x' | 'X') {
        return Ok((0, 0));
    }
    let value = text.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    value.map(|value| (value, 0xf)).ok_or_else(|| format!("`{text}` is not a hexadecimal digit"))
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        let exact = |value: u8| PatternByte { value, mask: 0xff };
        Self::from(Pattern(bytes.0.into_iter().map(exact).collect()))
    }
}

impl TryFrom<String> for Bytes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        let digit = |value: u8, mask: u8| match mask & 0xf {
            0 => 'x',
            _ => char::from_digit(u32::from(value & 0xf), 16).unwrap_or('x'),
        };
        let both = |byte: &PatternByte| {
            [digit(byte.value >> 4, byte.mask >> 4), digit(byte.value, byte.mask)]
        };
        pattern.0.iter().flat_map(both).collect()
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_digit_is_a_byte_and_x_is_any_digit() {
        assert_eq!(Bytes::parse("01 2"), Ok(Bytes(vec![1, 2])));
        assert_eq!(Bytes::parse("0102fF"), Ok(Bytes(vec![1, 2, 255])));
        assert_eq!(Bytes::parse(""), Ok(Bytes(vec![])));
        assert!(Bytes::parse("0x").is_err());
        assert!(Bytes::parse("zz").is_err());
        let text = |text: &str| Pattern::parse(text).map(String::from);
        assert_eq!(text("01XX 0"), Ok("01xx00".to_owned()));
        assert_eq!(text("x").as_deref(), Ok("0x"));
        assert!(text("0y").is_err());
    }

    #[test]
    fn the_text_of_a_pattern_is_read_as_the_same_pattern() {
        for text in ["", "00", "x0", "0x", "xx", "deadbeefxx"] {
            let pattern = Pattern::parse(text).expect("a pattern");
            assert_eq!(String::from(pattern.clone()), text);
            assert_eq!(Pattern::try_from(text.to_owned()), Ok(pattern));
        }
    }
}
