//! Tables of (state, input) -> (actions, state, next due), and stories.

use super::*;
use crate::engine::vrrp::testing::*;
use crate::engine::vrrp::{
    AnnounceConfig, Preempt, Reason, SyncGroupConfig, Tracked, TrackerConfig, UnicastPeer,
};
use crate::wire::vrrp::{self, Advert, Auth, Version};

mod election;
mod groups;
mod leaving;
mod packets;
mod random;
mod reload;
mod tracking;
