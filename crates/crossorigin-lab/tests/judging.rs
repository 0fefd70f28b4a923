//! What is judged how: every case can be foretold, and what a browser does is told apart from what it should.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use crossorigin::profiles::{Behavior, Profile};
use crossorigin_lab::case::Host;
use crossorigin_lab::{Judgement, Places, Setting, generate};

const SEED: u64 = 1;
const PLACES: Places = Places { own: 8000, other: 8001, secure: Some(8002) };

fn setting(profile: Profile) -> Setting<'static> {
    Setting { places: &PLACES, run: "r0", profile, cookie_hosts: &[Host::Own, Host::OtherPort] }
}

#[test]
fn every_case_is_foretold_and_agrees_with_itself() {
    println!("seed {SEED}");
    let mut explained = 0;
    for number in 0..2000 {
        let case = generate(SEED, number);
        for profile in Profile::ALL {
            let setting = setting(profile);
            let standard = setting.foretell(&case, Behavior::STANDARD).unwrap();
            assert_eq!(setting.judge(&case, &standard).unwrap(), Judgement::Agrees, "{number} {profile}");
            let own = setting.foretell(&case, profile.behavior()).unwrap();
            match setting.judge(&case, &own).unwrap() {
                Judgement::Agrees => assert_eq!(own, standard, "{number} {profile}"),
                Judgement::Explained(entries) => {
                    let known = |id: &&str| profile.entries().iter().any(|entry| entry.id == *id);
                    assert!(entries.iter().all(known), "{number} {entries:?}");
                    explained += 1;
                }
                Judgement::Unexplained => panic!("case {number} in {profile} contradicts itself"),
            }
        }
    }
    assert!(explained > 200, "the cases show what browsers do: {explained}");
}

#[test]
fn what_nobody_does_is_unexplained() {
    let setting = setting(Profile::Chromium);
    for number in 0..50 {
        let case = generate(SEED, number);
        let mut observed = setting.foretell(&case, Behavior::STANDARD).unwrap();
        observed.asks[0].status = 999;
        assert_eq!(setting.judge(&case, &observed).unwrap(), Judgement::Unexplained, "{number}");
    }
}

#[test]
fn the_same_seed_makes_the_same_cases() {
    for number in [0, 1, 77, 123_456] {
        assert_eq!(generate(SEED, number).to_string(), generate(SEED, number).to_string());
    }
    assert_ne!(generate(SEED, 1).to_string(), generate(SEED + 1, 1).to_string());
}
