//! `ha sim`: replay simulated networks of virtual routers.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::config::load;
use crate::drivers::config_loader::{SystemLoader, options};
use crate::engine::vrrp::input::{Recorded, replay};
use crate::engine::vrrp::{Action, NodeConfig};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::event::{Line, rfc3339};
use crate::output::{Printer, diagnostics, sim as text};
use crate::sim::tour::tour;
use crate::sim::{Entry, Scenario, What, World};

/// Arguments of `ha sim`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ha sim -f lb1.conf -f lb2.conf     who becomes master when what fails, and after how long
  ha sim --seed 42                   one random network with faults, its whole history
  ha sim --seeds 0..1000             a thousand of them; exit 1 when one breaks a rule")]
#[command(group = clap::ArgGroup::new("what").required(true).args(["seed", "seeds", "files", "replay"]))]
pub struct Args {
    /// Run one random network and print what happened.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Run the seeds from A up to and without B, and print only those that break a rule.
    #[arg(long, value_name = "A..B", value_parser = parse_range)]
    seeds: Option<Range<u64>>,

    /// What happens to the network; by default each seed has one of its own.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["files", "replay"])]
    scenario: Option<Scenario>,

    /// Show every advert, not only farewells.
    #[arg(long, requires = "seed")]
    adverts: bool,

    /// A node's configuration; several nodes share one simulated network. Tells who becomes
    /// master when what fails, and after how long.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Which lines with `@ID` of the configurations are kept: one for all, or one for each file.
    #[arg(short = 'i', long = "config-id", value_name = "ID", requires = "files")]
    config_ids: Vec<String>,

    /// Run a recording of a node's inputs again and print every action. One input a line, as
    /// JSON, with its time: `{"now_ns":0,"input":{"configure":{…}}}`.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
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
/// When a file cannot be read or is invalid, or stdout cannot be written.
pub fn execute(args: Args, printer: Printer) -> Result<Exit> {
    if let Some(file) = &args.replay {
        return replay_file(file, printer);
    }
    if !args.files.is_empty() {
        return visit(&args, printer);
    }
    if let Some(seed) = args.seed {
        let scenario = args.scenario.unwrap_or_else(|| Scenario::of_seed(seed));
        let world = scenario.run(seed);
        print_history(&world, args.adverts, printer)?;
        return print_verdict(seed, scenario, &world, printer);
    }
    run_seeds(args.seeds.unwrap_or_default(), args.scenario, printer)
}

fn run_seeds(seeds: Range<u64>, scenario: Option<Scenario>, printer: Printer) -> Result<Exit> {
    let mut exit = Exit::Success;
    let count = seeds.end - seeds.start;
    let mut broken = 0_u64;
    for seed in seeds {
        let scenario = scenario.unwrap_or_else(|| Scenario::of_seed(seed));
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
    let shown = |entry: &&Entry| {
        adverts || !matches!(entry.what, What::Sent { priority, .. } if priority > 0)
    };
    for entry in entries.filter(shown) {
        if printer.is_json() {
            printer.json_line(&line(entry))?;
        } else {
            printer.line(text::entry(entry))?;
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

/// Configurations on one simulated network.
fn visit(args: &Args, printer: Printer) -> Result<Exit> {
    let mut nodes: Vec<(String, NodeConfig)> = Vec::new();
    for (index, file) in args.files.iter().enumerate() {
        let id = args.config_ids.get(index).or_else(|| args.config_ids.first());
        let outcome = load(file, &options(id.cloned()), &SystemLoader);
        diagnostics::print(&outcome);
        let Some(model) = outcome.model else {
            let cause = "the configuration is invalid, as told above";
            let target = file.display().to_string();
            return Err(Error::new("simulate", target, cause).exit(Exit::Invalid));
        };
        nodes.push((node_name(file, index), model.vrrp));
    }
    distinguish(&mut nodes);
    let tour = tour(&nodes);
    if printer.is_json() {
        printer.document(&json!({"v": 1, "tour": tour}))?;
    } else {
        printer.line(text::tour(&tour))?;
    }
    Ok(if tour.is_sound() { Exit::Success } else { Exit::No })
}

fn node_name(file: &Path, index: usize) -> String {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    stem.unwrap_or_else(|| format!("node{index}"))
}

/// Files of one name, from different folders or given twice, get their number.
fn distinguish(nodes: &mut [(String, NodeConfig)]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (name, _) in nodes.iter() {
        *counts.entry(name.clone()).or_default() += 1;
    }
    for (index, (name, _)) in nodes.iter_mut().enumerate() {
        if counts.get(name).is_some_and(|count| *count > 1) {
            *name = format!("{name}#{}", index + 1);
        }
    }
}

fn replay_file(file: &Path, printer: Printer) -> Result<Exit> {
    let target = || file.display().to_string();
    let content = std::fs::read_to_string(file)
        .map_err(|e| Error::new("read recording", target(), e).exit(Exit::Invalid))?;
    let mut recorded = Vec::new();
    for (index, line) in content.lines().enumerate() {
        recorded.push(Recorded::parse(line).map_err(|e| {
            Error::new("read recording", format!("{} line {}", target(), index + 1), e)
                .remedy("each line is one input with its time: {\"now_ns\":0,\"input\":…}")
                .exit(Exit::Invalid)
        })?);
    }
    let (node, actions) = replay(&recorded);
    for (at, router, action) in &actions {
        let name = node.config(*router).map_or("?", |config| config.name.as_str());
        if printer.is_json() {
            let time = rfc3339(at.as_nanos());
            let data = json!({"now_ns": at, "instance": name, "action": action_value(action)});
            printer.json_line(&Line::new("sim.action", time, None, data))?;
        } else {
            printer.line(format!("{at:?}  {name}  {}", text::action(action)))?;
        }
    }
    Ok(Exit::Success)
}

fn action_value(action: &Action) -> Value {
    match action {
        Action::Event(event) => serde_json::to_value(event).unwrap_or(Value::Null),
        other => json!(text::action(other)),
    }
}
