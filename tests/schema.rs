//! `docs/schema/` is the promise about everything that `--json` writes: the schemas are sound, and
//! what the binary really writes keeps them. The privileged part runs in network namespaces (netns).

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ha::engine::vrrp::receive::Drop;
use ha::engine::vrrp::{Cause, Event, Reason, State};
use serde_json::{Value, json};

use support::schema::{KEYWORDS, event_keeps, follow, keeps, mistake, read, root, schema_folder};
use support::{Namespace, SOON, can_run, veth, wait_until};

// ---------------------------------------------------------------- the schemas themselves

fn schema_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in [schema_folder(), schema_folder().join("data")] {
        let entries = fs::read_dir(&folder).expect("the folder can be read");
        let paths = entries.map(|entry| entry.expect("the folder can be read").path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|e| e == "json")));
    }
    files
}

/// Event types that have a schema.
fn types() -> BTreeSet<String> {
    let data = schema_files().into_iter().filter(|file| file.parent().unwrap().ends_with("data"));
    data.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// Walks through everything that is a schema.
fn walk(file: &Path, schema: &Value) {
    let Some(map) = schema.as_object() else {
        assert!(schema.is_boolean(), "{}: {schema} is no schema", file.display());
        return;
    };
    for (keyword, content) in map {
        assert!(KEYWORDS.contains(&keyword.as_str()), "{}: {keyword}", file.display());
        match (keyword.as_str(), content) {
            ("$ref", content) => drop(follow(file, content.as_str().expect("a reference is text"))),
            ("properties" | "$defs", Value::Object(inner)) => {
                inner.values().for_each(|schema| walk(file, schema));
            }
            ("oneOf", Value::Array(inner)) => inner.iter().for_each(|schema| walk(file, schema)),
            ("items" | "additionalProperties", inner) => walk(file, inner),
            _ => {}
        }
    }
}

#[test]
fn schemas_use_known_keywords_and_their_references_lead_somewhere() {
    for file in schema_files() {
        let schema = read(&file);
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema",
            "{}",
            file.display()
        );
        walk(&file, &schema);
    }
}

#[test]
fn data_of_events_may_grow() {
    for kind in types() {
        let schema = read(&schema_folder().join(format!("data/{kind}.json")));
        assert_eq!(schema["type"], "object", "{kind}");
        assert_eq!(schema["additionalProperties"], true, "{kind}");
    }
}

#[test]
fn the_validator_finds_mistakes() {
    let file = schema_folder().join("types.json");
    let wrong = |name: &str, value: Value| {
        let (file, schema) = follow(&file, &format!("#/$defs/{name}"));
        mistake(&file, &schema, &value, "").is_some()
    };
    assert!(wrong("state", json!("active")));
    assert!(wrong("reason", json!({"fault": {"interface_down": 1}})));
    assert!(wrong("reason", json!({"startup": null})));
    assert!(wrong("counters", json!({"adverts_sent": 1})));
    assert!(wrong("line", json!({"v": 2, "type": "ready", "time": "", "data": {}})));
    assert!(!wrong("reason", json!({"fault": {"interface_down": "eth0"}})));
}

#[test]
fn the_architecture_names_every_event_type_of_a_running_node() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    for kind in types() {
        assert!(text.contains(&format!("`{kind}`")), "docs/architecture.md does not name {kind}");
    }
}

