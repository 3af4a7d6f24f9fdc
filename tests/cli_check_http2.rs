//! `ha check https --protocol 2`, `--resume`, `tls --alpn` and `grpc`: against nginx and a server
//! of gRPC's own library, and against servers that mean harm.

mod child;
#[path = "child/web.rs"]
mod web;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use child::wait_until;
use web::{Closed, Daemon, Nginx, Server, check, has_or_skip};

fn expect(words: &str, code: i32, reason: &str) -> serde_json::Value {
    let (found, data) = check(words);
    let said = data["reason"].as_str().unwrap_or_default();
    assert!(found == code && said.contains(reason), "{words}: {found}, {data}, not {reason}");
    data
}

/// A certificate for 127.0.0.1 that vouches for itself (`cert.pem`), and its key (`key.pem`).
fn certificate(directory: &Path) {
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -batch -days 5 \
                 -subj /CN=web -addext subjectAltName=IP:127.0.0.1 \
                 -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out cert.pem";
    let made =
        Command::new("openssl").args(words.split_whitespace()).current_dir(directory).output();
    assert!(made.expect("openssl is there").status.success());
}

const SECURE: &str =
    "ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate DIR/cert.pem; ssl_certificate_key DIR/key.pem;
log_format reused \"<$ssl_session_reused>\";
server { listen 127.0.0.1:PORT ssl http2; access_log DIR/reused reused;
  location / { return 200 \"over $server_protocol from $http_x_one\"; }
  location /gone { return 404; }
  location /on { return 302 /there; } }";

#[test]
fn nginx_is_asked_by_http_2_within_tls_and_sessions_are_taken_up_on_request() {
    let test = "nginx_is_asked_by_http_2_within_tls_and_sessions_are_taken_up_on_request";
    if !(has_or_skip("nginx", test) && has_or_skip("openssl", test)) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    certificate(directory.path());
    let nginx = Nginx::start(directory.path(), SECURE);
    let ask = format!("https https://127.0.0.1:{}", nginx.port);
    let words = "--protocol 2 --header X-One:two --contains HTTP/2.0 --contains two";
    let data = expect(&format!("{ask}/ {words}"), 0, "status 200");
    assert_eq!(data["tls"]["alpn"], "h2");
    let (_, old) = check(&format!("{ask}/ --header X-One:two"));
    assert_eq!(old["tls"]["alpn"], serde_json::Value::Null);
    assert_eq!(old["http"]["body_bytes"], data["http"]["body_bytes"]);
    assert_ne!(old["http"]["md5"], data["http"]["md5"], "the body names the protocol");
    let md5 = data["http"]["md5"].as_str().unwrap();
    expect(&format!("{ask}/ {words} --digest {md5}"), 0, "status 200");
    expect(&format!("{ask}/gone --protocol 2"), 1, "status 404, not 200-299");
    expect(&format!("{ask}/on --protocol 2 --redirects 1 --contains HTTP/2"), 0, "status 200");
    expect(&format!("{ask}/ --protocol 2 --method HEAD"), 0, "status 200");
    expect(&format!("{ask}/ --protocol 2 --body-limit 3"), 1, "longer than 3 bytes");
    let tls = format!("tls 127.0.0.1:{}", nginx.port);
    assert_eq!(expect(&format!("{tls} --alpn x,h2"), 0, "TLS 1.3")["tls"]["alpn"], "h2");
    expect(&format!("{tls} --alpn x"), 1, "NoApplicationProtocol");
    let reused = directory.path().join("reused");
    for (option, wanted) in [("", "<.><.><.>"), ("--resume", "<.><r><r>")] {
        for version in ["--tls-min 1.3", "--protocol 2"] {
            std::fs::write(&reused, "").unwrap();
            let words = format!("check {ask}/ {version} --count 3 --interval 20ms {option}");
            let words = words.split_whitespace();
            let status =
                Command::new(env!("CARGO_BIN_EXE_ha")).args(words).output().unwrap().status;
            assert!(status.success());
            let log = || std::fs::read_to_string(&reused).unwrap().replace('\n', "");
            wait_until("nginx has written its log", || log().len() >= wanted.len());
            assert_eq!(log(), wanted, "{version} {option}");
        }
    }
}

#[test]
fn nginx_without_tls_is_asked_by_http_2_at_once() {
    if !has_or_skip("nginx", "nginx_without_tls_is_asked_by_http_2_at_once") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let servers = "server { listen 127.0.0.1:PORT http2; client_body_buffer_size 1k;
      location / { return 200 \"$server_protocol $request_method $http_host\"; } }";
    let nginx = Nginx::start(directory.path(), servers);
    let ask = format!("http http://127.0.0.1:{}/ --protocol 2", nginx.port);
    expect(&format!("{ask} --host www.example.com --contains HTTP/2.0"), 0, "status 200");
    expect(&format!("{ask} --host www.example.com --contains www.example.com"), 0, "status 200");
    expect(&format!("{ask} --method POST --data x=1 --contains POST"), 0, "status 200");
    expect(&format!("grpc 127.0.0.1:{}", nginx.port), 1, "it does not speak gRPC");
    let old = "server { listen 127.0.0.1:PORT; }";
    let other = tempfile::tempdir().unwrap();
    let nginx = Nginx::start(other.path(), old);
    expect(&format!("http http://127.0.0.1:{}/ --protocol 2", nginx.port), 1, "");
}

/// A server whose services are in every state there is. Arguments: port, file of the certificate
/// and of the key, or nothing.
const HEALTH: &str = "
import concurrent.futures, grpc, sys
def check(request, context):
    name = request[2:].decode()
    states = {'': 1, 'orders': 1, 'stopped': 2, 'odd': 0}
    if name not in states:
        context.abort(grpc.StatusCode.NOT_FOUND, 'no such service')
    return bytes([8, states[name]]) if states[name] else b''
class Health(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method == '/grpc.health.v1.Health/Check' and 'mute' not in sys.argv:
            return grpc.unary_unary_rpc_method_handler(check)
server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers([Health()])
address = '127.0.0.1:' + sys.argv[1]
if len(sys.argv) > 3:
    read = lambda path: open(path, 'rb').read()
    pair = (read(sys.argv[3]), read(sys.argv[2]))
    server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
else:
    server.add_insecure_port(address)
server.start()
server.wait_for_termination()
";

/// Debian's Python, which has Debian's modules.
const PYTHON: &str = "/usr/bin/python3";

#[test]
fn a_grpc_server_is_asked_about_its_services() {
    let test = "a_grpc_server_is_asked_about_its_services";
    let there = Command::new(PYTHON).args(["-c", "import grpc"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIP: {test}: python3-grpcio is not installed");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    certificate(directory.path());
    let file = |name: &str| directory.path().join(name).display().to_string();
    let (cert, key) = (file("cert.pem"), file("key.pem"));
    let (_plain, plain) = Daemon::listening(PYTHON, &["-c", HEALTH, "PORT"]);
    let (_secure, secure) = Daemon::listening(PYTHON, &["-c", HEALTH, "PORT", &cert, &key]);
    let (_mute, mute) = Daemon::listening(PYTHON, &["-c", HEALTH, "PORT", "mute"]);
    let ask = format!("grpc 127.0.0.1:{plain}");
    assert_eq!(expect(&ask, 0, "SERVING")["grpc"]["serving"], "SERVING");
    for (words, code, reason) in [
        (format!("{ask} --service orders"), 0, "SERVING"),
        (format!("{ask} --service stopped"), 1, "NOT_SERVING"),
        (format!("{ask} --service odd"), 1, "UNKNOWN"),
        (format!("{ask} --service gone"), 1, "it does not know the service, `no such service`"),
        (format!("{ask} --tls"), 1, ""),
        (format!("grpc 127.0.0.1:{mute}"), 1, "it has no health service"),
        (format!("grpc 127.0.0.1:{secure} --ca {cert} --service orders"), 0, "SERVING"),
        (format!("grpc 127.0.0.1:{secure} --verify"), 1, "the certificate is not valid"),
        (format!("grpc 127.0.0.1:{secure} --timeout 2s"), 1, ""),
    ] {
        expect(&words, code, reason);
    }
}

/// A frame of HTTP/2.
fn frame(kind: u8, flags: u8, stream: u8, body: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags, 0, 0, 0, stream], body].concat()
}

#[test]
fn servers_that_mean_harm_cost_bounded_time_and_are_told() {
    // Status 200, and no end to the headers, or to the body.
    let headers = |flags| frame(1, flags, 1, &[0x88]);
    let flood = |first: Vec<u8>, again: Vec<u8>| {
        Server::start(move |mut client: TcpStream| {
            let _ = client.read(&mut [0; 4096]);
            let _ = client.write_all(&frame(4, 0, 0, &[]));
            let _ = client.write_all(&first);
            while client.write_all(&again).is_ok() {}
        })
    };
    let reset = |client: TcpStream| {
        let _ = socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO));
    };
    let silent = |mut client: TcpStream| drop(client.read_to_end(&mut Vec::new()));
    let old = |mut client: TcpStream| {
        let _ = client.read(&mut [0; 4096]);
        let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        let _ = client.read_to_end(&mut Vec::new());
    };
    let literal = [&[0x00, 0x01, b'x', 0x7f, 0x80, 0x3f][..], &[b'y'; 8191]].concat();
    for (server, why) in [
        (flood(Vec::new(), frame(4, 0, 0, &[])), ""),
        (flood(Vec::new(), frame(6, 0, 0, &[7; 8])), ""),
        (flood(headers(0), frame(9, 0, 1, &literal)), ""),
        (flood(headers(4), frame(0, 0, 1, &[b'x'; 4096])), ""),
        (flood(headers(4), frame(0, 0, 1, &[])), ""),
        (flood(Vec::new(), vec![0xff; 4096]), "what came is no HTTP/2"),
        (Server::start(old), "what came is no HTTP/2"),
        (Server::start(reset), ""),
        (Server::start(drop), ""),
        (Server::start(silent), "timed out after 500ms waiting for"),
    ] {
        for kind in ["grpc", "http --protocol 2 --body-limit 1048576"] {
            let output = Command::new("sh")
                .args(["-c", r#"ulimit -v 300000; exec "$@""#, "sh", env!("CARGO_BIN_EXE_ha")])
                .args(format!("check {kind} {} --timeout 500ms", server.address).split(' '))
                .output()
                .unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            let code = output.status.code();
            assert!(code == Some(1) && said.contains(why), "{kind}: {code:?}, {said}, not {why}");
        }
    }
    let closed = Closed::new();
    expect(&format!("grpc 127.0.0.1:{}", closed.port), 1, "connection refused");
    let away = format!("grpc 127.0.0.1:{} --source 192.0.2.77", closed.port);
    expect(&away, 5, "the source address");
}
