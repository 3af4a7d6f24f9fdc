//! `ha check redis`: against the servers themselves, primary and replica, and against servers that
//! mean harm.

mod child;
#[path = "child/web.rs"]
mod web;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use child::wait_until;
use web::{Closed, Daemon, Server, check, has_or_skip};

fn expect(words: &str, code: i32, reason: &str) {
    let (found, data) = check(words);
    let said = data["reason"].as_str().unwrap_or_default();
    assert!(found == code && said.contains(reason), "{words}: {found}, {data}, not {reason}");
}

/// A certificate for 127.0.0.1 that vouches for itself (`cert.pem`), and its key (`key.pem`).
fn certificate(directory: &Path) {
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -batch -days 5 \
                 -subj /CN=database -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
                 -keyout key.pem -out cert.pem";
    let status = Command::new("openssl")
        .args(words.split_whitespace())
        .current_dir(directory)
        .output()
        .expect("openssl is there")
        .status;
    assert!(status.success());
}

/// Redis in `directory`, with these words beside.
fn redis(directory: &Path, words: &str) -> (Daemon, u16) {
    let fixed = format!("--bind 127.0.0.1 --port PORT --dir {} --logfile log", directory.display());
    let mut arguments: Vec<&str> = fixed.split(' ').collect();
    arguments.extend(["--save", ""]);
    arguments.extend(words.split_whitespace());
    Daemon::listening("redis-server", &arguments)
}

fn redis_cli(port: u16, words: &str) -> String {
    let output = Command::new("redis-cli")
        .args(["-p", &port.to_string()])
        .args(words.split(' '))
        .output()
        .expect("redis-cli is there");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn redis_tells_its_role_and_a_replica_how_far_it_is_behind() {
    let test = "redis_tells_its_role_and_a_replica_how_far_it_is_behind";
    if !(has_or_skip("redis-server", test) && has_or_skip("redis-cli", test)) {
        return;
    }
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (primary, first) = redis(one.path(), "");
    let (_replica, second) = redis(two.path(), &format!("--replicaof 127.0.0.1 {first}"));
    wait_until("the replica is in step", || {
        check(&format!("redis 127.0.0.1:{second} --role replica --max-lag 1m")).0 == 0
    });
    assert!(redis_cli(second, "info replication").contains("role:slave"));
    let (code, data) = check(&format!("redis 127.0.0.1:{first} --role primary --read-write"));
    let seen = &data["database"];
    assert_eq!((code, &seen["role"], &seen["read_only"]), (0, &"primary".into(), &false.into()));
    assert!(redis_cli(first, "info server").contains(seen["server_version"].as_str().unwrap()));
    assert!(data["latency_us"].as_u64().is_some_and(|took| took > 0), "{data}");
    expect(&format!("redis 127.0.0.1:{first} --max-lag 1ms"), 0, "primary, read-write");
    expect(&format!("redis 127.0.0.1:{first} --role replica"), 1, "a primary, not a replica");
    expect(&format!("redis 127.0.0.1:{second} --role primary"), 1, "a replica, not a primary");
    expect(&format!("redis 127.0.0.1:{second} --read-write"), 1, "it takes no writes");
    redis_cli(second, "config set replica-read-only no");
    expect(&format!("redis 127.0.0.1:{second} --read-write"), 0, "replica, read-write");
    drop(primary);
    let late = format!("redis 127.0.0.1:{second} --max-lag 1s");
    wait_until("it is behind", || check(&late).0 == 1);
    expect(&late, 1, "behind its primary, more than 1s");
    expect(&format!("redis 127.0.0.1:{first}"), 1, "connection refused");
    redis_cli(second, "replicaof no one");
    expect(&format!("redis 127.0.0.1:{second} --role primary"), 0, "primary, read-write");
}

#[test]
fn redis_asks_for_a_password_and_speaks_tls() {
    let test = "redis_asks_for_a_password_and_speaks_tls";
    if !(has_or_skip("redis-server", test) && has_or_skip("openssl", test)) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).display().to_string();
    certificate(directory.path());
    for (name, text) in [("right", "secret word\nnext line\n"), ("wrong", "x"), ("empty", "")] {
        std::fs::write(file(name), text).unwrap();
    }
    std::fs::write(file("users"), "user default off\nuser probe on >s3cret +ping +info\n").unwrap();
    let tls = format!(
        "--tls-cert-file {} --tls-key-file {} --tls-auth-clients no --tls-ca-cert-file {}",
        file("cert.pem"),
        file("key.pem"),
        file("cert.pem")
    );
    let arguments = [&*tls, "--bind 127.0.0.1 --port 0 --tls-port PORT"].join(" ");
    let mut arguments: Vec<&str> = arguments.split(' ').collect();
    arguments.extend(["--requirepass", "secret word", "--save", ""]);
    let (_redis, port) = Daemon::listening("redis-server", &arguments);
    let at = format!("redis 127.0.0.1:{port}");
    let (right, wrong) = (file("right"), file("wrong"));
    for (words, code, reason) in [
        (format!("{at} --tls --password-file {right}"), 0, "primary, read-write"),
        (format!("{at} --ca {} --password-file {right}", file("cert.pem")), 0, "primary"),
        (format!("{at} --verify --password-file {right}"), 1, "the certificate is not valid"),
        (format!("{at} --tls --least-days 30 --password-file {right}"), 1, "less than 30"),
        (format!("{at} --tls"), 1, "the answer to PING is `NOAUTH"),
        (format!("{at} --tls --password-file {wrong}"), 1, "the answer to AUTH is `WRONGPASS"),
        (format!("{at} --timeout 5s"), 1, ""),
    ] {
        expect(&words, code, reason);
    }
    let (plain, users) = redis(directory.path(), &format!("--aclfile {}", file("users")));
    let output = Command::new(env!("CARGO_BIN_EXE_ha"))
        .args(["check", "redis", &format!("127.0.0.1:{users}"), "--json"])
        .args(["--user", "probe", "--password-env", "REDIS_PASSWORD"])
        .env("REDIS_PASSWORD", "s3cret")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("primary, read-write") && !said.contains("s3cret"), "{said}");
    drop(plain);
    for (words, code) in [
        (format!("--password-file {}", file("empty")), 3),
        (format!("--password-file {}", file("nowhere")), 3),
        ("--password-env NOBODY_SETS_THIS".to_owned(), 3),
        ("--user somebody".to_owned(), 2),
        ("--role king".to_owned(), 2),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_ha"))
            .args(["check", "redis", "127.0.0.1"])
            .args(words.split(' '))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{words}");
    }
}

