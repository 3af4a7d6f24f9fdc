//! Configuration texts: the embedded example, and the same file told to a backup. Pure.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::host::FILES;

/// Where hosts find the embedded example.
#[must_use]
pub fn example_path() -> PathBuf {
    Path::new(FILES).join("keepalived.conf")
}

/// Where hosts find the example's check script.
#[must_use]
pub fn example_script_path() -> PathBuf {
    Path::new(FILES).join("check_service.sh")
}

/// The example's check script: the service it stands for is always well.
pub const EXAMPLE_SCRIPT: &str = "#!/bin/sh\nexit 0\n";

/// The embedded example: one virtual address, a check script that costs 20 points, adverts each
/// `advert`. Whole seconds are VRRP version 2, anything else needs version 3.
#[must_use]
pub fn example(advert: Duration) -> String {
    let mut text = String::new();
    let whole = advert.subsec_nanos() == 0;
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "vrrp_script check_service {{
    script \"{}\"
    interval 1
    weight -20
}}

vrrp_instance LAB {{
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int {}
    {}
    virtual_ipaddress {{
        172.16.100.150/24
    }}
    track_script {{
        check_service
    }}
}}
",
        example_script_path().display(),
        advert.as_secs_f64(),
        if whole {
            "authentication {\n        auth_type PASS\n        auth_pass 123456\n    }"
        } else {
            "version 3"
        },
    );
    text
}

/// `text` as backup number `number` (from 1) has it: `state BACKUP`, and ten points less for
/// every step down, at least 1.
#[must_use]
pub fn for_backup(text: &str, number: u8) -> String {
    let lower = |priority: u8| priority.saturating_sub(number.saturating_mul(10)).max(1);
    text.split_inclusive('\n').fold(String::new(), |all, line| {
        let mut words = line.split_whitespace();
        let changed = match (words.next(), words.next()) {
            (Some("state"), Some(state @ "MASTER")) => Some((state, "BACKUP".to_owned())),
            (Some("priority"), Some(word)) => {
                word.parse().ok().map(|priority| (word, lower(priority).to_string()))
            }
            _ => None,
        };
        match changed {
            Some((old, new)) => all + &line.replacen(old, &new, 1),
            None => all + line,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_has_ten_points_less_and_everything_else_alike() {
        let text = "vrrp_instance A {\n  state MASTER ! us\n  priority 100\r\n  # priority 100\n}";
        let backup = "vrrp_instance A {\n  state BACKUP ! us\n  priority 80\r\n  # priority 100\n}";
        assert_eq!(for_backup(text, 2), backup);
    }

    #[test]
    fn priorities_do_not_fall_below_one_and_other_lines_with_the_word_stay() {
        assert_eq!(for_backup("priority 5\n", 3), "priority 1\n");
        let rule = "  from 10.0.0.0/8 table 1 priority 100\n";
        assert_eq!(for_backup(rule, 1), rule);
    }

    #[test]
    fn the_example_is_version_2_at_whole_seconds_and_3_below() {
        assert!(example(Duration::from_secs(1)).contains("advert_int 1\n    authentication"));
        let quick = example(Duration::from_millis(10));
        assert!(quick.contains("advert_int 0.01\n    version 3\n"));
    }
}
