//! The prose of the keyword table: what each block is for and what each keyword means, with the
//! place of its value in the model and examples. It stands in Markdown files beside the table, so
//! that rows stay short. It knows no arguments, defaults or ranges: those are the row's.
//!
//! `# BLOCK` (or several, with commas) opens the section of a block; what follows introduces it,
//! `### TITLE` divides the introduction. `## KEYWORD` describes a keyword of those blocks;
//! `= KEYWORD` below it says that it is another word for that one, `-> PATH` where
//! `ha config show --json` has its value, `~> PATH` what else it decides where nothing is said of
//! that. Indented lines are an example: below a block a whole configuration, below a keyword lines
//! of its block.

use std::sync::LazyLock;

/// The files, in no particular order.
const FILES: [&str; 8] = [
    include_str!("guide/language.md"),
    include_str!("guide/global.md"),
    include_str!("guide/interfaces.md"),
    include_str!("guide/addresses.md"),
    include_str!("guide/routes.md"),
    include_str!("guide/vrrp.md"),
    include_str!("guide/trackers.md"),
    include_str!("guide/lvs.md"),
];

/// A part of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A title inside an introduction.
    Title(&'static str),
    /// Sentences; words of a configuration stand between backquotes.
    Paragraph(String),
    /// Lines of a configuration.
    Example(String),
}

/// What is said about one keyword.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The keyword, as in its row.
    pub keyword: &'static str,
    /// The keyword that it is another word for.
    pub alias_of: Option<&'static str>,
    /// Where `ha config show --json` has its value.
    pub model: Vec<&'static str>,
    /// What it decides as long as nothing else sets it.
    pub otherwise: Vec<&'static str>,
    /// Its description.
    pub pieces: Vec<Piece>,
}

/// What is said about a block, or about keywords that several blocks have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Paths of the blocks.
    pub blocks: Vec<&'static str>,
    /// Its introduction.
    pub pieces: Vec<Piece>,
    /// Its keywords.
    pub entries: Vec<Entry>,
}

/// Every section of every file.
#[must_use]
pub fn sections() -> &'static [Section] {
    static SECTIONS: LazyLock<Vec<Section>> =
        LazyLock::new(|| FILES.iter().flat_map(|text| read(text)).collect());
    &SECTIONS
}

/// The introduction of a block.
#[must_use]
pub fn introduction(path: &str) -> Option<&'static Section> {
    sections().iter().find(|section| section.blocks == [path])
}

/// What is said about a keyword in a block: by the block itself before it is by several.
#[must_use]
pub fn entry(path: &str, keyword: &str) -> Option<&'static Entry> {
    let of = |section: &'static Section| section.entries.iter().find(|e| e.keyword == keyword);
    let shared = |section: &&Section| section.blocks.contains(&path);
    introduction(path).and_then(of).or_else(|| sections().iter().filter(shared).find_map(of))
}

impl Section {
    /// Where the next piece belongs: the last keyword, or the introduction.
    fn pieces(&mut self) -> &mut Vec<Piece> {
        match self.entries.last_mut() {
            Some(entry) => &mut entry.pieces,
            None => &mut self.pieces,
        }
    }
}

fn read(text: &'static str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    // A blank line ends a paragraph; between indented lines it is part of the example.
    let mut blank = false;
    for line in text.lines() {
        if let Some(paths) = line.strip_prefix("# ") {
            sections.push(Section { blocks: paths.split(", ").collect(), ..Section::default() });
        }
        let Some(section) = sections.last_mut() else { continue };
        if let Some(keyword) = line.strip_prefix("## ") {
            section.entries.push(Entry { keyword, ..Entry::default() });
        } else if let Some(title) = line.strip_prefix("### ") {
            section.pieces().push(Piece::Title(title));
        } else if let Some(other) = line.strip_prefix("= ") {
            if let Some(entry) = section.entries.last_mut() {
                entry.alias_of = Some(other);
            }
            section.pieces().push(Piece::Paragraph(format!("The same as `{other}`.")));
        } else if let Some(path) = line.strip_prefix("-> ") {
            if let Some(entry) = section.entries.last_mut() {
                entry.model.push(path);
            }
        } else if let Some(path) = line.strip_prefix("~> ") {
            if let Some(entry) = section.entries.last_mut() {
                entry.otherwise.push(path);
            }
        } else if let Some(code) = line.strip_prefix("    ") {
            match section.pieces().last_mut() {
                Some(Piece::Example(text)) => {
                    text.push_str(if blank { "\n\n" } else { "\n" });
                    text.push_str(code);
                }
                _ => section.pieces().push(Piece::Example(code.to_owned())),
            }
        } else if !line.is_empty() && !line.starts_with("# ") {
            match section.pieces().last_mut() {
                Some(Piece::Paragraph(text)) if !blank => text.extend([" ", line]),
                _ => section.pieces().push(Piece::Paragraph(line.to_owned())),
            }
        }
        blank = line.is_empty();
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_keywords_paragraphs_and_examples_are_told_apart() {
        let text = "# a, b\n\nOne\ntwo.\n\nThree.\n\n## k\n= l\n-> x.y\n~> z\n\nFour.\n\n    e {\n\n    }\n";
        let sections = read(text);
        assert_eq!(sections[0].blocks, ["a", "b"]);
        let paragraph = |text: &str| Piece::Paragraph(text.to_owned());
        assert_eq!(sections[0].pieces, [paragraph("One two."), paragraph("Three.")]);
        let entry = &sections[0].entries[0];
        assert_eq!((entry.keyword, entry.model.as_slice()), ("k", ["x.y"].as_slice()));
        assert_eq!((entry.alias_of, entry.otherwise.as_slice()), (Some("l"), ["z"].as_slice()));
        let said = [paragraph("The same as `l`."), paragraph("Four.")];
        assert_eq!(entry.pieces[..2], said);
        assert_eq!(entry.pieces[2..], [Piece::Example("e {\n\n}".to_owned())]);
    }
}
