//! `ha check dns`, `smtp`, `udp`, `file` and `process`: against dnsmasq, msmtpd and what this host
//! shows, and against servers that mean harm.

mod child;
#[path = "child/web.rs"]
mod web;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::time::Duration;

use child::wait_until;
use serde_json::json;
use web::{Closed, Daemon, Server, check, has_or_skip, held_tcp};

fn expect(words: &str, code: i32, reason: &str) {
    let (found, data) = check(words);
    assert_eq!((found, data["reason"].as_str()), (code, Some(reason)), "{words}: {data}");
}

#[test]
fn dnsmasq_is_asked_by_udp_and_for_what_does_not_fit_by_tcp() {
    let test = "dnsmasq_is_asked_by_udp_and_for_what_does_not_fit_by_tcp";
    if !has_or_skip("dnsmasq", test) {
        return;
    }
    let long = "x".repeat(200);
    let texts: Vec<String> =
        (0..6).map(|at| format!("--txt-record=long.example.com,{at}{long}")).collect();
    let mut arguments = vec![
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--user=root",
        "--listen-address=127.0.0.1",
        "--bind-interfaces",
        "--pid-file=",
        "--port=PORT",
        "--local=/example.com/",
        "--host-record=www.example.com,192.0.2.1,2001:db8::1",
        "--mx-host=example.com,mail.example.com",
    ];
    arguments.extend(texts.iter().map(String::as_str));
    let (_dnsmasq, port) = Daemon::listening("dnsmasq", &arguments);
    for (question, code, reason, transport) in [
        ("--name www.example.com --type A --answers 1", 0, "NOERROR, 1 answers", "udp"),
        ("--name WWW.example.com. --type aaaa --answers 1", 0, "NOERROR, 1 answers", "udp"),
        ("--name www.example.com --type A --answers 2", 1, "1 answers, fewer than 2", "udp"),
        ("--name example.com --type MX --answers 1", 0, "NOERROR, 1 answers", "udp"),
        ("--name gone.example.com --type A", 1, "NXDOMAIN, not NOERROR", "udp"),
        ("--name gone.example.com --type A --rcode nxdomain", 0, "NXDOMAIN, 0 answers", "udp"),
        ("--name elsewhere.example.org --type A", 1, "REFUSED, not NOERROR", "udp"),
        ("--name www.example.com --type A --tcp", 0, "NOERROR, 1 answers", "tcp"),
        ("--name long.example.com --type TXT --answers 6", 0, "NOERROR, 6 answers", "tcp"),
    ] {
        let (found, data) = check(&format!("dns 127.0.0.1:{port} {question}"));
        assert_eq!((found, data["reason"].as_str()), (code, Some(reason)), "{question}: {data}");
        assert_eq!(data["dns"]["transport"], transport, "{question}");
    }
}

