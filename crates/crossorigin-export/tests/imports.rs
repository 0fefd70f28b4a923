//! Configurations as people write them, read back: the policy file beside each, and what is found in it.
//!
//! `UPDATE_DOCS=1` writes the policy files anew.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use crossorigin_export::import::{Format, Imported, Severity, import};
use crossorigin_policy::PolicyDocument;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import")
}

fn read(format: Format, name: &str) -> Imported {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    import(format, &text).expect(name)
}

/// Each finding as its severity's first letter, line and code.
fn found(imported: &Imported) -> Vec<String> {
    let findings = imported.findings.iter().map(|finding| {
        let severity = match finding.severity {
            Severity::Unread => "unread",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        format!("{severity} {} {}", finding.line, finding.code)
    });
    findings.collect()
}

#[test]
fn what_people_write_is_read() {
    let rows: &[(Format, &str, &[&str])] = &[
        (
            Format::Apache,
            "h5bp-images.htaccess",
            &[
                "warning 6 missing-vary",
                "warning 6 errors-without-headers",
                "warning 14 errors-without-headers",
            ],
        ),
        (Format::Apache, "env.apache.conf", &[]),
        (Format::Nginx, "map.nginx.conf", &["note 7 wider-pattern"]),
        (
            Format::Nginx,
            "if.nginx.conf",
            &[
                "unread 3 look-alike-origin",
                "warning 6 missing-vary",
                "warning 6 errors-without-headers",
                "note 6 max-age",
                "note 6 name-left-out",
            ],
        ),
        (
            Format::Nginx,
            "echo.nginx.conf",
            &[
                "warning 1 missing-vary",
                "warning 1 errors-without-headers",
                "warning 1 null-origin",
                "warning 1 any-origin-with-credentials",
            ],
        ),
        (Format::Caddy, "snippet.Caddyfile", &[]),
        (Format::Caddy, "regexp.Caddyfile", &["unread 2 look-alike-origin"]),
        (
            Format::Envoy,
            "routes.envoy.yaml",
            &[
                "warning 15 missing-vary",
                "unread 17 look-alike-origin",
                "unread 19 origin-matcher",
                "unread 20 look-alike-origin",
            ],
        ),
        (Format::GatewayApi, "route.gateway.yaml", &[]),
        (Format::S3, "rules.s3.json", &["unread 3 origin-wildcard"]),
        (Format::S3, "rules.s3.xml", &[]),
        (Format::Gcs, "cors.gcs.json", &[]),
    ];
    for (format, name, findings) in rows {
        let imported = read(*format, name);
        assert_eq!(found(&imported), *findings, "{name}");
        assert_eq!(imported.is_partial(), findings.iter().any(|finding| finding.starts_with("unread")));
        let policy = imported.policy_file(name);
        let expected = folder().join(format!("{name}.toml"));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&expected, &policy).unwrap();
        }
        assert_eq!(
            policy,
            std::fs::read_to_string(&expected).unwrap_or_default(),
            "{name}: UPDATE_DOCS=1 writes it"
        );
        // Folders of others are not here; everything else about it is in order.
        let compiled = PolicyDocument::parse(&expected, &policy).compile();
        compiled.unwrap_or_else(|report| panic!("{name}: {report}"));
    }
}

