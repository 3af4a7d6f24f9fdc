//! The tree against the keyword table: unknown keywords, missing and surplus arguments, values
//! out of range. What comes out are entries whose value is valid; what was wrong was reported.

use std::collections::BTreeMap;
use std::time::Duration;

use super::diagnostic::{Code, Diagnostic, Findings};
use super::nearest;
use super::schema::{self, Arguments, Block, Row, Support};
use super::source::Span;
use super::tree::{Node, Nodes, Place, Word, WordList};
use super::values::{self, Parsed};

/// Blocks that keepalived drops when more than a name stands before their brace.
const ONE_NAME: [&str; 2] = ["vrrp_instance", "vrrp_sync_group"];

/// Blocks whose keywords are resolved when the block is built, and then forgotten: a configuration
/// may have very many, and nothing looks into two of them.
const LATE: [&str; 2] = ["virtual_server", "real_server"];

/// What a keyword was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing, or words that the builder reads itself.
    Words,
    /// One integer in range.
    Number(i64),
    /// A time in range.
    Time(Duration),
    /// On or off.
    Switch(bool),
}

/// A keyword with a valid value.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    place: Place<'a>,
    pub row: &'static Row,
    pub value: Value,
    /// The keywords of its block; empty for a block of list entries, and for one of [`LATE`] until
    /// it is opened.
    pub children: Box<[Entry<'a>]>,
    /// It, or a block round it, is not acted on yet, which was reported.
    quiet: bool,
}

impl<'a> Entry<'a> {
    /// Whether its block is not resolved before it is opened.
    pub(super) fn is_late(&self) -> bool {
        LATE.contains(&self.row.keyword)
    }

    /// How many statements it is, with those of its block.
    pub(super) fn statements(&self) -> usize {
        self.place.statements()
    }

    /// The words after the keyword.
    pub(super) fn arguments(&self) -> WordList<'a> {
        self.place.arguments()
    }

    /// The first argument, or nothing.
    pub(super) fn text(&self) -> &'a str {
        self.arguments().first().map_or("", |word| word.text)
    }

    /// The number that it is given, when it takes one.
    pub(super) fn number(&self) -> Option<i64> {
        match self.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The same in whatever unsigned type its range fits.
    pub(super) fn unsigned<T: TryFrom<i64>>(&self) -> Option<T> {
        self.number().and_then(|number| T::try_from(number).ok())
    }

    /// The time that it is given, when it takes one.
    pub(super) fn time(&self) -> Option<Duration> {
        match self.value {
            Value::Time(time) => Some(time),
            _ => None,
        }
    }

    /// Where the first argument stands, or the keyword when there is none.
    pub(super) fn value_span(&self) -> Span {
        self.arguments().first().map_or_else(|| self.span(), |word| word.span)
    }

    /// Where the keyword stands.
    pub(super) fn span(&self) -> Span {
        self.place.keyword().span
    }

    /// The words of its block, for lists that may have several on a line.
    pub(super) fn list_words(&self) -> impl Iterator<Item = Word<'a>> + use<'a> {
        self.lines().flat_map(|line| line.words())
    }

    /// The lines of its block as they stand.
    pub(super) fn lines(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.place.inside().into_iter().flatten().map(Place::node)
    }
}

/// Resolves a tree and collects what it finds.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    pub diagnostics: Findings,
    /// What is not acted on yet: feature to the places that want it.
    missing: BTreeMap<&'static str, Vec<(String, Span)>>,
    /// What was said about an unknown word in a block: looking for near words is slow.
    remedies: BTreeMap<(&'static str, String), String>,
}

