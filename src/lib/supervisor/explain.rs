//! The composition as commands and pipes: what `ha run` does, in the words of a shell.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::plan::{Child, Composition, Part};

/// What turns the events of the checks into lines for the virtual routers.
const TRACK: &str = "select(.type == \"check.transition\") | {control: \"track\", tracker: \
    {script: .data.check}, up: ({up: true, down: false}[.data.to]), reason: .data.reason}";
/// The order in which the parts are told of, from who finds something out to who is told.
const EXPLAINED: [Part; 5] = [Part::Probe, Part::Check, Part::Ipvs, Part::Vrrp, Part::Notify];
/// Nothing more is told to who is at the beginning.
const SILENCE: &str = "tail -f /dev/null";
/// What turns events into lines for the hooks.
const EVENT: &str = "{control: \"event\", event: .}";
/// Stands for a password; a plan that has one does not run as it is shown.
const SECRET: &str = "***";

/// A script that does what the composition does, except for what only a supervisor can:
/// restarts, the watchdog, reload, status.
#[must_use]
pub fn script(composition: &Composition) -> String {
    let mut out = String::from(
        "# What `ha run` composes, as commands and pipes. It adds restarts, a watchdog, reload\n\
         # and status to this, and hands events of every part to notify. Passwords are covered.\n",
    );
    for child in EXPLAINED.iter().filter_map(|p| composition.child(*p)) {
        let _ = writeln!(
            out,
            "#\n# {}: {}\n#   capabilities: {}",
            child.part,
            child.purpose,
            child.capabilities.join(" ")
        );
    }
    for missing in &composition.missing {
        let _ = writeln!(out, "#\n# {}: not run: {}", missing.part, missing.reason);
    }
    out.push('\n');
    out.push_str(&pipeline(composition));
    out
}

/// The children in a row, each told its plan and then what the one before it says. What the checks
/// say goes to the table and, through a named pipe, to the virtual routers.
fn pipeline(composition: &Composition) -> String {
    let child = |part| composition.child(part);
    let sources = [Part::Probe, Part::Check].into_iter().filter_map(child);
    let sources = beside(sources.map(|one| stage(one, SILENCE)).collect());
    let track = format!("jq -c --unbuffered {}", quoted(TRACK));
    let vrrp = |input: &str| child(Part::Vrrp).map(|one| stage(one, input));
    let input = if sources.is_some() { "cat" } else { SILENCE };
    let table = child(Part::Ipvs).map(|one| stage(one, input));
    let (mut before, mut stages) = (String::new(), Vec::new());
    match (sources, table) {
        (Some(sources), Some(table)) if child(Part::Vrrp).is_some() => {
            before.push_str("pipe=$(mktemp -d)/checks && mkfifo \"$pipe\"\n");
            let balancer = format!("{sources} |\ntee \"$pipe\" |\n{table}");
            let routers = vrrp(&format!("{track} <\"$pipe\""));
            stages.extend(beside(routers.into_iter().chain([balancer]).collect()));
        }
        (None, table) => stages.extend(beside(vrrp(SILENCE).into_iter().chain(table).collect())),
        (sources, table) => stages.extend(sources.into_iter().chain(table).chain(vrrp(&track))),
    }
    if let Some(notify) = child(Part::Notify) {
        stages.push(stage(notify, &format!("jq -c --unbuffered {}", quoted(EVENT))));
    }
    if stages.is_empty() {
        return "# The configuration has nothing to run.\n".into();
    }
    before + &stages.join(" |\n") + "\n"
}

/// All of `commands` at the same time, as one; none when there is none.
fn beside(mut commands: Vec<String>) -> Option<String> {
    let last = commands.pop()?;
    if commands.is_empty() {
        return Some(last);
    }
    Some(format!("{{\n{} &\n{last}\n}}", commands.join(" &\n")))
}

