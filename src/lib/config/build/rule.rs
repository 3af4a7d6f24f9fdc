//! `static_rules` and `virtual_rules`: one policy rule a line, in the words of `ip rule`. A line
//! with anything wrong in it is ignored as a whole.

use super::Context;
use super::names::{self, Kind};
use super::route::{KEEPALIVED, interface, named, realms, watchable};
use super::words::{self, Taken, Words, invalid};
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::model::{Mark, Rule, RuleAction, Span};
use crate::config::resolve::Entry;
use crate::config::schema::Block;
use crate::config::tree::{Node, Word};
use crate::engine::vrrp::Family;

/// keepalived's priority for the first rule that has none; the next ones count down.
pub(super) const PRIORITY: u32 = 16_384;

/// Every rule of a block.
pub(super) fn build(list: &Entry<'_>, context: &mut Context<'_>) -> Vec<Rule> {
    let Some(block) = list.row.content else { return Vec::new() };
    let mut rules = Vec::new();
    for line in list.lines() {
        match rule(&line, block, context) {
            Ok(rule) => rules.push(rule),
            Err(found) => context.reject(found, "the rule is ignored"),
        }
    }
    rules
}

fn rule(line: &Node<'_>, block: &'static Block, context: &mut Context<'_>) -> Taken<Rule> {
    let mut draft = Draft { block, rule: empty(), family: None, action: None, priority: None };
    let mut words = Words::of(line);
    while let Some(word) = words.next() {
        if block.find(word.text).is_none() {
            return Err(words::unknown(word, block));
        }
        let taken = draft.action(word, &mut words, context)?
            || draft.selector(word, &mut words, context)?
            || draft.rest(word, &mut words, context)?;
        if !taken {
            return Err(words::unknown(word, block));
        }
    }
    draft.finish(line, context)
}

/// A rule that nothing was said about.
fn empty() -> Rule {
    Rule {
        family: Family::Ipv4,
        inverted: false,
        from: None,
        to: None,
        priority: PRIORITY,
        tos: 0,
        mark: None,
        input_interface: None,
        output_interface: None,
        realms: None,
        suppress_prefix_length: None,
        suppress_group: None,
        tunnel_id: None,
        users: None,
        ip_protocol: None,
        source_ports: None,
        destination_ports: None,
        protocol: KEEPALIVED,
        action: RuleAction::Nop,
        tracked: true,
        track_group: None,
    }
}

/// A rule on its way.
struct Draft {
    block: &'static Block,
    rule: Rule,
    family: Option<Family>,
    action: Option<RuleAction>,
    priority: Option<u32>,
}

impl Draft {
    fn belongs(&mut self, word: Word<'_>, family: Family) -> Taken<()> {
        if *self.family.get_or_insert(family) == family {
            return Ok(());
        }
        let message = format!("`{}` is of another family than the rest of the rule", word.text);
        Err(Diagnostic::new(Code::OtherFamily, word.span, message))
    }

    /// What happens to the packet; a rule has one action.
    fn action(
        &mut self,
        word: Word<'_>,
        words: &mut Words<'_>,
        context: &mut Context<'_>,
    ) -> Taken<bool> {
        let action = match word.text {
            "table" | "lookup" => {
                let table = named(Kind::Table, word, words, context)?;
                if table == 0 {
                    let message = "table 0 cannot be looked up";
                    return Err(Diagnostic::new(Code::InvalidValue, word.span, message));
                }
                RuleAction::Table(table)
            }
            "goto" => RuleAction::Goto(words.number(word, self.block)?),
            "l3mdev" => RuleAction::L3mdev,
            "nop" => RuleAction::Nop,
            "blackhole" => RuleAction::Blackhole,
            "unreachable" => RuleAction::Unreachable,
            "prohibit" => RuleAction::Prohibit,
            _ => return Ok(false),
        };
        if self.action.replace(action).is_some() {
            let message = format!("`{}` is a second action", word.text);
            return Err(Diagnostic::new(Code::Conflict, word.span, message).remedy(
                "the rule is ignored; keep one of table, goto, l3mdev, nop, blackhole, \
                 unreachable and prohibit",
            ));
        }
        Ok(true)
    }

