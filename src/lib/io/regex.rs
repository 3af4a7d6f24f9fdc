//! Patterns in PCRE2's language, by PCRE2 itself, so that a pattern means what it means to
//! keepalived, with every option.
//!
//! Hostile text cannot make a search run on. PCRE2's own limit is one of steps at one place of
//! the text, and neither places nor bytes within a step count, so a search looks at the time it
//! has taken by itself: before each item of the pattern PCRE2 calls out.

use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};
use std::time::Duration;

use pcre2_sys as pcre2;

use crate::engine::check::RegexCheck;
use crate::engine::check::dialogue::quoted;
use crate::engine::check::http::Search;
use crate::io::clock;

/// Time on a processor that one search may take.
const LONGEST: Duration = Duration::from_millis(500);
/// Bytes that are looked at, at most, from one look at the clock to the next; an item of a pattern
/// can take in the whole text.
const BETWEEN_LOOKS: usize = 256 << 20;
/// What a search says that has taken too long (`PCRE2_ERROR_CALLOUT`, reserved for such uses).
const TOO_LONG: c_int = -37;

/// Steps at one place, and memory a search may take in KiB; tenths of PCRE2's own bounds.
const MOST_STEPS: u32 = 1_000_000;
const MOST_MEMORY: u32 = 2_048;

/// PCRE2's compile options by keepalived's names of them.
const OPTIONS: [(&str, u32); 27] = [
    ("allow_empty_class", pcre2::PCRE2_ALLOW_EMPTY_CLASS),
    ("alt_bsux", pcre2::PCRE2_ALT_BSUX),
    ("alt_circumflex", pcre2::PCRE2_ALT_CIRCUMFLEX),
    ("alt_verbnames", pcre2::PCRE2_ALT_VERBNAMES),
    ("anchored", pcre2::PCRE2_ANCHORED),
    ("auto_callout", pcre2::PCRE2_AUTO_CALLOUT),
    ("caseless", pcre2::PCRE2_CASELESS),
    ("dollar_endonly", pcre2::PCRE2_DOLLAR_ENDONLY),
    ("dotall", pcre2::PCRE2_DOTALL),
    ("dupnames", pcre2::PCRE2_DUPNAMES),
    ("endanchored", pcre2::PCRE2_ENDANCHORED),
    ("extended", pcre2::PCRE2_EXTENDED),
    ("extended_more", pcre2::PCRE2_EXTENDED_MORE),
    ("firstline", pcre2::PCRE2_FIRSTLINE),
    ("literal", pcre2::PCRE2_LITERAL),
    ("match_unset_backref", pcre2::PCRE2_MATCH_UNSET_BACKREF),
    ("multiline", pcre2::PCRE2_MULTILINE),
    ("never_backslash_c", pcre2::PCRE2_NEVER_BACKSLASH_C),
    ("never_ucp", pcre2::PCRE2_NEVER_UCP),
    ("never_utf", pcre2::PCRE2_NEVER_UTF),
    ("no_auto_capture", pcre2::PCRE2_NO_AUTO_CAPTURE),
    ("no_auto_possess", pcre2::PCRE2_NO_AUTO_POSSESS),
    ("no_dotstar_anchor", pcre2::PCRE2_NO_DOTSTAR_ANCHOR),
    ("no_start_optimize", pcre2::PCRE2_NO_START_OPTIMIZE),
    ("ucp", pcre2::PCRE2_UCP),
    ("ungreedy", pcre2::PCRE2_UNGREEDY),
    ("utf", pcre2::PCRE2_UTF),
];

// SAFETY: the declaration is that of `pcre2_set_callout(3)`, in the library that `pcre2_sys` links.
unsafe extern "C" {
    /// Of PCRE2 as `pcre2_sys` has it, which does not declare it. What is called gets a
    /// `pcre2_callout_block`, which nobody looks into here.
    fn pcre2_set_callout_8(
        context: *mut pcre2::pcre2_match_context_8,
        // SAFETY: whoever is called gets the block and the data that were given for it.
        callout: Option<unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int>,
        data: *mut c_void,
    ) -> c_int;
}

/// The time a search has.
struct Watch {
    end: u64,
    /// Items of the pattern from one look at the clock to the next.
    every: u32,
    unwatched: u32,
}

impl Watch {
    fn start(length: usize) -> Self {
        let every = (BETWEEN_LOOKS / length.max(1)).clamp(1, 64);
        let longest = u64::try_from(LONGEST.as_nanos()).unwrap_or(u64::MAX);
        Self {
            end: clock::thread_nanos().saturating_add(longest),
            every: u32::try_from(every).unwrap_or(1),
            unwatched: 0,
        }
    }

    fn is_over(&mut self) -> bool {
        self.unwatched += 1;
        if self.unwatched < self.every {
            return false;
        }
        self.unwatched = 0;
        clock::thread_nanos() > self.end
    }
}

