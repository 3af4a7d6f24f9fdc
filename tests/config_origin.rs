//! `ha config show --origin`: every value of a model has an origin, a line that is named has the
//! keyword, and what is called a default is one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ha::config::origin::{Origin, Setting, settings};
use ha::config::{Options, Outcome, load_with_statements};
use ha::drivers::config_loader::SystemLoader;
use ha::output::model;
use serde_json::Value;

/// Values that differ where no keyword says so, because they follow from something else: the kind
/// of a check, the family, the place in a list, the other words of a route.
const FOLLOW: [&str; 8] = [
    "timing.retry",
    "timing.delay_before_retry_us",
    "routes[].placement",
    "routes[].tracked",
    "rules[].priority",
    "routers[].version",
    "trackers.sessions[].ttl",
    "http.tls.close_notify",
];

fn configurations(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            configurations(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "conf") {
            found.push(path);
        }
    }
}

/// Every value of every valid configuration of the tests.
fn every(mut take: impl FnMut(&Path, &Outcome, &Value, &[Setting<'_>])) {
    let mut paths = Vec::new();
    configurations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config"), &mut paths);
    let name = "lb1".to_owned();
    let options =
        Options { portable: true, config_id: name.clone(), host_name: name, ..Options::default() };
    let mut models = 0;
    for path in paths {
        let (outcome, statements) = load_with_statements(&path, &options, &SystemLoader);
        let Some(found) = &outcome.model else { continue };
        let values = model::values(found);
        take(&path, &outcome, &values, &settings(&values, &statements, &outcome.diagnostics));
        models += 1;
    }
    assert!(models > 200, "only {models} configurations are valid");
}

/// The places of all values, as `jq` writes them.
fn places(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                places(value, &format!("{path}.{key}"), found);
            }
        }
        Value::Array(values) if values.iter().any(Value::is_object) => {
            for (number, value) in values.iter().enumerate() {
                places(value, &format!("{path}.{number}"), found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

/// The same place without what `jq` needs round names and numbers.
fn plain(path: &str) -> String {
    let mut out = String::new();
    for (number, part) in path.split('"').enumerate() {
        if number % 2 == 1 {
            out.push_str(part);
        } else {
            out.push_str(&part.replace('[', ".").replace(']', ""));
        }
    }
    format!(".{out}")
}

#[test]
fn every_value_has_an_origin_and_a_line_that_is_named_has_the_keyword() {
    let mut lines = 0;
    every(|path, outcome, values, settings| {
        let mut wanted = BTreeSet::new();
        places(values, "", &mut wanted);
        let found: BTreeSet<String> = settings.iter().map(|s| plain(&s.path)).collect();
        assert_eq!(found, wanted, "{}", path.display());
        assert_eq!(settings.len(), wanted.len(), "{}", path.display());
        for setting in settings {
            let Origin::Line { keyword, span, .. } = setting.origin else { continue };
            let shown = format!("{}: {} by {keyword}", path.display(), setting.path);
            assert!(outcome.sources.location(span).is_some(), "{shown}");
            let file = outcome.sources.file(span.file).expect("a file");
            let range = usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap();
            let word = file.text.get(range).expect("a word of the file");
            // A name in capitals stands for whatever the entry begins with.
            let is_name = keyword.chars().all(|c| c.is_ascii_uppercase());
            assert!(span.trace != 0 || is_name || word == keyword, "{shown}, there is `{word}`");
            lines += 1;
        }
    });
    assert!(lines > 5_000, "only {lines} values are set by a line");
}

#[test]
fn what_is_called_a_default_is_the_same_in_every_configuration() {
    let mut defaults: BTreeMap<String, BTreeMap<String, PathBuf>> = BTreeMap::new();
    every(|path, _, _, settings| {
        for setting in settings.iter().filter(|setting| setting.origin == Origin::Default) {
            let mut parts: Vec<&str> = setting.path.split(['[', '.']).collect();
            if matches!(parts[..], ["instances" | "groups", _, ..]) {
                parts[1] = "NAME";
            } else if matches!(parts[..], ["notify", "instances" | "groups", _, ..]) {
                parts[2] = "NAME";
            }
            let element = |part: &&str| part.ends_with(']') && !part.contains('"');
            let parts: Vec<&str> =
                parts.iter().map(|part| if element(part) { "[]" } else { part }).collect();
            let pattern = parts.join(".").replace(".[]", "[]");
            let values = defaults.entry(pattern).or_default();
            values.entry(setting.value.to_string()).or_insert_with(|| path.to_owned());
        }
    });
    assert!(defaults.len() > 100, "{defaults:?}");
    let known = |pattern: &str| FOLLOW.iter().any(|known| pattern.ends_with(known));
    let differ: Vec<_> =
        defaults.iter().filter(|(p, values)| values.len() > 1 && !known(p)).collect();
    assert!(differ.is_empty(), "{differ:#?}");
}

/// What the command says of a configuration in a folder of its own.
fn show(name: &str, main: &str, words: &[&str]) -> (String, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("origin-{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("main.conf"), main).expect("written");
    let part = "vrrp_instance B {\n    interface eth0\n    virtual_router_id 7\n    \
                priority 90\n    virtual_ipaddress {\n        192.0.2.2/24\n    }\n}\n";
    fs::write(folder.join("part.conf"), part).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
    command.current_dir(&folder).args(["config", "show", "--origin"]).args(words).arg("main.conf");
    let output = command.output().expect("ha runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    (String::from_utf8(output.stdout).expect("text"), told)
}

fn has(text: &str, wanted: &str) {
    assert!(text.lines().any(|line| line == wanted), "no line `{wanted}` in\n{text}");
}

const MAIN: &str = "\
$PRIO=120
global_defs {
    vrrp_garp_master_repeat 2
    vrrp_garp_master_delay 9
}
vrrp_instance A {
    interface eth0
    virtual_router_id 6
    priority 100
    priority $PRIO
    garp_master_delay 4
    authentication {
        auth_type PASS
        auth_pass hush
    }
    virtual_ipaddress {
        192.0.2.1/24 label eth0:a
    }
}
include part.conf
~SEQ(N,3,4) vrrp_instance S$N {
    interface eth0
    virtual_router_id 1$N
    virtual_ipaddress { 192.0.2.1$N }
}
";

#[test]
fn a_value_is_followed_through_includes_definitions_and_to_the_last_of_a_keyword() {
    let main = MAIN.replace("~SEQ(N,3,4) vrrp_instance S$N {\n", "$S=\\\nvrrp_instance S$N {\\\n");
    let (head, tail) = main.split_once("$S=").expect("a definition");
    let tail = tail.trim_end().replace('\n', "\\\n").replace("\\\\\n", "\\\n");
    let main = format!("{head}$S={tail}\n~SEQ(N,3,4) $S\n");
    let (text, _) = show("chain", &main, &[]);
    has(&text, "vrrp.routers[0].name = \"A\"  # main.conf:6 vrrp_instance");
    // The last one holds.
    has(&text, "vrrp.routers[0].priority = 120  # main.conf:10 < main.conf:1 priority");
    has(&text, "vrrp.routers[0].announce.repeat = 2  # main.conf:3 vrrp_garp_master_repeat");
    // The instance before what is said for all.
    has(&text, "vrrp.routers[0].announce.delay_us = 4000000  # main.conf:11 garp_master_delay");
    has(&text, "vrrp.routers[1].announce.delay_us = 9000000  # main.conf:4 vrrp_garp_master_delay");
    has(&text, "vrrp.routers[0].addresses[0].prefix = 24  # main.conf:17");
    has(&text, "vrrp.routers[0].addresses[0].label = \"eth0:a\"  # main.conf:17 label");
    has(&text, "vrrp.routers[0].addresses[0].scope = 0  # default");
    has(&text, "vrrp.routers[0].auth.pass = \"(hidden)\"  # main.conf:14 auth_pass");
    assert!(!text.contains("hush"), "{text}");
    has(&text, "vrrp.routers[1].priority = 90  # part.conf:4 < main.conf:20 priority");
    has(&text, "vrrp.routers[2].priority = 100  # default");
    let turn = |line: &&str| line.starts_with("vrrp.routers[3].vrid = 14  # main.conf:");
    assert!(text.lines().any(|line| turn(&line) && line.contains(" < ")), "{text}");
    assert!(text.lines().any(|line| line.starts_with("globals.router_id = ")
        && line.ends_with("  # this host")));
}

#[test]
fn the_same_is_there_as_data() {
    let main = MAIN.split("~SEQ").next().expect("a part");
    let (text, _) = show("data", main, &["--json"]);
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let settings = document["settings"].as_array().expect("a list");
    let of = |path: &str| settings.iter().find(|s| s["path"] == path).expect("the value");
    let wanted = serde_json::json!({
        "path": "vrrp.routers[1].priority", "value": 90, "origin": "file",
        "block": "vrrp_instance", "keyword": "priority", "file": "part.conf", "line": 4,
        "column": 5,
        "chain": [{"note": "included here", "file": "main.conf", "line": 20, "column": 1}],
    });
    let mut found = of("vrrp.routers[1].priority").clone();
    // The column of the include is that of its word or of its line.
    found["chain"][0]["column"] = Value::from(1);
    assert_eq!(found, wanted);
    let default = serde_json::json!({
        "path": "vrrp.routers[0].preempt", "value": "always", "origin": "default",
    });
    assert_eq!(*of("vrrp.routers[0].preempt"), default);
    assert_eq!(of("globals.router_id")["origin"], "host");
    assert!(!text.contains("hush"));
}

#[test]
fn what_is_given_and_does_not_hold_is_no_origin() {
    let main = "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n state MASTER\n \
                nopreempt\n virtual_ipaddress {\n 192.0.2.1\n }\n priority 100\n}\n";
    let (text, told) = show("aside", main, &[]);
    assert!(told.contains("nopreempt"), "{told}");
    has(&text, "vrrp.routers[0].preempt = \"always\"  # default");
    let strict = main.replace(" nopreempt\n", " strict_mode\n accept\n higher_prio_send_advert\n");
    let (text, _) = show("strict", &strict, &[]);
    let forced = "vrrp.routers[0].higher_priority_send_advert = false  # main.conf:5 strict_mode";
    has(&text, forced);
}

#[test]
fn a_check_or_server_that_is_left_out_is_no_origin_of_one_like_it() {
    let main = "\
virtual_server 192.0.2.80 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 192.0.2.300 80 {
        weight 3
    }
    real_server 192.0.2.1 80 {
        weight 4
        MISC_CHECK {
            misc_path \"/nonexistent/check\"
            misc_timeout 3
        }
        HTTP_GET {
            connect_port 81
        }
        MISC_CHECK {
            misc_path \"/bin/sh -c true\"
            misc_timeout 4
        }
        HTTP_GET {
            url {
                path /two
                status_code 200
            }
            connect_port 82
        }
        MISC_CHECK {
            misc_path \"/bin/sh -c true\"
            user nobody-of-this-name
        }
        MISC_CHECK {
            misc_path \"/bin/sh -c true\"
            misc_timeout 5
        }
    }
}
";
    let (text, told) = show("left-out", main, &[]);
    assert!(
        told.contains("/nonexistent/check") && told.contains("HTTP_GET asks for nothing"),
        "{told}"
    );
    let server = "balancer.pools[0].destinations[0]";
    has(&text, &format!("{server}.weight = 4  # main.conf:9 weight"));
    for (number, value, line) in [
        (0, "probe.script.timeout_us = 4000000", "19 misc_timeout"),
        (1, "probe.http.connection.port = 82", "26 connect_port"),
        (2, "probe.script.timeout_us = 5000000", "34 misc_timeout"),
    ] {
        has(&text, &format!("{server}.checks[{number}].{value}  # main.conf:{line}"));
    }
}
