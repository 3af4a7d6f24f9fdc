//! Packet filters, and settings of `global_defs` whose words need a look although nothing acts on
//! them.

use super::Context;
use super::settings::Settings;
use crate::config::Globals;
use crate::config::diagnostic::Code;
use crate::config::resolve::Entry;

/// Longest name of a chain or set of the kernel.
const LONGEST_NAME: usize = 31;
/// keepalived's table.
const TABLE: &str = "keepalived";

/// Take what one `global_defs` block says.
pub(super) fn take(settings: &Settings<'_>, globals: &mut Globals, context: &mut Context<'_>) {
    let firewall = &mut globals.firewall;
    if let Some(entry) = settings.get("vrrp_iptables") {
        let chains = names(entry, 2, context);
        let bare = || ["INPUT", "OUTPUT"].map(str::to_owned).to_vec();
        firewall.iptables_chains = if chains.is_empty() { bare() } else { chains };
    }
    if let Some(entry) = settings.get("vrrp_ipsets") {
        firewall.ipsets = names(entry, 6, context);
    }
    if let Some(entry) = settings.get("nftables") {
        let table = names(entry, 1, context).into_iter().next();
        firewall.nftables = Some(table.unwrap_or_else(|| TABLE.to_owned()));
    }
    if let Some(priority) = settings.number("nftables_priority") {
        firewall.nftables_priority = i32::try_from(priority).unwrap_or(-1);
    }
    let on = |keyword: &str, before: bool| settings.switch(keyword).unwrap_or(before);
    firewall.nftables_ifindex = on("nftables_ifindex", firewall.nftables_ifindex);
    firewall.nftables_counters = on("nftables_counters", firewall.nftables_counters);
    words(settings, context);
}

/// The names that a keyword is given.
pub(super) fn names(entry: &Entry<'_>, most: usize, context: &mut Context<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for word in entry.arguments().iter().take(most) {
        if (1..=LONGEST_NAME).contains(&word.text.len()) {
            names.push(word.text.to_owned());
        } else {
            let message = format!("`{}`: no name has so many characters", entry.row.keyword);
            context.warn(Code::InvalidValue, word.span, message, "it is ignored; 31 is the most");
        }
    }
    names
}

/// What keepalived complains about, and what has no meaning here whatever it says.
fn words(settings: &Settings<'_>, context: &mut Context<'_>) {
    let size = |text: &str| matches!(text, "MTU" | "ADVERT") || text.parse::<u32>().is_ok();
    let changes = |text: &str| text == "allow_if_changes";
    check(settings, "dynamic_interfaces", changes, "allow_if_changes", context);
    check(settings, "vrrp_rx_bufs_policy", size, "MTU, ADVERT or a number", context);
}

fn check(
    settings: &Settings<'_>,
    keyword: &str,
    good: impl Fn(&str) -> bool,
    wanted: &str,
    context: &mut Context<'_>,
) {
    let Some(entry) = settings.get(keyword) else { return };
    if !entry.text().is_empty() && !good(entry.text()) {
        let message = format!("`{keyword}`: `{}` is not {wanted}", entry.text());
        context.warn(Code::InvalidValue, entry.value_span(), message, "it is ignored");
    }
}
