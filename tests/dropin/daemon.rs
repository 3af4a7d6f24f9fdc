//! The daemon as service managers, scripts and log daemons see it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::Instant;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::host::{Host, OWNER, is_alive};
use super::support::{Capture, SOON, wait_until};
use super::{OURS, REAL, has_real, stderr};

/// `OWNER` with another priority.
fn with_priority(priority: u8) -> String {
    OWNER.replace("255", &priority.to_string()).replace("MASTER", "BACKUP")
}

#[test]
fn a_forking_unit_finds_a_ready_daemon_behind_its_pid_file_and_stops_it_without_a_trace() {
    if !Host::is_possible("a_forking_unit_finds_a_ready_daemon_behind_its_pid_file") {
        return;
    }
    let host = Host::new(OWNER);
    host.listen();
    // As in /etc/sysconfig/keepalived of distributions whose unit is of Type=forking.
    let begun = host.keepalived("-D -d -S 0");
    assert_eq!(begun.status.code(), Some(0), "{}", stderr(&begun));
    let pid = host.pid("/run/keepalived.pid").expect("a pid file");
    let child = host.pid("/run/vrrp.pid").expect("a pid file of the VRRP process");
    assert!(is_alive(pid) && is_alive(child));
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    assert_eq!(fields[3], pid.to_string(), "it leads a session of its own: {stat}");
    assert_eq!(fs::read_to_string(format!("/proc/{pid}/comm")).unwrap().trim(), "keepalived");
    for descriptor in 0..3 {
        let target = fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).unwrap();
        assert_eq!(target.to_string_lossy(), "/dev/null");
    }
    host.wait_for_address();
    let told = host.hear("(VI_1) Entering MASTER STATE");
    assert!(told.starts_with(&format!("<134>Keepalived[{pid}]: ")), "local0, info: {told}");
    host.hear("  address 192.0.2.100/24");
    // Scripts may take the wrong pid file; the part must not end of it.
    for number in [nix::libc::SIGUSR1, nix::libc::SIGRTMAX()] {
        let sent = std::process::Command::new("kill")
            .args([format!("-{number}"), child.to_string()])
            .status();
        assert!(sent.unwrap().success());
    }
    host.signal(nix::libc::SIGUSR2);
    host.hear("wrote");
    assert_eq!(host.pid("/run/vrrp.pid"), Some(child));
    host.hear("Startup complete");
    host.stop();
    assert!(!host.has_address());
    assert!(!is_alive(child));
    for path in ["/run/keepalived.pid", "/run/vrrp.pid", "/run/checkers.pid"] {
        assert!(!host.path(path).exists(), "{path}");
    }
    host.hear("Stopped");
}

#[test]
fn one_that_runs_already_is_no_failure_and_a_stale_pid_file_is_no_hindrance() {
    if !Host::is_possible("one_that_runs_already_is_no_failure") {
        return;
    }
    let host = Host::new(OWNER);
    for path in ["/run/keepalived.pid", "/run/vrrp.pid"] {
        fs::write(host.path(path), "999999999\n").unwrap();
    }
    assert_eq!(host.keepalived("").status.code(), Some(0));
    let pid = host.pid("/run/keepalived.pid");
    let second = host.keepalived("-n -l");
    assert_eq!(second.status.code(), Some(0), "{}", stderr(&second));
    assert!(stderr(&second).contains("already running"), "{}", stderr(&second));
    assert_eq!(host.pid("/run/keepalived.pid"), pid);
    if has_real("one_that_runs_already_is_no_failure") {
        let real = host.command(REAL).args(["-n", "-l", "-G"]).output().unwrap();
        assert_eq!(real.status.code(), Some(0), "the real one sees ours: {}", stderr(&real));
        assert!(stderr(&real).contains("already running"), "{}", stderr(&real));
    }
    host.stop();
}

