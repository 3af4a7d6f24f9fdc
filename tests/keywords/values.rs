//! The types and ranges of the table hold: what a row allows is taken, and what it does not allow
//! is told on its line, whoever reads the value.

use std::collections::BTreeSet;

use ha::config::schema::{Arguments, Block, Kind, Part, Row};

use crate::surroundings::{configuration, example, read, rows};

/// Marks the line that is looked at.
const MARK: &str = "# looked at";

/// Codes that, beside those that refuse a value, say that it is not as it should be.
const ABOUT_VALUES: [&str; 7] = ["W0005", "W0012", "W0013", "W0014", "W0026", "W0040", "W0051"];

/// Arguments, each a word or more, and whether the row allows them.
struct Trial {
    words: Vec<String>,
    good: bool,
}

/// Words that an argument of this kind may be.
fn good(kind: Kind) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match kind {
        Kind::Text => one("text"),
        Kind::Name(_) => one("name"),
        Kind::Interface => one("eth1"),
        Kind::Reference("vrrp_script") => one("check_web"),
        Kind::Reference("vrrp_instance") => one("WEB"),
        Kind::Reference("track_file") => one("load"),
        Kind::Reference("vrrp_track_process") => one("nginx"),
        Kind::Reference("bfd_instance") => one("uplink"),
        Kind::Reference("track_group") => one("OUTSIDE"),
        Kind::Reference(other) => panic!("no {other} stands there"),
        Kind::User => one("nobody"),
        Kind::Group => one("nogroup"),
        Kind::Weight(most) => {
            let words = [format!("{most} reverse"), format!("-{most} noreverse")];
            [format!("-{most}"), most.to_string()].into_iter().chain(words).collect()
        }
        Kind::Number(least, most) | Kind::NumberOrName(least, most) => {
            BTreeSet::from([least, most]).iter().map(ToString::to_string).collect()
        }
        Kind::NumberOr(least, most, words) => {
            let numbers = [least.to_string(), most.to_string()].into_iter();
            numbers.chain(words.iter().map(|word| (*word).to_owned())).collect()
        }
        Kind::Milliseconds(least, most) => vec![least.to_string(), most.to_string()],
        Kind::Seconds(least, most) => {
            vec![least.to_string(), most.to_string(), format!("{}.5", least)]
        }
        Kind::Time => vec!["20ms".to_owned(), "1.5s".to_owned()],
        Kind::Word(words) => words.iter().map(|word| (*word).to_owned()).collect(),
        Kind::AnyCase(words) => {
            words.iter().flat_map(|word| [(*word).to_owned(), word.to_lowercase()]).collect()
        }
        Kind::Range(least, most) => vec![format!("{least}-{most}"), format!("{least}-{least}")],
        Kind::Numbers(least, most) => vec![least.to_string(), format!("{least}-{most}")],
        Kind::Address => one("192.0.2.99"),
        Kind::Multicast(false, _) => one("ff02::99"),
        Kind::Multicast(..) => one("224.0.0.99"),
        Kind::Network => vec!["192.0.2.98/24".to_owned(), "192.0.2.98".to_owned()],
        Kind::Ipv6Network => one("2001:db8:2::/48"),
        Kind::NetworkOr(words) => {
            let words = words.iter().map(|word| (*word).to_owned());
            words.chain(["198.51.100.0/24".to_owned()]).collect()
        }
        Kind::Addresses => vec!["192.0.2.10-20".to_owned(), "192.0.2.64".to_owned()],
        Kind::Broadcast => ["192.0.2.255", "+", "-"].map(str::to_owned).to_vec(),
        Kind::Mac => vec!["02:00:00:00:00:01".to_owned(), "02:00:00:00:00".to_owned()],
        Kind::Netmask => one("255.255.255.0"),
        Kind::Hexadecimal(0) => one("0a0B"),
        Kind::Hexadecimal(digits) => vec!["0a".repeat(digits / 2)],
        Kind::Pattern => one("0xx1"),
        Kind::Permissions => vec!["022".to_owned(), "S_IWGRP|S_IWOTH".to_owned()],
        Kind::Mark => vec!["5".to_owned(), "5/0xff".to_owned()],
        Kind::Realms => vec!["1".to_owned(), "1/2".to_owned()],
        Kind::BusName => one("org.example.Vrrp"),
    }
}

