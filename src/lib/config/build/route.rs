//! `static_routes` and `virtual_routes`: one route a line, in the words of `ip route`. A line
//! with anything wrong in it is ignored as a whole, as keepalived does.

use std::net::IpAddr;

use super::Context;
use super::names::Kind;
use super::words::{self, Taken, Words, invalid};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::model::{
    Metric, Metrics, Network, NextHop, Placement, Realms, Route, RouteKind, RouterPreference,
};
use crate::config::resolve::Entry;
use crate::config::schema::Block;
use crate::config::tree::{Node, Word};
use crate::engine::vrrp::Family;

/// The kernel's number for routes of keepalived.
pub(super) const KEEPALIVED: u8 = 18;
/// The main routing table.
const MAIN: u32 = 254;
/// Longest time that a metric may name, in microseconds.
const LONGEST: u64 = 960_000_000;

/// Every route of a block.
pub(super) fn build(list: &Entry<'_>, context: &mut Context<'_>) -> Vec<Route> {
    let Some(block) = list.row.content else { return Vec::new() };
    let mut routes = Vec::new();
    for line in list.lines() {
        match route(&line, block, context) {
            Ok(route) => routes.push(route),
            Err(found) => context.reject(found, "the route is ignored"),
        }
    }
    routes
}

fn route(line: &Node<'_>, block: &'static Block, context: &mut Context<'_>) -> Taken<Route> {
    let mut draft = Draft { block, route: empty(), destination: None, family: None };
    let mut words = Words::of(line);
    while let Some(word) = words.next() {
        draft.word(word, &mut words, context)?;
    }
    draft.finish(line, context)
}

/// A route that nothing was said about.
fn empty() -> Route {
    Route {
        kind: RouteKind::Unicast,
        destination: Network::all(Family::Ipv4),
        from: None,
        tos: 0,
        table: MAIN,
        protocol: KEEPALIVED,
        scope: None,
        metric: None,
        source: None,
        via: None,
        interface: None,
        on_link: false,
        encapsulation: None,
        expires_s: None,
        metrics: Metrics::default(),
        realms: None,
        preference: None,
        ttl_propagate: None,
        vrf: None,
        placement: Placement::Prepend,
        next_hops: Vec::new(),
        tracked: true,
        track_group: None,
    }
}

/// Where a route leads: `None` is everywhere.
type Destination = Option<Network>;

/// A route on its way.
struct Draft {
    block: &'static Block,
    route: Route,
    destination: Option<Destination>,
    family: Option<Family>,
}

impl Draft {
    fn word(
        &mut self,
        word: Word<'_>,
        words: &mut Words<'_>,
        context: &mut Context<'_>,
    ) -> Taken<()> {
        let text = word.text;
        if self.destination.is_none()
            && let Some(kind) = kind(text)
        {
            self.route.kind = kind;
            return Ok(());
        }
        match text {
            "inet" => self.belongs(word, Family::Ipv4),
            "inet6" => self.belongs(word, Family::Ipv6),
            "to" => {
                let value = words.value(word)?;
                self.destination(value)
            }
            _ if text == "default" || text.contains(['.', ':', '/']) => self.destination(word),
            _ if self.block.find(text).is_none() => Err(words::unknown(word, self.block)),
            "via" | "gw" | "src" | "from" | "dev" | "oif" | "nexthop" | "or" | "vrf" | "encap" => {
                self.way(word, words, context)
            }
            "onlink" | "add" | "prepend" | "append" | "no_track" | "as" => {
                self.flag(word, words, context);
                Ok(())
            }
            _ if self.attribute(word, words, context)? => Ok(()),
            _ if metric(&mut self.route.metrics, word, words, self.block)? => Ok(()),
            _ => Err(words::unknown(word, self.block)),
        }
    }

    /// All addresses of a route are of one family.
    fn belongs(&mut self, word: Word<'_>, family: Family) -> Taken<()> {
        if *self.family.get_or_insert(family) == family {
            return Ok(());
        }
        let message = format!("`{}` is of another family than the rest of the route", word.text);
        Err(Diagnostic::new(Code::OtherFamily, word.span, message))
    }

    fn destination(&mut self, word: Word<'_>) -> Taken<()> {
        let destination = match word.text {
            "default" => None,
            text => {
                let parsed = text.parse::<Network>();
                Some(parsed.map_err(|why| Diagnostic::new(Code::InvalidValue, word.span, why))?)
            }
        };
        if let Some(network) = destination {
            self.belongs(word, network.family())?;
        }
        if self.destination.replace(destination).is_some() {
            let message = format!("`{}` is a second destination", word.text);
            return Err(Diagnostic::new(Code::Conflict, word.span, message));
        }
        Ok(())
    }

