//! `global_defs`: settings of the process, and defaults for everything else.

use std::net::IpAddr;
use std::time::Duration;

use super::settings::Settings;
use super::timing::GarpSettings;
use super::{Context, filter, link, notify, process, virtual_link};
use crate::config::diagnostic::Code;
use crate::config::model::ExtraAnnouncements;
use crate::config::resolve::Entry;
use crate::config::{Globals, Loader, Options};
use crate::engine::check::Identity;
use crate::wire::vrrp::Version;

/// Who runs scripts when nothing is said and the user exists.
const SCRIPT_USER: &str = "keepalived_script";

/// Who runs scripts that have no user of their own.
#[derive(Clone, Debug, Default)]
pub(super) enum ScriptUser {
    /// Not said, and the accounts were not asked yet.
    #[default]
    Unasked,
    /// That user; `None`: whoever runs `ha`.
    Known(Option<Identity>),
    /// `script_user` names nobody: such scripts are disabled.
    Unknown,
}

impl ScriptUser {
    /// Ask for keepalived's default user, once and only when a script needs it.
    pub(super) fn ask(&mut self, loader: &dyn Loader) -> Self {
        if matches!(self, Self::Unasked) {
            let found = loader.user(SCRIPT_USER);
            *self = Self::Known(found.map(|(uid, gid)| Identity { uid, gid }));
        }
        self.clone()
    }
}

/// What the items inherit from `global_defs`.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults {
    pub version: Option<Version>,
    pub strict: bool,
    pub group_v4: Option<IpAddr>,
    pub group_v6: Option<IpAddr>,
    pub garp: GarpSettings,
    /// `vrrp_garp_interval`.
    pub garp_interval: Duration,
    /// `vrrp_gna_interval`.
    pub gna_interval: Duration,
    pub down_timer_adverts: Option<u8>,
    pub lower_priority_no_advert: bool,
    pub higher_priority_send_advert: Option<bool>,
    pub check_unicast_source: bool,
    pub skip_check_addresses: bool,
    pub checksum_as_v2: bool,
    pub owner_ignores_adverts: bool,
    pub startup_delay: Duration,
    pub script_security: bool,
    pub symlink_paths: bool,
    /// `default_interface`.
    pub interface: Option<String>,
    /// `smtp_alert`.
    pub alert: Option<bool>,
    /// `smtp_alert_vrrp`.
    pub alert_vrrp: Option<bool>,
    /// `vrrp_notify_priority_changes`.
    pub priority_changes: bool,
    /// `vrrp_garp_extra_if`.
    pub extra_announcements: Option<ExtraAnnouncements>,
    /// `vmac_prefix`.
    pub link_prefix: Option<String>,
    pub script_user: ScriptUser,
}

/// Take every `global_defs` block.
pub(super) fn build<'a>(
    blocks: impl Iterator<Item = &'a Entry<'a>>,
    options: &Options,
    context: &mut Context<'_>,
) -> Globals {
    let mut globals = Globals {
        router_id: (!options.host_name.is_empty()).then(|| options.host_name.clone()),
        ..Globals::default()
    };
    for block in blocks {
        let settings = Settings::new(block);
        host(&settings, &mut globals, context);
        scripts(&settings, context);
        process::take(&settings, &mut globals, context);
        notify::take(&settings, &mut globals, context);
        filter::take(&settings, &mut globals, context);
        vrrp(&settings, context);
    }
    globals.script_security = context.defaults.script_security;
    globals
}

/// The node itself, and what routes, rules and static addresses depend on.
fn host(settings: &Settings<'_>, globals: &mut Globals, context: &mut Context<'_>) {
    let text = |keyword: &str| settings.text(keyword).map(str::to_owned);
    globals.router_id = text("router_id").or(globals.router_id.take());
    globals.dynamic_interfaces |= settings.has("dynamic_interfaces");
    globals.log_unknown_vrids |= settings.has("log_unknown_vrids");
    let groups = settings.switch("set_supplementary_groups");
    globals.supplementary_groups = groups.unwrap_or(globals.supplementary_groups);
    globals.delay_after_boot =
        settings.time("vrrp_delay_after_boot").unwrap_or(globals.delay_after_boot);
    let default = settings.get("default_interface").and_then(|entry| entry.arguments().first());
    let default = default.and_then(|word| link::interface(word, context));
    context.defaults.interface = default.or(context.defaults.interface.take());
    if let Some(folder) = text("iproute_usr_dir") {
        context.names.installed = folder;
    }
    if let Some(folder) = text("iproute_etc_dir") {
        context.names.local = folder;
    }
}

