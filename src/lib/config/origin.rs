//! Where each value of a model came from: the line that set it, the host, or nobody.
//!
//! Which keyword sets which value is what the guide of the keyword table says; which block an
//! element of a list was made of is what [`anchor`] knows. Nothing here knows a default: what no
//! line set is one.

mod anchor;
mod statement;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::diagnostic::{Code, Diagnostic};
use super::resolve::Entry;
use super::schema::{self, Arguments};
use super::source::Span;
use anchor::Anchor;
use statement::{Statement, Word};
use table::Candidate;

/// The settings of a configuration as they were written, for [`settings`].
#[derive(Clone, Debug, Default)]
pub struct Statements(Vec<Statement>);

impl Statements {
    /// A copy of `entries`.
    pub(super) fn of(entries: &[Entry<'_>]) -> Self {
        Self(Statement::all(entries, schema::TOP.path))
    }
}

/// One value of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting<'a> {
    /// Its place: `vrrp.routers[0].priority`.
    pub path: String,
    /// The value; a list of plain values, and one without elements, is one value.
    pub value: &'a Value,
    /// Who set it.
    pub origin: Origin,
}

/// Who set a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A keyword of the file.
    Line {
        /// The block that it stands in.
        block: &'static str,
        /// The keyword; a name in capitals stands for a word of a list.
        keyword: &'static str,
        /// Where it stands.
        span: Span,
    },
    /// The host: its name, its accounts.
    Host,
    /// Nobody: it is the default.
    Default,
}

/// Maps whose keys are names.
const NAMED: [&str; 5] =
    ["notify.instances", "notify.groups", "notify.member_of", "instances", "groups"];
/// Keywords that count for one family only: where, and which.
const FAMILY: [(&str, &str); 5] = [
    ("vrrp_mcast_group4", "ipv4"),
    ("vrrp_mcast_group6", "ipv6"),
    ("vrrp_garp_interval", "ipv4"),
    ("vrrp_gna_interval", "ipv6"),
    ("vrrp_version", "ipv4"),
];
/// Keywords that set nothing when they are off.
const ONLY_ON: [&str; 3] = ["vrrp_strict", "strict_mode", "vrrp_min_garp"];

/// Every value of `model`, which `statements` made, in the order of the model.
#[must_use]
pub fn settings<'a>(
    model: &'a Value,
    statements: &Statements,
    diagnostics: &[Diagnostic],
) -> Vec<Setting<'a>> {
    let mut walk = Walk::new(&statements.0, diagnostics);
    let mut scope = vec![Place::Top];
    let globals = statements.0.iter().filter(|s| matches!(s.keyword, "global_defs" | "SSL"));
    scope.extend(globals.map(Place::Block));
    let at = At::default();
    walk.value(model, &at, &mut scope);
    walk.found
}

/// Where the walk is.
#[derive(Clone, Debug, Default)]
struct At {
    /// As it is told: with numbers and names.
    path: String,
    /// As the guide writes it: `[]` for every element and `NAME` for every name.
    pattern: String,
    /// The last key.
    key: String,
    /// Bytes of the pattern up to the innermost element that a statement made.
    anchored: usize,
    /// Family of the router that it is in.
    family: Option<String>,
}

impl At {
    fn inside(&self, key: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !key.starts_with(|c: char| c.is_ascii_digit());
        let named = NAMED.contains(&self.pattern.as_str());
        let path = if plain && !key.is_empty() {
            format!("{}{dot}{key}", self.path)
        } else {
            format!("{}[{}]", self.path, Value::from(key))
        };
        let pattern = format!("{}{dot}{}", self.pattern, if named { "NAME" } else { key });
        Self { path, pattern, key: key.to_owned(), ..self.clone() }
    }

    fn element(&self, number: usize) -> Self {
        let path = format!("{}[{number}]", self.path);
        let pattern = format!("{}[]", self.pattern);
        Self { path, pattern, ..self.clone() }
    }
}

/// What may have set a value: from the outermost to the innermost.
#[derive(Clone, Copy, Debug)]
enum Place<'s> {
    /// The statements outside of all blocks.
    Top,
    /// Those of a block, and the keyword of the block itself.
    Block(&'s Statement),
    /// The words of an entry of a list.
    Entry(&'static str, &'s [Word]),
}

