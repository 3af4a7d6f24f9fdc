//! The format of `ipvsadm -S` and `-R`: one command line for each service and destination.
//!
//! Written is what ipvsadm writes with `-n`, and thresholds, which it forgets. Read are its short
//! and long options, with numbers for addresses and ports: names would need a resolver.

use std::fmt::{self, Write};
use std::iter::Peekable;
use std::net::SocketAddr;

use super::options::{Method, Named, Options, USUAL_PERSISTENCE, number, socket};
use super::{
    Contents, Destination, Entry, Forwarding, GueChecksum, Persistence, PersistenceMask, Protocol,
    SchedulerFlags, ServiceId, Settings, Tunnel,
};
use crate::engine::vrrp::Family;

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
    let options = options(words)?;
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

/// The options of one line.
fn options<'a>(mut words: Peekable<impl Iterator<Item = &'a str>>) -> Result<Options<'a>, String> {
    let mut all = Options::default();
    while let Some(option) = words.next() {
        if flag(&mut all, option) {
            continue;
        }
        if matches!(option, "-p" | "--persistent") {
            let given = words.next_if(|word| !word.starts_with('-'));
            all.persistent =
                Some(given.map_or(Ok(USUAL_PERSISTENCE), |word| number(option, word))?);
            continue;
        }
        let Some(given) = words.next() else {
            return Err(format!("`{option}` is not known, or its value is missing"));
        };
        value(&mut all, option, given)?;
    }
    Ok(all)
}

/// An option without a value.
fn flag(all: &mut Options<'_>, option: &str) -> bool {
    match option {
        "-6" | "--ipv6" => all.is_ipv6 = true,
        "-o" | "--ops" => all.one_packet = Some(true),
        "-m" | "--masquerading" => all.forwarding = Some(Method::Nat),
        "-g" | "--gatewaying" => all.forwarding = Some(Method::DirectRouting),
        "-i" | "--ipip" => all.forwarding = Some(Method::Tunnel),
        "--tun-nocsum" => all.checksum = Some(GueChecksum::None),
        "--tun-csum" => all.checksum = Some(GueChecksum::Plain),
        "--tun-remcsum" => all.checksum = Some(GueChecksum::Remote),
        _ => return false,
    }
    true
}

fn value<'a>(all: &mut Options<'a>, option: &str, value: &'a str) -> Result<(), String> {
    let address = |protocol| Ok::<_, String>(Some(Named::Address(protocol, socket(value)?)));
    match option {
        "-t" | "--tcp-service" => all.service = address(Protocol::Tcp)?,
        "-u" | "--udp-service" => all.service = address(Protocol::Udp)?,
        "--sctp-service" => all.service = address(Protocol::Sctp)?,
        "-f" | "--fwmark-service" => all.service = Some(Named::Mark(number(option, value)?)),
        "-s" | "--scheduler" => all.scheduler = Some(value),
        "-M" | "--netmask" => all.mask = Some(value),
        "--pe" => all.engine = Some(value),
        "-b" | "--sched-flags" => all.flags = Some(value),
        "-r" | "--real-server" => all.server = Some(value),
        "-w" | "--weight" => all.weight = Some(number(option, value)?),
        "-x" | "--u-threshold" => all.upper = Some(number(option, value)?),
        "-y" | "--l-threshold" => all.lower = Some(number(option, value)?),
        "--tun-type" => all.tunnel = Some(value),
        "--tun-port" => all.tunnel_port = Some(number(option, value)?),
        _ => return Err(format!("`{option}` is not known")),
    }
    Ok(())
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
            ("-a -t 192.0.2.1:80 -r 10.0.0.1 -m --tun-type gre", "take -i"),
        ];
        for (text, problem) in second {
            let told = read(&format!("{service}{text}")).unwrap_err().to_string();
            assert!(told.contains(problem), "{told}");
        }
    }
}
