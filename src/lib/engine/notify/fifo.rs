//! The lines of pipes, byte for byte as keepalived writes them.

use super::config::PoolTitle;
use super::notifier::Object;

/// Which half of the events a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Virtual routers.
    Vrrp,
    /// Virtual servers.
    Lvs,
}

/// An instance or a group is told as `word`.
pub(super) fn state(object: &Object, word: &str, priority: u8) -> Option<String> {
    let (kind, name) = match object {
        Object::Instance(name) => ("INSTANCE", name),
        Object::Group(name) => ("GROUP", name),
        Object::Pool(_) | Object::Server { .. } => return None,
    };
    Some(format!("{kind} \"{name}\" {word} {priority}\n"))
}

/// The quorum of a virtual server. keepalived 2.4 ends lines of this side with a NUL after the
/// newline, 2.2 does not: readers of lines take both, and a line is a line here.
pub(super) fn pool(title: &PoolTitle, up: bool) -> String {
    format!("VS {} {}\n", title.name, word(up))
}

/// A real server, called `ADDRESS:PORT`.
pub(super) fn server(title: &PoolTitle, server: &str, up: bool) -> String {
    let (address, port) = server.rsplit_once(':').unwrap_or((server, "0"));
    let address = address.trim_start_matches('[').trim_end_matches(']');
    let PoolTitle { name, protocol } = title;
    format!("RS [{address}]:{protocol}:{port} {name} {}\n", word(up))
}

const fn word(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_keepalived() {
        let title = PoolTitle { name: "[192.0.2.1]:tcp:80".into(), protocol: "tcp".into() };
        assert_eq!(pool(&title, true), "VS [192.0.2.1]:tcp:80 UP\n");
        let expected = "RS [10.0.0.1]:tcp:80 [192.0.2.1]:tcp:80 DOWN\n";
        assert_eq!(server(&title, "10.0.0.1:80", false), expected);
        let expected = "RS [2001:db8::1]:tcp:80 [192.0.2.1]:tcp:80 UP\n";
        assert_eq!(server(&title, "[2001:db8::1]:80", true), expected);
        let instance = Object::Instance("VI_1".into());
        assert_eq!(state(&instance, "MASTER", 150).unwrap(), "INSTANCE \"VI_1\" MASTER 150\n");
    }
}