/// The probes, and bytes that one of them could take for the beginning of an answer.
const BEGINNINGS: [(&str, &[u8]); 1] = [("redis", b"$60000\r\n")];

/// Wait for the first words of the client, as a server that speaks second does.
fn listen(client: &mut TcpStream) {
    let _ = client.read(&mut [0; 4096]);
}

/// Exit code and words of a check that may not have much memory.
fn within_memory(words: &str) -> (i32, String) {
    let output = Command::new("sh")
        .args(["-c", r#"ulimit -v 300000; exec "$@""#, "sh", env!("CARGO_BIN_EXE_ha"), "check"])
        .args(words.split(' '))
        .output()
        .unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn servers_that_mean_harm_cost_bounded_time_and_are_told() {
    for (probe, beginning) in BEGINNINGS {
        let endless = move |mut client: TcpStream| {
            listen(&mut client);
            let _ = client.write_all(beginning);
            while client.write_all(&[b'x'; 8192]).is_ok() {}
        };
        let drip = move |mut client: TcpStream| {
            listen(&mut client);
            for byte in beginning.iter().chain(std::iter::repeat(&b'x')) {
                if client.write_all(&[*byte]).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        let reset = |mut client: TcpStream| {
            listen(&mut client);
            let _ = socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO));
        };
        let half = move |mut client: TcpStream| {
            listen(&mut client);
            let _ = client.write_all(beginning);
            let _ = client.shutdown(std::net::Shutdown::Write);
            let _ = client.read_to_end(&mut Vec::new());
        };
        let silent = |mut client: TcpStream| drop(client.read_to_end(&mut Vec::new()));
        let garbage = |mut client: TcpStream| {
            listen(&mut client);
            let _ = client.write_all(&[0xff; 8192]);
            let _ = client.read_to_end(&mut Vec::new());
        };
        for (server, why) in [
            (Server::start(endless), ""),
            (Server::start(drip), "timed out after 500ms waiting for"),
            (Server::start(reset), "connection reset"),
            (Server::start(half), "the connection was closed instead of"),
            (Server::start(silent), "timed out after 500ms waiting for"),
            (Server::start(garbage), "not "),
            (Server::start(drop), ""),
        ] {
            let (code, said) =
                within_memory(&format!("{probe} {} --timeout 500ms", server.address));
            assert!(code == 1 && said.contains(why), "{probe}: {code}, {said}, not {why}");
        }
        let closed = Closed::new();
        expect(&format!("{probe} 127.0.0.1:{}", closed.port), 1, "connection refused");
        let away = format!("{probe} 127.0.0.1:{} --source 192.0.2.77", closed.port);
        expect(&away, 5, "the source address");
    }
}
