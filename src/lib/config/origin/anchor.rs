//! Which statement each element of a list of the model was made of: by its name, by what stands in
//! its line, or by its turn.

use serde_json::Value;

use super::Place;
use super::statement::Word;
use crate::config::values::{self, Parsed};

/// How the elements of one list are found in the file.
#[derive(Debug)]
pub(super) struct Anchor {
    /// The list, as the guide writes it.
    at: &'static str,
    /// The blocks: each is an element, or each line of it is.
    pub keywords: &'static [&'static str],
    /// Each line is one.
    pub lists: bool,
    /// They stand in the block of the outer element.
    pub nested: bool,
    /// They stand in the group that the outer block names.
    pub by_reference: bool,
    /// Blocks that define what an element refers to.
    pub definitions: &'static [&'static str],
    by: By,
}

/// How an element is known.
#[derive(Clone, Copy, Debug)]
enum By {
    /// Its field is the name of the block.
    Name(&'static str),
    /// Its key is, or the value itself.
    Key,
    Itself,
    /// Its field is a word of the line.
    Word(&'static [&'static str]),
    /// Its field is an address in the line, or the first address of a block.
    Address(&'static str),
    /// All its networks are in the line.
    Networks(&'static [&'static str]),
    /// Its field is what the words of a `virtual_server` name.
    Service,
    /// It has a probe of the kind of the keyword.
    Probe,
    /// Its turn.
    Order,
}

const fn top(at: &'static str, keywords: &'static [&'static str], by: By) -> Anchor {
    let (lists, nested, by_reference) = (false, false, false);
    Anchor { at, keywords, lists, nested, by_reference, definitions: &[], by }
}

const fn nested(at: &'static str, keywords: &'static [&'static str], by: By) -> Anchor {
    Anchor { nested: true, ..top(at, keywords, by) }
}

impl Anchor {
    const fn lines(self) -> Self {
        Self { lists: true, ..self }
    }

    const fn defined_by(self, definitions: &'static [&'static str]) -> Self {
        Self { definitions, ..self }
    }

    const fn by_reference(self) -> Self {
        Self { by_reference: true, ..self }
    }
}

const NAME: By = By::Name("/name");
const TRACKER: By = By::Word(&["/tracker/script", "/tracker/interface"]);
const TRACKERS: &[&str] = &["track_script", "track_interface"];
const ROUTE: By = By::Networks(&["/destination"]);
const RULE: By = By::Networks(&["/from", "/to", "/priority"]);
const FILES: &[&str] = &["track_file", "vrrp_track_file"];
const PROCESSES: &[&str] = &["vrrp_track_process"];
const SESSIONS: &[&str] = &["bfd_instance"];

static ANCHORS: [Anchor; 39] = [
    top("vrrp.routers[]", &["vrrp_instance"], NAME),
    top("vrrp.groups[]", &["vrrp_sync_group"], NAME),
    top("vrrp.trackers[]", &["vrrp_script"], By::Name("/id/script")),
    top("scripts[]", &["vrrp_script"], NAME),
    top("notify.instances.NAME", &["vrrp_instance"], By::Key),
    top("notify.groups.NAME", &["vrrp_sync_group"], By::Key),
    top("notify.member_of.NAME", &["vrrp_sync_group"], By::Itself),
    top("instances.NAME", &["vrrp_instance"], By::Key),
    top("groups.NAME", &["vrrp_sync_group"], By::Key),
    nested("vrrp.routers[].addresses[]", &["virtual_ipaddress"], By::Address("/address")).lines(),
    nested(
        "vrrp.routers[].excluded[]",
        &["virtual_ipaddress_excluded", "virtual_ipaddress"],
        By::Address("/address"),
    )
    .lines(),
    nested("vrrp.routers[].peers[]", &["unicast_peer"], By::Address("/address")).lines(),
    nested("vrrp.routers[].tracked[]", TRACKERS, TRACKER).lines().defined_by(&["vrrp_script"]),
    nested("vrrp.groups[].tracked[]", TRACKERS, TRACKER).lines().defined_by(&["vrrp_script"]),
    nested("instances.NAME.tracked.files[]", &["track_file"], By::Word(&["/name"]))
        .lines()
        .defined_by(FILES),
    nested("instances.NAME.tracked.processes[]", &["track_process"], By::Word(&["/name"]))
        .lines()
        .defined_by(PROCESSES),
    nested("instances.NAME.tracked.sessions[]", &["track_bfd"], By::Word(&["/name"]))
        .lines()
        .defined_by(SESSIONS),
    nested("groups.NAME.tracked.files[]", &["track_file"], By::Word(&["/name"]))
        .lines()
        .defined_by(FILES),
    nested("groups.NAME.tracked.processes[]", &["track_process"], By::Word(&["/name"]))
        .lines()
        .defined_by(PROCESSES),
    nested("groups.NAME.tracked.sessions[]", &["track_bfd"], By::Word(&["/name"]))
        .lines()
        .defined_by(SESSIONS),
    nested("instances.NAME.routes[]", &["virtual_routes"], ROUTE).lines(),
    nested("instances.NAME.rules[]", &["virtual_rules"], RULE).lines(),
    top("statics.addresses[]", &["static_ipaddress"], By::Address("/address")).lines(),
    top("statics.routes[]", &["static_routes"], ROUTE).lines(),
    top("statics.rules[]", &["static_rules"], RULE).lines(),
    top("statics.groups[]", &["track_group"], NAME),
    top("trackers.files[]", FILES, NAME),
    top("trackers.processes[]", PROCESSES, NAME),
    top("trackers.sessions[]", SESSIONS, NAME),
    top("links.polled[]", &["linkbeat_interfaces"], By::Word(&["/interface"])).lines(),
    top("links.delays[]", &["interface_up_down_delays"], By::Word(&["/interface"])).lines(),
    top("links.announce_groups[]", &["garp_group"], By::Order),
    top("balancer.pools[]", &["virtual_server"], By::Service),
    nested(
        "balancer.pools[].services[]",
        &["virtual_server_group"],
        By::Word(&["/addresses/first", "/fwmark/mark"]),
    )
    .lines()
    .by_reference(),
    nested("balancer.pools[].destinations[]", &["real_server"], By::Address("/address")),
    nested(
        "balancer.pools[].destinations[].checks[]",
        &[
            "TCP_CHECK",
            "HTTP_GET",
            "SSL_GET",
            "SMTP_CHECK",
            "DNS_CHECK",
            "MISC_CHECK",
            "PING_CHECK",
            "UDP_CHECK",
        ],
        By::Probe,
    ),
    nested("balancer.pools[].destinations[].checks[].probe.http.urls[]", &["url"], By::Order),
    nested("balancer.pools[].destinations[].files[]", &["FILE_CHECK"], By::Order).defined_by(FILES),
    nested("balancer.pools[].destinations[].sessions[]", &["BFD_CHECK"], By::Order),
];

/// The first of `pointers` in `value` that is a text.
pub(super) fn text<'a>(value: &'a Value, pointers: &[&str]) -> Option<&'a str> {
    pointers.iter().find_map(|pointer| value.pointer(pointer)?.as_str())
}

