//! Properties of the language: what is written in any way of quoting comes back as it was meant,
//! and definitions and repetitions expand to what a simple model says.

use std::path::{Path, PathBuf};

use ha::config::{FileStatus, LoadError, Loader, Model, Options, load};
use proptest::prelude::*;

/// A host with one configuration file and one program, `/scripts/run`.
struct Text(String);

impl Loader for Text {
    fn read(&self, _: &Path) -> Result<String, LoadError> {
        Ok(self.0.clone())
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

    fn status(&self, path: &Path) -> Result<FileStatus, LoadError> {
        let regular = path == Path::new("/scripts/run");
        Ok(FileStatus { regular, directory: !regular, uid: 0, gid: 0, mode: 0o755 })
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        Ok(path.to_owned())
    }

    fn identity(&self) -> (u32, u32) {
        (0, 0)
    }
}

fn model(text: &str) -> Model {
    let outcome = load(Path::new("/x.conf"), &Options::default(), &Text(text.to_owned()));
    let Some(model) = outcome.model else { panic!("{text}\n{:#?}", outcome.diagnostics) };
    model
}

/// What stands in the file where a list of plain words may stand.
fn words_of(lines: &str) -> Vec<String> {
    model(&format!("global_defs {{\nnotification_email {{\n{lines}\n}}\n}}\n"))
        .globals
        .mail
        .recipients
}

/// The words that the command of this line runs, without the program.
fn arguments_of(script: &str) -> Vec<String> {
    let text = format!(
        "vrrp_script S {{\nscript {script}\n}}\nvrrp_instance A {{\ninterface eth0\n\
         virtual_router_id 1\nvirtual_ipaddress {{\n10.0.0.1/24\n}}\ntrack_script {{\nS\n}}\n}}\n"
    );
    let mut scripts = model(&text).scripts;
    let script = scripts.pop().expect("the script");
    script.command.argv.into_iter().skip(1).collect()
}

/// How one word of a command is written.
#[derive(Clone, Copy, Debug)]
enum Style {
    Double,
    Single,
    Escaped,
    Octal,
    Hexadecimal,
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![
        Just(Style::Double),
        Just(Style::Single),
        Just(Style::Escaped),
        Just(Style::Octal),
        Just(Style::Hexadecimal)
    ]
}

/// `word` as the command language has it.
fn written(word: &str, style: Style) -> String {
    let escaped = |wanted: fn(char) -> bool| -> String {
        let each = |c| if wanted(c) { vec!['\\', c] } else { vec![c] };
        word.chars().flat_map(each).collect()
    };
    let numbers = |number: fn(u32) -> String| -> String {
        let each = |c: char| if c.is_ascii() { number(u32::from(c)) } else { c.to_string() };
        word.chars().map(each).collect()
    };
    match style {
        // A backslash means something between single quotes as well.
        Style::Single if !word.contains(['\'', '\\']) => format!("'{word}'"),
        Style::Double | Style::Single => format!("\"{}\"", escaped(|c| matches!(c, '"' | '\\'))),
        // Letters after a backslash mean something else.
        Style::Escaped if !word.is_empty() => escaped(|c| c.is_ascii() && !c.is_alphanumeric()),
        Style::Octal if !word.is_empty() => numbers(|number| format!("\\{number:03o}")),
        Style::Hexadecimal if !word.is_empty() => numbers(|number| format!("\\x{number:02x}")),
        Style::Escaped | Style::Octal | Style::Hexadecimal => "''".to_owned(),
    }
}

/// A whole command as the one word that a line has for it. The reader looks for comments and
/// definitions before anyone looks at quotes, so their signs are written as numbers.
fn on_a_line(command: &str, style: Style) -> String {
    // In octal, because a hexadecimal number takes in every digit that follows it.
    let hidden = |text: String| text.replace('$', "\\044");
    match style {
        Style::Single if !command.contains(['\'', '#', '!', '$', '"', '\\']) => {
            format!("'{command}'")
        }
        Style::Octal | Style::Hexadecimal => written(command, style),
        _ => hidden(written(command, Style::Double)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_words_of_a_command_come_back_however_they_are_quoted(
        words in prop::collection::vec(("[ -~äλ€]{0,12}", style()), 0..5),
        line in style(),
    ) {
        let quoted = words.iter().map(|(word, style)| written(word, *style));
        let command: Vec<String> = std::iter::once("/scripts/run".to_owned()).chain(quoted).collect();
        let expected: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
        let script = on_a_line(&command.join(" "), line);
        prop_assert_eq!(arguments_of(&script), expected, "{}", script);
    }

    #[test]
    fn plain_words_come_back_with_and_without_quotes(
        words in prop::collection::vec(("[a-zA-Z0-9@.:/_=+,;<>%&*()|?^`~-]{1,16}", any::<bool>()), 1..6),
        spaces in "[ \t]{1,3}",
        comment in "( #[ -~]{0,10}| ![ -~]{0,10})?",
    ) {
        let quoted = words.iter().map(|(word, quoted)| match quoted {
            true => format!("\"{word}\""),
            // These would be a condition and a repetition at the start of the line.
            false => word.trim_start_matches(['@', '~']).to_owned() + "x",
        });
        let line: Vec<String> = quoted.collect();
        let expected: Vec<String> = line.iter().map(|word| word.trim_matches('"').to_owned()).collect();
        let text = format!("{}{comment}", line.join(&spaces));
        prop_assume!(!expected[0].starts_with("include"));
        prop_assert_eq!(words_of(&text), expected, "{}", text);
    }

    #[test]
    fn quotes_keep_blanks_and_signs_in_one_word(word in "[ -!#-~]{1,20}") {
        // `$NAME` is looked for inside of quotes too.
        let word = word.replace('$', "S");
        prop_assume!(!word.ends_with('\\') && !word.contains('\\'));
        prop_assert_eq!(words_of(&format!("\"{word}\"")), [word]);
    }

    #[test]
    fn definitions_expand_to_what_replacing_them_by_hand_gives(
        values in prop::collection::vec(prop::collection::vec(
            prop_oneof!["[a-z.]{1,4}".prop_map(Part::Text), (0_usize..8).prop_map(Part::Use)], 1..5,
        ), 1..6),
        later in any::<bool>(),
    ) {
        let line = |number: usize, parts: &[Part]| {
            let text: String = parts.iter().map(|part| part.written(number, values.len())).collect();
            format!("$N{number}={text}\n")
        };
        let mut lines: Vec<String> =
            values.iter().enumerate().map(|(number, parts)| line(number, parts)).collect();
        if later {
            // A definition may use one that stands after it.
            lines.reverse();
        }
        let text = format!(
            "{}global_defs {{\nnotification_email {{\nx${{N0}}\n}}\n}}\n", lines.concat()
        );
        let expected = format!("x{}", expanded(0, &values));
        prop_assert_eq!(model(&text).globals.mail.recipients, [expected], "{}", text);
    }

    #[test]
    fn sequences_count_as_a_loop_does(
        start in -50_i64..50, step in -7_i64..8, count in 0_i64..9, hex in any::<bool>(),
    ) {
        prop_assume!(step != 0);
        let end = start + step * count;
        prop_assume!(!hex || (start >= 0 && end >= 0));
        let numbers = (0..=count).map(|turn| start + step * turn);
        let (word, expected): (_, Vec<String>) = if hex {
            ("~SEQx", numbers.map(|number| format!("m{number:x}@x")).collect())
        } else {
            ("~SEQ", numbers.map(|number| format!("m{number}@x")).collect())
        };
        let line = format!("{word}(V, {start}, {step}, {end}) m${{V}}@x");
        prop_assert_eq!(words_of(&line), expected, "{}", line);
    }

    #[test]
    fn the_leftmost_repetition_is_the_outer_loop(
        outer in prop::collection::vec("[a-z]{1,3}", 1..4),
        rows in prop::collection::vec(("[a-z]{1,3}", "[0-9]{1,3}"), 1..4),
        end in 1_u32..5,
    ) {
        let tuples: Vec<String> = rows.iter().map(|(a, b)| format!("{{{a},{b}}}")).collect();
        let line = format!(
            "~LST(O, {}) ~LST({{A,B}}, {}) ~SEQ(N, {end}) ${{O}}-${{A}}${{B}}-${{N}}",
            outer.join(", "), tuples.join(", "),
        );
        let mut expected = Vec::new();
        for o in &outer {
            for (a, b) in &rows {
                expected.extend((1..=end).map(|n| format!("{o}-{a}{b}-{n}")));
            }
        }
        prop_assert_eq!(words_of(&line), expected, "{}", line);
    }
}

/// A piece of a definition's value.
#[derive(Clone, Debug)]
enum Part {
    Text(String),
    /// So many definitions further on; past the last there is nothing.
    Use(usize),
}

impl Part {
    fn written(&self, number: usize, count: usize) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Use(ahead) if number + ahead + 1 < count => {
                format!("${{N{}}}", number + ahead + 1)
            }
            Self::Use(_) => "-".to_owned(),
        }
    }
}

/// The value of definition `number`, by hand.
fn expanded(number: usize, values: &[Vec<Part>]) -> String {
    let part = |part: &Part| match part {
        Part::Use(ahead) if number + ahead + 1 < values.len() => {
            expanded(number + ahead + 1, values)
        }
        other => other.written(number, values.len()),
    };
    values[number].iter().map(part).collect()
}
