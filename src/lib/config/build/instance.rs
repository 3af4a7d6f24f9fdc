//! `vrrp_instance` to a router: defaults, and the corrections keepalived makes, each told.

use std::net::IpAddr;
use std::time::Duration;

use super::settings::Settings;
use super::{Context, Router, address, authentication, beyond, scripts, timing, track};
use crate::config::diagnostic::Code;
use crate::config::resolve::Entry;
use crate::config::source::Span;
use crate::config::tree::Node;
use crate::config::values::{self, Parsed};
use crate::engine::vrrp::{
    AnnounceConfig, Checksum, Family, Preempt, RouterConfig, UnicastPeer, VirtualAddress,
};
use crate::wire::vrrp::{Auth, Version};

/// keepalived's priority for a router that is not told any.
const PRIORITY: u8 = 100;
/// Priority of the address owner (RFC 9568 section 5.2.4).
const OWNER: u8 = 255;
/// RFC 9568 section 5.2.5: the count is one byte.
const MOST_ADDRESSES: usize = 255;
/// RFC 9568 section 6.1: intervals missed before a backup takes over.
const DOWN_TIMER_ADVERTS: u8 = 3;

/// Which packets the router sends and wants: decided first, because the rest depends on it.
struct Protocol {
    family: Family,
    version: Version,
    source: Option<IpAddr>,
    peers: Vec<UnicastPeer>,
    addresses: Vec<VirtualAddress>,
}

/// The router of one instance; `None` when it lacks what nobody can make up.
pub(super) fn build(entry: &Entry<'_>, context: &mut Context<'_>) -> Option<Router> {
    let settings = Settings::new(entry);
    let span = entry.value_span();
    let name = entry.text().to_owned();
    let strict = settings.switch("strict_mode").unwrap_or(context.defaults.strict);

    let protocol = protocol(&settings, strict, context);
    let Protocol { family, version, source, peers, mut addresses } = protocol;
    if addresses.is_empty() {
        no_address(&settings, &name, span, (version, strict), context);
    }
    let excluded = address::build(&settings, "virtual_ipaddress_excluded", context);
    let mut excluded: Vec<_> = excluded.into_iter().map(|(address, _)| address).collect();
    let surplus = addresses.split_off(addresses.len().min(MOST_ADDRESSES));
    warn_of_surplus(surplus.len(), settings.span("virtual_ipaddress", span), context);
    excluded.splice(0..0, surplus);
    let place = place(&settings, &name, span, context);
    let tracked = track::build(&settings, settings.text("interface"), context);
    beyond::instance(&settings, &name, strict, context);
    let hooks = scripts::hooks(&settings, context);
    authentication::refuse_hmac(&settings, family, context);
    let auth = authentication::build(&settings, (version, family), strict, context);
    let (priority, starts_as_master) = priority(&settings, &name, span, strict, context);
    let starts_as_master = first_state(&settings, starts_as_master, auth, context);
    let preempt = preempt(&settings, starts_as_master, (priority, strict), context);
    let interval = settings.get("advert_int");
    let advertisement_interval = timing::advert_interval(interval, version, context);
    let (interface, vrid) = place?;
    if !hooks.is_empty() {
        context.notify.instances.insert(name.clone(), hooks);
    }
    let mut config = RouterConfig {
        name,
        interface,
        vrid,
        family,
        version,
        priority,
        advertisement_interval,
        addresses,
        excluded,
        starts_as_master,
        preempt,
        auth,
        checksum: Checksum::PseudoHeader,
        down_timer_adverts: DOWN_TIMER_ADVERTS,
        source,
        group: group(&settings, family, &peers, context),
        unicast_ttl: unicast_ttl(&settings, &peers, context),
        check_unicast_source: false,
        skip_check_addresses: false,
        lower_priority_no_advert: false,
        higher_priority_send_advert: true,
        owner_ignores_adverts: false,
        track_primary: !settings.has("dont_track_primary"),
        announce: AnnounceConfig::default(),
        tracked: tracked.iter().map(|(tracked, _)| tracked.clone()).collect(),
        peers,
    };
    switches(&settings, &mut config, context);
    announce(&settings, &mut config, context);
    if strict {
        be_strict(&settings, &mut config, context);
    }
    validate(&config, span, context);
    let vrid_span = settings.span("virtual_router_id", span);
    let track_spans = tracked.into_iter().map(|(_, span)| span).collect();
    Some(Router { config, span, vrid_span, track_spans })
}