#[test]
fn event_lines_in_the_documents_keep_the_schema() {
    let mut found = 0;
    for name in ["README.md", "docs/architecture.md", "docs/compatibility.md"] {
        let text = fs::read_to_string(root().join(name)).unwrap();
        for line in text.lines().filter(|line| line.starts_with("{\"v\":1,\"type\"")) {
            event_keeps(&serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")));
            found += 1;
        }
    }
    assert!(found > 0, "the documents show no event line");
}

// ---------------------------------------------------------------- words of the engine

#[track_caller]
fn value_keeps(name: &str, value: impl serde::Serialize) {
    let file = schema_folder().join("types.json");
    let (file, schema) = follow(&file, &format!("#/$defs/{name}"));
    let value = serde_json::to_value(value).unwrap();
    if let Some(mistake) = mistake(&file, &schema, &value, "") {
        panic!("{name}: {mistake}");
    }
}

/// Every cause: the match makes a forgotten one fail to compile.
fn causes() -> Vec<Cause> {
    let name = || "eth0".to_owned();
    let all = vec![
        Cause::InterfaceDown(name()),
        Cause::InterfaceMissing(name()),
        Cause::NoSourceAddress(name()),
        Cause::Script(name()),
        Cause::TrackedInterface(name()),
        Cause::SyncGroup(name()),
        Cause::Maintenance,
    ];
    match all[0] {
        Cause::InterfaceDown(_)
        | Cause::InterfaceMissing(_)
        | Cause::NoSourceAddress(_)
        | Cause::Script(_)
        | Cause::TrackedInterface(_)
        | Cause::SyncGroup(_)
        | Cause::Maintenance => all,
    }
}

fn reasons() -> Vec<Reason> {
    let peer = "192.0.2.1".parse().unwrap();
    let all = vec![
        Reason::Startup,
        Reason::Resumed,
        Reason::MasterDownTimer,
        Reason::MasterStopped,
        Reason::AddressOwner,
        Reason::HigherPriority(peer),
        Reason::HigherAddress(peer),
        Reason::Fault(Cause::Maintenance),
        Reason::FaultCleared,
        Reason::SyncGroup("G".to_owned()),
        Reason::LowerPriority(peer),
        Reason::LateWakeup,
        Reason::Stop,
        Reason::Command,
    ];
    match all[0] {
        Reason::Startup
        | Reason::Resumed
        | Reason::MasterDownTimer
        | Reason::MasterStopped
        | Reason::AddressOwner
        | Reason::HigherPriority(_)
        | Reason::HigherAddress(_)
        | Reason::Fault(_)
        | Reason::FaultCleared
        | Reason::SyncGroup(_)
        | Reason::LowerPriority(_)
        | Reason::LateWakeup
        | Reason::Stop
        | Reason::Command => all,
    }
}

#[test]
fn states_reasons_causes_and_drops_are_those_of_the_schema() {
    for cause in causes() {
        value_keeps("cause", cause);
    }
    for reason in reasons() {
        value_keeps("reason", reason);
    }
    for state in [State::Init, State::Backup, State::Master, State::Fault, State::Stopped] {
        value_keeps("state", state);
    }
    let names = read(&schema_folder().join("types.json"))["$defs"]["drop"]["enum"].clone();
    for name in names.as_array().unwrap() {
        let drop: Drop = serde_json::from_value(name.clone()).unwrap();
        value_keeps("drop", drop);
    }
}

#[test]
fn every_event_of_a_virtual_router_keeps_the_schema_of_its_type() {
    let source = "192.0.2.1".parse().unwrap();
    let events = [
        Event::Transition {
            from: State::Backup,
            to: State::Master,
            reason: Reason::MasterDownTimer,
            priority: 100,
        },
        Event::Priority { from: 100, to: 80, parts: vec![("base".to_owned(), 100)] },
        Event::LowerPriorityHeard { source, priority: 90 },
        Event::MasterSeen { source, priority: 90 },
        Event::AddressListDiffers { source },
        Event::IntervalDiffers { source, interval: std::time::Duration::from_secs(1) },
        Event::Dropped { source, drop: Drop::Ttl },
        Event::DuplicateSource { source },
        Event::AddressRestored { address: source },
    ];
    let place = json!({"instance": "V", "interface": "eth0", "vrid": 51, "family": "ipv4"});
    for event in events {
        let tagged = serde_json::to_value(&event).unwrap();
        for (name, fields) in tagged.as_object().unwrap() {
            let mut data = place.as_object().unwrap().clone();
            data.extend(fields.as_object().unwrap().clone());
            keeps(&format!("data/vrrp.{name}"), &Value::Object(data));
        }
    }
}

// ---------------------------------------------------------------- what the binary writes

/// What `ha` writes to stdout, whatever its exit code, with `input` on stdin.
fn output(words: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ha"))
        .args(words)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("ha can be started");
    child.stdin.take().unwrap().write_all(input.as_bytes()).expect("stdin can be written");
    let output = child.wait_with_output().expect("ha ends");
    String::from_utf8(output.stdout).expect("output is text")
}

fn document(words: &str) -> Value {
    let text = output(&words.split_whitespace().collect::<Vec<_>>(), "");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("ha {words}: {e}\n{text}"))
}

/// Every line keeps its schema; returns the types that occurred.
fn lines_keep(text: &str) -> BTreeSet<String> {
    text.lines().map(|line| event_keeps(&serde_json::from_str(line).expect("JSON"))).collect()
}

#[track_caller]
fn stream(words: &str, input: &str, expected: &[&str]) {
    let types = lines_keep(&output(&words.split_whitespace().collect::<Vec<_>>(), input));
    for kind in expected {
        assert!(types.contains(*kind), "ha {words} wrote no {kind}, only {types:?}");
    }
}

