//! What a configuration needs of this kernel and of this machine, beside what they have.

use crate::config::{Code, Diagnostic, Model, Places, Span};
use crate::engine::vrrp::Family;
use crate::io::kernel::{self, Feature};

/// A feature, and what takes it.
struct Need {
    feature: Feature,
    /// The keywords that ask for it.
    keywords: &'static [&'static str],
    /// What the kernel lacks.
    lacks: &'static str,
    /// What then.
    remedy: &'static str,
}

/// Features that keywords ask for.
const NEEDS: [Need; 8] = [
    Need {
        feature: Feature::Ipvs,
        keywords: &["virtual_server"],
        lacks: "IPVS, and no module ip_vs, for the virtual servers",
        remedy: "install the modules of the kernel, or remove the servers",
    },
    Need {
        feature: Feature::Macvlan,
        keywords: &["use_vmac", "use_vmac_addr"],
        lacks: "macvlan, which virtual MAC addresses take",
        remedy: "install the modules of the kernel, or remove use_vmac on all routers",
    },
    Need {
        feature: Feature::Ipvlan,
        keywords: &["use_ipvlan"],
        lacks: "ipvlan",
        remedy: "install the modules of the kernel, or remove use_ipvlan",
    },
    Need {
        feature: Feature::Vrf,
        keywords: &["vrf"],
        lacks: "VRF",
        remedy: "install the modules of the kernel, or remove vrf",
    },
    Need {
        feature: Feature::Nftables,
        keywords: &["nftables", "nftables_ipvs"],
        lacks: "nftables, neither its tables nor its sets",
        remedy: "install the modules of the kernel (nf_tables), or use vrrp_iptables",
    },
    Need {
        feature: Feature::Iptables,
        keywords: &["vrrp_iptables"],
        lacks: "iptables",
        remedy: "install the modules of the kernel (ip_tables), or write nftables instead",
    },
    Need {
        feature: Feature::Ipset,
        keywords: &["vrrp_ipsets"],
        lacks: "ipsets",
        remedy: "install the modules of the kernel (ip_set); vrrp_ipsets alone does without",
    },
    Need {
        feature: Feature::ProcessEvents,
        keywords: &["vrrp_track_process"],
        lacks: "notices of processes that start and end",
        remedy: "it is a choice when the kernel is built (CONFIG_PROC_EVENTS); track a script",
    },
];

/// What `model` asks for and is not here.
pub(super) fn judge(model: &Model, places: &Places, found: &mut Vec<Diagnostic>) {
    for need in &NEEDS {
        let Some(span) = places.first(need.keywords) else { continue };
        if kernel::has(need.feature) == Some(false) {
            found.push(lacking(need.lacks, span, need.remedy));
        }
    }
    packet_filter(model, places, found);
    ipv6(model, places, found);
    schedulers(model, places, found);
    processors(model, places, found);
}

fn lacking(what: &str, span: Span, remedy: &str) -> Diagnostic {
    Diagnostic::new(Code::HostLacks, span, format!("the kernel has no {what}")).remedy(remedy)
}

/// Addresses that are not accepted take a packet filter, which one does not have to name.
fn packet_filter(model: &Model, places: &Places, found: &mut Vec<Diagnostic>) {
    let named = model.globals.firewall.nftables.is_some()
        || !model.globals.firewall.iptables_chains.is_empty();
    let Some(span) = places.first(&["no_accept"]).filter(|_| !named) else { return };
    if kernel::has(Feature::Nftables) == Some(false) {
        let remedy = "install the modules of the kernel (nf_tables), or remove no_accept";
        found.push(lacking("nftables, which keeps clients from the addresses", span, remedy));
    }
}

/// Each interface is asked for IPv6 where a router of that family runs; here it is about the rest.
fn ipv6(model: &Model, places: &Places, found: &mut Vec<Diagnostic>) {
    let first = model.vrrp.routers.iter().find_map(|router| {
        let mut addresses = router.all_addresses().into_iter();
        addresses.find(|address| Family::of(address.address) == Family::Ipv6).map(|a| (router, a))
    });
    let Some((router, address)) = first else { return };
    if kernel::has(Feature::Ipv6) == Some(false) {
        let span = places.entry("vrrp_instance", &router.name, &address.address.to_string());
        let remedy = "start it with IPv6 (ipv6.disable=0), or remove the addresses";
        found.push(lacking("IPv6", span.unwrap_or_default(), remedy));
    }
}

fn schedulers(model: &Model, places: &Places, found: &mut Vec<Diagnostic>) {
    if kernel::has(Feature::Ipvs) != Some(true) {
        return;
    }
    let mut asked: Vec<&str> = Vec::new();
    for pool in &model.balancer.pools {
        let word = pool.scheduler.word();
        if asked.contains(&word) {
            continue;
        }
        asked.push(word);
        if kernel::has(Feature::Scheduler(word)) == Some(false) {
            let span = places.first(&["virtual_server"]).unwrap_or_default();
            let what = format!("scheduler {word}, no module ip_vs_{word}, for a virtual server");
            found.push(lacking(&what, span, "install the module, or choose another lb_algo"));
        }
    }
}

/// Processors that a process is to run on and that are not there.
fn processors(model: &Model, places: &Places, found: &mut Vec<Diagnostic>) {
    let there = kernel::processors();
    let processes = &model.globals.processes;
    let named = [
        ("vrrp_cpu_affinity", &processes.vrrp),
        ("checker_cpu_affinity", &processes.checker),
        ("bfd_cpu_affinity", &processes.bfd),
    ];
    for (keyword, process) in named {
        let missing = process.processors.iter().find(|number| usize::from(**number) >= there);
        let Some(missing) = missing else { continue };
        let span = places.setting("global_defs", "", keyword).unwrap_or_default();
        let message = format!("`{keyword}`: this machine has no processor {missing}");
        let found_at = Diagnostic::new(Code::HostLacks, span, message);
        found.push(found_at.remedy(format!("it is ignored; they are numbered 0 to {}", there - 1)));
    }
}