/// More addresses than one advert can name are kept, but not advertised.
fn warn_of_surplus(surplus: usize, span: Span, context: &mut Context<'_>) {
    if surplus > 0 {
        let message = format!("an advert names {MOST_ADDRESSES} addresses at most");
        let remedy = format!("{surplus} are moved to virtual_ipaddress_excluded");
        context.warn(Code::Adjusted, span, message, &remedy);
    }
}

/// What the machine itself would refuse: nothing that is left here should be.
fn validate(config: &RouterConfig, span: Span, context: &mut Context<'_>) {
    if let Err(invalid) = config.validate() {
        let message = format!("vrrp_instance `{}` cannot be built: {invalid}", config.name);
        context.warn(Code::InvalidRouter, span, message, "correct the setting that it names");
    }
}

fn protocol(settings: &Settings<'_>, strict: bool, context: &mut Context<'_>) -> Protocol {
    let mut addresses = address::build(settings, "virtual_ipaddress", context);
    let family = address::one_family(&mut addresses, context);
    let source = source(settings, family, context);
    let family = family.or(source.map(Family::of));
    let peers = peers(settings, family, strict, context);
    let family = family.or(peers.first().map(|p| Family::of(p.address))).unwrap_or(Family::Ipv4);
    let version = version(settings, family, strict, context);
    let addresses = addresses.into_iter().map(|(address, _)| address).collect();
    Protocol { family, version, source, peers, addresses }
}

/// Interface and VRID, without which there is no router.
fn place(
    settings: &Settings<'_>,
    name: &str,
    span: Span,
    context: &mut Context<'_>,
) -> Option<(String, u8)> {
    let vrid = settings.number("virtual_router_id").and_then(|vrid| u8::try_from(vrid).ok());
    if vrid.is_none() {
        context.warn(
            Code::NoVrid,
            span,
            format!("vrrp_instance `{name}` has no usable virtual_router_id"),
            "add: virtual_router_id N, with N from 1 to 255, the same on all its routers",
        );
    }
    let interface = settings.text("interface").filter(|name| !name.is_empty());
    let fits = |name: &&str| name.len() <= address::LONGEST_NAME;
    let wrong = match interface {
        None if settings.has("unicast_peer") => Some((
            format!("vrrp_instance `{name}` has no interface; unicast needs it here too"),
            "add: interface NAME, the one that carries unicast_src_ip",
        )),
        None => Some((
            format!("vrrp_instance `{name}` has no interface"),
            "add: interface NAME, the one that the peers are reached over",
        )),
        Some(long) if !fits(&long) => Some((
            format!("no interface can be called `{long}`"),
            "the kernel's names have at most 15 characters; correct it",
        )),
        Some(_) => None,
    };
    if let Some((message, remedy)) = wrong {
        context.warn(Code::NoInterface, settings.span("interface", span), message, remedy);
    }
    let interface = interface.filter(fits);
    Some((interface?.to_owned(), vrid?))
}

/// `unicast_src_ip` or `mcast_src_ip`.
fn source(
    settings: &Settings<'_>,
    family: Option<Family>,
    context: &mut Context<'_>,
) -> Option<IpAddr> {
    let entry = settings.get("unicast_src_ip").or_else(|| settings.get("mcast_src_ip"))?;
    own_address(entry, family, IpAddr::is_multicast, "is a multicast address", context)
}

/// The address of `entry`, when it is one of `family` and not `wrong`.
fn own_address(
    entry: &Entry<'_>,
    family: Option<Family>,
    wrong: fn(&IpAddr) -> bool,
    why: &str,
    context: &mut Context<'_>,
) -> Option<IpAddr> {
    let keyword = entry.row.keyword;
    let parsed: Result<IpAddr, _> = entry.text().parse();
    let message = match parsed {
        Err(_) => format!("`{keyword}`: `{}` is not an address", entry.text()),
        Ok(address) if family.is_some_and(|family| family != Family::of(address)) => {
            format!("`{keyword}`: {address} is of another family than the virtual addresses")
        }
        Ok(address) if wrong(&address) => format!("`{keyword}`: {address} {why}"),
        Ok(address) => return Some(address),
    };
    context.warn(Code::InvalidValue, entry.value_span(), message, "it is ignored");
    None
}

