//! Watching a segment without taking part: what captured packets say, packet by packet and
//! router by router.
//!
//! Decides which packets matter (adverts, and announcements of addresses that adverts named) and
//! whose checks an advert fails. It refuses to know where the packets come from and how they are
//! shown. Memory is bounded: a hostile segment fills it and no more; a packet of a router that is
//! known takes none.

mod observer;
mod seen;
mod speaker;

pub use observer::{Observer, Totals};
pub use seen::{AdvertSeen, Announcement, AnnouncementMessage, Captured, CarpSeen, Seen, Verdict};
pub use speaker::{Said, Speaker, SpeakerId};
