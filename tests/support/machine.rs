//! How late the machine itself is. Tests that bound a time to some milliseconds run on machines
//! that others use too; what such a machine does not run at its time is not the program's fault.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ha::io::clock::now;
use ha::time::Instant;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// What a test may take longer than its bound on a machine that is on time: the program's own
/// work, and that of the witnesses.
const GRACE: Duration = Duration::from_millis(20);
/// How long a witness sleeps at a time.
const NAP: Duration = Duration::from_millis(1);
/// Lateness that is worth noting.
const NOTABLE: Duration = Duration::from_micros(500);

/// A nap that ended late.
#[derive(Clone, Copy)]
struct Late {
    begin: Instant,
    end: Instant,
    by: Duration,
}

/// One witness for each processor: it sleeps and notes how late it wakes up.
pub struct Machine {
    done: Arc<AtomicBool>,
    late: Arc<Mutex<Vec<Late>>>,
}

impl Machine {
    /// From now on until it is dropped.
    pub fn watch() -> Self {
        let machine = Self { done: Arc::default(), late: Arc::default() };
        let processors = std::thread::available_parallelism().map_or(1, Into::into);
        for processor in 0..processors {
            let (done, late) = (Arc::clone(&machine.done), Arc::clone(&machine.late));
            std::thread::spawn(move || {
                let mut only = CpuSet::new();
                // Where it cannot be bound to its processor, it is a witness all the same.
                let _ = only.set(processor).and_then(|()| sched_setaffinity(Pid::this(), &only));
                while !done.load(Ordering::Relaxed) {
                    let begin = now();
                    std::thread::sleep(NAP);
                    let end = now();
                    let by = end.saturating_since(begin).saturating_sub(NAP);
                    if by > NOTABLE {
                        late.lock().unwrap().push(Late { begin, end, by });
                    }
                }
            });
        }
        machine
    }

    /// How much later than due something may have happened between `from` and `to`: a little,
    /// and twice what the machine was late then (who causes it and who sees it are both late).
    pub fn allows(&self, from: Instant, to: Instant) -> Duration {
        let late = self.late.lock().unwrap();
        let then = late.iter().filter(|late| late.end >= from && late.begin <= to);
        GRACE + then.map(|late| late.by).max().unwrap_or_default() * 2
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
    }
}
