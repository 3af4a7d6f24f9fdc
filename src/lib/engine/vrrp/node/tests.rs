//! Tables of (state, input) -> (actions, state, next due).

use super::*;
use crate::engine::vrrp::testing::*;

mod election;
