//! Valid entries to the model: defaults filled in, contradictions settled as keepalived settles
//! them, each with a warning; what keepalived does not start with is an error.

mod address;
mod authentication;
mod beyond;
mod encapsulation;
mod fifo;
mod filter;
mod globals;
mod group;
mod instance;
mod link;
mod lvs;
mod names;
mod notify;
mod process;
mod program;
mod route;
mod rule;
mod scripts;
mod settings;
mod statics;
mod timing;
mod track;
mod trackers;
mod virtual_link;
mod words;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::ffi::OsString;

use super::diagnostic::{Code, Diagnostic};
use super::loader::Loader;
use super::model::{GroupSettings, InstanceSettings, Statics, Trackers};
use super::resolve::{Entry, Resolver};
use super::source::Span;
use super::{Model, Options};
use crate::engine::check::ScriptConfig;
use crate::engine::notify::NotifyPlan;
use crate::engine::vrrp::{NodeConfig, RouterConfig, SyncGroupConfig};
use globals::Defaults;
use names::Names;

/// Everything that the parts of the build share.
struct Context<'a> {
    loader: &'a dyn Loader,
    resolver: &'a mut Resolver,
    defaults: Defaults,
    scripts: BTreeMap<String, Script>,
    /// How many blocks had their trackers taken so far.
    lists: usize,
    /// Folders that scripts are in.
    folders: BTreeMap<OsString, program::Folder>,
    notify: NotifyPlan,
    instances: BTreeMap<String, InstanceSettings>,
    groups: BTreeMap<String, GroupSettings>,
    /// What instances track beside scripts and interfaces, with where, until groups are built.
    tracked_items: BTreeMap<String, track::Items>,
    trackers: Trackers,
    /// Weight of each tracker, and whether it is reversed, by its kind and name.
    tracker_weights: BTreeMap<&'static str, BTreeMap<String, (i16, bool)>>,
    /// Where each tracker is defined, by its kind and name.
    tracker_names: BTreeMap<(&'static str, String), Span>,
    statics: Statics,
    /// Where each `track_group` is defined.
    track_groups: BTreeMap<String, Span>,
    names: Names,
    /// Priority of the next rule that has none.
    next_rule_priority: u32,
}

/// A `vrrp_script` on its way.
struct Script {
    /// `None`: it cannot be run and is not tracked.
    config: Option<Box<ScriptConfig>>,
    weight: i16,
    reverse: bool,
    span: Span,
    /// The number of the last list that tracks it, and where it does.
    tracked: Option<(usize, Span)>,
}

/// A router on its way: what is still needed to compare it with the others.
struct Router {
    config: RouterConfig,
    span: Span,
    /// Where its VRID is set.
    vrid_span: Span,
    /// Where each of its trackers is set.
    track_spans: Vec<Span>,
}

impl<'a> Context<'a> {
    fn new(loader: &'a dyn Loader, resolver: &'a mut Resolver) -> Self {
        Self {
            loader,
            resolver,
            defaults: Defaults::default(),
            scripts: BTreeMap::new(),
            lists: 0,
            folders: BTreeMap::new(),
            notify: NotifyPlan::default(),
            instances: BTreeMap::new(),
            groups: BTreeMap::new(),
            tracked_items: BTreeMap::new(),
            trackers: Trackers::default(),
            tracker_weights: BTreeMap::new(),
            tracker_names: BTreeMap::new(),
            statics: Statics::default(),
            track_groups: BTreeMap::new(),
            names: Names::default(),
            next_rule_priority: rule::PRIORITY,
        }
    }
}

impl Context<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.resolver.diagnostics.push(diagnostic);
    }

    fn warn(&mut self, code: Code, span: Span, message: impl Into<String>, remedy: &str) {
        self.report(Diagnostic::new(code, span, message).remedy(remedy));
    }
}

