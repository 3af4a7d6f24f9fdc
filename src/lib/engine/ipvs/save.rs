//! The format of `ipvsadm -S` and `-R`: one command line for each service and destination.
//!
//! Written is what ipvsadm writes with `-n`, and thresholds, which it forgets. Read are its short
//! and long options, with numbers for addresses and ports: names would need a resolver.

use std::fmt::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::str::FromStr;

use super::{
    Contents, Destination, Endpoint, Entry, Forwarding, GueChecksum, Persistence, PersistenceMask,
    Protocol, SchedulerFlags, ServiceId, Settings, Tunnel,
};
use crate::engine::vrrp::Family;

/// Persistence of a service whose line says `-p` and no time, in seconds.
const USUAL_PERSISTENCE: u32 = 300;
/// What the kernel is asked for when a line names no scheduler.
const USUAL_SCHEDULER: &str = "wlc";

/// The table as `ipvsadm -R` reads it.
#[must_use]
pub fn write(contents: &Contents) -> String {
    let mut out = String::new();
    for entry in contents {
        // Writing to a string cannot fail.
        let _ = service(&mut out, &entry.settings);
        for one in entry.destinations.values() {
            let _ = destination(&mut out, &entry.settings.id, one);
        }
    }
    out
}

fn name(id: &ServiceId) -> String {
    match *id {
        ServiceId::Address { protocol, address, port } => {
            let option = match protocol {
                Protocol::Tcp => "-t",
                Protocol::Udp => "-u",
                Protocol::Sctp => "--sctp-service",
            };
            format!("{option} {}", SocketAddr::new(address, port))
        }
        ServiceId::Fwmark { mark, family: Family::Ipv4 } => format!("-f {mark}"),
        ServiceId::Fwmark { mark, family: Family::Ipv6 } => format!("-f {mark} -6"),
    }
}

fn service(out: &mut String, settings: &Settings) -> fmt::Result {
    write!(out, "-A {} -s {}", name(&settings.id), settings.scheduler)?;
    if let Some(Persistence { timeout_s, mask, engine }) = &settings.persistence {
        write!(out, " -p {timeout_s}")?;
        match mask {
            Some(PersistenceMask::Netmask(mask)) => write!(out, " -M {mask}")?,
            Some(PersistenceMask::Prefix(length)) => write!(out, " -M {length}")?,
            None => {}
        }
        if let Some(engine) = engine {
            write!(out, " --pe {engine}")?;
        }
    }
    if settings.one_packet {
        write!(out, " -o")?;
    }
    let flags = flag_names(&settings.scheduler, settings.flags);
    if !flags.is_empty() {
        write!(out, " -b {}", flags.join(","))?;
    }
    writeln!(out)
}

/// The names by which ipvsadm knows the flags of a scheduler.
#[must_use]
pub fn flag_names(scheduler: &str, flags: SchedulerFlags) -> Vec<&'static str> {
    let names = match scheduler {
        "sh" => ["sh-fallback", "sh-port", "flag-3"],
        "mh" => ["mh-fallback", "mh-port", "flag-3"],
        _ => ["flag-1", "flag-2", "flag-3"],
    };
    let set = [flags.fallback, flags.port, flags.third];
    names.into_iter().zip(set).filter_map(|(name, set)| set.then_some(name)).collect()
}

