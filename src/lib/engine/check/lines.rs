//! Lines of a text protocol out of a stream of bytes, with bounds on one line and on all.

/// Why there are no further lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLong {
    /// A line has more bytes than a line may have.
    Line(usize),
    /// All lines together have more than they may have.
    All(usize),
}

/// Puts lines together.
#[derive(Clone, Debug)]
pub struct Lines {
    line: Vec<u8>,
    longest: usize,
    left: usize,
    most: usize,
}

impl Lines {
    /// A line has at most `longest` bytes, all of them together `most`, ends included.
    #[must_use]
    pub const fn new(longest: usize, most: usize) -> Self {
        Self { line: Vec::new(), longest, left: most, most }
    }

    /// The next line, without its end (LF or CR LF), taken from the front of `bytes`. `None`: it
    /// goes on in what is still to come.
    ///
    /// # Errors
    /// A bound was met.
    pub fn take(&mut self, bytes: &mut &[u8]) -> Result<Option<Vec<u8>>, TooLong> {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
        self.left = self.left.checked_sub(line.len()).ok_or(TooLong::All(self.most))?;
        if self.line.len() + line.len() > self.longest {
            return Err(TooLong::Line(self.longest));
        }
        self.line.extend_from_slice(line);
        *bytes = rest;
        if end.is_none() {
            return Ok(None);
        }
        let mut whole = std::mem::take(&mut self.line);
        whole.pop();
        if whole.last() == Some(&b'\r') {
            whole.pop();
        }
        Ok(Some(whole))
    }

    /// The beginning of a line that has not ended.
    #[must_use]
    pub fn unfinished(&self) -> &[u8] {
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_whole_however_the_bytes_are_cut() {
        let text = b"one\r\ntwo\n\nlast";
        for size in 1..=text.len() {
            let mut lines = Lines::new(100, 100);
            let mut found = Vec::new();
            for mut part in text.chunks(size) {
                while let Some(line) = lines.take(&mut part).unwrap() {
                    found.push(line);
                }
                assert!(part.is_empty());
            }
            assert_eq!(found, [&b"one"[..], b"two", b""]);
            assert_eq!(lines.unfinished(), b"last");
        }
    }

    #[test]
    fn a_line_without_end_and_lines_without_end_are_given_up() {
        let mut lines = Lines::new(4, 100);
        assert_eq!(lines.take(&mut &b"abcdefgh"[..]), Err(TooLong::Line(4)));
        let mut lines = Lines::new(4, 5);
        assert_eq!(lines.take(&mut &b"ab\nc"[..]), Ok(Some(b"ab".to_vec())));
        assert_eq!(lines.take(&mut &b"cd\n"[..]), Err(TooLong::All(5)));
    }
}
