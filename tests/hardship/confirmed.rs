//! What status says of an address is what the kernel has, not what was asked of it.

use serde_json::Value;

use crate::hosts::{Node, VIP, VIP_NET};
use crate::support::{Namespace, SOON, can_run, veth, wait_until};

/// An address that the kernel does not take while IPv6 is off.
const OTHER: &str = "fd09::100";
const OTHER_NET: &str = "fd09::100/64";

/// One instance with an address that moves along; `option` stands behind the virtual address.
fn configuration(option: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\n version 3\n interface lan0\n virtual_router_id 51\n \
         priority 100\n advert_int 0.2\n virtual_ipaddress {{\n {VIP_NET} {option}\n }}\n \
         virtual_ipaddress_excluded {{\n {OTHER_NET}\n }}\n}}\n"
    )
}

/// A host with a cable that leads to nobody.
fn host() -> (Namespace, Namespace) {
    let (host, far) = (Namespace::new(), Namespace::new());
    veth((&host, "lan0"), (&far, "lan0"));
    host.ip("addr add 10.9.0.1/24 dev lan0");
    (host, far)
}

/// How the first instance says that `address` stands, and why.
fn standing(node: &Node, address: &str) -> (String, String) {
    let told = node.status();
    let states = told["instances"][0]["address_states"].as_array().cloned().unwrap_or_default();
    let state = states.iter().find(|state| state["address"] == address);
    let word = |key: &str| state.and_then(|s| s[key].as_str()).unwrap_or_default().to_owned();
    (word("state"), word("reason"))
}

/// Addresses that are said to be in place.
fn in_place(node: &Node) -> Vec<Value> {
    node.status()["instances"][0]["addresses"].as_array().cloned().unwrap_or_default()
}

/// Exit code and text of `ha status`.
fn told(node: &Node) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ha"));
    command.args(["status", "--state-dir"]).arg(node.directory.path().join("state"));
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn becomes(node: &Node, address: &str, state: &str) {
    wait_until(SOON, &format!("{address} is {state}"), || standing(node, address).0 == state);
}

#[test]
fn an_address_that_the_kernel_refuses_is_shown_as_refused_until_the_kernel_takes_it() {
    if !can_run("refused address") {
        return;
    }
    let (host, _far) = host();
    host.write_sysctl("net/ipv6/conf/lan0/disable_ipv6", "1");
    let node = Node::start(&host, &configuration(""));
    node.wait_status("master");
    becomes(&node, VIP, "confirmed");
    assert!(host.has("lan0", VIP_NET));
    becomes(&node, OTHER, "refused");
    assert!(!host.has("lan0", OTHER_NET));
    let (_, why) = standing(&node, OTHER);
    assert!(why.contains("Permission denied") && why.contains("IPv6 disabled"), "{why}");
    assert_eq!(in_place(&node), [VIP]);
    let (code, text) = told(&node);
    assert_eq!(code, Some(1), "a master without one of its addresses is not healthy");
    let line = format!("lacks      {OTHER_NET} on lan0 refused: Permission denied");
    assert!(text.contains(&line), "{text}");

    host.write_sysctl("net/ipv6/conf/lan0/disable_ipv6", "0");
    becomes(&node, OTHER, "confirmed");
    assert!(host.has("lan0", OTHER_NET));
    assert_eq!(in_place(&node), [VIP, OTHER]);
    let (code, text) = told(&node);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("lacks"), "{text}");
}

#[test]
fn an_address_that_is_on_a_backup_is_shown_and_makes_the_answer_a_no() {
    if !can_run("lingering address") {
        return;
    }
    let (host, far) = host();
    far.ip("addr add 10.9.0.2/24 dev lan0");
    let first = Node::start(&host, &configuration(""));
    first.wait_status("master");
    let second = Node::start(&far, &configuration("").replace("priority 100", "priority 90"));
    second.wait_status("backup");
    assert_eq!(told(&second).0, Some(0));
    far.ip(&format!("addr add {VIP_NET} dev lan0"));
    wait_until(SOON, "it is seen", || in_place(&second) == [VIP]);
    let (code, text) = told(&second);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(&format!("lingers    {VIP}")), "{text}");
    far.ip(&format!("addr del {VIP_NET} dev lan0"));
    wait_until(SOON, "it is gone", || in_place(&second).is_empty());
    assert_eq!(told(&second).0, Some(0));
}

#[test]
fn an_address_that_somebody_removes_is_not_said_to_be_there() {
    if !can_run("removed address") {
        return;
    }
    let (host, _far) = host();
    let node = Node::start(&host, &configuration("no_track"));
    node.wait_status("master");
    becomes(&node, VIP, "confirmed");
    becomes(&node, OTHER, "confirmed");
    // Not tracked: it stays away, and that is said.
    host.ip(&format!("addr del {VIP_NET} dev lan0"));
    becomes(&node, VIP, "removed");
    assert!(!host.has("lan0", VIP_NET));
    assert_eq!(in_place(&node), [OTHER]);
    let (code, text) = told(&node);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(&format!("{VIP_NET} on lan0 removed: somebody removed it")), "{text}");
    // Whoever puts it up, it is there.
    host.ip(&format!("addr add {VIP_NET} dev lan0"));
    becomes(&node, VIP, "confirmed");
    // Tracked: it comes back.
    host.ip(&format!("addr del {OTHER_NET} dev lan0"));
    node.run.wait_for("it is put back", |event| event["type"] == "vrrp.address_restored");
    becomes(&node, OTHER, "confirmed");
    assert!(host.has("lan0", OTHER_NET));
    assert_eq!(told(&node).0, Some(0));
}

#[test]
fn an_address_that_goes_with_its_link_is_not_said_to_be_removed_by_somebody() {
    if !can_run("address lost with its link") {
        return;
    }
    let (host, far) = host();
    veth((&host, "lan1"), (&far, "lan1"));
    let text = configuration("").replace(OTHER_NET, &format!("{OTHER_NET} dev lan1 no_track"));
    let node = Node::start(&host, &text);
    node.wait_status("master");
    becomes(&node, OTHER, "confirmed");
    // The kernel takes IPv6 addresses off an interface that goes down.
    host.ip("link set lan1 down");
    wait_until(SOON, "the kernel has dropped it", || !host.has("lan1", OTHER_NET));
    let why = || standing(&node, OTHER).1;
    wait_until(SOON, "the interface is to blame", || why() == "lan1 is down");
    host.ip("link set lan1 up");
    becomes(&node, OTHER, "removed");
    assert_eq!(why(), "lan1 lost it on its way down and up again");
    assert!(!host.has("lan1", OTHER_NET));
}