/// Called by PCRE2 before each item of a pattern.
// SAFETY: only for `pcre2_set_callout_8`, with a `Watch` as its data that outlives the search.
unsafe extern "C" fn look_at_the_clock(_: *mut c_void, watch: *mut c_void) -> c_int {
    // SAFETY: it is the `Watch` that `is_in` handed over for this search, and nobody else's.
    let watch = unsafe { &mut *watch.cast::<Watch>() };
    if watch.is_over() { TOO_LONG } else { 0 }
}

/// A compiled pattern and what it is to show.
#[derive(Debug)]
pub struct Regex {
    code: NonNull<pcre2::pcre2_code_8>,
    check: RegexCheck,
}

// SAFETY: a compiled pattern is only read after it was made (pcre2api(3), "Multithreading").
unsafe impl Send for Regex {}
// SAFETY: as above; every match has match data and a context of its own.
unsafe impl Sync for Regex {}

impl Regex {
    /// Compile the pattern of `check`.
    ///
    /// # Errors
    /// What is wrong with the pattern, and where, or that an option is not known.
    pub fn compile(check: RegexCheck) -> Result<Self, String> {
        // The last offset where a match may start has to be announced.
        let mut options = pcre2::PCRE2_USE_OFFSET_LIMIT | pcre2::PCRE2_AUTO_CALLOUT;
        for name in &check.options {
            let known = OPTIONS.iter().find(|(known, _)| *known == &**name);
            options |= known.ok_or_else(|| unknown(name))?.1;
        }
        if options & pcre2::PCRE2_LITERAL != 0 && check.last_offset.is_none() {
            // PCRE2 takes few other options beside this one.
            options &= !pcre2::PCRE2_USE_OFFSET_LIMIT;
        }
        let (mut error, mut at) = (0, 0);
        // SAFETY: pattern and length belong together, and the pattern is copied; both results are
        // written to locals.
        let code = unsafe {
            let pattern = check.pattern.as_bytes();
            let start = pattern.as_ptr();
            pcre2::pcre2_compile_8(
                start,
                pattern.len(),
                options,
                &raw mut error,
                &raw mut at,
                ptr::null_mut(),
            )
        };
        let code =
            NonNull::new(code).ok_or_else(|| format!("{} at offset {at}", message(error)))?;
        Ok(Self { code, check })
    }

    /// Whether the pattern is in `text`, from the first offset on and not after the last.
    ///
    /// # Errors
    /// The search was given up: too many steps or too much time, or text that is not UTF-8 for a pattern that is.
    pub fn is_in(&self, text: &[u8]) -> Result<bool, String> {
        let first = usize::try_from(self.check.first_offset).unwrap_or(usize::MAX);
        if first > text.len() {
            return Ok(false);
        }
        let mut watch = Watch::start(text.len());
        // SAFETY: the context and the match data are made here, used while they live, and freed
        // once; both may be null, which the calls below allow for the context and we test for the
        // data. Text and length belong together, and `first` is within it. The watch outlives the
        // search.
        let result = unsafe {
            let data =
                pcre2::pcre2_match_data_create_from_pattern_8(self.code.as_ptr(), ptr::null_mut());
            let context = pcre2::pcre2_match_context_create_8(ptr::null_mut());
            if data.is_null() || context.is_null() {
                pcre2::pcre2_match_data_free_8(data);
                pcre2::pcre2_match_context_free_8(context);
                return Err("no memory".to_owned());
            }
            pcre2::pcre2_set_match_limit_8(context, MOST_STEPS);
            pcre2::pcre2_set_heap_limit_8(context, MOST_MEMORY);
            pcre2_set_callout_8(context, Some(look_at_the_clock), (&raw mut watch).cast());
            if let Some(last) = self.check.last_offset {
                pcre2::pcre2_set_offset_limit_8(
                    context,
                    usize::try_from(last).unwrap_or(usize::MAX),
                );
            }
            let start = text.as_ptr();
            let result = pcre2::pcre2_match_8(
                self.code.as_ptr(),
                start,
                text.len(),
                first,
                0,
                data,
                context,
            );
            pcre2::pcre2_match_context_free_8(context);
            pcre2::pcre2_match_data_free_8(data);
            result
        };
        match result {
            pcre2::PCRE2_ERROR_NOMATCH => Ok(false),
            TOO_LONG => Err(format!("it took longer than {LONGEST:?}")),
            failed if failed < 0 => Err(message(failed)),
            _ => Ok(true),
        }
    }
}

impl Drop for Regex {
    fn drop(&mut self) {
        // SAFETY: it was made by `compile` and nobody else has it.
        unsafe { pcre2::pcre2_code_free_8(self.code.as_ptr()) };
    }
}