impl Anchor {
    /// How the elements of the list `pattern` are found.
    pub(super) fn of(pattern: &str) -> Option<&'static Self> {
        ANCHORS.iter().find(|anchor| anchor.at == pattern)
    }

    /// The name of the block that made `value`, when that is how it is known.
    pub(super) fn name<'a>(&self, value: &'a Value, key: &'a str) -> Option<&'a str> {
        match self.by {
            By::Name(pointer) => value.pointer(pointer)?.as_str(),
            By::Key => Some(key),
            By::Itself => value.as_str(),
            _ => None,
        }
    }

    /// The place that made `value`: the first from `next` on that fits, or else the first of all.
    pub(super) fn choose<'s>(
        &self,
        value: &Value,
        places: &[Place<'s>],
        next: &mut usize,
    ) -> Option<Place<'s>> {
        let all = places.iter().enumerate();
        let later = all.clone().skip(*next);
        let (number, found) = later
            .chain(all.take(*next))
            .find_map(|(number, place)| Some((number, self.fits(value, *place)?)))?;
        // Several entries may stand on one line.
        *next = if matches!(self.by, By::Order) { number + 1 } else { number };
        if matches!(self.by, By::Probe | By::Networks(_) | By::Service) {
            *next = number + 1;
        }
        Some(found)
    }

    /// `place`, from the word on that makes it the element, when it is the one of `value`.
    /// Whether its elements are health checks.
    pub(super) const fn is_of_checks(&self) -> bool {
        matches!(self.by, By::Probe)
    }

    fn fits<'s>(&self, value: &Value, place: Place<'s>) -> Option<Place<'s>> {
        let (keyword, words) = match place {
            Place::Entry(_, words) => ("", words),
            Place::Block(block) => (block.keyword, block.words.as_slice()),
            Place::Top => return None,
        };
        let at = match self.by {
            By::Name(_) | By::Key | By::Itself => None,
            By::Order => Some(0),
            By::Word(pointers) => pointers.iter().find_map(|p| word(value.pointer(p)?, words)),
            By::Address(pointer) => address(value.pointer(pointer)?, words),
            By::Networks(pointers) => {
                let fits = |pointer: &&str| {
                    value.pointer(pointer).is_none_or(|wanted| network(wanted, words))
                };
                pointers.iter().all(fits).then_some(0)
            }
            By::Service => service(value, words).then_some(0),
            By::Probe => probe(value, keyword).then_some(0),
        }?;
        Some(match place {
            Place::Entry(block, words) => Place::Entry(block, words.get(at..)?),
            block => block,
        })
    }
}

