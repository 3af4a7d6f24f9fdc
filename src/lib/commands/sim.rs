//! `ha sim`: replay simulated networks of virtual routers.

use std::ops::Range;

use serde_json::{Value, json};

use crate::error::Result;
use crate::exit::Exit;
use crate::output::Printer;
use crate::output::event::{Line, rfc3339};
use crate::sim::{Entry, Scenario, What, World};

/// Arguments of `ha sim`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["seed", "seeds"]))]
pub struct Args {
    /// Run one random network and print what happened.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Run the seeds from A up to and without B, and print only those that break a rule.
    #[arg(long, value_name = "A..B", value_parser = parse_range)]
    seeds: Option<Range<u64>>,

    /// What happens to the network; each seed has one of its own.
    #[arg(long, value_name = "NAME")]
    scenario: Option<Scenario>,

    /// Show every advert, not only those that something follows from.
    #[arg(long)]
    adverts: bool,
}

fn parse_range(text: &str) -> std::result::Result<Range<u64>, String> {
    let (from, to) = text.split_once("..").ok_or("two numbers with .. between them are needed")?;
    let number = |text: &str| text.parse().map_err(|e| format!("{text:?}: {e}"));
    let range = number(from)?..number(to)?;
    if range.is_empty() { Err("the range is empty".to_owned()) } else { Ok(range) }
}

/// Run the command.
///
/// # Errors
/// When stdout cannot be written.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    if let Some(seed) = args.seed {
        let scenario = args.scenario.unwrap_or_else(|| Scenario::of_seed(seed));
        let world = scenario.run(seed);
        print_history(&world, args.adverts, printer)?;
        return print_verdict(seed, scenario, &world, printer);
    }
    let mut exit = Exit::Success;
    let seeds = args.seeds.unwrap_or_default();
    let count = seeds.end - seeds.start;
    let mut broken = 0_u64;
    for seed in seeds {
        let scenario = args.scenario.unwrap_or_else(|| Scenario::of_seed(seed));
        let world = scenario.run(seed);
        if !world.violations().is_empty() {
            broken += 1;
            exit = print_verdict(seed, scenario, &world, printer)?;
        }
    }
    if printer.is_json() {
        let data = json!({"seeds": count, "broken": broken});
        printer.json_line(&Line::new("sim.seeds", rfc3339(0), None, data))?;
    } else {
        printer.line(format!("{count} seeds, {broken} break a rule"))?;
    }
    Ok(exit)
}

fn print_history(world: &World, adverts: bool, printer: Printer) -> Result<()> {
    let entries = world.history().entries().iter();
    // The farewell is always worth showing.
    let shown = |entry: &&Entry| {
        adverts || !matches!(entry.what, What::Sent { priority, .. } if priority > 0)
    };
    for entry in entries.filter(shown) {
        if printer.is_json() {
            printer.json_line(&line(entry))?;
        } else {
            printer.line(entry.to_string())?;
        }
    }
    Ok(())
}

/// An entry as an event line; its time is the simulation's, which starts in 1970.
fn line(entry: &Entry) -> Line {
    let kind = match entry.what {
        What::Fault(_) => "sim.fault",
        What::Event(_) => "sim.event",
        What::Sent { .. } => "sim.sent",
        What::Installed(_) | What::Withdrawn(_) | What::Announced { .. } => "sim.address",
        What::Ended => "sim.ended",
        What::Violation(_) => "sim.violation",
    };
    let node = entry.host.map(|host| format!("host{host}"));
    let data = serde_json::to_value(entry).unwrap_or(Value::Null);
    Line::new(kind, rfc3339(entry.at.as_nanos()), node.as_deref(), data)
}

fn print_verdict(seed: u64, scenario: Scenario, world: &World, printer: Printer) -> Result<Exit> {
    let violations = world.violations();
    let hash = format!("{:016x}", world.history().hash());
    if printer.is_json() {
        let data =
            json!({"seed": seed, "scenario": scenario, "hash": hash, "violations": violations});
        let time = rfc3339(world.now().as_nanos());
        printer.json_line(&Line::new("sim.result", time, None, data))?;
    } else {
        for violation in violations {
            printer.line(format!("BROKEN at {:?}: {}", violation.at, violation.what))?;
        }
        let count = violations.len();
        printer.line(format!("seed {seed} scenario {scenario} history {hash}: {count} broken"))?;
    }
    Ok(if violations.is_empty() { Exit::Success } else { Exit::No })
}
