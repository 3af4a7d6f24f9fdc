//! `ha config diff`: what a reload would change, as people read it and as data.

use std::process::{Command, Output};

use serde_json::Value;

const OLD: &str = "tests/config/diff/old.conf";
const NEW: &str = "tests/config/diff/new.conf";

fn diff(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ha"));
    command.args(["config", "diff"]).args(words).output().expect("ha starts")
}

fn said(words: &[&str]) -> String {
    String::from_utf8(diff(words).stdout).expect("UTF-8")
}

#[test]
fn each_item_is_told_with_what_a_reload_does_to_it() {
    assert_eq!(diff(&[OLD, NEW]).status.code(), Some(1));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("config/diff");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("old-to-new", said(&[OLD, NEW])));
}

#[test]
fn a_configuration_does_not_differ_from_itself() {
    let output = diff(&[OLD, OLD]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "a reload changes nothing\n");
}

#[test]
fn the_data_has_old_and_new_values_and_no_password() {
    let text = said(&["--json", OLD, NEW]);
    assert!(!text.contains("secret") && !text.contains("115"), "{text}");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let items = document["items"].as_array().expect("a list");
    let item = |name: &str| items.iter().find(|i| i["name"] == name && i["kind"] == "instance");
    let settings = item("VI_1").expect("it differs")["settings"].as_array().expect("a list");
    let setting = |name: &str| settings.iter().find(|each| each["setting"] == name);
    let priority = setting("priority").expect("it differs");
    assert_eq!((&priority["from"], &priority["to"]), (&150.into(), &120.into()));
    assert_eq!(setting("auth.pass").expect("it differs")["from"], "(hidden)");
    assert_eq!(item("VI_2").expect("it is gone")["change"], "removed");
    assert_eq!(item("VI_3").expect("its VRID differs")["change"], "replaced");
    assert_eq!(item("VI_4"), None, "the same in other words");
    assert_eq!(item("VI_5").expect("it is new")["change"], "added");
}

#[test]
fn an_invalid_configuration_is_refused() {
    let invalid = "tests/config/mistakes/no-vrid.conf";
    assert_eq!(diff(&[OLD, invalid]).status.code(), Some(3));
    assert_eq!(diff(&[OLD, "/nonexistent/x.conf"]).status.code(), Some(3));
}
