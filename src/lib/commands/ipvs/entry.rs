//! `ha ipvs add`, `edit` and `del`: one service or destination, with ipvsadm's options.

use clap::builder::NonEmptyStringValueParser;

use super::apply::print;
use crate::drivers::ipvs::change;
use crate::engine::ipvs::options::{Method, Named, Options, USUAL_PERSISTENCE, socket};
use crate::engine::ipvs::{
    Change, Destination, Entry, GueChecksum, ObservedService, Protocol, Settings,
};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::ipvs::Ipvs;
use crate::output::Printer;
use crate::output::ipvs as output;

/// Which service.
#[expect(clippy::struct_field_names, reason = "they are the names of the options")]
#[derive(Debug, clap::Args)]
#[group(id = "which", required = true, multiple = false)]
struct ServiceArgs {
    /// A TCP service.
    #[arg(short, long, value_name = "ADDRESS:PORT")]
    tcp_service: Option<String>,

    /// A UDP service.
    #[arg(short, long, value_name = "ADDRESS:PORT")]
    udp_service: Option<String>,

    /// An SCTP service.
    #[arg(long, value_name = "ADDRESS:PORT")]
    sctp_service: Option<String>,

    /// Packets that a firewall marked with this number.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    fwmark_service: Option<u32>,
}

impl ServiceArgs {
    fn named(&self) -> std::result::Result<Option<Named>, String> {
        let all = [
            (&self.tcp_service, Protocol::Tcp),
            (&self.udp_service, Protocol::Udp),
            (&self.sctp_service, Protocol::Sctp),
        ];
        for (given, protocol) in all {
            if let Some(word) = given {
                return socket(word).map(|at| Some(Named::Address(protocol, at)));
            }
        }
        Ok(self.fwmark_service.map(Named::Mark))
    }
}

/// Which service, and which destination of it.
#[derive(Debug, clap::Args)]
struct Which {
    #[command(flatten)]
    service: ServiceArgs,

    /// The mark is that of IPv6 packets.
    #[arg(short = '6', long, requires = "fwmark_service")]
    ipv6: bool,

    /// A destination of the service; its port is the service's unless it is given.
    #[arg(short, long, value_name = "ADDRESS[:PORT]")]
    real_server: Option<String>,
}

/// How a service is scheduled.
#[derive(Debug, clap::Args)]
#[group(id = "settings", multiple = true, conflicts_with = "real_server")]
struct SettingsArgs {
    /// Who picks the destination of a connection: rr, wrr, lc, wlc, sh, mh … [default: wlc].
    #[arg(short, long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    scheduler: Option<String>,

    /// Flags of the scheduler with commas between: sh-fallback, sh-port, mh-fallback, mh-port,
    /// flag-1, flag-2, flag-3; empty for none.
    #[arg(short = 'b', long, value_name = "FLAGS")]
    sched_flags: Option<String>,

    /// Connections of a client go to one destination, until it was away this long.
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1,
        default_missing_value = USUAL_PERSISTENCE_TEXT)]
    persistent: Option<u32>,

    /// Which clients count as one: a netmask for IPv4, a prefix length for IPv6.
    #[arg(short = 'M', long, value_name = "MASK")]
    netmask: Option<String>,

    /// A module that knows clients by their payload, such as sip.
    #[arg(long, value_name = "NAME")]
    pe: Option<String>,

    /// Each UDP packet is scheduled for itself.
    #[arg(short, long)]
    ops: bool,
}

const USUAL_PERSISTENCE_TEXT: &str = "300";
const _: () = assert!(USUAL_PERSISTENCE == 300, "both say the same");

/// How packets get to a destination, and how many.
#[derive(Debug, clap::Args)]
#[group(id = "destination", multiple = true, requires = "real_server")]
struct DestinationArgs {
    /// Packets go unchanged to its link address (direct routing), which is the default.
    #[arg(short, long, conflicts_with_all = ["masquerading", "ipip"])]
    gatewaying: bool,

    /// Addresses are rewritten (NAT); the only one that can change the port.
    #[arg(short, long, conflicts_with = "ipip")]
    masquerading: bool,

    /// Packets go through a tunnel.
    #[arg(short, long)]
    ipip: bool,

    /// What the outer packet is [default: ipip].
    #[arg(long, value_name = "TYPE", value_parser = ["ipip", "gre", "gue"])]
    tun_type: Option<String>,

    /// UDP port of a gue tunnel.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    tun_port: Option<u16>,

    /// The outer packet has no checksum, which is the default.
    #[arg(long, conflicts_with_all = ["tun_csum", "tun_remcsum"])]
    tun_nocsum: bool,

    /// The outer packet has a checksum.
    #[arg(long, conflicts_with = "tun_remcsum")]
    tun_csum: bool,

    /// The inner checksum is left to the other side (gue).
    #[arg(long)]
    tun_remcsum: bool,

    /// Its share of connections; 0: no new ones [default: 1].
    #[arg(short, long, value_name = "N")]
    weight: Option<u32>,

    /// Connections above which it gets no more; 0: any number.
    #[arg(short = 'x', long, value_name = "N")]
    u_threshold: Option<u32>,

    /// Connections below which it gets some again; 0: three quarters of the upper threshold.
    #[arg(short = 'y', long, value_name = "N")]
    l_threshold: Option<u32>,
}

/// Arguments of `ha ipvs add`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha ipvs add -t 192.0.2.10:80 -s wrr --persistent 300
  ha ipvs add -t 192.0.2.10:80 -r 10.0.0.1:8080 --masquerading --weight 3
  ha ipvs add -f 7 -6 -s sh -b sh-port,sh-fallback")]
pub(super) struct AddArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    destination: DestinationArgs,
}

