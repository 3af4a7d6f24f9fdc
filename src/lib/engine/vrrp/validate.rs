//! What a configuration must be before a machine may run with it.
//!
//! Decides whether every value is inside what the protocol and the machine can do. It refuses to
//! know where the configuration came from: `config` checks the same with the user's words and
//! lines; this is the last door, for plans from other programs and for flags.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use super::config::{
    Family, NodeConfig, RouterConfig, SyncGroupConfig, TrackerConfig, VirtualAddress,
};
use crate::wire::vrrp::{Auth, Version};

/// Longest interval of version 2, in seconds (RFC 3768 section 5.3.7: 8 bits).
const V2_MOST_SECONDS: u64 = 255;
/// Unit of version 3's interval (RFC 9568 section 5.2.7: centiseconds).
const V3_UNIT: Duration = Duration::from_millis(10);
/// Longest interval of version 3 (12 bits of centiseconds).
const V3_MOST: Duration = Duration::from_millis(40_950);
/// Greatest weight of a tracker, to either side.
const MOST_WEIGHT: u16 = 254;
/// Addresses that an advert can name (RFC 9568 section 5.2.5: 8 bits).
const MOST_ADDRESSES: usize = 255;

/// The first thing that is wrong, and with which instance or group.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{subject}: {problem}")]
pub struct Invalid {
    /// Name of the instance or group.
    pub subject: String,
    /// What is wrong, and what would be right.
    pub problem: Problem,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// VRID 0.
    #[error("virtual router id 0 is not in 1..=255")]
    Vrid,
    /// Priority 0.
    #[error("priority 0 means that a master stops; use 1..=255")]
    Priority,
    /// Version 2 cannot say it.
    #[error("version 2 cannot advertise every {0:?}; use whole seconds, 1..=255")]
    IntervalV2(Duration),
    /// Version 3 cannot say it.
    #[error("version 3 cannot advertise every {0:?}; use 10 ms to 40.95 s in steps of 10 ms")]
    IntervalV3(Duration),
    /// Only version 2 over IPv4 has it.
    #[error("authentication by AH is for version 2 over IPv4")]
    Ah,
    /// Too many for one advert.
    #[error(
        "{0} addresses do not fit into an advert; move some to the excluded ones (at most 255)"
    )]
    AddressCount(usize),
    /// Of the other family.
    #[error("{0} is not of the router's family")]
    Family(IpAddr),
    /// Longer than the address.
    #[error("{0}/{1} has a longer prefix than the address has bits")]
    Prefix(IpAddr, u8),
    /// Outside 1..=100.
    #[error("down_timer_adverts {0} is not in 1..=100")]
    DownTimerAdverts(u8),
    /// Nothing would tell the network.
    #[error("a new master announces each address at least once, not 0 times")]
    Repeat,
    /// No multicast address.
    #[error("{0} is no multicast group")]
    Group(IpAddr),
    /// A multicast address.
    #[error("{0} is a multicast group, not a peer")]
    Peer(IpAddr),
    /// Outside -254..=254.
    #[error("weight {0} is not in -254..=254")]
    Weight(i16),
    /// Two instances of one name.
    #[error("another instance has the same name")]
    Name,
    /// Two instances that no packet could tell apart.
    #[error("instance {0} has the same interface, family and virtual router id")]
    Duplicate(String),
    /// A group needs members.
    #[error("a sync group needs at least one member")]
    NoMember,
    /// A member that is not there.
    #[error("member {0} is no instance")]
    UnknownMember(String),
    /// A member of another group.
    #[error("member {0} is already in another sync group")]
    SharedMember(String),
}

/// A [`NodeConfig`] as it is read, before it is looked at.
#[derive(Deserialize)]
pub(super) struct Unchecked {
    routers: Vec<RouterConfig>,
    #[serde(default)]
    groups: Vec<SyncGroupConfig>,
    #[serde(default)]
    trackers: Vec<TrackerConfig>,
    #[serde(default, rename = "startup_delay_us", with = "crate::time::micros")]
    startup_delay: Duration,
}

impl TryFrom<Unchecked> for NodeConfig {
    type Error = Invalid;

    fn try_from(read: Unchecked) -> Result<Self, Invalid> {
        let Unchecked { routers, groups, trackers, startup_delay } = read;
        let config = Self { routers, groups, trackers, startup_delay };
        config.validate().map(|()| config)
    }
}

impl RouterConfig {
    /// Whether the machine can run with this.
    ///
    /// # Errors
    /// The first value that is out of bounds.
    pub fn validate(&self) -> Result<(), Invalid> {
        self.find_problem().map_or(Ok(()), |problem| Err(invalid(&self.name, problem)))
    }