/// Answers each datagram with what `answer` makes of it.
fn udp_server(answers: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((read, from)) = socket.recv_from(&mut buffer) {
            for answer in answers(&buffer[..read]) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    address
}

/// The question sent back as an answer without records.
fn answered(query: &[u8]) -> Vec<u8> {
    let mut answer = query.to_vec();
    answer[2] |= 0x80;
    answer
}

#[test]
fn a_dns_answer_that_is_not_ours_is_not_believed_and_ours_is_still_waited_for() {
    let noise = |query: &[u8]| {
        let mut other_id = answered(query);
        other_id[0] ^= 1;
        let mut other_name = answered(query);
        other_name[13] ^= 1;
        let short = answered(query)[..11].to_vec();
        vec![vec![], vec![0xff; 1400], short, query.to_vec(), other_id, other_name]
    };
    let lying = udp_server(noise);
    let late = "timed out after 300ms waiting for the answer";
    expect(&format!("dns {lying} --name a.b --timeout 300ms"), 1, late);
    let honest = udp_server(move |query| [noise(query), vec![answered(query)]].concat());
    expect(&format!("dns {honest} --name a.b"), 0, "NOERROR, 0 answers");
    // An answer that was cut, and nobody who answers by TCP.
    let cut = || {
        udp_server(|query| {
            let mut answer = answered(query);
            answer[2] |= 2;
            vec![answer]
        })
    };
    let (cut, _held) = std::iter::repeat_with(cut)
        .take(100)
        .find_map(|address| Some((address, held_tcp(address.port()).ok()?)))
        .expect("a port that is free for both");
    expect(&format!("dns {cut} --name a.b"), 1, "connection refused");
    let closed = Closed::new();
    expect(&format!("dns 127.0.0.1:{} --name a.b", closed.port), 1, "port unreachable");
    let garbage = Server::start(|mut client| {
        let _ = client.read(&mut [0; 512]);
        let _ = client.write_all(&vec![0xff; 1 << 17]);
        let _ = client.read(&mut [0; 512]);
    });
    let why = "what came is no answer to the question";
    expect(&format!("dns {} --tcp --timeout 2s", garbage.address), 1, why);
}

#[test]
fn msmtpd_greets_and_each_of_several_servers_must() {
    let test = "msmtpd_greets_and_each_of_several_servers_must";
    if !has_or_skip("msmtpd", test) {
        return;
    }
    let arguments = ["--interface=127.0.0.1", "--port=PORT", "--command=true"];
    let (_msmtpd, port) = Daemon::listening("msmtpd", &arguments);
    let good = "greeting and HELO answered";
    expect(&format!("smtp 127.0.0.1:{port}"), 0, good);
    expect(&format!("smtp 127.0.0.1:{port} 127.0.0.1:{port} --helo lb1.example.com"), 0, good);
    let held = Closed::new();
    let closed = held.port;
    let why = format!("127.0.0.1:{closed}: connection refused");
    expect(&format!("smtp 127.0.0.1:{port} 127.0.0.1:{closed}"), 1, &why);
}

#[test]
fn a_mail_server_hears_the_name_and_each_wrong_answer_is_told() {
    let (sender, heard) = std::sync::mpsc::channel();
    let server = Server::start(move |mut client| {
        let mut said = Vec::new();
        let _ = client.write_all(b"220-two\r\n220 lines\r\n");
        while !said.ends_with(b"\n") {
            let mut byte = [0];
            if client.read(&mut byte).unwrap_or(0) == 0 {
                break;
            }
            said.push(byte[0]);
        }
        let _ = client.write_all(b"250 hello\r\n");
        let _ = client.read_to_end(&mut said);
        let _ = sender.send(String::from_utf8_lossy(&said).into_owned());
    });
    // It never answers QUIT: what counts was answered before.
    let (code, data) =
        check(&format!("smtp {} --helo me.example.com --timeout 500ms", server.address));
    assert_eq!(
        (code, &data["reason"]),
        (1, &json!("timed out after 500ms waiting for the answer to QUIT"))
    );
    let said = heard.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(said, "HELO me.example.com\r\nQUIT\r\n");
    let endless = |mut client: TcpStream| while client.write_all(b"220-more\r\n").is_ok() {};
    let no_line = |mut client: TcpStream| while client.write_all(&[b'2'; 4096]).is_ok() {};
    for (server, why) in [
        (
            Server::start(|mut client| drop(client.write_all(b"554 go away\r\n"))),
            "the answer to the connection is `554 go away`",
        ),
        (
            Server::start(|mut client| drop(client.write_all(b"SSH-2.0-x\r\n"))),
            "not SMTP: `SSH-2.0-x`",
        ),
        (Server::start(drop), "the connection was closed instead of an answer to the connection"),
        (Server::start(endless), "its answers have no end"),
        (Server::start(no_line), "its answers have no end"),
    ] {
        let (code, data) = check(&format!("smtp {}", server.address));
        let reason = data["reason"].as_str().unwrap();
        assert!(
            code == 1 && (reason == why || reason.starts_with("connection reset")),
            "{why}: {data}"
        );
    }
}

#[test]
fn a_udp_reply_is_compared_and_silence_is_good_only_where_no_reply_is_asked_for() {
    let echo = udp_server(|query| vec![query.to_vec()]);
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().map(|address| (address, silent)).unwrap();
    let held = Closed::new();
    let closed = held.port;
    for (words, code, reason) in [
        (format!("udp {echo} --payload 01ff --require-reply=0x --timeout 5s"), 0, "reply"),
        (format!("udp {echo} --payload 01ff --require-reply --timeout 5s"), 0, "reply"),
        (
            format!("udp {echo} --payload 01ff --require-reply=1x"),
            1,
            r"the reply begins `\x01\xff`",
        ),
        (
            format!("udp {echo} --payload 01ff --require-reply --min-reply-length 3"),
            1,
            "the reply has 2 bytes, not 3 to 255",
        ),
        (
            format!("udp {echo} --payload 01ff --require-reply --max-reply-length 1"),
            1,
            "the reply has 2 bytes, not 0 to 1",
        ),
        (format!("udp {} --timeout 200ms", silent.0), 0, "no error came back"),
        (format!("udp {} --require-reply --timeout 200ms", silent.0), 1, "no reply in time"),
        (format!("udp 127.0.0.1:{closed} --payload 00"), 1, "port unreachable"),
        (format!("udp [::1]:{closed} --payload 00"), 1, "port unreachable"),
        (
            format!("udp {echo} --source 192.0.2.77"),
            5,
            "the source address or a free port is not there",
        ),
    ] {
        expect(&words, code, reason);
    }
}

#[test]
fn a_file_is_judged_by_its_number_and_its_age() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let name = path.display();
    expect(&format!("file {name}"), 1, "there is no such file");
    for (text, code, reversed) in [("0\n", 0, 1), ("7\n", 1, 0), ("", 0, 1)] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(check(&format!("file {name}")).0, code, "{text}");
        assert_eq!(check(&format!("file {name} --reverse")).0, reversed, "{text}");
    }
    std::fs::write(&path, "up\n").unwrap();
    expect(&format!("file {name}"), 1, r"it begins `up\n`, which is no number");
    std::fs::write(&path, "0").unwrap();
    let hour_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(hour_ago).unwrap();
    assert_eq!(check(&format!("file {name} --max-age 30m")).0, 1);
    assert_eq!(check(&format!("file {name} --max-age 2h")).0, 0);
    assert_eq!(check("file /dev/zero").0, 1, "what has no end is read in part");
    assert_eq!(check(&format!("file {}", directory.path().display())).0, 5);
}

