//! `keepalived.conf` to a typed model, with every mistake located.
//!
//! Files become lines ([`reader`]: comments, conditions, definitions, includes), lines a tree
//! ([`tree`]: words and braces), the tree meets the keyword table ([`schema`], [`resolve`]), and
//! what is valid becomes the model ([`build`]). Everything that is wrong is collected on the way
//! and told at once. Nothing here reads a file, a clock or the environment: a [`Loader`] does.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod alternatives;
mod braces;
mod build;
mod compare;
mod diagnostic;
pub mod diff;
mod format;
mod fragment;
mod include;
mod lines;
mod lint;
mod loader;
pub mod model;
pub mod origin;
mod places;
mod quoting;
mod reader;
mod render;
mod repeat;
mod resolve;
pub mod schema;
mod secrecy;
mod source;
mod spelling;
mod substitute;
mod tree;
mod values;

use std::path::Path;

pub use compare::{Node, compare};
pub use diagnostic::{Code, Diagnostic, Related, Severity};
pub use format::format;
pub use lint::MTU as ETHERNET_MTU;
pub use loader::{FileStatus, LoadError, Loader};
pub use model::{Globals, Halves, Model};
pub use places::Places;
pub use reader::Bounds;
pub use render::RenderedLine;
pub use source::{Location, SourceFile, SourceMap, Span, Trace};
pub use spelling::nearest;
use tree::Tree;

/// Errors, and warnings, that one load tells at most: nobody reads more.
const MOST_OF_A_KIND: usize = 1000;

/// What a load needs besides the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-i`: what `@ID` lines are compared with and `${_INSTANCE}` stands for; empty: no line
    /// with `@ID` is kept. keepalived's default is the node name up to its first dot.
    pub config_id: String,
    /// Name of the node when the file has no `router_id`; empty: unknown.
    pub host_name: String,
    /// Where `${_RANDOM}` starts.
    pub random_seed: u64,
    /// `-e`: every `include` is as strict as `includea`.
    pub every_file: bool,
    /// How far it may grow.
    pub bounds: Bounds,
    /// Tell only what is true on every machine: scripts and users are taken to be there and as
    /// they should be.
    pub portable: bool,
}

/// What came of a load.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The configuration; absent exactly when a diagnostic is an error.
    pub model: Option<Model>,
    /// Everything that was found, in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read, for showing where.
    pub sources: SourceMap,
}

impl Outcome {
    /// How many errors there are.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|d| d.severity() == Severity::Error).count()
    }
}

/// The text that a configuration expands to.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// Its lines, each with where it came from.
    pub lines: Vec<RenderedLine>,
    /// What was found on the way; not yet what the keywords are about.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read, for showing where.
    pub sources: SourceMap,
}

/// Read `path` and everything it includes, and expand it.
#[must_use]
pub fn expand(path: &Path, options: &Options, loader: &dyn Loader) -> Expansion {
    let mut reader = reader::Reader::new(loader, options);
    reader.rendering = Some(render::Rendering::default());
    reader.file(path, None);
    let reader::Reader { builder, diagnostics, mut sources, rendering, .. } = reader;
    let taken = builder.finish();
    conceal(taken.secrets, &mut sources);
    let lines = rendering.unwrap_or_default().finish();
    let mut diagnostics = in_order(diagnostics.into_vec());
    cover(&mut diagnostics, &mut sources);
    Expansion { lines, diagnostics, sources }
}

/// Read `path` and everything it includes, and say what it means.
#[must_use]
pub fn load(path: &Path, options: &Options, loader: &dyn Loader) -> Outcome {
    load_with(path, options, loader, |_| ()).0
}

/// The same, with the places of the settings.
#[must_use]
pub fn load_with_places(path: &Path, options: &Options, loader: &dyn Loader) -> (Outcome, Places) {
    load_with(path, options, loader, Places::of)
}

/// The same, with the settings as they were written.
#[must_use]
pub fn load_with_statements(
    path: &Path,
    options: &Options,
    loader: &dyn Loader,
) -> (Outcome, origin::Statements) {
    load_with(path, options, loader, origin::Statements::of)
}

/// Load, and have `keep` take what it wants from the settings before they are gone.
fn load_with<T>(
    path: &Path,
    options: &Options,
    loader: &dyn Loader,
    keep: impl FnOnce(&[resolve::Entry<'_>]) -> T,
) -> (Outcome, T) {
    let mut reader = reader::Reader::new(loader, options);
    reader.file(path, None);
    let reader::Reader { builder, diagnostics, mut sources, exhausted, suspects, .. } = reader;
    let mut taken = builder.finish();
    conceal(std::mem::take(&mut taken.secrets), &mut sources);
    let mut diagnostics = diagnostics.into_vec();
    if exhausted {
        // What was read so far is a part of nothing: what it lacks says nothing.
        let mut diagnostics = in_order(diagnostics);
        cover(&mut diagnostics, &mut sources);
        return (Outcome { model: None, diagnostics, sources }, keep(&[]));
    }
    let unclosed = taken.unclosed;
    let tree = Tree::new(taken, &sources);
    braces::report(&tree, unclosed, &sources, &mut diagnostics);
    let anywhere = loader::AnyHost(loader);
    let host: &dyn Loader = if options.portable { &anywhere } else { loader };
    let mut resolver = resolve::Resolver::default();
    let entries = resolver.block(tree.top(), &schema::TOP, false);
    let model = build::model(&entries, options, host, &mut resolver);
    diagnostics.extend(resolver.finish());
    diagnostics.extend(lint::run(&entries, &model));
    let kept = keep(&entries);
    if diagnostics.iter().any(|d| d.code == Code::NotClosed) {
        // It follows from the missing brace.
        diagnostics.retain(|d| d.code != Code::Swallowed);
    }
    let mut diagnostics = in_order(diagnostics);
    if !diagnostics.is_empty() {
        let hidden = secrecy::cover(&mut diagnostics, &sources, suspects, tree.words());
        conceal(hidden, &mut sources);
    }
    let broken = diagnostics.iter().any(|d| d.severity() == Severity::Error);
    (Outcome { model: (!broken).then_some(model), diagnostics, sources }, kept)
}

/// Hide secrets when there is no tree.
fn cover(diagnostics: &mut [Diagnostic], sources: &mut SourceMap) {
    if !diagnostics.is_empty() {
        let all = secrecy::Suspects::all(sources);
        let hidden = secrecy::cover(diagnostics, sources, all, std::iter::empty());
        conceal(hidden, sources);
    }
}

fn conceal(secrets: Vec<Span>, sources: &mut SourceMap) {
    for secret in secrets {
        sources.conceal(secret);
    }
}

/// In the order of the files; what is said twice of one place, by whatever way it was read, once;
/// and not more than anybody reads.
fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let place = |d: &Diagnostic| d.span.map(|span| Span { trace: 0, ..span });
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (place(d), d.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message)).then(a.span.cmp(&b.span))
    });
    diagnostics.dedup_by(|a, b| place(a) == place(b) && a.code == b.code && a.message == b.message);
    let mut room = [MOST_OF_A_KIND; 2];
    diagnostics.retain(|d| {
        let [errors, warnings] = &mut room;
        let room = if d.severity() == Severity::Error { errors } else { warnings };
        let keep = *room > 0;
        *room = room.saturating_sub(1);
        keep
    });
    diagnostics
}
