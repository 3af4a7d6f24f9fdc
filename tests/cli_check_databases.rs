//! `ha check redis`, `postgres` and `mysql`: against the servers themselves, primary and replica, and against servers that
//! mean harm.

mod child;
#[expect(dead_code, reason = "each test program uses its own part")]
#[path = "support/schema.rs"]
mod schema;
#[path = "child/web.rs"]
mod web;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use child::wait_until;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use web::{Closed, Daemon, Server, check, has_or_skip, on_some_port};

fn expect(words: &str, code: i32, reason: &str) {
    let (found, data) = check(words);
    schema::keeps("data/check.result", &data);
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
const BEGINNINGS: [(&str, &[u8]); 3] = [
    ("redis", b"$60000\r\n"),
    ("postgres --user me", b"R\0\0\0\x08\0\0\0\0N\0\0\x7f\0"),
    ("mysql --user me", b"\xff\x03\0\0\x0a8.0.36\0"),
];

/// Wait for the first words of the client, unless it is a client that waits for the server.
fn listen(client: &mut TcpStream) {
    let _ = client.set_read_timeout(Some(Duration::from_millis(50)));
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

/// A packet of MySQL.
fn packet(number: u8, body: &[u8]) -> Vec<u8> {
    [&[u8::try_from(body.len()).unwrap(), 0, 0, number], body].concat()
}

/// What a MySQL server says first: it offers TLS, and this proof of the password.
fn greeting(plugin: &str) -> Vec<u8> {
    let fixed = b"\x0a8.0.36\0\x01\0\0\0abcdefgh\0\0\x8a\x2d\x02\0\x08\0\x15";
    let body = [&fixed[..], &[0; 10], b"ijklmnopqrst\0", plugin.as_bytes(), b"\0"].concat();
    packet(0, &body)
}

/// One who cannot speak TLS, or does not want to: says `first` at once, or `then` after the first
/// `request` bytes that come, and hears everything until the client hangs up.
fn listener(first: Vec<u8>, request: usize, then: Vec<u8>) -> (Server, Receiver<Vec<u8>>) {
    let (heard, all) = channel();
    let server = Server::start(move |mut client| {
        let _ = client.write_all(&first);
        let mut bytes = vec![0; request];
        if client.read_exact(&mut bytes).is_ok() {
            let _ = client.write_all(&then);
        }
        let _ = client.read_to_end(&mut bytes);
        let _ = heard.send(bytes);
    });
    (server, all)
}

/// Whoever sits on the way can put in words of his own until TLS stands. None of them may bring
/// out the password, nor be taken for the server's.
#[test]
fn before_tls_stands_nothing_is_said_but_the_request_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let password = directory.path().join("password");
    std::fs::write(&password, "s3cret\n").unwrap();
    let native = || greeting("mysql_native_password");
    let sha2 = || greeting("caching_sha2_password");
    let switch = |number| packet(number, b"\xfemysql_clear_password\0");
    let as_it_is = |number| packet(number, b"\x01\x04");
    let ok = packet(1, b"\0\0\0\x02\0\0\0");
    let clear = b"R\0\0\0\x08\0\0\0\x03";
    let nothing = Vec::new;
    for (probe, first, request, then) in [
        ("mysql", [native(), switch(1)].concat(), 36, nothing()),
        ("mysql", [sha2(), as_it_is(1)].concat(), 36, nothing()),
        ("mysql", [native(), ok].concat(), 36, nothing()),
        ("mysql", [&native()[..], b"\x02"].concat(), 36, nothing()),
        ("mysql", native(), 36, switch(2)),
        ("mysql", sha2(), 36, as_it_is(2)),
        ("postgres", nothing(), 8, [b"S", &clear[..]].concat()),
        ("postgres", [b"S", &clear[..]].concat(), 8, nothing()),
    ] {
        for tls in ["--tls", "--verify"] {
            let in_one = then.is_empty() || probe == "postgres";
            let (server, all) = listener(first.clone(), request, then.clone());
            let words = format!(
                "{probe} {} --user me --password-file {} {tls}",
                server.address,
                password.display()
            );
            expect(&words, 1, if in_one { "it speaks before TLS stands" } else { "TLS" });
            // What was said in clear, and within TLS.
            let heard = all.recv().unwrap();
            let within = heard.get(request);
            assert!(matches!(within, None | Some(0x16)), "{words}: {heard:?}");
            assert!(!heard.windows(6).any(|part| part == b"s3cret"), "{words}: {heard:?}");
        }
    }
}

#[test]
fn what_a_replica_says_of_its_lag_is_in_the_event() {
    let info = "role:slave\r\nmaster_link_status:up\r\nmaster_last_io_seconds_ago:7\r\n";
    let replies = format!("+PONG\r\n$0\r\n\r\n${}\r\n{info}\r\n", info.len());
    let (server, _heard) = listener(replies.into_bytes(), 0, Vec::new());
    let (code, data) = check(&format!("redis {}", server.address));
    assert_eq!((code, &data["database"]["lag_us"]), (0, &7_000_000.into()), "{data}");
    schema::keeps("data/check.result", &data);
}

/// A database server, which is told to end and waited for.
struct Database {
    process: Child,
    port: u16,
    directory: PathBuf,
}

impl Drop for Database {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.process.id().try_into().unwrap());
        // Both take it for an order to end at once, in good order.
        let _gone = kill(pid, if self.is_postgres() { Signal::SIGINT } else { Signal::SIGTERM });
        let _reaped = self.process.wait();
    }
}

