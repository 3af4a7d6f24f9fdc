#![no_main]

#[path = "../machine.rs"]
mod machine;

libfuzzer_sys::fuzz_target!(|data: &[u8]| machine::node(data));
