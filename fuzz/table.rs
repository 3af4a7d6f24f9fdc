//! What must hold for any description of the kernel's balancing table, and for any answer of the
//! kernel about it. The fuzz target calls it, and so does `tests/fuzz_smoke.rs`.

use ha::engine::ipvs::{Contents, Others, plan, save};
use ha::engine::vrrp::Family;
use ha::io::ipvs::{read_daemon, read_destination, read_service};

/// As ipvsadm's lines, as JSON, and as attributes. What is understood is written in both formats
/// and read again as the same table.
pub fn table(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        match save::read(text) {
            Ok(contents) => same_in_both_formats(&contents),
            Err(mistake) => assert!(mistake.line > 0 && !mistake.problem.is_empty()),
        }
    }
    if let Ok(contents) = serde_json::from_slice::<Contents>(data) {
        same_in_both_formats(&contents);
    }
    let _ = read_service(data);
    let _ = read_daemon(data);
    for family in [Family::Ipv4, Family::Ipv6] {
        let _ = read_destination(data, family);
    }
}

fn same_in_both_formats(contents: &Contents) {
    let lines = save::write(contents);
    assert_eq!(save::read(&lines).as_ref(), Ok(contents), "{lines}");
    let text = serde_json::to_string(contents).expect("a table is JSON");
    let again: Contents = serde_json::from_str(&text).expect("what was written is read");
    assert_eq!(&again, contents);
    assert!(plan(contents, &again, Others::Delete).is_empty());
}
