//! One look at the kernel's table after the other, each followed by what has to change: because
//! something else is desired, or because somebody else changed it.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::follow::Options;
use super::sync::Sync;
use super::{Applied, Goal, Source, make};
use crate::drivers::{Emit, stamped};
use crate::engine::ipvs::{
    Change, Cleanup, Contents, Others, ServiceId, Timeouts, contents_of, plan, refusal,
};
use crate::engine::pool::{Balancer, CheckReport, Drains, Resume};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::drains::Claim;
use crate::io::ipvs::Ipvs;
use crate::io::netlink::Netlink;
use crate::io::{clock, drains};
use crate::time::Instant;

/// What the kernel refused is tried again after this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps one table.
pub(super) struct Keeper {
    options: Options,
    desired: Desired,
    ipvs: Ipvs,
    links: Option<Netlink>,
    /// What the table was to be at the last turn.
    last: Contents,
    /// What was put there by us.
    owned: BTreeSet<ServiceId>,
    /// Why it is to be another one now.
    cause: &'static str,
    cleanup: Cleanup,
    sync: Sync,
    /// Changes that were undone.
    repairs: u64,
    stuck: Option<Stuck>,
    /// Whatever else is in the table goes at the first look (`lvs_flush`). What is ours stays: a
    /// successor begins with it.
    sweeps: bool,
    /// Why it is not known who is drained; as long as it is not, it is as it was.
    unread: Option<String>,
    /// Why it is not known which addresses this host has.
    blind: Option<String>,
    /// What went wrong with the last turn.
    trouble: Option<String>,
    /// Others see that the table is kept; none where the state directory cannot be written.
    _claim: Option<Claim>,
}

/// What could not be done, and until when it is left alone.
struct Stuck {
    changes: Vec<Change>,
    why: Vec<String>,
    until: Instant,
}

/// Who decides what is desired.
enum Desired {
    Pools(Balancer),
    Table(Contents, Drains),
}

impl Keeper {
    /// Make the table as desired for the first time.
    /// Where somebody kept it before, `known` is what that one knew.
    pub(super) fn start(
        source: Source,
        known: Option<Resume>,
        options: Options,
        emit: &mut Emit<'_>,
    ) -> Result<Self> {
        checked(&source, &options)?;
        let mut ipvs = Ipvs::connect()?;
        let claim = match drains::keep(&options.state_dir) {
            Ok(claim) => Some(claim),
            Err(error) => {
                tell_error(emit, &error.to_string())?;
                None
            }
        };
        let drains = drains::read(&options.state_dir)?;
        let (mut cleanup, mut sweeps) = (Cleanup::OneByOne, false);
        let mut sync = Sync::default();
        let desired = match source {
            Source::Table(contents) => Desired::Table(contents, drains),
            Source::Pools(config) => {
                cleanup = config.table.cleanup;
                sync.take(config.table.sync.clone());
                let goes_on = known.as_ref().is_some_and(|known| known.told.is_some());
                sweeps = config.table.flush_at_start && !goes_on;
                let timeouts = config.table.timeouts;
                let balancer = match known {
                    Some(known) => Balancer::resumed(*config, drains, known),
                    None => Balancer::new(*config, drains),
                };
                let balancer = balancer.map_err(unusable)?;
                set_timeouts(&mut ipvs, &timeouts)?;
                Desired::Pools(balancer)
            }
        };
        let mut this = Self {
            options,
            desired,
            ipvs,
            links: None,
            last: Contents::default(),
            owned: BTreeSet::new(),
            cause: "start",
            cleanup,
            sync,
            repairs: 0,
            stuck: None,
            sweeps,
            unread: None,
            blind: None,
            trouble: None,
            _claim: claim,
        };
        this.look(emit)?;
        Ok(this)
    }

