//! The VRRP sockets of a process: one for each interface and family that a router listens on,
//! kept in step with the configuration and with interfaces that come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::engine::vrrp::{Family, RouterConfig};
use crate::error::{Error, Result};
use crate::io::poller::Poller;
use crate::io::vrrp_socket::{Carrier, VrrpSocket};
use crate::wire::vrrp::{Auth, GROUP_V4, GROUP_V6};

/// Which socket: an interface, a family, and how messages travel.
pub(super) type Place = (String, Family, Carrier);

/// Where the adverts of a router come and go.
pub(super) fn place(config: &RouterConfig) -> Place {
    let carrier = match config.auth {
        Auth::Ah(_) => Carrier::Sealed,
        _ => Carrier::Plain,
    };
    (config.interface.clone(), config.family, carrier)
}

/// What a socket has to hear.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    groups: BTreeSet<IpAddr>,
    vrids: BTreeSet<u8>,
}

/// The open sockets.
#[derive(Default)]
pub(super) struct Sockets {
    open: BTreeMap<Place, (u64, VrrpSocket)>,
    places: BTreeMap<u64, Place>,
    last_token: u64,
}

impl Sockets {
    /// Have exactly the sockets that `configs` need on the interfaces that exist (by name, with
    /// their kernel index). What could not be done comes back; the rest is done.
    pub fn reconcile<'c>(
        &mut self,
        poller: &Poller,
        configs: impl Iterator<Item = &'c RouterConfig>,
        links: &BTreeMap<String, u32>,
    ) -> Vec<Error> {
        let wanted = wanted(configs);
        let keep = |place: &Place, socket: &VrrpSocket| {
            wanted.contains_key(place) && links.get(&place.0) == Some(&socket.index())
        };
        // Closing a socket also takes it out of the poller.
        self.open.retain(|place, (_, socket)| keep(place, socket));
        let mut errors = Vec::new();
        for (place, wanted) in &wanted {
            let Some(index) = links.get(&place.0) else { continue };
            if let Err(error) = self.serve(poller, place, *index, wanted) {
                errors.push(error);
            }
        }
        self.places = self.open.iter().map(|(place, (token, _))| (*token, place.clone())).collect();
        errors
    }

    fn serve(&mut self, poller: &Poller, place: &Place, index: u32, wanted: &Wanted) -> Result<()> {
        let (interface, family, carrier) = place;
        let failed = |e| Error::new("listen for VRRP on", interface, e);
        if let Some((_, socket)) = self.open.get_mut(place) {
            return socket.listen(&wanted.groups, &wanted.vrids).map_err(failed);
        }
        let socket =
            VrrpSocket::open(interface, index, *family, *carrier, (&wanted.groups, &wanted.vrids))?;
        self.last_token += 1;
        poller.add(&socket, self.last_token).map_err(failed)?;
        self.open.insert(place.clone(), (self.last_token, socket));
        Ok(())
    }

    /// The socket of `place`.
    pub fn get(&self, place: &Place) -> Option<&VrrpSocket> {
        self.open.get(place).map(|(_, socket)| socket)
    }

    /// The socket that a token of the poller names.
    pub fn by_token(&self, token: u64) -> Option<&VrrpSocket> {
        self.get(self.places.get(&token)?)
    }

    /// All open sockets.
    pub fn iter(&self) -> impl Iterator<Item = &VrrpSocket> {
        self.open.values().map(|(_, socket)| socket)
    }

    /// Throw away everything that waits on any socket; returns how much.
    pub fn discard(&self) -> usize {
        self.iter().map(VrrpSocket::discard).sum()
    }
}

fn wanted<'c>(configs: impl Iterator<Item = &'c RouterConfig>) -> BTreeMap<Place, Wanted> {
    let mut wanted: BTreeMap<Place, Wanted> = BTreeMap::new();
    for config in configs {
        let entry = wanted.entry(place(config)).or_default();
        entry.vrids.insert(config.vrid);
        // Unicast routers are members of no group.
        if config.peers.is_empty() {
            entry.groups.insert(config.group.unwrap_or(match config.family {
                Family::Ipv4 => GROUP_V4.into(),
                Family::Ipv6 => GROUP_V6.into(),
            }));
        }
    }
    wanted
}
