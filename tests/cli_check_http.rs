//! `ha check http`: against nginx, beside genhash, and against servers that mean harm.

mod child;
#[path = "child/web.rs"]
mod web;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use child::{Child, wait_until};
use serde_json::{Value, json};
use web::{Nginx, Server, has_or_skip, request};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Exit code and the data of the one `check.result`.
fn check(arguments: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
    let output = command.arg("check").args(arguments).arg("--json").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line: Value = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    });
    (output.status.code().unwrap_or(-1), line["data"].clone())
}

/// The verdict and its reason.
fn verdict(arguments: &[&str]) -> (i32, String) {
    let (code, data) = check(arguments);
    let status = data["status"].as_str().unwrap();
    assert_eq!(
        code,
        ["up", "down", "unknown"].iter().position(|s| *s == status).map_or(9, |at| [0, 1, 5][at])
    );
    (code, data["reason"].as_str().unwrap().to_owned())
}

#[test]
fn a_request_is_what_keepalived_would_put_and_options_change_it() {
    let server = Server::saying(OK);
    let target = server.address.to_string();
    let url = server.url();
    for (options, expected) in [
        (&[][..], "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: TARGET\r\n\r\n"),
        (
            &["--protocol", "1.1", "--host", "www.example.com"],
            "GET / HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\n\
             Host: www.example.com\r\n\r\n",
        ),
        (
            &["--method", "HEAD", "--header", "User-Agent: me", "--header", "X-A: b"],
            "HEAD / HTTP/1.0\r\nHost: TARGET\r\nUser-Agent: me\r\nX-A: b\r\n\r\n",
        ),
    ] {
        let (code, reason) = verdict(&[&["http", &url], options].concat());
        assert_eq!((code, reason.as_str()), (0, "status 200"));
        let heard = server.heard.lock().unwrap().pop().unwrap();
        assert_eq!(heard, expected.replace("TARGET", &target));
    }
}

#[test]
fn a_user_is_read_from_a_file_and_not_told_to_another_server() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("user");
    std::fs::write(&file, "Aladdin:open sesame\nmore\n").unwrap();
    let last = Server::saying(OK);
    let moved = format!("HTTP/1.1 302 Found\r\nLocation: {}there\r\n\r\n", last.url());
    let first = Server::saying(moved.as_bytes());
    let user = ["--user-file", file.to_str().unwrap()];
    let (code, data) = check(&[&["http", &first.url(), "--redirects", "1"][..], &user].concat());
    assert_eq!((code, &data["http"]["redirects"]), (0, &json!(1)), "{data}");
    let heard = first.heard.lock().unwrap().pop().unwrap();
    assert!(heard.contains("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"), "{heard}");
    let heard = last.heard.lock().unwrap().pop().unwrap();
    assert!(heard.starts_with("GET /there ") && !heard.contains("Authorization"), "{heard}");

    // Without leave a redirect is a status like any other, and a circle ends.
    assert_eq!(verdict(&["http", &first.url()]), (1, "status 302, not 200-299".into()));
    assert_eq!(verdict(&["http", &first.url(), "--status", "302"]).0, 0);
    let circle = Server::saying(b"HTTP/1.1 301 x\r\nLocation: /\r\n\r\n");
    let why = verdict(&["http", &circle.url(), "--redirects", "3"]);
    assert_eq!(why, (1, "status 301, not 200-299".into()));
    assert_eq!(circle.heard.lock().unwrap().len(), 4);
}

#[test]
fn the_url_may_be_of_another_host_than_the_one_that_is_asked() {
    let server = Server::saying(OK);
    let target = server.address.to_string();
    let (code, data) = check(&["http", "http://no.such.host.invalid/x", "--connect", &target]);
    assert_eq!((code, &data["peer"]), (0, &json!(target)), "{data}");
    let heard = server.heard.lock().unwrap().pop().unwrap();
    assert!(heard.contains("\r\nHost: no.such.host.invalid\r\n"), "{heard}");
    let (code, data) = check(&["http", "http://no.such.host.invalid/"]);
    assert_eq!((code, &data["status"]), (5, &json!("unknown")), "{data}");
}

const PAGES: &str = "server { listen 127.0.0.1:PORT; root DIR/www;\n\
    location /gone { return 404; } location /broken { return 503; }\n\
    location /chunked { ssi on; types { text/html txt; } }\n\
    location /old { return 301 /page.html; } }";

