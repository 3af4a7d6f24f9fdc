//! `ha check https` and `tls`: against nginx with certificates made by openssl, and against
//! servers that do not speak TLS as they should.

mod child;
#[path = "child/web.rs"]
mod web;

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use serde_json::json;
use web::{Nginx, Server, check, has_or_skip};

fn openssl(directory: &Path, words: &str) {
    let output =
        Command::new("openssl").args(words.split(' ')).current_dir(directory).output().unwrap();
    assert!(
        output.status.success(),
        "openssl {words}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// An authority (`ca.pem`), and certificates it gave: `a` to www.example.com for ten days, `b` to
/// other.example.com which is over, `client` to a client.
fn certificates(directory: &Path) {
    const NEW: &str = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -batch";
    const AUTHORITY: &str = "[ca]\ndefault_ca = it\n[it]\ndatabase = index\nserial = serial\n\
        new_certs_dir = .\ndefault_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n";
    let write = |name: &str, text: &str| std::fs::write(directory.join(name), text).unwrap();
    openssl(directory, &format!("{NEW} -x509 -keyout ca.key -out ca.pem -subj /CN=authority"));
    write("index", "");
    write("serial", "01");
    write("ca.conf", AUTHORITY);
    for (name, subject, days) in [
        ("a", "www.example.com", "-days 10"),
        ("b", "other.example.com", "-startdate 200101000000Z -enddate 210101000000Z"),
        ("client", "me", "-days 10"),
    ] {
        write("names", &format!("subjectAltName=DNS:{subject}"));
        openssl(
            directory,
            &format!("{NEW} -keyout {name}.key -out {name}.csr -subj /CN={subject}"),
        );
        openssl(
            directory,
            &format!(
                "ca -batch -config ca.conf -in {name}.csr -cert ca.pem -keyfile ca.key -notext \
                 -out {name}.pem -extfile names {days}"
            ),
        );
    }
}

const SERVERS: &str = "ssl_protocols TLSv1.2 TLSv1.3;
server { listen 127.0.0.1:PORT ssl default_server; server_name www.example.com;
  ssl_certificate DIR/a.pem; ssl_certificate_key DIR/a.key;
  location / { return 200 \"name <$ssl_server_name> protocol <$ssl_protocol>\"; } }
server { listen 127.0.0.1:PORT ssl; server_name other.example.com;
  ssl_certificate DIR/b.pem; ssl_certificate_key DIR/b.key;
  location / { return 200 other; } }
server { listen 127.0.0.1:PORT ssl; server_name client.example.com;
  ssl_certificate DIR/a.pem; ssl_certificate_key DIR/a.key;
  ssl_client_certificate DIR/ca.pem; ssl_verify_client on;
  location / { return 200 \"from <$ssl_client_s_dn>\"; } }";

/// nginx with these servers, and the words that lead to it by the name of the first.
fn start(directory: &Path, test: &str, servers: &str) -> Option<(Nginx, String)> {
    if !(has_or_skip("nginx", test) && has_or_skip("openssl", test)) {
        return None;
    }
    certificates(directory);
    let nginx = Nginx::start(directory, servers);
    let connect = format!("--connect 127.0.0.1:{}", nginx.port);
    Some((nginx, connect))
}

#[test]
fn a_certificate_is_looked_at_only_when_asked_and_then_closely() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let test = "a_certificate_is_looked_at_only_when_asked_and_then_closely";
    let Some((_nginx, connect)) = start(folder, test, SERVERS) else { return };
    let ca = format!("--ca {}", folder.join("ca.pem").display());
    let refused = "the certificate is not valid";
    for (url, options, expected, why) in [
        ("www.example.com", "", 0, "status 200"),
        ("other.example.com", "", 0, "status 200"),
        ("www.example.com", &*ca, 0, "status 200"),
        ("www.example.com", "--verify", 1, refused),
        ("elsewhere.example.com", &ca, 1, refused),
        ("elsewhere.example.com", &format!("{ca} --sni www.example.com"), 0, "status 200"),
        // It is over, and told so by whoever looks.
        ("other.example.com", &ca, 1, refused),
        ("other.example.com", "--least-days 0", 1, "the certificate ended "),
        ("www.example.com", "--least-days 9", 0, "status 200"),
        ("www.example.com", "--least-days 11", 1, "the certificate ends in "),
    ] {
        let words = format!("https https://{url}/ {connect} {options}");
        let (code, data) = check(words.trim_end());
        let reason = data["reason"].as_str().unwrap();
        assert!(code == expected && reason.starts_with(why), "{words}: {data}");
    }
}

#[test]
fn the_session_is_shown_and_the_name_is_told_unless_it_shall_not_be() {
    let directory = tempfile::tempdir().unwrap();
    let test = "the_session_is_shown_and_the_name_is_told_unless_it_shall_not_be";
    let Some((nginx, connect)) = start(directory.path(), test, SERVERS) else { return };
    for (options, contains) in [
        ("", "name <www.example.com> protocol <TLSv1.3>"),
        ("--no-sni", "name <>"),
        ("--close-notify --protocol 1.1", "name <www.example.com>"),
    ] {
        let mut words = format!("https https://www.example.com/ {connect} {options}");
        words.truncate(words.trim_end().len());
        let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
        let command = command.arg("check").args(words.split(' ')).args(["--contains", contains]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let (code, data) = check(&format!("tls 127.0.0.1:{}", nginx.port));
    assert_eq!((code, &data["tls"]["version"], &data["kind"]), (0, &json!("1.3"), &json!("tls")));
    // Ten days, less the moment since.
    let days = data["tls"]["certificate_days"].as_i64().unwrap();
    assert!((9..=10).contains(&days), "{data}");
    assert_eq!(data["reason"], format!("TLS 1.3, the certificate ends in {days} days"));
    // The witness: what openssl says of the same certificate.
    let output = Command::new("openssl")
        .args(["x509", "-noout", "-enddate", "-dateopt", "iso_8601", "-in"])
        .arg(directory.path().join("a.pem"))
        .output()
        .unwrap();
    let theirs = String::from_utf8(output.stdout).unwrap();
    let theirs = theirs.trim().strip_prefix("notAfter=").unwrap().to_owned();
    let seconds = Command::new("date").args(["-u", "+%s", "-d", &theirs]).output().unwrap();
    let theirs = String::from_utf8(seconds.stdout).unwrap();
    assert_eq!(data["tls"]["certificate_not_after"].to_string(), theirs.trim());
}

const MOVED: &str = "server { listen 127.0.0.1:PORT ssl;
  ssl_certificate DIR/a.pem; ssl_certificate_key DIR/a.key;
  location /elsewhere { return 302 https://localhost:PORT/; }
  location /here { return 302 /; }
  location /plain { return 302 http://localhost:PORT/; }
  location / { return 200 \"name <$ssl_server_name>\"; } }";

#[test]
fn a_name_is_not_told_to_the_next_host_and_what_was_verified_stays_so() {
    let directory = tempfile::tempdir().unwrap();
    let test = "a_name_is_not_told_to_the_next_host_and_what_was_verified_stays_so";
    let Some((nginx, _)) = start(directory.path(), test, MOVED) else { return };
    let ca = format!("--ca {}", directory.path().join("ca.pem").display());
    let plain = "redirected to http://localhost:PORT/, where nothing can be verified";
    for (path, options, expected, why) in [
        ("here", "--contains <www.example.com>", 0, "status 200"),
        ("here", &*ca, 0, "status 200"),
        ("elsewhere", "--contains <localhost>", 0, "status 200"),
        // Its certificate is not one for that host.
        ("elsewhere", &ca, 1, "the certificate is not valid"),
        ("plain", &ca, 1, plain),
        ("plain", "", 1, "status 400"),
    ] {
        let url = format!("https://127.0.0.1:{}/{path}", nginx.port);
        let words = format!("https {url} --sni www.example.com --redirects 1 {options}");
        let (code, data) = check(words.trim_end());
        let why = why.replace("PORT", &nginx.port.to_string());
        let reason = data["reason"].as_str().unwrap();
        assert!(code == expected && reason.starts_with(&why), "{words}: {data}");
    }
}

#[test]
fn a_client_shows_its_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let test = "a_client_shows_its_certificate";
    let Some((_nginx, connect)) = start(folder, test, SERVERS) else { return };
    let words = format!("https https://client.example.com/ {connect}");
    assert_eq!(check(&words).1["reason"], "status 400, not 200-299");
    let file = |name: &str| folder.join(name).display().to_string();
    let shown = format!(
        "{words} --cert {} --key {} --contains <CN=me>",
        file("client.pem"),
        file("client.key")
    );
    let (code, data) = check(&shown);
    assert_eq!(code, 0, "{data}");
}

#[test]
fn a_server_that_is_too_old_is_down_and_the_reason_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let test = "a_server_that_is_too_old_is_down_and_the_reason_says_so";
    let old = "server { listen 127.0.0.1:PORT ssl; ssl_protocols TLSv1.2;
        ssl_certificate DIR/a.pem; ssl_certificate_key DIR/a.key; return 204; }
        server { listen 127.0.0.1:PORT ssl; server_name cbc.example.com; return 204;
        ssl_certificate DIR/a.pem; ssl_certificate_key DIR/a.key; }";
    let Some((nginx, _)) = start(directory.path(), test, old) else { return };
    let target = format!("127.0.0.1:{}", nginx.port);
    let (code, data) = check(&format!("tls {target}"));
    assert_eq!((code, &data["tls"]["version"]), (0, &json!("1.2")));
    let (code, data) = check(&format!("tls {target} --tls-min 1.3"));
    let reason = data["reason"].as_str().unwrap();
    assert!(code == 1 && reason.starts_with("the server refused TLS: ProtocolVersion"), "{data}");
}

/// A server with the certificate `a` that says farewell behind a record of full size, and then
/// goes on: all of it in one piece.
fn goes_on_after_farewell(directory: &Path) -> Server {
    let chain = CertificateDer::from_pem_file(directory.join("a.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(directory.join("a.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    config.send_tls13_tickets = 0;
    let config = Arc::new(config);
    Server::start(move |mut client| {
        let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
        tls.complete_io(&mut client).unwrap();
        let _request = rustls::Stream::new(&mut tls, &mut client).read(&mut [0; 4096]);
        let mut body = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        body.resize(1 << 14, b'x');
        tls.writer().write_all(&body).unwrap();
        tls.send_close_notify();
        let mut bytes = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut bytes).unwrap();
        }
        bytes.resize(bytes.len() + 9000, 0x17);
        let _ = client.write_all(&bytes);
        let _ = client.read(&mut [0; 4096]);
    })
}

#[test]
fn what_comes_after_the_farewell_is_not_waited_for() {
    let test = "what_comes_after_the_farewell_is_not_waited_for";
    if !has_or_skip("openssl", test) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    certificates(directory.path());
    let server = goes_on_after_farewell(directory.path());
    // Whoever goes on for ever is ended, and that is seen.
    let output = Command::new("timeout")
        .args(["30", env!("CARGO_BIN_EXE_ha"), "check", "https", &server.address.to_string()])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && shown.contains("up, status 200"), "{output:?}");
}

#[test]
fn what_is_no_tls_is_down_within_time_with_a_reason() {
    let garbage = |mut client: std::net::TcpStream| {
        let _ = client.read(&mut [0; 4096]);
        let _ = client.write_all(&[0xff; 4096]);
        let _ = client.read(&mut [0; 4096]);
    };
    let silent = |mut client: std::net::TcpStream| {
        let _ = client.read(&mut [0; 4096]);
        let _ = client.read(&mut [0; 4096]);
    };
    let closing = |mut client: std::net::TcpStream| {
        let _ = client.read(&mut [0; 4096]);
    };
    // A record of a handshake that announces 16 MiB and is fed for ever.
    let endless = |mut client: std::net::TcpStream| {
        let _ = client.read(&mut [0; 4096]);
        let mut record = vec![0x16, 3, 3, 0x40, 0];
        record.extend([2, 0xff, 0xff, 0xff]);
        record.resize(5 + 0x4000, 0);
        while client.write_all(&record).is_ok() {
            record[5..9].fill(0);
        }
    };
    let drip = |mut client: std::net::TcpStream| {
        let _ = client.read(&mut [0; 4096]);
        let _ = client.write_all(&[0x16, 3, 3, 0x40, 0]);
        while client.write_all(&[2]).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    for (server, why) in [
        (Server::start(garbage), "what came is no TLS"),
        (Server::saying(b""), "timed out after 1s waiting for the end of the TLS handshake"),
        (Server::start(silent), "timed out after 1s waiting for the end of the TLS handshake"),
        (Server::start(closing), "the connection was closed within the TLS handshake"),
        (Server::start(endless), "what came is no TLS"),
        (Server::start(drip), "timed out after 1s waiting for the end of the TLS handshake"),
    ] {
        for kind in ["tls", "https"] {
            let output = Command::new("sh")
                .args(["-c", r#"ulimit -v 300000; exec "$@""#, "sh", env!("CARGO_BIN_EXE_ha")])
                .args(["check", kind, &server.address.to_string(), "--timeout", "1s"])
                .output()
                .unwrap();
            let shown = String::from_utf8(output.stdout).unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.code() == Some(1) && shown.contains(&format!(": down, {why}")),
                "{kind}: wanted {why}, found {shown}{said}"
            );
        }
    }
}
