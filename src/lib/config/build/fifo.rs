//! Pipes that get a line for each change: their owner, and the script that reads them.

use super::settings::Settings;
use super::{Context, scripts};
use crate::config::diagnostic::Code;
use crate::engine::notify::FifoConfig;

/// The pipe of `keyword`, of which `KEYWORD_script` says who reads it. As in keepalived there is
/// none when its owner is unknown.
pub(super) fn build(
    settings: &Settings<'_>,
    keyword: &str,
    context: &mut Context<'_>,
) -> Option<FifoConfig> {
    let script = settings.get(&format!("{keyword}_script"));
    let Some((path, owner)) =
        settings.get(keyword).and_then(|entry| entry.arguments().split_first())
    else {
        if let Some(script) = script {
            let message = format!("`{keyword}_script` has nothing to read");
            let remedy = format!("it is ignored; add: {keyword} PATH");
            context.warn(Code::Conflict, script.span(), message, &remedy);
        }
        return None;
    };
    if !path.text.starts_with('/') {
        let message = format!("`{}` depends on the directory that the process runs in", path.text);
        context.warn(Code::RelativePath, path.span, message, "write its path from the root");
    }
    let owner = if owner.is_empty() { None } else { Some(scripts::identity(owner, context)?) };
    let reader = script.and_then(|script| scripts::command(script, None, context));
    Some(FifoConfig { path: path.text.into(), owner, reader })
}