fn destination(out: &mut String, id: &ServiceId, one: &Destination) -> fmt::Result {
    write!(out, "-a {} -r {}", name(id), one.endpoint())?;
    match one.forwarding {
        Forwarding::Nat => write!(out, " -m")?,
        Forwarding::DirectRouting => write!(out, " -g")?,
        Forwarding::Tunnel(_) => write!(out, " -i")?,
    }
    write!(out, " -w {}", one.weight)?;
    if one.upper_threshold > 0 {
        write!(out, " -x {}", one.upper_threshold)?;
    }
    if one.lower_threshold > 0 {
        write!(out, " -y {}", one.lower_threshold)?;
    }
    match one.forwarding {
        Forwarding::Tunnel(Tunnel::Ipip) => write!(out, " --tun-type ipip")?,
        Forwarding::Tunnel(Tunnel::Gre { checksum }) => {
            write!(out, " --tun-type gre --tun-{}", if checksum { "csum" } else { "nocsum" })?;
        }
        Forwarding::Tunnel(Tunnel::Gue { port, checksum }) => {
            let word = match checksum {
                GueChecksum::None => "nocsum",
                GueChecksum::Plain => "csum",
                GueChecksum::Remote => "remcsum",
            };
            write!(out, " --tun-type gue --tun-port {port} --tun-{word}")?;
        }
        _ => {}
    }
    writeln!(out)
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// Read what `ipvsadm -S -n` wrote; a first word `ipvsadm`, blank lines and comments (`#`) are
/// passed over.
///
/// # Errors
/// The first line that is wrong, and why.
pub fn read(text: &str) -> Result<Contents, Mistake> {
    let mut contents = Contents::default();
    for (number, line) in text.lines().enumerate() {
        read_line(line, &mut contents)
            .map_err(|problem| Mistake { line: number.saturating_add(1), problem })?;
    }
    Ok(contents)
}

fn read_line(line: &str, contents: &mut Contents) -> Result<(), String> {
    let line = line.split('#').next().unwrap_or_default();
    let mut words = line.split_whitespace().peekable();
    words.next_if_eq(&"ipvsadm");
    let Some(first) = words.next() else { return Ok(()) };
    let adds_service = match first {
        "-A" | "--add-service" => true,
        "-a" | "--add-server" => false,
        other => return Err(format!("`{other}` does not add a service (-A) or a server (-a)")),
    };
    let options = Options::read(words)?;
    let id = options.id()?;
    if adds_service {
        let entry = Entry::new(options.settings(id)?);
        entry.check()?;
        if contents.insert(entry).is_some() {
            return Err(format!("{id} is there twice"));
        }
        return Ok(());
    }
    let one = options.destination(id)?;
    let Some(entry) = contents.get_mut(&id) else {
        return Err(format!("no line before it adds {id}"));
    };
    one.check(&entry.settings)?;
    if entry.destinations.insert(one.endpoint(), one).is_some() {
        return Err(format!("{id} has the destination {} twice", one.endpoint()));
    }
    Ok(())
}

/// The service that a line names, before its family is known.
#[derive(Clone, Copy)]
enum Named {
    Address(Protocol, SocketAddr),
    Mark(u32),
}

/// Every option of one line.
#[derive(Default)]
struct Options<'a> {
    service: Option<Named>,
    is_ipv6: bool,
    scheduler: Option<&'a str>,
    persistent: Option<u32>,
    mask: Option<&'a str>,
    engine: Option<&'a str>,
    one_packet: bool,
    flags: Option<&'a str>,
    server: Option<&'a str>,
    forwarding: Option<char>,
    weight: Option<u32>,
    upper: u32,
    lower: u32,
    tunnel: Option<&'a str>,
    tunnel_port: Option<u16>,
    checksum: GueChecksum,
}