fn peers(
    settings: &Settings<'_>,
    family: Option<Family>,
    strict: bool,
    context: &mut Context<'_>,
) -> Vec<UnicastPeer> {
    let mut peers: Vec<UnicastPeer> = Vec::new();
    let mut last = None;
    for list in settings.all("unicast_peer") {
        last = Some(list.span());
        for line in list.lines() {
            peer_line(
                &line,
                family.or(peers.first().map(|p| Family::of(p.address))),
                &mut peers,
                context,
            );
        }
    }
    if let Some(span) = last.filter(|_| peers.is_empty()) {
        let message = "unicast_peer names no peer";
        context.warn(Code::Conflict, span, message, "adverts are sent by multicast");
    }
    if let Some(span) = last.filter(|_| strict && !peers.is_empty()) {
        let message = "vrrp_strict allows no unicast peers";
        context.warn(Code::Strict, span, message, "adverts are sent by multicast");
        peers.clear();
    }
    peers
}

/// `ADDRESS [min_ttl N] [max_ttl N]`, possibly several times on one line.
fn peer_line(
    line: &Node<'_>,
    family: Option<Family>,
    peers: &mut Vec<UnicastPeer>,
    context: &mut Context<'_>,
) {
    let mut current: Option<UnicastPeer> = None;
    let mut words = line.words();
    while let Some(word) = words.next() {
        if matches!(word.text, "min_ttl" | "max_ttl") {
            let Some(number) = words.next() else {
                let message = format!("`{}` has no value", word.text);
                context.warn(Code::MissingArgument, word.span, message, "it is ignored");
                break;
            };
            match (values::number(number.text, 0, 255), &mut current) {
                (Parsed::Good(ttl), Some(peer)) => {
                    let ttl = u8::try_from(ttl).ok();
                    *(if word.text == "min_ttl" { &mut peer.min_ttl } else { &mut peer.max_ttl }) =
                        ttl;
                }
                (Parsed::Bad(why), _) => {
                    let message = format!("`{}`: {why}", word.text);
                    context.warn(Code::InvalidValue, number.span, message, "it is ignored");
                }
                _ => {}
            }
            continue;
        }
        peers.extend(current.take());
        let problem = match word.text.parse::<IpAddr>() {
            Err(_) => Some((Code::InvalidValue, format!("`{}` is not an address", word.text))),
            Ok(address) if family.is_some_and(|f| f != Family::of(address)) => {
                Some((Code::OtherFamily, format!("peer {address} is of another family")))
            }
            Ok(address) if peers.iter().any(|peer| peer.address == address) => {
                Some((Code::DuplicateEntry, format!("peer {address} is in the list already")))
            }
            Ok(address) => {
                current = Some(UnicastPeer { address, min_ttl: None, max_ttl: None });
                None
            }
        };
        if let Some((code, message)) = problem {
            context.warn(code, word.span, message, "it is ignored");
        }
    }
    peers.extend(current);
}

fn version(
    settings: &Settings<'_>,
    family: Family,
    strict: bool,
    context: &mut Context<'_>,
) -> Version {
    let own = settings.text("version").map(|v| if v == "3" { Version::V3 } else { Version::V2 });
    match (own, family) {
        (Some(Version::V2), Family::Ipv6) if strict => {
            let span = settings.span("version", Span::default());
            let message = "vrrp_strict: IPv6 needs VRRP version 3";
            context.warn(Code::Strict, span, message, "version 3 is used");
            Version::V3
        }
        (Some(version), _) => version,
        (None, Family::Ipv6) => Version::V3,
        (None, Family::Ipv4) => context.defaults.version.unwrap_or(Version::V2),
    }
}

fn no_address(
    settings: &Settings<'_>,
    name: &str,
    span: Span,
    (version, strict): (Version, bool),
    context: &mut Context<'_>,
) {
    let wanted = settings.has("no_virtual_ipaddress");
    if (version == Version::V3 && !wanted) || strict {
        let because = if strict { "vrrp_strict" } else { "VRRP version 3" };
        context.warn(
            Code::NoAddress,
            span,
            format!("vrrp_instance `{name}` has no virtual_ipaddress; {because} needs one"),
            "add: virtual_ipaddress { ADDRESS/LENGTH }, or no_virtual_ipaddress",
        );
    } else if !wanted {
        context.warn(
            Code::AddressMissing,
            span,
            format!("vrrp_instance `{name}` has no virtual_ipaddress: nothing moves with it"),
            "add: virtual_ipaddress { ADDRESS/LENGTH }, or no_virtual_ipaddress",
        );
    }
}

