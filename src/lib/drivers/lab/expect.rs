//! What the protocol allows: who should take over after a fault, and how long that may take.
//!
//! Pure arithmetic of RFC 9568 section 6.1 (and RFC 3768 section 6.1 for version 2) over the
//! configurations of all hosts; it knows nothing of what really happened.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::engine::check::ScriptConfig;
use crate::engine::vrrp::{Preempt, RouterConfig, TrackerId};
use crate::output::event::lab::Fault;
use crate::wire::vrrp::Version;

/// A host that may hold the virtual address.
#[derive(Clone, Debug)]
pub struct Contender {
    /// Its place among the hosts.
    pub host: usize,
    /// Its own address: decides between equal priorities.
    pub address: Ipv4Addr,
    /// Its virtual router of that address.
    pub router: RouterConfig,
    /// Its scripts.
    pub scripts: Vec<ScriptConfig>,
}

/// What should become of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Which host takes over; none when the holder keeps the address.
    pub successor: Option<usize>,
    /// Within which time; none when nobody takes over.
    pub takeover: Option<Duration>,
    /// How long the client may be without answer.
    pub outage: Duration,
}

impl Contender {
    /// Effective priority while all trackers are good, or with every script `failing`. `None`
    /// is fault: a failing script of weight zero takes the router out.
    #[must_use]
    pub fn priority(&self, failing: bool) -> Option<u8> {
        if self.router.priority == u8::MAX {
            return Some(u8::MAX);
        }
        let mut sum = i16::from(self.router.priority);
        for tracked in &self.router.tracked {
            let fails = failing && matches!(tracked.tracker, TrackerId::Script(_));
            let good = fails == tracked.reverse;
            match (tracked.weight, good) {
                (0, false) => return None,
                (weight, true) if weight > 0 => sum = sum.saturating_add(weight),
                (weight, false) if weight < 0 => sum = sum.saturating_add(weight),
                _ => {}
            }
        }
        Some(u8::try_from(sum.clamp(1, 254)).unwrap_or(1))
    }

    /// How much later than a perfect one this backup gives up on the master: `(256 - priority)
    /// / 256` of a second in version 2, of the advertisement interval in version 3.
    #[must_use]
    pub fn skew_time(&self) -> Duration {
        let unit = match self.router.version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => self.router.advertisement_interval,
        };
        unit * (256 - u32::from(self.priority(false).unwrap_or(1))) / 256
    }

    /// Silence after which this backup takes over.
    #[must_use]
    pub fn master_down_interval(&self) -> Duration {
        self.router.advertisement_interval * u32::from(self.router.down_timer_adverts)
            + self.skew_time()
    }

    /// Longest time until failing (or recovering) scripts are noticed.
    #[must_use]
    pub fn script_detection(&self) -> Duration {
        let tracked = |script: &&ScriptConfig| {
            self.router
                .tracked
                .iter()
                .any(|t| matches!(&t.tracker, TrackerId::Script(name) if *name == script.name))
        };
        self.scripts
            .iter()
            .filter(tracked)
            .map(|script| script.interval * script.fall.max(script.rise).max(1))
            .max()
            .unwrap_or(Duration::ZERO)
    }

    fn rank(&self) -> (Option<u8>, Ipv4Addr) {
        (self.priority(false), self.address)
    }
}

/// Who holds the address when nothing is wrong.
#[must_use]
pub fn home(contenders: &[Contender]) -> Option<&Contender> {
    contenders.iter().max_by_key(|contender| contender.rank())
}

