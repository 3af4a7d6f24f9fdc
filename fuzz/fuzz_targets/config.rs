#![no_main]

#[path = "../language.rs"]
mod language;

libfuzzer_sys::fuzz_target!(|data: &[u8]| language::config(data));