impl Resolver {
    /// The valid keywords of `nodes`, which stand in `block`. `quiet`: an outer block is not acted
    /// on yet and was reported.
    pub(super) fn block<'a>(
        &mut self,
        nodes: Nodes<'a>,
        block: &'static Block,
        quiet: bool,
    ) -> Box<[Entry<'a>]> {
        self.nested(nodes, block, quiet, &mut Vec::new())
    }

    /// The same; entries of all blocks that are not complete wait on one `stack`.
    fn nested<'a>(
        &mut self,
        nodes: Nodes<'a>,
        block: &'static Block,
        quiet: bool,
        stack: &mut Vec<Entry<'a>>,
    ) -> Box<[Entry<'a>]> {
        let from = stack.len();
        for place in nodes {
            let Some(row) = place.known().and_then(|known| known.row(block)) else {
                self.unknown(&place.node(), block);
                continue;
            };
            self.support(place, row, quiet);
            let Some(value) = self.value(place, row) else { continue };
            let quiet = quiet || matches!(row.support, Support::NotYet(_));
            let mut entry = Entry { place, row, value, children: Box::default(), quiet };
            if let Some(content) = row.content.filter(|content| !content.entries)
                && !entry.is_late()
                && let Some(inside) = place.inside()
            {
                entry.children = self.nested(inside, content, quiet, stack);
            }
            let before = stack.get(from..).unwrap_or_default();
            if !self.repeated(before, &entry, block) {
                stack.push(entry);
            }
        }
        stack.drain(from..).collect()
    }

    /// `entry`, a block that is resolved late, with its keywords.
    pub(super) fn open<'a>(&mut self, entry: &Entry<'a>) -> Entry<'a> {
        let Entry { place, row, ref value, quiet, .. } = *entry;
        let children = match (place.inside(), row.content) {
            (Some(inside), Some(content)) => self.block(inside, content, quiet),
            _ => Box::default(),
        };
        Entry { place, row, value: value.clone(), children, quiet }
    }

    /// Report a setting that is given twice; true when the first one stays.
    fn repeated(&mut self, entries: &[Entry<'_>], entry: &Entry<'_>, block: &Block) -> bool {
        if entry.row.content.is_some() || entry.row.repeatable {
            return false;
        }
        let same = |other: &&Entry<'_>| std::ptr::eq(other.row, entry.row);
        let Some(first) = entries.iter().rfind(same) else { return false };
        let single =
            matches!(block.path, "global_defs" | "SSL" | "vrrp_script" | "vrrp_sync_group")
                || block.path.starts_with("vrrp_instance")
                || block.path.starts_with("virtual_server");
        if !single {
            return false;
        }
        let keyword = entry.row.keyword;
        let first_wins = entry.row.arguments == Arguments::Command
            || matches!(keyword, "use_vmac" | "use_ipvlan" | "vrf")
            || keyword.ends_with("notify_fifo");
        let remedy = if first_wins { "the first one holds" } else { "the last one holds" };
        self.diagnostics.push(
            Diagnostic::new(Code::Repeated, entry.span(), format!("`{keyword}` is given again"))
                .remedy(format!("{remedy}; remove the other"))
                .related("given here before", first.span()),
        );
        first_wins
    }

    fn support(&mut self, place: Place<'_>, row: &'static Row, quiet: bool) {
        if row.replaced_by.is_none() && row.support == Support::Works {
            return;
        }
        let span = place.keyword().span;
        if let Some(now) = row.replaced_by {
            let message = format!("`{}` is an old spelling", row.keyword);
            self.diagnostics.push(
                Diagnostic::new(Code::Deprecated, span, message)
                    .remedy(format!("write `{now}` instead")),
            );
        }
        match row.support {
            Support::NotYet(feature) if !quiet => {
                self.not_yet(feature, row.keyword, span);
            }
            Support::Accepted(because) if !quiet => {
                let message = format!("`{}` has no meaning here", row.keyword);
                self.diagnostics
                    .push(Diagnostic::new(Code::NoMeaning, span, message).remedy(because));
            }
            _ => {}
        }
    }

    /// Remember that `keyword` asks for a `feature` that is not there yet.
    pub(super) fn not_yet(&mut self, feature: &'static str, keyword: &str, span: Span) {
        self.missing.entry(feature).or_default().push((keyword.to_owned(), span));
    }

    /// Take over what another one found in blocks that come after those of this one.
    pub(super) fn join(&mut self, other: Self) {
        for found in other.diagnostics.into_vec() {
            self.diagnostics.push(found);
        }
        for (feature, places) in other.missing {
            self.missing.entry(feature).or_default().extend(places);
        }
    }

    /// One warning for each feature that is not there yet, with all places that want it.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics;
        for (feature, places) in self.missing {
            let mut places = places.into_iter();
            let Some((keyword, span)) = places.next() else { continue };
            let message = format!("`{keyword}` is not acted on yet: {feature}");
            let more = places.len();
            let remedy = match more {
                0 => "the setting is kept and does nothing".to_owned(),
                1 => "the setting and one more like it are kept and do nothing".to_owned(),
                _ => format!("the setting and {more} more like it are kept and do nothing"),
            };
            let mut found = Diagnostic::new(Code::NotYet, span, message).remedy(remedy);
            for (keyword, span) in places.take(3) {
                found = found.related(format!("`{keyword}` too"), span);
            }
            diagnostics.push(found);
        }
        diagnostics.into_vec()
    }

    fn unknown(&mut self, node: &Node<'_>, block: &'static Block) {
        let Word { text: word, span } = node.keyword;
        let top = schema::TOP.find(word).filter(|row| row.content.is_some());
        if block.path != schema::TOP.path && node.block.is_some() && top.is_some() {
            let message = format!("`{word}` stands inside `{}`", block.path);
            let remedy = format!("close `{}` with `}}` before this line", block.path);
            self.diagnostics.push(Diagnostic::new(Code::Swallowed, span, message).remedy(remedy));
            return;
        }
        if let Some(word) = word.strip_prefix('\u{feff}') {
            let message = format!("a byte order mark stands before `{word}`");
            let remedy = "what it belongs to is ignored, as in keepalived; save the file as UTF-8 \
                          without a byte order mark";
            let found = Diagnostic::new(Code::UnknownKeyword, span, message).remedy(remedy);
            self.diagnostics.push(found);
            return;
        }
        let place = if block.path == schema::TOP.path {
            "at the top level".to_owned()
        } else {
            format!("in `{}`", block.path)
        };
        let remedies = self.remedies.entry((block.path, word.to_owned()));
        let remedy = remedies.or_insert_with(|| unknown_remedy(word, block)).clone();
        let message = format!("`{word}` is not a keyword {place}");
        self.diagnostics.push(Diagnostic::new(Code::UnknownKeyword, span, message).remedy(remedy));
    }

    /// The value of a keyword; `None` when it must be left out.
    fn value(&mut self, place: Place<'_>, row: &'static Row) -> Option<Value> {
        let arguments = place.arguments();
        self.shape(place, arguments, row)?;
        let (value, most) = match row.arguments {
            Arguments::None | Arguments::Block => (Value::Words, 0),
            Arguments::NamedBlock => (Value::Words, 1),
            words @ (Arguments::Words(..) | Arguments::Parts(_)) => {
                (Value::Words, words.words().map_or(0, |(_, most)| most))
            }
            Arguments::Command => (Value::Words, 3),
            Arguments::Quoted => (Value::Words, usize::MAX),
            Arguments::Switch => {
                let on = match arguments.first() {
                    Some(word) => self.parsed(row, word.span, values::switch(word.text))?,
                    None => true,
                };
                (Value::Switch(on), 1)
            }
            Arguments::MaybeNumber(..) if arguments.is_empty() => (Value::Words, 1),
            Arguments::Number(least, most) | Arguments::MaybeNumber(least, most) => {
                let word = arguments.first()?;
                let parsed = values::number(word.text, least, most);
                (Value::Number(self.parsed(row, word.span, parsed)?), 1)
            }
            Arguments::Seconds(least, most) => {
                let word = arguments.first()?;
                let parsed = values::seconds(word.text, least, most);
                (Value::Time(self.parsed(row, word.span, parsed)?), 1)
            }
            Arguments::Choice(words) => {
                let word = arguments.first()?;
                self.parsed(row, word.span, values::choice(word.text, words))?;
                (Value::Words, 1)
            }
        };
        if let Some(extra) = arguments.get(most) {
            let message = format!("`{}` does not take `{}`", row.keyword, extra.text);
            self.diagnostics.push(
                Diagnostic::new(Code::ExtraArguments, extra.span, message)
                    .remedy(format!("it is ignored; the form is: {}", form(row))),
            );
        }
        Some(value)
    }

    /// Whether it has a block and enough arguments.
    fn shape(
        &mut self,
        place: Place<'_>,
        arguments: WordList<'_>,
        row: &'static Row,
    ) -> Option<()> {
        match (place.has_block(), row.content) {
            (false, Some(_)) => {
                let message = format!("`{}` has no block", row.keyword);
                self.diagnostics.push(
                    Diagnostic::new(Code::BlockMissing, place.keyword().span, message)
                        .remedy(block_remedy(row, arguments)),
                );
                return None;
            }
            (true, None) => {
                let span = place.block().map(|block| block.open).unwrap_or_default();
                let message = format!("`{}` takes no block", row.keyword);
                self.diagnostics.push(
                    Diagnostic::new(Code::BraceWithoutBlock, span, message)
                        .remedy("remove the brace and its partner, or name the block it opens"),
                );
            }
            _ => {}
        }
        let least = match row.arguments {
            words @ (Arguments::Words(..) | Arguments::Parts(_)) => {
                words.words().map_or(0, |(least, _)| least)
            }
            Arguments::Number(..)
            | Arguments::Seconds(..)
            | Arguments::Choice(_)
            | Arguments::Command
            | Arguments::Quoted
            | Arguments::NamedBlock => 1,
            Arguments::None | Arguments::Block | Arguments::Switch | Arguments::MaybeNumber(..) => {
                0
            }
        };
        let keyword = row.keyword;
        if let Some(second) = arguments.get(1)
            && ONE_NAME.contains(&keyword)
        {
            let message = format!("`{keyword}` has more than one name; keepalived drops the block");
            self.diagnostics.push(
                Diagnostic::new(Code::NameMissing, second.span, message)
                    .remedy("put a name with blanks in double quotes"),
            );
            return None;
        }
        if arguments.len() >= least {
            return Some(());
        }
        let span = place.keyword().span;
        let found = if row.arguments == Arguments::NamedBlock {
            Diagnostic::new(Code::NameMissing, span, format!("`{keyword}` has no name"))
                .remedy(format!("give it one: {keyword} NAME {{"))
        } else if row.fatal {
            let message = format!("`{keyword}` has no value; keepalived does not start with it");
            Diagnostic::new(Code::ArgumentMissing, span, message)
                .remedy(format!("write {}, or remove the line", form(row)))
        } else {
            let message = format!("`{keyword}` has no value and is ignored");
            Diagnostic::new(Code::MissingArgument, span, message)
                .remedy(format!("write {}, or remove the line", form(row)))
        };
        self.diagnostics.push(found);
        None
    }

    fn parsed<T>(&mut self, row: &Row, span: Span, parsed: Parsed<T>) -> Option<T> {
        match parsed {
            Parsed::Good(value) => Some(value),
            Parsed::Adjusted(value, why) => {
                let message = format!("`{}`: {why}", row.keyword);
                self.diagnostics.push(Diagnostic::new(Code::Adjusted, span, message));
                Some(value)
            }
            Parsed::Bad(why) => {
                let message = format!("`{}`: {why}", row.keyword);
                let remedy = match row.default {
                    "" | "none" | "required" => "it is ignored".to_owned(),
                    default => format!("it is ignored; the default holds: {default}"),
                };
                self.diagnostics
                    .push(Diagnostic::new(Code::InvalidValue, span, message).remedy(remedy));
                None
            }
        }
    }
}