#[test]
fn after_a_kill_it_can_be_started_at_once_and_what_the_killed_one_left_is_waited_for() {
    if !Host::is_possible("after_a_kill_it_can_be_started_at_once") {
        return;
    }
    let host = Host::new(OWNER);
    assert_eq!(host.keepalived("").status.code(), Some(0));
    host.wait_for_address();
    for _ in 0..3 {
        let killed = host.pid("/run/keepalived.pid").expect("a pid file");
        send(killed, Signal::SIGKILL);
        let begun = host.keepalived("");
        assert_eq!(begun.status.code(), Some(0), "{}", stderr(&begun));
        let pid = host.pid("/run/keepalived.pid").expect("a pid file");
        assert!(pid != killed && is_alive(pid), "{}", stderr(&begun));
        host.wait_for_address();
        assert!(is_alive(host.pid("/run/vrrp.pid").expect("a pid file")));
    }
    host.stop();
    // One that does not end keeps the next daemon out, which says so.
    let program = host.temporary("keepalived");
    fs::copy("/bin/sleep", &program).unwrap();
    let mut stays = host.command(program.to_str().unwrap()).arg("60").spawn().unwrap();
    fs::write(host.path("/run/vrrp.pid"), format!("{}\n", stays.id())).unwrap();
    let name = || fs::read_to_string(format!("/proc/{}/comm", stays.id())).unwrap();
    wait_until(SOON, "it has its name", || name() == "keepalived\n");
    let refused = host.keepalived("");
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    let remedy = format!("kill -9 {}", stays.id());
    assert!(stderr(&refused).contains(&remedy), "{}", stderr(&refused));
    stays.kill().unwrap();
    stays.wait().unwrap();
    assert_eq!(host.keepalived("").status.code(), Some(0));
    host.stop();
}

#[test]
fn a_log_file_where_everybody_may_write_is_no_trap() {
    if !Host::is_possible("a_log_file_where_everybody_may_write_is_no_trap") {
        return;
    }
    let host = Host::new(OWNER);
    let shared = fs::Permissions::from_mode(0o1777);
    fs::set_permissions(host.folder.path().join("tmp"), shared).unwrap();
    let (log, precious) = (host.temporary("keepalived.log"), host.temporary("precious"));
    fs::write(&precious, "precious").unwrap();
    std::os::unix::fs::symlink(&precious, &log).unwrap();
    let refused = host.keepalived("-n -g");
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("keepalived.log: it is a link"), "{}", stderr(&refused));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    fs::remove_file(&log).unwrap();
    nix::unistd::mkfifo(&log, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for words in ["-n -g".to_owned(), format!("-t{}", log.display())] {
        let refused = host.keepalived(&words);
        assert_eq!(refused.status.code(), Some(1), "{words}: {}", stderr(&refused));
        assert!(stderr(&refused).contains("not a file"), "{words}: {}", stderr(&refused));
    }
}

#[test]
fn what_cannot_start_tells_the_caller_why_in_its_status_and_on_stderr() {
    if !Host::is_possible("what_cannot_start_tells_the_caller_why") {
        return;
    }
    let host = Host::new("vrrp_instance VI_1 {\n  interface lan0\n}\n");
    for words in ["", "-n"] {
        let refused = host.keepalived(words);
        assert_eq!(refused.status.code(), Some(2), "{words}: {}", stderr(&refused));
        assert!(stderr(&refused).contains("keepalived.conf:1:"), "{}", stderr(&refused));
        let missing = host.keepalived(&format!("{words} -f /nowhere"));
        assert_eq!(missing.status.code(), Some(6), "{words}: {}", stderr(&missing));
    }
    host.configure(OWNER);
    let powerless = host
        .command("setpriv")
        .args(["--bounding-set", "-net_raw,-net_admin", OURS])
        .output()
        .unwrap();
    assert_eq!(powerless.status.code(), Some(4), "{}", stderr(&powerless));
    assert!(stderr(&powerless).contains("cannot start"), "{}", stderr(&powerless));
    let left = host.path("/run/keepalived.pid");
    assert!(!left.exists(), "whoever was told that it failed may start it again at once");
}

#[test]
fn a_hangup_reads_the_configuration_again_and_a_wrong_one_changes_nothing() {
    if !Host::is_possible("a_hangup_reads_the_configuration_again") {
        return;
    }
    let host = Host::new(OWNER);
    host.listen();
    assert_eq!(host.keepalived("").status.code(), Some(0));
    host.wait_for_address();
    let child = host.pid("/run/vrrp.pid");
    host.configure("vrrp_instance VI_1 {\n  interface lan0\n}\n");
    host.signal(1);
    host.hear("reload refused");
    assert!(host.has_address());
    host.configure(&OWNER.replace("192.0.2.100", "192.0.2.101"));
    host.signal(1);
    host.hear("reload applied");
    wait_until(SOON, "the address is the new one", || {
        host.net.has("lan0", "192.0.2.101/24") && !host.has_address()
    });
    assert_eq!(host.pid("/run/vrrp.pid"), child);
    host.stop();
}

