//! How a client logs in at a MySQL server: the greeting, and the ways to prove a password.
//!
//! A password itself goes out within TLS only. What a server then does with it is its business, so
//! who does not verify the server gives it to whoever answers.

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::Login;
use super::fields::Fields;

/// What a client can, and needs a server to.
const PROTOCOL_41: u32 = 0x200;
const TLS: u32 = 0x800;
const SECURE_CONNECTION: u32 = 0x8000;
const PLUGIN_AUTH: u32 = 0x0008_0000;
const CAPABILITIES: u32 = 0x1 | PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH;

/// Largest packet that we take, and `utf8mb4`.
const LARGEST: u32 = 1 << 16;
const CHARSET: u8 = 45;

/// What a server says first.
#[derive(Debug)]
pub(super) struct Greeting {
    pub(super) version: Vec<u8>,
    pub(super) challenge: Vec<u8>,
    pub(super) plugin: Vec<u8>,
    capabilities: u32,
}

impl Greeting {
    /// That of version 10.
    pub(super) fn parse(packet: &[u8]) -> Option<Self> {
        let mut fields = Fields(packet);
        fields.byte().filter(|&version| version == 10)?;
        let version = fields.until_zero()?.to_vec();
        fields.bytes(4)?;
        let mut challenge = fields.bytes(8)?.to_vec();
        fields.bytes(1)?;
        let [c0, c1] = fields.array()?;
        fields.bytes(3)?;
        let [c2, c3] = fields.array()?;
        let capabilities = u32::from_le_bytes([c0, c1, c2, c3]);
        let length = usize::from(fields.byte()?);
        fields.bytes(10)?;
        if capabilities & SECURE_CONNECTION != 0 {
            let rest = fields.bytes(length.saturating_sub(8).max(13))?;
            challenge.extend_from_slice(rest.strip_suffix(b"\0").unwrap_or(rest));
        }
        let plugin = fields.until_zero().unwrap_or(fields.0).to_vec();
        Some(Self { version, challenge, plugin, capabilities })
    }

    /// What the login takes and this server cannot, and since when MySQL can.
    pub(super) fn misses(&self) -> Option<(&'static str, &'static str)> {
        let needed = [
            (PROTOCOL_41, ("CLIENT_PROTOCOL_41", "4.1")),
            (SECURE_CONNECTION, ("CLIENT_SECURE_CONNECTION", "4.1.1")),
            (PLUGIN_AUTH, ("CLIENT_PLUGIN_AUTH", "5.5.7")),
        ];
        needed.into_iter().find(|(bit, _)| self.capabilities & bit == 0).map(|(_, which)| which)
    }

    pub(super) const fn offers_tls(&self) -> bool {
        self.capabilities & TLS != 0
    }
}

/// How a password is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plugin {
    Native,
    CachingSha2,
    Clear,
}

impl Plugin {
    /// The one of this name.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"mysql_native_password" => Self::Native,
            b"caching_sha2_password" => Self::CachingSha2,
            b"mysql_clear_password" => Self::Clear,
            _ => return None,
        })
    }

    /// What to begin with at a server that proposes this name: it will ask for another one if
    /// the user has it.
    pub(super) fn first(name: &[u8]) -> Self {
        if Self::named(name) == Some(Self::CachingSha2) { Self::CachingSha2 } else { Self::Native }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Native => "mysql_native_password",
            Self::CachingSha2 => "caching_sha2_password",
            Self::Clear => "mysql_clear_password",
        }
    }

    /// The proof for `challenge`.
    pub(super) fn proof(
        self,
        login: &Login,
        challenge: &[u8],
        secure: bool,
    ) -> Result<Vec<u8>, String> {
        let Some(password) = &login.password else { return Ok(Vec::new()) };
        let password = password.bytes();
        Ok(match self {
            Self::Native => {
                let hash = Sha1::digest(password);
                let mask = Sha1::new().chain_update(challenge).chain_update(Sha1::digest(hash));
                xor(&hash, &mask.finalize())
            }
            Self::CachingSha2 => {
                let hash = Sha256::digest(password);
                let mask = Sha256::new().chain_update(Sha256::digest(hash)).chain_update(challenge);
                xor(&hash, &mask.finalize())
            }
            Self::Clear if secure => [password, b"\0"].concat(),
            Self::Clear => {
                return Err("it wants the password as it is, which takes TLS: --tls".into());
            }
        })
    }
}

fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter().zip(other).map(|(one, other)| one ^ other).collect()
}

/// What begins both words of a client; for TLS it is all that goes before it.
fn head(capabilities: u32) -> Vec<u8> {
    let mut body = capabilities.to_le_bytes().to_vec();
    body.extend(LARGEST.to_le_bytes());
    body.push(CHARSET);
    body.extend([0; 23]);
    body
}

/// Asks for TLS.
pub(super) fn tls_request() -> Vec<u8> {
    head(CAPABILITIES | TLS)
}

/// The login.
pub(super) fn begin(login: &Login, plugin: Plugin, challenge: &[u8], secure: bool) -> Vec<u8> {
    let mut body = head(if secure { CAPABILITIES | TLS } else { CAPABILITIES });
    body.extend_from_slice(login.user.as_bytes());
    body.push(0);
    let proof = plugin.proof(login, challenge, secure).unwrap_or_default();
    body.push(u8::try_from(proof.len()).unwrap_or(0));
    body.extend(proof);
    body.extend_from_slice(plugin.name().as_bytes());
    body.push(0);
    body
}

#[cfg(test)]
mod tests {
    use super::super::Password;
    use super::*;

    /// What a server does with the proof: it keeps the hash of the hash, and nothing else.
    #[test]
    fn a_server_that_keeps_the_hash_of_the_hash_takes_the_proof() {
        let login = Login { user: "me".into(), password: Some(Password::new("secret")) };
        let challenge = b"01234567890123456789";
        let proof = Plugin::Native.proof(&login, challenge, false).unwrap();
        let kept = Sha1::digest(Sha1::digest(b"secret"));
        let mask = Sha1::new().chain_update(challenge).chain_update(kept).finalize();
        assert_eq!(Sha1::digest(xor(&proof, &mask)), kept);
        let proof = Plugin::CachingSha2.proof(&login, challenge, false).unwrap();
        let kept = Sha256::digest(Sha256::digest(b"secret"));
        let mask = Sha256::new().chain_update(kept).chain_update(challenge).finalize();
        assert_eq!(Sha256::digest(xor(&proof, &mask)), kept);
        assert!(Plugin::Clear.proof(&login, challenge, false).is_err());
        assert_eq!(Plugin::Clear.proof(&login, challenge, true).unwrap(), b"secret\0");
        let nobody = Login::default();
        assert_eq!(Plugin::Native.proof(&nobody, challenge, false).unwrap(), b"");
    }
}