    /// Which packets it is for.
    fn selector(
        &mut self,
        word: Word<'_>,
        words: &mut Words<'_>,
        context: &mut Context<'_>,
    ) -> Taken<bool> {
        match word.text {
            "inet" => self.belongs(word, Family::Ipv4)?,
            "inet6" => self.belongs(word, Family::Ipv6)?,
            "not" => self.rule.inverted = true,
            "from" | "to" => {
                let network = match words.take("all") {
                    Some(_) => None,
                    None => Some(words.network(word)?),
                };
                if let Some(network) = network {
                    self.belongs(word, network.family())?;
                }
                let end = if word.text == "to" { &mut self.rule.to } else { &mut self.rule.from };
                *end = network;
            }
            "iif" | "dev" => self.rule.input_interface = Some(interface(word, words)?),
            "oif" => self.rule.output_interface = Some(interface(word, words)?),
            "tos" | "dsfield" => self.rule.tos = named(Kind::Dsfield, word, words, context)?,
            "fwmark" => self.rule.mark = Some(mark(word, words)?),
            "tunnel-id" => {
                let value = words.value(word)?;
                self.rule.tunnel_id = Some(words::number(word, value, 0, i64::MAX)?);
            }
            "uidrange" => self.rule.users = Some(range(word, words, i64::from(u32::MAX))?),
            "ipproto" => self.rule.ip_protocol = Some(ip_protocol(word, words)?),
            "sport" => self.rule.source_ports = Some(range(word, words, 65_535)?),
            "dport" => self.rule.destination_ports = Some(range(word, words, 65_535)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Everything else.
    fn rest(
        &mut self,
        word: Word<'_>,
        words: &mut Words<'_>,
        context: &mut Context<'_>,
    ) -> Taken<bool> {
        match word.text {
            "priority" | "preference" | "order" => {
                self.priority = Some(words.number(word, self.block)?);
            }
            "realms" => {
                self.rule.realms = Some(realms(word, words, context)?);
                self.belongs(word, Family::Ipv4)?;
            }
            "suppress_prefixlength" | "sup_pl" => {
                let value = words.value(word)?;
                self.rule.suppress_prefix_length = Some(words::number(word, value, 0, 128)?);
            }
            "suppress_ifgroup" | "sup_group" => {
                self.rule.suppress_group = Some(named(Kind::Group, word, words, context)?);
            }
            "protocol" => self.rule.protocol = named(Kind::Protocol, word, words, context)?,
            "no_track" => self.rule.tracked = false,
            "track_group" => self.rule.track_group = context.track_group(words.value(word)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn finish(self, line: &Node<'_>, context: &mut Context<'_>) -> Taken<Rule> {
        let Self { mut rule, family, action, priority, .. } = self;
        let span = line.keyword.span;
        let Some(action) = action else {
            return Err(Diagnostic::new(Code::InvalidValue, span, "the rule has no action")
                .remedy("it is ignored; add what to do, such as: table NAME"));
        };
        rule.action = action;
        rule.family = family.unwrap_or(Family::Ipv4);
        if let Some(length) = rule.suppress_prefix_length
            && rule.family == Family::Ipv4
            && length > 32
        {
            let message = format!("no IPv4 prefix has the length {length}");
            return Err(Diagnostic::new(Code::InvalidValue, span, message));
        }
        rule.priority = match priority {
            Some(priority) => priority,
            None => context.rule_priority(span),
        };
        if let RuleAction::Goto(target) = action
            && target <= rule.priority
        {
            let message =
                format!("`goto {target}` does not lead on from priority {}", rule.priority);
            return Err(Diagnostic::new(Code::Conflict, span, message)
                .remedy("the rule is ignored; the target has a greater priority than the rule"));
        }
        if rule.tracked {
            watchable(line, rule.protocol != KEEPALIVED, context);
            rule.protocol = KEEPALIVED;
        }
        if rule.input_interface.is_none() {
            rule.track_group = context.without_group(line, rule.track_group, "iif");
        }
        Ok(rule)
    }
}

/// `VALUE[/MASK]`.
fn mark(keyword: Word<'_>, words: &mut Words<'_>) -> Taken<Mark> {
    let value = words.value(keyword)?;
    let (bits, mask) = match value.text.split_once('/') {
        Some((bits, mask)) => (names::number(bits), names::number(mask)),
        None => (names::number(value.text), Some(u32::MAX)),
    };
    match (bits, mask) {
        (Some(value), Some(mask)) => Ok(Mark { value, mask }),
        _ => Err(invalid(keyword, value, "a mark: VALUE or VALUE/MASK")),
    }
}

/// `A-B`.
fn range<T: TryFrom<i64> + PartialOrd>(
    keyword: Word<'_>,
    words: &mut Words<'_>,
    most: i64,
) -> Taken<Span<T>> {
    let value = words.value(keyword)?;
    let number = |text: &str| -> Option<T> {
        let number = text.parse::<i64>().ok().filter(|number| (0..=most).contains(number))?;
        T::try_from(number).ok()
    };
    let ends = value.text.split_once('-');
    let ends = ends.and_then(|(first, last)| Some((number(first)?, number(last)?)));
    match ends {
        Some((first, last)) if first <= last => Ok(Span { first, last }),
        _ => Err(invalid(keyword, value, &format!("a range: FIRST-LAST, each up to {most}"))),
    }
}

/// A protocol by its number or by its usual name.
fn ip_protocol(keyword: Word<'_>, words: &mut Words<'_>) -> Taken<u8> {
    let value = words.value(keyword)?;
    let known = match value.text {
        "icmp" => Some(1),
        "tcp" => Some(6),
        "udp" => Some(17),
        "dccp" => Some(33),
        "gre" => Some(47),
        "esp" => Some(50),
        "ah" => Some(51),
        "ipv6-icmp" | "icmpv6" => Some(58),
        "vrrp" => Some(112),
        "sctp" => Some(132),
        "udplite" => Some(136),
        number => number.parse().ok(),
    };
    known.ok_or_else(|| invalid(keyword, value, "a protocol number, nor a usual name such as tcp"))
}
