//! Gratuitous ARP and unsolicited neighbour advertisements: a packet socket, and a queue that
//! spaces messages out on each interface.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::sys::socket::{LinkAddr, MsgFlags, SockaddrLike, sendto};
use socket2::{Domain, Protocol, Socket, Type};

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::time::Instant;
use crate::wire::{arp, ethernet, ndisc};

/// Sends finished Ethernet frames; receives nothing.
pub struct FrameSocket(Socket);

impl FrameSocket {
    /// Open a packet socket for sending.
    ///
    /// # Errors
    /// What the kernel refused; [`Exit::Unavailable`] when a privilege is missing.
    pub fn open() -> Result<Self> {
        // Protocol 0: no received frame is ever queued here.
        let kind = Type::RAW.nonblocking().cloexec();
        let socket = Socket::new(Domain::PACKET, kind, Some(Protocol::from(0))).map_err(|e| {
            let denied = e.kind() == io::ErrorKind::PermissionDenied;
            let error = Error::new("open a packet socket", "", e);
            if denied {
                error.remedy("run as root or with CAP_NET_RAW").exit(Exit::Unavailable)
            } else {
                error
            }
        })?;
        Ok(Self(socket))
    }

    /// Send one frame on the link with `index`.
    pub fn send(&self, index: u32, frame: &[u8]) -> io::Result<()> {
        // SAFETY: all-zero is a valid sockaddr_ll; only plain integers are set below.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = libc::sa_family_t::try_from(libc::AF_PACKET).unwrap_or_default();
        address.sll_ifindex = index.cast_signed();
        let length = libc::socklen_t::try_from(size_of_val(&address)).ok();
        // SAFETY: the pointer is to a whole sockaddr_ll that outlives the call, and the length
        // is its own.
        let address = unsafe { LinkAddr::from_raw((&raw const address).cast(), length) };
        let address = address.ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))?;
        sendto(self.0.as_raw_fd(), frame, &address, MsgFlags::MSG_DONTWAIT)?;
        Ok(())
    }
}

/// The frame that tells a segment that `address` is at `mac`. `router` says whether the
/// interface forwards IPv6. A neighbour advertisement comes from the address it is about.
#[must_use]
pub fn frame(address: IpAddr, mac: ethernet::Mac, router: bool) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => arp::gratuitous_arp(mac, address),
        IpAddr::V6(address) => ndisc::unsolicited_na(mac, address, address, router),
    }
}

/// One message that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<T> {
    /// For whom it is sent, so that it can be taken back.
    pub owner: T,
    /// Link it leaves by.
    pub index: u32,
    /// The address it is about.
    pub address: IpAddr,
    /// Least time between it and the one before on the same link.
    pub gap: Duration,
}

/// Messages in order, spaced out on each link. Pure: whoever drives it says what time it is.
#[derive(Debug)]
pub struct Queue<T> {
    waiting: BTreeMap<u32, VecDeque<Message<T>>>,
    last: BTreeMap<u32, Instant>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), last: BTreeMap::new() }
    }
}

impl<T: PartialEq> Queue<T> {
    /// Append `message`.
    pub fn push(&mut self, message: Message<T>) {
        self.waiting.entry(message.index).or_default().push_back(message);
    }

    /// Take back all messages of `owner`.
    pub fn cancel(&mut self, owner: &T) {
        for queue in self.waiting.values_mut() {
            queue.retain(|message| message.owner != *owner);
        }
        self.waiting.retain(|_, queue| !queue.is_empty());
    }

    /// When the next message may leave.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        let due = |(index, queue): (&u32, &VecDeque<_>)| Some(self.due(*index, queue.front()?));
        self.waiting.iter().filter_map(due).min()
    }

    fn due(&self, index: u32, message: &Message<T>) -> Instant {
        self.last.get(&index).map_or(Instant::ZERO, |last| *last + message.gap)
    }

    /// The next message that may leave at `now`; it counts as sent then.
    pub fn pop(&mut self, now: Instant) -> Option<Message<T>> {
        let ready = |(index, queue): (&u32, &VecDeque<Message<T>>)| {
            (self.due(*index, queue.front()?) <= now).then_some(*index)
        };
        let index = self.waiting.iter().find_map(ready)?;
        let queue = self.waiting.get_mut(&index)?;
        let message = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&index);
        }
        self.last.insert(index, now);
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(owner: u8, index: u32, gap_ms: u64) -> Message<u8> {
        let address = "192.0.2.1".parse().unwrap();
        Message { owner, index, address, gap: Duration::from_millis(gap_ms) }
    }

    #[test]
    fn messages_of_one_link_keep_their_gap_and_other_links_do_not_wait() {
        let mut queue = Queue::default();
        let start = Instant::from_nanos(1_000_000_000);
        for index in [1, 1, 2] {
            queue.push(message(0, index, 10));
        }
        assert_eq!(queue.pop(start).unwrap().index, 1);
        assert_eq!(queue.pop(start).unwrap().index, 2);
        assert!(queue.pop(start).is_none());
        let due = start + Duration::from_millis(10);
        assert_eq!(queue.next_due(), Some(due));
        assert!(queue.pop(due).is_some());
        assert_eq!(queue.next_due(), None);
    }

    #[test]
    fn without_a_gap_all_leave_at_once_and_in_order() {
        let mut queue = Queue::default();
        (0..5).for_each(|owner| queue.push(message(owner, 1, 0)));
        let order: Vec<u8> =
            std::iter::from_fn(|| queue.pop(Instant::ZERO)).map(|m| m.owner).collect();
        assert_eq!(order, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn cancelling_takes_back_one_owner_only() {
        let mut queue = Queue::default();
        for owner in [7, 8, 7] {
            queue.push(message(owner, 1, 0));
        }
        queue.cancel(&7);
        assert_eq!(queue.pop(Instant::ZERO).unwrap().owner, 8);
        assert!(queue.pop(Instant::ZERO).is_none());
    }
}
