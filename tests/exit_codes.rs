//! One table of exit codes: the one in the code and the one in `man/ha-exit-codes.7` agree.

use ha::exit::Exit;

const PAGE: &str = include_str!("../man/ha-exit-codes.7");

/// Every exit of the code, named by an exhaustive match so that a new one cannot be forgotten.
fn codes() -> Vec<(u8, &'static str)> {
    let name = |exit| match exit {
        Exit::Success => "Success",
        Exit::No => "No",
        Exit::Usage => "Usage",
        Exit::Invalid => "Invalid",
        Exit::Unavailable => "Unavailable",
        Exit::System => "System",
        Exit::TimedOut => "Timed out",
    };
    [
        Exit::Success,
        Exit::No,
        Exit::Usage,
        Exit::Invalid,
        Exit::Unavailable,
        Exit::System,
        Exit::TimedOut,
    ]
    .map(|exit| (exit.code(), name(exit)))
    .to_vec()
}

/// `.B NUMBER NAME` after a `.TP`, and whether its text says `Permanent.`.
fn page_entries() -> Vec<(u8, String, bool)> {
    PAGE.split(".TP\n")
        .skip(1)
        .filter_map(|entry| {
            let head = entry.strip_prefix(".B ")?.lines().next()?;
            let (number, name) = head.split_once(' ')?;
            Some((number.parse().ok()?, name.to_owned(), entry.contains("Permanent")))
        })
        .collect()
}

#[test]
fn the_manual_and_the_code_have_the_same_exit_codes() {
    let page: Vec<_> = page_entries();
    let from_page: Vec<_> = page.iter().map(|(code, name, _)| (*code, name.as_str())).collect();
    assert_eq!(from_page, codes());
}

#[test]
fn the_manual_says_permanent_where_a_restart_cannot_help() {
    for (code, name, permanent) in page_entries() {
        assert_eq!(permanent, Exit::is_permanent(i32::from(code)), "{code} {name}");
    }
}
