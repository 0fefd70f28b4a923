//! What `crossorigin check` prints for programs, and that it keeps secrets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::process::{Command, Output};

use serde_json::{Value, json};
use support::schema::problems;
use support::scripted::{Scripted, answer};

const APP: &str = "https://app.example";
const ALLOW: &str = "Access-Control-Allow-Origin: https://app.example";

fn check(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossorigin"));
    command.env("NO_PROXY", "*").arg("check").args(arguments).output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = check(arguments);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The schema, closed: it lets members be added, but describes all that there are.
fn schema() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/check.schema.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert!(!has_closed(&schema), "readers may validate what later versions print");
    close(&mut schema);
    schema
}

fn has_closed(schema: &Value) -> bool {
    let members: Vec<_> = schema.as_object().map(|object| object.values().collect()).unwrap_or_default();
    let members = schema.as_array().map_or(members, |array| array.iter().collect());
    schema["additionalProperties"] == false || members.into_iter().any(has_closed)
}

fn close(schema: &mut Value) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(close),
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.contains_key("properties") && members.get("type") == Some(&"object".into()) {
                members.insert("additionalProperties".into(), false.into());
            }
        }
        _ => {}
    }
}

/// A HAR file of one entry, written where the test may write.
fn har(entry: &Value) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".har").tempfile().unwrap();
    let log = json!({ "log": { "creator": { "name": "Firefox", "version": "153.0" }, "entries": [entry] } });
    std::fs::write(file.path(), log.to_string()).unwrap();
    file
}

#[test]
fn json_is_as_its_schema_says() {
    let schema = schema();
    let blocked = Scripted::always("200 OK", &["Server: nginx"]);
    let shared = Scripted::start(|asked| {
        let headers =
            [ALLOW, "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: *", "ETag: 1"];
        answer(if asked.is_preflight() { "204 No Content" } else { "200 OK" }, &headers)
    });
    let redirected = Scripted::always("302 Found", &[ALLOW, "Location: http://user:secret@127.0.0.1/"]);
    let closes = Scripted::start(|_| String::new());
    let (blocked, shared, redirected, closes) =
        (blocked.url("/"), shared.url("/"), redirected.url("/"), closes.url("/"));
    let mut verdicts = Vec::new();
    for arguments in [
        &[blocked.as_str(), "--from", APP][..],
        &[&blocked, "--from", APP, "--as", "image"],
        &[&blocked, "--from", APP, "-X", "DELETE"],
        &[&shared, "--from", APP, "-X", "PUT", "-H", "Authorization: x", "--repeat", "2"],
        &[&shared, "--from", "null", "--credentials", "include"],
        &[&redirected, "--from", APP],
        &[&closes, "--from", APP],
        &[&shared, "--from", APP, "-d", "x", "--preflight-only"],
        &["data:text/plain,x", "--from", APP],
        &["http://127.0.0.1:22/", "--from", APP],
    ] {
        let found: Value =
            serde_json::from_str(&printed(&[arguments, &["--format", "json"]].concat())).unwrap();
        assert_eq!(problems(&schema, &found), Vec::<String>::new(), "{arguments:?}: {found:#}");
        verdicts.extend(found["results"].as_array().unwrap().iter().map(|one| one["verdict"].clone()));
    }
    for verdict in ["shared", "opaque", "blocked", "unreachable"] {
        assert!(verdicts.contains(&verdict.into()), "no {verdict} among them");
    }
}

#[test]
fn the_schema_refuses_what_is_not_so() {
    let server = Scripted::always("200 OK", &[ALLOW]);
    let good: Value =
        serde_json::from_str(&printed(&[&server.url("/"), "--from", APP, "--format", "json"])).unwrap();
    let schema = schema();
    for (place, value) in [
        ("/results/0/verdict", json!("perhaps")),
        ("/results/0/exchanges/0/response/status", json!("200")),
        ("/results/0/exchanges/0/response/more", json!(1)),
        ("/schema_version", json!(2)),
    ] {
        let mut bad = good.clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap()[name] = value;
        assert!(!problems(&schema, &bad).is_empty(), "{place} is taken");
    }
    let mut bad = good;
    bad["results"][0].as_object_mut().unwrap().remove("cause");
    assert!(!problems(&schema, &bad).is_empty());
}

