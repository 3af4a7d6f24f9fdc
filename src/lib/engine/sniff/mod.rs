//! Watching a segment without taking part: what captured packets say, packet by packet and
//! router by router.
//!
//! Decides which packets matter (adverts, and announcements of addresses that adverts named), whose
//! checks an advert fails, who is master and why, and what is wrong with a segment. It refuses to
//! know where the packets come from and how they are shown. Memory is bounded: a hostile segment
//! fills it and no more; a packet of a router that is known takes none.

mod finding;
mod jitter;
mod observer;
mod seen;
mod speaker;
mod virtual_router;

pub use finding::{Cause, Detail, Event, Finding, Kind, Party, Transition, VirtualRouterId, What};
pub use jitter::{Gaps, Jitter};
pub use observer::{Observer, Totals};
pub use seen::{AdvertSeen, Announcement, AnnouncementMessage, Captured, CarpSeen, Seen, Verdict};
pub use speaker::{Said, Speaker, SpeakerId};
pub use virtual_router::{Master, VirtualRouter};

#[cfg(test)]
mod tests;
