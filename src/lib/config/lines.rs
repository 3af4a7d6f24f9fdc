//! The lines of a text as the file has them, one after the other.

/// Lines that were not read yet.
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lines<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next line starts.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Where the next line starts, and the text from there on.
    pub(super) fn rest(&self) -> Option<(usize, &'t str)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        Some((self.at, rest))
    }

    /// The next `bytes` were read in another way.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }
}

impl<'t> Iterator for Lines<'t> {
    /// Where the line starts, and the line without its end.
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let (start, rest) = self.rest()?;
        let raw = rest.split_inclusive('\n').next()?;
        self.pass(raw.len());
        Some((start, raw.trim_end_matches(['\n', '\r'])))
    }
}