    /// Something else is desired from now on.
    pub(super) fn reload(&mut self, source: Source, emit: &mut Emit<'_>) -> Result<()> {
        if let Err(error) = checked(&source, &self.options) {
            return tell_error(emit, &format!("the reload is refused: {error}"));
        }
        let taken = match (&mut self.desired, source) {
            (Desired::Pools(balancer), Source::Pools(config)) => {
                let (cleanup, timeouts) = (config.table.cleanup, config.table.timeouts);
                let sync = config.table.sync.clone();
                let taken = balancer.handle_config(*config);
                taken.map(|()| {
                    self.sync.take(sync);
                    (cleanup, set_timeouts(&mut self.ipvs, &timeouts))
                })
            }
            (Desired::Table(contents, _), Source::Table(new)) => {
                *contents = new;
                Ok((self.cleanup, Ok(())))
            }
            _ => {
                Err("a table became a configuration, or the other way round: start anew".to_owned())
            }
        };
        match taken {
            Ok((cleanup, timeouts)) => {
                (self.cleanup, self.cause) = (cleanup, "reload");
                timeouts.or_else(|error| tell_error(emit, &error.to_string()))
            }
            Err(why) => tell_error(emit, &format!("the reload is refused: {why}")),
        }
    }

    /// What a check told.
    pub(super) fn check(&mut self, report: &CheckReport, emit: &mut Emit<'_>) -> Result<()> {
        let heard = match &mut self.desired {
            Desired::Pools(balancer) => balancer.handle_check(report),
            Desired::Table(..) => Err("a table has no checks: give a configuration".to_owned()),
        };
        match heard {
            Ok(()) => {
                self.cause = "check";
                Ok(())
            }
            Err(why) => tell_error(emit, &format!("check not used: {why}")),
        }
    }

    /// What a virtual router entered.
    pub(super) fn transition(&mut self, data: &Value) {
        self.sync.hear(data);
    }

    /// How everything stands.
    pub(super) fn status(&mut self, id: u64, emit: &mut Emit<'_>) -> Result<()> {
        let pools = match &self.desired {
            Desired::Pools(balancer) => balancer.status(),
            Desired::Table(..) => Vec::new(),
        };
        let refused = self.stuck.as_ref().map_or(&[][..], |stuck| &stuck.why);
        let data = json!({
            "id": id, "services": self.last.len(), "repairs": self.repairs, "refused": refused,
            "pools": pools,
        });
        emit(&stamped("ipvs.status", data))
    }

    /// Look at the table, and change what has to be changed. A kernel that does not answer is told
    /// of once and asked again at the next turn.
    pub(super) fn turn(&mut self, emit: &mut Emit<'_>) -> Result<()> {
        let looked = self.look(emit);
        match looked.and_then(|()| self.sync.turn(&mut self.ipvs)) {
            Ok(()) => self.trouble = None,
            Err(error) if error.exit == Exit::Unavailable => return Err(error),
            Err(error) => {
                let trouble = error.to_string();
                if self.trouble.as_ref() != Some(&trouble) {
                    tell_error(emit, &trouble)?;
                    self.trouble = Some(trouble);
                }
            }
        }
        Ok(())
    }

    fn look(&mut self, emit: &mut Emit<'_>) -> Result<()> {
        self.hear_addresses(emit)?;
        let actual = contents_of(&self.ipvs.read()?);
        // Who drains writes it down before the table is changed: asked in this order, that change
        // is never taken for drift.
        self.hear_drains(emit)?;
        self.tell(emit)?;
        let goal = self.goal()?;
        self.take_over_weights(&goal.contents, emit)?;
        let changes = self.changes(&goal, actual);
        self.owned.extend(goal.contents.iter().map(|entry| entry.settings.id));
        if changes.is_empty() {
            self.stuck = None;
            self.arrive(goal.contents);
            return Ok(());
        }
        let known = self.stuck.as_ref().filter(|stuck| stuck.changes == changes);
        if known.is_some_and(|stuck| clock::now() < stuck.until) {
            return Ok(());
        }
        let applied = make(&mut self.ipvs, &goal, changes.clone())?;
        self.report(changes, &goal, applied, emit)?;
        self.arrive(goal.contents);
        Ok(())
    }

