//! Cases from a seed. Boundaries first: most values are one byte off, at a limit, or from the standard's lists.

mod answers;
mod asks;

use crossorigin::html::Initiator;
use fastrand::Rng;

use crate::case::{Ask, Body, Case, Hop, Host, Realm, Target};
use answers::{actual, generous, odd_location, preflight};
use asks::{ask, variation};

/// The case of this number.
pub fn generate(seed: u64, number: u64) -> Case {
    // Each case has a generator of its own, so that one can be had without those before it.
    let mut rng = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let rng = &mut rng;
    let first = ask(rng);
    let realm = realm(rng, first.initiator);
    let target = target(rng, &first);
    let sequence = target == Target::Server && first.is_by_script() && one_in(rng, 6);
    // WebKit does not always follow the redirects of masks. Firefox goes on to ask for the type of a blob that
    // XMLHttpRequest sent, which `fetch()` forgets when a redirect makes a GET of it.
    let is_odd = first.initiator == Initiator::CssMask
        || (first.initiator == Initiator::Xhr && matches!(first.body, Some(Body::Blob(_))));
    let may_redirect = target == Target::Server && !sequence && !is_odd;
    let hops = if may_redirect && one_in(rng, 100) {
        long_chain(rng, realm, &first)
    } else {
        chain(rng, realm, &first, may_redirect)
    };
    let mut asks = vec![first];
    if sequence {
        for _ in 0..rng.usize(1..=5) {
            let next = variation(rng, &asks[0]);
            asks.push(next);
        }
    }
    Case { number, realm, target, asks, hops }
}

/// A hop, and some more that redirects lead to.
fn chain(rng: &mut Rng, realm: Realm, first: &Ask, may_redirect: bool) -> Vec<Hop> {
    let mut hops = vec![hop(rng, realm, first)];
    while hops.len() < 4 && may_redirect && one_in(rng, if hops.len() == 1 { 6 } else { 3 }) {
        let previous = &mut hops.last_mut().expect("there is one at least").actual;
        previous.status = pick(rng, REDIRECTS);
        let location = if one_in(rng, 12) { odd_location(rng, first.initiator) } else { "{next}".to_owned() };
        previous.headers.push(("location", location));
        hops.push(hop(rng, realm, first));
    }
    hops
}

/// As many redirects as are followed, or one more.
fn long_chain(rng: &mut Rng, realm: Realm, first: &Ask) -> Vec<Hop> {
    let redirects = pick(rng, &[19, 20, 21]);
    let status = pick(rng, REDIRECTS);
    let hosts = [pick(rng, HOSTS), pick(rng, HOSTS)];
    let mut hops: Vec<Hop> = (0..=redirects).map(|nth| generous(realm, first, hosts[nth % 2])).collect();
    for hop in &mut hops[..redirects] {
        hop.actual.status = status;
        hop.actual.headers.push(("location", "{next}".to_owned()));
    }
    hops
}

const REDIRECTS: &[u16] = &[301, 302, 303, 307, 308];

const HOSTS: &[Host] =
    &[Host::Own, Host::OtherPort, Host::SameSite, Host::CrossSite, Host::CrossSite, Host::Secure];

/// Which document asks how often, in a hundred.
const REALMS: &[(u32, Realm)] = &[
    (84, Realm::Page),
    (3, Realm::Srcdoc),
    (6, Realm::Sandboxed),
    (3, Realm::SandboxedSrcdoc),
    (4, Realm::Data),
];

fn realm(rng: &mut Rng, initiator: Initiator) -> Realm {
    match (initiator, weighted(rng, REALMS)) {
        // WebKit sends the beacons of sandboxed frames in the name of their URLs, or of the page around them.
        (Initiator::Beacon, Realm::Sandboxed | Realm::SandboxedSrcdoc) => Realm::Data,
        (_, realm) => realm,
    }
}

/// What is asked for without any server, now and then.
fn target(rng: &mut Rng, ask: &Ask) -> Target {
    match ask.initiator {
        Initiator::Fetch | Initiator::Xhr | Initiator::Image | Initiator::WebGlTexture
            if ask.headers.is_empty() =>
        {
            weighted(rng, &[(16, Target::Server), (1, Target::Data), (1, Target::Blob)])
        }
        _ => Target::Server,
    }
}

fn hop(rng: &mut Rng, realm: Realm, ask: &Ask) -> Hop {
    Hop { host: pick(rng, HOSTS), preflight: preflight(rng, realm, ask), actual: actual(rng, realm, ask) }
}

fn one_in(rng: &mut Rng, count: u32) -> bool {
    rng.u32(0..count) == 0
}

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(0..from.len())]
}

/// One of several, each as often as its weight says.
fn weighted<T: Copy>(rng: &mut Rng, from: &[(u32, T)]) -> T {
    let mut left = rng.u32(0..from.iter().map(|(weight, _)| weight).sum());
    let mut nth = 0;
    while left >= from[nth].0 {
        left -= from[nth].0;
        nth += 1;
    }
    from[nth].1
}