struct Walk<'s, 'a> {
    top: &'s [Statement],
    /// Blocks outside of all others by their keyword and name; the first of a name holds.
    names: BTreeMap<(&'static str, &'s str), &'s Statement>,
    /// Where what was given and does not hold stands.
    set_aside: BTreeSet<Span>,
    /// Where it stands why a block made nothing.
    left_out: BTreeSet<Span>,
    found: Vec<Setting<'a>>,
}

impl<'s, 'a> Walk<'s, 'a> {
    fn new(top: &'s [Statement], diagnostics: &[Diagnostic]) -> Self {
        let mut names = BTreeMap::new();
        for statement in top.iter().filter(|statement| !statement.inside.is_empty()) {
            let name = statement.words.first().map_or("", |word| word.text.as_str());
            names.entry((statement.keyword, name)).or_insert(statement);
        }
        let lost = |d: &&Diagnostic| {
            let ignored = d.remedy.starts_with("it is ignored") && d.code != Code::ExtraArguments;
            d.code == Code::Strict || ignored
        };
        let set_aside = diagnostics.iter().filter(lost).filter_map(|d| d.span).collect();
        let vain = |d: &&Diagnostic| {
            let script = matches!(d.code, Code::ScriptUnusable | Code::UnknownUser);
            script || d.remedy.contains("is left out")
        };
        let left_out = diagnostics.iter().filter(vain).filter_map(|d| d.span).collect();
        Self { top, names, set_aside, left_out, found: Vec::new() }
    }

    /// Whether nothing came of `block`, an element of what `anchor` is about: it was left out, or
    /// as a check what it needs was.
    fn is_left_out(&self, block: &Statement, anchor: &Anchor) -> bool {
        let told = |s: &Statement| {
            self.left_out.contains(&s.span)
                || s.words.iter().any(|word| self.left_out.contains(&word.span))
        };
        told(block) || anchor.is_of_checks() && block.children.iter().any(told)
    }

