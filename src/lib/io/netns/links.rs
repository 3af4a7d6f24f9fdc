//! Interfaces of the laboratory: bridges, the cables to them, addresses.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use futures_util::TryStreamExt;
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use rtnetlink::{Handle, LinkBridge, LinkBridgePort, LinkUnspec, LinkVeth};
use tokio::runtime::Runtime;

use super::Namespace;
use crate::error::{Error, Result};

/// Longest wait for the kernel's answer to one request.
const PATIENCE: Duration = Duration::from_secs(5);

/// A netlink connection of the network namespace in which it was opened. Every call waits for
/// the kernel's answer.
#[derive(Debug)]
pub struct Links {
    runtime: Runtime,
    handle: Handle,
}

impl Links {
    /// Connect in the calling thread's network namespace.
    ///
    /// # Errors
    /// When the kernel refuses a netlink socket.
    pub fn open() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::new("start", "a netlink connection", e))?;
        let guard = runtime.enter();
        let (connection, handle, _) = rtnetlink::new_connection()
            .map_err(|e| Error::new("open", "a netlink connection", e))?;
        drop(guard);
        runtime.spawn(connection);
        Ok(Self { runtime, handle })
    }

    /// Create bridge `name` and bring it up.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub fn bridge(&self, name: &str) -> Result<()> {
        // Link-local multicast is flooded anyway; snooping would hold back groups set by
        // `vrrp_mcast_group4` until a querier is heard, and there is none.
        let message = LinkBridge::new(name).mcast_snooping(false).up().build();
        self.ask("create bridge", name, self.handle.link().add(message).execute())
    }

    /// Plug `host`'s interface `inside` into `bridge`: the other end is `port`, here.
    ///
    /// # Errors
    /// When the kernel refuses a step.
    pub fn plug(&self, bridge: &str, port: &str, host: &Namespace, inside: &str) -> Result<()> {
        let Some(network) = host.network() else {
            return Err(Error::new("plug", port, "the host has no network namespace"));
        };
        // The peer is born under a name of its own: `inside` may exist here already.
        let far = format!("{port}.far");
        let pair = LinkVeth::new(port, &far).build();
        self.ask("create veth pair", port, self.handle.link().add(pair).execute())?;
        let far_index = self.index(&far)?;
        let moved = LinkUnspec::new_with_index(far_index)
            .setns_by_fd(network.as_raw_fd())
            .name(inside.to_owned())
            .build();
        self.ask("move interface", inside, self.handle.link().set(moved).execute())?;
        let controller = self.index(bridge)?;
        let plugged = LinkUnspec::new_with_index(self.index(port)?).controller(controller).up();
        self.ask("plug", port, self.handle.link().set(plugged.build()).execute())
    }

    /// Bring `interface` up or down.
    ///
    /// # Errors
    /// When it does not exist or the kernel refuses.
    pub fn set_up(&self, interface: &str, up: bool) -> Result<()> {
        let message = LinkUnspec::new_with_index(self.index(interface)?);
        let message = if up { message.up() } else { message.down() };
        self.ask("set link", interface, self.handle.link().set(message.build()).execute())
    }

    /// Whether bridge port `port` may not talk to other isolated ports.
    ///
    /// # Errors
    /// When it is no bridge port or the kernel refuses.
    pub fn isolate(&self, port: &str, isolated: bool) -> Result<()> {
        let message = LinkBridgePort::new(self.index(port)?).isolated(isolated).build();
        self.ask("isolate port", port, self.handle.link().set_port(message).execute())
    }

    /// Add `address/prefix` to `interface`.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn add_address(&self, interface: &str, address: Ipv4Addr, prefix: u8) -> Result<()> {
        let index = self.index(interface)?;
        let target = format!("{address}/{prefix} on {interface}");
        let request = self.handle.address().add(index, IpAddr::V4(address), prefix);
        self.ask("add address", &target, request.execute())
    }

    /// Remove every IPv4 address of `interface` that is not `kept`. Returns those removed.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn keep_only(&self, interface: &str, kept: Ipv4Addr) -> Result<Vec<Ipv4Addr>> {
        let index = self.index(interface)?;
        let mut removed = Vec::new();
        for message in self.addresses()? {
            let Some(address) = ipv4(&message) else { continue };
            if message.header.index != index || address == kept {
                continue;
            }
            let request = self.handle.address().del(message);
            self.ask("remove address", &address.to_string(), request.execute())?;
            removed.push(address);
        }
        Ok(removed)
    }

    /// Every IPv4 address in this namespace.
    ///
    /// # Errors
    /// When the kernel does not answer.
    pub fn ipv4_addresses(&self) -> Result<Vec<Ipv4Addr>> {
        Ok(self.addresses()?.iter().filter_map(ipv4).collect())
    }

    /// Index of `interface`.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn index(&self, interface: &str) -> Result<u32> {
        let request = self.handle.link().get().match_name(interface).execute();
        let found = self.ask("find interface", interface, request.try_collect::<Vec<_>>())?;
        found
            .first()
            .map(|link| link.header.index)
            .ok_or_else(|| Error::new("find interface", interface, "there is none"))
    }

    fn addresses(&self) -> Result<Vec<AddressMessage>> {
        let request = self.handle.address().get().execute();
        self.ask("list addresses", "", request.try_collect::<Vec<_>>())
    }

    fn ask<T>(
        &self,
        operation: &'static str,
        target: &str,
        request: impl Future<Output = std::result::Result<T, rtnetlink::Error>>,
    ) -> Result<T> {
        self.runtime
            .block_on(async { tokio::time::timeout(PATIENCE, request).await })
            .map_err(|_| Error::new(operation, target, "the kernel did not answer"))?
            .map_err(|e| Error::new(operation, target, e))
    }
}

fn ipv4(message: &AddressMessage) -> Option<Ipv4Addr> {
    match address(message)? {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

/// The address of an interface that a netlink message is about; for a point-to-point link that is
/// the near end.
pub(crate) fn address(message: &AddressMessage) -> Option<IpAddr> {
    let find = |wanted: fn(&AddressAttribute) -> Option<IpAddr>| {
        message.attributes.iter().find_map(wanted)
    };
    let local = find(|attribute| match attribute {
        AddressAttribute::Local(address) => Some(*address),
        _ => None,
    });
    local.or_else(|| {
        find(|attribute| match attribute {
            AddressAttribute::Address(address) => Some(*address),
            _ => None,
        })
    })
}
