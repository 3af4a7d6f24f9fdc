//! How keepalived reads its command line: letters together, long names cut short, arguments in
//! the same word or the next, options after other words.

use std::path::PathBuf;

use super::signals;
use super::table::{Argument, Key, Spec};
use crate::output::log::Facility;

/// Where keepalived looks for its configuration.
const CONFIGURATION: &str = "/etc/keepalived/keepalived.conf";
/// Name of core files when `-M` does not say.
const CORE: &str = "core";
/// Name of the log file when `-g` does not say, in the directory for temporary files.
const LOG_FILE: &str = "keepalived.log";

/// How the daemon is to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-f`.
    pub file: PathBuf,
    /// `-P`.
    pub vrrp_only: bool,
    /// `-C`.
    pub checkers_only: bool,
    /// `-n`.
    pub foreground: bool,
    /// `-l`.
    pub console: bool,
    /// How often `-D`.
    pub detail: u8,
    /// `-S`.
    pub facility: Facility,
    /// `-g`.
    pub log_file: Option<PathBuf>,
    /// `-G`.
    pub no_syslog: bool,
    /// `-d`.
    pub dump_configuration: bool,
    /// `-p`.
    pub pid: Option<PathBuf>,
    /// `-r`.
    pub vrrp_pid: Option<PathBuf>,
    /// `-c`.
    pub checkers_pid: Option<PathBuf>,
    /// `-i`.
    pub config_id: Option<String>,
    /// `-e`.
    pub every_file: bool,
    /// `-V`.
    pub keep_addresses: bool,
    /// `-I`.
    pub keep_table: bool,
    /// `-R`.
    pub no_respawn: bool,
    /// `-u`.
    pub umask: Option<u32>,
    /// `-s`.
    pub namespace: Option<String>,
    /// The configuration's `instance`.
    pub instance: Option<String>,
    /// The configuration's `use_pid_dir`.
    pub pid_directory: bool,
    /// `-m`, also with `-M`.
    pub core: bool,
    /// `-M`.
    pub core_pattern: Option<String>,
    /// `--ignore-sigint`.
    pub ignore_interrupt: bool,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
    /// Options without effect, as they may be written, and why.
    pub without_effect: Vec<(String, &'static str)>,
}

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To run.
    Run(Box<Options>),
    /// To check the configuration; what is wrong goes to the file if there is one.
    Test(Box<Options>, Option<PathBuf>),
    /// The number of a signal.
    SignalNumber(i32),
    /// The version.
    Version,
    /// The help.
    Help,
    /// To be genhash, with these words.
    Genhash(Vec<String>),
    /// Nothing that can be done.
    Mistake,
}

/// A command line that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// What it asks for.
    pub wish: Wish,
    /// What is wrong with it, in order; only with [`Wish::Mistake`] does it keep us from it.
    pub complaints: Vec<String>,
}

/// Read the words after the program's name.
#[must_use]
pub fn read(words: &[String]) -> CommandLine {
    let mut reading = Reading {
        options: Box::new(Options { file: CONFIGURATION.into(), ..Options::default() }),
        test: false,
        test_file: None,
        mistaken: false,
        complaints: Vec::new(),
        wish: None,
    };
    let mut rest = words.iter().map(String::as_str);
    let mut left_over = Vec::new();
    while let Some(word) = rest.next() {
        if word == "--" {
            left_over.extend(rest.by_ref());
        } else if let Some(long) = word.strip_prefix("--") {
            reading.long(long, &mut rest);
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            reading.letters(letters, &mut rest);
        } else {
            left_over.push(word);
        }
        if let Some(mut wish) = reading.wish {
            if let Wish::Genhash(words) = &mut wish {
                words.extend(rest.map(str::to_owned));
            }
            return CommandLine { wish, complaints: reading.complaints };
        }
    }
    if !left_over.is_empty() {
        reading.complain(format!("Unexpected argument(s): {}", left_over.join(" ")));
    }
    let wish = match (reading.mistaken, reading.test) {
        (true, _) => Wish::Mistake,
        (false, true) => Wish::Test(reading.options, reading.test_file),
        (false, false) => Wish::Run(reading.options),
    };
    CommandLine { wish, complaints: reading.complaints }
}

struct Reading {
    options: Box<Options>,
    test: bool,
    /// Where a test tells what is wrong.
    test_file: Option<PathBuf>,
    mistaken: bool,
    complaints: Vec<String>,
    /// What is done at once, whatever comes after it.
    wish: Option<Wish>,
}

impl Reading {
    fn complain(&mut self, what: String) {
        self.complaints.push(what);
    }

    fn mistake(&mut self, what: String) {
        self.mistaken = true;
        self.complain(what);
    }

