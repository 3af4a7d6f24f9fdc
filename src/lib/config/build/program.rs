//! The program of a command: where it is, whether its user can run it, and whether others could
//! change it. What it does is not asked.

use std::path::{Path, PathBuf};

use super::Context;
use crate::config::diagnostic::{Code, Diagnostic};
use crate::config::loader::FileStatus;
use crate::config::source::Span;
use crate::engine::check::Identity;

/// Where commands without a slash are looked for when the environment has no PATH.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A folder with a program in it, or above one; looked at once in a load, since most scripts share
/// theirs.
#[derive(Clone)]
pub(super) struct Folder {
    status: Option<FileStatus>,
    /// The first folder from the root on that others than root can change.
    weak: Option<String>,
}

/// The path to execute, or why it cannot be.
pub(super) fn inspect(
    program: &str,
    runs_as: &Identity,
    span: Span,
    context: &mut Context<'_>,
) -> Result<String, String> {
    let path = locate(program, context)?;
    let resolved = context.loader.canonical(&path).map_err(|error| error.cause)?;
    let status = context.loader.status(&resolved).map_err(|error| error.cause)?;
    if !status.regular {
        return Err("it is not a regular file".to_owned());
    }
    if !allows(status, runs_as) {
        return Err(format!("it is not executable for uid {}", runs_as.uid));
    }
    let run = if context.defaults.symlink_paths { path } else { resolved.clone() };
    if let Some(closed) = closed_folder(&resolved, runs_as, context) {
        return Err(format!("uid {} may not enter {closed}", runs_as.uid));
    }
    let as_root = runs_as.uid == 0 || (status.uid == 0 && status.mode & 0o4000 != 0);
    if let Some(weak) = as_root.then(|| weak_component(&run, &resolved, status, context)).flatten()
    {
        if context.defaults.script_security {
            return Err(format!("it would run as root, and others than root can change {weak}"));
        }
        let message = format!("`{program}` runs as root, and others than root can change {weak}");
        context.report(Diagnostic::new(Code::ScriptInsecure, span, message).remedy(
            "make it owned and writable by root alone, or give it another user; \
                 enable_script_security refuses to run it",
        ));
    }
    let run = run.into_os_string().into_string();
    Ok(run.unwrap_or_else(|odd| odd.to_string_lossy().into_owned()))
}

/// The path of a program; a name without a slash is looked up in PATH.
fn locate(program: &str, context: &Context<'_>) -> Result<PathBuf, String> {
    if program.starts_with('/') {
        return Ok(PathBuf::from(program));
    }
    if program.starts_with(['“', '”', '„', '‘', '’', '«', '»']) {
        return Err("its quotes are typographic ones; write \" or '".to_owned());
    }
    if program.contains('/') {
        return Err("its path is relative; write it from the root".to_owned());
    }
    let path = context.loader.environment("PATH").unwrap_or_else(|| PATH.to_owned());
    let found = path.split(':').filter(|dir| dir.starts_with('/')).find_map(|dir| {
        let candidate = Path::new(dir).join(program);
        context.loader.status(&candidate).is_ok_and(|s| s.regular).then_some(candidate)
    });
    found.ok_or_else(|| "it is not in PATH".to_owned())
}

/// Whether the permission bits let `identity` execute a file, or enter a folder.
fn allows(status: FileStatus, identity: &Identity) -> bool {
    let bit = if identity.uid == 0 {
        // Root needs no permission to enter a folder.
        return status.directory || status.mode & 0o111 != 0;
    } else if status.uid == identity.uid {
        0o100
    } else if status.gid == identity.gid {
        0o010
    } else {
        0o001
    };
    status.mode & bit != 0
}

/// The first folder on the way to a file that `identity` may not enter.
fn closed_folder(path: &Path, identity: &Identity, context: &mut Context<'_>) -> Option<String> {
    if identity.uid == 0 {
        return None;
    }
    let folders: Vec<&Path> = path.ancestors().skip(1).collect();
    let closed = folders.into_iter().rev().find(|above| {
        let status = folder(above, context).status;
        status.is_some_and(|status| status.directory && !allows(status, identity))
    });
    closed.map(|closed| closed.display().to_string())
}

/// The first component of the path of a file that somebody else than root could change: of the
/// path that is executed, and of what its links lead to.
fn weak_component(
    run: &Path,
    resolved: &Path,
    status: FileStatus,
    context: &mut Context<'_>,
) -> Option<String> {
    let own = is_weak(status).then(|| resolved.display().to_string());
    let mut above = |path: &Path| folder(path.parent()?, context).weak;
    above(run).or_else(|| above(resolved)).or(own)
}

/// What is known of a folder.
fn folder(path: &Path, context: &mut Context<'_>) -> Folder {
    if path.as_os_str().is_empty() {
        return Folder { status: None, weak: None };
    }
    if let Some(known) = context.folders.get(path.as_os_str()) {
        return known.clone();
    }
    let above = path.parent().and_then(|above| folder(above, context).weak);
    let status = context.loader.status(path).ok();
    let weak = above.or_else(|| {
        let sound = status.is_some_and(|status| !is_weak(status));
        (!sound).then(|| path.display().to_string())
    });
    let found = Folder { status, weak };
    context.folders.insert(path.into(), found.clone());
    found
}

/// Whether others than root can change what is there.
fn is_weak(status: FileStatus) -> bool {
    let sticky = status.directory && status.mode & 0o1000 != 0;
    let by_group = status.mode & 0o020 != 0 && status.gid != 0;
    let by_others = status.mode & 0o002 != 0;
    status.uid != 0 || (!sticky && (by_group || by_others))
}
