//! Health checking as decisions: when to probe, and what a row of results means.

mod base64;
pub mod checker;
mod config;
pub mod database;
pub mod details;
pub mod dialogue;
pub mod dns;
pub mod file;
pub mod grpc;
mod hex;
pub mod http;
mod lines;
mod name;
mod outcome;
mod plan;
pub mod probe;
pub mod process;
mod schedule;
pub mod script;
mod server;
mod smtp;
mod threshold;
mod udp;

pub use checker::{Checker, CheckerStatus, Turn};
pub use config::{CommandLine, Identity, ScriptConfig};
pub use dns::RecordType;
pub use hex::{Bytes, Pattern, PatternByte};
pub use http::{GOOD_STATUS, HttpCheck, HttpVersion, RegexCheck, TlsOptions, UrlCheck};
pub use name::{CheckId, CheckName};
pub use outcome::{Ending, Grade};
pub use plan::{CheckPlan, ClientTls, Known, PlannedCheck, PlannedFile};
pub use probe::{Probe, ProbeConfig};
pub use schedule::Schedule;
pub use script::{Script, ScriptStatus};
pub use server::{
    Binding, CheckConfig, CheckTiming, Connection, DnsCheck, ScriptCheck, ServerProbe, SmtpCheck,
    UdpCheck, UdpReply,
};
pub use smtp::SmtpDialogue;
pub use threshold::{Change, Health, Threshold};
pub use udp::UdpDialogue;
