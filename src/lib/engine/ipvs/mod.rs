//! The kernel's load balancer in ipvsadm's words: services, how packets get to a destination, and
//! the settings of the table as a whole. Values only; who programs the kernel is not known here.

mod forwarding;
mod service;
mod table;

pub use forwarding::{Forwarding, GueChecksum, Tunnel};
pub use service::{
    LONGEST_RANGE, Persistence, PersistenceMask, Protocol, Scheduler, SchedulerFlags, Service,
};
pub use table::{Cleanup, Marks, SyncDaemon, TableConfig, Timeouts};
