//! What is answered at once: signal numbers, version, help, mistakes on the command line.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::{OURS, REAL, has_real, run, stderr};

#[test]
fn signal_numbers_are_those_of_keepalived() {
    let test = "signal_numbers_are_those_of_keepalived";
    let ours = |word: &str| run(OURS, &format!("--signum={word}"));
    for word in ["TDUMP", "TDATA"] {
        assert_eq!(ours(word).status.code(), Some(0), "{word}");
    }
    if !has_real(test) {
        return;
    }
    for word in ["STOP", "RELOAD", "DATA", "STATS", "STATS_CLEAR", "JSON", "stop", "NONE"] {
        let (ours, real) = (ours(word), run(REAL, &format!("--signum={word}")));
        assert_eq!(ours.stdout, real.stdout, "{word}");
        assert_eq!(ours.status.code(), real.status.code(), "{word}");
        assert_eq!(stderr(&ours), stderr(&real), "{word}");
    }
}

#[test]
fn mistakes_on_the_command_line_are_told_in_keepalived_s_words_and_end_with_1() {
    let test = "mistakes_on_the_command_line_are_told_in_keepalived_s_words_and_end_with_1";
    if !has_real(test) {
        return;
    }
    let lines = ["--bogus", "-Z", "-f", "--log", "--dont-fork=x", "--use_file=a", "-nZ --bogus"];
    for words in lines {
        let (ours, real) = (run(OURS, words), run(REAL, words));
        assert_eq!(ours.status.code(), Some(1), "{words}");
        assert_eq!(real.status.code(), Some(1), "{words}");
        assert_eq!(stderr(&ours), stderr(&real), "{words}");
    }
}

#[test]
fn the_version_is_on_the_first_line_for_programs_to_find() {
    let ours = run(OURS, "--bogus -v");
    assert_eq!(ours.status.code(), Some(0));
    let said = stderr(&ours);
    let line = said.lines().find(|line| line.starts_with("Keepalived v")).expect("a version");
    let number = line.trim_start_matches("Keepalived v").split(' ').next().unwrap();
    assert_eq!(number.split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "{line}");
    assert!(said.contains(env!("CARGO_PKG_VERSION")), "{said}");
    assert!(said.contains("Config options:"), "{said}");
}

#[test]
fn the_help_has_every_option_that_keepalived_has() {
    let help = stderr(&run(OURS, "-h"));
    assert_eq!(run(OURS, "--help").status.code(), Some(0));
    if !has_real("the_help_has_every_option_that_keepalived_has") {
        return;
    }
    let output = run(REAL, "-h");
    let real = stderr(&output) + &String::from_utf8_lossy(&output.stdout);
    let names: Vec<&str> = real
        .split(|c: char| !(c.is_alphanumeric() || "-_".contains(c)))
        .filter(|word| word.starts_with("--") && word.len() > 3)
        .collect();
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        assert!(help.contains(name), "{name} is not in\n{help}");
    }
}

/// A web server for so many connections, each of which gets `page`.
fn web_server(connections: usize, page: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().take(connections).flatten() {
            let mut request = [0; 1024];
            let _ = client.read(&mut request);
            let head = format!("HTTP/1.0 404 Gone\r\nContent-Length: {}\r\n\r\n", page.len());
            let _ = client.write_all((head + page).as_bytes());
        }
    });
    port
}

#[test]
fn genhash_prints_the_digest_that_keepalived_s_prints() {
    let port = web_server(3, "hello\n");
    let words = format!("-s 127.0.0.1 -p {port} -u /page");
    let ours = run(OURS, &format!("-T {words}"));
    assert_eq!(ours.status.code(), Some(0), "{}", stderr(&ours));
    // `printf 'hello\n' | md5sum`
    assert_eq!(String::from_utf8_lossy(&ours.stdout), "b1946ac92492d2347c6235b4d2611184\n");
    if has_real("genhash_prints_the_digest_that_keepalived_s_prints") {
        let real = run(REAL, &format!("-T {words}"));
        assert_eq!(real.stdout, ours.stdout);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("genhash");
    std::os::unix::fs::symlink(OURS, &link).expect("a link");
    let called = run(link.to_str().expect("a plain name"), &format!("-v {words}"));
    assert_eq!(called.stdout, ours.stdout);
    assert!(stderr(&called).contains("status 404, 6 bytes"), "{}", stderr(&called));
}

#[test]
fn genhash_says_what_is_missing_and_who_does_not_answer() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("bound").port();
    drop(silent);
    for (words, said) in [
        ("-T -s localhost -p 80 -u /".to_owned(), "not an IP address"),
        ("-T -s 127.0.0.1 -u /".to_owned(), "are needed"),
        (format!("-T -s 127.0.0.1 -p {port} -u /"), "refused"),
    ] {
        let ours = run(OURS, &words);
        assert_eq!(ours.status.code(), Some(1), "{words}");
        assert!(ours.stdout.is_empty() && stderr(&ours).contains(said), "{}", stderr(&ours));
    }
}

#[test]
fn the_manual_page_has_every_option_of_the_help() {
    let page = include_str!("../../man/keepalived.8").replace("\\-", "-");
    let help = stderr(&run(OURS, "-h"));
    let names: Vec<&str> = help
        .lines()
        .filter_map(|line| line.split_whitespace().take(2).find_map(|word| word.strip_prefix("--")))
        .map(|word| word.split(['=', '[']).next().unwrap_or_default())
        .collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        assert!(page.contains(&format!("--{name}")), "--{name} is not in man/keepalived.8");
    }
}