    fn long<'w>(&mut self, word: &'w str, rest: &mut impl Iterator<Item = &'w str>) {
        let (name, inside) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let spec = Spec::by_name(name);
        let Some(spec) = spec.filter(|s| inside.is_none() || s.argument != Argument::None) else {
            return self.mistake(format!("Unknown option --{word}"));
        };
        let value = match spec.argument {
            Argument::Required(_) => inside.or_else(|| rest.next()),
            Argument::None | Argument::Optional(_) => inside,
        };
        if matches!(spec.argument, Argument::Required(_)) && value.is_none() {
            return self.mistake(format!("Missing parameter for option --{}", spec.long));
        }
        self.apply(spec, value);
    }

    /// `-nlD`, `-fFILE`, `-f FILE`: the first letter that takes an argument takes what follows.
    fn letters<'w>(&mut self, letters: &'w str, rest: &mut impl Iterator<Item = &'w str>) {
        for (at, letter) in letters.char_indices() {
            let Some(spec) = Spec::by_letter(letter) else {
                self.mistake(format!("Unknown option -{letter}"));
                continue;
            };
            let inside = letters.get(at + letter.len_utf8()..).filter(|inside| !inside.is_empty());
            match spec.argument {
                Argument::None => self.apply(spec, None),
                Argument::Optional(_) => return self.apply(spec, inside),
                Argument::Required(_) => {
                    let Some(value) = inside.or_else(|| rest.next()) else {
                        return self.mistake(format!("Missing parameter for option -{letter}"));
                    };
                    return self.apply(spec, Some(value));
                }
            }
            if self.wish.is_some() {
                return;
            }
        }
    }

    fn apply(&mut self, spec: &Spec, value: Option<&str>) {
        let text = || value.unwrap_or_default().to_owned();
        let path = || Some(PathBuf::from(text()));
        let options = &mut self.options;
        match spec.key {
            Key::File => options.file = PathBuf::from(text()),
            Key::VrrpOnly => options.vrrp_only = true,
            Key::CheckersOnly => options.checkers_only = true,
            Key::Foreground => options.foreground = true,
            Key::Console => options.console = true,
            Key::Detail => options.detail = options.detail.saturating_add(1),
            Key::Facility => self.facility(&text()),
            Key::LogFile => options.log_file = Some(value.map_or_else(log_file, PathBuf::from)),
            Key::NoSyslog => options.no_syslog = true,
            Key::DumpConfiguration => options.dump_configuration = true,
            Key::Pid => options.pid = path(),
            Key::VrrpPid => options.vrrp_pid = path(),
            Key::CheckersPid => options.checkers_pid = path(),
            Key::ConfigId => options.config_id = Some(text()),
            Key::EveryFile => options.every_file = true,
            Key::Test => (self.test, self.test_file) = (true, value.map(PathBuf::from)),
            Key::KeepAddresses => options.keep_addresses = true,
            Key::KeepTable => options.keep_table = true,
            Key::NoRespawn => options.no_respawn = true,
            Key::Umask => self.umask(&text()),
            Key::Namespace => options.namespace = Some(text()),
            Key::Core => options.core = true,
            Key::CorePattern => {
                options.core = true;
                options.core_pattern = Some(value.unwrap_or(CORE).to_owned());
            }
            Key::IgnoreInterrupt => options.ignore_interrupt = true,
            Key::StateDir => options.state_dir = path(),
            Key::SignalNumber => self.signal_number(&text()),
            Key::Genhash => self.wish = Some(Wish::Genhash(Vec::new())),
            Key::Version => self.wish = Some(Wish::Version),
            Key::Help => self.wish = Some(Wish::Help),
            Key::Nothing(why) => {
                let names = spec.names().trim().to_owned();
                if !options.without_effect.iter().any(|(known, _)| *known == names) {
                    options.without_effect.push((names, why));
                }
            }
        }
    }

    fn signal_number(&mut self, word: &str) {
        let number = signals::number(word);
        if number.is_none() {
            self.complain(format!("Unknown sigfunc {word}"));
        }
        self.wish = Some(number.map_or(Wish::Mistake, Wish::SignalNumber));
    }

    /// A wrong facility is told, and the one before it stays.
    fn facility(&mut self, text: &str) {
        let digit = text.len() == 1 && text.chars().all(|c| c.is_ascii_digit());
        let name = if digit { format!("local{text}") } else { text.to_owned() };
        match name.parse() {
            Ok(facility) => self.options.facility = facility,
            Err(_) => self.complain(format!("Invalid log facility '{text}'")),
        }
    }

    /// As C reads a number: octal after 0, hexadecimal after 0x. A wrong one is told.
    fn umask(&mut self, text: &str) {
        let number = match (text.strip_prefix("0x").or(text.strip_prefix("0X")), text) {
            (Some(digits), _) => u32::from_str_radix(digits, 16),
            (None, _) if text.len() > 1 && text.starts_with('0') => u32::from_str_radix(text, 8),
            (None, _) => text.parse(),
        };
        match number.ok().filter(|mask| *mask <= 0o777) {
            Some(mask) => self.options.umask = Some(mask),
            None => self.complain(format!("Invalid --umask option {text}")),
        }
    }
}

