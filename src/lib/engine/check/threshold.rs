//! From single results to a verdict: rise and fall.
//!
//! The first result decides at once; from then on it takes `rise` good results in a row to come
//! up and `fall` others to go down, and one result of the current kind starts the count anew
//! (as keepalived judges a `vrrp_script`).

use serde::{Deserialize, Serialize};

use super::outcome::Grade;

/// The verdict on the thing checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It counts as working.
    Up,
    /// It counts as broken.
    Down,
    /// No result yet, or this host has become unable to tell.
    Unknown,
}

impl Health {
    /// What a single result means when it stands alone.
    #[must_use]
    pub const fn of(grade: Grade) -> Self {
        match grade {
            Grade::Good => Self::Up,
            Grade::Bad => Self::Down,
            Grade::Untested => Self::Unknown,
        }
    }

    /// For a tracker: good, bad, or not known.
    #[must_use]
    pub const fn as_up(self) -> Option<bool> {
        match self {
            Self::Up => Some(true),
            Self::Down => Some(false),
            Self::Unknown => None,
        }
    }

    /// The word used in events.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// A change of verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Before.
    pub from: Health,
    /// After.
    pub to: Health,
}

/// Counts results until they mean something.
#[derive(Clone, Debug)]
pub struct Threshold {
    rise: u32,
    fall: u32,
    health: Health,
    /// The next result counts alone, whatever `rise` and `fall` say.
    first_decides: bool,
    /// Results in a row that speak against `health`.
    against: u32,
}

impl Threshold {
    /// Nothing known yet. Zero counts as one.
    #[must_use]
    pub fn new(rise: u32, fall: u32) -> Self {
        Self {
            rise: rise.max(1),
            fall: fall.max(1),
            health: Health::Unknown,
            first_decides: true,
            against: 0,
        }
    }

    /// Something is known already (the verdict before a reload, or down for `init_fail`): it
    /// holds until the next result, which decides alone.
    #[must_use]
    pub fn presumed(health: Health, rise: u32, fall: u32) -> Self {
        Self { health, ..Self::new(rise, fall) }
    }

    /// This is the verdict that was told before a restart: as if nothing had happened since.
    #[must_use]
    pub fn resumed(health: Health, rise: u32, fall: u32) -> Self {
        let first_decides = health == Health::Unknown;
        Self { health, first_decides, ..Self::new(rise, fall) }
    }

    /// The verdict now.
    #[must_use]
    pub const fn health(&self) -> Health {
        self.health
    }

    /// Count one result; says whether it changed the verdict.
    ///
    /// A result of [`Grade::Untested`] speaks against "up" (after `fall` in a row the verdict is
    /// the kind of the last one, unknown or down), but is no sign of recovery for "down".
    pub fn count(&mut self, grade: Grade) -> Option<Change> {
        let to = Health::of(grade);
        let stays = to == self.health || (self.health == Health::Down && to == Health::Unknown);
        if stays {
            self.against = 0;
            // A result that says nothing does not use up the right of the first to decide.
            self.first_decides &= to == Health::Unknown;
            return None;
        }
        self.against += 1;
        let needed = match self.health {
            Health::Up => self.fall,
            Health::Down => self.rise,
            Health::Unknown => 1,
        };
        let alone = self.first_decides && grade != Grade::Untested;
        if self.against < needed && !alone {
            return None;
        }
        let change = Change { from: self.health, to };
        self.health = to;
        self.against = 0;
        self.first_decides = false;
        Some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feed `results` (`+` good, `-` bad, `?` untested) and write the verdict after each:
    /// `U`, `D` or `?`.
    fn verdicts(mut threshold: Threshold, results: &str) -> String {
        results
            .chars()
            .map(|result| {
                threshold.count(match result {
                    '+' => Grade::Good,
                    '-' => Grade::Bad,
                    _ => Grade::Untested,
                });
                match threshold.health() {
                    Health::Up => 'U',
                    Health::Down => 'D',
                    Health::Unknown => '?',
                }
            })
            .collect()
    }

    #[test]
    fn the_first_result_decides_and_then_rise_and_fall_do() {
        for (rise, fall, results, expected) in [
            (1, 1, "+-+", "UDU"),
            (3, 2, "+--+++", "UUDDDU"),
            (3, 2, "-++-+++", "DDDDDDU"),
            // A result of the current kind starts the count anew.
            (2, 2, "+-+-+--", "UUUUUUD"),
            (2, 3, "+--+--+---", "UUUUUUUUUD"),
            // Nothing can be told: still unknown, and the first real result decides alone.
            (2, 2, "??-", "??D"),
            (2, 2, "?+", "?U"),
            // Up needs evidence; losing the means to tell ends it, but is no recovery.
            (1, 2, "+??", "UU?"),
            (1, 2, "+?-", "UUD"),
            (1, 1, "-??+", "DDDU"),
            (2, 1, "-+?++", "DDDDU"),
            // Zero counts as one.
            (0, 0, "+-", "UD"),
        ] {
            assert_eq!(
                verdicts(Threshold::new(rise, fall), results),
                expected,
                "rise {rise}, fall {fall}, {results}"
            );
        }
    }

    #[test]
    fn a_presumed_verdict_holds_until_the_next_result_decides() {
        assert_eq!(verdicts(Threshold::presumed(Health::Up, 3, 3), "-+"), "DD");
        assert_eq!(verdicts(Threshold::presumed(Health::Up, 3, 3), "+--"), "UUU");
        assert_eq!(verdicts(Threshold::presumed(Health::Down, 3, 3), "+"), "U");
        // One that was told before a restart falls as any other.
        assert_eq!(verdicts(Threshold::resumed(Health::Up, 3, 3), "+---"), "UUUD");
        assert_eq!(verdicts(Threshold::resumed(Health::Unknown, 3, 3), "-"), "D");
    }
}
