//! The kernel's load balancer in ipvsadm's words: services, how packets get to a destination, the
//! settings of the table as a whole, and what must change for the table to be as it should.
//! Values only; who programs the kernel is not known here.

mod connection;
mod contents;
mod document;
mod forwarding;
mod observed;
pub mod options;
mod plan;
pub mod refusal;
pub mod save;
mod service;
mod sync;
mod table;

pub use connection::{Connection, connection};
pub use contents::{Contents, Destination, Endpoint, Entry, ServiceId, Settings};
pub use forwarding::{Forwarding, GueChecksum, Tunnel};
pub use observed::{
    ObservedDestination, ObservedService, Role, Statistics, SyncState, Traffic, contents_of,
};
pub use plan::{Change, Others, Subject, plan};
pub use service::{
    LONGEST_RANGE, Persistence, PersistenceMask, Protocol, Scheduler, SchedulerFlags, Service,
};
pub use sync::{SyncStep, sync_steps};
pub use table::{Cleanup, Marks, SyncDaemon, TableConfig, Timeouts};