/// The words before the colons of a statistics file.
fn labels(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect()
}

/// Start one of the two, have it write every dump, and give data, statistics and JSON.
fn dumps(host: &Host, program: &str) -> [String; 3] {
    let begun = host.command(program).stderr(Stdio::null()).status().unwrap();
    assert_eq!(begun.code(), Some(0), "{program}");
    host.wait_for_address();
    let files = ["keepalived.data", "keepalived.stats", "keepalived.json"];
    for (word, file) in ["DATA", "STATS", "JSON"].iter().zip(files) {
        let number = super::run(OURS, &format!("--signum={word}")).stdout;
        host.signal(String::from_utf8(number).unwrap().trim().parse().unwrap());
        wait_until(SOON, &format!("{program} wrote {file}"), || {
            fs::metadata(host.temporary(file)).is_ok_and(|file| file.is_file() && file.len() > 0)
        });
    }
    // The real one writes its files piece by piece; the last signal was handled after the others.
    host.stop();
    files.map(|file| {
        let text = fs::read_to_string(host.temporary(file)).unwrap();
        fs::remove_file(host.temporary(file)).unwrap();
        text
    })
}

#[test]
fn dumps_have_the_labels_and_values_of_keepalived() {
    let test = "dumps_have_the_labels_and_values_of_keepalived";
    if !Host::is_possible(test) || !has_real(test) {
        return;
    }
    let host = Host::new(&OWNER.replace("interface lan0", "interface lan0\n advert_int 2"));
    let ([real_data, real_stats, real_json], [data, stats, json]) =
        (dumps(&host, REAL), dumps(&host, OURS));
    assert_eq!(labels(&stats), labels(&real_stats));
    let line = |text: &str, label: &str| {
        let (_, instances) = text.split_once("VRRP Topology").expect("a section");
        instances.lines().find(|line| line.trim_start().starts_with(label)).map(str::to_owned)
    };
    for label in [
        "VRRP Instance =",
        "VRRP Version =",
        "State =",
        "Interface =",
        "Virtual Router ID =",
        "Priority =",
        "Effective priority =",
        "Gratuitous ARP delay =",
        "Gratuitous ARP repeat =",
        "Advert interval =",
        "192.0.2.100/24 dev lan0",
    ] {
        let found = line(&data, label);
        assert!(found.is_some(), "{label} is not in\n{data}");
        assert_eq!(found, line(&real_data, label), "{label}");
    }
    let [real, ours]: [Value; 2] =
        [&real_json, &json].map(|text| serde_json::from_str(text).unwrap());
    // What changes from run to run, and what is on here by default; then what there is nothing
    // here to tell about.
    let different = ["last_transition", "higher_prio_send_advert"];
    let untold =
        ["strict_mode", "vmac_ifname", "promote_secondaries", "smtp_alert", "master_priority"];
    for section in ["data", "stats"] {
        for (key, value) in real[0][section].as_object().unwrap() {
            let told = &ours[0][section][key];
            if untold.contains(&key.as_str()) || key == "advert_sent" {
                continue;
            }
            assert!(!told.is_null(), "{key} is not told");
            let same =
                told == value || told.as_f64().is_some_and(|ours| value.as_f64() == Some(ours));
            assert!(same || different.contains(&key.as_str()), "{key}: {told}, not {value}");
        }
    }
}

#[test]
fn a_dump_replaces_a_link_that_waits_for_it_and_cleared_statistics_begin_at_zero() {
    if !Host::is_possible("a_dump_replaces_a_link_that_waits_for_it") {
        return;
    }
    let host = Host::new(OWNER);
    host.listen();
    let precious = host.temporary("precious");
    fs::write(&precious, "precious").unwrap();
    std::os::unix::fs::symlink(&precious, host.temporary("keepalived.stats")).unwrap();
    assert_eq!(host.keepalived("").status.code(), Some(0));
    host.hear("Entering MASTER STATE");
    host.signal(nix::libc::SIGRTMAX() - 1);
    host.hear("wrote");
    let stats = host.temporary("keepalived.stats");
    assert!(fs::read_to_string(&stats).unwrap().contains("Became master: 1"));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    fs::remove_file(&stats).unwrap();
    host.signal(nix::libc::SIGUSR2);
    wait_until(SOON, "it is written again", || stats.exists());
    assert!(fs::read_to_string(&stats).unwrap().contains("Became master: 0"));
    host.signal(nix::libc::SIGRTMAX());
    host.hear("PART");
    host.stop();
}