impl<'a> Options<'a> {
    fn read(mut words: std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Result<Self, String> {
        let mut all = Self::default();
        while let Some(option) = words.next() {
            if all.flag(option) {
                continue;
            }
            if matches!(option, "-p" | "--persistent") {
                let given = words.next_if(|word| !word.starts_with('-'));
                all.persistent =
                    Some(given.map_or(Ok(USUAL_PERSISTENCE), |word| number(option, word))?);
                continue;
            }
            let Some(value) = words.next() else {
                return Err(format!("`{option}` is not known, or its value is missing"));
            };
            all.value(option, value)?;
        }
        Ok(all)
    }

    /// An option without a value.
    fn flag(&mut self, option: &str) -> bool {
        match option {
            "-6" | "--ipv6" => self.is_ipv6 = true,
            "-o" | "--ops" => self.one_packet = true,
            "-m" | "--masquerading" => self.forwarding = Some('m'),
            "-g" | "--gatewaying" => self.forwarding = Some('g'),
            "-i" | "--ipip" => self.forwarding = Some('i'),
            "--tun-nocsum" => self.checksum = GueChecksum::None,
            "--tun-csum" => self.checksum = GueChecksum::Plain,
            "--tun-remcsum" => self.checksum = GueChecksum::Remote,
            _ => return false,
        }
        true
    }

    fn value(&mut self, option: &str, value: &'a str) -> Result<(), String> {
        let address = |protocol| Ok::<_, String>(Some(Named::Address(protocol, socket(value)?)));
        match option {
            "-t" | "--tcp-service" => self.service = address(Protocol::Tcp)?,
            "-u" | "--udp-service" => self.service = address(Protocol::Udp)?,
            "--sctp-service" => self.service = address(Protocol::Sctp)?,
            "-f" | "--fwmark-service" => self.service = Some(Named::Mark(number(option, value)?)),
            "-s" | "--scheduler" => self.scheduler = Some(value),
            "-M" | "--netmask" => self.mask = Some(value),
            "--pe" => self.engine = Some(value),
            "-b" | "--sched-flags" => self.flags = Some(value),
            "-r" | "--real-server" => self.server = Some(value),
            "-w" | "--weight" => self.weight = Some(number(option, value)?),
            "-x" | "--u-threshold" => self.upper = number(option, value)?,
            "-y" | "--l-threshold" => self.lower = number(option, value)?,
            "--tun-type" => self.tunnel = Some(value),
            "--tun-port" => self.tunnel_port = Some(number(option, value)?),
            _ => return Err(format!("`{option}` is not known")),
        }
        Ok(())
    }

    fn id(&self) -> Result<ServiceId, String> {
        match self.service {
            Some(Named::Address(protocol, at)) => {
                Ok(ServiceId::Address { protocol, address: at.ip(), port: at.port() })
            }
            Some(Named::Mark(mark)) => {
                let family = if self.is_ipv6 { Family::Ipv6 } else { Family::Ipv4 };
                Ok(ServiceId::Fwmark { mark, family })
            }
            None => Err("it names no service (-t, -u, --sctp-service or -f)".to_owned()),
        }
    }

    fn settings(&self, id: ServiceId) -> Result<Settings, String> {
        let scheduler = self.scheduler.unwrap_or(USUAL_SCHEDULER);
        let mask = self.mask.map(|word| mask(word, id.family())).transpose()?;
        let persistence = self.persistent.map(|timeout_s| Persistence {
            timeout_s,
            mask,
            engine: self.engine.map(Into::into),
        });
        if persistence.is_none() && (self.mask.is_some() || self.engine.is_some()) {
            return Err("-M and --pe take -p".to_owned());
        }
        let flags =
            self.flags.map_or(Ok(SchedulerFlags::default()), |all| flags(scheduler, all))?;
        let one_packet = self.one_packet;
        Ok(Settings { id, scheduler: scheduler.into(), flags, one_packet, persistence })
    }

    fn destination(&self, id: ServiceId) -> Result<Destination, String> {
        let Some(server) = self.server else { return Err("it names no server (-r)".to_owned()) };
        let port = match id {
            ServiceId::Address { port, .. } => port,
            ServiceId::Fwmark { .. } => 0,
        };
        let endpoint = endpoint(server, port)?;
        Ok(Destination {
            address: endpoint.address,
            port: endpoint.port,
            forwarding: self.forwarding()?,
            weight: self.weight.unwrap_or(1),
            upper_threshold: self.upper,
            lower_threshold: self.lower,
        })
    }

    fn forwarding(&self) -> Result<Forwarding, String> {
        match self.forwarding {
            Some('m') => return Ok(Forwarding::Nat),
            Some('i') => {}
            _ => return Ok(Forwarding::DirectRouting),
        }
        Ok(Forwarding::Tunnel(match self.tunnel {
            None | Some("ipip") => Tunnel::Ipip,
            Some("gre") => Tunnel::Gre { checksum: self.checksum != GueChecksum::None },
            Some("gue") => {
                let port = self.tunnel_port.and_then(NonZeroU16::new);
                let port = port.ok_or("a gue tunnel takes --tun-port")?;
                Tunnel::Gue { port, checksum: self.checksum }
            }
            Some(other) => return Err(format!("`{other}` is no type of tunnel: ipip, gre or gue")),
        }))
    }
}

fn number<T: FromStr>(option: &str, word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("`{word}` is no number that {option} takes"))
}

fn socket(word: &str) -> Result<SocketAddr, String> {
    word.parse().map_err(|_| {
        format!("`{word}` is no ADDRESS:PORT in numbers; names are not looked up: ipvsadm -S -n")
    })
}

/// The address of a server, with or without a port.
fn endpoint(word: &str, port: u16) -> Result<Endpoint, String> {
    let bare = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(word);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(Endpoint { address, port });
    }
    socket(word).map(|at| Endpoint { address: at.ip(), port: at.port() })
}

fn mask(word: &str, family: Family) -> Result<PersistenceMask, String> {
    match family {
        Family::Ipv4 => number("-M", word).map(PersistenceMask::Netmask),
        Family::Ipv6 => number("-M", word).map(PersistenceMask::Prefix),
    }
}

