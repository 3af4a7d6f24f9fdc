//! Health checking as decisions: when to probe, and what a row of results means.

mod config;
mod hex;
mod http;
mod outcome;
pub mod probe;
mod schedule;
pub mod script;
mod server;
mod threshold;

pub use config::{CheckPlan, CommandLine, Identity, ScriptConfig};
pub use hex::{Bytes, Pattern, PatternByte};
pub use http::{GOOD_STATUS, HttpCheck, HttpVersion, RegexCheck, TlsOptions, UrlCheck};
pub use outcome::{Ending, Grade};
pub use probe::{Probe, ProbeConfig};
pub use schedule::Schedule;
pub use script::{Script, ScriptStatus};
pub use server::{
    Binding, CheckConfig, CheckTiming, Connection, DnsCheck, RecordType, ScriptCheck, ServerProbe,
    SmtpCheck, UdpCheck, UdpReply,
};
pub use threshold::{Change, Health, Threshold};