/// Words that an argument of this kind must not be.
fn bad(kind: Kind) -> Vec<String> {
    let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match kind {
        Kind::Text => Vec::new(),
        Kind::Name(longest) => vec!["n".repeat(longest + 1)],
        Kind::Interface => vec!["i".repeat(16)],
        Kind::Reference(_) | Kind::User | Kind::Group | Kind::Word(_) | Kind::AnyCase(_) => {
            all(&["no-such"])
        }
        Kind::Weight(most) => vec![
            "12x".to_owned(),
            (most + 2).to_string(),
            (-most - 2).to_string(),
            "5 no-such".to_owned(),
        ],
        Kind::Number(least, most) | Kind::Seconds(least, most) => {
            let mut wrong: Vec<String> = all(&["12x", "no-such"]);
            wrong.extend(least.checked_sub(1).map(|below| below.to_string()));
            wrong.extend(most.checked_add(1).map(|above| above.to_string()));
            wrong
        }
        Kind::NumberOr(_, most, _) | Kind::NumberOrName(_, most) => {
            vec!["no-such".to_owned(), (most + 1).to_string(), "-1".to_owned()]
        }
        Kind::Milliseconds(least, most) => {
            vec!["x".to_owned(), (least - 1).to_string(), (most + 1).to_string()]
        }
        Kind::Time => all(&["20h", "x", "ms"]),
        Kind::Range(_, most) => {
            vec!["20-10".to_owned(), "x-y".to_owned(), "10".to_owned(), format!("1-{}", most + 1)]
        }
        Kind::Numbers(least, most) => vec![
            (least - 1).to_string(),
            (most + 1).to_string(),
            format!("{most}-{least}"),
            "x".to_owned(),
        ],
        Kind::Address => all(&["192.0.2.256", "no-such", "192.0.2.1/24"]),
        Kind::Multicast(four, six) => {
            let other = if four && six {
                "no-such"
            } else if four {
                "ff02::1"
            } else {
                "224.0.0.1"
            };
            all(&["192.0.2.1", "no-such", other])
        }
        Kind::Ipv6Network => all(&["2001:db8::/129", "192.0.2.1"]),
        Kind::Network | Kind::NetworkOr(_) => all(&["192.0.2.1/33"]),
        Kind::Addresses => all(&["192.0.2.300", "192.0.2.20-10", "192.0.2.1-256"]),
        Kind::Broadcast => all(&["192.0.2", "no-such"]),
        Kind::Mac => all(&["02:00:00:00:00:0g", "02:00", "01:00:00:00:00:01"]),
        Kind::Netmask => all(&["255.0.255", "no-such"]),
        Kind::Hexadecimal(0) | Kind::Pattern => all(&["0g"]),
        Kind::Hexadecimal(digits) => vec!["a".repeat(digits - 1), "g".repeat(digits)],
        Kind::Permissions => all(&["1000", "9", "S_NO"]),
        Kind::Mark => all(&["x", "1/x"]),
        Kind::Realms => all(&["no-such", "1/no-such", "1/2/3"]),
        Kind::BusName => all(&["nodot", "a..b", "1.a"]),
    }
}

/// The words of a part, with `value` for its value.
fn spelled(part: Part, value: &str) -> Vec<String> {
    match part {
        Part::Flag(word) => vec![word.to_owned()],
        Part::Named(word, _) => vec![word.to_owned(), value.to_owned()],
        _ => vec![value.to_owned()],
    }
}

/// Every good and every bad value of each part, beside what must be there of the others.
fn trials_of_parts(parts: &[Part]) -> Vec<Trial> {
    let least = |at: usize| -> Vec<String> {
        match parts[at] {
            Part::One(kind) | Part::Many(kind) => spelled(parts[at], &good(kind)[0]),
            _ => Vec::new(),
        }
    };
    // What may be there must be, where another one is known by its place behind it.
    let before = |at: usize, by_place: bool| -> Vec<String> {
        match parts[at] {
            Part::Maybe(kind) if by_place => spelled(parts[at], &good(kind)[0]),
            _ => least(at),
        }
    };
    let with = |at: usize, words: Vec<String>| -> Vec<String> {
        let by_place = parts[at].word().is_none();
        let before = (0..at).flat_map(|at| before(at, by_place));
        before.chain(words).chain((at + 1..parts.len()).flat_map(least)).collect()
    };
    let mut trials = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let Some(kind) = part.kind() else {
            trials.push(Trial { words: with(at, spelled(*part, "")), good: true });
            continue;
        };
        let of = |values: Vec<String>, good| {
            let words = values.into_iter().map(move |value| spelled(*part, &value));
            words.map(move |words| (words, good))
        };
        for (words, good) in of(good(kind), true).chain(of(bad(kind), false)) {
            trials.push(Trial { words: with(at, words), good });
        }
        if let Part::Named(word, _) = part {
            trials.push(Trial {
                words: [with(at, Vec::new()), vec![(*word).into()]].concat(),
                good: false,
            });
        }
    }
    let count = |part: &Part| match part.kind() {
        Some(Kind::Weight(_)) => spelled(*part, "").len() + 1,
        _ => spelled(*part, "").len(),
    };
    let most: usize = parts.iter().map(count).sum();
    let endless = parts.iter().any(|part| matches!(part, Part::Many(_) | Part::Any(_)));
    if !endless {
        let mut words: Vec<String> = (0..parts.len()).flat_map(least).collect();
        words.resize(most + 1, "surplus".to_owned());
        trials.push(Trial { words, good: false });
    }
    trials
}

