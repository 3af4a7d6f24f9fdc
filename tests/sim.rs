//! Thousands of simulated networks: nothing that must not happen happens.
//!
//! A failing seed prints the command that shows its history. `HA_SEEDS=A..B` runs other seeds.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic;

use ha::sim::Scenario;

/// Seeds of a default run.
const SEEDS: Range<u64> = 0..2400;
/// Threads that share the seeds.
const THREADS: u64 = 2;
/// Failing seeds told in full.
const TOLD: usize = 10;

fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var("HA_SEEDS") else { return SEEDS };
    let (from, to) = text.split_once("..").expect("HA_SEEDS is A..B");
    from.parse().expect("a number")..to.parse().expect("a number")
}

/// What is wrong with `seed`; `None` when nothing is.
fn complaint(seed: u64) -> Option<(Scenario, String)> {
    let scenario = Scenario::of_seed(seed);
    match panic::catch_unwind(|| scenario.run(seed)) {
        Ok(world) => {
            let first = world.violations().first()?;
            Some((scenario, format!("at {:?}: {}", first.at, first.what)))
        }
        Err(_) => Some((scenario, "panicked".to_owned())),
    }
}

#[test]
fn no_seed_breaks_a_rule() {
    let range = seeds();
    let workers: Vec<_> = (0..THREADS)
        .map(|thread| {
            let range = range.clone();
            std::thread::spawn(move || {
                range
                    .filter(|seed| seed % THREADS == thread)
                    .filter_map(|seed| complaint(seed).map(|what| (seed, what)))
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let mut failures: BTreeMap<u64, (Scenario, String)> = BTreeMap::new();
    for worker in workers {
        failures.extend(worker.join().expect("a worker ends"));
    }
    let mut by_scenario: BTreeMap<Scenario, usize> = BTreeMap::new();
    for (scenario, _) in failures.values() {
        *by_scenario.entry(*scenario).or_default() += 1;
    }
    for (seed, (scenario, what)) in failures.iter().take(TOLD) {
        println!("ha sim --seed {seed} --scenario {scenario}\n    {what}");
    }
    assert!(failures.is_empty(), "{} seeds fail: {by_scenario:?}", failures.len());
}

#[test]
fn a_seed_has_one_history() {
    for seed in seeds().step_by(20).take(60) {
        let scenario = Scenario::of_seed(seed);
        let (first, second) = (scenario.run(seed), scenario.run(seed));
        assert_eq!(first.history().hash(), second.history().hash(), "{scenario} {seed}");
        assert_eq!(first.history().entries(), second.history().entries(), "{scenario} {seed}");
    }
}

#[test]
fn simulated_networks_elect_masters_and_fail_over() {
    use ha::sim::What;
    let world = Scenario::Crash.run(2);
    let masters =
        world.history().entries().iter().filter(
            |entry| matches!(&entry.what, What::Installed(addresses) if !addresses.is_empty()),
        );
    assert!(masters.count() > 1, "nobody took over");
}