impl Search for Regex {
    fn judge(&self, body: &[u8]) -> Result<(), String> {
        let pattern = quoted(self.check.pattern.as_bytes());
        match self.is_in(body) {
            Ok(found) if found != self.check.absent => Ok(()),
            Ok(true) => Err(format!("the body has {pattern} in it")),
            Ok(false) => Err(format!("the body has no {pattern} in it")),
            Err(why) => Err(format!("the search for {pattern} was given up: {why}")),
        }
    }
}

fn unknown(name: &str) -> String {
    let names = OPTIONS.map(|(name, _)| name).join(", ");
    format!("`{name}` is not an option of a pattern; there are {names}")
}

/// PCRE2's words for an error.
fn message(code: i32) -> String {
    let mut text = [0_u8; 160];
    // SAFETY: the buffer and its length belong together; a message that is longer is cut.
    unsafe { pcre2::pcre2_get_error_message_8(code, text.as_mut_ptr(), text.len()) };
    let length = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
    String::from_utf8_lossy(text.get(..length).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, options: &[&str]) -> RegexCheck {
        RegexCheck {
            pattern: pattern.into(),
            absent: false,
            options: options.iter().map(|&option| option.into()).collect(),
            first_offset: 0,
            last_offset: None,
        }
    }

    fn found(pattern: &str, options: &[&str], text: &str) -> bool {
        Regex::compile(check(pattern, options)).unwrap().is_in(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_pattern_means_what_pcre2_says() {
        for (pattern, options, text, expected) in [
            ("a+b", &[][..], "xaab", true),
            ("A+B", &[], "xaab", false),
            ("A+B", &["caseless"], "xaab", true),
            // Look-around, references back and possessive repetition are PCRE2's.
            ("(?<=x)a(?!c)", &[], "xab", true),
            (r"(.)\1", &[], "abba", true),
            ("a++a", &[], "aaa", false),
            // A dollar sign stands also before the last newline.
            ("end$", &[], "the end\n", true),
            ("end$", &["dollar_endonly"], "the end\n", false),
            ("^two", &[], "one\ntwo", false),
            ("^two", &["multiline"], "one\ntwo", true),
            ("a.b", &[], "a\nb", false),
            ("a.b", &["dotall"], "a\nb", true),
            ("b", &["anchored"], "ab", false),
            ("a", &["endanchored"], "ab", false),
            ("a.b", &["literal"], "axb a.b", true),
            ("a.b", &["literal"], "axb", false),
            ("a b # c", &["extended"], "ab", true),
            ("b", &["firstline"], "a\nb", false),
            (r"^\w$", &["utf", "ucp"], "é", true),
        ] {
            assert_eq!(found(pattern, options, text), expected, "{pattern} {options:?} {text:?}");
        }
    }

    #[test]
    fn every_option_of_the_configuration_is_known() {
        for (name, _) in OPTIONS {
            if name != "literal" {
                assert!(Regex::compile(check("a", &[name])).is_ok(), "{name}");
            }
        }
        assert!(Regex::compile(check("a", &["greedy"])).unwrap_err().contains("ungreedy"));
    }

    #[test]
    fn offsets_say_where_a_match_may_start() {
        for (first, last, expected) in [
            (0, None, true),
            (3, None, true),
            (4, None, false),
            (0, Some(3), true),
            (0, Some(2), false),
            (99, None, false),
        ] {
            let check = RegexCheck { first_offset: first, last_offset: last, ..check("b", &[]) };
            assert_eq!(
                Regex::compile(check).unwrap().is_in(b"aaab"),
                Ok(expected),
                "{first} {last:?}"
            );
        }
    }

    #[test]
    fn a_mistake_is_told_and_a_search_without_end_is_given_up() {
        let why = Regex::compile(check("a(b", &[])).unwrap_err();
        assert_eq!(why, "missing closing parenthesis at offset 3");
        let slow = Regex::compile(check("^(a+)+$", &["no_start_optimize", "no_auto_possess"]));
        let mut text = vec![b'a'; 40];
        text.push(b'b');
        let why = slow.unwrap().judge(&text).unwrap_err();
        assert!(why.starts_with("the search for `^(a+)+$` was given up: "), "{why}");
        // Few steps at each of very many places, and few of them at one that are long.
        for pattern in ["[a-z]+@example", r"\A(?:[a-z]*+@|a)*+@"] {
            let slow = Regex::compile(check(pattern, &["no_start_optimize"])).unwrap();
            let why = slow.is_in(&vec![b'a'; 1 << 20]).unwrap_err();
            assert_eq!(why, "it took longer than 500ms", "{pattern}");
        }
        let absent = RegexCheck { absent: true, ..check("b", &[]) };
        let why = Regex::compile(absent).unwrap().judge(b"abc").unwrap_err();
        assert_eq!(why, "the body has `b` in it");
    }
}
