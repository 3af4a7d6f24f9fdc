//! A host with a network, `/run`, `/dev` and `/etc/keepalived` of its own, whose log socket the
//! test listens on. What runs there ends with it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::OURS;
use super::support::{Namespace, SOON, veth, wait_until};

/// Makes the host's own folders, then holds them.
const SETUP: &str = r#"
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir "$1/dev"
mount -t tmpfs tmpfs "$1/dev"
cp -a /dev/null /dev/zero /dev/random /dev/urandom "$1/dev"
ln -s /proc/self/fd "$1/dev/fd"
mount --move "$1/dev" /dev
mount --bind "$1/etc" /etc/keepalived
mount --bind "$1/core" /proc/sys/kernel/core_pattern
echo ready
exec cat
"#;

/// One virtual router that is master at once.
pub const OWNER: &str = "\
vrrp_instance VI_1 {
    state MASTER
    interface lan0
    virtual_router_id 51
    priority 255
    virtual_ipaddress {
        192.0.2.100/24
    }
}
";

pub struct Host {
    pub net: Namespace,
    /// The host at the other end of its cable.
    pub peer: Namespace,
    pub folder: tempfile::TempDir,
    holder: Child,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// A host with `configuration` where keepalived looks for it.
    pub fn new(configuration: &str) -> Self {
        let (net, peer) = (Namespace::new(), Namespace::new());
        veth((&net, "lan0"), (&peer, "lan0"));
        net.ip("addr add 192.0.2.1/24 dev lan0");
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("etc")).expect("a folder");
        fs::create_dir(folder.path().join("tmp")).expect("a folder");
        fs::write(folder.path().join("core"), "core.before\n").expect("a file");
        let mut holder = net
            .command("unshare")
            .args(["--mount", "sh", "-c", SETUP, "sh"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the holder starts");
        let mut line = String::new();
        let output = holder.stdout.as_mut().expect("output");
        BufReader::new(output).read_line(&mut line).expect("the holder writes");
        assert_eq!(line, "ready\n", "the folders of the host could not be made");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let host = Self { net, peer, folder, holder, heard };
        host.configure(configuration);
        host
    }

    /// Whether such a host can be made here; says so when not.
    pub fn is_possible(test: &str) -> bool {
        let needed = super::support::can_run(test);
        if needed && !std::path::Path::new("/etc/keepalived").is_dir() {
            println!("SKIP: {test}: there is no /etc/keepalived to cover");
            return false;
        }
        needed
    }

    pub fn configure(&self, text: &str) {
        fs::write(self.folder.path().join("etc/keepalived.conf"), text).expect("a file");
    }

    /// A path of the host, as the test sees it.
    pub fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.holder.id()))
    }

    /// A file in the folder for temporary files.
    pub fn temporary(&self, name: &str) -> PathBuf {
        self.folder.path().join("tmp").join(name)
    }

    /// `program` to be started on this host.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.holder.id().to_string(), "--mount", "--net", "--", program])
            .env("TMPDIR", self.folder.path().join("tmp"))
            .stdin(Stdio::null());
        command
    }

    /// The drop-in with these words, until it returns.
    pub fn keepalived(&self, words: &str) -> Output {
        let child = self
            .command(OURS)
            .args(words.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        child.wait_with_output().expect("it returns")
    }

    /// Listen on the log socket from now on.
    pub fn listen(&self) {
        let socket = UnixDatagram::bind(self.path("/dev/log")).expect("a socket");
        let heard = Arc::clone(&self.heard);
        std::thread::spawn(move || {
            let mut buffer = [0; 16 << 10];
            while let Ok(length) = socket.recv(&mut buffer) {
                let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
                heard.lock().unwrap().push(message);
            }
        });
    }

    /// What the log socket got so far.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Wait for a message with `text`, and give it.
    pub fn hear(&self, text: &str) -> String {
        let mut found = None;
        wait_until(SOON, &format!("the log has {text:?}"), || {
            found = self.heard().into_iter().find(|message| message.contains(text));
            found.is_some()
        });
        found.unwrap()
    }

    /// The number in a pid file, if it is there.
    pub fn pid(&self, path: &str) -> Option<i32> {
        fs::read_to_string(self.path(path)).ok()?.trim().parse().ok()
    }

    /// Send the daemon a signal by its number.
    pub fn signal(&self, number: i32) {
        let pid = self.pid("/run/keepalived.pid").expect("a pid file");
        let status = Command::new("kill").arg(format!("-{number}")).arg(pid.to_string()).status();
        assert!(status.expect("kill starts").success());
    }

    /// Stop the daemon and wait until it is gone.
    pub fn stop(&self) {
        let pid = self.pid("/run/keepalived.pid").expect("a pid file");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("it lives");
        wait_until(SOON, "the daemon is gone", || !is_alive(pid));
    }

    pub fn has_address(&self) -> bool {
        self.net.has("lan0", "192.0.2.100/24")
    }

    pub fn wait_for_address(&self) {
        wait_until(SOON, "the address is there", || self.has_address());
    }
}

/// Whether a process has this number and is no zombie.
pub fn is_alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|text| !text.rsplit(") ").next().unwrap_or_default().starts_with('Z'))
}

impl Drop for Host {
    fn drop(&mut self) {
        // A daemon that a failed test left; its children end with it.
        if let Some(pid) = self.pid("/run/keepalived.pid").filter(|pid| is_alive(*pid)) {
            let _gone = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}
