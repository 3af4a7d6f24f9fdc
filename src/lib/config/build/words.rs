//! The words of one list entry, read one after another. What cannot be read comes back as the
//! finding; whether the entry is ignored for it is said by whoever builds the entry.

use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::model::Network;
use crate::config::schema::{Arguments, Block};
use crate::config::tree::{Node, Word, WordList};
use crate::config::values::{self, Parsed};

/// What was read, or what is wrong with it.
pub(super) type Taken<T> = Result<T, Diagnostic>;

/// Words that were not read yet.
#[derive(Clone)]
pub(super) struct Words<'a> {
    first: Option<Word<'a>>,
    rest: WordList<'a>,
}

impl<'a> Words<'a> {
    /// All words of `line`.
    pub(super) fn of(line: &Node<'a>) -> Self {
        Self { first: Some(line.keyword), rest: line.arguments }
    }

    /// `words` alone.
    pub(super) fn after(words: WordList<'a>) -> Self {
        Self { first: None, rest: words }
    }

    /// The next word, which stays.
    pub(super) fn peek(&self) -> Option<Word<'a>> {
        self.clone().next()
    }

    /// The next word when it is `text`.
    pub(super) fn take(&mut self, text: &str) -> Option<Word<'a>> {
        self.peek().filter(|word| word.text == text)?;
        self.next()
    }

    /// The value of `keyword`. Without one keepalived does not start.
    pub(super) fn value(&mut self, keyword: Word<'_>) -> Taken<Word<'a>> {
        self.next().ok_or_else(|| {
            let message =
                format!("`{}` has no value; keepalived does not start with it", keyword.text);
            Diagnostic::new(Code::ArgumentMissing, keyword.span, message)
                .remedy("write its value after it, or remove the word")
        })
    }

    /// The value of `keyword` as a number in the range that the table of `block` has for it.
    pub(super) fn number<T: TryFrom<i64>>(&mut self, keyword: Word<'_>, block: &Block) -> Taken<T> {
        let value = self.value(keyword)?;
        let (least, most) = match block.find(keyword.text).map(|row| row.arguments) {
            Some(Arguments::Number(least, most)) => (least, most),
            _ => (0, i64::from(u32::MAX)),
        };
        number(keyword, value, least, most)
    }

    /// The value of `keyword` as a network.
    pub(super) fn network(&mut self, keyword: Word<'_>) -> Taken<Network> {
        let value = self.value(keyword)?;
        let wrong = |_| invalid(keyword, value, "an address, with or without a prefix length");
        value.text.parse().map_err(wrong)
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        self.first.take().or_else(|| {
            let (next, rest) = self.rest.split_first()?;
            self.rest = rest;
            Some(next)
        })
    }
}

/// `value` as a number in `least..=most`.
pub(super) fn number<T: TryFrom<i64>>(
    keyword: Word<'_>,
    value: Word<'_>,
    least: i64,
    most: i64,
) -> Taken<T> {
    let why = match values::number(value.text, least, most) {
        Parsed::Good(number) | Parsed::Adjusted(number, _) => match T::try_from(number) {
            Ok(number) => return Ok(number),
            Err(_) => format!("{number} is not in {least} to {most}"),
        },
        Parsed::Bad(why) => why,
    };
    let message = format!("`{}`: {why}", keyword.text);
    Err(Diagnostic::new(Code::InvalidValue, value.span, message))
}

/// `value` is not what `keyword` takes.
pub(super) fn invalid(keyword: Word<'_>, value: Word<'_>, wanted: &str) -> Diagnostic {
    let message = format!("`{}`: `{}` is not {wanted}", keyword.text, value.text);
    Diagnostic::new(Code::InvalidValue, value.span, message)
}

/// `word` is no keyword of an entry of `block`.
pub(super) fn unknown(word: Word<'_>, block: &'static Block) -> Diagnostic {
    let message = format!("`{}` is not a keyword in `{}`", word.text, block.path);
    let known = block.keywords().map(|row| row.keyword);
    let known = known.filter(|keyword| !keyword.starts_with(|c: char| c.is_ascii_uppercase()));
    let found = Diagnostic::new(Code::UnknownKeyword, word.span, message);
    match crate::config::nearest(word.text, known) {
        Some(near) => {
            found.remedy(format!("did you mean `{near}`? the entry is ignored, as in keepalived"))
        }
        None => found,
    }
}
