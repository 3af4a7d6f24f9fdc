//! TLS for probes: who is expected, what is shown, how new the protocol must be, and for how long
//! the certificate lasts.
//!
//! Without verification everything that a handshake can prove is taken as proven, for a check
//! asks whether the server works, and old certificates belong to working servers.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, ProtocolVersion,
    RootCertStore, SignatureScheme,
};

use super::last_session::LastSession;
use super::stream::talk;
use super::target::{Stage, Target};
use crate::engine::check::details::{Details, TlsDetails};
use crate::engine::check::dialogue::Finding;
use crate::engine::check::probe::Answer;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::clock;
use crate::wire::x509;

const DAY: i64 = 86_400;

/// Servers whose last session is remembered by one probe: redirects lead to others.
const SESSIONS: usize = 8;

/// What is wanted of TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// The server is told whom it is asked for (SNI).
    pub sni: bool,
    /// By this name; by that of the host when absent.
    pub server_name: Option<String>,
    /// The certificate must be valid for that name.
    pub verify: bool,
    /// Who may have signed it; the system's authorities when absent.
    pub authorities: Option<PathBuf>,
    /// What this client shows: its certificate and key.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// TLS 1.3 and nothing older.
    pub only_1_3: bool,
    /// The certificate must last for so many more days.
    pub least_days: Option<i64>,
    /// The connection ends with TLS's own farewell.
    pub close_notify: bool,
    /// Protocols of which the server must choose one (ALPN); none: it is not asked.
    pub alpn: Vec<Vec<u8>>,
    /// Sessions are taken up again where the server allows it.
    pub resume: bool,
}

/// TLS as it will be spoken.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    server_name: Option<String>,
    least_days: Option<i64>,
    /// The certificate must be valid for the name.
    pub(super) verify: bool,
    /// The connection ends with TLS's own farewell.
    pub(super) close_notify: bool,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

impl Tls {
    /// Read the files that `settings` name.
    ///
    /// # Errors
    /// A file cannot be read or does not have in it what it should.
    pub fn new(settings: &TlsSettings) -> Result<Self> {
        let versions: &[_] =
            if settings.only_1_3 { &[&rustls::version::TLS13] } else { rustls::DEFAULT_VERSIONS };
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .map_err(|error| Error::new("speak", "TLS", error))?;
        let builder = if settings.verify {
            builder.with_root_certificates(authorities(settings)?)
        } else {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Trusting))
        };
        let mut config = match &settings.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates(certificate)?;
                let private = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| unreadable("read the private key in", key, &error))?;
                builder.with_client_auth_cert(chain, private).map_err(|error| {
                    let files = format!("{} with {}", certificate.display(), key.display());
                    Error::new("show the certificate", files, error).exit(Exit::Invalid)
                })?
            }
        };
        config.enable_sni = settings.sni;
        config.alpn_protocols.clone_from(&settings.alpn);
        // Every check is a whole handshake unless asked otherwise: a server that takes up a session
        // shows no certificate. The memory of sessions is that of all clones of this value.
        config.resumption = if settings.resume {
            Resumption::in_memory_sessions(SESSIONS)
        } else {
            Resumption::disabled()
        };
        Ok(Self {
            config: Arc::new(config),
            server_name: settings.server_name.clone(),
            least_days: settings.least_days,
            verify: settings.verify,
            close_notify: settings.close_notify,
        })
    }

    /// The same for hosts that are known by their own names.
    pub(super) fn unnamed(&self) -> Self {
        Self { server_name: None, ..self.clone() }
    }

    /// The same for one server, whose last session is gone on with where it agrees.
    #[must_use]
    pub fn resuming(&self) -> Self {
        let mut config = self.config.as_ref().clone();
        config.resumption = Resumption::store(Arc::new(LastSession::default()));
        Self { config: Arc::new(config), ..self.clone() }
    }

    /// A session with `host`, which is at `address`.
    pub(super) fn connection(&self, host: &str, address: IpAddr) -> io::Result<ClientConnection> {
        let name = self.server_name.as_deref().unwrap_or(host);
        // A host that cannot be a name in TLS is known by its address.
        let name = ServerName::try_from(name.to_owned())
            .unwrap_or_else(|_| ServerName::IpAddress(address.into()));
        ClientConnection::new(Arc::clone(&self.config), name)
            .map_err(|error| io::Error::other(in_words(&error)))
    }

    /// What the session shows, and whether its certificate lasts.
    pub(super) fn judge(&self, session: &ClientConnection) -> Finding {
        let version = match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "1.3",
            Some(ProtocolVersion::TLSv1_2) => "1.2",
            _ => "unknown",
        };
        let cipher = session.negotiated_cipher_suite();
        let cipher = cipher.and_then(|suite| suite.suite().as_str().map(str::to_owned));
        let certificate = session.peer_certificates().and_then(|chain| chain.first());
        let end = certificate.and_then(|certificate| x509::not_after(certificate));
        let now = i64::try_from(clock::wall_nanos() / 1_000_000_000).unwrap_or(i64::MAX);
        let days = end.map(|end| (end - now).div_euclid(DAY));
        let lasts =
            days.map_or_else(String::new, |days| format!(", the certificate {}", lasting(days)));
        let alpn = session.alpn_protocol();
        let finding = match (self.least_days, days) {
            _ if alpn.is_none() && !self.config.alpn_protocols.is_empty() => {
                let offered: Vec<String> = self.config.alpn_protocols.iter().map(text).collect();
                Finding::bad(format!("it does not speak {} within TLS (ALPN)", offered.join(", ")))
            }
            (Some(least), Some(days)) if days < least => {
                Finding::bad(format!("the certificate {}, less than {least}", lasting(days)))
            }
            (Some(_), None) => Finding::bad("the certificate does not say when it ends"),
            _ => Finding::good(format!("TLS {version}{lasts}")),
        };
        let tls = TlsDetails {
            version: version.to_owned(),
            cipher: cipher.unwrap_or_default(),
            certificate_not_after: end,
            certificate_days: days,
            alpn: alpn.map(text),
            resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
        };
        Finding { details: Box::new(Details { tls: Some(tls), ..Details::default() }), ..finding }
    }
}

