#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| consistent_cut_fuzz::file(data));
