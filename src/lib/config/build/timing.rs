//! Intervals: the advert interval as the protocol version can say it, and gratuitous ARP.

use std::time::Duration;

use super::Context;
use super::settings::Settings;
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::resolve::{Entry, Value};
use crate::config::values::decimal;
use crate::engine::vrrp::AnnounceConfig;
use crate::wire::vrrp::Version;

/// Gratuitous ARP settings that were given, in `global_defs` or in an instance.
#[derive(Clone, Debug, Default)]
pub(super) struct GarpSettings {
    delay: Option<Duration>,
    repeat: Option<u32>,
    refresh: Option<Duration>,
    refresh_repeat: Option<u32>,
    lower_delay: Option<Duration>,
    lower_repeat: Option<u32>,
    /// `vrrp_min_garp`.
    pub minimal: bool,
}

impl GarpSettings {
    /// Take what `settings` have; `prefix` stands before the keywords.
    pub(super) fn take(&mut self, settings: &Settings<'_>, prefix: &str) {
        let time = |name: &str, before| settings.time(&format!("{prefix}{name}")).or(before);
        let count = |name: &str, before| {
            let number = settings.number(&format!("{prefix}{name}"));
            number.and_then(|n| u32::try_from(n).ok()).or(before)
        };
        self.delay = time("garp_master_delay", self.delay);
        self.repeat = count("garp_master_repeat", self.repeat);
        self.refresh = time("garp_master_refresh", self.refresh);
        self.refresh_repeat = count("garp_master_refresh_repeat", self.refresh_repeat);
        self.lower_delay = time("garp_lower_prio_delay", self.lower_delay);
        self.lower_repeat = count("garp_lower_prio_repeat", self.lower_repeat);
    }

    /// All values, with keepalived's defaults: those after a lower priority copy the others.
    pub(super) fn finish(&self, interval: Duration) -> AnnounceConfig {
        let plain = if self.minimal {
            AnnounceConfig {
                repeat: 1,
                delay: Duration::ZERO,
                refresh_repeat: 0,
                ..AnnounceConfig::default()
            }
        } else {
            AnnounceConfig::default()
        };
        let repeat = self.repeat.unwrap_or(plain.repeat);
        let delay = self.delay.unwrap_or(plain.delay);
        AnnounceConfig {
            repeat,
            delay,
            refresh: self.refresh.unwrap_or(plain.refresh),
            refresh_repeat: self.refresh_repeat.unwrap_or(plain.refresh_repeat),
            lower_priority_repeat: self.lower_repeat.unwrap_or(repeat),
            lower_priority_delay: self.lower_delay.unwrap_or(delay),
            interval,
        }
    }
}

/// `advert_int` as `version` can say it: whole seconds up to 255, or steps of 10 ms up to 40.95 s.
pub(super) fn advert_interval(
    entry: Option<&Entry<'_>>,
    version: Version,
    context: &mut Context<'_>,
) -> Duration {
    let wanted = match entry.map(|entry| &entry.value) {
        Some(Value::Time(time)) => *time,
        _ => Duration::from_secs(1),
    };
    let micros = u64::try_from(wanted.as_micros()).unwrap_or(u64::MAX);
    let (step, most) = match version {
        Version::V2 => (1_000_000, 255),
        Version::V3 => (10_000, 4_095),
    };
    let steps = (micros.saturating_add(step / 2) / step).clamp(1, most);
    let value = steps.saturating_mul(step);
    if let Some(entry) = entry.filter(|_| value != micros) {
        let number = u8::from(version);
        let message = format!(
            "advert_int {} becomes {} s in VRRP version {number}",
            decimal(micros),
            decimal(value)
        );
        let remedy = match version {
            Version::V2 => "version 2 has whole seconds from 1 to 255; version 3 has 0.01 to 40.95",
            Version::V3 => "version 3 has steps of 0.01 s up to 40.95 s",
        };
        context.report(Diagnostic::new(Code::Adjusted, entry.value_span(), message).remedy(remedy));
    }
    Duration::from_micros(value)
}
