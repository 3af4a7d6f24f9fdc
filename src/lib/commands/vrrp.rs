//! `ha vrrp`: virtual routers (RFC 9568, RFC 3768).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use caps::Capability;

use super::address::{AddressArg, parse_address};
use crate::config::load;
use crate::drivers::config_loader::{SystemLoader, options};
use crate::drivers::vrrp::{self, Setup};
use crate::engine::vrrp::{
    AnnounceConfig, Checksum, Family, NodeConfig, Preempt, RouterConfig, TrackerId, UnicastPeer,
    VirtualAddress,
};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::holdings::Holdings;
use crate::io::lease::{Lease, Refused};
use crate::io::recorder::Recorder;
use crate::io::{capabilities, lines};
use crate::output::{EventStream, Printer, diagnostics, log};
use crate::time::parse_duration;
use crate::wire::vrrp::{Auth, Version};

const EXAMPLES: &str = "\
Examples:
  ha vrrp run -i eth0 --vrid 51 --vip 192.0.2.150/24
  ha vrrp run -i eth0 --vrid 51 --priority 150 --vip 192.0.2.150/24 --advert 100ms --version 3
  ha vrrp run -i eth0 --vrid 52 --vip fe80::5/64 --vip 2001:db8::5/64
  ha vrrp run -f /etc/keepalived/keepalived.conf     every virtual router, without the scripts

A TIME has a unit: 1s, 100ms, 2.5s. It needs CAP_NET_ADMIN and CAP_NET_RAW.
Exit codes: 0 stopped; 2 the flags do not fit together; 3 the configuration is invalid; 4 a
privilege or kernel feature is missing; 5 the system refused; 6 the addresses could not be removed
in time.";

/// What a password is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum AuthType {
    /// It stands in every advert.
    #[default]
    Pass,
    /// It is the key of an Authentication Header before every advert, as keepalived has it.
    Ah,
}

/// Arguments of `ha vrrp`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, clap::Subcommand)]
enum Job {
    /// Run virtual routers in the foreground: one from flags, or all of a plan.
    ///
    /// SIGTERM and SIGINT stop gracefully: priority 0 goes out, the addresses stay until the
    /// successor is heard. A second signal ends at once.
    #[command(disable_version_flag = true, after_help = EXAMPLES)]
    Run(Box<RunArgs>),
}

/// Arguments of `ha vrrp run`.
#[derive(Debug, clap::Args)]
struct RunArgs {
    /// Read a plan (JSON) as the first line of stdin, control lines after it; `-` is stdin.
    #[arg(long, value_name = "-", value_parser = ["-"], group = "source")]
    plan: Option<String>,

    /// Keep the time of the last advert in this directory, so that the next process can carry on
    /// when this one crashes.
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,

    /// Leave the virtual addresses in place at the end; peers are told that this host stops.
    #[arg(long)]
    keep_addresses: bool,

    /// Write down everything that decides, for `ha sim --replay`, one JSON line each. Passwords
    /// are in it: only its owner may read the file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Run all virtual routers of a configuration; SIGHUP reads it again. Its scripts are not
    /// run: that takes `ha run`.
    #[arg(short, long, value_name = "FILE", group = "source")]
    file: Option<PathBuf>,

    /// What `@ID` lines of the configuration are compared with [default: the host name up to its
    /// first dot].
    #[arg(long, value_name = "ID", requires = "file")]
    config_id: Option<String>,

    #[command(flatten)]
    router: Option<RouterArgs>,
}

/// One virtual router.
#[derive(Debug, clap::Args)]
#[group(id = "router", conflicts_with = "source")]
#[command(next_help_heading = "One virtual router")]
struct RouterArgs {
    /// Interface to send adverts on and to put the addresses on.
    #[arg(short, long, value_name = "IF")]
    interface: String,

    /// Virtual router identifier, 1 to 255; the same on every host of the virtual router.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    vrid: u8,