/// The model of a whole configuration. It is complete only when nothing is reported as an error.
pub(super) fn model(
    entries: &[Entry<'_>],
    options: &Options,
    loader: &dyn Loader,
    resolver: &mut Resolver,
) -> Model {
    let mut context = Context::new(loader, resolver);
    let of = |keyword: &'static str| entries.iter().filter(move |e| e.row.keyword == keyword);
    let mut globals = globals::build(of("global_defs"), options, &mut context);
    for seconds in of("child_wait_time").filter_map(Entry::number) {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        globals.processes.stop_limit = std::time::Duration::from_secs(seconds);
    }
    globals.naming.pid_directory = of("use_pid_dir").next().is_some();
    globals.naming.instance = of("instance").next_back().map(|entry| entry.text().to_owned());
    for entry in of("net_namespace") {
        context.warn(
            Code::OtherNamespace,
            entry.value_span(),
            "the addresses would appear in this network namespace instead of the named one",
            "start it inside: `ip netns exec NAME ha run …`, and remove the line",
        );
    }
    for entry in of("vrrp_script") {
        scripts::script(entry, &mut context);
    }
    trackers::build(entries, &mut context);
    context.tracker_weights = track::weights(&context.trackers);
    let mut routers = routers(of("vrrp_instance"), &mut context);
    let instances: Vec<String> = routers.iter().map(|r| r.config.name.clone()).collect();
    let groups = sync_groups(of("vrrp_sync_group"), &mut routers, &mut context);
    statics::build(entries, &instances, &mut context);
    let links = link::build(entries, &mut context);
    let configs: Vec<RouterConfig> = routers.into_iter().map(|router| router.config).collect();
    let balancer = lvs::build(entries, &configs, &mut context);
    let (scripts, script_trackers) = scripts::tracked(&mut context);
    let vrrp = NodeConfig {
        routers: configs,
        groups,
        trackers: script_trackers,
        startup_delay: context.defaults.startup_delay,
    };
    let Context { notify, instances, groups, trackers, statics, .. } = context;
    Model { globals, vrrp, scripts, notify, balancer, instances, groups, trackers, statics, links }
}

/// Every instance that can be a router; a second one of a name is left out.
fn routers<'a>(
    entries: impl Iterator<Item = &'a Entry<'a>>,
    context: &mut Context<'_>,
) -> Vec<Router> {
    let mut routers: Vec<Router> = Vec::new();
    let mut names: BTreeMap<&str, Span> = BTreeMap::new();
    for entry in entries {
        match names.entry(entry.text()) {
            Place::Occupied(first) => duplicate_name(entry, *first.get(), context),
            Place::Vacant(place) => {
                place.insert(entry.value_span());
                routers.extend(instance::build(entry, context));
            }
        }
    }
    duplicate_routers(&routers, context);
    routers
}

/// Every sync group that has a member, with the trackers of its members set right.
fn sync_groups<'a>(
    entries: impl Iterator<Item = &'a Entry<'a>>,
    routers: &mut [Router],
    context: &mut Context<'_>,
) -> Vec<SyncGroupConfig> {
    let mut groups = Vec::new();
    let mut names: BTreeMap<&str, Span> = BTreeMap::new();
    let mut candidates = group::Candidates::new(routers);
    for entry in entries {
        if let Some(first) = names.get(entry.text()) {
            duplicate_name(entry, *first, context);
        } else if let Some(group) = group::build(entry, &mut candidates, context) {
            names.insert(entry.text(), entry.value_span());
            groups.push(group);
        }
    }
    for group in &groups {
        let members = group.members.iter().map(|member| (member.clone(), group.name.clone()));
        context.notify.member_of.extend(members);
    }
    for (name, items) in std::mem::take(&mut context.tracked_items) {
        context.instances.entry(name).or_default().tracked = track::without_spans(items);
    }
    context.instances.retain(|_, settings| *settings != InstanceSettings::default());
    groups
}

fn duplicate_name(entry: &Entry<'_>, first: Span, context: &mut Context<'_>) {
    let message = format!("there is already a {} `{}`", entry.row.keyword, entry.text());
    context.report(
        Diagnostic::new(Code::DuplicateName, entry.value_span(), message)
            .remedy("the second block is ignored; give it another name")
            .related("the first one", first),
    );
}

/// Two routers on one wire with one VRID cannot be told apart.
fn duplicate_routers(routers: &[Router], context: &mut Context<'_>) {
    let mut seen: BTreeMap<_, Vec<&Router>> = BTreeMap::new();
    for router in routers {
        let config = &router.config;
        let unicast = !config.peers.is_empty();
        let key = (config.interface.as_str(), config.vrid, config.family, unicast);
        let others = seen.entry(key).or_default();
        let same = |other: &&&Router| {
            let peers = |peer| other.config.peers.iter().any(|p| p == peer);
            !unicast || other.config.source == config.source || config.peers.iter().any(peers)
        };
        if let Some(first) = others.iter().find(same) {
            let message = format!(
                "`{}` has the VRID {} of `{}` on the same interface and family",
                config.name, config.vrid, first.config.name
            );
            context.report(
                Diagnostic::new(Code::DuplicateVrid, router.vrid_span, message)
                    .remedy("give one of them another virtual_router_id or interface")
                    .related("the other one", first.vrid_span),
            );
        }
        others.push(router);
    }
}