/// What to do about a block that `row` opens and that is not there, behind `words`.
fn block_remedy(row: &Row, words: WordList<'_>) -> String {
    if row.arguments != Arguments::Block || words.is_empty() {
        return "write `{` at the end of this line, and `}` after its settings".to_owned();
    }
    let marks = [',', ';', '(', ')', '='];
    let words: Vec<&str> = words.iter().map(|word| word.text.trim_matches(marks)).collect();
    let words = words.join(" ");
    format!("put it between braces, on one line or several: {} {{ {} }}", row.keyword, words.trim())
}

/// A block by its own name and that of the one round it, which names stand for.
fn place_of(path: &str) -> String {
    match path.rsplit_once('/') {
        None => format!("`{path}`"),
        Some((outer, inner)) => {
            let outer = outer.rsplit('/').next().unwrap_or(outer);
            format!("`{inner}` of `{outer}`")
        }
    }
}

/// What a word is that no keyword looks like.
fn stranger(word: &str) -> Option<&'static str> {
    let comment = ["//", "/*", "*/", ";", "--"].iter().any(|sign| word.starts_with(sign));
    if comment {
        return Some("it is ignored; a comment begins with `#` or `!`");
    }
    // No-break, thin, zero width and the like, as web pages have them.
    let odd =
        |c: char| !c.is_ascii() && (c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}'));
    word.contains(odd).then_some(
        "it is ignored; it has a blank in it that is no plain one, perhaps from a web page: write it anew",
    )
}