    /// An address of the route's family.
    fn address(&mut self, keyword: Word<'_>, words: &mut Words<'_>) -> Taken<IpAddr> {
        let value = words.value(keyword)?;
        let address: IpAddr =
            value.text.parse().map_err(|_| invalid(keyword, value, "an address"))?;
        self.belongs(value, Family::of(address))?;
        Ok(address)
    }

    /// Where packets go and come from.
    fn way(
        &mut self,
        word: Word<'_>,
        words: &mut Words<'_>,
        context: &mut Context<'_>,
    ) -> Taken<()> {
        match word.text {
            "via" | "gw" => self.route.via = Some(self.gateway(word, words, context)?),
            "src" => self.route.source = Some(self.address(word, words)?),
            "from" => {
                let network = words.network(word)?;
                if network.family() == Family::Ipv4 {
                    let message = "`from` is for IPv6 routes only";
                    return Err(Diagnostic::new(Code::OtherFamily, word.span, message));
                }
                self.belongs(word, Family::Ipv6)?;
                self.route.from = Some(network);
            }
            "dev" | "oif" => self.route.interface = Some(interface(word, words)?),
            "vrf" => self.route.vrf = Some(interface(word, words)?),
            "encap" => self.route.encapsulation = Some(super::encapsulation::take(word, words)?),
            "or" => {
                old(word, "nexthop", context);
                self.alternative(word, words)?;
            }
            _ => self.next_hops(word, words, context)?,
        }
        Ok(())
    }

    fn gateway(
        &mut self,
        word: Word<'_>,
        words: &mut Words<'_>,
        context: &mut Context<'_>,
    ) -> Taken<IpAddr> {
        if word.text == "gw" {
            old(word, "via", context);
        }
        let family = words.take("inet").or_else(|| words.take("inet6"));
        let value = words.peek();
        let address = self.address(word, words)?;
        if let (Some(family), Some(value)) = (family, value)
            && (family.text == "inet6") != address.is_ipv6()
        {
            return Err(invalid(family, value, "an address of that family"));
        }
        Ok(address)
    }

    /// `via A or B`: two ways of equal weight.
    fn alternative(&mut self, word: Word<'_>, words: &mut Words<'_>) -> Taken<()> {
        let other = self.address(word, words)?;
        let hop = |via| NextHop { via, weight: 1, ..NextHop::default() };
        self.route.next_hops = vec![hop(self.route.via.take()), hop(Some(other))];
        Ok(())
    }

    /// Everything from the first `nexthop` to the end of the line.
    fn next_hops(
        &mut self,
        first: Word<'_>,
        words: &mut Words<'_>,
        context: &mut Context<'_>,
    ) -> Taken<()> {
        let mut hop = NextHop { weight: 1, ..NextHop::default() };
        while let Some(word) = words.next() {
            match word.text {
                "nexthop" => {
                    let next = NextHop { weight: 1, ..NextHop::default() };
                    self.route.next_hops.push(std::mem::replace(&mut hop, next));
                }
                "via" | "gw" => hop.via = Some(self.gateway(word, words, context)?),
                "dev" | "oif" => hop.interface = Some(interface(word, words)?),
                "weight" => {
                    let value = words.value(word)?;
                    hop.weight = words::number(word, value, 1, 256)?;
                }
                "onlink" => hop.on_link = true,
                "encap" => hop.encapsulation = Some(super::encapsulation::take(word, words)?),
                "realms" => hop.realms = Some(realms(word, words, context)?),
                "as" => self.flag(word, words, context),
                "no_track" => self.route.tracked = false,
                _ => {
                    let message = format!("`{}` does not belong to a nexthop", word.text);
                    return Err(Diagnostic::new(Code::UnknownKeyword, word.span, message)
                        .related("it began here", first.span));
                }
            }
        }
        self.route.next_hops.push(hop);
        Ok(())
    }

    fn flag(&mut self, word: Word<'_>, words: &mut Words<'_>, context: &mut Context<'_>) {
        match word.text {
            "onlink" => self.route.on_link = true,
            "add" => self.route.placement = Placement::Add,
            "prepend" => self.route.placement = Placement::Prepend,
            "append" => self.route.placement = Placement::Append,
            "no_track" => self.route.tracked = false,
            _ => {
                words.take("to");
                let value = words.next();
                if let Some(wrong) = value.filter(|value| value.text.parse::<IpAddr>().is_err()) {
                    context.report(invalid(word, wrong, "an address"));
                }
                let message = "`as` has a meaning for MPLS routes only";
                context.warn(Code::Conflict, word.span, message, "it is ignored with its address");
            }
        }
    }

