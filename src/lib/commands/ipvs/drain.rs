//! `ha ipvs drain` and `ha ipvs undrain`.

use std::path::PathBuf;
use std::time::Duration;

use super::apply::print;
use super::interval;
use crate::drivers::ipvs::{self, Wish};
use crate::engine::ipvs::ServiceId;
use crate::engine::pool::{Drain, ServerName};
use crate::error::Result;
use crate::exit::Exit;
use crate::io::drains;
use crate::output::Printer;
use crate::output::ipvs as output;
use crate::supervisor::state_dir;
use crate::time::parse_duration;

/// Arguments of `ha ipvs drain`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha ipvs drain 10.0.0.1:80 --deadline 60s && ssh 10.0.0.1 reboot
  ha ipvs drain 10.0.0.1 --service tcp/192.0.2.10:443
  ha ipvs drain

Connections that are there go on, those of persistent clients too until they are forgotten. With
--deadline it is told how many are left, each time it is another number. The wish is kept in the
state directory: apply, diff and apply --follow have the server at weight 0 until ha ipvs undrain.

Exit codes: 0 drained, with --deadline to the last connection; 1 nobody has the server; 6 the
deadline came first: the server stays drained.")]
pub(super) struct DrainArgs {
    /// Its address, with or without its port. Without a server those that are drained are listed.
    #[arg(value_name = "ADDRESS[:PORT]")]
    server: Option<ServerName>,

    #[command(flatten)]
    place: Place,

    /// Wait until its last connection has ended, but not longer than this.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, requires = "server")]
    deadline: Option<Duration>,

    /// How often the kernel is asked how many there are.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = interval)]
    interval: Duration,

    /// Also a server that no service has now, such as one that is down.
    #[arg(long, requires = "server")]
    absent: bool,
}

/// Arguments of `ha ipvs undrain`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ha ipvs undrain 10.0.0.1:80

Where ha ipvs apply --follow keeps the table with the same state directory, it gives the server its
weight at its next look, if the server lives. Otherwise the server gets the weight from before, where
it is known.

Exit codes: 0 done; 1 it was not drained.")]
pub(super) struct UndrainArgs {
    /// As it was drained.
    #[arg(value_name = "ADDRESS[:PORT]")]
    server: ServerName,

    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
struct Place {
    /// In this service, such as tcp/192.0.2.1:80 [default: in all].
    #[arg(long, value_name = "SERVICE")]
    service: Option<ServiceId>,

    /// Where it is written which servers are drained.
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
}

pub(super) fn drain(args: &DrainArgs, printer: Printer) -> Result<Exit> {
    let Some(server) = args.server else { return list(&args.place, printer) };
    let wish = Wish { server, service: args.place.service, absent: args.absent };
    let done = ipvs::drain(&args.place.state_dir, wish)?;
    let Some(deadline) = args.deadline else {
        print(printer, &done, |done| output::applied(done, &[], false))?;
        return Ok(Exit::Success);
    };
    let left = ipvs::wait(wish, deadline, args.interval, &mut |line| printer.event(line))?;
    Ok(if left == 0 { Exit::Success } else { Exit::TimedOut })
}

pub(super) fn undrain(args: &UndrainArgs, printer: Printer) -> Result<Exit> {
    let wish = Wish { server: args.server, service: args.place.service, absent: true };
    let undrained = ipvs::undrain(&args.place.state_dir, wish)?;
    print(printer, &undrained.done, |done| output::applied(done, &[], false))?;
    if undrained.kept {
        printer.note("who keeps the table gives it its weight, if it lives");
    }
    for (service, server) in undrained.weightless {
        printer.note(format!(
            "{server} of {service} stays at weight 0: what it weighed before is not known; \
             ha ipvs apply or edit gives it a weight"
        ));
    }
    Ok(Exit::Success)
}

fn list(place: &Place, printer: Printer) -> Result<Exit> {
    let drains = drains::read(&place.state_dir)?;
    let wanted = |drain: &&Drain| place.service.is_none_or(|own| drain.service == Some(own));
    if printer.is_json() {
        printer.document(&drains.only(|drain| wanted(&drain)))?;
        return Ok(Exit::Success);
    }
    for drain in drains.all().iter().filter(wanted) {
        let place = drain.service.map_or_else(|| "everywhere".to_owned(), |id| format!("in {id}"));
        printer.line(format!("{} {place}", drain.server))?;
    }
    Ok(Exit::Success)
}
