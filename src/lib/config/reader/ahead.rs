//! A large file by two hands. While the first one reads from the start, the second one reads ahead
//! from a seam in the middle, as far as lines are plain: what such a line means depends on nothing
//! before it but on the block that it stands in. Where the first one comes to the seam with no
//! block open, what the second one took is right; otherwise it is forgotten and read again.
//!
//! Whether the two work at the same time is not decided here, and nothing that is found depends on
//! it.

use super::Reader;
use crate::config::diagnostic::Findings;
use crate::config::lines::Lines;
use crate::config::schema;
use crate::config::secrecy::Suspects;
use crate::config::source::{Span, offset};
use crate::config::tree::Builder;

/// Bytes of a file that one hand reads sooner than another one could start.
const FEW: usize = 128 << 10;
/// Bytes from the middle on in which a seam is looked for.
const SEARCHED: usize = 64 << 10;

/// What was read ahead.
#[derive(Default)]
struct Ahead {
    builder: Builder,
    diagnostics: Findings,
    suspects: Suspects,
    /// How many lines there were, and their bytes without the ends.
    lines: usize,
    bytes: usize,
    /// Bytes from the seam to the first line that was not taken.
    length: usize,
}

impl Ahead {
    /// Read the plain lines that `text` has from byte `seam` on.
    fn read(text: &str, seam: usize, origin: Span) -> Self {
        let mut ahead = Self::default();
        let mut lines = Lines::new(text);
        lines.pass(seam);
        while let Some((start, rest)) = lines.rest() {
            let at = Span { start: offset(start), ..origin };
            let taken = ahead.builder.plain_line(rest, at, &mut ahead.diagnostics);
            let Some(taken) = taken else { break };
            lines.pass(taken.end);
            if taken.suspect {
                ahead.suspects.add(origin, start..lines.at());
            }
            ahead.lines += 1;
            ahead.bytes += taken.length;
        }
        ahead.length = lines.at() - seam;
        ahead
    }
}

impl Reader<'_> {
    /// Take some of the `lines` of a large `text` by two hands; of any other one take none.
    pub(super) fn by_two_hands(&mut self, text: &str, lines: &mut Lines<'_>, origin: Span) {
        let Some(seam) = seam(text).filter(|_| self.rendering.is_none()) else { return };
        let (loader, mut ahead) = (self.loader, Ahead::default());
        let mut one = || self.lines_before(seam, lines, origin);
        let mut other = || ahead = Ahead::read(text, seam, origin);
        loader.both(&mut one, &mut other);
        if !self.exhausted
            && lines.at() == seam
            && self.builder.is_outside()
            && self.has_room(&ahead)
        {
            lines.pass(ahead.length);
            self.take(ahead);
        }
    }

    /// Whether no line of `ahead` goes past the bounds.
    fn has_room(&self, ahead: &Ahead) -> bool {
        let words = self.builder.words() + ahead.builder.words();
        ahead.bytes <= self.left.bytes && ahead.lines <= self.left.lines && words < self.left.words
    }

    fn take(&mut self, ahead: Ahead) {
        self.left.bytes = self.left.bytes.saturating_sub(ahead.bytes);
        self.left.lines = self.left.lines.saturating_sub(ahead.lines);
        self.builder.follow(ahead.builder);
        self.suspects.join(ahead.suspects);
        for found in ahead.diagnostics.into_vec() {
            self.diagnostics.push(found);
        }
    }
}

