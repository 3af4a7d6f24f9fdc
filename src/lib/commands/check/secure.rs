//! What is wanted of TLS, and `ha check tls`.

use std::path::PathBuf;
use std::time::Duration;

use super::put;
use super::repeat::{Repeat, Retry};
use super::way::Way;
use super::words::{host_and_port, positive_duration};
use crate::drivers::check::Question;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::probe::tls::{Tls, TlsProbe, TlsSettings};
use crate::output::Printer;

/// What is wanted of TLS.
#[derive(Debug, clap::Args)]
pub(super) struct TlsArgs {
    /// Name the server is asked for (SNI) [default: the host, when it is a name].
    #[arg(long, value_name = "NAME", conflicts_with = "no_sni")]
    sni: Option<String>,

    /// Do not tell the server whom it is asked for, as keepalived without `enable_sni`.
    #[arg(long)]
    no_sni: bool,

    /// The certificate must be valid for the name, and by an authority that this host trusts.
    #[arg(long)]
    verify: bool,

    /// The same, by the authorities in this file (PEM).
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Certificate that is shown to the server (PEM), with those that vouch for it.
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// Key of that certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Oldest version of TLS that will do [default: 1.2].
    #[arg(long, value_name = "VERSION", value_parser = ["1.2", "1.3"])]
    tls_min: Option<String>,

    /// The certificate must last for this many more days.
    #[arg(long, value_name = "DAYS")]
    least_days: Option<i64>,

    /// End the connection with TLS's own farewell (`tls_compliant`).
    #[arg(long)]
    close_notify: bool,
}

/// TLS where it is a choice.
#[derive(Debug, clap::Args)]
pub(super) struct MaybeTls {
    /// Speak TLS; each of its options below implies this.
    #[arg(long)]
    tls: bool,

    #[command(flatten)]
    how: TlsArgs,
}

impl MaybeTls {
    /// TLS, if it is wanted; the server must choose one of the protocols `alpn`, if there are any.
    pub(super) fn tls(self, alpn: Vec<Vec<u8>>) -> Result<Option<Tls>> {
        let wanted = self.tls || self.how.says_something();
        wanted.then(|| Tls::new(&TlsSettings { alpn, ..self.how.settings()? })).transpose()
    }
}

impl TlsArgs {
    const fn says_something(&self) -> bool {
        let Self { sni, no_sni, verify, ca, cert, key, tls_min, least_days, close_notify } = self;
        *no_sni
            || *verify
            || *close_notify
            || sni.is_some()
            || ca.is_some()
            || cert.is_some()
            || key.is_some()
            || tls_min.is_some()
            || least_days.is_some()
    }

    pub(super) fn settings(self) -> Result<TlsSettings> {
        if let Some(name) = &self.sni
            && rustls::pki_types::DnsName::try_from(name.as_str()).is_err()
        {
            let why = "it is no name of a host";
            return Err(Error::new("ask for", name, why).exit(Exit::Usage));
        }
        Ok(TlsSettings {
            sni: !self.no_sni,
            server_name: self.sni,
            verify: self.verify || self.ca.is_some(),
            authorities: self.ca,
            identity: self.cert.zip(self.key),
            only_1_3: self.tls_min.as_deref() == Some("1.3"),
            least_days: self.least_days,
            close_notify: self.close_notify,
            ..TlsSettings::default()
        })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct TlsProbeArgs {
    /// Address or name, and port; an IPv6 address in brackets.
    #[arg(value_name = "HOST:PORT", value_parser = host_and_port)]
    target: (String, u16),

    /// Longest wait for the end of the handshake.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    timeout: Duration,

    #[command(flatten)]
    tls: TlsArgs,

    /// Protocols of which the server must choose one (ALPN), the dearest first: `h2,http/1.1`.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = protocol)]
    alpn: Vec<String>,

    #[command(flatten)]
    way: Way,

    #[command(flatten)]
    retry: Retry,

    #[command(flatten)]
    repeat: Repeat,
}

pub(super) fn tls(args: TlsProbeArgs, printer: Printer) -> Result<Exit> {
    let alpn = args.alpn.into_iter().map(String::into_bytes).collect();
    let tls = Tls::new(&TlsSettings { alpn, ..args.tls.settings()? })?;
    let (host, port) = args.target;
    let target = args.way.to(host, port, args.timeout, &[])?;
    put(&Question::Tls(Box::new(TlsProbe { target, tls })), &args.retry, &args.repeat, printer)
}

fn protocol(text: &str) -> std::result::Result<String, String> {
    let fits = (1..=255).contains(&text.len());
    if fits { Ok(text.to_owned()) } else { Err("a protocol has 1 to 255 bytes".to_owned()) }
}
