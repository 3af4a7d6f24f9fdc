//! The settings of one block by keyword, the last one of a kind first.

use std::time::Duration;

use crate::config::resolve::{Entry, Value};
use crate::config::source::Span;

/// The entries of one block.
#[derive(Clone, Copy)]
pub(super) struct Settings<'a> {
    entries: &'a [Entry<'a>],
}

impl<'a> Settings<'a> {
    pub(super) fn new(entry: &'a Entry<'a>) -> Self {
        Self { entries: &entry.children }
    }

    /// The entry of `keyword` that holds. Inlined: each keyword is a constant, which makes its
    /// comparison a short one.
    #[inline]
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Entry<'a>> {
        self.entries.iter().rfind(|entry| entry.row.keyword == keyword)
    }

    /// Every entry, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'a Entry<'a>> + use<'a> {
        self.entries.iter()
    }

    /// Every entry of `keyword`, in order.
    pub(super) fn all(&self, keyword: &'a str) -> impl Iterator<Item = &'a Entry<'a>> + use<'a> {
        self.entries.iter().filter(move |entry| entry.row.keyword == keyword)
    }

    #[inline]
    pub(super) fn number(&self, keyword: &str) -> Option<i64> {
        self.get(keyword)?.number()
    }

    #[inline]
    pub(super) fn time(&self, keyword: &str) -> Option<Duration> {
        self.get(keyword)?.time()
    }

    #[inline]
    pub(super) fn switch(&self, keyword: &str) -> Option<bool> {
        match self.get(keyword)?.value {
            Value::Switch(on) => Some(on),
            _ => None,
        }
    }

    /// Whether the keyword is there at all.
    pub(super) fn has(&self, keyword: &str) -> bool {
        self.get(keyword).is_some()
    }

    /// Its first argument.
    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword).map(Entry::text)
    }

    /// Where its value stands, or `otherwise`.
    pub(super) fn span(&self, keyword: &str, otherwise: Span) -> Span {
        self.get(keyword).map_or(otherwise, Entry::value_span)
    }
}
