//! What fails next once the first thing is fixed.

use crossorigin_verdict::{NextFailure, Record};

use crate::support::{Fetch, URL};

/// The codes of what fails next; `-> METHOD` for what was never sent.
fn next(record: &Record) -> Vec<String> {
    let of = |failure: &NextFailure| match failure {
        NextFailure::Fails { reason, .. } => reason.code().to_owned(),
        NextFailure::Unanswered { method, needs, .. } => {
            let needs: Vec<_> = needs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("-> {method} {}", needs.join(" ")).trim_end().to_owned()
        }
        _ => String::new(),
    };
    record.next_failures().iter().map(of).collect()
}

#[test]
fn one_answer_after_the_other() {
    let origin = "access-control-allow-origin=https://app.example";
    let put = || Fetch::new(URL).method("PUT").header("x-token", "1");
    for (record, expected) in [
        (Fetch::new(URL).answered(&["200"]), vec![]),
        (Fetch::new(URL).answered(&["200\naccess-control-allow-origin: *"]), vec![]),
        (Fetch::new(URL).credentials().answered(&["200"]), vec!["allow-credentials".to_owned()]),
        (
            put().answered(&["404"]),
            vec![
                "preflight-status".to_owned(),
                "preflight-method".to_owned(),
                "preflight-header".to_owned(),
                format!("-> PUT {origin}"),
            ],
        ),
        (
            put().credentials().answered(&["204\naccess-control-allow-origin: *\naccess-control-allow-methods: *\naccess-control-allow-headers: *"]),
            vec![
                "preflight-allow-credentials".to_owned(),
                "preflight-method".to_owned(),
                "preflight-header".to_owned(),
                format!("-> PUT {origin} access-control-allow-credentials=true"),
            ],
        ),
        (
            put().answered(&[
                "204\naccess-control-allow-origin: *\naccess-control-allow-methods: PUT\naccess-control-allow-headers: X-Token",
                "200",
            ]),
            vec![],
        ),
        (
            Fetch::new(URL).answered(&["302\nlocation: /new"]),
            vec![format!("-> GET {origin}")],
        ),
        (
            Fetch::new(URL).answered(&["302\nlocation: https://u:p@x.example/"]),
            vec!["redirect-credentials".to_owned()],
        ),
        (Fetch::new(URL).answered(&["refused"]), vec![]),
    ] {
        assert_eq!(next(&record), expected, "{}", record.cause());
    }
}

#[test]
fn the_last_one_says_what_the_request_needs() {
    let record = Fetch::new(URL).method("DELETE").answered(&["204\naccess-control-allow-origin: *"]);
    let next = record.next_failures();
    assert_eq!(
        next.last().unwrap().text(),
        "Then the request itself is sent, DELETE https://api.example/items, which it never was; its response must \
         carry Access-Control-Allow-Origin: https://app.example, too, whatever its status."
    );
}
