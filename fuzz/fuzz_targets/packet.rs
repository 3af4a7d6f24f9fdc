#![no_main]

#[path = "../wire.rs"]
#[allow(dead_code)]
mod wire;

libfuzzer_sys::fuzz_target!(|data: &[u8]| wire::packet(data));