#[test]
fn addresses_stay_when_asked_to_and_a_process_that_ends_ends_all_when_asked_to() {
    if !Host::is_possible("addresses_stay_when_asked_to") {
        return;
    }
    let host = Host::new(OWNER);
    host.listen();
    assert_eq!(host.keepalived("-V -R").status.code(), Some(0));
    host.wait_for_address();
    host.stop();
    assert!(host.has_address(), "-V leaves it");
    assert_eq!(host.keepalived("-R").status.code(), Some(0));
    host.hear("Startup complete");
    let (pid, child) = (host.pid("/run/keepalived.pid"), host.pid("/run/vrrp.pid"));
    let killed = nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(child.unwrap()),
        nix::sys::signal::Signal::SIGKILL,
    );
    killed.expect("the VRRP process lives");
    wait_until(SOON, "-R ends the daemon", || !is_alive(pid.unwrap()));
    let left = host.path("/run/keepalived.pid");
    assert!(!left.exists(), "whoever was told that it failed may start it again at once");
    assert!(host.has_address(), "nobody is left who could remove it, as with keepalived");
    assert_eq!(host.keepalived("").status.code(), Some(0));
    host.wait_for_address();
    host.stop();
    assert!(!host.has_address(), "the next start has taken it over");
}

#[test]
fn the_log_goes_where_it_is_asked_to_go() {
    if !Host::is_possible("the_log_goes_where_it_is_asked_to_go") {
        return;
    }
    let host = Host::new(&with_priority(100));
    host.listen();
    let log = host.temporary("ka.log");
    let words = format!("-n -l -S local3 -x -x --all -g{} extra", log.display());
    let mut daemon =
        host.command(OURS).args(words.split_whitespace()).stderr(Stdio::piped()).spawn().unwrap();
    let told = host.hear("Startup complete");
    assert!(told.starts_with("<158>Keepalived["), "local3, info: {told}");
    host.stop();
    let mut console = String::new();
    std::io::Read::read_to_string(&mut daemon.stderr.take().unwrap(), &mut console).unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
    let file = fs::read_to_string(&log).unwrap();
    assert!(host.temporary("ka_vrrp.log").exists(), "each process has a file of its own");
    for (place, text) in [("stderr", &console), ("file", &file)] {
        for told in ["Startup complete", "Entering BACKUP STATE", "Unexpected argument(s): extra"] {
            assert!(text.contains(told), "{told} is not in {place}:\n{text}");
        }
        assert_eq!(text.matches("option -x, --snmp has no effect").count(), 1, "{place}: {text}");
        assert_eq!(text.matches("option --all has no effect").count(), 1, "{place}: {text}");
    }
    let heard = host.heard().len();
    let silent = host.keepalived("-G");
    assert_eq!(silent.status.code(), Some(0));
    host.stop();
    assert_eq!(host.heard().len(), heard, "-G says nothing");
}

#[test]
fn every_facility_is_that_of_every_line_on_the_log_socket() {
    if !Host::is_possible("every_facility_is_that_of_every_line_on_the_log_socket") {
        return;
    }
    let host = Host::new(&with_priority(100));
    host.listen();
    // Numbers of RFC 5424: user 1, daemon 3, local0 to local7 16 to 23.
    let numbered = (0..8).map(|n| (format!("-D -d -S {n}"), 16 + n));
    let named = [("--log-facility=local5", 21), ("-S user", 1), ("-Sdaemon", 3), ("", 3)];
    let named = named.map(|(words, facility)| (words.to_owned(), facility));
    for (words, facility) in numbered.chain(named) {
        let before = host.heard().len();
        assert_eq!(host.keepalived(&words).status.code(), Some(0), "{words}");
        let new = || host.heard().split_off(before);
        wait_until(SOON, "it has started", || {
            new().iter().any(|line| line.contains("Startup complete"))
        });
        host.stop();
        for line in new() {
            let priority = line.strip_prefix('<').and_then(|rest| rest.split_once('>'));
            let priority = priority.and_then(|(number, _)| number.parse::<u32>().ok());
            assert_eq!(priority.map(|number| number / 8), Some(facility), "{words}: {line}");
        }
    }
}