/// Trials of the arguments of a row.
fn trials(row: &Row) -> Vec<Trial> {
    let number = |least, most| trials_of_parts(&[Part::One(Kind::Number(least, most))]);
    match row.arguments {
        Arguments::Parts(parts) => trials_of_parts(parts),
        Arguments::Number(least, most) => number(least, most),
        Arguments::MaybeNumber(least, most) => {
            trials_of_parts(&[Part::Maybe(Kind::Number(least, most))])
        }
        Arguments::Choice(words) => trials_of_parts(&[Part::One(Kind::Word(words))]),
        Arguments::Switch => trials_of_parts(&[Part::Maybe(Kind::Word(&[
            "on", "off", "true", "false", "yes", "no",
        ]))]),
        Arguments::Seconds(least, most) => {
            let text = |micros: u64| format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            let mut all: Vec<(String, bool)> = vec![
                (text(least), true),
                (text(most), true),
                (text(most + 1), false),
                ("1x".to_owned(), false),
                ("-1".to_owned(), false),
            ];
            all.extend(least.checked_sub(1).map(|below| (text(below), false)));
            all.into_iter().map(|(word, good)| Trial { words: vec![word], good }).collect()
        }
        Arguments::Command => [
            ("\"/bin/true\"", true),
            ("\"/bin/true\" nobody", true),
            ("\"/bin/true\" nobody nogroup", true),
            ("\"/bin/true\" no-such", false),
            ("\"/bin/true\" nobody no-such", false),
            ("\"/bin/true\" nobody nogroup surplus", false),
            ("\"\"", false),
        ]
        .map(|(words, good)| Trial { words: vec![words.to_owned()], good })
        .into(),
        Arguments::None if row.content.is_none() => {
            let trial = |words: &[&str], good| {
                let words = words.iter().map(|word| (*word).to_owned()).collect();
                Trial { words, good }
            };
            vec![trial(&[], true), trial(&["surplus"], false)]
        }
        _ => Vec::new(),
    }
}

/// What stands before a parameter of a list entry.
fn stem(block: &Block, keyword: &str) -> String {
    const ACTIONS: [&str; 8] =
        ["table", "lookup", "goto", "l3mdev", "nop", "blackhole", "unreachable", "prohibit"];
    let code = example(block.path, keyword).unwrap_or_default();
    let line = code.lines().find_map(|line| line.split_once(&format!(" {keyword}")));
    let rules = block.path.ends_with("rules");
    match (keyword, line) {
        ("suppress_prefixlength" | "sup_pl", _) => "priority 5 table 100 inet6".to_owned(),
        ("inet6", _) if rules => "priority 5 table 100".to_owned(),
        (action, _) if rules && ACTIONS.contains(&action) => "priority 5 from 192.0.2.0/24".into(),
        (_, _) if rules => "priority 5 table 100".to_owned(),
        ("to", _) => "unicast".to_owned(),
        ("inet6", _) => "2001:db8::/32".to_owned(),
        (_, Some((before, _))) => before.to_owned(),
        (_, None) if block.path.ends_with("routes") => "198.51.100.0/24".to_owned(),
        (_, None) => "192.0.2.50/24".to_owned(),
    }
}