#[test]
fn nginx_is_judged_by_status_digest_and_what_is_in_the_page() {
    let name = "nginx_is_judged_by_status_digest_and_what_is_in_the_page";
    if !has_or_skip("nginx", name) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("www");
    std::fs::create_dir_all(pages.join("chunked")).unwrap();
    std::fs::write(pages.join("page.html"), "<p>Ready: yes</p>\n").unwrap();
    std::fs::write(pages.join("chunked/page.txt"), "<p><!--# echo var=\"uri\" --></p>\n").unwrap();
    let nginx = Nginx::start(directory.path(), PAGES);
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", nginx.port);
    let page = url("/page.html");

    // The witness: the digest that genhash or md5sum takes of the same page.
    let md5 = check(&["http", &page]).1["http"]["md5"].as_str().unwrap().to_owned();
    let sum = Command::new("md5sum").arg(pages.join("page.html")).output().unwrap();
    assert!(sum.stdout.starts_with(md5.as_bytes()), "{md5}");
    for (options, expected, why) in [
        (&["--digest", &md5][..], 0, "status 200"),
        (&["--contains", "Ready: yes"], 0, "status 200"),
        (&["--contains", "Ready: no"], 1, "the body has no `Ready: no` in it"),
        (&["--regex", "(?<=Ready: )y.s"], 0, "status 200"),
        (&["--regex", "READY", "--regex-options", "caseless"], 0, "status 200"),
        (&["--regex", "READY"], 1, "the body has no `READY` in it"),
        (&["--regex", "Ready", "--regex-no-match"], 1, "the body has `Ready` in it"),
        (&["--regex", "yes", "--regex-min-offset", "10"], 0, "status 200"),
        (&["--regex", "yes", "--regex-max-offset", "9"], 1, "the body has no `yes` in it"),
        (&["--status", "404,500-599"], 1, "status 200, not 404 500-599"),
        (&["--body-limit", "5"], 1, "a body of 18 bytes is announced, at most 5 are read"),
    ] {
        let found = verdict(&[&["http", &page], options].concat());
        assert_eq!(found, (expected, why.to_owned()), "{options:?}");
    }
    let wrong = verdict(&["http", &page, "--digest", "00000000000000000000000000000000"]);
    let why = format!("MD5 of the body is {md5}, not 00000000000000000000000000000000");
    assert_eq!(wrong, (1, why));
    assert_eq!(verdict(&["http", &url("/gone")]), (1, "status 404, not 200-299".into()));
    assert_eq!(verdict(&["http", &url("/gone"), "--status", "404"]).0, 0);
    assert_eq!(verdict(&["http", &url("/broken")]), (1, "status 503, not 200-299".into()));
    assert_eq!(verdict(&["http", &url("/old"), "--redirects", "1", "--contains", "Ready"]).0, 0);
    let head = check(&["http", &page, "--method", "HEAD"]);
    assert_eq!((head.0, &head.1["http"]["body_bytes"]), (0, &json!(0)));

    // A page in chunks: what is in it is looked for across them, and either digest will do.
    let chunked = url("/chunked/page.txt");
    let (code, data) = check(&["http", &chunked, "--protocol", "1.1", "--contains", "<p>/chunked"]);
    assert_eq!(code, 0, "{data}");
    for key in ["md5", "md5_of_chunks"] {
        let md5 = data["http"][key].as_str().unwrap_or_else(|| panic!("not in chunks: {data}"));
        assert_eq!(verdict(&["http", &chunked, "--protocol", "1.1", "--digest", md5]).0, 0);
    }
}