/// Priority, and whether the router is `state MASTER`.
fn priority(
    settings: &Settings<'_>,
    name: &str,
    span: Span,
    strict: bool,
    context: &mut Context<'_>,
) -> (u8, bool) {
    let state = settings.text("state");
    let given = settings.number("priority").and_then(|priority| u8::try_from(priority).ok());
    let priority = match (given, state) {
        (Some(priority), _) => priority,
        (None, Some("MASTER")) if !settings.has("priority") => {
            context.warn(
                Code::SurprisingDefault,
                settings.span("state", span),
                format!("vrrp_instance `{name}` is state MASTER without priority: it gets 255"),
                "it owns the addresses and preempts everyone; write the priority you mean",
            );
            OWNER
        }
        (None, _) => PRIORITY,
    };
    let owner = priority == OWNER;
    let master = state.map_or(owner, |state| state == "MASTER");
    if strict && master != owner {
        let message = "vrrp_strict: state MASTER and priority 255 go together";
        let remedy = if owner { "state MASTER is used" } else { "state BACKUP is used" };
        context.warn(Code::Strict, settings.span("state", span), message, remedy);
        return (priority, owner);
    }
    (priority, master)
}

/// A router with AH hears the sequence number of the others before it is master.
fn first_state(
    settings: &Settings<'_>,
    starts_as_master: bool,
    auth: Auth,
    context: &mut Context<'_>,
) -> bool {
    let wrong = starts_as_master && matches!(auth, Auth::Ah(_));
    if wrong {
        let span = settings.span("state", settings.span("priority", Span::default()));
        let message = "a router with auth_type AH cannot start as master";
        context.warn(Code::Conflict, span, message, "it starts as backup; write: state BACKUP");
    }
    starts_as_master && !wrong
}

fn preempt(
    settings: &Settings<'_>,
    master: bool,
    (priority, strict): (u8, bool),
    context: &mut Context<'_>,
) -> Preempt {
    let never = settings.get("nopreempt");
    let delay = settings
        .get("preempt_delay")
        .filter(|_| settings.time("preempt_delay").is_some_and(|delay| !delay.is_zero()));
    let mut drop = |entry: &Entry<'_>, code: Code, why: &str| {
        let message = format!("`{}` {why}", entry.row.keyword);
        context.warn(code, entry.span(), message, "it is ignored");
    };
    if let Some(never) = never {
        if master {
            drop(never, Code::Conflict, "cannot be used with state MASTER; use state BACKUP");
        } else if priority == OWNER {
            drop(never, Code::Conflict, "cannot be used with priority 255");
        } else {
            if let Some(delay) = delay {
                drop(delay, Code::Conflict, "has no effect with nopreempt");
            }
            return Preempt::Never;
        }
    }
    let Some(entry) = delay else { return Preempt::Always };
    if master {
        drop(entry, Code::Conflict, "cannot be used with state MASTER; use state BACKUP");
    } else if strict {
        drop(entry, Code::Strict, "is not allowed by vrrp_strict");
    } else if let Some(delay) = settings.time("preempt_delay") {
        return Preempt::After(delay);
    }
    Preempt::Always
}

fn group(
    settings: &Settings<'_>,
    family: Family,
    peers: &[UnicastPeer],
    context: &mut Context<'_>,
) -> Option<IpAddr> {
    let default = match family {
        Family::Ipv4 => context.defaults.group_v4,
        Family::Ipv6 => context.defaults.group_v6,
    };
    let Some(entry) = settings.get("mcast_dst_ip") else {
        return default.filter(|_| peers.is_empty());
    };
    if !peers.is_empty() {
        let message = "`mcast_dst_ip` has no effect with unicast peers";
        context.warn(Code::Conflict, entry.span(), message, "it is ignored");
        return None;
    }
    let wrong = |address: &IpAddr| !address.is_multicast();
    own_address(entry, Some(family), wrong, "is not a multicast address", context).or(default)
}