/// Arguments of `ha ipvs edit`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha ipvs edit -t 192.0.2.10:80 -s wlc --no-persistent
  ha ipvs edit -t 192.0.2.10:80 -r 10.0.0.1:8080 --weight 5")]
pub(super) struct EditArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    destination: DestinationArgs,

    /// The service is not persistent any more.
    #[arg(long, conflicts_with_all = ["real_server", "persistent", "netmask", "pe"])]
    no_persistent: bool,

    /// Packets are not scheduled each for itself any more.
    #[arg(long, conflicts_with_all = ["real_server", "ops"])]
    no_ops: bool,
}

/// Arguments of `ha ipvs del`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha ipvs del -t 192.0.2.10:80 -r 10.0.0.1:8080
  ha ipvs del -f 7")]
pub(super) struct DelArgs {
    #[command(flatten)]
    which: Which,
}

impl Which {
    fn options(&self) -> Result<Options<'_>> {
        let service = self.service.named().map_err(unusable)?;
        let server = self.real_server.as_deref();
        Ok(Options { service, is_ipv6: self.ipv6, server, ..Options::default() })
    }
}

impl SettingsArgs {
    fn tell<'a>(&'a self, options: &mut Options<'a>) {
        options.scheduler = self.scheduler.as_deref();
        options.flags = self.sched_flags.as_deref();
        options.persistent = self.persistent;
        options.mask = self.netmask.as_deref();
        options.engine = self.pe.as_deref();
        options.one_packet = self.ops.then_some(true);
    }
}

impl DestinationArgs {
    fn tell<'a>(&'a self, options: &mut Options<'a>) {
        options.forwarding = match (self.masquerading, self.gatewaying, self.ipip) {
            (true, ..) => Some(Method::Nat),
            (_, true, _) => Some(Method::DirectRouting),
            (_, _, true) => Some(Method::Tunnel),
            _ => None,
        };
        options.tunnel = self.tun_type.as_deref();
        options.tunnel_port = self.tun_port;
        options.checksum = match (self.tun_nocsum, self.tun_csum, self.tun_remcsum) {
            (true, ..) => Some(GueChecksum::None),
            (_, true, _) => Some(GueChecksum::Plain),
            (_, _, true) => Some(GueChecksum::Remote),
            _ => None,
        };
        options.weight = self.weight;
        options.upper = self.u_threshold;
        options.lower = self.l_threshold;
    }
}

pub(super) fn add(args: &AddArgs, printer: Printer) -> Result<Exit> {
    let mut options = args.which.options()?;
    args.settings.tell(&mut options);
    args.destination.tell(&mut options);
    let id = options.id().map_err(unusable)?;
    if options.server.is_some() {
        let one = options.destination(id).map_err(unusable)?;
        return carry_out(&Change::AddDestination(id, one), printer);
    }
    let settings = options.settings(id).map_err(unusable)?;
    check(&settings)?;
    carry_out(&Change::AddService(settings), printer)
}

pub(super) fn edit(args: &EditArgs, printer: Printer) -> Result<Exit> {
    let mut options = args.which.options()?;
    args.settings.tell(&mut options);
    args.destination.tell(&mut options);
    options.without_persistence = args.no_persistent;
    if args.no_ops {
        options.one_packet = Some(false);
    }
    let id = options.id().map_err(unusable)?;
    let services = Ipvs::connect()?.read()?;
    let service = services.iter().find(|service| service.settings.id == id);
    let service = service.ok_or_else(|| absent(id.to_string(), "no such service"))?;
    let changed = if options.server.is_some() {
        edit_destination(&options, service)?
    } else {
        edit_service(&options, &service.settings)?
    };
    changed.map_or(Ok(Exit::Success), |change| carry_out(&change, printer))
}

/// Nothing when it is so already.
fn edit_service(options: &Options<'_>, from: &Settings) -> Result<Option<Change>> {
    let to = options.change_settings(from).map_err(unusable)?;
    check(&to)?;
    Ok((to != *from).then(|| Change::EditService { to, from: from.clone() }))
}

fn edit_destination(options: &Options<'_>, service: &ObservedService) -> Result<Option<Change>> {
    let id = service.settings.id;
    let endpoint = options.endpoint(id).map_err(unusable)?;
    let all = service.destinations.iter().map(|one| one.destination);
    let from: Destination = all
        .into_iter()
        .find(|one| one.endpoint() == endpoint)
        .ok_or_else(|| absent(format!("destination {endpoint} of {id}"), "it is not there"))?;
    let to = options.change_destination(&from).map_err(unusable)?;
    to.check(&service.settings).map_err(unusable)?;
    Ok((to != from).then_some(Change::EditDestination { service: id, to, from }))
}

pub(super) fn del(args: &DelArgs, printer: Printer) -> Result<Exit> {
    let options = args.which.options()?;
    let id = options.id().map_err(unusable)?;
    let change = match options.server {
        Some(_) => Change::DeleteDestination(id, options.endpoint(id).map_err(unusable)?),
        None => Change::DeleteService(id),
    };
    carry_out(&change, printer)
}

fn carry_out(wanted: &Change, printer: Printer) -> Result<Exit> {
    change(&mut Ipvs::connect()?, wanted)?;
    let all = std::slice::from_ref(wanted);
    print(printer, all, |done| output::applied(done, &[], false))?;
    Ok(Exit::Success)
}

fn check(settings: &Settings) -> Result<()> {
    Entry::new(settings.clone()).check().map_err(unusable)
}

fn unusable(why: String) -> Error {
    Error::new("use", "the options", why).remedy("see --help").exit(Exit::Usage)
}

fn absent(target: String, why: &'static str) -> Error {
    Error::new("edit", target, why).remedy("look at ha ipvs show; to make it: ha ipvs add")
}
