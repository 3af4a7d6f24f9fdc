//! ipvsadm's options as values: what a line of its format or a command says about one service or
//! destination, as a new one or as a change of one that is there.
//!
//! What is not named keeps its value where something is changed, and is as ipvsadm has it where
//! something is new. Names of hosts and ports are not looked up.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::str::FromStr;

use super::{
    Destination, Endpoint, Forwarding, GueChecksum, Persistence, PersistenceMask, Protocol,
    SchedulerFlags, ServiceId, Settings, Tunnel,
};
use crate::engine::vrrp::Family;

/// Persistence of a service that is persistent for no given time, in seconds.
pub const USUAL_PERSISTENCE: u32 = 300;
/// What the kernel is asked for when no scheduler is named.
const USUAL_SCHEDULER: &str = "wlc";

/// The service that is named, before its family is known.
#[derive(Clone, Copy, Debug)]
pub enum Named {
    /// `-t`, `-u`, `--sctp-service`.
    Address(Protocol, SocketAddr),
    /// `-f`.
    Mark(u32),
}

/// `-m`, `-g` or `-i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `-m`.
    Nat,
    /// `-g`.
    DirectRouting,
    /// `-i`.
    Tunnel,
}

/// Every option; what is not given is absent.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each is an option of ipvsadm")]
pub struct Options<'a> {
    pub service: Option<Named>,
    pub is_ipv6: bool,
    pub scheduler: Option<&'a str>,
    pub persistent: Option<u32>,
    /// Not persistent any more.
    pub without_persistence: bool,
    pub mask: Option<&'a str>,
    pub engine: Option<&'a str>,
    pub one_packet: Option<bool>,
    /// Names with commas between; none when empty.
    pub flags: Option<&'a str>,
    pub server: Option<&'a str>,
    pub forwarding: Option<Method>,
    pub weight: Option<u32>,
    pub upper: Option<u32>,
    pub lower: Option<u32>,
    pub tunnel: Option<&'a str>,
    pub tunnel_port: Option<u16>,
    pub checksum: Option<GueChecksum>,
}