    fn value(&mut self, value: &'a Value, at: &At, scope: &mut Vec<Place<'s>>) {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                for (key, value) in fields {
                    let mut inside = at.inside(key);
                    let anchor = Anchor::of(&inside.pattern);
                    let mut number = 0;
                    let places =
                        anchor.map_or_else(Vec::new, |a| self.candidates(a, scope, &inside, value));
                    self.element(value, &mut inside, anchor, (&places, &mut number), scope);
                }
            }
            Value::Array(values) if values.iter().any(Value::is_object) => {
                let first = values.first().unwrap_or(&Value::Null);
                let anchor = Anchor::of(&format!("{}[]", at.pattern));
                let places = anchor.map_or_else(Vec::new, |a| self.candidates(a, scope, at, first));
                let mut next = 0;
                for (number, value) in values.iter().enumerate() {
                    let mut inside = at.element(number);
                    self.element(value, &mut inside, anchor, (&places, &mut next), scope);
                }
            }
            _ => {
                let origin = self.origin(value, at, scope);
                self.found.push(Setting { path: at.path.clone(), value, origin });
            }
        }
    }

    /// One element, with the statement that made it on top of `scope`.
    fn element(
        &mut self,
        value: &'a Value,
        at: &mut At,
        anchor: Option<&'static Anchor>,
        (places, next): (&[Place<'s>], &mut usize),
        scope: &mut Vec<Place<'s>>,
    ) {
        let depth = scope.len();
        if let Some(anchor) = anchor {
            if let Some(family) = value.get("family").and_then(Value::as_str) {
                at.family = Some(family.to_owned());
            }
            at.anchored = at.pattern.len();
            if let Some(definition) = self.definition(anchor, value) {
                scope.push(Place::Block(definition));
            }
            let named = anchor.name(value, &at.key);
            if let Some(found) = named.and_then(|name| self.named(anchor, name)) {
                scope.push(Place::Block(found));
            } else if named.is_none()
                && let Some(place) = anchor.choose(value, places, next)
            {
                scope.extend(outer(scope.last(), place));
                scope.push(place);
            }
        }
        self.value(value, at, scope);
        scope.truncate(depth);
    }

    fn named(&self, anchor: &Anchor, name: &str) -> Option<&'s Statement> {
        anchor.keywords.iter().find_map(|keyword| self.names.get(&(*keyword, name)).copied())
    }

    /// The block that defines what an entry refers to.
    fn definition(&self, anchor: &Anchor, value: &Value) -> Option<&'s Statement> {
        let name = anchor::text(value, &["/tracker/script", "/name", "/file"])?;
        anchor.definitions.iter().find_map(|keyword| self.names.get(&(*keyword, name)).copied())
    }

    /// What the elements at `at` may have been made of, in the order of the file.
    fn candidates(
        &self,
        anchor: &Anchor,
        scope: &[Place<'s>],
        at: &At,
        first: &Value,
    ) -> Vec<Place<'s>> {
        if anchor.name(first, &at.key).is_some() {
            return Vec::new();
        }
        let block = scope.iter().rev().find_map(|place| match place {
            Place::Block(statement) => Some(*statement),
            _ => None,
        });
        let within: &[Statement] = match block.filter(|_| anchor.nested) {
            Some(block) if anchor.by_reference => {
                let group = block.words.get(1).map_or("", |word| word.text.as_str());
                let is_group = block.words.first().is_some_and(|word| word.text == "group");
                let found = self.names.get(&("virtual_server_group", group));
                found.filter(|_| is_group).map_or(&[], |found| std::slice::from_ref(*found))
            }
            Some(block) => &block.children,
            None => self.top,
        };
        let mut places = Vec::new();
        for keyword in anchor.keywords {
            // Kinds of one list stand in any order; lists of several kinds one after the other.
            if places.is_empty() || anchor.lists {
                let these = within.iter().filter(|statement| {
                    statement.keyword == *keyword
                        || (!anchor.lists && anchor.keywords.contains(&statement.keyword))
                });
                for statement in these.filter(|s| !self.is_left_out(s, anchor)) {
                    if anchor.lists {
                        let entry = |line| Place::Entry(statement.inside, line);
                        places.extend(statement.lines.iter().map(|line| entry(line.as_slice())));
                    } else {
                        // A check of several hosts is one check for each.
                        let hosts = || statement.children.iter().filter(|c| c.keyword == "host");
                        match hosts().next() {
                            Some(_) => places.extend(hosts().map(Place::Block)),
                            None => places.push(Place::Block(statement)),
                        }
                    }
                }
            }
        }
        places
    }

    fn origin(&self, value: &Value, at: &At, scope: &[Place<'s>]) -> Origin {
        // What says something of a whole element does not say it of each of its values.
        let says = |c: &Candidate| c.length > at.anchored || c.length == at.pattern.len();
        let (otherwise, candidates): (Vec<_>, Vec<_>) =
            table::of(&at.pattern).into_iter().filter(says).partition(|c| c.otherwise);
        let strict = strictness(scope)
            .filter(|strict| candidates.iter().any(|c| c.is(strict.block, strict.keyword)));
        let set = || self.among(&candidates, value, at, scope);
        let decided = || self.among(&otherwise, value, at, scope);
        if let Some(found) = strict.map(line).or_else(set).or_else(decided) {
            return found;
        }
        let account = at.pattern.contains(".identity.");
        if account || at.pattern == "globals.router_id" { Origin::Host } else { Origin::Default }
    }

    /// What set the value, when one of `candidates` did: the innermost.
    fn among(
        &self,
        candidates: &[Candidate],
        value: &Value,
        at: &At,
        scope: &[Place<'s>],
    ) -> Option<Origin> {
        scope.iter().rev().find_map(|place| match place {
            Place::Top => self.best(self.top, schema::TOP.path, candidates, (value, at)),
            Place::Entry(block, words) => entry(block, words, candidates, value, at),
            Place::Block(block) => {
                let itself = || candidates.iter().any(|c| c.is(block.block, block.keyword));
                let of = |block: &Statement| {
                    self.best(&block.children, block.inside, candidates, (value, at))
                };
                // What a page of a check says of its connection holds for all of them.
                let mut pages = block.children.iter().rev().filter(|b| b.keyword == "url");
                let page = || pages.find_map(of);
                of(block).or_else(page).or_else(|| itself().then(|| line(block)))
            }
        })
    }

    /// The statement among `statements`, which stand in `block`, that set the value.
    fn best(
        &self,
        statements: &[Statement],
        block: &str,
        candidates: &[Candidate],
        (value, at): (&Value, &At),
    ) -> Option<Origin> {
        let all = candidates;
        let mut candidates: Vec<_> = all.iter().filter(|c| c.block == block).collect();
        candidates.sort_by_key(|c| (std::cmp::Reverse(c.length), c.paths, c.order));
        candidates.iter().find_map(|candidate| {
            // A limit on the hops from peers turns the check of them on; peers alone do not.
            let idle = candidate.keyword == "unicast_peer" && *value == Value::Bool(false);
            let holds = |statement: &&Statement| {
                statement.keyword == candidate.keyword && !idle && self.holds(statement, at)
            };
            // Blocks of one keyword add to each other, and of a setting the last one holds.
            let found = statements.iter().rfind(holds)?;
            let deeper = self.best(&found.children, found.inside, all, (value, at));
            Some(deeper.unwrap_or_else(|| line(found)))
        })
    }

    fn holds(&self, statement: &Statement, at: &At) -> bool {
        let wanted = FAMILY.iter().find(|(keyword, _)| *keyword == statement.keyword);
        let family = at.family.as_deref();
        let of_family = wanted.is_none_or(|(_, of)| family.is_none_or(|family| family == *of));
        // One word of several may be ignored, and the others hold.
        let only = statement.words.first().filter(|_| statement.words.len() == 1);
        let set_aside = self.set_aside.contains(&statement.span)
            || only.is_some_and(|word| self.set_aside.contains(&word.span));
        // Whom a command runs as is said by the words after it, if there are any.
        let of_user = !at.pattern.contains(".identity.")
            || statement.arguments != Arguments::Command
            || statement.words.len() > 1;
        let off = statement.off && ONLY_ON.contains(&statement.keyword);
        of_family && of_user && !set_aside && !off
    }
}

/// What makes the instance in `scope` strict.
fn strictness<'s>(scope: &[Place<'s>]) -> Option<&'s Statement> {
    let given = scope.iter().rev().find_map(|place| match place {
        Place::Block(block) => block
            .children
            .iter()
            .rfind(|statement| matches!(statement.keyword, "strict_mode" | "vrrp_strict")),
        _ => None,
    });
    given.filter(|statement| !statement.off)
}

