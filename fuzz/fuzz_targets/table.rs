#![no_main]

#[path = "../table.rs"]
mod table;

libfuzzer_sys::fuzz_target!(|data: &[u8]| table::table(data));
