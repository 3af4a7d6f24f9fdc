//! What stands round the example of a keyword: a configuration in which each of them makes sense,
//! and a host on which everything exists that they name.

use std::path::{Path, PathBuf};

use ha::config::schema::guide::{self, Piece};
use ha::config::schema::{self, Block, Row, Support};
use ha::config::{FileStatus, LoadError, Loader, Options, Outcome, load};
use serde_json::Value;

/// Every row with its block and what is done with it there.
pub fn rows() -> impl Iterator<Item = (&'static Block, &'static Row, Support)> {
    schema::supported()
        .into_iter()
        .flat_map(|(block, outer)| block.keywords().map(move |row| (block, row, row.within(outer))))
}

/// A host on which every script exists and every user does.
pub struct Host {
    text: String,
}

impl Loader for Host {
    fn read(&self, _: &Path) -> Result<String, LoadError> {
        Ok(self.text.clone())
    }

    fn glob(&self, base: &Path, pattern: &str) -> Result<Vec<PathBuf>, LoadError> {
        let _ = (base, pattern);
        Ok(Vec::new())
    }

    fn environment(&self, name: &str) -> Option<String> {
        (name == "PATH").then(|| "/usr/bin".to_owned())
    }

    fn user(&self, name: &str) -> Option<(u32, u32)> {
        (name == "nobody").then_some((65_534, 65_534))
    }

    fn group(&self, name: &str) -> Option<u32> {
        (name != "no-such").then_some(7)
    }

    fn status(&self, _: &Path) -> Result<FileStatus, LoadError> {
        Ok(FileStatus { regular: true, directory: false, uid: 0, gid: 0, mode: 0o755 })
    }

    /// `/bin` is a symbolic link, as it is nearly everywhere.
    fn canonical(&self, path: &Path) -> Result<PathBuf, LoadError> {
        Ok(path
            .strip_prefix("/bin")
            .map_or_else(|_| path.to_owned(), |p| Path::new("/usr/bin").join(p)))
    }

    fn identity(&self) -> (u32, u32) {
        (0, 0)
    }
}

pub fn read(text: &str) -> Outcome {
    let options = Options { config_id: "lb1".to_owned(), ..Options::default() };
    load(Path::new("/etc/ha.conf"), &options, &Host { text: text.to_owned() })
}

pub fn document(outcome: &Outcome, text: &str) -> Value {
    let told: Vec<_> = outcome.diagnostics.iter().map(|d| (d.code.text(), &d.message)).collect();
    let model = outcome.model.as_ref().unwrap_or_else(|| panic!("{told:?}\n{text}"));
    ha::output::model::document(model)
}

/// What stands round the examples of keywords: something that each kind of setting acts on.
pub const SURROUNDINGS: &str = "
vrrp_script check_web {
    script \"/bin/true\"
}
vrrp_instance V2 {
    interface eth0
    virtual_router_id 201
    virtual_ipaddress { 192.0.2.201/24 }
    track_script { check_web weight 5 }
}
vrrp_instance V3 {
    interface eth0
    virtual_router_id 202
    version 3
    virtual_ipaddress { 192.0.2.202/24 }
}
vrrp_instance V6 {
    interface eth0
    virtual_router_id 203
    virtual_ipaddress { fe80::203/64 }
}
vrrp_instance UNICAST {
    interface eth0
    virtual_router_id 204
    unicast_peer { 192.0.2.99 }
    virtual_ipaddress { 192.0.2.204/24 }
}
vrrp_instance OWNER {
    interface eth0
    virtual_router_id 205
    priority 255
    virtual_ipaddress { 192.0.2.205/24 }
}
vrrp_instance WEB {
    interface eth0
    virtual_router_id 206
    virtual_ipaddress { 192.0.2.206/24 }
}
vrrp_instance TRACKS {
    interface eth0
    virtual_router_id 207
    virtual_ipaddress { 192.0.2.207/24 }
    track_script { X }
}
track_file load {
    file /run/load
}
vrrp_track_process nginx {
    process nginx
}
bfd_instance uplink {
    neighbor_ip 192.0.2.1
}
bfd_instance web1 {
    neighbor_ip 192.0.2.2
}
track_group OUTSIDE {
    group { WEB }
}
virtual_server 192.0.2.180 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 198.51.100.80 80 {
        TCP_CHECK { }
    }
}
";

/// What checks a real server of an example: takes what is not its own from what stands round it.
const CHECKS: &str = "\nHTTP_GET {\nurl {\npath /\n}\n}\n";

/// A configuration with `lines` in the block of `path`.
pub fn configuration(path: &str, lines: &str) -> String {
    let mut out = String::new();
    let segments: Vec<&str> = path.split('/').filter(|segment| *segment != "(top)").collect();
    let mut end = String::new();
    for (depth, segment) in segments.iter().enumerate() {
        let nested = segments.len() > 1;
        let (open, close) = match *segment {
            "vrrp_instance" => (
                "vrrp_instance X {\ninterface eth0\nvirtual_router_id 1\n",
                "\nvirtual_ipaddress {\n192.0.2.1/24\n}\n}\n",
            ),
            "vrrp_sync_group" if nested => {
                ("vrrp_sync_group X {\ngroup {\nWEB\nV2\n}\nsync_group_tracking_weight\n", "\n}\n")
            }
            "vrrp_sync_group" => ("vrrp_sync_group X {\ngroup {\nWEB\nV2\n}\n", "\n}\n"),
            "vrrp_script" => ("vrrp_script X {\n", "\nscript \"/bin/true\"\n}\n"),
            "virtual_server" => {
                out.push_str("virtual_server 192.0.2.1 80 {\nlb_algo rr\nlb_kind NAT\n");
                end.insert_str(0, "\nweight 2\n}\nreal_server 198.51.100.8 80 {\n}\n}\n");
                end.insert_str(0, CHECKS);
                ("protocol TCP\n", "\nreal_server 198.51.100.7 80 {\n")
            }
            "real_server" => {
                end.insert_str(0, "\n}\n");
                end.insert_str(0, CHECKS);
                ("real_server 198.51.100.1 80 {\n", "")
            }
            "virtual_server_group" if depth == 0 => (
                "virtual_server_group X {\n",
                "\n}\nvirtual_server group X {\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n\
                 real_server 198.51.100.7 80 {\n}\n}\n",
            ),
            "track_file" | "vrrp_track_file" | "vrrp_track_process" | "bfd_instance"
            | "track_group"
                if depth == 0 =>
            {
                out.extend([*segment, " X {\n"]);
                ("", "\n}\n")
            }
            _ => {
                out.extend([*segment, " {\n"]);
                ("", "\n}\n")
            }
        };
        out.push_str(open);
        end.insert_str(0, close);
    }
    format!("{SURROUNDINGS}{out}{lines}{end}")
}

pub fn example(path: &str, keyword: &str) -> Option<&'static str> {
    guide::entry(path, keyword)?.pieces.iter().find_map(|piece| match piece {
        Piece::Example(code) => Some(code.as_str()),
        _ => None,
    })
}
