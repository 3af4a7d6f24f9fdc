//! Where quotes, escapes and braces are in a line. It knows no keyword: who asks says whether the
//! words belong to a command, whose quoting is richer.

/// Whether words end at `letter`. Other blanks, such as the no-break space, are letters to
/// keepalived.
pub(super) const fn is_blank(letter: char) -> bool {
    letter.is_ascii_whitespace() || letter == '\u{b}'
}

/// Walks over a line and says of each place whether it is quoted.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    quote: Option<u8>,
    /// `'` quotes too, and a backslash takes the meaning from any byte after it.
    rich: bool,
}

impl Scanner<'_> {
    /// The next byte that stands outside quotes and is not escaped, and where.
    fn bare(&mut self) -> Option<(usize, u8)> {
        loop {
            let (at, byte) = (self.at, *self.text.as_bytes().get(self.at)?);
            self.at += 1;
            match (self.quote, byte) {
                (_, b'\\') if self.rich => self.at += 1,
                (Some(open), _) if open == byte => self.quote = None,
                (Some(_), _) => {}
                (None, b'"') => self.quote = Some(b'"'),
                (None, b'\'') if self.rich => self.quote = Some(b'\''),
                (None, _) => return Some((at, byte)),
            }
        }
    }
}

/// Where comments could start in a line: every `#` and `!` outside double quotes and not after a
/// backslash.
fn signs(line: &str) -> impl Iterator<Item = usize> {
    let (mut quoted, mut escaped) = (false, false);
    line.bytes().enumerate().filter_map(move |(at, byte)| {
        let plain = !std::mem::take(&mut escaped);
        match byte {
            b'\\' => escaped = plain,
            b'"' if plain => quoted = !quoted,
            b'#' | b'!' if plain && !quoted => return Some(at),
            _ => {}
        }
        None
    })
}

/// Where the comment of a line starts.
pub(super) fn comment(line: &str) -> Option<usize> {
    signs(line).next()
}

/// Where the first brace is that opens or closes a block: outside quotes and not of `${NAME}`.
/// `rich`: the line is a command.
pub(super) fn brace(text: &str, rich: bool) -> Option<usize> {
    let mut scanner = Scanner { text, at: 0, quote: None, rich };
    loop {
        match scanner.bare()? {
            (at, b'{' | b'}') => return Some(at),
            (at, b'$') => {
                let rest = text.get(at + 1..).unwrap_or_default();
                let end = rest.strip_prefix('{').and_then(|inside| inside.find('}'));
                scanner.at += end.map_or(0, |length| length + 2);
            }
            _ => {}
        }
    }
}

/// `text` such that reading it again finds no comment in it.
pub(super) fn without_comment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for at in signs(text) {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push('\\');
        from = at;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_starts_outside_quotes_and_not_after_a_backslash() {
        assert_eq!(comment("a # b"), Some(2));
        assert_eq!(comment(r##"a "# b" \# \! !c"##), Some(14));
        assert_eq!(comment(r#""a \" # b" c"#), None);
    }

    #[test]
    fn a_text_without_comment_reads_as_it_stands() {
        for text in ["a#b!c", r##"a "#" # b"##, r"a\#b", "#"] {
            assert_eq!(comment(&without_comment(text)), None, "{text}");
        }
        assert_eq!(without_comment("a#b!"), r"a\#b\!");
    }

    #[test]
    fn braces_of_a_name_and_in_quotes_open_no_block() {
        assert_eq!(brace("vrrp_instance ${A} {", false), Some(19));
        assert_eq!(brace(r#"a "{" }"#, false), Some(6));
        assert_eq!(brace("notify '/x {a}' {", true), Some(16));
        assert_eq!(brace("notify '/x {a}' {", false), Some(11));
        assert_eq!(brace(r#"script "/x \"{\" a""#, true), None);
        assert_eq!(brace("$ {", false), Some(2));
    }
}
