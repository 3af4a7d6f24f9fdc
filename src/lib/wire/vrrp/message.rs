//! An advert as it stands in the bytes of its packet: nothing is copied, and every bit of it is
//! kept, so that a capture of millions is read in place and each can be written again as it was.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::{
    AUTH_LEN, Advert, Auth, ChecksumSeen, HEADER_LEN, Malformed, Parsed, TYPE_ADVERTISEMENT,
    Version, address_len, message_len,
};

/// An advert that could be read, lent from its packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message<'a> {
    /// Protocol version.
    pub version: Version,
    /// Virtual router identifier.
    pub vrid: u8,
    /// 0 = the sender stops being master; 255 = it owns the addresses.
    pub priority: u8,
    /// Whole seconds in version 2, centiseconds in version 3.
    pub advertisement_interval: Duration,
    /// Version 2 only; [`Auth::None`] in version 3.
    pub auth: Auth,
    /// The addresses named.
    pub addresses: Addresses<'a>,
    /// Which formula its checksum fits.
    pub checksum: ChecksumSeen,
    /// The checksum field as received.
    pub checksum_field: u16,
    /// Version 3: the four reserved bits before the interval; zero in version 2.
    pub reserved: u8,
    /// Bytes after the message that belong to something else: Ethernet padding, a trailer.
    pub trailing: usize,
    /// Version 2: what stands where the password would, whatever the type says.
    auth_data: [u8; AUTH_LEN],
}

impl<'a> Message<'a> {
    /// Read the advert in `payload`, the bytes after the IP header (and after an AH header).
    ///
    /// Addresses are read in the family of `source`. A wrong checksum is no error here: it is
    /// told by [`Message::checksum`], so that a capture can show what the bytes say.
    ///
    /// # Errors
    /// When the bytes are too short, or are not an advertisement of version 2 or 3.
    pub fn parse(
        payload: &'a [u8],
        source: IpAddr,
        destination: IpAddr,
    ) -> Result<Self, Malformed> {
        if source.is_ipv4() != destination.is_ipv4() {
            return Err(Malformed::Families);
        }
        let Some((header, rest)) = payload.split_first_chunk::<HEADER_LEN>() else {
            return Err(Malformed::Header { have: payload.len() });
        };
        let [version_type, vrid, priority, count, auth_or_interval, low, sum_high, sum_low] =
            *header;
        let version = Version::try_from(version_type >> 4)
            .map_err(|_| Malformed::Version(version_type >> 4))?;
        if version_type & 0x0f != TYPE_ADVERTISEMENT {
            return Err(Malformed::Type(version_type & 0x0f));
        }

        let need = message_len(version, source, usize::from(count));
        let short = Malformed::Addresses { have: payload.len(), need, count };
        let message = payload.get(..need).ok_or(short)?;
        let list_len = usize::from(count) * address_len(source);
        let (list, after) = rest.split_at_checked(list_len).ok_or(short)?;

        let (interval, auth, reserved, auth_data) = match version {
            Version::V2 => {
                let data = *after.first_chunk::<AUTH_LEN>().ok_or(short)?;
                (Duration::from_secs(low.into()), Auth::new(auth_or_interval, data), 0, data)
            }
            Version::V3 => {
                let centis = u16::from_be_bytes([auth_or_interval & 0x0f, low]);
                let interval = Duration::from_millis(u64::from(centis) * 10);
                (interval, Auth::None, auth_or_interval >> 4, [0; AUTH_LEN])
            }
        };
        Ok(Self {
            version,
            vrid,
            priority,
            advertisement_interval: interval,
            auth,
            addresses: Addresses { list, ipv4: source.is_ipv4() },
            checksum: ChecksumSeen::of(version, message, source, destination),
            checksum_field: u16::from_be_bytes([sum_high, sum_low]),
            reserved,
            trailing: payload.len() - need,
            auth_data,
        })
    }

    /// The bytes that it was read from, without what trails them.
    #[must_use]
    pub fn emit(&self) -> Vec<u8> {
        let [high, low] = match self.version {
            Version::V2 => [self.auth.kind(), super::seconds(self.advertisement_interval)],
            Version::V3 => {
                let [high, low] = super::centiseconds(self.advertisement_interval).to_be_bytes();
                [self.reserved << 4 | high, low]
            }
        };
        let [sum_high, sum_low] = self.checksum_field.to_be_bytes();
        let version_type = u8::from(self.version) << 4 | TYPE_ADVERTISEMENT;
        let count = u8::try_from(self.addresses.len()).unwrap_or(u8::MAX);
        let head = [version_type, self.vrid, self.priority, count, high, low, sum_high, sum_low];
        let auth: &[u8] = if self.version == Version::V2 { &self.auth_data } else { &[] };
        [&head[..], self.addresses.list, auth].concat()
    }
}

impl From<Message<'_>> for Parsed {
    fn from(message: Message<'_>) -> Self {
        Self {
            checksum: message.checksum,
            checksum_field: message.checksum_field,
            reserved: message.reserved,
            trailing: message.trailing,
            advert: message.into(),
        }
    }
}

impl From<Message<'_>> for Advert {
    fn from(message: Message<'_>) -> Self {
        Self {
            version: message.version,
            vrid: message.vrid,
            priority: message.priority,
            advertisement_interval: message.advertisement_interval,
            auth: message.auth,
            addresses: message.addresses.iter().collect(),
        }
    }
}

/// The addresses of an advert, in the order of the packet, all of one family.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Addresses<'a> {
    list: &'a [u8],
    ipv4: bool,
}

impl<'a> Addresses<'a> {
    /// One after another.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + Clone + 'a {
        let (fours, sixteens): (&[[u8; 4]], &[[u8; 16]]) =
            if self.ipv4 { (self.list.as_chunks().0, &[]) } else { (&[], self.list.as_chunks().0) };
        let v4 = fours.iter().map(|octets| IpAddr::from(Ipv4Addr::from(*octets)));
        v4.chain(sixteens.iter().map(|octets| IpAddr::from(Ipv6Addr::from(*octets))))
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len() / if self.ipv4 { 4 } else { 16 }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether `address` is one of them.
    #[must_use]
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.iter().any(|each| each == *address)
    }
}

impl fmt::Debug for Addresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
