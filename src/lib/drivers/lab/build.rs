//! The network of a run, set up: hosts with cables and addresses, and a client.

use std::net::Ipv4Addr;
use std::sync::mpsc::Sender;

use super::fault::port;
use super::host::{Host, HostPlan};
use super::topology::{Segment, segments};
use super::traffic::Observation;
use crate::error::Result;
use crate::io::netns::{Links, Namespace};

/// The client's interface.
const CLIENT_INTERFACE: &str = "eth0";

/// Hosts and a client, wired.
#[derive(Debug)]
pub struct Network {
    /// Netlink of the namespace that has the bridges.
    pub links: Links,
    /// The hosts, no daemon started yet.
    pub hosts: Vec<Host>,
    /// Where the client lives.
    pub client: Namespace,
    /// The client's own address.
    pub client_address: Ipv4Addr,
    /// Own address of each host beside the probed virtual address.
    pub own: Vec<Ipv4Addr>,
    /// Bridge ports of each host.
    pub ports: Vec<Vec<String>>,
}

/// Build what `plans` need, the client on the segment of interface `probed`.
///
/// # Errors
/// When the kernel refuses a step.
pub fn build(plans: Vec<HostPlan>, probed: &str, queue: &Sender<Observation>) -> Result<Network> {
    let nodes: Vec<_> = plans.iter().map(|plan| plan.vrrp.clone()).collect();
    let segments = segments(&nodes)?;
    let links = Links::open()?;
    links.set_up("lo", true)?;
    let mut hosts = plans
        .into_iter()
        .enumerate()
        .map(|(index, plan)| Host::create(plan, index, queue.clone()))
        .collect::<Result<Vec<_>>>()?;
    let client = Namespace::create("client")?;
    client.enter(|| Links::open()?.set_up("lo", true))?;
    let mut network = Network {
        links,
        client,
        client_address: Ipv4Addr::UNSPECIFIED,
        own: Vec::new(),
        ports: vec![Vec::new(); hosts.len()],
        hosts: Vec::new(),
    };
    for (number, segment) in segments.iter().enumerate() {
        network.wire(number, segment, &mut hosts)?;
        if segment.interface == probed {
            network.place_client(number, segment)?;
        }
    }
    network.hosts = hosts;
    Ok(network)
}

fn bridge(number: usize) -> String {
    format!("switch{number}")
}

impl Network {
    fn wire(&mut self, number: usize, segment: &Segment, hosts: &mut [Host]) -> Result<()> {
        self.links.bridge(&bridge(number))?;
        let all = hosts.iter_mut().zip(&segment.hosts).zip(&mut self.ports);
        for ((host, address), ports) in all {
            let port = port(&host.plan.name, number);
            self.links.plug(&bridge(number), &port, &host.namespace, &segment.interface)?;
            ports.push(port);
            connect(&host.namespace, &segment.interface, *address, segment.prefix)?;
            host.addresses.push((segment.interface.clone(), *address));
        }
        Ok(())
    }

    fn place_client(&mut self, number: usize, segment: &Segment) -> Result<()> {
        let port = port("client", number);
        self.links.plug(&bridge(number), &port, &self.client, CLIENT_INTERFACE)?;
        connect(&self.client, CLIENT_INTERFACE, segment.client, segment.prefix)?;
        self.client_address = segment.client;
        self.own.clone_from(&segment.hosts);
        Ok(())
    }
}

/// Bring `interface` of `host` up with an address.
fn connect(host: &Namespace, interface: &str, address: Ipv4Addr, prefix: u8) -> Result<()> {
    host.enter(|| {
        let links = Links::open()?;
        links.add_address(interface, address, prefix)?;
        links.set_up(interface, true)
    })
}
