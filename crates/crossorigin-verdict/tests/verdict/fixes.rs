//! Which server answered, and what to write into its configuration.

use crossorigin_verdict::{PAGES, Server};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::support::{Fetch, URL};

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect()
}

#[test]
fn servers_are_known_by_what_they_say() {
    use Server as S;
    for (pairs, expected) in [
        (&[("server", "nginx/1.22.1")][..], &[S::Nginx][..]),
        (&[("server", "openresty")], &[S::Nginx]),
        (&[("server", "Apache/2.4.57 (Debian)")], &[S::Apache]),
        (&[("server", "Caddy")], &[S::Caddy]),
        (&[("via", "1.1 Caddy"), ("x-powered-by", "Express")], &[S::Express, S::Caddy]),
        (&[("server", "nginx"), ("x-powered-by", "Express")], &[S::Express, S::Nginx]),
        (&[("server", "cloudflare"), ("cf-ray", "1-FRA")], &[S::Cloudflare]),
        (
            &[("server", "AmazonS3"), ("x-amz-cf-id", "x"), ("via", "1.1 x.cloudfront.net (CloudFront)")],
            &[S::S3, S::CloudFront],
        ),
        (&[("server", "CloudFront")], &[S::CloudFront]),
        (
            &[("x-varnish", "1 2"), ("via", "1.1 varnish (Varnish/7.1)"), ("server", "Apache")],
            &[S::Apache, S::Varnish],
        ),
        (&[("server", "envoy"), ("x-envoy-upstream-service-time", "3")], &[S::Envoy]),
        (&[("server", "istio-envoy")], &[S::Envoy]),
        (&[("server", "Microsoft-IIS/10.0"), ("x-powered-by", "ASP.NET")], &[S::AspNet, S::Iis]),
        (&[("server", "Kestrel")], &[S::AspNet]),
        (&[("server", "Werkzeug/3.0 Python/3.11")], &[S::Flask]),
        (&[("server", "WSGIServer/0.2 CPython/3.11")], &[S::Django]),
        (&[("server", "gunicorn"), ("set-cookie", "csrftoken=1; Path=/")], &[S::Django]),
        (&[("server", "gunicorn")], &[]),
        (&[("server", "uvicorn")], &[S::FastApi]),
        (&[("x-runtime", "0.01"), ("x-request-id", "1")], &[S::Rails]),
        (&[("server", "UploadServer")], &[S::CloudStorage]),
        (&[("server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")], &[S::AzureBlob]),
        (
            &[
                ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
                ("pragma", "no-cache"),
                ("expires", "0"),
                ("x-content-type-options", "nosniff"),
            ],
            &[S::Spring],
        ),
        (&[("server", "apachepie")], &[]),
        (&[], &[]),
    ] {
        assert_eq!(Server::recognize(&headers(pairs)), expected, "{pairs:?}");
    }
}

#[test]
fn the_server_nearest_the_origin_is_fixed() {
    let record = Fetch::new(URL).answered(&["200\nserver: cloudflare\nx-amz-request-id: 1\nx-amz-id-2: 2"]);
    let servers: Vec<_> = record.fixes().iter().map(|fix| fix.server).collect();
    assert_eq!(servers, [Some(Server::S3), Some(Server::Crossorigin)]);
}

/// What every snippet must keep to.
#[test]
fn snippets_name_one_origin_and_never_echo_any() {
    for page in PAGES {
        for fix in page.fixes() {
            let (server, text) = (fix.server.unwrap(), &fix.snippet);
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{}: {server}", page.code);
            if page.code.contains("policy") {
                continue;
            }
            assert!(
                text.contains("app.example") || text.contains(r"app\.example"),
                "{}: {server}",
                page.code
            );
            assert!(!text.contains("\"*\"") || server == Server::Rails, "{}: {server} {text}", page.code);
            let open = |letter| text.matches(letter).count();
            assert_eq!(open('{'), open('}'), "{}: {server} {text}", page.code);
            assert_eq!(open('('), open(')'), "{}: {server} {text}", page.code);
        }
    }
}

#[test]
fn snippets_hold_what_the_request_needs() {
    let nginx = "server: nginx";
    let plain = Fetch::new(URL).answered(&[&format!("200\n{nginx}")]).fixes().remove(0).snippet;
    assert!(plain.contains("add_header Vary \"Origin\" always;"));
    for unneeded in ["204", "Credentials \"$", "Methods", "Allow-Headers"] {
        assert!(!plain.contains(unneeded), "{plain}");
    }
    let record = Fetch::new(URL)
        .method("PUT")
        .header("content-type", "application/json")
        .credentials()
        .answered(&[&format!("405\n{nginx}")]);
    let all = record.fixes().remove(0).snippet;
    for needed in [
        "return 204;",
        "add_header Access-Control-Allow-Credentials \"$cors_credentials\" always;",
        "add_header Access-Control-Allow-Methods \"PUT\" always;",
        "add_header Access-Control-Allow-Headers \"content-type\" always;",
    ] {
        assert!(all.contains(needed), "{needed} in\n{all}");
    }
    // A preflight of an earlier hop says nothing of what the last one needs.
    let record = Fetch::new(URL).method("POST").header("x-a", "1").answered(&[
        "204\naccess-control-allow-origin: *\naccess-control-allow-headers: *",
        &format!("200\n{nginx}"),
    ]);
    assert!(record.fixes()[0].snippet.contains("\"x-a\""));
}