fn files(folder: &str, extension: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .map(|path| path.display().to_string())
        .collect()
}

#[test]
fn config_commands_keep_their_schemas() {
    for folder in ["tests/config/features", "tests/config/mistakes"] {
        let words = format!("config check --json {}", files(folder, "conf").join(" "));
        keeps("config-check", &document(&words));
    }
    for file in files("tests/config/features", "conf") {
        keeps("config-show", &document(&format!("config show --json {file}")));
        let origins = format!("config show --origin --json {file}");
        keeps("config-show-origin", &document(&origins));
        keeps("config-render", &document(&format!("config render --json {file}")));
        keeps("run-explain", &document(&format!("run --explain --json -f {file}")));
        keeps("config-fmt", &document(&format!("config fmt --json {file}")));
        let other = "tests/config/features/versions.conf";
        keeps("config-diff", &document(&format!("config diff --json {other} {file}")));
    }
    keeps("config-keywords", &document("config keywords --json"));
}

/// The table of IPVS is the kernel's, which may not have one; the documents are made of values.
#[test]
fn ipvs_keeps_its_schemas() {
    use ha::engine::ipvs::{
        ObservedDestination, ObservedService, Others, Role, Statistics, SyncState, Timeouts, plan,
        save,
    };
    use ha::output::ipvs::{
        applied, connection_document, differences, document, sync_document, timeout_document,
    };

    let desired = save::read(
        "-A -t 192.0.2.1:80 -s wrr -p 300 -M 255.255.255.0\n\
         -a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 3 -x 9 -y 3\n\
         -a -t 192.0.2.1:80 -r 10.0.0.2:80 -i --tun-type gue --tun-port 6080 --tun-csum\n\
         -A -t [2001:db8::1]:443 -s mh -p 60 -M 64 -b mh-port\n\
         -A -f 7 -6 -s sh\n",
    )
    .unwrap();
    let actual = save::read(
        "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m\n\
         -a -t 192.0.2.1:80 -r 10.0.0.9:80 -m\n-A -f 9 -s rr\n",
    )
    .unwrap();
    keeps("ipvs-table", &json!(desired));
    let changes = plan(&desired, &actual, Others::Delete);
    assert!(changes.len() >= 6);
    keeps("ipvs-changes", &differences(&changes));
    keeps("ipvs-changes", &applied(&changes, &["cannot add it".to_owned()], false));
    let observed = |entry: &ha::engine::ipvs::Entry| ObservedService {
        settings: entry.settings.clone(),
        statistics: Statistics::default(),
        destinations: entry
            .destinations
            .values()
            .map(|destination| ObservedDestination {
                destination: *destination,
                active: 1,
                inactive: 2,
                persistent: 0,
                statistics: Statistics::default(),
            })
            .collect(),
    };
    let shown = document(&desired.iter().map(observed).collect::<Vec<_>>());
    keeps("ipvs-table", &shown);
    let read: ha::engine::ipvs::Contents = serde_json::from_value(shown).unwrap();
    assert_eq!(read, desired, "what is shown can be applied");
    let connections = "TCP 7F000001 A6DA 0A090064 0050 7F000001 0050 TIME_WAIT 117 sip 1@host";
    let connection = ha::engine::ipvs::connection(connections).unwrap();
    keeps("ipvs-connections", &connection_document(&[connection]));
    let timeouts = Timeouts { tcp: Some(900), tcp_fin: Some(120), udp: Some(300) };
    keeps("ipvs-timeouts", &timeout_document(&timeouts));
    let daemon = SyncState {
        role: Role::Master,
        interface: "eth0".into(),
        sync_id: 1,
        longest_message: 1400,
        group: None,
        port: 8848,
        ttl: 1,
    };
    keeps("ipvs-sync", &sync_document(&[daemon]));
}