    /// The table is as desired, as far as the kernel lets it. What it does not let go stays ours.
    fn arrive(&mut self, contents: Contents) {
        let left = self.stuck.as_ref().map_or(&[][..], |stuck| &stuck.changes);
        refusal::disown(&mut self.owned, &contents, left);
        self.sweeps = false;
        self.last = contents;
        self.cause = "check";
    }

    /// A host whose addresses cannot be asked for keeps those that are known; that is told once.
    fn hear_addresses(&mut self, emit: &mut Emit<'_>) -> Result<()> {
        let why = self.house().err().map(|error| error.to_string());
        if why.is_some() {
            self.links = None;
        }
        if let Some(why) = why.as_ref().filter(|_| why != self.blind) {
            tell_error(emit, why)?;
        }
        self.blind = why;
        Ok(())
    }

    /// This host's addresses decide about pools that are suspended without theirs.
    fn house(&mut self) -> Result<()> {
        let Desired::Pools(balancer) = &mut self.desired else { return Ok(()) };
        if !balancer.wants_addresses() {
            return Ok(());
        }
        if self.links.is_none() {
            self.links = Some(Netlink::connect()?);
        }
        let Some(links) = &mut self.links else { return Ok(()) };
        let table = links.dump()?;
        let all = table.links().flat_map(|link| table.addresses(link.index));
        let addresses: BTreeSet<IpAddr> = all.map(|known| known.address).collect();
        balancer.handle_addresses(&addresses);
        Ok(())
    }

    fn hear_drains(&mut self, emit: &mut Emit<'_>) -> Result<()> {
        let found = match drains::read(&self.options.state_dir) {
            Ok(found) => found,
            Err(error) => {
                let why = Some(error.to_string());
                return if why == self.unread {
                    Ok(())
                } else {
                    self.unread = why;
                    tell_error(emit, &error.to_string())
                };
            }
        };
        self.unread = None;
        let known = match &mut self.desired {
            Desired::Pools(balancer) if *balancer.drains() != found => {
                balancer.handle_drains(found);
                false
            }
            Desired::Table(_, known) if *known != found => {
                *known = found;
                false
            }
            _ => true,
        };
        if !known {
            self.cause = "drain";
        }
        Ok(())
    }