impl Options<'_> {
    /// The service.
    ///
    /// # Errors
    /// When none is named.
    pub fn id(&self) -> Result<ServiceId, String> {
        match self.service {
            Some(Named::Address(protocol, at)) => {
                Ok(ServiceId::Address { protocol, address: at.ip(), port: at.port() })
            }
            Some(Named::Mark(mark)) => {
                let family = if self.is_ipv6 { Family::Ipv6 } else { Family::Ipv4 };
                Ok(ServiceId::Fwmark { mark, family })
            }
            None => Err("it names no service (-t, -u, --sctp-service or -f)".to_owned()),
        }
    }

    /// A new service.
    ///
    /// # Errors
    /// Which option is wrong.
    pub fn settings(&self, id: ServiceId) -> Result<Settings, String> {
        self.change_settings(&Settings {
            id,
            scheduler: USUAL_SCHEDULER.into(),
            flags: SchedulerFlags::default(),
            one_packet: false,
            persistence: None,
        })
    }

    /// The service `from` with what is given. Flags belong to a scheduler: another one has none.
    ///
    /// # Errors
    /// Which option is wrong.
    pub fn change_settings(&self, from: &Settings) -> Result<Settings, String> {
        let scheduler = self.scheduler.unwrap_or(&from.scheduler);
        let flags = match self.flags {
            Some(all) => flags(scheduler, all)?,
            None if *scheduler == *from.scheduler => from.flags,
            None => SchedulerFlags::default(),
        };
        Ok(Settings {
            id: from.id,
            scheduler: scheduler.into(),
            flags,
            one_packet: self.one_packet.unwrap_or(from.one_packet),
            persistence: self.persistence(from.id.family(), from.persistence.as_ref())?,
        })
    }

    fn persistence(
        &self,
        family: Family,
        from: Option<&Persistence>,
    ) -> Result<Option<Persistence>, String> {
        let from = from.filter(|_| !self.without_persistence);
        let Some(timeout_s) = self.persistent.or_else(|| from.map(|from| from.timeout_s)) else {
            if self.mask.is_some() || self.engine.is_some() {
                return Err("-M and --pe take -p".to_owned());
            }
            return Ok(None);
        };
        let mask = match self.mask {
            Some(word) => Some(mask(word, family)?),
            None => from.and_then(|from| from.mask),
        };
        let engine = self.engine.map(Into::into);
        let engine = engine.or_else(|| from.and_then(|from| from.engine.clone()));
        Ok(Some(Persistence { timeout_s, mask, engine }))
    }

    /// Which destination of the service `id`. Without a port it is on that of the service.
    ///
    /// # Errors
    /// When none is named.
    pub fn endpoint(&self, id: ServiceId) -> Result<Endpoint, String> {
        let server = self.server.ok_or("it names no server (-r)")?;
        endpoint(server, port_of(id))
    }

    /// A new destination of the service `id`. Where packets are not rewritten it is asked on the
    /// port of the service, whatever port is given.
    ///
    /// # Errors
    /// Which option is wrong.
    pub fn destination(&self, id: ServiceId) -> Result<Destination, String> {
        let Endpoint { address, port } = self.endpoint(id)?;
        let mut one = self.change_destination(&Destination {
            address,
            port,
            forwarding: Forwarding::DirectRouting,
            weight: 1,
            upper_threshold: 0,
            lower_threshold: 0,
        })?;
        if one.forwarding.keeps_port() {
            one.port = port_of(id);
        }
        Ok(one)
    }

    /// The destination `from` with what is given.
    ///
    /// # Errors
    /// Which option is wrong.
    pub fn change_destination(&self, from: &Destination) -> Result<Destination, String> {
        Ok(Destination {
            forwarding: self.forwarding(from.forwarding)?,
            weight: self.weight.unwrap_or(from.weight),
            upper_threshold: self.upper.unwrap_or(from.upper_threshold),
            lower_threshold: self.lower.unwrap_or(from.lower_threshold),
            ..*from
        })
    }

    fn forwarding(&self, from: Forwarding) -> Result<Forwarding, String> {
        let tunnel = match (self.forwarding, from) {
            (Some(Method::Tunnel) | None, Forwarding::Tunnel(tunnel)) => tunnel,
            (Some(Method::Tunnel), _) => Tunnel::Ipip,
            (other, from) => {
                let given = [self.tunnel.is_some(), self.tunnel_port.is_some()];
                if given.contains(&true) || self.checksum.is_some() {
                    return Err("--tun-type and what else is about tunnels take -i".to_owned());
                }
                return Ok(match other {
                    Some(Method::Nat) => Forwarding::Nat,
                    Some(_) => Forwarding::DirectRouting,
                    None => from,
                });
            }
        };
        self.tunnel(tunnel).map(Forwarding::Tunnel)
    }

    /// The tunnel `from` with what is given; of another kind, only what is given.
    fn tunnel(&self, from: Tunnel) -> Result<Tunnel, String> {
        let (word, port, checksum) = match from {
            Tunnel::Ipip => ("ipip", None, GueChecksum::None),
            Tunnel::Gre { checksum: true } => ("gre", None, GueChecksum::Plain),
            Tunnel::Gre { checksum: false } => ("gre", None, GueChecksum::None),
            Tunnel::Gue { port, checksum } => ("gue", Some(port), checksum),
        };
        let same = self.tunnel.is_none_or(|kind| kind == word);
        let checksum = self.checksum.or(same.then_some(checksum)).unwrap_or_default();
        let port = self.tunnel_port.and_then(NonZeroU16::new).or(port);
        match self.tunnel.unwrap_or(word) {
            "ipip" => Ok(Tunnel::Ipip),
            "gre" => Ok(Tunnel::Gre { checksum: checksum != GueChecksum::None }),
            "gue" => port
                .map(|port| Tunnel::Gue { port, checksum })
                .ok_or_else(|| "a gue tunnel takes --tun-port".to_owned()),
            other => Err(format!("`{other}` is no type of tunnel: ipip, gre or gue")),
        }
    }
}