#[test]
fn secrets_stay_out_of_what_is_kept() {
    let secret = "s3cr3ts3cr3t";
    let cookie = format!("Set-Cookie: session={secret}");
    let location = format!("Location: /next?token={secret}");
    let server = Scripted::start(move |asked| {
        if asked.is_preflight() {
            return answer(
                "204 No Content",
                &[ALLOW, "Access-Control-Allow-Headers: authorization,x-api-key"],
            );
        }
        match asked.line.contains("next") {
            true => answer("200 OK", &[]),
            false => answer("302 Found", &[ALLOW, &cookie, &location]),
        }
    });
    let url = server.url(&format!("/?access_token={secret}&page=2"));
    let authorization = format!("Authorization: Bearer {secret}");
    let key = format!("X-Api-Key: {secret}");
    let flags = [url.as_str(), "--from", APP, "-H", &authorization, "-H", &key, "-d", secret];
    for format in ["json", "github", "sarif"] {
        let said = printed(&[&flags[..], &["--format", format]].concat());
        assert!(said.contains("page=2"), "{said}");
        assert!(!said.contains(secret), "{format}: {said}");
    }
    // People who look at their own terminal get commands that work.
    assert!(printed(&flags).contains(secret));

    let recorded = har(&json!({
        "request": { "method": "GET", "url": format!("https://api.example/?access_token={secret}&page=2"), "headers": [
            { "name": "Origin", "value": APP }, { "name": "Cookie", "value": format!("session={secret}") },
            { "name": "Authorization", "value": format!("Bearer {secret}") },
        ] },
        "response": { "status": 200, "headers": [{ "name": "Set-Cookie", "value": format!("session={secret}") }] },
    }));
    for format in ["text", "json", "github", "sarif"] {
        let said = printed(&["--har", recorded.path().to_str().unwrap(), "--format", format]);
        assert!(said.contains("page=2") && !said.contains(secret), "{format}: {said}");
    }
}

#[test]
fn github_gets_one_annotation_a_finding() {
    let server = Scripted::always("200 OK", &["Server: nginx"]);
    let url = server.url("/a,b");
    let said = printed(&[&url, "--from", APP, "--format", "github"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("::error title=GET http%3A//127.0.0.1%3A"), "{said}");
    assert!(said.contains("/a%2Cb%3A blocked::standard, chromium, firefox, webkit: "), "{said}");
    assert!(said.contains("%0A"), "the fix is on lines of its own: {said}");
    let server = Scripted::always("200 OK", &[ALLOW]);
    let said = printed(&[&server.url("/"), "--from", APP, "--format", "github"]);
    assert!(said.starts_with("::notice title="), "{said}");
}

#[test]
fn sarif_has_rules_and_results() {
    let server = Scripted::always("200 OK", &[]);
    let said = printed(&[&server.url("/"), "--from", APP, "--format", "sarif"]);
    let log: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "allow-origin-missing");
    assert!(run["tool"]["driver"]["rules"][0]["help"]["text"].as_str().unwrap().len() > 40);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 1, "{results:?}");
    assert_eq!(
        (&results[0]["ruleId"], &results[0]["level"]),
        (&"allow-origin-missing".into(), &"error".into())
    );
    assert!(
        results[0]["message"]["text"].as_str().unwrap().starts_with("standard, chromium, firefox, webkit: ")
    );
    let place = &results[0]["locations"][0]["physicalLocation"];
    // Code scanning refuses what has a scheme, and what has no line.
    let expected = format!("127.0.0.1%3A{}/", server.address.port());
    assert_eq!(place["artifactLocation"]["uri"], expected);
    assert_eq!(place["region"]["startLine"], 1);
    assert_eq!(results[0]["webRequest"]["target"], server.url("/"));
    let server = Scripted::always("200 OK", &[ALLOW]);
    let log: Value =
        serde_json::from_str(&printed(&[&server.url("/"), "--from", APP, "--format", "sarif"])).unwrap();
    assert_eq!(log["runs"][0]["results"], json!([]), "what is well is no result");
}