fn log_file() -> PathBuf {
    super::temporary_directory().join(LOG_FILE)
}

#[cfg(test)]
mod tests {
    use super::super::table::TABLE;
    use super::*;

    fn line(text: &str) -> CommandLine {
        read(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn options(text: &str) -> Options {
        match line(text).wish {
            Wish::Run(options) => *options,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_options_of_an_untouched_sysconfig_file_are_read() {
        let found = options("-D -d -S 0");
        assert_eq!((found.detail, found.dump_configuration), (1, true));
        assert_eq!(found.facility, Facility::Local(0));
        assert_eq!(found.file, PathBuf::from(CONFIGURATION));
        assert!(!found.foreground);
    }

    #[test]
    fn letters_may_stand_together_and_arguments_in_the_same_word_or_the_next() {
        let found = options("-nlDD -f/a.conf -p /a.pid --vrrp_pid=/v.pid --checkers_pid /c.pid");
        assert!(found.foreground && found.console);
        assert_eq!(found.detail, 2);
        assert_eq!(found.file, PathBuf::from("/a.conf"));
        let pids = [found.pid, found.vrrp_pid, found.checkers_pid].map(Option::unwrap);
        assert_eq!(pids, ["/a.pid", "/v.pid", "/c.pid"].map(PathBuf::from));
    }

    #[test]
    fn long_names_may_be_cut_short_as_long_as_they_mean_one() {
        assert_eq!(options("--use=x").file, PathBuf::from("x"));
        assert!(options("--dont-f").foreground);
        assert!(options("--vrrp").vrrp_only, "an exact name wins over longer ones");
        assert_eq!(line("--log").complaints, ["Unknown option --log"]);
    }

    #[test]
    fn mistakes_are_all_told_before_the_end() {
        let found = line("--bogus -Z -n=x --dont-fork=x -f");
        assert_eq!(found.wish, Wish::Mistake);
        let told = ["Unknown option --bogus", "Unknown option -Z", "Unknown option -="];
        assert_eq!(found.complaints[..3], told);
        assert!(found.complaints.contains(&"Unknown option --dont-fork=x".to_owned()));
        assert!(found.complaints.contains(&"Missing parameter for option -f".to_owned()));
    }

    #[test]
    fn what_is_answered_at_once_is_answered_whatever_else_there_is() {
        assert_eq!(line("--bogus -v").wish, Wish::Version);
        assert_eq!(line("-nh").wish, Wish::Help);
        assert_eq!(line("--signum=STOP --bogus").wish, Wish::SignalNumber(15));
        assert_eq!(line("--signum FOO").wish, Wish::Mistake);
        let words = ["-s", "10.0.0.1"].map(str::to_owned);
        assert_eq!(line("-T -s 10.0.0.1").wish, Wish::Genhash(words.into()));
    }

    #[test]
    fn an_optional_argument_stands_in_the_same_word() {
        let test = |text: &str| match line(text).wish {
            Wish::Test(options, file) => (options.file, file),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(test("-t -f a").1, None);
        assert_eq!(test("-tlog -f a"), ("a".into(), Some("log".into())));
        assert_eq!(test("--config-test=log").1, Some("log".into()));
        assert_eq!(options("-M").core_pattern.as_deref(), Some("core"));
        assert_eq!(options("-M/cores/%p").core_pattern.as_deref(), Some("/cores/%p"));
    }

    #[test]
    fn a_wrong_value_is_told_and_left_out() {
        let found = line("-S 9 -S foo -u 9999 -u 022");
        assert_eq!(found.complaints.len(), 3, "{:?}", found.complaints);
        let Wish::Run(options) = found.wish else { panic!("{found:?}") };
        assert_eq!((options.facility, options.umask), (Facility::Daemon, Some(0o22)));
        assert_eq!(self::options("-u 0x1f").umask, Some(0x1f));
    }

    #[test]
    fn other_words_are_told_and_do_no_harm() {
        let found = line("extra -n more -- -D");
        assert_eq!(found.complaints, ["Unexpected argument(s): extra more -D"]);
        let Wish::Run(options) = found.wish else { panic!("{found:?}") };
        assert!(options.foreground);
        assert_eq!(options.detail, 0);
    }

    #[test]
    fn an_option_without_effect_is_remembered_once_with_its_reason() {
        let found = options("-x -x --all").without_effect;
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].0, "-x, --snmp");
    }

    #[test]
    fn no_two_options_share_a_letter_or_a_name_and_each_has_a_text() {
        for (at, spec) in TABLE.iter().enumerate() {
            for other in &TABLE[at + 1..] {
                assert_ne!(spec.long, other.long);
                assert!(spec.short.is_none() || spec.short != other.short, "{}", spec.long);
            }
            assert!(!spec.help.is_empty() || matches!(spec.key, Key::Nothing(_)), "{}", spec.long);
        }
    }
}