/// `unicast_ttl`, which keepalived applies wrongly without peers.
fn unicast_ttl(
    settings: &Settings<'_>,
    peers: &[UnicastPeer],
    context: &mut Context<'_>,
) -> Option<u8> {
    let entry = settings.get("unicast_ttl")?;
    if peers.is_empty() {
        let message = "`unicast_ttl` has no effect without unicast peers";
        context.warn(Code::Conflict, entry.span(), message, "it is ignored");
        return None;
    }
    u8::try_from(settings.number("unicast_ttl")?).ok()
}

/// Settings that are on or off, with their defaults from `global_defs`.
fn switches(settings: &Settings<'_>, config: &mut RouterConfig, context: &mut Context<'_>) {
    let defaults = &context.defaults;
    let on = |keyword: &str, default: bool| settings.switch(keyword).unwrap_or(default);
    let adverts = settings.number("down_timer_adverts").and_then(|n| u8::try_from(n).ok());
    config.down_timer_adverts =
        adverts.or(defaults.down_timer_adverts).unwrap_or(DOWN_TIMER_ADVERTS);
    let v3_over_ipv4 = config.version == Version::V3 && config.family == Family::Ipv4;
    if v3_over_ipv4 && on("v3_checksum_as_v2", defaults.checksum_as_v2) {
        config.checksum = Checksum::MessageOnly;
    }
    let limited = config.peers.iter().any(|p| p.min_ttl.is_some() || p.max_ttl.is_some());
    config.check_unicast_source = !config.peers.is_empty()
        && (limited || on("check_unicast_src", defaults.check_unicast_source));
    config.skip_check_addresses = on("skip_check_adv_addr", defaults.skip_check_addresses);
    config.lower_priority_no_advert = on("lower_prio_no_advert", defaults.lower_priority_no_advert);
    let send = settings.switch("higher_prio_send_advert");
    config.higher_priority_send_advert =
        send.or(defaults.higher_priority_send_advert).unwrap_or(true);
    let ignore = on("owner_ignore_adverts", defaults.owner_ignores_adverts);
    config.owner_ignores_adverts = ignore && config.priority == OWNER;
    if let Some(entry) = settings.get("owner_ignore_adverts").filter(|_| config.priority != OWNER) {
        let message = "`owner_ignore_adverts` is for priority 255 only";
        context.warn(Code::Conflict, entry.span(), message, "it is ignored");
    }
}

fn announce(settings: &Settings<'_>, config: &mut RouterConfig, context: &mut Context<'_>) {
    let mut garp = context.defaults.garp.clone();
    garp.take(settings, "");
    let interval = match config.family {
        Family::Ipv4 => context.defaults.garp_interval,
        Family::Ipv6 => context.defaults.gna_interval,
    };
    config.announce = garp.finish(interval);
}

/// What `vrrp_strict` overrides; settings that say otherwise are told.
fn be_strict(settings: &Settings<'_>, config: &mut RouterConfig, context: &mut Context<'_>) {
    let mut told = |keyword: &str, differs: bool, remedy: &str| {
        if let Some(entry) = settings.get(keyword).filter(|_| differs) {
            let message = format!("vrrp_strict overrides `{keyword}`");
            context.warn(Code::Strict, entry.span(), message, remedy);
        }
    };
    let announce = &mut config.announce;
    told("garp_lower_prio_repeat", announce.lower_priority_repeat > 0, "0 is used");
    told("garp_lower_prio_delay", !announce.lower_priority_delay.is_zero(), "0 is used");
    announce.lower_priority_repeat = 0;
    announce.lower_priority_delay = Duration::ZERO;
    told("lower_prio_no_advert", !config.lower_priority_no_advert, "it is on");
    config.lower_priority_no_advert = true;
    told("higher_prio_send_advert", config.higher_priority_send_advert, "it is off");
    config.higher_priority_send_advert = false;
    told("down_timer_adverts", config.down_timer_adverts != DOWN_TIMER_ADVERTS, "3 is used");
    config.down_timer_adverts = DOWN_TIMER_ADVERTS;
    config.owner_ignores_adverts = config.priority == OWNER;
    if config.priority != OWNER {
        let own = settings.span("interface", Span::default());
        let span = settings.span("strict_mode", own);
        context.resolver.not_yet("packet filtering", "vrrp_strict without accept", span);
    }
}