#[test]
fn what_can_not_be_read_is_refused_with_its_line() {
    let rows: &[(Format, &str, usize, &str)] = &[
        (Format::Nginx, "server {\n  listen 80;\n", 1, "this block is not closed"),
        (Format::Nginx, "\n}", 2, "closes nothing"),
        (Format::Nginx, "add_header A\n\"b", 2, "this string is not closed"),
        (Format::Nginx, "add_header Access-Control-Allow-Origin *", 1, "does not end"),
        (Format::Nginx, "include mime.types;\ninclude cors.conf;", 2, "include cors.conf is not followed"),
        (
            Format::Nginx,
            "location / {\n  add_header Access-Control-Allow-Origin $mine;\n}",
            2,
            "the variable $mine is not known here",
        ),
        (
            Format::Nginx,
            "map $a $b { default $a; }\nmap $b $a { default $b; }\nadd_header Access-Control-Allow-Origin $a;",
            1,
            "go in a circle",
        ),
        (Format::Apache, "<Directory /srv>\nHeader set A b", 1, "<Directory> is not closed"),
        (Format::Apache, "<Directory /srv>\n</Location>", 2, "does not close"),
        (Format::Apache, "# a\nInclude conf.d/*.conf", 2, "Include conf.d/*.conf is not followed"),
        (Format::Apache, "Header set Access-Control-Allow-Origin ${O}", 1, "what is defined elsewhere"),
        (Format::Apache, "Header set Access-Control-Allow-Origin %{X}s", 1, "a variable that is not known"),
        (Format::Apache, "Header set \"A", 1, "this string is not closed"),
        (Format::Caddy, "a.example {\n  header X y\n", 1, "this block is not closed"),
        (Format::Caddy, "header A \"b\n", 1, "this string is not closed"),
        (Format::Caddy, ":80 {\n  import cors.conf\n}", 2, "import cors.conf is not followed"),
        (Format::Caddy, "(a) {\n  import a\n}\n:80 {\n  import a\n}", 2, "imports itself"),
        (
            Format::Caddy,
            ":80\nheader Access-Control-Allow-Origin {$ORIGIN}",
            2,
            "the placeholder {$ORIGIN} is not known",
        ),
        (
            Format::Caddy,
            ":80\n@a expression true\nheader @a Access-Control-Allow-Origin *",
            2,
            "the condition expression of @a is not read",
        ),
        (Format::Envoy, "a: &x 1\nb: *x", 2, "aliases are not read"),
        (Format::Envoy, "a: [\n", 2, "this is no YAML"),
        (Format::GatewayApi, "a: 1\na: 2", 2, "for the second time"),
        (Format::S3, "[{\"AllowedMethods\": [\"GET\"]}]", 1, "has no AllowedOrigins"),
        (Format::S3, "[\n{]", 2, "this is no JSON"),
        (Format::S3, "<CORSConfiguration>\n<CORSRule>", 1, "this is no XML"),
        (Format::Gcs, "{}", 1, "no list of entries"),
    ];
    for (format, text, line, message) in rows {
        let error = import(*format, text).unwrap_err();
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(error.line, *line, "{text}: {error}");
        assert!(!error.remedy.is_empty(), "{text}");
    }
}

