//! Routing is on the way of every request: it allocates nothing.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::path::Path;

use crossorigin_policy::PolicyDocument;
use http::{HeaderMap, HeaderValue, Method};

#[test]
fn finding_a_route_allocates_nothing() {
    let mut text = String::from("[[listeners]]\naddress = \"127.0.0.1:80\"\n");
    for nth in 0..1000 {
        let more = match nth % 4 {
            0 => "",
            1 => "host = [\"a.example\", \"b.example\"]\n",
            2 => "methods = [\"PUT\"]\n",
            _ => "extensions = [\"png\"]\n",
        };
        text.push_str(&format!("[[routes]]\npath = \"/a/{}\"\nupstream = \"http://u\"\n{more}", nth / 4));
    }
    let (site, _) = PolicyDocument::parse(Path::new("p.toml"), &text).compile().unwrap();
    let listener = &site.listeners[0];
    let mut preflight = HeaderMap::new();
    preflight.insert("origin", HeaderValue::from_static("https://app.example"));
    preflight.insert("access-control-request-method", HeaderValue::from_static("A-METHOD-OF-ITS-OWN"));
    let none = HeaderMap::new();
    let requests = [
        ("/a/17/b/c.png", Some("B.example:80"), &Method::GET, &none),
        ("/%61/%31%37/b/c.pn%67", Some("other.example"), &Method::HEAD, &none),
        ("/a/100000", None, &Method::PUT, &none),
        ("/a/17/%2e%2e", Some("a.example"), &Method::GET, &none),
        ("/a/18", Some("a.example"), &Method::OPTIONS, &preflight),
    ];
    for (path, host, method, headers) in requests {
        let counted = allocation_counter::measure(|| {
            std::hint::black_box(site.find(listener, host, path, method, headers)).ok();
        });
        assert_eq!(counted.count_total, 0, "{path}");
    }
}