fn stage(child: &Child, input: &str) -> String {
    let plan = json!({"control": "plan", "plan": concealed(&child.plan)}).to_string();
    let words: Vec<String> = child.arguments.iter().map(|word| quoted(word)).collect();
    format!("{{ echo {}\n  {input}; }} |\n  ha {}", quoted(&plan), words.join(" "))
}

/// The composition as data, without secrets.
#[must_use]
pub fn document(composition: &Composition) -> Value {
    let mut shown = composition.clone();
    for child in &mut shown.children {
        child.plan = concealed(&child.plan);
    }
    let mut document = serde_json::to_value(&shown).unwrap_or_default();
    if let Some(fields) = document.as_object_mut() {
        fields.insert("v".to_owned(), json!(1));
    }
    document
}

/// `plan` with every password covered.
fn concealed(plan: &Value) -> Value {
    match plan {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| match value {
                Value::Object(auth) if key == "auth" => {
                    let kinds = auth.keys().map(|kind| (kind.clone(), json!(SECRET)));
                    (key.clone(), kinds.collect())
                }
                Value::String(_) if key == "password" => (key.clone(), json!(SECRET)),
                value => (key.clone(), concealed(value)),
            })
            .collect(),
        Value::Array(values) => values.iter().map(concealed).collect(),
        other => other.clone(),
    }
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::composition;
    use super::*;

    #[test]
    fn the_script_has_one_command_for_each_child_joined_by_pipes() {
        let script = script(&composition());
        let commands: Vec<&str> =
            script.lines().filter(|line| line.starts_with("  ha ")).map(str::trim).collect();
        assert_eq!(
            commands,
            [
                "ha check run --plan - --json --log info |",
                "ha vrrp run --plan - --state-dir /run/ha --json --log info |",
                "ha notify --follow --json --log info"
            ]
        );
    }

    #[test]
    fn the_script_is_one_that_a_shell_understands() {
        let status = std::process::Command::new("/bin/sh")
            .args(["-n", "-c", &script(&composition())])
            .status()
            .unwrap();
        assert!(status.success());
    }

    #[test]
    fn a_load_balancer_is_fed_by_its_checks_beside_the_virtual_routers() {
        let composition = |options| {
            let model = super::super::plan::tests::balancing();
            super::super::plan::compose(&model, &options).unwrap()
        };
        let all = script(&composition(super::super::plan::Options::default()));
        let commands: Vec<&str> = all
            .lines()
            .filter_map(|line| line.strip_prefix("  ha "))
            .map(|line| line.split(" --").next().unwrap_or_default())
            .collect();
        let expected = ["vrrp run", "check run", "check run", "ipvs apply", "notify"];
        assert_eq!(commands, expected);
        let alone = super::super::plan::Options { without_vrrp: true, ..Default::default() };
        for text in [all, script(&composition(alone))] {
            let status =
                std::process::Command::new("/bin/sh").args(["-n", "-c", &text]).status().unwrap();
            assert!(status.success(), "{text}");
        }
    }

    #[test]
    fn passwords_are_covered() {
        let mut secret = composition();
        for child in &mut secret.children {
            if child.part == Part::Vrrp {
                child.plan = json!({"routers": [{"name": "VI_1", "auth": {"pass": [49, 50]}},
                    {"name": "VI_2", "auth": "none"}]});
            }
        }
        assert!(!script(&secret).contains("49"));
        let shown = document(&secret);
        let children = shown["children"].as_array().unwrap();
        let vrrp = children.iter().find(|child| child["part"] == "vrrp").unwrap();
        let routers = &vrrp["plan"]["routers"];
        assert_eq!(routers[0]["auth"]["pass"], "***");
        assert_eq!(routers[1]["auth"], "none");
    }

    #[test]
    fn words_with_quotes_survive_the_shell() {
        assert_eq!(quoted("plain-word"), "plain-word");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_configuration_without_anything_to_run_says_so() {
        assert!(script(&Composition::default()).contains("nothing to run"));
    }
}