/// What a configuration says by a trap of its server's.
#[test]
fn traps_of_servers_are_read_as_the_server_reads_them() {
    let rows: &[(Format, &str, &[&str], &[&str])] = &[
        // The inner add_header drops the outer ones.
        (
            Format::Nginx,
            "server { add_header Access-Control-Allow-Origin * always; location /a/ { add_header X-A b; } }",
            &["/ public", "/a/"],
            &["warning 1 headers-dropped"],
        ),
        // Of two ifs that hold, the last one's headers count.
        (
            Format::Nginx,
            "location / {\nif ($http_origin = https://a.example) { add_header Access-Control-Allow-Origin $http_origin always; }\n\
             if ($request_method = GET) { add_header Vary Origin always; }\n}",
            &[],
            &["warning 1 no-cors"],
        ),
        (
            Format::Nginx,
            "add_header Access-Control-Allow-Origin 'https://a.example, https://b.example' always;",
            &["/ site"],
            &["warning 1 allow-origin-list"],
        ),
        (
            Format::Nginx,
            "add_header Access-Control-Allow-Origin * always;\nadd_header Access-Control-Allow-Credentials true always;",
            &["/ public"],
            &["warning 1 credentials-without-effect"],
        ),
        // What a rewrite answers takes only the table `always`.
        (
            Format::Apache,
            "Header set Access-Control-Allow-Origin https://a.example\nRewriteEngine On\n\
             RewriteCond %{REQUEST_METHOD} OPTIONS\nRewriteRule .* - [R=204,L]",
            &["/ site"],
            &["note 1 preflight-fails", "warning 1 errors-without-headers"],
        ),
        // A handle that answers swallows a respond beside it.
        (
            Format::Caddy,
            ":80\n@preflight method OPTIONS\nheader Access-Control-Allow-Origin *\nheader Access-Control-Allow-Methods PUT\n\
             respond @preflight 204\nhandle {\n  reverse_proxy a:80\n}",
            &["/ public"],
            &["note 3 preflight-passes"],
        ),
        (
            Format::Caddy,
            ":80\n@o header Origin https://a.example\nheader @o Access-Control-Allow-Origin https://a.example\nreverse_proxy a:80",
            &["/ site"],
            &["warning 3 missing-vary"],
        ),
        (Format::Nginx, "server { listen 80; }", &[], &["warning 1 no-cors"]),
    ];
    for (format, text, routes, findings) in rows {
        let imported = import(*format, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let told = imported.routes.iter().map(|route| match &route.policy {
            Some(policy) => format!("{} {policy}", route.path),
            None => route.path.clone(),
        });
        assert_eq!(told.collect::<Vec<_>>(), *routes, "{text}");
        assert_eq!(found(&imported), *findings, "{text}: {:?}", imported.findings);
    }
}

#[test]
fn the_explanation_of_a_missing_vary_names_what_happens() {
    let imported = read(Format::Apache, "h5bp-images.htaccess");
    let finding = &imported.findings[0];
    assert!(finding.message.contains("keeps the answer to a request without Origin"), "{finding}");
    assert!(finding.remedy.contains("Header always merge Vary Origin"), "{finding}");
}

/// Whatever is cut out, doubled or put in another place, there is an answer, and soon: bounds hold where syntax does not.
#[test]
fn no_text_makes_it_panic() {
    const SEED: u64 = 0x1309;
    println!("seed {SEED}");
    let mut state = SEED;
    let mut random = move |most: usize| {
        // https://prng.di.unimi.it/splitmix64.c
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % (most.max(1) as u64)).unwrap()
    };
    let samples: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "toml"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert!(samples.len() > 10);
    let mut read = 0;
    for _ in 0..400 {
        let mut text: Vec<char> = samples[random(samples.len())].chars().collect();
        for _ in 0..1 + random(4) {
            let (start, length) = (random(text.len()), random(40));
            let piece: Vec<char> = text[start..(start + length).min(text.len())].to_vec();
            match random(3) {
                0 => drop(text.drain(start..start + piece.len())),
                1 => drop(text.splice(start..start, piece)),
                _ => {
                    const SIGNS: [char; 10] = ['{', '}', '"', '$', '\\', '<', '*', '\n', '\u{e4}', '('];
                    text.insert(start, SIGNS[random(10)]);
                }
            }
        }
        let text: String = text.into_iter().collect();
        for format in Format::ALL {
            if let Ok(imported) = import(*format, &text) {
                read += 1;
                let policy = imported.policy_file("mutated");
                let compiled = PolicyDocument::parse(Path::new("policy.toml"), &policy).compile();
                // What a place is called may be no path of a route; a policy is one in any case.
                if let Err(report) = compiled {
                    let codes = [
                        "bad-path",
                        "bad-host",
                        "bad-extension",
                        "bad-method",
                        "bad-target",
                        "ambiguous-route",
                    ];
                    for problem in report.problems() {
                        assert!(codes.contains(&problem.code()), "{problem}\n{text}\n{policy}");
                    }
                }
            }
        }
    }
    assert!(read > 300, "{read}");
}

#[test]
fn snippets_that_import_each_other_end() {
    let mut text = String::new();
    for number in 0..15 {
        let next = "import s".to_owned() + &(number + 1).to_string() + "\n";
        text.push_str(&format!("(s{number}) {{\n{}}}\n", next.repeat(10)));
    }
    text.push_str("(s15) {\nheader A b\n}\n:80 {\nimport s0\n}\n");
    let error = import(Format::Caddy, &text).unwrap_err();
    assert!(error.message.contains("more than 100000 directives"), "{error}");
}