/// Of the pools; what the kernel's table adds is made of the same values.
#[test]
fn pools_keep_the_schemas_of_their_events() {
    use ha::engine::pool::{Balancer, BalancerConfig, CheckReport, Drains};
    let command = json!({"argv": ["/bin/true"]});
    let config: BalancerConfig = serde_json::from_value(json!({"pools": [{
        "services": [{"addresses":
            {"first": "192.0.2.1", "count": 1, "port": 80, "protocol": "tcp"}}],
        "scheduler": "rr", "quorum": 1, "hysteresis": 0, "suspend_without_address": true,
        "quorum_down": command,
        "sorry": {"address": "10.0.0.9", "port": 80, "forwarding": "nat"},
        "destinations": [{"address": "10.0.0.1", "port": 80, "weight": 2, "forwarding": "nat",
            "notify_down": command, "files": [{"file": "load", "weight": 1}],
            "checks": [{"probe": {"tcp": {"address": "10.0.0.1", "port": 80, "timeout_us": 1}},
                "timing": {"delay_loop_us": 1, "retry": 0, "delay_before_retry_us": 1,
                    "warmup_us": 1}}]}],
    }]}))
    .unwrap();
    let mut balancer = Balancer::new(config, Drains::default()).unwrap();
    let report = |data| serde_json::from_value::<CheckReport>(data).unwrap();
    let value = json!({"check": "load", "kind": "file", "value": 3});
    balancer.handle_check(&report(value)).unwrap();
    let down = json!({"check": "10.0.0.1:80", "kind": "tcp", "to": "down", "reason": "refused"});
    balancer.handle_check(&report(down)).unwrap();
    balancer.handle_addresses(&std::collections::BTreeSet::new());
    let mut kinds = Vec::new();
    while let Some(event) = balancer.poll_event() {
        kinds.push(event.kind());
        event_keeps(&json!({"v": 1, "type": event.kind(),
            "time": "2026-01-02T03:04:05.000006Z", "data": event}));
    }
    let expected = ["ipvs.quorum", "ipvs.weight", "ipvs.server", "ipvs.quorum", "ipvs.suspended"];
    assert_eq!(kinds, expected);
    let status = json!({"id": 1, "services": 1, "repairs": 0, "refused": [],
        "pools": balancer.status()});
    event_keeps(&json!({"v": 1, "type": "ipvs.status", "time": "2026-01-02T03:04:05.000006Z",
        "data": status}));
    keeps("ipvs-drained", &json!(Drains::default()));
}

#[test]
fn sniff_keeps_its_schemas() {
    for file in files("tests/data/captures", "pcap") {
        stream(
            &format!("sniff -r {file} --json --announcements --findings"),
            "",
            &["sniff.advert", "sniff.announcement", "sniff.transition"],
        );
        keeps("sniff-vrids", &document(&format!("sniff vrids -r {file} --json")));
        keeps("sniff-summary", &document(&format!("sniff -r {file} --summary --json")));
    }
}

#[test]
fn checks_keep_their_schemas() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback works");
    let target = listener.local_addr().unwrap();
    stream(&format!("check tcp {target} --json"), "", &["check.result"]);
    stream("check tcp 127.0.0.1:1 --json", "", &["check.result"]);
    for kind in ["http", "https", "tls", "smtp", "udp", "redis", "grpc"] {
        stream(&format!("check {kind} {target} --timeout 50ms --json"), "", &["check.result"]);
    }
    for kind in ["postgres", "mysql"] {
        let words = format!("check {kind} {target} --user me --timeout 50ms --json");
        stream(&words, "", &["check.result"]);
    }
    stream(
        &format!("check tcp {target} --json --count 2 --interval 1ms"),
        "",
        &["check.transition", "check.statistics"],
    );
    stream("check file /proc/self/cmdline --json", "", &["check.result"]);
    stream("check process nobody-is-called-this --json", "", &["check.result"]);
    stream("check script --json -- true", "", &["check.result"]);
    stream(
        "check script --json --count 1 --interval 1s -- false",
        "",
        &["check.transition", "check.statistics"],
    );
    stream(
        "check script --json --verbose --count 1 --interval 20ms --timeout 1s -- sleep 0.2",
        "",
        &["check.skipped", "check.result"],
    );
}

#[test]
fn children_of_the_supervisor_keep_their_schemas() {
    let plan = json!({"control": "plan", "plan": {"scripts": [{"name": "nginx",
        "command": {"argv": ["/bin/true"]}, "interval_us": 1_000_000, "timeout_us": 1_000_000,
        "rise": 1, "fall": 1, "init_fail": false}]}});
    let input = format!(
        "{plan}\n{{\"control\":\"ping\",\"id\":1}}\n{{\"control\":\"status\",\"id\":2}}\n{{}}\n"
    );
    stream("check run --plan - --json", &input, &["ready", "pong", "check.status", "error"]);
    let transition = json!({"v": 1, "type": "vrrp.transition", "time": "", "data": {
        "instance": "V", "from": "backup", "to": "master", "reason": "startup", "priority": 1}});
    let input = format!(
        "{transition}\n{{\"control\":\"ping\",\"id\":1}}\n{{\"control\":\"status\",\"id\":2}}\n{{}}\n"
    );
    stream(
        "notify --follow --script true --json",
        &input,
        &["ready", "pong", "notify.status", "notify.done", "error"],
    );
    stream("notify --group G --state fault --script false --json", "", &["notify.failed"]);
}

