//! The composition as commands and pipes: what `ha run` does, in the words of a shell.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::plan::{Child, Composition, Part};

/// What turns the events of the checks into lines for the virtual routers.
const TRACK: &str = "select(.type == \"check.transition\") | {control: \"track\", tracker: \
    {script: .data.check}, up: ({up: true, down: false}[.data.to]), reason: .data.reason}";
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
    for child in
        [Part::Check, Part::Vrrp, Part::Notify].iter().filter_map(|p| composition.child(*p))
    {
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

/// The children in a row, each told its plan and then what the one before it says.
fn pipeline(composition: &Composition) -> String {
    let mut stages: Vec<String> = Vec::new();
    if let Some(check) = composition.child(Part::Check) {
        stages.push(stage(check, "tail -f /dev/null"));
    }
    if let Some(vrrp) = composition.child(Part::Vrrp) {
        let input = if stages.is_empty() {
            "tail -f /dev/null".to_owned()
        } else {
            format!("jq -c --unbuffered {}", quoted(TRACK))
        };
        stages.push(stage(vrrp, &input));
    }
    if let Some(notify) = composition.child(Part::Notify) {
        stages.push(stage(notify, &format!("jq -c --unbuffered {}", quoted(EVENT))));
    }
    if stages.is_empty() {
        return "# The configuration has nothing to run.\n".into();
    }
    stages.join(" |\n") + "\n"
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
