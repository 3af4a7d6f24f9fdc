//! How the arguments of a row read: their form, their range, their kind.

use super::super::values::decimal;
use super::{Arguments, I32, LONG, MANY, Row, U32, parts};

impl Row {
    /// The keyword with its arguments, as a manual writes them: names in capitals stand for values.
    #[must_use]
    pub fn form(&self) -> String {
        let arguments = match self.arguments {
            Arguments::None => String::new(),
            Arguments::Switch => "[on|off]".to_owned(),
            Arguments::Number(..) => "N".to_owned(),
            Arguments::MaybeNumber(..) => "[N]".to_owned(),
            Arguments::Seconds(..) => "SECONDS".to_owned(),
            Arguments::Choice(words) => words.join(" | "),
            Arguments::Command => "\"COMMAND\" [USER [GROUP]]".to_owned(),
            Arguments::Block => "{ … }".to_owned(),
            Arguments::NamedBlock => "NAME { … }".to_owned(),
            Arguments::Words(..) | Arguments::Parts(_) | Arguments::Quoted => {
                match self.syntax.strip_suffix(", block") {
                    Some(words) => format!("{words} {{ … }}"),
                    None => self.syntax.to_owned(),
                }
            }
        };
        format!("{} {arguments}", self.keyword).trim_end().to_owned()
    }
}

impl Row {
    /// The words that there are to choose from.
    #[must_use]
    pub fn choices(&self) -> &'static [&'static str] {
        match self.arguments {
            Arguments::Choice(words) => words,
            Arguments::Parts(parts) => {
                let words = parts.iter().filter_map(|part| part.kind()).map(parts::Kind::words);
                words.into_iter().find(|words| !words.is_empty()).unwrap_or_default()
            }
            _ => &[],
        }
    }
}

impl Arguments {
    /// How many words they are at least and at most, for those that are words.
    pub(in crate::config) fn words(self) -> Option<(usize, usize)> {
        match self {
            Self::Words(least, most) => Some((least, most)),
            Self::Parts(parts) => Some(parts::count(parts, MANY)),
            _ => None,
        }
    }

    /// Its name in `ha config keywords --json`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Switch => "switch",
            Self::Words(..) => "words",
            Self::Parts(_) => "parts",
            Self::Number(..) => "number",
            Self::MaybeNumber(..) => "number_or_none",
            Self::Seconds(..) => "seconds",
            Self::Choice(_) => "choice",
            Self::Command => "command",
            Self::Quoted => "quoted",
            Self::Block => "block",
            Self::NamedBlock => "named_block",
        }
    }

    /// Least and most of a number; of a time in microseconds. The most is left out where it is
    /// only the largest that fits.
    #[must_use]
    pub fn bounds(self) -> Option<(i64, Option<i64>)> {
        match self {
            Self::Number(least, most) | Self::MaybeNumber(least, most) => {
                Some((least, Some(most).filter(|most| ![I32, U32].contains(most))))
            }
            Self::Seconds(least, most) => {
                let most = Some(most).filter(|most| *most < LONG);
                Some((i64::try_from(least).ok()?, most.and_then(|most| i64::try_from(most).ok())))
            }
            _ => None,
        }
    }

    /// The range in words: `1 to 255`, `0.001 s to 30 s`, `1 or more`.
    #[must_use]
    pub fn range(self) -> Option<String> {
        let (least, most) = self.bounds()?;
        let is_time = matches!(self, Self::Seconds(..));
        let text = |number: i64| match u64::try_from(number) {
            Ok(micros) if is_time => format!("{} s", decimal(micros)),
            _ => number.to_string(),
        };
        Some(match most {
            Some(most) => format!("{} to {}", text(least), text(most)),
            None => format!("{} or more", text(least)),
        })
    }
}
