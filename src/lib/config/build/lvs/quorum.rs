//! How much weight must be alive.

use super::super::Context;
use super::super::settings::Settings;
use super::unsigned;
use crate::config::diagnostic::Code;
use crate::engine::pool::DestinationConfig;

/// Quorum and hysteresis, as far as the destinations can reach them.
pub(super) fn build(
    settings: &Settings<'_>,
    destinations: &[DestinationConfig],
    context: &mut Context<'_>,
) -> (u32, u32) {
    let wanted: u32 = unsigned(settings, "quorum").unwrap_or(1);
    let total: u64 = destinations.iter().map(|d| u64::from(d.weight)).sum();
    let most = u32::try_from(total).unwrap_or(u32::MAX).max(1);
    let quorum = wanted.min(most);
    if let Some(entry) = settings.get("quorum").filter(|_| quorum < wanted) {
        let message = format!("quorum {wanted} is above {total}, the weight of all real servers");
        let remedy = format!("it becomes {quorum}: every real server must be up");
        context.warn(Code::Adjusted, entry.value_span(), message, &remedy);
    }
    let margin: u32 = unsigned(settings, "hysteresis").unwrap_or(0);
    let hysteresis = margin.min(quorum.saturating_sub(1));
    if let Some(entry) = settings.get("hysteresis").filter(|_| hysteresis < margin) {
        let message = format!("hysteresis {margin} is not below the quorum of {quorum}");
        let remedy = format!("it becomes {hysteresis}; otherwise the quorum is never lost");
        context.warn(Code::Adjusted, entry.value_span(), message, &remedy);
    }
    let gained = u64::from(quorum).saturating_add(u64::from(hysteresis));
    if let Some(entry) = settings.get("hysteresis").filter(|_| total > 0 && gained > total) {
        let message =
            format!("quorum {quorum} and hysteresis {hysteresis} are {gained}, above {total}");
        let remedy = "once lost the quorum is never gained again: the weight of all real servers \
                      must reach the sum; lower one of them";
        context.warn(Code::QuorumUnreachable, entry.value_span(), message, remedy);
    }
    (quorum, hysteresis)
}