    /// Priority, 1 to 255; the highest becomes master. 255 owns the addresses and starts as master.
    #[arg(long, value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u8).range(1..))]
    priority: u8,

    /// Virtual address that adverts name; may be repeated.
    #[arg(long, value_name = "ADDR/LEN", value_parser = parse_address, required = true)]
    vip: Vec<AddressArg>,

    /// Address that moves along without being named in adverts, of either family; may be
    /// repeated.
    #[arg(long, value_name = "ADDR/LEN", value_parser = parse_address)]
    exclude: Vec<AddressArg>,

    /// Name of the instance in events [default: INTERFACE-VRID].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Advertisement interval: 1s to 255s in whole seconds in version 2, 10ms to 40.95s in steps
    /// of 10 ms in version 3.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_duration)]
    advert: Duration,

    /// Protocol version [default: 2 for IPv4 with whole seconds, else 3].
    #[arg(long = "version", value_name = "2|3", value_parser = parse_version)]
    protocol: Option<Version>,

    /// Never take over from a living master, however low its priority.
    #[arg(long, conflicts_with = "preempt_delay")]
    nopreempt: bool,

    /// Take over from a living master of lower priority only after this long.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    preempt_delay: Option<Duration>,

    /// Password of version 2, 1 to 8 bytes. It is sent in clear unless it is the key of AH; on the
    /// command line other users
    /// of this host see it, in the environment they do not.
    #[arg(long, value_name = "TEXT", env = "HA_AUTH_PASS", hide_env_values = true)]
    auth_pass: Option<String>,

    /// How the password is used: sent as it is, or as the key of an Authentication Header.
    #[arg(long, value_enum, default_value_t, requires = "auth_pass")]
    auth_type: AuthType,

    /// Source address of adverts [default: the first address of the interface].
    #[arg(long, value_name = "ADDR")]
    src: Option<IpAddr>,

    /// Send adverts to this address instead of the multicast group; may be repeated.
    #[arg(long, value_name = "ADDR")]
    peer: Vec<IpAddr>,

    /// Multicast group [default: `224.0.0.18` or `ff02::12`].
    #[arg(long, value_name = "ADDR", conflicts_with = "peer")]
    group: Option<IpAddr>,

    /// Advertisement intervals without an advert after which a backup takes over, 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 3,
        value_parser = clap::value_parser!(u8).range(1..=100))]
    down_adverts: u8,

    /// Version 3 over IPv4: send the checksum over the message only, as RFC 9568 says. Both forms
    /// are accepted either way.
    #[arg(long)]
    checksum_message_only: bool,

    /// Gratuitous ARP (or neighbour advertisement) messages for each address on becoming master,
    /// and again in the second batch.
    #[arg(long, value_name = "N", default_value_t = 5)]
    garp_repeat: u32,

    /// Time from the first batch of announcements to the second; 0s for no second batch.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_duration)]
    garp_delay: Duration,

    /// Announce every address once in this interval while master; 0s for never.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_duration)]
    garp_refresh: Duration,

    /// Least time between two announcements on an interface.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_duration)]
    garp_interval: Duration,
}

/// Run the command.
///
/// # Errors
/// What could not be done, on what, why, and what to do.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    match args.job {
        Job::Run(args) => run(*args, printer),
    }
}

/// What the process may do: addresses and links, raw sockets.
const NEEDED: [Capability; 2] = [Capability::CAP_NET_ADMIN, Capability::CAP_NET_RAW];