#[test]
fn processes_are_counted_by_name_and_arguments() {
    let directory = tempfile::tempdir().unwrap();
    // Its first 15 bytes, which are all that the kernel keeps, are of this run alone.
    let name = &*format!("ha{}-sleeps-long", std::process::id());
    let program = directory.path().join(name);
    std::fs::copy("/bin/sleep", &program).unwrap();
    let path = program.display().to_string();
    assert_eq!(check(&format!("process {name}")).0, 1);
    let start = || {
        let daemon = Daemon::start(&path, &["3600"]);
        let cmdline = format!("/proc/{}/cmdline", daemon.0.id());
        wait_until("it is executed", || {
            std::fs::read(&cmdline).is_ok_and(|words| words.starts_with(path.as_bytes()))
        });
        daemon
    };
    let one = start();
    let two = start();
    for (words, code, reason) in [
        (format!("process {name}"), 0, "2 running"),
        (format!("process {name} --min 3"), 1, "2 running, not at least 3"),
        (format!("process {name} --max 1"), 1, "2 running, not 1"),
        (format!("process {name} --max 0"), 1, "2 running, not 0"),
        (format!("process {path} --full-command"), 0, "2 running"),
    ] {
        expect(&words, code, reason);
    }
    let (code, _) = {
        let output = Command::new(env!("CARGO_BIN_EXE_ha"))
            .args(["check", "process", name, "--partial", "--", "36"])
            .output()
            .unwrap();
        (output.status.code(), output.stdout)
    };
    assert_eq!(code, Some(0));
    drop(one);
    expect(&format!("process {name}"), 0, "1 running");
    drop(two);
    expect(&format!("process {name} --max 0"), 0, "0 running");
}