fn scripts(settings: &Settings<'_>, context: &mut Context<'_>) {
    let defaults = &mut context.defaults;
    defaults.script_security |= settings.has("enable_script_security");
    defaults.symlink_paths = settings.switch("use_symlink_paths").unwrap_or(defaults.symlink_paths);
    if let Some(user) = settings.get("script_user") {
        let identity = super::scripts::identity(user.arguments(), context);
        context.defaults.script_user = match identity {
            Some(identity) => ScriptUser::Known(Some(identity)),
            None => ScriptUser::Unknown,
        };
    }
}

fn vrrp(settings: &Settings<'_>, context: &mut Context<'_>) {
    let group = |keyword: &str, context: &mut Context<'_>| {
        let entry = settings.get(keyword)?;
        let address: Option<IpAddr> = entry.text().parse().ok();
        let wants_v4 = keyword.ends_with('4');
        let good = address.filter(|a| a.is_multicast() && a.is_ipv4() == wants_v4);
        if good.is_none() {
            let family = if wants_v4 { "IPv4" } else { "IPv6" };
            let message =
                format!("`{keyword}`: `{}` is not an {family} multicast address", entry.text());
            context.warn(
                Code::InvalidValue,
                entry.value_span(),
                message,
                "it is ignored; the group of RFC 9568 is used",
            );
        }
        good
    };
    let (group_v4, group_v6) =
        (group("vrrp_mcast_group4", context), group("vrrp_mcast_group6", context));
    let keywords = ["vrrp_garp_extra_if", "vrrp_vmac_garp_intvl"];
    let extra = virtual_link::extra_announcements(settings, keywords, 1, context);
    let defaults = &mut context.defaults;
    defaults.extra_announcements = extra.or(defaults.extra_announcements);
    defaults.group_v4 = group_v4.or(defaults.group_v4);
    defaults.group_v6 = group_v6.or(defaults.group_v6);
    if let Some(version) = settings.text("vrrp_version") {
        defaults.version = Some(if version == "3" { Version::V3 } else { Version::V2 });
    }
    let on = |keyword: &str, before: bool| settings.switch(keyword).unwrap_or(before);
    defaults.strict = on("vrrp_strict", defaults.strict);
    defaults.garp.take(settings, "vrrp_");
    defaults.link_prefix =
        settings.text("vmac_prefix").map(str::to_owned).or(defaults.link_prefix.take());
    defaults.garp.minimal = on("vrrp_min_garp", defaults.garp.minimal);
    let time = |keyword: &str, before: Duration| settings.time(keyword).unwrap_or(before);
    defaults.garp_interval = time("vrrp_garp_interval", defaults.garp_interval);
    defaults.gna_interval = time("vrrp_gna_interval", defaults.gna_interval);
    defaults.startup_delay = time("vrrp_startup_delay", defaults.startup_delay);
    if let Some(adverts) = settings.number("vrrp_down_timer_adverts") {
        defaults.down_timer_adverts = u8::try_from(adverts).ok();
    }
    defaults.lower_priority_no_advert =
        on("vrrp_lower_prio_no_advert", defaults.lower_priority_no_advert);
    defaults.higher_priority_send_advert =
        settings.switch("vrrp_higher_prio_send_advert").or(defaults.higher_priority_send_advert);
    defaults.check_unicast_source |= settings.has("vrrp_check_unicast_src");
    defaults.skip_check_addresses = on("vrrp_skip_check_adv_addr", defaults.skip_check_addresses);
    defaults.checksum_as_v2 = on("v3_checksum_as_v2", defaults.checksum_as_v2);
    defaults.owner_ignores_adverts =
        on("vrrp_owner_ignore_adverts", defaults.owner_ignores_adverts);
}