/// Who runs a server that would refuse to run as root.
const NOBODY: u32 = 65_534;

/// `program`, by somebody without rights and in `directory`, with nothing to say.
fn unprivileged(program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).env("HOME", directory);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if nix::unistd::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Give `path` to who runs the servers.
fn give(path: &Path) {
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn succeed(command: &mut Command) -> String {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

/// Where PostgreSQL has its programs.
fn postgres_programs(test: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found =
        versions.map(|version| version.path().join("bin")).find(|bin| bin.join("initdb").exists());
    if found.is_none() {
        eprintln!("SKIP: {test}: postgresql is not installed");
    }
    found
}

impl Database {
    fn is_postgres(&self) -> bool {
        self.directory.join("PG_VERSION").exists()
    }

    /// A PostgreSQL server with the data in `directory`.
    fn postgres(bin: &Path, directory: PathBuf, settings: &[&str]) -> Self {
        let (process, port) = on_some_port(|port| {
            let mut command = unprivileged(&bin.join("postgres"), &directory);
            command.args(["-D", directory.to_str().unwrap(), "-p", &port.to_string()]);
            for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"] {
                command.args(["-c", setting]);
            }
            for setting in settings {
                command.args(["-c", setting]);
            }
            command.spawn().unwrap()
        });
        Self { process, port, directory }
    }

    fn psql(&self, bin: &Path, statements: &str) -> String {
        let port = self.port.to_string();
        let words = ["-h", "127.0.0.1", "-p", &port, "-U", "admin", "-XAtq", "postgres", "-c"];
        succeed(unprivileged(&bin.join("psql"), &self.directory).args(words).arg(statements))
    }

    /// A MariaDB server with the data in `directory`.
    fn mariadb(directory: PathBuf, number: u32, settings: &[&str]) -> Self {
        let (process, port) = on_some_port(|port| {
            let mut command = unprivileged(Path::new("/usr/sbin/mariadbd"), &directory);
            command.args(["--no-defaults", "--bind-address=127.0.0.1", "--log-bin=log"]);
            command.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=8M"]);
            for (name, value) in [
                ("datadir", directory.display().to_string()),
                ("socket", directory.join("socket").display().to_string()),
                ("pid-file", directory.join("pid").display().to_string()),
                ("port", port.to_string()),
                ("server-id", number.to_string()),
            ] {
                command.arg(format!("--{name}={value}"));
            }
            command.args(settings).spawn().unwrap()
        });
        Self { process, port, directory }
    }

    fn sql(&self, statements: &str) -> String {
        let socket = format!("--socket={}", self.directory.join("socket").display());
        succeed(
            unprivileged(Path::new("/usr/bin/mariadb"), &self.directory)
                .args(["--no-defaults", "--user=root", "-BN"])
                .args([&socket, "-e", statements]),
        )
    }
}

const HBA: &str = "host all admin 127.0.0.1/32 trust
host replication admin 127.0.0.1/32 trust
host all scram 127.0.0.1/32 scram-sha-256
host all old 127.0.0.1/32 md5
host all clear 127.0.0.1/32 password
";
const ROLES: &str = "CREATE ROLE scram LOGIN PASSWORD 's3cret'; CREATE ROLE full LOGIN;
    CREATE ROLE clear LOGIN PASSWORD 's3cret'; CREATE ROLE frozen LOGIN;
    SET password_encryption = 'md5'; CREATE ROLE old LOGIN PASSWORD 's3cret';
    CREATE TABLE t (x int);";

/// A folder for servers, with a certificate and files of passwords.
fn folder() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    certificate(directory.path());
    for (name, text) in [("right", "s3cret\n"), ("wrong", "guess\n")] {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    for name in ["", "key.pem", "cert.pem"] {
        give(&directory.path().join(name));
    }
    directory
}

#[test]
fn postgres_takes_a_login_tells_its_role_and_how_far_a_replica_is_behind() {
    let test = "postgres_takes_a_login_tells_its_role_and_how_far_a_replica_is_behind";
    let Some(bin) = postgres_programs(test) else { return };
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let one = at("one").display().to_string();
    succeed(unprivileged(&bin.join("initdb"), folder.path()).args([
        "-D",
        &one,
        "-U",
        "admin",
        "-A",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
    ]));
    std::fs::write(at("one/pg_hba.conf"), HBA).unwrap();
    let (cert, key) = (at("cert.pem").display().to_string(), at("key.pem").display().to_string());
    let tls = [format!("ssl_cert_file={cert}"), format!("ssl_key_file={key}")];
    let primary = Database::postgres(&bin, at("one"), &["ssl=on", &tls[0], &tls[1]]);
    let first = format!("postgres 127.0.0.1:{}", primary.port);
    wait_until("the primary takes logins", || check(&format!("{first} --user admin")).0 == 0);
    primary.psql(&bin, ROLES);
    let (right, wrong) = (at("right").display().to_string(), at("wrong").display().to_string());
    for (words, code, reason) in [
        (format!("--user scram --password-file {right} --role primary"), 0, "primary, read-write"),
        (format!("--user scram --password-file {right} --tls --read-write"), 0, "primary"),
        (format!("--user scram --password-file {right} --ca {cert}"), 0, "primary"),
        (format!("--user scram --password-file {right} --verify"), 1, "certificate is not valid"),
        (format!("--user old --password-file {right}"), 0, "primary"),
        (format!("--user clear --password-file {right}"), 1, "as it is, which takes TLS"),
        (format!("--user clear --password-file {right} --tls"), 0, "primary"),
        (format!("--user scram --password-file {wrong}"), 1, "refuses the login: 28P01"),
        (format!("--user old --password-file {wrong}"), 1, "refuses the login: 28P01"),
        ("--user scram".to_owned(), 1, "it wants a password"),
        ("--user full".to_owned(), 1, "refuses the login: 28000"),
        ("--user admin --database nowhere".to_owned(), 1, "refuses the login: 3D000"),
        ("--user admin --role replica".to_owned(), 1, "a primary, not a replica"),
    ] {
        expect(&format!("{first} {words}"), code, reason);
    }
    let (_, data) = check(&format!("{first} --user admin --tls"));
    let version = data["database"]["server_version"].as_str().unwrap().to_owned();
    assert!(primary.psql(&bin, "SHOW server_version").starts_with(&version), "{data}");
    assert_eq!(data["tls"]["version"], "1.3");
    primary.psql(&bin, "ALTER ROLE admin SET default_transaction_read_only = on");
    expect(&format!("{first} --user admin --read-write"), 1, "it takes no writes");
    primary.psql(&bin, "SET transaction_read_only = off; ALTER ROLE admin RESET ALL");
    a_replica(&bin, primary, at("two"));
}

/// What a replica of `primary` says, until the primary has ended and the replica takes its place.
fn a_replica(bin: &Path, primary: Database, directory: PathBuf) {
    let port = primary.port.to_string();
    succeed(unprivileged(&bin.join("pg_basebackup"), directory.parent().unwrap()).args([
        "-h",
        "127.0.0.1",
        "-p",
        &port,
        "-U",
        "admin",
        "-D",
        directory.to_str().unwrap(),
        "-R",
        "-X",
        "stream",
        "--no-sync",
        "-c",
        "fast",
    ]));
    let settings = ["ssl=off", "wal_retrieve_retry_interval=100ms"];
    let replica = Database::postgres(bin, directory, &settings);
    let ask = format!("postgres 127.0.0.1:{} --user admin", replica.port);
    wait_until("the replica is in step", || check(&format!("{ask} --max-lag 1s")).0 == 0);
    let streams = primary.psql(bin, "SELECT state FROM pg_stat_replication");
    assert_eq!(streams.trim(), "streaming");
    expect(&format!("{ask} --role replica"), 0, "replica, read-only, 0 s behind");
    expect(&format!("{ask} --role primary"), 1, "a replica, not a primary");
    expect(&format!("{ask} --read-write"), 1, "it takes no writes");
    expect(&format!("{ask} --tls"), 1, "it offers no TLS");
    // One that has replayed nothing yet does not know when that was made.
    primary.psql(bin, "INSERT INTO t VALUES (0)");
    wait_until("it has replayed something", || {
        replica.psql(bin, "SELECT pg_last_xact_replay_timestamp()").trim() != ""
    });
    replica.psql(bin, "SELECT pg_wal_replay_pause()");
    primary.psql(bin, "INSERT INTO t VALUES (1)");
    let late = format!("{ask} --max-lag 500ms");
    wait_until("it is behind", || check(&late).0 == 1);
    expect(&late, 1, "behind its primary, more than 500ms");
    replica.psql(bin, "SELECT pg_wal_replay_resume()");
    wait_until("it is in step again", || check(&late).0 == 0);
    drop(primary);
    wait_until("it is as old as what it replayed", || check(&late).0 == 1);
    replica.psql(bin, "SELECT pg_promote()");
    expect(&format!("{ask} --role primary --read-write"), 0, "primary, read-write");
}

#[test]
fn mariadb_takes_a_login_tells_its_role_and_how_far_a_replica_is_behind() {
    let test = "mariadb_takes_a_login_tells_its_role_and_how_far_a_replica_is_behind";
    if !(has_or_skip("mariadbd", test) && has_or_skip("mariadb-install-db", test)) {
        return;
    }
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let path = |name: &str| at(name).display().to_string();
    succeed(unprivileged(Path::new("/usr/bin/mariadb-install-db"), folder.path()).args([
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        &format!("--datadir={}", path("one")),
    ]));
    succeed(unprivileged(Path::new("cp"), folder.path()).args(["-r", "one", "two"]));
    let tls =
        [format!("--ssl-cert={}", path("cert.pem")), format!("--ssl-key={}", path("key.pem"))];
    let primary = Database::mariadb(at("one"), 1, &[&tls[0], &tls[1]]);
    primary.sql(
        "CREATE USER probe@'127.0.0.1' IDENTIFIED BY 's3cret';
         CREATE USER blind@'127.0.0.1' IDENTIFIED BY 's3cret';
         CREATE USER secure@'127.0.0.1' IDENTIFIED BY 's3cret' REQUIRE SSL;
         CREATE USER copy@'127.0.0.1' IDENTIFIED BY 's3cret';
         GRANT REPLICA MONITOR ON *.* TO probe@'127.0.0.1', secure@'127.0.0.1';
         GRANT REPLICATION SLAVE ON *.* TO copy@'127.0.0.1';",
    );
    let (right, wrong, cert) = (path("right"), path("wrong"), path("cert.pem"));
    let first = format!("mysql 127.0.0.1:{}", primary.port);
    for (words, code, reason) in [
        (format!("--user probe --password-file {right} --role primary"), 0, "primary, read-write"),
        (format!("--user probe --password-file {right} --tls --read-write"), 0, "primary"),
        (format!("--user secure --password-file {right} --ca {cert}"), 0, "primary"),
        (format!("--user secure --password-file {right} --verify"), 1, "certificate is not valid"),
        (format!("--user secure --password-file {right}"), 1, "refuses the login: 1045"),
        (format!("--user blind --password-file {right} --read-write"), 0, "answers, read-write"),
        (format!("--user blind --password-file {right} --role primary"), 1, "STATUS: 1227"),
        (format!("--user probe --password-file {wrong}"), 1, "refuses the login: 1045"),
        ("--user probe".to_owned(), 1, "refuses the login: 1045"),
        (format!("--user probe --password-file {right} --role replica"), 1, "not a replica"),
    ] {
        expect(&format!("{first} {words}"), code, reason);
    }
    let (_, data) = check(&format!("{first} --user probe --password-file {right} --tls"));
    assert_eq!(data["database"]["server_version"], primary.sql("SELECT @@version").trim());
    primary.sql("SET GLOBAL read_only = 1");
    expect(&format!("{first} --user probe --password-file {right} --read-write"), 1, "no writes");
    primary.sql("SET GLOBAL read_only = 0");
    follow(primary, Database::mariadb(at("two"), 2, &["--read-only"]), &right);
}

/// What `replica` says while it follows `primary`, and does not.
fn follow(primary: Database, replica: Database, password: &str) {
    let begin = format!(
        "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={}, MASTER_USER='copy',
         MASTER_PASSWORD='s3cret', MASTER_LOG_FILE='log.000001', MASTER_LOG_POS=4;
         START SLAVE;",
        primary.port
    );
    replica.sql(&begin);
    let ask = format!("mysql 127.0.0.1:{} --user probe --password-file {password}", replica.port);
    let late = format!("{ask} --max-lag 1s");
    wait_until("the replica is in step", || check(&late).0 == 0);
    expect(&format!("{ask} --role replica"), 0, "replica, read-only, 0 s behind");
    expect(&format!("{ask} --role primary"), 1, "a replica, not a primary");
    expect(&format!("{ask} --read-write"), 1, "it takes no writes");
    replica.sql("STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=3600; START SLAVE;");
    primary.sql("CREATE DATABASE later");
    wait_until("it is behind", || {
        check(&late).1["reason"].as_str().is_some_and(|why| why.ends_with("more than 1s"))
    });
    drop(primary);
    wait_until("its primary is gone", || check(&late).1["database"]["lag_us"].is_null());
    expect(&late, 1, "it does not know how far it is behind");
    replica.sql("STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0");
    expect(&format!("{ask} --role primary --read-write"), 0, "primary, read-write");
}
