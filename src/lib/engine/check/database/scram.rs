//! SCRAM-SHA-256 (RFC 5802, RFC 7677), the client's side: the password proves itself without being
//! sent, and the server proves that it knows it too.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::super::base64;
use super::Password;

/// More rounds than this would let a server keep this host busy.
const MOST_ROUNDS: u32 = 100_000;

/// What precedes every message: no binding to the channel, and no other identity.
const HEAD: &str = "n,,";

/// A login on its way.
#[derive(Debug)]
pub(super) struct Scram<'a> {
    password: &'a Password,
    nonce: &'a str,
    /// What the server must prove in the end.
    proof: Option<[u8; 32]>,
}

impl<'a> Scram<'a> {
    /// A login with a number of this host's that nobody could foresee.
    pub(super) const fn new(password: &'a Password, nonce: &'a str) -> Self {
        Self { password, nonce, proof: None }
    }

    fn first_bare(&self) -> String {
        // PostgreSQL takes the user's name from the start of the connection.
        format!("n=,r={}", self.nonce)
    }

    /// What is said first.
    pub(super) fn first(&self) -> Vec<u8> {
        format!("{HEAD}{}", self.first_bare()).into_bytes()
    }

    /// The answer to what the server said first.
    pub(super) fn last(&mut self, server: &[u8]) -> Result<Vec<u8>, &'static str> {
        const WRONG: &str = "what it says of the password is no SCRAM";
        let server = std::str::from_utf8(server).map_err(|_| WRONG)?;
        let mut parts = server.split(',');
        let mut part = |key| parts.next().and_then(|part| part.strip_prefix(key)).ok_or(WRONG);
        let (nonce, salt, rounds) = (part("r=")?, part("s=")?, part("i=")?);
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(self.nonce) {
            return Err("what it says of the password is for somebody else");
        }
        let salt = base64::decode(salt.as_bytes()).ok_or(WRONG)?;
        let rounds = rounds.parse().ok().filter(|&rounds| rounds > 0).ok_or(WRONG)?;
        if rounds > MOST_ROUNDS {
            return Err("it wants the password hashed more often than 100000 times");
        }
        let bare = format!("c={},r={nonce}", base64::encode(HEAD.as_bytes()));
        let all = format!("{},{server},{bare}", self.first_bare());
        let salted = salted(self.password.bytes(), &salt, rounds);
        let key = mac(&salted, b"Client Key");
        let signature = mac(&Sha256::digest(key), all.as_bytes());
        self.proof = Some(mac(&mac(&salted, b"Server Key"), all.as_bytes()));
        Ok(format!("{bare},p={}", base64::encode(&xor(key, signature))).into_bytes())
    }

    /// Whether what the server said last proves that it knows the password.
    pub(super) fn is_proven(&self, server: &[u8]) -> bool {
        let shown = server.strip_prefix(b"v=").and_then(base64::decode);
        shown.zip(self.proof).is_some_and(|(shown, proof)| shown == proof)
    }
}

/// `Hi` of RFC 5802: PBKDF2 with one block.
fn salted(password: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
    let mut last = mac(password, &[salt, &1_u32.to_be_bytes()].concat());
    let mut all = last;
    for _ in 1..rounds {
        last = mac(password, &last);
        all = xor(all, last);
    }
    all
}

fn xor(mut one: [u8; 32], other: [u8; 32]) -> [u8; 32] {
    one.iter_mut().zip(other).for_each(|(byte, other)| *byte ^= other);
    one
}

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677, but for the user's name, which PostgreSQL has elsewhere: the proofs
    /// are those of a server of our own.
    #[test]
    fn the_password_proves_itself_and_so_does_the_server() {
        let password = Password::new("pencil");
        let mut scram = Scram::new(&password, "rOprNGfwEbeRWgbNEkqO");
        assert_eq!(scram.first(), b"n,,n=,r=rOprNGfwEbeRWgbNEkqO");
        let server = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                      s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let said = String::from_utf8(scram.last(server.as_bytes()).unwrap()).unwrap();
        let (bare, proof) = said.rsplit_once(",p=").unwrap();
        assert_eq!(bare, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        // What a server keeps of the password, and does with it.
        let salt = base64::decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let salted = salted(b"pencil", &salt, 4096);
        let stored: [u8; 32] = Sha256::digest(mac(&salted, b"Client Key")).into();
        let all = format!("n=,r=rOprNGfwEbeRWgbNEkqO,{server},{bare}");
        let proof: [u8; 32] = base64::decode(proof.as_bytes()).unwrap().try_into().unwrap();
        let key = xor(proof, mac(&stored, all.as_bytes()));
        assert_eq!(<[u8; 32]>::from(Sha256::digest(key)), stored);
        let proof = mac(&mac(&salted, b"Server Key"), all.as_bytes());
        let proof = format!("v={}", base64::encode(&proof));
        assert!(scram.is_proven(proof.as_bytes()));
        assert!(!scram.is_proven(b"v=AAAA") && !scram.is_proven(b"e=other-error"));
    }

    /// RFC 7914 has these of PBKDF2 with SHA-256.
    #[test]
    fn the_salted_password_is_that_of_the_rfc() {
        let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(
            hex(salted(b"passwd", b"salt", 1)),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        );
    }

    #[test]
    fn a_server_that_is_not_ours_or_asks_too_much_is_refused() {
        let password = Password::new("pencil");
        for server in [
            "",
            "r=abc,s=AAAA,i=1",
            "r=abcd,s=A,i=1",
            "r=abcd,s=AAAA,i=0",
            "r=abcd,s=AAAA,i=-1",
            "r=abcd,s=AAAA,i=100001",
            "r=xbcd,s=AAAA,i=1",
            "m=ext,r=abcd,s=AAAA,i=1",
        ] {
            assert!(Scram::new(&password, "abc").last(server.as_bytes()).is_err(), "{server}");
        }
        assert!(!Scram::new(&password, "abc").is_proven(b"v="), "before anything was asked");
    }
}
