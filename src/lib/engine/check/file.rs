//! Does a file say that all is well? Its number is judged as keepalived judges a tracked file of
//! weight 0: zero, or nothing at all, is good, and with `reverse` the other way round.

use std::time::Duration;

use super::dialogue::{Finding, quoted};

/// Bytes of a file that are looked at.
pub const LOOKED_AT: usize = 64;

/// Which files are good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileCheck {
    /// Zero is bad, and everything else good.
    pub reverse: bool,
    /// A file that was not written for longer is bad.
    pub longest_age: Option<Duration>,
}

impl FileCheck {
    /// Judge a file that begins with `text` and was written `age` ago.
    #[must_use]
    pub fn judge(&self, text: &[u8], age: Duration) -> Finding {
        if let Some(longest) = self.longest_age.filter(|longest| age > *longest) {
            let (age, longest) = (age.as_secs(), longest.as_secs());
            return Finding::bad(format!(
                "it was written {age} s ago, at most {longest} s are good"
            ));
        }
        match number(text) {
            None => Finding::bad(format!("it begins {}, which is no number", quoted(text))),
            Some(value) if (value == 0) != self.reverse => {
                Finding::good(format!("its value is {value}"))
            }
            Some(value) => Finding::bad(format!("its value is {value}")),
        }
    }
}

/// The number in the first line; nothing is zero.
#[must_use]
pub fn number(text: &[u8]) -> Option<i64> {
    // What follows the line may be anything, and be cut anywhere.
    let line = text.trim_ascii_start().split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = std::str::from_utf8(line).ok()?.trim();
    match line.strip_prefix("0x") {
        _ if line.is_empty() => Some(0),
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => line.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::Grade;
    use super::*;

    #[test]
    fn the_number_in_a_file_is_judged() {
        for (text, good, reversed) in [
            ("0\n", Grade::Good, Grade::Bad),
            ("", Grade::Good, Grade::Bad),
            ("\n", Grade::Good, Grade::Bad),
            (" -5 \nmore", Grade::Bad, Grade::Good),
            ("+1", Grade::Bad, Grade::Good),
            ("0x10", Grade::Bad, Grade::Good),
            ("up", Grade::Bad, Grade::Bad),
            ("99999999999999999999", Grade::Bad, Grade::Bad),
        ] {
            let judge = |reverse| {
                FileCheck { reverse, longest_age: None }
                    .judge(text.as_bytes(), Duration::ZERO)
                    .grade
            };
            assert_eq!((judge(false), judge(true)), (good, reversed), "{text:?}");
        }
    }

    #[test]
    fn what_follows_the_first_line_does_not_count() {
        for (text, grade) in [
            (&b"0\n\xff\xfe"[..], Grade::Good),
            (b"\n 0\r\n\xc3", Grade::Good),
            (b"0\xff\n", Grade::Bad),
        ] {
            assert_eq!(FileCheck::default().judge(text, Duration::ZERO).grade, grade, "{text:?}");
        }
    }

    #[test]
    fn a_file_that_nobody_writes_any_more_is_bad() {
        let minute = Duration::from_secs(60);
        let check = FileCheck { longest_age: Some(minute), ..FileCheck::default() };
        assert_eq!(check.judge(b"0", minute).grade, Grade::Good);
        let late = check.judge(b"0", minute * 2);
        assert_eq!(late.reason, "it was written 120 s ago, at most 60 s are good");
    }
}