fn run(args: RunArgs, printer: Printer) -> Result<Exit> {
    let supervised = args.plan.is_some();
    let mut from_file = args.file.map(|file| reader(file, args.config_id));
    let config = match (&args.router, &mut from_file) {
        (Some(router), _) => {
            let routers = vec![router.resolve()?];
            Some(NodeConfig { routers, ..NodeConfig::default() })
        }
        (None, Some(read)) => Some(read()?),
        (None, None) if supervised => None,
        (None, None) => {
            let cause = "neither a router (-i, --vrid, --vip) nor -f FILE nor --plan - was given";
            return Err(usage(cause));
        }
    };
    capabilities::demand(&NEEDED, "run virtual routers")?;
    // Opened while the process may still do it.
    let lease = match args.state_dir.as_deref().map(Lease::open) {
        None => None,
        Some(Ok(lease)) => Some(lease),
        Some(Err(Refused::Taken(error))) => return Err(error),
        Some(Err(Refused::Unusable(error))) => {
            tracing::error!("{error}; after a crash this host starts as backup");
            None
        }
    };
    let holdings = args.state_dir.as_deref().map(Holdings::open);
    capabilities::confine(&NEEDED)?;
    log::never_wait()?;
    let record = args.record.as_deref().map(Recorder::create).transpose()?;
    let events = EventStream::start(Printer::new(supervised || printer.is_json()))?;
    let lines = supervised.then(lines::standard_input).transpose();
    let control = lines.map_err(|e| Error::new("read", "stdin", e))?;
    let sink = events.clone();
    let outcome = vrrp::run(Setup {
        config,
        node: None,
        lease,
        holdings,
        keep_addresses: args.keep_addresses,
        record,
        control,
        reload: from_file,
        emit: Box::new(move |line| sink.emit(line)),
    });
    events.flush(Duration::from_secs(1));
    outcome.map(|()| Exit::Success)
}

/// Reads the virtual routers of a configuration, each time it is called.
fn reader(file: PathBuf, config_id: Option<String>) -> Box<dyn FnMut() -> Result<NodeConfig>> {
    Box::new(move || {
        let outcome = load(&file, &options(config_id.clone()), &SystemLoader);
        diagnostics::print(&outcome);
        let errors = outcome.errors();
        let Some(model) = outcome.model else {
            let cause = format!("{errors} errors, told above");
            let target = file.display().to_string();
            return Err(Error::new("run virtual routers of", target, cause).exit(Exit::Invalid));
        };
        Ok(without_scripts(model.vrrp))
    })
}

/// Nobody runs scripts here, so their verdicts would never come.
fn without_scripts(mut config: NodeConfig) -> NodeConfig {
    let tracked = config.routers.iter_mut().map(|router| &mut router.tracked);
    for tracked in tracked.chain(config.groups.iter_mut().map(|group| &mut group.tracked)) {
        tracked.retain(|tracked| match &tracked.tracker {
            TrackerId::Interface(_) => true,
            TrackerId::Script(script) => {
                tracing::warn!(script, "scripts are not run here: use `ha run`");
                false
            }
        });
    }
    config.trackers.clear();
    config
}

fn usage(cause: &str) -> Error {
    Error::new("run virtual routers", "", cause)
        .remedy("see `ha vrrp run --help`")
        .exit(Exit::Usage)
}

fn parse_version(text: &str) -> std::result::Result<Version, String> {
    text.parse::<u8>().map_err(|_| "use 2 or 3".to_owned()).and_then(Version::try_from)
}