    /// What a server that was drained weighed before is struck out: it may have died since, and
    /// who undrains it after our end must not give it that back.
    fn take_over_weights(&mut self, contents: &Contents, emit: &mut Emit<'_>) -> Result<()> {
        let known = match &self.desired {
            Desired::Pools(balancer) => balancer.drains(),
            Desired::Table(_, drains) => drains,
        };
        let ours = |id: &ServiceId| contents.get(id).is_some();
        if !known.know_weights(ours) {
            return Ok(());
        }
        let mut known = known.clone();
        known.forget_weights(ours);
        match drains::change(&self.options.state_dir, |drains| drains.forget_weights(ours)) {
            Ok(()) => match &mut self.desired {
                Desired::Pools(balancer) => balancer.handle_drains(known),
                Desired::Table(_, drains) => *drains = known,
            },
            Err(error) if self.unread.is_none() => {
                self.unread = Some(error.to_string());
                tell_error(emit, &error.to_string())?;
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// Tell what the pools have to tell.
    fn tell(&mut self, emit: &mut Emit<'_>) -> Result<()> {
        let Desired::Pools(balancer) = &mut self.desired else { return Ok(()) };
        while let Some(event) = balancer.poll_event() {
            emit(&stamped(event.kind(), json!(event)))?;
        }
        Ok(())
    }

    fn goal(&self) -> Result<Goal> {
        let mut contents = match &self.desired {
            Desired::Pools(balancer) => balancer.contents().map_err(unusable)?,
            Desired::Table(contents, drains) => {
                let mut contents = contents.clone();
                drains.apply(&mut contents);
                contents
            }
        };
        if let Some(only) = &self.options.only {
            contents.retain(|id| only.contains(id));
        }
        let others = if self.sweeps { Others::Delete } else { self.options.others };
        Ok(Goal { contents, others, only: self.options.only.clone() })
    }

    /// What has to change: also, what we put there goes when it is desired no more.
    fn changes(&self, goal: &Goal, actual: Contents) -> Vec<Change> {
        let gone = |id: &&ServiceId| goal.contents.get(id).is_none() && actual.get(id).is_some();
        let gone: Vec<Change> =
            self.owned.iter().filter(gone).copied().map(Change::DeleteService).collect();
        let mut changes = goal.plan(actual);
        if goal.others == Others::Keep {
            changes.extend(gone);
        }
        changes
    }

    /// Tell what was done because something else is desired than at the last turn, or could not be
    /// done until now; what was repaired; and what the kernel refuses, once.
    fn report(
        &mut self,
        changes: Vec<Change>,
        goal: &Goal,
        applied: Applied,
        emit: &mut Emit<'_>,
    ) -> Result<()> {
        let before = self.stuck.take();
        let (before, known) = before.map(|stuck| (stuck.changes, stuck.why)).unwrap_or_default();
        let wanted = plan(&goal.contents, &self.last, Others::Delete);
        let due: BTreeSet<_> = wanted.iter().chain(&before).map(Change::subject).collect();
        let why = applied.problems(ToString::to_string);
        let left =
            if why.is_empty() { Vec::new() } else { refusal::undone(changes, &applied.done) };
        let is_due = |change: &Change| self.cause == "start" || due.contains(&change.subject());
        let (due, drifted): (Vec<_>, Vec<_>) = applied.done.into_iter().partition(is_due);
        let news: &[String] = if why == known { &[] } else { &why };
        if !due.is_empty() || !news.is_empty() {
            let data = json!({ "cause": self.cause, "changes": due, "refused": news });
            emit(&stamped("ipvs.changed", data))?;
        }
        if !drifted.is_empty() {
            let count = u64::try_from(drifted.len()).unwrap_or(u64::MAX);
            self.repairs = self.repairs.saturating_add(count);
            let data = json!({ "changes": drifted, "repairs": self.repairs });
            emit(&stamped("ipvs.repaired", data))?;
        }
        if !why.is_empty() {
            self.stuck = Some(Stuck { changes: left, why, until: clock::now() + PATIENCE });
        }
        Ok(())
    }

    /// The end: what was put into the table stays for whoever comes next, or goes.
    pub(super) fn finish(mut self, emit: &mut Emit<'_>) -> Result<()> {
        self.tell(emit)?;
        if !self.options.release {
            return Ok(());
        }
        if let Desired::Pools(balancer) = &mut self.desired {
            balancer.handle_stop();
        }
        self.tell(emit)?;
        self.sync.end(&mut self.ipvs).or_else(|error| tell_error(emit, &error.to_string()))?;
        if self.cleanup == Cleanup::Flush {
            return self.ipvs.flush();
        }
        let there = contents_of(&self.ipvs.read()?);
        let owned = self.owned.iter().filter(|id| there.get(id).is_some());
        let changes: Vec<Change> = owned.copied().map(Change::DeleteService).collect();
        let refused = self.ipvs.carry_out(&changes)?;
        refused.into_iter().try_for_each(|refusal| tell_error(emit, &refusal.error.to_string()))
    }
}

/// A plan from standard input is judged as a file is.
fn checked(source: &Source, options: &Options) -> Result<()> {
    source.checked("the configuration", options.others, options.only.as_ref()).map(|_| ())
}

fn set_timeouts(ipvs: &mut Ipvs, timeouts: &Timeouts) -> Result<()> {
    if *timeouts == Timeouts::default() {
        return Ok(());
    }
    ipvs.set_timeouts(timeouts)
}

fn unusable(why: String) -> Error {
    Error::new("use", "the configuration", why).exit(Exit::Invalid)
}

fn tell_error(emit: &mut Emit<'_>, message: &str) -> Result<()> {
    emit(&stamped("error", json!({ "message": message })))
}