/// The word that is `wanted`: as it stands, as a number, or as the first address of a range.
fn word(wanted: &Value, words: &[Word]) -> Option<usize> {
    let same = |word: &Word| match wanted {
        Value::String(text) => {
            word.text == *text || first_address(&word.text) == first_address(text)
        }
        number => is_number(number, &word.text),
    };
    words.iter().position(|word| same(word) && !word.text.is_empty())
}

/// Whether `text` is the number `wanted`, in whatever base.
fn is_number(wanted: &Value, text: &str) -> bool {
    match values::number(text, 0, i64::from(u32::MAX)) {
        Parsed::Good(number) | Parsed::Adjusted(number, _) => wanted.as_i64() == Some(number),
        Parsed::Bad(_) => false,
    }
}

fn first_address(text: &str) -> Result<std::net::IpAddr, &str> {
    text.split(['-', '/']).next().and_then(|text| text.parse().ok()).ok_or(text)
}

fn address(wanted: &Value, words: &[Word]) -> Option<usize> {
    let wanted: std::net::IpAddr = wanted.as_str()?.parse().ok()?;
    words.iter().position(|word| values::network(&word.text).is_ok_and(|(a, _)| a == wanted))
}

/// Whether `wanted` is among the words; what the words do not say can be anything.
fn network(wanted: &Value, words: &[Word]) -> bool {
    let Some(text) = wanted.as_str() else {
        let mut after = words
            .iter()
            .skip_while(|w| !matches!(w.text.as_str(), "priority" | "preference" | "order"));
        return after.nth(1).is_none_or(|word| is_number(wanted, &word.text));
    };
    let wanted = values::network(text);
    let everything = text.ends_with("/0");
    words.iter().any(|word| {
        values::network(&word.text) == wanted
            || (everything && matches!(word.text.as_str(), "default" | "any" | "all"))
    })
}

fn service(value: &Value, words: &[Word]) -> bool {
    let [first, second] = [0, 1].map(|at| words.get(at).map_or("", |word| word.text.as_str()));
    if let Some(group) = text(value, &["/group"]) {
        return first == "group" && second == group;
    }
    if let Some(mark) = value.pointer("/services/0/fwmark/mark") {
        return first == "fwmark" && is_number(mark, second);
    }
    let port = value.pointer("/services/0/addresses/port").and_then(Value::as_u64);
    let same = |text: &str| first.parse::<std::net::IpAddr>().ok() == text.parse().ok();
    text(value, &["/services/0/addresses/first"]).is_some_and(same)
        && (second.is_empty() || second.parse().ok() == port)
}

fn probe(value: &Value, keyword: &str) -> bool {
    let probe = value.get("probe").and_then(Value::as_object);
    let kind = probe.and_then(|probe| probe.keys().next()).map_or("", String::as_str);
    let wanted: &[&str] = match kind {
        "tcp" => &["TCP_CHECK"],
        "http" => &["HTTP_GET", "SSL_GET"],
        "smtp" => &["SMTP_CHECK", "host"],
        "dns" => &["DNS_CHECK"],
        "script" => &["MISC_CHECK"],
        "icmp" => &["PING_CHECK"],
        "udp" => &["UDP_CHECK"],
        _ => &[],
    };
    wanted.contains(&keyword)
}