#[test]
fn a_log_daemon_that_does_not_read_holds_up_nothing() {
    if !Host::is_possible("a_log_daemon_that_does_not_read_holds_up_nothing") {
        return;
    }
    let host = Host::new(OWNER);
    let _deaf = UnixDatagram::bind(host.path("/dev/log")).unwrap();
    // Far more lines than the socket holds.
    let instance = |n: u8| {
        format!(
            "vrrp_instance I{n} {{\n interface lan0\n virtual_router_id {}\n \
             virtual_ipaddress {{\n 198.51.100.{n}/32\n }}\n}}\n",
            60 + n
        )
    };
    let more = (0..64).map(instance).collect::<Vec<_>>().concat();
    host.configure(&(OWNER.to_owned() + &more));
    let adverts = Capture::start(&host.peer, "lan0", "proto 112");
    let start = Instant::now();
    let begun = host.keepalived("-d -D");
    assert_eq!(begun.status.code(), Some(0), "{}", stderr(&begun));
    host.wait_for_address();
    // It has more than five hundred lines to tell: a tenth of a second each would be a minute.
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    let mut times: Vec<f64> = Vec::new();
    wait_until(3 * SOON, "it advertises", || {
        let rows = adverts.rows("vrrp.virt_rtr_id == 51", &["frame.time_epoch"]);
        times = rows.iter().filter_map(|row| row[0].parse().ok()).collect();
        times.len() >= 6
    });
    let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
    let longest = gaps.fold(0.0, f64::max);
    assert!(longest < 3.0, "a peer would have taken over: {longest} s between two adverts");
    host.stop();
    assert!(!host.has_address());
}

#[test]
fn each_half_runs_alone_and_paths_namespace_and_limits_are_taken() {
    if !Host::is_possible("each_half_runs_alone") {
        return;
    }
    let host = Host::new(OWNER);
    host.listen();
    let own = "-p /run/a.pid -r /run/b.pid -c /run/c.pid -u 077 -m --ignore-sigint";
    let begun = host.keepalived(&format!("-P {own} -M/cores/%p"));
    assert_eq!(begun.status.code(), Some(0), "{}", stderr(&begun));
    let pid = host.pid("/run/a.pid").expect("-p");
    assert!(host.pid("/run/b.pid").is_some(), "-r");
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits.lines().find(|line| line.contains("core file")).unwrap();
    assert!(core.contains("unlimited"), "-m: {core}");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    assert!(status.contains("Umask:\t0077"), "-u: {status}");
    let pattern = || fs::read_to_string(host.folder.path().join("core")).unwrap();
    assert_eq!(pattern(), "/cores/%p", "-M");
    host.wait_for_address();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGINT)
        .unwrap();
    let second = host.keepalived("-C");
    assert_eq!(second.status.code(), Some(0), "beside it: {}", stderr(&second));
    assert!(host.pid("/run/vrrp.pid").is_none(), "-C runs no virtual router");
    host.stop();
    assert!(is_alive(pid), "--ignore-sigint");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM)
        .unwrap();
    wait_until(SOON, "the daemon is gone", || !is_alive(pid));
    assert_eq!(pattern(), "core.before\n", "it is as before");
}

#[test]
fn it_goes_into_a_named_network_namespace() {
    if !Host::is_possible("it_goes_into_a_named_network_namespace") {
        return;
    }
    let host = Host::new(OWNER);
    let missing = host.keepalived("-s nowhere");
    assert_eq!(missing.status.code(), Some(4), "{}", stderr(&missing));
    let made = host.command("ip").args(["netns", "add", "red"]).status().unwrap();
    assert!(made.success());
    let begun = host.keepalived("-s red");
    assert_eq!(begun.status.code(), Some(0), "{}", stderr(&begun));
    let pid = host.pid("/run/keepalived/red/keepalived.pid").expect("a pid file");
    let space = |path: String| fs::read_link(path).unwrap();
    let inside = space(format!("/proc/{pid}/ns/net"));
    assert_ne!(inside, space(format!("/proc/{}/ns/net", std::process::id())));
    let child = host.pid("/run/keepalived/red/vrrp.pid").expect("a pid file");
    assert_eq!(space(format!("/proc/{child}/ns/net")), inside);
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM)
        .unwrap();
    wait_until(SOON, "the daemon is gone", || !is_alive(pid));
}

