//! Waiting for any of several descriptors under tokio, with one registration.
//!
//! tokio's own `AsyncFd` is one task registration for each descriptor and `unsafe` to make. Here
//! one epoll instance holds all descriptors of a loop, and only that instance is known to tokio.
//! It is level triggered: what one turn of the loop leaves unread is reported again in the next,
//! so a turn may stop at any bound without losing anything.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// How many ready descriptors one turn reports at most; the others come in the next.
const BATCH: usize = 64;

/// Owns the epoll descriptor and nothing can exchange it: what `AsyncFd` has to rely on.
struct EpollFd(Epoll);

impl AsRawFd for EpollFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.0.as_raw_fd()
    }
}

/// A set of descriptors, each with a token chosen by the caller.
pub struct Poller {
    epoll: AsyncFd<EpollFd>,
}

impl Poller {
    /// An empty set. Must be called inside a tokio runtime.
    pub fn new() -> io::Result<Self> {
        let inner = EpollFd(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?);
        // SAFETY: `EpollFd` owns its descriptor, keeps it open until it is dropped together with
        // this registration, and has no way to replace it, so every `as_raw_fd` is the same.
        let registered = unsafe { AsyncFd::register_with_interest(inner, Interest::READABLE) };
        Ok(Self { epoll: registered.map_err(|e| e.into_parts().1)? })
    }

    fn epoll(&self) -> &Epoll {
        &self.epoll.get_ref().0
    }

    /// Watch `fd` for input; `token` names it in [`Poller::ready`]. Closing the descriptor
    /// removes it.
    pub fn add(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        Ok(self.epoll().add(fd, EpollEvent::new(EpollFlags::EPOLLIN, token))?)
    }

    /// Tokens of the descriptors that can be read now, without waiting.
    pub fn ready_now(&self, tokens: &mut Vec<u64>) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); BATCH];
        let count = match self.epoll().wait(&mut events, EpollTimeout::ZERO) {
            Err(nix::errno::Errno::EINTR) => 0,
            other => other?,
        };
        tokens.clear();
        tokens.extend(events.iter().take(count).map(EpollEvent::data));
        Ok(())
    }

    /// Wait until at least one descriptor can be read and put the tokens of all such into
    /// `tokens`. Losing the future loses nothing.
    pub async fn ready(&self, tokens: &mut Vec<u64>) -> io::Result<()> {
        loop {
            let mut guard = self.epoll.readable().await?;
            self.ready_now(tokens)?;
            if !tokens.is_empty() {
                return Ok(());
            }
            guard.clear_ready();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn what_is_left_unread_is_reported_again() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let poller = Poller::new().unwrap();
            let (mut near, mut far) = UnixStream::pair().unwrap();
            poller.add(&near, 7).unwrap();
            far.write_all(b"ab").unwrap();
            let mut tokens = Vec::new();
            for _ in 0..2 {
                poller.ready(&mut tokens).await.unwrap();
                assert_eq!(tokens, [7]);
                near.read_exact(&mut [0]).unwrap();
            }
            poller.ready_now(&mut tokens).unwrap();
            assert!(tokens.is_empty());
        });
    }
}