/// The first line past the middle of a large text that most likely stands in no block: one that
/// begins, without a blank, with a word that opens blocks there.
fn seam(text: &str) -> Option<usize> {
    let middle = Some(text.len() / 2).filter(|_| text.len() > FEW)?;
    let end = middle.saturating_add(SEARCHED).min(text.len());
    let searched = text.as_bytes().get(middle..end)?;
    let ends = searched.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.map(|(at, _)| middle + at + 1).find(|start| {
        let line = text.get(*start..).and_then(|rest| rest.lines().next());
        let word = line.and_then(|line| line.split([' ', '\t', '{']).next());
        word.and_then(|word| schema::TOP.find(word)).is_some_and(|row| row.content.is_some())
    })
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;

    use super::*;
    use crate::config::loader::{FileStatus, LoadError, Loader};
    use crate::config::tree::{Nodes, Place, Tree};
    use crate::config::{Bounds, Options};

    /// A host without files, whose hands work one after the other.
    struct Bare;

    impl Loader for Bare {
        fn read(&self, _: &Path) -> Result<String, LoadError> {
            Err(LoadError { cause: "there are no files".to_owned(), not_found: true })
        }

        fn glob(&self, _: &Path, _: &str) -> Result<Vec<PathBuf>, LoadError> {
            Ok(Vec::new())
        }

        fn environment(&self, _: &str) -> Option<String> {
            None
        }

        fn user(&self, _: &str) -> Option<(u32, u32)> {
            None
        }

        fn group(&self, _: &str) -> Option<u32> {
            None
        }

        fn status(&self, _: &Path) -> Result<FileStatus, LoadError> {
            Err(LoadError { cause: "there are no files".to_owned(), not_found: true })
        }

        fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
            Ok(path.to_owned())
        }

        fn identity(&self) -> (u32, u32) {
            (0, 0)
        }
    }

    /// Everything that comes of reading `text` by so many hands, in words.
    fn read(text: &str, hands: usize, options: &Options) -> String {
        fn written(nodes: Nodes<'_>) -> String {
            let node = |place: Place<'_>| {
                let (node, words) = (place.node(), place.node().words().collect::<Vec<_>>());
                let block =
                    node.block.map(|b| format!("{:?} {:?} {}", b.open, b.close, written(b.nodes)));
                format!("{words:?} {block:?}\n")
            };
            nodes.map(node).collect()
        }
        let mut reader = Reader::new(&Bare, options);
        let file = reader.sources.add("x".into(), text.to_owned());
        let (mut lines, origin) = (Lines::new(text), Span { file, ..Span::default() });
        if hands == 2 {
            reader.by_two_hands(text, &mut lines, origin);
            assert!(lines.at() > 0, "two hands take something");
        }
        reader.lines_before(text.len(), &mut lines, origin);
        let Reader { builder, diagnostics, sources, left, exhausted, suspects, .. } = reader;
        let taken = builder.finish();
        let found = format!("{left:?} {exhausted} {suspects:?} {:?}", diagnostics.into_vec());
        let told = format!("{} {:?}", taken.unclosed, taken.secrets);
        format!("{found} {told}\n{}", written(Tree::new(taken, &sources).top()))
    }

    const PIECES: [&str; 16] = [
        "vrrp_script a {\n    script \"/bin/true x\"\n    weight 1\n}\n",
        "virtual_server 10.0.0.1 80 {\n  real_server 10.0.0.2 80 {\n    weight 1\n  }\n}\n",
        "vrrp_instance I {\n  authentication {\n    auth_pass secret\n  }\n}\n",
        "vrrp_script open {\n  interval 1\n",
        "}\n",
        "{\n",
        "global_defs\n",
        "# a comment\n\n",
        "$NAME=vrrp_script b { \\\n    interval 2 \\\n}\n",
        "$NAME\n",
        "@other router_id x\n",
        "include /nowhere/*.conf\n",
        "track_file f {\r\n    file \"/x\"\r\n}\r\n",
        "vrrp_script q { script \"a }\" }\n",
        "password hidden\n",
        "static_ipaddress {\n    10.0.0.1/24 dev eth0\n}\n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn two_hands_read_what_one_hand_does(
            before in prop::collection::vec(0..PIECES.len(), 0..5),
            after in prop::collection::vec(0..PIECES.len(), 0..5),
            words in prop_oneof![Just(usize::MAX), 0..60_000_usize],
        ) {
            let fill = PIECES[0].repeat(FEW / PIECES[0].len() / 2 + 600);
            let odd = |some: &[usize]| some.iter().map(|at| PIECES[*at]).collect::<String>();
            let text = format!("{fill}{}{}{}{fill}", odd(&before), PIECES[1], odd(&after));
            let options = Options { bounds: Bounds { words, ..Bounds::default() }, ..Options::default() };
            prop_assert_eq!(read(&text, 2, &options), read(&text, 1, &options));
        }
    }
}