fn text(protocol: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(protocol.as_ref()).into_owned()
}

fn lasting(days: i64) -> String {
    if days < 0 { format!("ended {} days ago", -days) } else { format!("ends in {days} days") }
}

fn unreadable(operation: &'static str, file: &std::path::Path, why: &dyn fmt::Display) -> Error {
    Error::new(operation, file.display().to_string(), why)
        .remedy("name a file in PEM format that this user may read")
        .exit(Exit::Invalid)
}

fn certificates(file: &std::path::Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let found: Vec<_> =
        read.map_err(|error| unreadable("read the certificates in", file, &error))?;
    if found.is_empty() {
        return Err(unreadable("read the certificates in", file, &"there is none in it"));
    }
    Ok(found)
}

fn authorities(settings: &TlsSettings) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    if let Some(file) = &settings.authorities {
        let (_, refused) = store.add_parsable_certificates(certificates(file)?);
        if store.is_empty() {
            let why = format!("none of its {refused} certificates can be one of an authority");
            return Err(unreadable("verify with", file, &why));
        }
        return Ok(store);
    }
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() {
        return Err(Error::new("verify certificates", "", "this host knows no authorities")
            .remedy("install ca-certificates, or name a file of authorities")
            .exit(Exit::Unavailable));
    }
    Ok(store)
}

/// What went wrong, for an operator who knows the server and not rustls.
pub(super) fn in_words(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(why) => format!("what came is no TLS ({why:?})"),
        rustls::Error::InvalidCertificate(why) => format!("the certificate is not valid: {why}"),
        rustls::Error::AlertReceived(alert) => format!("the server refused TLS: {alert:?}"),
        rustls::Error::PeerIncompatible(why) => {
            format!("the server speaks no TLS 1.2 or 1.3 that is known here ({why:?})")
        }
        other => format!("TLS failed: {other}"),
    }
}

/// Believes whatever a server shows.
#[derive(Debug)]
struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    // Also the signatures: checking them would refuse certificates of version 1 and short keys.
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        use SignatureScheme as S;
        vec![
            S::ECDSA_NISTP256_SHA256,
            S::ECDSA_NISTP384_SHA384,
            S::ECDSA_NISTP521_SHA512,
            S::ED25519,
            S::ED448,
            S::RSA_PSS_SHA256,
            S::RSA_PSS_SHA384,
            S::RSA_PSS_SHA512,
            S::RSA_PKCS1_SHA256,
            S::RSA_PKCS1_SHA384,
            S::RSA_PKCS1_SHA512,
            S::ECDSA_SHA1_Legacy,
            S::RSA_PKCS1_SHA1,
        ]
    }
}

/// Does a server complete a TLS handshake? Nothing is sent after it.
#[derive(Clone, Debug)]
pub struct TlsProbe {
    /// Whom.
    pub target: Target,
    /// How.
    pub tls: Tls,
}

impl TlsProbe {
    /// Put the probe.
    pub async fn ask(&self) -> Answer {
        let tls = Some((&self.tls, &*self.target.host));
        let stage = Stage::default();
        let path = &self.target.path;
        self.target.ask(&stage, |address| talk((path, address), tls, None, &stage)).await
    }
}