#[test]
fn recordings_are_judged_by_what_they_hold() {
    let origin = json!({ "name": "Origin", "value": APP });
    let get = |status: u16, headers: Value| {
        json!({
            "request": { "method": "GET", "url": "https://api.example/", "headers": [origin] },
            "response": { "status": status, "headers": headers, "_error": "net::ERR_FAILED" },
        })
    };
    let put = json!({
        "request": { "method": "PUT", "url": "https://api.example/", "headers": [origin] },
        "response": { "status": 200, "headers": [{ "name": "access-control-allow-origin", "value": "*" }] },
    });
    let picture = json!({
        "_resourceType": "image",
        "request": { "method": "GET", "url": "https://me:secret@img.example/a.png?b#c", "headers": [
            { "name": "Referer", "value": "https://app.example/" },
        ] },
        "response": { "status": 200, "headers": [] },
    });
    for (entry, verdict, reason, code) in [
        (
            get(200, json!([{ "name": "Access-Control-Allow-Origin", "value": APP }])),
            "shared",
            Value::Null,
            0,
        ),
        (get(200, json!([])), "blocked", "allow-origin-missing".into(), 1),
        (get(0, json!([])), "unreachable", Value::Null, 3),
        (get(304, json!([])), "unreachable", Value::Null, 3),
        // What was sent has no user, and no fragment.
        (picture, "opaque", Value::Null, 0),
        // No preflight is in the file, but the request went out.
        (put.clone(), "shared", Value::Null, 0),
    ] {
        let file = har(&entry);
        let output =
            check(&["--har", file.path().to_str().unwrap(), "--format", "json", "--profile", "firefox"]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let result = &found["results"][0];
        assert_eq!(
            (&result["verdict"], &result["reason"]),
            (&verdict.into(), &reason),
            "{entry}: {result:#}"
        );
        assert_eq!(output.status.code(), Some(code), "{entry}");
        assert_eq!(problems(&schema(), &found), Vec::<String>::new());
        assert!(found["notes"][0].as_str().unwrap().contains("Firefox 153.0"), "{}", found["notes"]);
        let is_assumed = result["notes"].to_string().contains("assumed to have been permitted");
        assert_eq!(is_assumed, entry == put, "{}", result["notes"]);
    }
}

/// What was on the wire tells the element's attribute.
#[test]
fn recordings_tell_who_asked() {
    let entry = |headers: &[(&str, &str)]| {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        json!({
            "request": { "method": "GET", "url": "https://cdn.example/a.js", "headers": headers },
            "response": { "status": 200, "headers": [{ "name": "Access-Control-Allow-Origin", "value": "*" }] },
        })
    };
    let (referer, script) = (("Referer", "https://app.example/"), ("Sec-Fetch-Dest", "script"));
    let (cors, no_cors) = (("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Mode", "no-cors"));
    for (headers, mode, credentials, verdict) in [
        (&[referer, script, no_cors][..], "no-cors", "include", "opaque"),
        (&[referer, script, cors], "cors", "same-origin", "shared"),
        (&[referer, script, cors, ("Cookie", "a=1")], "cors", "include", "blocked"),
    ] {
        let file = har(&entry(headers));
        let said =
            printed(&["--har", file.path().to_str().unwrap(), "--format", "json", "--profile", "standard"]);
        let found: Value = serde_json::from_str(&said).unwrap();
        let result = &found["results"][0];
        assert_eq!(result["request"]["initiator"], "script");
        assert_eq!(
            (&result["request"]["mode"], &result["request"]["credentials"]),
            (&mode.into(), &credentials.into())
        );
        assert_eq!(result["verdict"], verdict, "{headers:?}");
    }
}

#[test]
fn messages_are_explained() {
    let message = "Access to fetch at 'https://api.example/x' from origin 'https://app.example' has been blocked by CORS \
                   policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.";
    let said = printed(&["--console", message]);
    for part in [
        "chromium means allow-origin-missing",
        "crossorigin explain allow-origin-missing",
        "check https://api.example/x --from https://app.example",
    ] {
        assert!(said.contains(part), "{part} is missing from {said}");
    }
}

/// With its mode and its credentials, and without changing anything on the server.
#[test]
fn the_suggested_command_asks_as_the_page_did() {
    let wildcard = "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' \
                    when the request's credentials mode is 'include'.";
    let missing = "No 'Access-Control-Allow-Origin' header is present on the requested resource.";
    let preflight =
        "Response to preflight request doesn't pass access control check: It does not have HTTP ok status.";
    let method = "Method DELETE is not allowed by Access-Control-Allow-Methods in preflight response.";
    let header =
        "Request header field x-a is not allowed by Access-Control-Allow-Headers in preflight response.";
    for (kind, sentence, flags) in [
        ("fetch", missing, ""),
        ("XMLHttpRequest", wildcard, " --as xhr --credentials include"),
        ("image", missing, " --as image --crossorigin"),
        ("image", wildcard, " --as image --crossorigin=use-credentials"),
        ("font", missing, " --as font"),
        ("fetch", preflight, " -X PUT --preflight-only"),
        ("fetch", method, " -X DELETE --preflight-only"),
        ("XMLHttpRequest", header, " --as xhr -H 'x-a: 1' --preflight-only"),
    ] {
        let said = printed(&[
            "--console",
            &format!(
                "Access to {kind} at 'https://api.example/' from origin '{APP}' has been blocked by CORS policy: {sentence}"
            ),
        ]);
        let line = said.lines().find_map(|line| line.trim().strip_prefix("to look closer: ")).unwrap();
        assert_eq!(line, format!("crossorigin check https://api.example/ --from {APP}{flags}"));
    }
    let local = "Access to fetch at 'file:///a.json' from origin 'null' has been blocked by CORS policy: Cross origin \
                 requests are only supported for protocol schemes: chrome, data, http, https.";
    assert!(!printed(&["--console", local]).contains("to look closer"), "files are not checked");
}

/// What a message holds is words of the command that is suggested, and never a command of its own.
#[test]
fn the_suggested_command_is_safe_to_paste() {
    for (url, origin) in [
        ("https://api.example/x", "https://app.example"),
        ("https://api.example/a'; echo injected; '", "https://b"),
        ("https://api.example/$(echo$IFS\u{1b}[31m)", "https://b'`echo`"),
        ("https://api.example/x", ""),
    ] {
        let message = match origin {
            "" => format!("Fetch API cannot load {url} due to access control checks."),
            _ => format!(
                "Access to fetch at '{url}' from origin '{origin}' has been blocked by CORS policy: No \
                 'Access-Control-Allow-Origin' header is present on the requested resource."
            ),
        };
        let said = printed(&["--console", &message]);
        assert!(!said.contains('\u{1b}'), "what a terminal acts upon is spelled out: {said:?}");
        let line = said.lines().find_map(|line| line.trim().strip_prefix("to look closer: ")).unwrap();
        let command = line.strip_prefix("crossorigin ").unwrap();
        let shell = Command::new("sh").arg("-c").arg(format!("printf '%s|' {command}")).output().unwrap();
        let words = String::from_utf8(shell.stdout).unwrap();
        let origin = if origin.is_empty() { "https://the-page.example" } else { origin };
        assert_eq!(words, format!("check|{url}|--from|{origin}|"), "{line}");
    }
}