/// What to do about a word that is no keyword of `block`.
fn unknown_remedy(word: &str, block: &'static Block) -> String {
    let elsewhere = schema::blocks_of(word);
    let known = block.keywords().map(|row| row.keyword);
    // Of a block inside of this one somebody forgot the block.
    let inner = elsewhere.iter().find_map(|path| {
        let (outer, inner) = path.rsplit_once('/')?;
        (outer == block.path).then_some(inner)
    });
    if let Some(inner) = inner {
        format!("it belongs between the braces of `{inner} {{ }}`; here it is ignored")
    } else if !elsewhere.is_empty() {
        let places: Vec<_> = elsewhere.iter().take(3).map(|path| place_of(path)).collect();
        format!("it belongs in {}; here it is ignored", places.join(" or "))
    } else if let Some(remedy) = stranger(word) {
        remedy.to_owned()
    } else if let Some(near) = nearest(word, known) {
        format!("did you mean `{near}`? it is ignored")
    } else if let Some((near, path)) = nearest_anywhere(word) {
        format!("did you mean `{near}` in {}? it is ignored", place_of(path))
    } else {
        "it is ignored; check the spelling and the block it stands in".to_owned()
    }
}

/// How a keyword is written.
fn form(row: &Row) -> String {
    match row.syntax {
        "" | "none" => format!("`{}`", row.keyword),
        syntax => format!("`{} {syntax}`", row.keyword),
    }
}

/// The keyword of any block that is nearest to `word`, and the block.
fn nearest_anywhere(word: &str) -> Option<(&'static str, &'static str)> {
    let blocks = schema::blocks();
    let all = blocks.iter().flat_map(|block| block.keywords()).map(|row| row.keyword);
    let near = nearest(word, all)?;
    Some((near, schema::blocks_of(near).first().copied()?))
}
