//! Do mail servers greet as they should?

use futures_util::future::join_all;

use super::bad;
use super::stream::talk;
use super::target::{Stage, Target};
use crate::engine::check::probe::Answer;
use crate::engine::check::{Grade, SmtpDialogue};

/// An SMTP probe of several servers at once: good when each of them is.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Whom; at least one.
    pub targets: Vec<Target>,
    /// What this host calls itself.
    pub helo: String,
}

impl Smtp {
    /// Put the probe.
    pub async fn ask(&self) -> Answer {
        let answers = join_all(self.targets.iter().map(|target| self.put(target))).await;
        let slowest = answers.iter().filter_map(|answer| answer.latency).max();
        let several = answers.len() > 1;
        let mut last = bad("no server");
        for (answer, target) in answers.into_iter().zip(&self.targets) {
            last = answer;
            if last.grade != Grade::Good {
                if several {
                    last.reason = format!("{}: {}", target.name(), last.reason);
                }
                return last;
            }
        }
        Answer { latency: slowest, ..last }
    }

    async fn put(&self, target: &Target) -> Answer {
        let stage = Stage::default();
        let stage = &stage;
        let put = |address| async move {
            let mut dialogue = SmtpDialogue::new(&self.helo);
            talk((&target.path, address), None, Some(&mut dialogue), stage).await
        };
        target.ask(stage, put).await
    }
}
