//! How each fault is done to a host, and how it is undone.

use nix::sys::signal::Signal;

use super::host::{self, Host};
use crate::error::Result;
use crate::io::netns::Links;
use crate::output::event::lab::Fault;

/// The bridge port of `host` in segment number `segment`.
#[must_use]
pub fn port(host: &str, segment: usize) -> String {
    format!("{host}.{segment}")
}

/// Do `fault` to `hosts[struck]`. `ports` are the bridge ports of all hosts.
///
/// # Errors
/// When the kernel refuses.
pub fn inject(
    fault: Fault,
    host: &mut Host,
    links: &Links,
    ports: &[String],
    all: &[String],
) -> Result<()> {
    match fault {
        Fault::Kill => {
            // The cable goes first: a dead host says nothing more, not even goodbye.
            ports.iter().try_for_each(|port| links.set_up(port, false))?;
            host.signal_all(Signal::SIGKILL);
        }
        Fault::Term => host.terminate(),
        Fault::Link => ports.iter().try_for_each(|port| links.set_up(port, false))?,
        Fault::Partition => all.iter().try_for_each(|port| links.isolate(port, true))?,
        Fault::Script => {
            for program in host.script_programs() {
                host.namespace.cover(&program, &host::failing())?;
            }
        }
        Fault::Freeze => host.signal_all(Signal::SIGSTOP),
    }
    Ok(())
}

/// Undo `fault`. A daemon that was ended is started again.
///
/// # Errors
/// When the kernel refuses, or the daemon does not start.
pub fn undo(
    fault: Fault,
    host: &mut Host,
    links: &Links,
    ports: &[String],
    all: &[String],
) -> Result<()> {
    match fault {
        Fault::Kill => {
            host.reap();
            host.forget_everything()?;
            ports.iter().try_for_each(|port| links.set_up(port, true))?;
            host.start()
        }
        Fault::Term => {
            host.reap();
            host.start()
        }
        Fault::Link => ports.iter().try_for_each(|port| links.set_up(port, true)),
        Fault::Partition => all.iter().try_for_each(|port| links.isolate(port, false)),
        Fault::Script => {
            host.script_programs().iter().try_for_each(|program| host.namespace.uncover(program))
        }
        Fault::Freeze => {
            host.signal_all(Signal::SIGCONT);
            Ok(())
        }
    }
}