    fn find_problem(&self) -> Option<Problem> {
        let interval = self.advertisement_interval;
        let weight = self.tracked.iter().map(|tracked| tracked.weight);
        match () {
            () if self.vrid == 0 => Some(Problem::Vrid),
            () if self.priority == 0 => Some(Problem::Priority),
            () if !fits(self.version, interval) => Some(match self.version {
                Version::V2 => Problem::IntervalV2(interval),
                Version::V3 => Problem::IntervalV3(interval),
            }),
            () if self.addresses.len() > MOST_ADDRESSES => {
                Some(Problem::AddressCount(self.addresses.len()))
            }
            () if !(1..=100).contains(&self.down_timer_adverts) => {
                Some(Problem::DownTimerAdverts(self.down_timer_adverts))
            }
            () if matches!(self.auth, Auth::Ah(_))
                && (self.version, self.family) != (Version::V2, Family::Ipv4) =>
            {
                Some(Problem::Ah)
            }
            () if self.announce.repeat == 0 => Some(Problem::Repeat),
            () => None,
        }
        .or_else(|| weight.clone().find(|each| is_heavy(*each)).map(Problem::Weight))
        .or_else(|| self.find_address_problem())
    }

    /// Families and prefixes; groups that are groups and peers that are not.
    fn find_address_problem(&self) -> Option<Problem> {
        let named = self.addresses.iter().map(|each| each.address);
        let peers = || self.peers.iter().map(|peer| peer.address);
        let mut of_family = named.chain(peers()).chain(self.source).chain(self.group);
        let stranger = of_family.find(|address| Family::of(*address) != self.family);
        let mut all = self.addresses.iter().chain(&self.excluded);
        stranger
            .map(Problem::Family)
            .or_else(|| {
                let bad = all.find(|each| each.prefix > bits(each))?;
                Some(Problem::Prefix(bad.address, bad.prefix))
            })
            .or_else(|| self.group.filter(|group| !group.is_multicast()).map(Problem::Group))
            .or_else(|| peers().find(IpAddr::is_multicast).map(Problem::Peer))
    }

    /// What packets tell it by. Unicast routers with sources of their own may share everything
    /// else.
    fn wire(&self) -> (&str, Family, u8, bool, Option<IpAddr>) {
        let unicast = !self.peers.is_empty();
        let source = self.source.filter(|_| unicast);
        (&self.interface, self.family, self.vrid, unicast, source)
    }
}

impl NodeConfig {
    /// Whether a node can run with this.
    ///
    /// # Errors
    /// The first instance or group that is not right.
    pub fn validate(&self) -> Result<(), Invalid> {
        let (mut names, mut wires) = (BTreeSet::new(), BTreeMap::new());
        for router in &self.routers {
            router.validate()?;
            if !names.insert(router.name.as_str()) {
                return Err(invalid(&router.name, Problem::Name));
            }
            if let Some(other) = wires.insert(router.wire(), &router.name) {
                return Err(invalid(&router.name, Problem::Duplicate(other.clone())));
            }
        }
        self.validate_groups(&names)
    }

    fn validate_groups(&self, names: &BTreeSet<&str>) -> Result<(), Invalid> {
        let mut grouped = BTreeSet::new();
        for group in &self.groups {
            let problem = |problem| Err(invalid(&group.name, problem));
            if group.members.is_empty() {
                return problem(Problem::NoMember);
            }
            for member in &group.members {
                if !names.contains(member.as_str()) {
                    return problem(Problem::UnknownMember(member.clone()));
                }
                if !grouped.insert(member) {
                    return problem(Problem::SharedMember(member.clone()));
                }
            }
            if let Some(heavy) = group.tracked.iter().find(|each| is_heavy(each.weight)) {
                return problem(Problem::Weight(heavy.weight));
            }
        }
        Ok(())
    }
}

fn invalid(subject: &str, problem: Problem) -> Invalid {
    Invalid { subject: subject.to_owned(), problem }
}

/// Whether an advert of `version` can say `interval`.
fn fits(version: Version, interval: Duration) -> bool {
    match version {
        Version::V2 => {
            interval.subsec_nanos() == 0 && (1..=V2_MOST_SECONDS).contains(&interval.as_secs())
        }
        Version::V3 => {
            interval.as_nanos().is_multiple_of(V3_UNIT.as_nanos())
                && (V3_UNIT..=V3_MOST).contains(&interval)
        }
    }
}

fn is_heavy(weight: i16) -> bool {
    weight.unsigned_abs() > MOST_WEIGHT
}

