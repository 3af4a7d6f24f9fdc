//! Checks under test, and servers for them: ones that behave as badly as a test says, and nginx.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::child::wait_until;

/// A server that does to every client what it is told to, each in a thread of its own.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// What clients sent, as far as it was read.
    pub heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serve every client by `serve`.
    pub fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serve = Arc::new(serve);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let serve = Arc::clone(&serve);
                std::thread::spawn(move || serve(client));
            }
        });
        Self { address, heard: Arc::default() }
    }

    /// Answer every request by `answer`, then close.
    pub fn answering(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = Arc::clone(&heard);
        let server = Self::start(move |mut client| {
            let request = request(&mut client);
            let reply = answer(&request);
            told.lock().unwrap().push(request);
            let _gone = client.write_all(&reply);
        });
        Self { heard, ..server }
    }

    /// Answer every request with the same bytes.
    pub fn saying(answer: &[u8]) -> Self {
        let answer = answer.to_vec();
        Self::answering(move |_| answer.clone())
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

/// The head of a request.
pub fn request(client: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|read| read == 1) {
        bytes.push(byte[0]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// nginx with this configuration inside its `http` block, on a port of its own.
pub struct Nginx {
    process: Child,
    /// Port written as `PORT` in the configuration.
    pub port: u16,
}

impl Nginx {
    /// Start it in `directory`.
    pub fn start(directory: &Path, servers: &str) -> Self {
        let (process, port) = on_some_port(|port| Self::on(port, directory, servers));
        Self { process, port }
    }

    fn on(port: u16, directory: &Path, servers: &str) -> Child {
        let folder = directory.display();
        let servers =
            servers.replace("PORT", &port.to_string()).replace("DIR", &folder.to_string());
        let text = format!(
            "daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n\
             events {{}}\nhttp {{ access_log off; client_body_temp_path {folder}/body;\n\
             proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n\
             uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n{servers}\n}}\n"
        );
        let file = directory.join("nginx.conf");
        std::fs::write(&file, text).unwrap();
        Command::new("nginx")
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
            .args(["-p", directory.to_str().unwrap(), "-c", file.to_str().unwrap()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx starts")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// A process that ends with the test.
pub struct Daemon(pub Child);

impl Daemon {
    /// `program` with these arguments.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        Self(Self::spawn(program, arguments))
    }

    /// With `PORT` in its arguments replaced by the one where it listens.
    pub fn listening(program: &str, arguments: &[&str]) -> (Self, u16) {
        let (process, port) = on_some_port(|port| {
            let arguments: Vec<String> =
                arguments.iter().map(|word| word.replace("PORT", &port.to_string())).collect();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            Self::spawn(program, &arguments)
        });
        (Self(process), port)
    }

    fn spawn(program: &str, arguments: &[&str]) -> Child {
        let mut command = Command::new(program);
        command.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("it starts")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A daemon that `start` starts on a port of 127.0.0.1, and listens there. Somebody else may have
/// taken the port in the meantime, then it ends and is started on another one.
pub fn on_some_port(start: impl Fn(u16) -> Child) -> (Child, u16) {
    for _ in 0..10 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = start(port);
        let mut ended = false;
        wait_until("a daemon listens", || {
            ended = process.try_wait().unwrap().is_some();
            ended || TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        // One that could not have the port may not have ended yet when somebody else answers.
        if !ended && listens(&process, port) {
            return (process, port);
        }
        let _gone = process.kill();
        let _reaped = process.wait();
    }
    panic!("no daemon could listen on any of ten ports");
}

/// Whether a socket that listens on `port` is one of `process`.
fn listens(process: &Child, port: u16) -> bool {
    // Some servers take IPv4 on sockets of IPv6.
    let table = ["/proc/net/tcp", "/proc/net/tcp6"].map(std::fs::read_to_string);
    let local = format!(":{port:04X}");
    let socket = table.iter().flatten().flat_map(|table| table.lines()).find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let here = words.next()?.ends_with(&local);
        (here && words.nth(1)? == "0A")
            .then(|| words.nth(5).map(|inode| format!("socket:[{inode}]")))?
    });
    let Some(socket) = socket else { return false };
    let open = std::fs::read_dir(format!("/proc/{}/fd", process.id()));
    open.is_ok_and(|mut files| {
        files.any(|file| {
            let target = file.and_then(|file| std::fs::read_link(file.path()));
            target.is_ok_and(|target| target.as_os_str() == &*socket)
        })
    })
}

/// A port of this host where nobody listens, and nobody will while it lives.
pub struct Closed {
    /// The port.
    pub port: u16,
    _tcp: Socket,
    _udp: [UdpSocket; 2],
}

impl Closed {
    /// One for TCP by IPv4, and for UDP by both.
    pub fn new() -> Self {
        std::iter::repeat_with(Self::try_new).take(100).find_map(Result::ok).expect("a closed port")
    }

    fn try_new() -> io::Result<Self> {
        let (tcp, port) = held_tcp(0)?;
        // Connected to a place that never sends, they leave everything else to nobody.
        let held = |address: &str| {
            let socket = UdpSocket::bind((address, port))?;
            socket.connect((address, 1))?;
            io::Result::Ok(socket)
        };
        Ok(Self { port, _tcp: tcp, _udp: [held("127.0.0.1")?, held("::1")?] })
    }
}

/// A socket that has this port of 127.0.0.1, or any for 0, and does not listen.
pub fn held_tcp(port: u16) -> io::Result<(Socket, u16)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], port)).into())?;
    let port = socket.local_addr()?.as_socket().map_or(0, |address| address.port());
    Ok((socket, port))
}

/// Whether `tool` can be executed; says on stderr that `test` is skipped otherwise.
pub fn has_or_skip(tool: &str, test: &str) -> bool {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let found = std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    if !found {
        eprintln!("SKIP: {test}: {tool} is not installed");
    }
    found
}

/// Exit code and the data of the one `check.result`.
pub fn check(words: &str) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
    let output = command.arg("check").args(words.split(' ')).arg("--json").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line: Value = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{words}: {error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    });
    (output.status.code().unwrap_or(-1), line["data"].clone())
}
