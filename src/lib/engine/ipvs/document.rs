//! The table as JSON: one object for each service, with its destinations inside.
//!
//! A field that is not known is refused, for it would be lost. What was observed (`show`) can be
//! read back as what is desired: connections and traffic are passed over.

use std::net::IpAddr;

use serde::de::IgnoredAny;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    Change, Contents, Destination, Entry, Forwarding, ObservedDestination, ObservedService,
    Persistence, Protocol, SchedulerFlags, ServiceId, Settings, Statistics,
};
use crate::engine::vrrp::Family;

/// What a service looks like there. Either `protocol`, `address` and `port`, or `fwmark` and
/// `family`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    protocol: Option<Protocol>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fwmark: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<Family>,
    scheduler: Box<str>,
    #[serde(default, skip_serializing_if = "is_default")]
    scheduler_flags: SchedulerFlags,
    #[serde(default, skip_serializing_if = "is_default")]
    one_packet: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    persistence: Option<Persistence>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "passed_over")]
    statistics: Option<Statistics>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destinations: Option<Vec<DestinationShape>>,
}

/// What a destination looks like.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DestinationShape {
    address: IpAddr,
    port: u16,
    #[serde(default)]
    forwarding: Forwarding,
    #[serde(default = "one")]
    weight: u32,
    #[serde(default)]
    upper_threshold: u32,
    #[serde(default)]
    lower_threshold: u32,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "passed_over")]
    connections: Option<Connections>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "passed_over")]
    statistics: Option<Statistics>,
}

/// Of a destination.
#[derive(Serialize)]
struct Connections {
    active: u32,
    inactive: u32,
    persistent: u32,
}

const fn one() -> u32 {
    1
}

fn passed_over<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<Option<T>, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| None)
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The whole table.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// Version of this shape.
    #[serde(default = "version")]
    v: u8,
    services: Vec<Entry>,
}

const fn version() -> u8 {
    1
}

impl From<&Destination> for DestinationShape {
    fn from(one: &Destination) -> Self {
        let Destination { address, port, forwarding, weight, upper_threshold, lower_threshold } =
            *one;
        Self {
            address,
            port,
            forwarding,
            weight,
            upper_threshold,
            lower_threshold,
            connections: None,
            statistics: None,
        }
    }
}

impl From<&ObservedDestination> for DestinationShape {
    fn from(one: &ObservedDestination) -> Self {
        let ObservedDestination { destination, active, inactive, persistent, statistics } = one;
        let connections =
            Connections { active: *active, inactive: *inactive, persistent: *persistent };
        Self {
            connections: Some(connections),
            statistics: Some(*statistics),
            ..Self::from(destination)
        }
    }
}

impl From<DestinationShape> for Destination {
    fn from(shape: DestinationShape) -> Self {
        let DestinationShape { address, port, forwarding, weight, .. } = shape;
        let DestinationShape { upper_threshold, lower_threshold, .. } = shape;
        Self { address, port, forwarding, weight, upper_threshold, lower_threshold }
    }
}

impl Shape {
    fn new(settings: &Settings, destinations: Option<Vec<DestinationShape>>) -> Self {
        let Settings { id, scheduler, flags, one_packet, persistence } = settings;
        let mut shape = Self {
            protocol: None,
            address: None,
            port: None,
            fwmark: None,
            family: None,
            scheduler: scheduler.clone(),
            scheduler_flags: *flags,
            one_packet: *one_packet,
            persistence: persistence.clone(),
            statistics: None,
            destinations,
        };
        match *id {
            ServiceId::Address { protocol, address, port } => {
                shape.protocol = Some(protocol);
                shape.address = Some(address);
                shape.port = Some(port);
            }
            ServiceId::Fwmark { mark, family } => {
                shape.fwmark = Some(mark);
                shape.family = Some(family);
            }
        }
        shape
    }
}

impl TryFrom<Shape> for Entry {
    type Error = String;

