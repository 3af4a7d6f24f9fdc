#![no_main]

#[path = "../netlink.rs"]
mod netlink;

libfuzzer_sys::fuzz_target!(|data: &[u8]| netlink::netlink(data));
