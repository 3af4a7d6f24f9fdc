//! The segment that joins the hosts: who reaches whom, how late, and how often not at all.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::random::Random;

/// What every link of the segment does to a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Packets lost, parts per million.
    pub loss_ppm: u32,
    /// Packets that arrive twice, parts per million.
    pub duplicate_ppm: u32,
    /// Least time on the way.
    #[serde(rename = "delay_us", with = "crate::time::micros")]
    pub delay: Duration,
    /// Added to it, evenly spread; makes packets overtake each other.
    #[serde(rename = "jitter_us", with = "crate::time::micros")]
    pub jitter: Duration,
}

impl Quality {
    /// Longest time a packet is on the way.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.delay + self.jitter
    }
}

/// Which host reaches which, and the quality of all links.
#[derive(Clone, Debug)]
pub struct Network {
    stations: usize,
    /// `open[from * stations + to]`.
    open: Vec<bool>,
    /// What links do to packets now.
    pub quality: Quality,
}

impl Network {
    /// A segment where everybody reaches everybody.
    #[must_use]
    pub fn new(stations: usize, quality: Quality) -> Self {
        Self { stations, open: vec![true; stations * stations], quality }
    }

    /// Whether packets of `from` arrive at `to`.
    #[must_use]
    pub fn reaches(&self, from: usize, to: usize) -> bool {
        self.open.get(from * self.stations + to).copied().unwrap_or(false)
    }

    /// Open or close one direction between two stations.
    pub fn set(&mut self, from: usize, to: usize, open: bool) {
        if let Some(slot) = self.open.get_mut(from * self.stations + to) {
            *slot = open;
        }
    }

    /// Split into the stations of `side` and the others; neither reaches the other.
    pub fn partition(&mut self, side: &[usize]) {
        for from in 0..self.stations {
            for to in 0..self.stations {
                self.set(from, to, side.contains(&from) == side.contains(&to));
            }
        }
    }

    /// Everybody reaches everybody again.
    pub fn heal(&mut self) {
        self.open.fill(true);
    }

    /// How long each copy of one packet is on the way; empty when it is lost.
    pub fn delays(&self, random: &mut Random) -> Vec<Duration> {
        let Quality { loss_ppm, duplicate_ppm, delay, jitter } = self.quality;
        if random.per_million(loss_ppm) {
            return Vec::new();
        }
        let copies = if random.per_million(duplicate_ppm) { 2 } else { 1 };
        (0..copies).map(|_| delay + random.duration(Duration::ZERO, jitter)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_separates_both_directions_until_healed() {
        let mut network = Network::new(4, Quality::default());
        network.partition(&[0, 2]);
        assert!(network.reaches(0, 2) && network.reaches(1, 3));
        assert!(!network.reaches(0, 1) && !network.reaches(1, 0));
        network.heal();
        assert!(network.reaches(0, 1));
        network.set(0, 1, false);
        assert!(!network.reaches(0, 1) && network.reaches(1, 0));
    }
}
