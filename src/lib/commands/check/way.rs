//! Which way the packets of a probe go.

use std::net::IpAddr;
use std::time::Duration;

use caps::Capability;

use crate::error::Result;
use crate::io::capabilities;
use crate::io::probe::{Families, Path, Target, privilege};

/// Which way the packets go.
#[derive(Debug, clap::Args)]
pub(super) struct Way {
    /// Source address [default: the one that the routes choose].
    #[arg(long, value_name = "ADDRESS")]
    source: Option<IpAddr>,

    /// Source port [default: the one that the system chooses].
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    source_port: Option<u16>,

    /// Interface to leave by [default: the one that the routes choose].
    #[arg(long, value_name = "IF")]
    interface: Option<String>,

    /// Firewall mark of the packets, for rules and routes that look at it.
    #[arg(long, value_name = "N")]
    fwmark: Option<u32>,

    /// Only IPv4 addresses of a name.
    #[arg(short = '4', conflicts_with = "ipv6")]
    ipv4: bool,

    /// Only IPv6 addresses of a name.
    #[arg(short = '6')]
    ipv6: bool,
}

impl Way {
    /// This way to `host`, once the process has given up what it takes not. `kept`: capabilities
    /// that the probe itself takes.
    pub(super) fn to(
        &self,
        host: String,
        port: u16,
        timeout: Duration,
        kept: &[Capability],
    ) -> Result<Target> {
        let mut capabilities = self.capabilities();
        capabilities.extend(kept);
        capabilities::confine(&capabilities)?;
        let target = Target { host, port, families: self.families(), path: self.path(), timeout };
        privilege::demand_path(&target.path)?;
        Ok(target)
    }

    const fn families(&self) -> Families {
        match (self.ipv4, self.ipv6) {
            (true, _) => Families::Ipv4,
            (_, true) => Families::Ipv6,
            _ => Families::Any,
        }
    }

    /// What the packets take: a mark is the administrator's; an interface was, before Linux 5.7;
    /// and so are the ports below 1024.
    fn capabilities(&self) -> Vec<Capability> {
        let mark = self.fwmark.map(|_| Capability::CAP_NET_ADMIN);
        let interface = self.interface.as_ref().map(|_| Capability::CAP_NET_RAW);
        let port = self.source_port.map(|_| Capability::CAP_NET_BIND_SERVICE);
        mark.into_iter().chain(interface).chain(port).collect()
    }

    fn path(&self) -> Path {
        Path {
            source: self.source,
            source_port: self.source_port,
            interface: self.interface.clone(),
            mark: self.fwmark,
        }
    }
}
