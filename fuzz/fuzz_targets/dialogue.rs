#![no_main]

#[path = "../dialogue.rs"]
mod dialogue;

libfuzzer_sys::fuzz_target!(|data: &[u8]| dialogue::dialogue(data));