/// What must stand in the block for a keyword of it to be looked at.
pub fn company(block: &Block, keyword: &str) -> &'static str {
    match (block.path.rsplit('/').next().unwrap_or_default(), keyword) {
        ("HTTP_GET" | "SSL_GET", _) => "url {\npath /\n}\n",
        ("url", "regex") => "path /\n",
        ("url", _) => "path /\nregex \"x\"\n",
        ("UDP_CHECK", "min_reply_length" | "max_reply_length") => "require_reply\n",
        ("MISC_CHECK", keyword) if keyword != "misc_path" => "misc_path \"/bin/true\"\n",
        ("FILE_CHECK", "weight") => "track_file load\n",
        ("BFD_CHECK", keyword) if keyword != "name" => "name uplink\n",
        ("bfd_instance", "neighbor_ip" | "neighbour_ip") => "",
        ("bfd_instance", _) => "neighbor_ip 192.0.2.9\n",
        ("vrrp_track_process", keyword) if keyword != "process" => "process nginx\n",
        ("track_file" | "vrrp_track_file", "weight" | "init_file") => "file /run/x\n",
        ("garp_group", "interface") => "garp_interval 1\n",
        ("virtual_server", "persistence_granularity" | "persistence_engine") => {
            "persistence_timeout 50\n"
        }
        ("virtual_server", "sorry_server_lvs_method" | "sorry_server_inhibit") => {
            "sorry_server 192.0.2.77 80\n"
        }
        ("global_defs", "notify_fifo_script") => "notify_fifo /run/x\n",
        ("global_defs", "vrrp_notify_fifo_script") => "vrrp_notify_fifo /run/x\n",
        ("global_defs", "lvs_notify_fifo_script") => "lvs_notify_fifo /run/x\n",
        _ => "",
    }
}

/// The line of a trial in its block.
fn line(block: &Block, row: &Row, words: &[String]) -> String {
    let words = words.join(" ");
    let no_small_letter = !row.keyword.chars().any(char::is_lowercase);
    if block.entries && no_small_letter {
        words
    } else if block.entries && block.path != "virtual_server_group" {
        format!("{} {} {words}", stem(block, row.keyword), row.keyword)
    } else {
        format!("{} {words}", row.keyword)
    }
}

/// What is told of `line` in its block: codes with their messages.
fn told(block: &Block, row: &Row, line: &str) -> BTreeSet<(&'static str, String)> {
    let marked = match row.content {
        Some(_) => format!("{line} {{ {MARK}\n}}"),
        None => format!("{line} {MARK}"),
    };
    let text = configuration(block.path, &format!("{}{marked}", company(block, row.keyword)));
    let number = text.lines().position(|each| each.contains(MARK)).expect("it is there") + 1;
    let outcome = read(&text);
    let here = outcome.diagnostics.iter().filter(|found| {
        let at = found.span.and_then(|span| outcome.sources.location(span));
        at.is_some_and(|at| at.line == number)
    });
    here.map(|found| (found.code.text(), found.message.clone())).collect()
}

/// Whether a code says that a value cannot be used, wherever it stands.
fn refuses(code: &str) -> bool {
    ["W0001", "W0004", "W0006", "W0011", "W0016", "W0018"].contains(&code) || code.starts_with('E')
}

/// Rows whose arguments depend on more than the table says, and what is refused whatever it says.
const DEPENDS: [(&str, &str); 10] = [
    ("virtual_server", "lb_kind"),
    ("_server", "lvs_method"),
    ("virtual_server", "sorry_server_lvs_method"),
    ("url", "regex_stack"),
    ("routes", "encap"),
    ("routes", "via"),
    ("rules", "goto"),
    ("(top)", "net_namespace"),
    ("(top)", "virtual_server"),
    ("vrrp_instance", "virtual_router_id"),
];

#[test]
fn what_a_row_allows_is_taken_and_what_it_does_not_is_told() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (block, row, _) in rows().filter(|(block, ..)| block.path != "(parser)") {
        let depends = DEPENDS
            .iter()
            .any(|(path, keyword)| block.path.ends_with(path) && *keyword == row.keyword);
        let (good, bad): (Vec<_>, Vec<_>) = trials(row).into_iter().partition(|trial| trial.good);
        seen += good.len() + bad.len();
        let mut usual = BTreeSet::new();
        for trial in good {
            let line = line(block, row, &trial.words);
            let found = told(block, row, &line);
            if !depends && found.iter().any(|(code, _)| refuses(code)) {
                wrong.push(format!("{}: `{line}` is good: {found:?}", block.path));
            }
            usual.extend(found);
        }
        for trial in bad {
            let line = line(block, row, &trial.words);
            let found = told(block, row, &line);
            let about = |(code, _): &&(&str, String)| refuses(code) || ABOUT_VALUES.contains(code);
            if !found.difference(&usual).any(|each| about(&each)) {
                wrong.push(format!("{}: `{line}` is not good: {found:?}", block.path));
            }
        }
    }
    assert!(seen > 3000, "only {seen}");
    assert!(wrong.is_empty(), "{} of {seen}:\n{}", wrong.len(), wrong.join("\n"));
}
