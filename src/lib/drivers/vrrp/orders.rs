//! Control lines: what each asks for, and the answers.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::confirm::Word;
use super::keeper::{Placement, key};
use super::{Driver, all_addresses, placements, report};
use crate::drivers::control::Control;
use crate::engine::vrrp::input::Input;
use crate::engine::vrrp::{AddressState, Command, NodeConfig, RouterId, Standing, State};
use crate::io::clock;

impl Driver {
    /// Do what a control line says. A line that cannot be used is answered and changes nothing.
    pub(super) fn obey(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        let outcome = serde_json::from_str(line).map_err(|e| e.to_string());
        if let Err(message) = outcome.and_then(|control| self.carry_out(control)) {
            let line = report::error(self.name.as_deref(), &message);
            (self.emit)(line);
        }
    }

    fn carry_out(&mut self, control: Control<NodeConfig>) -> Result<(), String> {
        match control {
            Control::Plan { plan } | Control::Reload { plan } => {
                self.configure(&plan).map_err(|error| error.to_string())?;
            }
            Control::Status { id } => {
                let status = self.status(id);
                self.answer("vrrp.status", status);
            }
            Control::Ping { id } => self.answer("pong", json!({ "id": id })),
            Control::Command { instance, command } => {
                let router = instance.map(|name| self.find(&name)).transpose()?;
                if router.is_none() && command == Command::Stop {
                    self.stop();
                    return Ok(());
                }
                let now = self.now();
                self.record.note(now, || Input::Command { router, command: command.clone() });
                self.node.handle_command(now, router, &command);
            }
            Control::Track { tracker, up, .. } => {
                let now = self.now();
                self.record.note(now, || Input::Tracker { tracker: tracker.clone(), up });
                self.node.handle_tracker(now, &tracker, up);
            }
            Control::Event { .. } => return Err("event: only `ha notify` takes events".to_owned()),
        }
        Ok(())
    }

    fn answer(&mut self, kind: &str, data: Value) {
        let line = report::line(self.name.as_deref(), kind, data);
        (self.emit)(line);
    }

    /// The router called `name`; one that has stopped may have left its name to another.
    fn find(&self, name: &str) -> Result<RouterId, String> {
        let named = |router: &RouterId| self.node.config(*router).is_some_and(|c| c.name == name);
        let stopped =
            |id: &RouterId| self.node.status(*id).is_none_or(|s| s.state == State::Stopped);
        let routers = self.node.routers().into_iter().filter(named);
        routers.min_by_key(stopped).ok_or_else(|| format!("no instance {name}"))
    }

    /// How each address that a router wants stands in the kernel.
    fn address_states(&self, router: RouterId) -> Vec<AddressState> {
        let Some(config) = self.node.config(router) else { return Vec::new() };
        let state = |place: Placement| {
            let word = self.confirmed.get(&key(&place)).cloned().unwrap_or(Word::UNKNOWN);
            AddressState {
                address: place.address.address,
                prefix: place.address.prefix,
                interface: place.interface,
                state: word.standing,
                reason: word.reason,
            }
        };
        placements(config, self.node.held(router)).into_iter().map(state).collect()
    }

    /// Addresses of a router that the kernel has, not what was asked of it: one that could not be
    /// removed, or that somebody else put there, is in place too.
    fn in_place(&self, router: RouterId) -> Vec<IpAddr> {
        let Some(config) = self.node.config(router) else { return Vec::new() };
        let all = placements(config, all_addresses(config)).into_iter();
        let has = |place: &Placement| {
            let word = self.confirmed.get(&key(place));
            word.is_some_and(|word| word.standing == Standing::Confirmed)
        };
        all.filter(has).map(|place| place.address.address).collect()
    }

    /// Everything there is to know; times are nanoseconds of the monotonic clock, as is `now`.
    fn status(&self, id: u64) -> Value {
        let instance = |router: RouterId| {
            let mut status = self.node.status(router)?;
            let addresses = self.address_states(router);
            status.addresses = self.in_place(router);
            let mut value = serde_json::to_value(status).ok()?;
            let timing = self.figures.get(&router).copied().unwrap_or_default().timing();
            value.as_object_mut()?.insert("timing".to_owned(), json!(timing));
            value.as_object_mut()?.insert("address_states".to_owned(), json!(addresses));
            Some(value)
        };
        let sockets = self.sockets.iter().map(|socket| {
            json!({
                "interface": socket.interface(),
                "family": socket.family(),
                "overflowed": socket.overflowed(),
            })
        });
        json!({
            "id": id,
            "now": clock::now(),
            "instances": self.node.routers().into_iter().filter_map(instance).collect::<Vec<_>>(),
            "unmatched": self.node.counters(),
            "sockets": sockets.collect::<Vec<_>>(),
        })
    }
}