    fn try_from(shape: Shape) -> Result<Self, String> {
        let id = match (shape.protocol, shape.address, shape.port, shape.fwmark, shape.family) {
            (Some(protocol), Some(address), Some(port), None, None) => {
                ServiceId::Address { protocol, address, port }
            }
            (None, None, None, Some(mark), family) => {
                ServiceId::Fwmark { mark, family: family.unwrap_or(Family::Ipv4) }
            }
            _ => {
                return Err(
                    "a service has either protocol, address and port, or fwmark and family"
                        .to_owned(),
                );
            }
        };
        let mut entry = Self::new(Settings {
            id,
            scheduler: shape.scheduler,
            flags: shape.scheduler_flags,
            one_packet: shape.one_packet,
            persistence: shape.persistence,
        });
        for destination in shape.destinations.into_iter().flatten().map(Destination::from) {
            let endpoint = destination.endpoint();
            if entry.destinations.insert(endpoint, destination).is_some() {
                return Err(format!("{id} has the destination {endpoint} twice"));
            }
        }
        entry.check()?;
        Ok(entry)
    }
}

impl Serialize for Destination {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DestinationShape::from(self).serialize(serializer)
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shape::new(self, None).serialize(serializer)
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.destinations.values().map(DestinationShape::from).collect();
        Shape::new(&self.settings, Some(all)).serialize(serializer)
    }
}

impl Serialize for ObservedService {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.destinations.iter().map(DestinationShape::from).collect();
        let shape =
            Shape { statistics: Some(self.statistics), ..Shape::new(&self.settings, Some(all)) };
        shape.serialize(serializer)
    }
}

/// A service without its destinations, or a destination with its service.
impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("change", self.word())?;
        map.serialize_entry("service", &self.service())?;
        if let Some(endpoint) = self.destination() {
            map.serialize_entry("destination", &endpoint.to_string())?;
        }
        match self {
            Self::AddService(to) => map.serialize_entry("to", to)?,
            Self::AddDestination(_, to) => map.serialize_entry("to", to)?,
            Self::EditService { to, from } => {
                map.serialize_entry("to", to)?;
                map.serialize_entry("from", from)?;
            }
            Self::EditDestination { to, from, .. } => {
                map.serialize_entry("to", to)?;
                map.serialize_entry("from", from)?;
            }
            Self::DeleteService(_) | Self::DeleteDestination(..) => {}
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Shape::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Contents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document { v: version(), services: self.iter().cloned().collect() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Contents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let document = Document::deserialize(deserializer)?;
        if document.v != version() {
            return Err(D::Error::custom(format!(
                "version {} of the shape is not known",
                document.v
            )));
        }
        let mut contents = Self::default();
        for entry in document.services {
            if let Some(twice) = contents.insert(entry) {
                return Err(D::Error::custom(format!("{} is there twice", twice.settings.id)));
            }
        }
        Ok(contents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"{"v":1,"services":[
        {"protocol":"tcp","address":"192.0.2.1","port":80,"scheduler":"wlc",
         "persistence":{"timeout_s":60,"mask":{"netmask":"255.255.255.0"}},
         "destinations":[{"address":"10.0.0.1","port":8080,"weight":3},
                         {"address":"2001:db8::1","port":80,"weight":0,
                          "forwarding":{"tunnel":{"kind":"gre","checksum":true}}}]},
        {"fwmark":7,"family":"ipv6","scheduler":"mh","scheduler_flags":{"flag_1":true}}]}"#;

    #[test]
    fn what_is_written_reads_back() {
        let contents: Contents = serde_json::from_str(TABLE).unwrap();
        assert_eq!(contents.len(), 2);
        let text = serde_json::to_string(&contents).unwrap();
        assert_eq!(serde_json::from_str::<Contents>(&text).unwrap(), contents);
    }

    #[test]
    fn what_would_be_lost_is_refused_with_a_reason() {
        let cases = [
            (r#"{"services":[{"scheduler":"rr"}]}"#, "either protocol, address and port"),
            (r#"{"services":[{"fwmark":1,"scheduler":"rr","sheduler":"rr"}]}"#, "sheduler"),
            (r#"{"v":2,"services":[]}"#, "version 2"),
            (
                r#"{"services":[{"fwmark":1,"scheduler":"rr"},{"fwmark":1,"scheduler":"wrr"}]}"#,
                "fwmark 1 is there twice",
            ),
            (
                r#"{"services":[{"fwmark":1,"scheduler":"rr","destinations":
                   [{"address":"10.0.0.1","port":0},{"address":"10.0.0.1","port":0}]}]}"#,
                "has the destination 10.0.0.1:0 twice",
            ),
            (r#"{"services":[{"fwmark":0,"scheduler":"rr"}]}"#, "0 is no mark"),
            (r#"{"services":[{"fwmark":1,"scheduler":"rr -p"}]}"#, "no name of a kernel module"),
        ];
        for (text, reason) in cases {
            let error = serde_json::from_str::<Contents>(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
