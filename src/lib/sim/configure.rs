//! Random configurations: hosts that take part in the same virtual routers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::random::Random;
use crate::engine::vrrp::{
    AnnounceConfig, Checksum, Family, NodeConfig, Preempt, RouterConfig, SyncGroupConfig, Tracked,
    TrackerConfig, TrackerId, VirtualAddress,
};
use crate::wire::vrrp::{Auth, Version};

/// Name of the script tracker of a simulated host.
pub const SCRIPT: &str = "service";

/// What the random configurations of one simulation may contain.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// A script tracker on every host.
    pub tracker: bool,
    /// All routers of a host in one sync group.
    pub group: bool,
    /// Routers that never or late preempt.
    pub lazy: bool,
    /// A host that owns the addresses (priority 255).
    pub owner: bool,
}

/// What all hosts agree on about one virtual router.
struct Shape {
    vrid: u8,
    family: Family,
    version: Version,
    interval: Duration,
    addresses: Vec<VirtualAddress>,
    preempt: Preempt,
    auth: Auth,
    checksum: Checksum,
    tracked: Vec<Tracked>,
    group: bool,
}

/// Configurations for `hosts` hosts with `routers` virtual routers.
pub fn configure(
    random: &mut Random,
    hosts: usize,
    routers: usize,
    choice: Choice,
) -> Vec<NodeConfig> {
    let interval = pick_interval(random);
    let mut configs = vec![NodeConfig::default(); hosts];
    for number in 0..routers {
        let shape = Shape::draw(random, number, interval, choice);
        let priorities = priorities(random, hosts, choice.owner && !choice.tracker);
        for (config, priority) in configs.iter_mut().zip(priorities) {
            config.routers.push(shape.router(priority));
        }
    }
    for config in &mut configs {
        if choice.tracker {
            let id = TrackerId::Script(SCRIPT.to_owned());
            config.trackers.push(TrackerConfig { id, init_fail: false });
        }
        if choice.group && routers > 1 {
            let members = config.routers.iter().map(|router| router.name.clone()).collect();
            let name = "all".to_owned();
            config.groups.push(SyncGroupConfig { name, members, tracked: Vec::new() });
        }
    }
    configs
}

/// One interval for the whole network; centiseconds only where all speak version 3.
fn pick_interval(random: &mut Random) -> Duration {
    let millis = random.pick(&[10, 50, 100, 200, 1000, 1000, 1000, 2000, 3000]);
    Duration::from_millis(millis.unwrap_or(1000))
}

/// Priorities that mostly differ; with `owner`, one host may have 255.
fn priorities(random: &mut Random, hosts: usize, owner: bool) -> Vec<u8> {
    let spread = random.pick(&[1, 10, 50]).unwrap_or(1);
    let equal = random.one_in(6);
    let mut drawn: Vec<u8> = (0..hosts)
        .map(|i| {
            let step = if equal { 0 } else { u8::try_from(i).unwrap_or(0) };
            200_u8.saturating_sub(step.saturating_mul(spread))
        })
        .collect();
    // Whoever is listed first must not always win.
    let turn = random.index(hosts);
    drawn.rotate_left(turn.min(hosts));
    if owner
        && random.one_in(3)
        && let Some(first) = drawn.first_mut()
    {
        *first = 255;
    }
    drawn
}

impl Shape {
    fn draw(random: &mut Random, number: usize, interval: Duration, choice: Choice) -> Self {
        let number = u8::try_from(number).unwrap_or(0);
        let whole_seconds = interval.subsec_nanos() == 0;
        let (version, family) = match random.below(4) {
            0 | 1 if whole_seconds => (Version::V2, Family::Ipv4),
            2 => (Version::V3, Family::Ipv6),
            _ => (Version::V3, Family::Ipv4),
        };
        let preempt = match random.below(4) {
            0 if choice.lazy => Preempt::Never,
            1 if choice.lazy => Preempt::After(interval * 5),
            _ => Preempt::Always,
        };
        let auth = if version == Version::V2 && random.one_in(3) {
            Auth::Pass(*b"secret\0\0")
        } else {
            Auth::None
        };
        let checksum =
            if random.one_in(3) { Checksum::MessageOnly } else { Checksum::PseudoHeader };
        let tracked = choice.tracker.then(|| Tracked {
            tracker: TrackerId::Script(SCRIPT.to_owned()),
            weight: random.pick(&[-60, 0, 20, -254]).unwrap_or(0),
            reverse: false,
        });
        Self {
            vrid: number + 51,
            family,
            version,
            interval,
            addresses: addresses(family, number, random.between(1, 3)),
            preempt,
            auth,
            checksum,
            tracked: tracked.into_iter().collect(),
            group: choice.group,
        }
    }

    fn router(&self, priority: u8) -> RouterConfig {
        // Members of a group move together; only the group's own order is checked there.
        let preempt = if self.group || priority == 255 { Preempt::Always } else { self.preempt };
        RouterConfig {
            name: format!("VI_{}", self.vrid),
            interface: "eth0".to_owned(),
            vrid: self.vrid,
            family: self.family,
            version: self.version,
            priority,
            advertisement_interval: self.interval,
            addresses: self.addresses.clone(),
            excluded: Vec::new(),
            starts_as_master: priority == 255,
            preempt,
            auth: self.auth,
            checksum: self.checksum,
            down_timer_adverts: 3,
            source: None,
            group: None,
            peers: Vec::new(),
            unicast_ttl: None,
            check_unicast_source: false,
            skip_check_addresses: false,
            lower_priority_no_advert: false,
            higher_priority_send_advert: true,
            owner_ignores_adverts: false,
            track_primary: true,
            announce: AnnounceConfig { delay: self.interval * 5, ..AnnounceConfig::default() },
            tracked: self.tracked.clone(),
        }
    }
}

/// The addresses of virtual router `number`, in the documentation's networks.
pub fn addresses(family: Family, number: u8, count: u64) -> Vec<VirtualAddress> {
    let count = u8::try_from(count).unwrap_or(1);
    let address = |host: u8| match family {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::new(192, 0, 2, number * 16 + host)),
        // The first address of an IPv6 virtual router is link-local (RFC 9568 section 5.2.9).
        Family::Ipv6 => {
            let prefix = if host == 1 { 0xfe80 } else { 0x2001 };
            let last = u16::from(number) * 16 + u16::from(host) + 0x100;
            IpAddr::V6(Ipv6Addr::new(prefix, 0xdb8 * u16::from(host > 1), 0, 0, 0, 0, 1, last))
        }
    };
    let prefix = if family == Family::Ipv4 { 24 } else { 64 };
    (1..=count).map(|host| VirtualAddress::plain(address(host), prefix)).collect()
}