/// A mark has none: 0.
const fn port_of(id: ServiceId) -> u16 {
    match id {
        ServiceId::Address { port, .. } => port,
        ServiceId::Fwmark { .. } => 0,
    }
}

/// The number that an option is given.
///
/// # Errors
/// When it is none.
pub fn number<T: FromStr>(option: &str, word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("`{word}` is no number that {option} takes"))
}

/// The address and port of a service.
///
/// # Errors
/// When it is none, or a name.
pub fn socket(word: &str) -> Result<SocketAddr, String> {
    word.parse().map_err(|_| {
        format!("`{word}` is no ADDRESS:PORT in numbers; names are not looked up: ipvsadm -S -n")
    })
}

/// The address of a server, with or without a port.
fn endpoint(word: &str, port: u16) -> Result<Endpoint, String> {
    let bare = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(word);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(Endpoint { address, port });
    }
    socket(word).map(|at| Endpoint { address: at.ip(), port: at.port() })
}

fn mask(word: &str, family: Family) -> Result<PersistenceMask, String> {
    match family {
        Family::Ipv4 => number("-M", word).map(PersistenceMask::Netmask),
        Family::Ipv6 => number("-M", word).map(PersistenceMask::Prefix),
    }
}

fn flags(scheduler: &str, words: &str) -> Result<SchedulerFlags, String> {
    let mut flags = SchedulerFlags::default();
    for word in words.split(',').filter(|word| !word.is_empty()) {
        match (word, scheduler) {
            ("sh-fallback", "sh") | ("mh-fallback", "mh") | ("flag-1", _) => flags.fallback = true,
            ("sh-port", "sh") | ("mh-port", "mh") | ("flag-2", _) => flags.port = true,
            ("flag-3", _) => flags.third = true,
            _ => return Err(format!("`{word}` is no flag of the scheduler {scheduler}")),
        }
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service() -> Settings {
        Options {
            service: Some(Named::Mark(7)),
            scheduler: Some("sh"),
            flags: Some("sh-port"),
            persistent: Some(60),
            mask: Some("255.255.255.0"),
            ..Options::default()
        }
        .settings(ServiceId::Fwmark { mark: 7, family: Family::Ipv4 })
        .unwrap()
    }

    #[test]
    fn a_change_leaves_what_is_not_named() {
        let from = service();
        let none = Options::default();
        assert_eq!(none.change_settings(&from), Ok(from.clone()));
        let longer = Options { persistent: Some(90), ..none.clone() }.change_settings(&from);
        let persistence = longer.unwrap().persistence.unwrap();
        assert_eq!(persistence, Persistence { timeout_s: 90, ..from.persistence.clone().unwrap() });
        let other = Options { scheduler: Some("rr"), ..none.clone() }.change_settings(&from);
        assert_eq!(other.unwrap().flags, SchedulerFlags::default());
        let gone = Options { without_persistence: true, flags: Some(""), ..none };
        let gone = gone.change_settings(&from).unwrap();
        assert_eq!((gone.persistence, gone.flags), (None, SchedulerFlags::default()));
    }

    #[test]
    fn a_tunnel_keeps_its_port_and_checksum_until_it_is_another() {
        let port = NonZeroU16::new(6080).unwrap();
        let gue = Forwarding::Tunnel(Tunnel::Gue { port, checksum: GueChecksum::Plain });
        let none = Options::default();
        assert_eq!(none.forwarding(gue), Ok(gue));
        let without = Options { checksum: Some(GueChecksum::None), ..none.clone() };
        let expected = Forwarding::Tunnel(Tunnel::Gue { port, checksum: GueChecksum::None });
        assert_eq!(without.forwarding(gue), Ok(expected));
        let gre = Options { tunnel: Some("gre"), ..none.clone() };
        assert_eq!(gre.forwarding(gue), Ok(Forwarding::Tunnel(Tunnel::Gre { checksum: false })));
        assert!(gre.forwarding(Forwarding::Nat).unwrap_err().contains("take -i"));
        let direct = Options { forwarding: Some(Method::DirectRouting), ..none };
        assert_eq!(direct.forwarding(gue), Ok(Forwarding::DirectRouting));
    }
}
