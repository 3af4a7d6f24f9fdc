//! What an instance or a group is told beyond what its machine acts on.

use super::settings::Settings;
use super::{Context, link, route, rule, track, virtual_link};
use crate::config::diagnostic::Code;
use crate::config::model::InstanceSettings;

/// The settings of one instance; what it tracks waits for its group.
pub(super) fn instance(
    settings: &Settings<'_>,
    name: &str,
    strict: bool,
    context: &mut Context<'_>,
) {
    let vrid = settings.number("virtual_router_id").and_then(|vrid| u8::try_from(vrid).ok());
    let vrid = vrid.unwrap_or_default();
    let owner = settings.number("priority") == Some(255);
    let mut beyond = InstanceSettings {
        ipvlan: virtual_link::ipvlan(settings, vrid, context),
        macvlan_for_addresses: settings.has("use_vmac_addr"),
        vrf: settings.text("vrf").map(str::to_owned),
        accept: !settings.has("no_accept") && (!strict || owner || settings.has("accept")),
        fault_without_peer: settings.has("unicast_fault_no_peer"),
        old_unicast_checksum: old_checksum(settings, context),
        track_source: settings.has("track_src_ip"),
        smtp_alert: alert(settings, context),
        priority_changes: priority_changes(settings, context),
        ..InstanceSettings::default()
    };
    if beyond.ipvlan.is_none() {
        beyond.macvlan = virtual_link::macvlan(settings, vrid, strict, context);
    }
    let keywords = ["garp_extra_if", "vmac_garp_intvl"];
    let extra = virtual_link::extra_announcements(settings, keywords, 0, context);
    let given = keywords.iter().any(|keyword| settings.has(keyword));
    beyond.extra_announcements = if given { extra } else { context.defaults.extra_announcements };
    for keyword in ["lvs_sync_daemon_interface", "vrf"] {
        if let Some(word) = settings.get(keyword).and_then(|entry| entry.arguments().first()) {
            link::interface(word, context);
        }
    }
    if let Some(vrf) = settings.get("vrf").filter(|_| settings.has("interface")) {
        let message = "`vrf` is for unicast instances without an interface";
        let remedy = "it does nothing: the interface's own VRF is used";
        context.warn(Code::Conflict, vrf.span(), message, remedy);
    }
    for list in settings.all("virtual_routes") {
        beyond.routes.extend(route::build(list, context));
    }
    for list in settings.all("virtual_rules") {
        beyond.rules.extend(rule::build(list, context));
    }
    context.instances.insert(name.to_owned(), beyond);
    let items = track::items(settings, context);
    context.tracked_items.insert(name.to_owned(), items);
}

/// Whether its changes are mailed.
pub(super) fn alert(settings: &Settings<'_>, context: &Context<'_>) -> bool {
    let defaults = &context.defaults;
    let own = settings.switch("smtp_alert");
    own.or(defaults.alert_vrrp).or(defaults.alert).unwrap_or(false)
}

/// Whether changes of its priority are written to the pipes.
pub(super) fn priority_changes(settings: &Settings<'_>, context: &Context<'_>) -> bool {
    settings.switch("notify_priority_changes").unwrap_or(context.defaults.priority_changes)
}

/// `old_unicast_checksum [never]`.
fn old_checksum(settings: &Settings<'_>, context: &mut Context<'_>) -> Option<bool> {
    let entry = settings.get("old_unicast_checksum")?;
    match entry.text() {
        "" => Some(true),
        "never" => Some(false),
        other => {
            let message = format!("`old_unicast_checksum`: `{other}` is not never");
            context.warn(Code::InvalidValue, entry.value_span(), message, "it is ignored");
            None
        }
    }
}