/// The check round a host of it.
fn outer<'s>(server: Option<&Place<'s>>, place: Place<'s>) -> Option<Place<'s>> {
    let (Some(Place::Block(server)), Place::Block(host)) = (server, place) else { return None };
    let around = |check: &&Statement| check.children.iter().any(|c| std::ptr::eq(c, host));
    let check = server.children.iter().find(around).filter(|_| host.keyword == "host")?;
    Some(Place::Block(check))
}

fn line(statement: &Statement) -> Origin {
    let Statement { block, keyword, span, .. } = *statement;
    let span = Span { trace: statement.led, ..span };
    Origin::Line { block, keyword, span }
}

/// The word of an entry that set the value: its keyword, or the one that makes it an entry.
fn entry(
    block: &'static str,
    words: &[Word],
    candidates: &[Candidate],
    value: &Value,
    at: &At,
) -> Option<Origin> {
    let mut candidates: Vec<_> = candidates.iter().filter(|c| c.block == block).collect();
    candidates.sort_by_key(|c| (std::cmp::Reverse(c.length), c.paths, c.order));
    candidates.iter().find_map(|candidate| {
        let is = |text: &str| words.iter().find(|word| word.text == text);
        let word = match candidate.keyword {
            // Without a word about its weight an entry has that of its definition.
            "NAME" | "IFNAME" if matches!(at.key.as_str(), "weight" | "reverse") => is("weight"),
            "TYPE" => value.as_str().and_then(is),
            "DESTINATION" => {
                let leads = |w: &&Word| w.text == "default" || w.text.contains(['.', ':', '/']);
                words.iter().find(leads).or(words.first())
            }
            keyword if keyword.chars().all(|c| c.is_ascii_uppercase()) => words.first(),
            keyword => is(keyword),
        };
        let (keyword, span) = (candidate.keyword, word?.span);
        Some(Origin::Line { block, keyword, span })
    })
}
