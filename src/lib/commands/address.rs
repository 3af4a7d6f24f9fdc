//! An address with its prefix length as the command line takes it.

use std::net::IpAddr;

use crate::engine::vrrp::VirtualAddress;

/// `ADDR/LEN`; without a length the address alone (`/32`, `/128`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressArg {
    /// The address.
    pub address: IpAddr,
    /// Prefix length that fits the family.
    pub prefix: u8,
}

impl AddressArg {
    /// As the engine takes it, with every attribute at its default.
    #[must_use]
    pub fn virtual_address(&self) -> VirtualAddress {
        VirtualAddress::plain(self.address, self.prefix)
    }
}

/// Read `ADDR/LEN` or `ADDR`.
///
/// # Errors
/// What is wrong with `text`.
pub fn parse_address(text: &str) -> Result<AddressArg, String> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let address: IpAddr = address.parse().map_err(|_| format!("`{address}` is no IP address"))?;
    if address.is_unspecified() || address.is_multicast() {
        return Err(format!("`{address}` cannot be the address of an interface"));
    }
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix.map(str::parse) {
        None => longest,
        Some(Ok(prefix)) if prefix <= longest => prefix,
        Some(_) => return Err(format!("the prefix length must be 0 to {longest}")),
    };
    Ok(AddressArg { address, prefix })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_length_must_fit_the_family() {
        assert_eq!(parse_address("192.0.2.1").unwrap().prefix, 32);
        assert_eq!(parse_address("2001:db8::1/64").unwrap().prefix, 64);
        for wrong in ["192.0.2.1/33", "192.0.2.1/", "192.0.2", "::1/129", "224.0.0.1", "0.0.0.0/0"]
        {
            assert!(parse_address(wrong).is_err(), "{wrong}");
        }
    }
}
