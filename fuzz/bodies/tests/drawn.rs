//! The fuzz bodies on many drawn inputs. A failure prints the bytes to repeat it with.

use std::panic::catch_unwind;

use crossorigin_fuzz_bodies as bodies;

const SEED: u64 = 0x5eed_c055;

/// splitmix64.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Bytes of any kind, or text near what the bodies read.
    fn input(&mut self) -> Vec<u8> {
        const WORDS: [&str; 16] = [
            "https://", "http://", "app", ".example", ".", ":", "8443", "[::1]", "*", "null", "x-foo", ",",
            " ", "\n", "\u{130}", "xn--",
        ];
        let most = 1 << (1 + self.below(7));
        let count = self.below(most);
        if self.below(3) == 0 {
            return (0..count).flat_map(|_| WORDS[self.below(16) as usize].bytes()).collect();
        }
        (0..count).map(|_| self.next() as u8).collect()
    }
}

fn run(name: &str, body: fn(&[u8]), count: usize) {
    println!("{name}: {count} inputs from seed {SEED:#x}");
    let mut draws = Draws(SEED);
    for _ in 0..count {
        let input = draws.input();
        assert!(catch_unwind(|| body(&input)).is_ok(), "{name} fails on {}", input.escape_ascii());
    }
}

/// A set of origins, with its tables, is what its patterns say one by one.
#[test]
fn the_set_equals_the_definition() {
    run("origin_set", bodies::origin_set, 30_000);
}

#[test]
fn origins_are_what_urls_serialize() {
    run("origin_grammar", bodies::origin_grammar, 30_000);
}

#[test]
fn lists_are_what_splitting_at_commas_gives() {
    run("request_header_list", bodies::request_header_list, 10_000);
}

#[test]
fn decisions_keep_their_promises() {
    run("decision", bodies::decision, 20_000);
}

/// What clients send is read in one way, by HTTP/1.1 and by HTTP/2.
#[test]
fn requests_are_read_in_one_way() {
    run("request_path", bodies::request_path, 4_000);
}

/// Whatever servers answer, script reads what they share, and no more.
#[test]
fn fetches_end_and_keep_what_is_withheld() {
    run("fetch_machine", bodies::fetch_machine, 60_000);
}

#[test]
fn policy_files_are_compiled_or_refused_with_places() {
    run("policy_file", bodies::policy_file, 1_500);
}

#[test]
fn curl_commands_are_read_or_refused_with_places() {
    run("curl_command", bodies::curl_command, 20_000);
}

#[test]
fn fetch_calls_are_read_or_refused_with_places() {
    run("fetch_literal", bodies::fetch_literal, 20_000);
}

#[test]
fn har_files_are_read_or_refused_with_places() {
    run("har_file", bodies::har_file, 10_000);
}

#[test]
fn console_messages_are_read_or_refused_with_places() {
    run("console_messages", bodies::console_messages, 3_000);
}

/// Whatever a page runs, it comes to its end and reads nothing that is not shared with it.
#[test]
fn pages_end_and_read_nothing_withheld() {
    run("page", bodies::page, 100);
}