impl RouterArgs {
    /// The router that the flags describe, checked as the configuration language checks it.
    fn resolve(&self) -> Result<RouterConfig> {
        let addresses: Vec<VirtualAddress> =
            self.vip.iter().map(AddressArg::virtual_address).collect();
        let families: BTreeSet<Family> = addresses.iter().map(|a| Family::of(a.address)).collect();
        let [family] = Vec::from_iter(families)[..] else {
            return Err(usage(
                "--vip names addresses of both families; use --exclude for one of them",
            ));
        };
        let others = self.peer.iter().chain(&self.src).chain(&self.group);
        if let Some(other) = others.into_iter().find(|a| Family::of(**a) != family) {
            return Err(usage(&format!("{other} is not of the family of the virtual addresses")));
        }
        let version = self.version(family);
        self.check_interval(version)?;
        Ok(RouterConfig {
            name: self.name.clone().unwrap_or_else(|| format!("{}-{}", self.interface, self.vrid)),
            interface: self.interface.clone(),
            vrid: self.vrid,
            family,
            version,
            priority: self.priority,
            advertisement_interval: self.advert,
            addresses,
            excluded: self.exclude.iter().map(AddressArg::virtual_address).collect(),
            // Who authenticates hears the number of the others first.
            starts_as_master: self.priority == u8::MAX && self.auth_type == AuthType::Pass,
            preempt: match (self.nopreempt, self.preempt_delay) {
                (true, _) => Preempt::Never,
                (false, Some(delay)) => Preempt::After(delay),
                (false, None) => Preempt::Always,
            },
            auth: self.auth(version, family)?,
            checksum: if self.checksum_message_only {
                Checksum::MessageOnly
            } else {
                Checksum::PseudoHeader
            },
            down_timer_adverts: self.down_adverts,
            source: self.src,
            group: self.group,
            peers: self.peer.iter().map(|peer| unicast(*peer)).collect(),
            unicast_ttl: None,
            check_unicast_source: false,
            skip_check_addresses: false,
            lower_priority_no_advert: false,
            higher_priority_send_advert: true,
            owner_ignores_adverts: false,
            track_primary: true,
            announce: self.announce(),
            tracked: Vec::new(),
        })
    }

    /// As keepalived chooses: 2 for IPv4, 3 for IPv6; an interval that version 2 cannot express
    /// asks for 3.
    fn version(&self, family: Family) -> Version {
        self.protocol.unwrap_or(match family {
            Family::Ipv4 if self.advert.subsec_nanos() == 0 => Version::V2,
            _ => Version::V3,
        })
    }

    fn check_interval(&self, version: Version) -> Result<()> {
        let millis = self.advert.as_millis();
        let fits = match version {
            Version::V2 => self.advert.subsec_nanos() == 0 && (1_000..=255_000).contains(&millis),
            Version::V3 => {
                self.advert.subsec_nanos().is_multiple_of(10_000_000)
                    && (10..=40_950).contains(&millis)
            }
        };
        if fits {
            return Ok(());
        }
        Err(usage(match version {
            Version::V2 => "--advert must be whole seconds, 1 to 255, in version 2",
            Version::V3 => "--advert must be 10 ms to 40.95 s in steps of 10 ms in version 3",
        }))
    }

    fn auth(&self, version: Version, family: Family) -> Result<Auth> {
        let Some(password) = &self.auth_pass else { return Ok(Auth::None) };
        if version == Version::V3 {
            return Err(usage("--auth-pass: version 3 has no authentication; add --version 2"));
        }
        let mut bytes = [0; 8];
        if password.is_empty() || password.len() > bytes.len() {
            return Err(usage("--auth-pass must be 1 to 8 bytes"));
        }
        bytes.iter_mut().zip(password.bytes()).for_each(|(to, from)| *to = from);
        Ok(match self.auth_type {
            AuthType::Pass => Auth::Pass(bytes),
            AuthType::Ah if family == Family::Ipv6 => {
                return Err(usage("--auth-type ah: only IPv4 has it"));
            }
            AuthType::Ah => Auth::Ah(bytes),
        })
    }

    const fn announce(&self) -> AnnounceConfig {
        AnnounceConfig {
            repeat: self.garp_repeat,
            delay: self.garp_delay,
            refresh: self.garp_refresh,
            refresh_repeat: 1,
            lower_priority_repeat: self.garp_repeat,
            lower_priority_delay: self.garp_delay,
            interval: self.garp_interval,
        }
    }
}

const fn unicast(address: IpAddr) -> UnicastPeer {
    UnicastPeer { address, min_ttl: None, max_ttl: None }
}