/// What `fault` on host `holder` should lead to, `advert_age` after its last advert.
#[must_use]
pub fn expect(
    fault: Fault,
    contenders: &[Contender],
    holder: usize,
    advert_age: Duration,
) -> Expectation {
    let nothing = Expectation { successor: None, takeover: None, outage: Duration::ZERO };
    let others = contenders.iter().filter(|contender| contender.host != holder);
    let Some(next) = others.max_by_key(|contender| contender.rank()) else { return nothing };
    let silence = next.master_down_interval().saturating_sub(advert_age);
    let (takeover, outage) = match fault {
        Fault::Kill | Fault::Link => (silence, silence),
        Fault::Term => (next.skew_time(), next.skew_time()),
        // The old master keeps the address and answers.
        Fault::Partition | Fault::Freeze => (silence, Duration::ZERO),
        Fault::Script => {
            let Some(failed) = contenders.iter().find(|contender| contender.host == holder) else {
                return nothing;
            };
            let noticed = failed.script_detection();
            match (failed.priority(true), next.router.preempt) {
                // The fault is announced with priority 0, like a stop.
                (None, _) => (noticed + next.skew_time(), next.skew_time()),
                (left, _) if (left, failed.address) > next.rank() => return nothing,
                (_, Preempt::Never) => return nothing,
                (_, Preempt::Always) => (noticed + next.master_down_interval(), Duration::ZERO),
                (_, Preempt::After(delay)) => {
                    (noticed + delay + next.master_down_interval(), Duration::ZERO)
                }
            }
        }
    };
    Expectation { successor: Some(next.host), takeover: Some(takeover), outage }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::check::CommandLine;
    use crate::engine::vrrp::{AnnounceConfig, Checksum, Family, Tracked};
    use crate::wire::vrrp::Auth;

    fn router(version: Version, priority: u8, interval: Duration, weight: i16) -> RouterConfig {
        RouterConfig {
            name: "VI".into(),
            interface: "eth0".into(),
            vrid: 51,
            family: Family::Ipv4,
            version,
            priority,
            advertisement_interval: interval,
            addresses: Vec::new(),
            excluded: Vec::new(),
            starts_as_master: false,
            preempt: Preempt::Always,
            auth: Auth::None,
            checksum: Checksum::PseudoHeader,
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
            announce: AnnounceConfig::default(),
            tracked: vec![Tracked {
                tracker: TrackerId::Script("check".into()),
                weight,
                reverse: false,
            }],
        }
    }

    fn script() -> ScriptConfig {
        ScriptConfig {
            name: "check".into(),
            command: CommandLine { argv: vec!["/bin/true".into()], identity: None },
            interval: Duration::from_secs(2),
            timeout: Duration::from_secs(2),
            rise: 1,
            fall: 1,
            init_fail: false,
        }
    }

    fn pair(version: Version, interval: Duration, weight: i16) -> [Contender; 2] {
        [(0, 100), (1, 90)].map(|(host, priority)| Contender {
            host,
            address: Ipv4Addr::new(10, 0, 0, u8::try_from(host).unwrap() + 1),
            router: router(version, priority, interval, weight),
            scripts: vec![script()],
        })
    }

    fn micros(n: u64) -> Duration {
        Duration::from_micros(n)
    }

    #[test]
    fn a_dead_master_is_replaced_when_three_intervals_and_the_skew_have_passed() {
        // Priority 90: skew (256 - 90) / 256 s = 648.4375 ms.
        let hosts = pair(Version::V2, Duration::from_secs(1), -20);
        let expected = expect(Fault::Kill, &hosts, 0, Duration::from_millis(400));
        assert_eq!(expected.successor, Some(1));
        assert_eq!(expected.outage, micros(3_248_437) + Duration::from_nanos(500));
        assert_eq!(expected.takeover, Some(expected.outage));
    }

    #[test]
    fn in_version_3_the_skew_shrinks_with_the_interval() {
        let hosts = pair(Version::V3, Duration::from_millis(10), -20);
        assert_eq!(hosts[1].skew_time(), Duration::from_nanos(6_484_375));
        let expected = expect(Fault::Link, &hosts, 0, Duration::ZERO);
        assert_eq!(expected.outage, Duration::from_nanos(36_484_375));
    }

    #[test]
    fn a_stopping_master_is_replaced_after_the_skew_time() {
        let hosts = pair(Version::V2, Duration::from_secs(1), -20);
        let expected = expect(Fault::Term, &hosts, 0, Duration::from_millis(900));
        assert_eq!(expected.outage, hosts[1].skew_time());
    }

    #[test]
    fn hosts_that_live_on_cost_the_client_nothing() {
        let hosts = pair(Version::V2, Duration::from_secs(1), -20);
        for fault in [Fault::Partition, Fault::Freeze] {
            let expected = expect(fault, &hosts, 0, Duration::ZERO);
            assert_eq!(expected.outage, Duration::ZERO);
            assert_eq!(expected.successor, Some(1));
        }
    }

    #[test]
    fn a_failing_script_moves_the_address_only_when_its_weight_is_enough() {
        let enough = pair(Version::V2, Duration::from_secs(1), -20);
        let expected = expect(Fault::Script, &enough, 0, Duration::ZERO);
        assert_eq!(expected.successor, Some(1));
        assert_eq!(
            expected.takeover,
            Some(Duration::from_secs(2) + enough[1].master_down_interval())
        );
        let little = pair(Version::V2, Duration::from_secs(1), -5);
        assert_eq!(expect(Fault::Script, &little, 0, Duration::ZERO).successor, None);
    }

    #[test]
    fn a_script_without_weight_takes_its_host_out() {
        let hosts = pair(Version::V2, Duration::from_secs(1), 0);
        let expected = expect(Fault::Script, &hosts, 0, Duration::ZERO);
        assert_eq!(expected.outage, hosts[1].skew_time());
        assert_eq!(hosts[0].priority(true), None);
    }

    #[test]
    fn a_backup_that_does_not_preempt_lets_a_weakened_master_stay() {
        let mut hosts = pair(Version::V2, Duration::from_secs(1), -20);
        hosts[1].router.preempt = Preempt::Never;
        assert_eq!(expect(Fault::Script, &hosts, 0, Duration::ZERO).successor, None);
    }

    #[test]
    fn home_is_the_highest_priority_and_then_the_highest_address() {
        let mut hosts = pair(Version::V2, Duration::from_secs(1), -20);
        assert_eq!(home(&hosts).unwrap().host, 0);
        hosts[1].router.priority = 100;
        assert_eq!(home(&hosts).unwrap().host, 1);
    }
}