#[test]
fn the_digest_is_that_of_genhash() {
    if !(has_or_skip("nginx", "the_digest_is_that_of_genhash")
        && has_or_skip("genhash", "the_digest_is_that_of_genhash"))
    {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("www");
    std::fs::create_dir_all(&pages).unwrap();
    let long: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
    for (name, bytes) in [("empty", &b""[..]), ("short", b"x"), ("long", &long)] {
        std::fs::write(pages.join(name), bytes).unwrap();
    }
    let nginx = Nginx::start(directory.path(), PAGES);
    let port = nginx.port.to_string();
    for page in ["/empty", "/short", "/long"] {
        let output = Command::new("genhash")
            .args(["-s", "127.0.0.1", "-p", &port, "-u", page])
            .output()
            .unwrap();
        let theirs = String::from_utf8(output.stdout).unwrap();
        let theirs = theirs.split_whitespace().last().expect("genhash prints a digest").to_owned();
        let ours = check(&["http", &format!("http://127.0.0.1:{port}{page}")]).1;
        assert_eq!(ours["http"]["md5"], json!(theirs), "{page}");
    }
}

/// A server that sends `start` and then `part` for ever.
fn endless(start: &'static [u8], part: &'static [u8]) -> Server {
    Server::start(move |mut client| {
        request(&mut client);
        let _ = client.write_all(start);
        while client.write_all(part).is_ok() {}
    })
}

/// One that sends the beginning of an answer and then does this to the connection.
fn breaking_off(end: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Server {
    Server::start(move |mut client| {
        request(&mut client);
        let _ = client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
        end(&mut client);
    })
}

/// Servers that send too much, and what is said of them.
fn flooding() -> Vec<(Server, &'static str)> {
    let block: &'static [u8] = Box::leak(vec![b'x'; 1 << 16].into_boxed_slice());
    let chunks: &'static [u8] = Box::leak(b"1\r\nx\r\n".repeat(8192).into_boxed_slice());
    let header = b"X-Endless: yyyyyyyyyyyyyyyyy\r\n";
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    vec![
        (endless(b"HTTP/1.1 200 OK\r\n", header), "the headers are longer than 65536 bytes"),
        (endless(b"HTTP/1.1 200 OK\r\nX: ", block), "a header is longer than 16384 bytes"),
        (endless(b"", block), "a header is longer than 16384 bytes"),
        (endless(b"HTTP/1.1 200 OK\r\n\r\n", block), "the body is longer than 1048576 bytes"),
        (endless(chunked, chunks), "the body is longer than 1048576 bytes"),
        (
            Server::saying(b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"),
            "a body of 18446744073709551615 bytes is announced, at most 1048576 are read",
        ),
    ]
}

/// Servers that send too little, or something else.
fn failing() -> Vec<(Server, &'static str)> {
    let late = "timed out after 1s waiting for the head of the answer";
    let drip = |mut client: TcpStream| {
        request(&mut client);
        let _ = client.write_all(b"HTTP/1.1 200 OK\r\nX: ");
        while client.write_all(b"y").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let silent = |mut client: TcpStream| {
        request(&mut client);
        let _ = client.read(&mut [0; 4096]);
    };
    let reset = breaking_off(|client| {
        let _ = socket2::SockRef::from(&*client).set_linger(Some(Duration::ZERO));
    });
    let half_closed = breaking_off(|client| {
        let _ = client.shutdown(Shutdown::Write);
        let _ = client.read(&mut [0; 4096]);
    });
    let chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    vec![
        (Server::saying(chunk), "the size of a chunk is no number"),
        (
            Server::saying(b"\x16\x03\x01\x02\x00\x01\r\n"),
            r"not an HTTP answer: it begins `\x16\x03\x01\x02\x00\x01`",
        ),
        (Server::saying(b""), "the connection was closed without an answer"),
        (Server::start(drip), late),
        (Server::start(silent), late),
        (reset, "connection reset before the end of the body"),
        (half_closed, "the body ended after 3 of 9 bytes"),
    ]
}

/// Every way a server can mean harm ends soon, in little memory, and says how.
#[test]
fn hostile_servers_are_down_with_a_reason_within_time_and_memory() {
    let with = |timeout| move |(server, why)| (server, why, timeout);
    let hostile =
        flooding().into_iter().map(with("30s")).chain(failing().into_iter().map(with("1s")));
    for (server, why, timeout) in hostile {
        let words =
            format!("check http --timeout {timeout} --body-limit 1048576 --contains nowhere");
        let output = Command::new("sh")
            .args(["-c", r#"ulimit -v 300000; exec "$@""#, "sh", env!("CARGO_BIN_EXE_ha")])
            .args(words.split(' '))
            .arg(server.url())
            .output()
            .unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        // A reset may overtake what was sent before it.
        let reset =
            why.starts_with("connection reset") && shown.contains(": down, connection reset");
        assert!(
            output.status.code() == Some(1)
                && (shown.contains(&format!(": down, {why}\n")) || reset),
            "wanted {why}, found {shown}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_server_that_is_always_faster_does_not_suspend_the_time_limit() {
    let block: &'static [u8] = Box::leak(vec![b'x'; 1 << 20].into_boxed_slice());
    let server = endless(b"HTTP/1.1 200 OK\r\n\r\n", block);
    let options = ["--timeout", "50ms", "--body-limit", "4000000000"];
    let (code, reason) = verdict(&[&["http", &server.url()][..], &options].concat());
    assert!(code == 1 && reason.starts_with("timed out after 50ms"), "{reason}");
}

#[test]
fn a_body_that_would_be_packed_is_not_asked_for() {
    // Nobody who is not told of it unpacks anything: a bomb is its own few bytes.
    let bomb =
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00";
    let server = Server::saying(bomb);
    let (code, data) = check(&["http", &server.url()]);
    assert_eq!((code, &data["http"]["body_bytes"]), (0, &json!(4)));
    assert!(!server.heard.lock().unwrap().pop().unwrap().contains("Accept-Encoding"));
}

#[test]
fn failures_are_forgiven_as_often_as_asked() {
    let left = Arc::new(std::sync::atomic::AtomicI32::new(2));
    let server = Server::answering(move |_| {
        let bad = left.fetch_sub(1, Ordering::Relaxed) > 0;
        if bad { b"HTTP/1.1 500 x\r\n\r\n".to_vec() } else { OK.to_vec() }
    });
    let url = server.url();
    assert_eq!(verdict(&["http", &url, "--retry", "2", "--retry-delay", "10ms"]).0, 0);
    assert_eq!(server.heard.lock().unwrap().len(), 3);
}

#[test]
fn a_server_that_breaks_and_recovers_is_seen_while_watching() {
    let broken = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&broken);
    let server = Server::answering(move |_| {
        if state.load(Ordering::Relaxed) { b"HTTP/1.1 500 x\r\n\r\n".to_vec() } else { OK.to_vec() }
    });
    let url = server.url();
    let options =
        ["--watch", "--interval", "10ms", "--retry", "2", "--retry-delay", "1ms", "--json"];
    let ha = Child::start(&[&["check", "http", &url][..], &options].concat());
    ha.expect_where("check.transition", |data| data["to"] == "up");
    broken.store(true, Ordering::Relaxed);
    let down = ha.expect("check.transition");
    assert_eq!((&down["to"], &down["kind"]), (&json!("down"), &json!("http")));
    broken.store(false, Ordering::Relaxed);
    ha.expect_where("check.transition", |data| data["to"] == "up");
    wait_until("it went on asking", || server.heard.lock().unwrap().len() > 5);
}

#[test]
fn a_source_port_is_used_and_one_that_is_taken_is_no_verdict() {
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap().port().to_string();
    let server = Server::saying(OK);
    let (code, data) = check(&["http", &server.url(), "--source-port", &taken]);
    assert_eq!((code, &data["reason"]), (5, &json!("the source port is in use")));
    drop(held);
    let port: u16 = taken.parse().unwrap();
    let seen = Server::start(move |mut client| {
        let from = client.peer_addr().unwrap().port();
        request(&mut client);
        let _ = write!(client, "HTTP/1.0 {} x\r\n\r\n", if from == port { 200 } else { 500 });
    });
    let options = ["--source-port", &taken, "--source", "127.0.0.1"];
    assert_eq!(verdict(&[&["http", &seen.url()][..], &options].concat()).0, 0);
}

#[test]
fn a_wrong_command_line_is_told_before_anything_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    let empty = empty.to_str().unwrap();
    for (expected, words) in [
        (2, "http https://127.0.0.1/"),
        (2, "https http://127.0.0.1/"),
        (2, "http http://user:secret@127.0.0.1/"),
        (2, "http ftp://127.0.0.1/"),
        (2, "http 127.0.0.1 --status 99"),
        (2, "http 127.0.0.1 --digest abc"),
        (2, "http 127.0.0.1 --regex a(b"),
        (2, "http 127.0.0.1 --regex a --regex-options greedy"),
        (2, "http 127.0.0.1 --regex-options caseless"),
        (2, "http 127.0.0.1 --header NoColon"),
        (2, "http 127.0.0.1 --method G=ET/"),
        (2, "http 127.0.0.1 --protocol 3"),
        (2, "https 127.0.0.1 --cert x"),
        (3, "http 127.0.0.1 --user-file EMPTY"),
        (3, "https 127.0.0.1 --ca EMPTY"),
        (3, "https 127.0.0.1 --cert EMPTY --key EMPTY"),
    ] {
        let words = words.replace("EMPTY", empty);
        let output = Command::new(env!("CARGO_BIN_EXE_ha"))
            .arg("check")
            .args(words.split(' '))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{words}: {said}");
        assert!(!said.is_empty() && output.stdout.is_empty(), "{words}: {said}");
    }
}
