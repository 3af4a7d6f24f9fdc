//! Interfaces that a configuration names beside those of its virtual routers.

use std::collections::BTreeSet;

use crate::config::model::{Route, Rule};
use crate::config::{Code, Diagnostic, Model, Places, Span};
use crate::engine::vrrp::{Tracked, TrackerId};
use crate::io::netlink::Table;

/// Looks names up, each place once.
struct Names<'a> {
    table: &'a Table,
    /// Interfaces that the daemon makes itself.
    made: BTreeSet<&'a str>,
    found: &'a mut Vec<Diagnostic>,
}

impl Names<'_> {
    /// Tell that `name`, which stands at `span`, is no interface here.
    fn look_up(&mut self, name: &str, span: Option<Span>, remedy: &str) {
        if self.made.contains(name) || self.table.link(name).is_some() {
            return;
        }
        let span = span.unwrap_or_default();
        let message = format!("there is no interface {name} here");
        let told = Diagnostic::new(Code::InterfaceUnfit, span, message).remedy(remedy);
        if !self.found.contains(&told) {
            self.found.push(told);
        }
    }

    fn tracked(&mut self, all: &[Tracked], (block, name): (&'static str, &str), places: &Places) {
        for tracked in all {
            let TrackerId::Interface(interface) = &tracked.tracker else { continue };
            let remedy = if tracked.weight == 0 {
                "whoever tracks it is in fault until it appears; check the name: ip link"
            } else {
                "it counts as down until it appears; check the name: ip link"
            };
            let span = places.listed(block, name, "track_interface", interface);
            self.look_up(interface, span, remedy);
        }
    }
}

/// Interfaces that `model` names and that are not here.
pub(super) fn judge(table: &Table, model: &Model, places: &Places, found: &mut Vec<Diagnostic>) {
    let own = model.instances.values().flat_map(|instance| {
        let macvlan = instance.macvlan.iter().map(|link| link.name.as_str());
        macvlan.chain(instance.ipvlan.iter().map(|link| link.name.as_str()))
    });
    let mut names = Names { table, made: own.collect(), found };
    for router in &model.vrrp.routers {
        names.tracked(&router.tracked, ("vrrp_instance", &router.name), places);
    }
    for group in &model.vrrp.groups {
        names.tracked(&group.tracked, ("vrrp_sync_group", &group.name), places);
    }
    instances(model, places, &mut names);
    statics(model, places, &mut names);
    settings(model, places, &mut names);
}

/// Routes and rules of instances, what their virtual interfaces stand on, and their VRF.
fn instances(model: &Model, places: &Places, names: &mut Names<'_>) {
    const BLOCK: &str = "vrrp_instance";
    for (name, instance) in &model.instances {
        for route in &instance.routes {
            for interface in route.interfaces() {
                let span = places.listed(BLOCK, name, "virtual_routes", interface);
                names.look_up(interface, span, "the route cannot be added; check the name");
            }
        }
        for rule in &instance.rules {
            for interface in rule.interfaces() {
                let span = places.listed(BLOCK, name, "virtual_rules", interface);
                names.look_up(interface, span, "the rule waits until it appears; check the name");
            }
        }
        let macvlan = instance.macvlan.iter().filter_map(|link| link.parent.as_deref());
        let ipvlan = instance.ipvlan.iter().filter_map(|link| link.parent.as_deref());
        for (parent, keyword) in
            macvlan.map(|p| (p, "use_vmac")).chain(ipvlan.map(|p| (p, "use_ipvlan")))
        {
            let span = places.setting(BLOCK, name, keyword);
            names.look_up(parent, span, "the instance has nothing to stand on; check the name");
        }
        let Some(vrf) = &instance.vrf else { continue };
        let span = places.setting(BLOCK, name, "vrf");
        match names.table.link(vrf) {
            None => names.look_up(vrf, span, "name a VRF: ip link show type vrf"),
            Some(link) if !link.vrf => {
                let message = format!("{vrf} is an interface, and no VRF");
                let told = Diagnostic::new(Code::InterfaceUnfit, span.unwrap_or_default(), message);
                names.found.push(told.remedy("name a VRF: ip link show type vrf"));
            }
            Some(_) => {}
        }
    }
}

fn statics(model: &Model, places: &Places, names: &mut Names<'_>) {
    let missing = "it cannot be added; check the name: ip link";
    for address in &model.statics.addresses {
        let address = &address.address;
        let Some(interface) = &address.interface else { continue };
        let span = places.listed("static_ipaddress", "", "", interface);
        let entry = || places.entry("static_ipaddress", "", &address.address.to_string());
        names.look_up(interface, span.or_else(entry), missing);
    }
    for interface in model.statics.routes.iter().flat_map(Route::interfaces) {
        let span = places.listed("static_routes", "", "", interface);
        names.look_up(interface, span, missing);
    }
    for interface in model.statics.rules.iter().flat_map(Rule::interfaces) {
        let span = places.listed("static_rules", "", "", interface);
        names.look_up(interface, span, missing);
    }
}

/// Settings of interfaces, and the sync daemon of IPVS.
fn settings(model: &Model, places: &Places, names: &mut Names<'_>) {
    let nothing = "the setting waits for it; check the name: ip link";
    for link in &model.links.polled {
        let span = places.listed("linkbeat_interfaces", "", "", &link.interface);
        names.look_up(&link.interface, span, nothing);
    }
    for delay in &model.links.delays {
        let span = places.listed("interface_up_down_delays", "", "", &delay.interface);
        names.look_up(&delay.interface, span, nothing);
    }
    for interface in model.links.announce_groups.iter().flat_map(|group| &group.interfaces) {
        let span = places.listed("garp_group", "", "interfaces", interface);
        let single = || places.setting("garp_group", "", "interface");
        names.look_up(interface, span.or_else(single), nothing);
    }
    if let Some(sync) = &model.balancer.table.sync {
        let span = places.setting("global_defs", "", "lvs_sync_daemon");
        names.look_up(&sync.interface, span, "the sync daemon does not start; check the name");
    }
}