#[test]
fn a_unit_of_type_notify_is_told() {
    if !Host::is_possible("a_unit_of_type_notify_is_told") {
        return;
    }
    let host = Host::new(OWNER);
    let path = host.temporary("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    // As in Debian's unit.
    let mut daemon =
        host.command(OURS).arg("--dont-fork").env("NOTIFY_SOCKET", &path).spawn().unwrap();
    let mut told = BTreeSet::new();
    let mut buffer = [0; 256];
    while !told.contains("READY=1") {
        let length = socket.recv(&mut buffer).expect("the service manager is told");
        told.extend(String::from_utf8_lossy(&buffer[..length]).lines().map(str::to_owned));
    }
    host.stop();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
}

/// Send a process a signal.
fn send(pid: i32, signal: Signal) {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).expect("it lives");
}

#[test]
fn pid_files_dump_and_mask_are_as_the_configuration_says() {
    let test = "pid_files_dump_and_mask_are_as_the_configuration_says";
    if !Host::is_possible(test) {
        return;
    }
    let named = "instance abc\nglobal_defs {\n umask 022\n data_use_instance\n}\n";
    let host = Host::new(&format!("{named}{OWNER}"));
    host.listen();
    let programs = if has_real(test) { &[OURS, REAL][..] } else { &[OURS] };
    for program in programs {
        let begun = host.command(program).stderr(Stdio::null()).status().unwrap();
        assert_eq!(begun.code(), Some(0), "{program}");
        host.wait_for_address();
        let pid = host.pid("/run/keepalived/keepalived_abc.pid").expect("a pid file");
        assert!(host.pid("/run/keepalived/vrrp_abc.pid").is_some(), "{program}");
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        assert!(status.contains("Umask:\t0022"), "{program}: {status}");
        let dump = host.temporary("keepalived.abc.data");
        send(pid, Signal::SIGUSR1);
        wait_until(SOON, &format!("{program} wrote {}", dump.display()), || dump.exists());
        fs::remove_file(dump).unwrap();
        send(pid, Signal::SIGTERM);
        wait_until(SOON, "the daemon is gone", || !is_alive(pid));
        assert!(!host.path("/run/keepalived").exists(), "{program}");
        host.hear("Keepalived_abc[");
    }
}

#[test]
fn names_hold_from_the_start_on_and_options_win_over_the_configuration() {
    if !Host::is_possible("names_hold_from_the_start_on") {
        return;
    }
    let dump = "global_defs {\n umask 022\n state_dump_file /run/state\n}\n";
    let host = Host::new(&format!("use_pid_dir\n{dump}{OWNER}"));
    host.listen();
    let begun = host.keepalived("-u 077 -r /run/other.pid");
    assert_eq!(begun.status.code(), Some(0), "{}", stderr(&begun));
    let pid = host.pid("/run/keepalived/keepalived.pid").expect("a pid file");
    assert!(host.pid("/run/other.pid").is_some(), "-r");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    assert!(status.contains("Umask:\t0077"), "-u: {status}");
    send(pid, Signal::SIGUSR1);
    wait_until(SOON, "it is written", || host.path("/run/state").exists());
    host.configure(&format!("instance abc\n{dump}{OWNER}"));
    send(pid, Signal::SIGHUP);
    host.hear("the new instance holds from the next start of the daemon on");
    assert_eq!(host.pid("/run/keepalived/keepalived.pid"), Some(pid));
    send(pid, Signal::SIGTERM);
    wait_until(SOON, "the daemon is gone", || !is_alive(pid));
    // Two with names of their own run side by side.
    let names = ["abc", "def"];
    for (name, number) in names.iter().zip(1..) {
        let instance = OWNER.replace("51", &format!("6{number}"));
        let instance = instance.replace("2.100", &format!("2.10{number}"));
        host.configure(&format!("instance {name}\n{instance}"));
        assert_eq!(host.keepalived("").status.code(), Some(0));
        assert!(host.path(&format!("/run/ha/instance-{name}/control.sock")).exists());
    }
    for name in names {
        let pid = host.pid(&format!("/run/keepalived/keepalived_{name}.pid")).expect("a pid file");
        send(pid, Signal::SIGTERM);
        wait_until(SOON, "the daemon is gone", || !is_alive(pid));
    }
}