#[test]
fn sim_keeps_its_schemas() {
    for seed in 0..20 {
        stream(&format!("sim --seed {seed} --json"), "", &["sim.fault", "sim.event", "sim.result"]);
    }
    stream("sim --seeds 0..3 --json", "", &["sim.seeds"]);
    let nodes = "-f tests/config/features/groups.conf -f tests/config/features/groups.conf";
    keeps("sim-tour", &document(&format!("sim {nodes} --json")));
}

// ---------------------------------------------------------------- a running node

const CONFIGURATION: &str = "\
global_defs {
    router_id lb1
    script_user root
}
vrrp_script good {
    script /bin/true
    interval 1
    weight 5
}
vrrp_instance V {
    state BACKUP
    interface lan0
    virtual_router_id 51
    priority 100
    version 3
    advert_int 0.1
    virtual_ipaddress { 192.0.2.150/24 }
    track_script { good }
    notify /bin/true
}
";

#[test]
fn a_running_node_keeps_its_schemas() {
    if !can_run("a_running_node_keeps_its_schemas") {
        return;
    }
    let (host, peer) = (Namespace::new(), Namespace::new());
    veth((&host, "lan0"), (&peer, "lan0"));
    host.ip("addr add 192.0.2.1/24 dev lan0");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("keepalived.conf");
    fs::write(&file, CONFIGURATION).unwrap();
    let state = folder.path().join("state");
    let at = format!("--state-dir {} --json", state.display());
    let mut daemon = host.ha(&format!("run -f {} {at}", file.display()));
    daemon.wait_state("master");
    let address = "192.0.2.150/24";
    wait_until(SOON, "the address is there", || host.has("lan0", address));

    host.ip(&format!("addr del {address} dev lan0"));
    daemon.wait_for("the address is restored", |line| line["type"] == "vrrp.address_restored");
    daemon.wait_for("a hook is done", |line| line["type"] == "notify.done");
    daemon.wait_for("the script counts", |line| line["type"] == "vrrp.priority");
    let status = document(&format!("status {at}"));
    keeps("status", &status);
    assert_eq!(status["instances"][0]["state"], "master");
    assert_eq!(status["scripts"][0]["up"], true);
    keeps("ctl", &document(&format!("ctl reload {at}")));
    let demoted = document(&format!("ctl maintenance on V {at}"));
    keeps("status", &with_instance(&status, demoted));
    keeps("status", &document(&format!("status {at}")));
    keeps("ctl", &document(&format!("ctl stop {at}")));
    assert!(daemon.wait().success());

    let types: BTreeSet<String> = daemon.events().iter().map(event_keeps).collect();
    for kind in ["vrrp.transition", "check.transition", "supervisor.child", "supervisor.reload"] {
        assert!(types.contains(kind), "{kind} is not among {types:?}");
    }
}

/// `status` with `instance` as its only one.
fn with_instance(status: &Value, instance: Value) -> Value {
    let mut status = status.clone();
    status["instances"] = json!([instance]);
    status
}

#[test]
fn addr_and_announce_keep_their_schemas() {
    if !can_run("addr_and_announce_keep_their_schemas") {
        return;
    }
    let (host, peer) = (Namespace::new(), Namespace::new());
    veth((&host, "lan0"), (&peer, "lan0"));
    let run = |words: &str| -> Value {
        let mut command = host.command(env!("CARGO_BIN_EXE_ha"));
        let output = command.args(words.split_whitespace()).output().expect("ha can be started");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    for result in ["added", "unchanged"] {
        let done = run("addr add -i lan0 192.0.2.150/24 --json");
        keeps("addr", &done);
        assert_eq!(done["result"], result);
    }
    keeps("announce", &run("announce -i lan0 192.0.2.150 --count 1 --json"));
    keeps("addr", &run("addr del -i lan0 192.0.2.150/24 --json"));
}

#[test]
fn lab_keeps_its_schemas() {
    if !can_run("lab_keeps_its_schemas") {
        return;
    }
    stream(
        "lab --advert 100ms --fault term --json",
        "",
        &["lab.topology", "lab.daemon", "lab.address", "lab.outcome", "lab.summary"],
    );
}