fn flags(scheduler: &str, words: &str) -> Result<SchedulerFlags, String> {
    let mut flags = SchedulerFlags::default();
    for word in words.split(',') {
        match (word, scheduler) {
            ("sh-fallback", "sh") | ("mh-fallback", "mh") | ("flag-1", _) => flags.fallback = true,
            ("sh-port", "sh") | ("mh-port", "mh") | ("flag-2", _) => flags.port = true,
            ("flag-3", _) => flags.third = true,
            _ => return Err(format!("`{word}` is no flag of the scheduler {scheduler}")),
        }
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `ipvsadm -S -n` wrote it.
    const SAVED: &str = "\
-A -t 10.9.0.100:80 -s wrr -p 300 -M 255.255.255.0
-a -t 10.9.0.100:80 -r 10.9.0.11:8080 -m -w 3
-a -t 10.9.0.100:80 -r 10.9.0.12:80 -g -w 0
-a -t 10.9.0.100:80 -r 10.9.0.13:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
-a -t 10.9.0.100:80 -r 10.9.0.14:80 -i -w 1 --tun-type gre --tun-csum
-a -t 10.9.0.100:80 -r 10.9.0.15:80 -i -w 1 --tun-type ipip
-A -u 10.9.0.100:5060 -s sh -p 60 -M 255.255.0.0 --pe sip -o -b sh-fallback,sh-port
-A --sctp-service 10.9.0.100:99 -s rr
-A -t [2001:db8::100]:443 -s mh -p 60 -M 64 -b mh-fallback,mh-port
-a -t [2001:db8::100]:443 -r 10.9.0.11:443 -i -w 1 --tun-type ipip
-a -t [2001:db8::100]:443 -r [2001:db8::11]:443 -m -w 1
-A -f 7 -s sh -b sh-port
-a -f 7 -r 10.9.0.11:0 -g -w 1
-A -f 7 -6 -s wlc
-A -f 8 -s rr -b flag-1,flag-3
";

    #[test]
    fn what_ipvsadm_saved_is_written_again_byte_for_byte() {
        let contents = read(SAVED).unwrap();
        assert_eq!(contents.len(), 7);
        assert_eq!(write(&contents), SAVED);
    }

    #[test]
    fn long_options_comments_defaults_and_thresholds_are_read() {
        let text = "# ours\n\nipvsadm --add-service --tcp-service 192.0.2.1:80 --persistent\n\
                    --add-server -t 192.0.2.1:80 --real-server 10.0.0.1 -x 9 -y 3 # all defaults\n";
        let expected = "-A -t 192.0.2.1:80 -s wlc -p 300\n\
                        -a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1 -x 9 -y 3\n";
        assert_eq!(write(&read(text).unwrap()), expected);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_with_what_is_wrong() {
        let service = "-A -t 192.0.2.1:80\n";
        let cases = [
            ("-D -t 192.0.2.1:80", "line 1: `-D` does not add a service"),
            ("-A -t www:http", "no ADDRESS:PORT in numbers"),
            ("-A -s rr", "names no service"),
            ("-A -t 192.0.2.1:0", "has to be persistent"),
            ("-A -t 192.0.2.1:80 -p 0", "1 to 2678400 seconds"),
            ("-A -f 1 -b mh-port", "no flag of the scheduler wlc"),
            ("-A -t 192.0.2.1:80 -M 255.0.0.0", "take -p"),
            ("-A -t 192.0.2.1:80 -w", "value is missing"),
            ("-A -t 192.0.2.1:80 --what 1", "`--what` is not known"),
            ("-a -t 192.0.2.9:80 -r 10.0.0.1", "no line before it adds tcp 192.0.2.9:80"),
        ];
        for (text, problem) in cases {
            let told = read(text).unwrap_err().to_string();
            assert!(told.contains(problem), "{told}");
        }
        let second = [
            ("-A -t 192.0.2.1:80", "line 2: tcp 192.0.2.1:80 is there twice"),
            ("-a -t 192.0.2.1:80", "names no server"),
            ("-a -t 192.0.2.1:80 -r 10.0.0.1 -w 3000000000", "largest weight"),
            ("-a -t 192.0.2.1:80 -r 10.0.0.1 -x 1 -y 2", "lower threshold is above"),
            ("-a -t 192.0.2.1:80 -r [2001:db8::1]:80", "takes a tunnel"),
            ("-a -t 192.0.2.1:80 -r 10.0.0.1 -i --tun-type gue", "takes --tun-port"),
        ];
        for (text, problem) in second {
            let told = read(&format!("{service}{text}")).unwrap_err().to_string();
            assert!(told.contains(problem), "{told}");
        }
    }
}