    /// What a route has besides its way; false when `word` is nothing of that.
    fn attribute(
        &mut self,
        word: Word<'_>,
        words: &mut Words<'_>,
        context: &mut Context<'_>,
    ) -> Taken<bool> {
        let route = &mut self.route;
        match word.text {
            "tos" | "dsfield" => route.tos = named(Kind::Dsfield, word, words, context)?,
            "table" => route.table = named(Kind::Table, word, words, context)?,
            "protocol" => route.protocol = named(Kind::Protocol, word, words, context)?,
            "scope" => route.scope = Some(named(Kind::Scope, word, words, context)?),
            "metric" | "priority" | "preference" => {
                route.metric = Some(words.number(word, self.block)?);
            }
            "expires" => {
                let value = words.value(word)?;
                route.expires_s = Some(words::number(word, value, 0, i64::from(u32::MAX))?);
                self.belongs(word, Family::Ipv6)?;
            }
            "realms" => {
                route.realms = Some(realms(word, words, context)?);
                self.belongs(word, Family::Ipv4)?;
            }
            "pref" => {
                let value = words.value(word)?;
                route.preference = Some(match value.text {
                    "low" => RouterPreference::Low,
                    "medium" => RouterPreference::Medium,
                    "high" => RouterPreference::High,
                    _ => return Err(invalid(word, value, "low, medium or high")),
                });
                self.belongs(word, Family::Ipv6)?;
            }
            "ttl-propagate" => {
                let value = words.value(word)?;
                route.ttl_propagate = Some(match value.text {
                    "enabled" => true,
                    "disabled" => false,
                    _ => return Err(invalid(word, value, "enabled or disabled")),
                });
            }
            "track_group" => route.track_group = context.track_group(words.value(word)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn finish(self, line: &Node<'_>, context: &mut Context<'_>) -> Taken<Route> {
        let Self { mut route, destination, family, .. } = self;
        let Some(destination) = destination else {
            let message = "the route has no destination";
            return Err(Diagnostic::new(Code::InvalidValue, line.keyword.span, message)
                .remedy("it is ignored; begin it with a network or `default`"));
        };
        let family = family.unwrap_or(Family::Ipv4);
        route.destination = destination.unwrap_or_else(|| Network::all(family));
        let reserved = !matches!(route.kind, RouteKind::Unicast | RouteKind::Multicast);
        if reserved {
            route.placement = Placement::Add;
        }
        if route.tracked {
            watchable(line, route.protocol != KEEPALIVED, context);
            route.protocol = KEEPALIVED;
            route.tracked = watched(line, route.interface.is_some(), context);
        }
        if route.interface.is_none() {
            route.track_group = context.without_group(line, route.track_group, "dev");
        }
        Ok(route)
    }
}

/// Routes and rules that are watched are known by keepalived's protocol number.
pub(super) fn watchable(line: &Node<'_>, other_protocol: bool, context: &mut Context<'_>) {
    if other_protocol {
        let message = "with another `protocol` it cannot be told from those of others";
        let remedy = "protocol keepalived (18) is used; add no_track to keep the other";
        context.warn(Code::Conflict, line.keyword.span, message, remedy);
    }
}

/// Whether the route can be watched: its loss with the interface must not be taken for more.
fn watched(line: &Node<'_>, has_interface: bool, context: &mut Context<'_>) -> bool {
    if !has_interface {
        let message = format!("the route `{}` is not watched: it has no dev", line.keyword.text);
        let remedy = "add dev, or no_track to say that this is meant";
        context.warn(Code::NotWatched, line.keyword.span, message, remedy);
    }
    has_interface
}

fn kind(text: &str) -> Option<RouteKind> {
    Some(match text {
        "unicast" => RouteKind::Unicast,
        "local" => RouteKind::Local,
        "broadcast" => RouteKind::Broadcast,
        "anycast" => RouteKind::Anycast,
        "multicast" => RouteKind::Multicast,
        "throw" => RouteKind::Throw,
        "unreachable" => RouteKind::Unreachable,
        "prohibit" => RouteKind::Prohibit,
        "blackhole" => RouteKind::Blackhole,
        "nat" => RouteKind::Nat,
        _ => return None,
    })
}

fn old(word: Word<'_>, now: &str, context: &mut Context<'_>) {
    let message = format!("`{}` is an old spelling", word.text);
    context.warn(Code::Deprecated, word.span, message, &format!("write `{now}` instead"));
}

/// An interface name that the kernel could have.
pub(super) fn interface(keyword: Word<'_>, words: &mut Words<'_>) -> Taken<String> {
    let value = words.value(keyword)?;
    if (1..=super::address::LONGEST_NAME).contains(&value.text.len()) {
        return Ok(value.text.to_owned());
    }
    // keepalived ends: there is no such interface, and never will be.
    let message = format!("no interface can be called `{}`", value.text);
    let remedy = "the kernel's names have at most 15 characters; correct it";
    Err(Diagnostic::new(Code::InvalidRouter, value.span, message).remedy(remedy))
}

/// A number by its name or itself.
pub(super) fn named<T: TryFrom<u32>>(
    kind: Kind,
    keyword: Word<'_>,
    words: &mut Words<'_>,
    context: &mut Context<'_>,
) -> Taken<T> {
    let value = words.value(keyword)?;
    let number = context.names.find(kind, value.text, context.loader);
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| invalid(keyword, value, "a number in range, nor a name that iproute2 knows"))
}

/// `[FROM/]TO`.
pub(super) fn realms(
    keyword: Word<'_>,
    words: &mut Words<'_>,
    context: &mut Context<'_>,
) -> Taken<Realms> {
    let value = words.value(keyword)?;
    let mut realm = |text: &str| {
        let number = context.names.find(Kind::Realm, text, context.loader);
        number
            .and_then(|number| u16::try_from(number).ok())
            .ok_or_else(|| invalid(keyword, value, "a realm, nor two with a `/` between"))
    };
    let (from, to) = value.text.split_once('/').unwrap_or(("0", value.text));
    Ok(Realms { from: realm(from)?, to: realm(to)? })
}

/// A metric of the path; false when `word` is none.
fn metric(
    metrics: &mut Metrics,
    word: Word<'_>,
    words: &mut Words<'_>,
    block: &'static Block,
) -> Taken<bool> {
    let flag = |words: &mut Words<'_>| -> Taken<bool> {
        let value = words.value(word)?;
        words::number::<i64>(word, value, 0, 1).map(|number| number == 1)
    };
    match word.text {
        "mtu" => metrics.mtu = Some(lockable(word, words)?),
        "advmss" => metrics.advmss = Some(lockable(word, words)?),
        "reordering" => metrics.reordering = Some(lockable(word, words)?),
        "cwnd" => metrics.cwnd = Some(lockable(word, words)?),
        "ssthresh" => metrics.ssthresh = Some(lockable(word, words)?),
        "rtt" => metrics.rtt_us = Some(time(word, words)?),
        "rttvar" => metrics.rttvar_us = Some(time(word, words)?),
        "rto_min" => metrics.rto_min_us = Some(time(word, words)?),
        "window" => metrics.window = Some(words.number(word, block)?),
        "initcwnd" => metrics.initcwnd = Some(words.number(word, block)?),
        "initrwnd" => metrics.initrwnd = Some(words.number(word, block)?),
        "hoplimit" => metrics.hoplimit = Some(words.number(word, block)?),
        "quickack" => metrics.quickack = Some(flag(words)?),
        "fastopen_no_cookie" => metrics.fastopen_no_cookie = Some(flag(words)?),
        "congctl" => {
            let locked = words.take("lock").is_some();
            let value = words.value(word)?.text.to_owned();
            metrics.congctl = Some(Metric { value, locked });
        }
        "features" => {
            let value = words.value(word)?;
            if value.text != "ecn" {
                return Err(invalid(word, value, "ecn, the only one there is"));
            }
            metrics.ecn = true;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn lockable(keyword: Word<'_>, words: &mut Words<'_>) -> Taken<Metric<u32>> {
    let locked = words.take("lock").is_some();
    let value = words.value(keyword)?;
    Ok(Metric { value: words::number(keyword, value, 0, i64::from(u32::MAX))?, locked })
}

/// A time in milliseconds, or with `ms` or `s` behind it, as microseconds.
fn time(keyword: Word<'_>, words: &mut Words<'_>) -> Taken<Metric<u64>> {
    let locked = words.take("lock").is_some();
    let value = words.value(keyword)?;
    let text = value.text;
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1_000.0),
        None => match text.strip_suffix('s') {
            Some(number) => (number, 1_000_000.0),
            None => (text, 1_000.0),
        },
    };
    let digits = number.starts_with(|c: char| c.is_ascii_digit());
    let micros = number.parse::<f64>().ok().filter(|_| digits).map(|number| number * unit);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "checked against the range before"
    )]
    match micros.filter(|micros| *micros <= LONGEST as f64) {
        Some(micros) => Ok(Metric { value: micros.round() as u64, locked }),
        None => Err(invalid(keyword, value, "a time from 0 to 960s, such as 20ms or 1.5s")),
    }
}
