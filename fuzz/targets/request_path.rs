#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| crossorigin_fuzz_bodies::request_path(bytes));