/// Bits of an address: its longest prefix.
fn bits(address: &VirtualAddress) -> u8 {
    match address.address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::vrrp::testing::{HIGH, node, router, single, tracked, vip};
    use crate::engine::vrrp::{SyncGroupConfig, UnicastPeer};

    /// One change that makes a good configuration wrong.
    type Spoil = fn(&mut RouterConfig);

    #[test]
    fn every_bound_is_checked() {
        let six: IpAddr = "2001:db8::1".parse().unwrap();
        let short = Duration::from_millis(15);
        let rows: [(Spoil, Problem); 13] = [
            (|c| c.vrid = 0, Problem::Vrid),
            (|c| c.priority = 0, Problem::Priority),
            (|c| c.advertisement_interval = Duration::from_millis(15), Problem::IntervalV3(short)),
            (|c| c.advertisement_interval = Duration::ZERO, Problem::IntervalV3(Duration::ZERO)),
            (|c| c.version = Version::V2, Problem::IntervalV2(Duration::from_millis(100))),
            (|c| c.addresses = vec![vip("10.0.0.1"); 256], Problem::AddressCount(256)),
            (|c| c.addresses.push(vip("2001:db8::1")), Problem::Family(six)),
            (|c| c.source = "2001:db8::1".parse().ok(), Problem::Family(six)),
            (|c| c.addresses[0].prefix = 33, Problem::Prefix("10.0.0.100".parse().unwrap(), 33)),
            (|c| c.down_timer_adverts = 0, Problem::DownTimerAdverts(0)),
            (|c| c.announce.repeat = 0, Problem::Repeat),
            (|c| c.tracked = vec![tracked("s", -255)], Problem::Weight(-255)),
            (|c| c.group = Some(HIGH), Problem::Group(HIGH)),
        ];
        let good =
            || RouterConfig { advertisement_interval: Duration::from_millis(100), ..single(100) };
        assert_eq!(good().validate(), Ok(()));
        for (spoil, problem) in rows {
            let mut config = good();
            spoil(&mut config);
            assert_eq!(config.validate(), Err(invalid("VI_1", problem)));
        }
    }

    #[test]
    fn an_excluded_address_may_be_of_the_other_family() {
        let config = RouterConfig { excluded: vec![vip("2001:db8::1")], ..single(100) };
        assert_eq!(config.validate(), Ok(()));
    }

    #[test]
    fn a_plan_that_is_read_is_valid_or_refused() {
        let text = serde_json::to_string(&node(vec![single(100)])).unwrap();
        assert_eq!(serde_json::from_str::<NodeConfig>(&text).unwrap(), node(vec![single(100)]));
        let bad = text.replace("\"priority\":100", "\"priority\":0");
        let error = serde_json::from_str::<NodeConfig>(&bad).unwrap_err();
        assert!(error.to_string().starts_with("VI_1: priority 0 means"), "{error}");
        assert_eq!(serde_json::from_str::<NodeConfig>("{\"routers\":[]}").unwrap(), node(vec![]));
    }

    #[test]
    fn instances_must_be_told_apart_by_name_and_by_packet() {
        let twice = node(vec![single(100), single(100)]);
        assert_eq!(twice.validate(), Err(invalid("VI_1", Problem::Name)));
        let same = node(vec![single(100), router("B", 1, 100)]);
        assert_eq!(same.validate(), Err(invalid("B", Problem::Duplicate("VI_1".into()))));
        let mut unicast = same;
        unicast.routers[1].peers =
            vec![UnicastPeer { address: HIGH, min_ttl: None, max_ttl: None }];
        assert_eq!(unicast.validate(), Ok(()));
    }

    #[test]
    fn groups_name_instances_that_exist_and_belong_to_them_alone() {
        let group = |name: &str, members: &[&str]| SyncGroupConfig {
            name: name.into(),
            members: members.iter().map(|&member| member.to_owned()).collect(),
            tracked: vec![],
        };
        let with = |groups| NodeConfig { groups, ..node(vec![single(100)]) }.validate();
        assert_eq!(with(vec![group("G", &["VI_1"])]), Ok(()));
        assert_eq!(with(vec![group("G", &[])]), Err(invalid("G", Problem::NoMember)));
        let unknown = with(vec![group("G", &["VI_9"])]).unwrap_err();
        assert_eq!(unknown.to_string(), "G: member VI_9 is no instance");
        assert_eq!(
            with(vec![group("G", &["VI_1"]), group("H", &["VI_1"])]),
            Err(invalid("H", Problem::SharedMember("VI_1".into())))
        );
    }
}
