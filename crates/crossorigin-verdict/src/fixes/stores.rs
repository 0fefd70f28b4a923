//! Snippets for object stores and networks of caches.

use super::needs::MAX_AGE;
use super::{Fix, Needs};
use crate::servers::Server;

/// A JSON list of strings.
fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| format!("\"{item}\"")).collect();
    format!("[{}]", items.join(", "))
}

/// The methods to list: stores list the safelisted ones too.
fn methods(needs: &Needs) -> Vec<&str> {
    let asked = needs.preflight.as_ref().and_then(|preflight| preflight.unsafe_method());
    ["GET", "HEAD"].into_iter().chain(asked).collect()
}

fn headers(needs: &Needs) -> Vec<&str> {
    needs.preflight.iter().flat_map(|preflight| &preflight.headers).map(String::as_str).collect()
}

pub(super) fn s3(needs: &Needs) -> Fix {
    let snippet = format!(
        "[\n  {{\n    \"AllowedOrigins\": {},\n    \"AllowedMethods\": {},\n    \"AllowedHeaders\": {},\n    \"MaxAgeSeconds\": {MAX_AGE}\n  }}\n]\n",
        list([needs.origin.as_str()]),
        list(methods(needs)),
        list(headers(needs))
    );
    Fix::new(Some(Server::S3), "In the bucket's CORS configuration (aws s3api put-bucket-cors takes it within {\"CORSRules\": …}):", "json", snippet).note(
        "S3 knows GET, HEAD, PUT, POST and DELETE. It sends Access-Control-Allow-Credentials by itself, and no Vary to requests \
         without Origin: a cache before it must count Origin in its key.",
    )
}

pub(super) fn cloud_storage(needs: &Needs) -> Fix {
    let snippet = format!(
        "[\n  {{\n    \"origin\": {},\n    \"method\": {},\n    \"responseHeader\": {},\n    \"maxAgeSeconds\": {MAX_AGE}\n  }}\n]\n",
        list([needs.origin.as_str()]),
        list(methods(needs)),
        list(headers(needs).into_iter().chain(["content-type"]))
    );
    Fix::new(
        Some(Server::CloudStorage),
        "In a file for `gcloud storage buckets update gs://BUCKET --cors-file=FILE`:",
        "json",
        snippet,
    )
    .note("responseHeader both permits request headers and exposes response headers.")
}

pub(super) fn azure_blob(needs: &Needs) -> Fix {
    let names = headers(needs).join(",");
    let headers = if names.is_empty() { String::new() } else { format!(" --allowed-headers '{names}'") };
    let snippet = format!(
        "az storage cors add --services b --origins '{}' --methods {}{headers} --max-age {MAX_AGE}\n",
        needs.origin,
        methods(needs).join(" ")
    );
    Fix::new(Some(Server::AzureBlob), "In the storage account:", "sh", snippet)
        .note("Azure takes five rules an account, and its own default for the time is 0 seconds.")
}

pub(super) fn cloudfront(needs: &Needs) -> Fix {
    let all = |items: Vec<&str>| {
        let quantity = items.len();
        format!("{{ \"Quantity\": {quantity}, \"Items\": {} }}", list(items))
    };
    let names = match headers(needs) {
        names if names.is_empty() => vec!["content-type"],
        names => names,
    };
    let snippet = format!(
        "{{\n  \"Name\": \"cors\",\n  \"CorsConfig\": {{\n    \"AccessControlAllowOrigins\": {},\n    \"AccessControlAllowMethods\": {},\n    \"AccessControlAllowHeaders\": {},\n    \"AccessControlAllowCredentials\": {},\n    \"AccessControlMaxAgeSec\": {MAX_AGE},\n    \"OriginOverride\": true\n  }}\n}}\n",
        all(vec![needs.origin.as_str()]),
        all(methods(needs)),
        all(names),
        needs.credentials
    );
    Fix::new(Some(Server::CloudFront), "In a response headers policy of CloudFront (aws cloudfront create-response-headers-policy), attached to the cache behavior:", "json", snippet)
        .note("Let the behavior allow OPTIONS. OriginOverride replaces what the origin sends.")
}

pub(super) fn cloudflare(needs: &Needs) -> Fix {
    let mut lines =
        format!("    answer.headers.set(\"Access-Control-Allow-Origin\", \"{}\");\n", needs.origin);
    if needs.credentials {
        lines.push_str("    answer.headers.set(\"Access-Control-Allow-Credentials\", \"true\");\n");
    }
    let mut preflight_lines = String::new();
    let mut ask = "await fetch(request)".to_owned();
    if let Some(preflight) = &needs.preflight {
        preflight_lines.push_str("  const preflight = request.method === \"OPTIONS\" && request.headers.has(\"Access-Control-Request-Method\");\n");
        ask = "preflight ? null : await fetch(request)".to_owned();
        for (name, value) in preflight.response_headers() {
            lines.push_str(&format!("    if (preflight) answer.headers.set(\"{name}\", \"{value}\");\n"));
        }
    }
    let make = match needs.preflight {
        Some(_) => {
            "  const answer = preflight ? new Response(null, { status: 204 }) : new Response(upstream.body, upstream);\n"
        }
        None => "  const answer = new Response(upstream.body, upstream);\n",
    };
    let snippet = format!(
        "export default {{ async fetch(request) {{\n{preflight_lines}  const upstream = {ask};\n{make}  answer.headers.delete(\"Access-Control-Allow-Origin\");\n  if (request.headers.get(\"Origin\") === \"{}\") {{\n{lines}  }}\n  answer.headers.append(\"Vary\", \"Origin\");\n  return answer;\n}} }};\n",
        needs.origin
    );
    Fix::new(Some(Server::Cloudflare), "In a Worker of Cloudflare, on the route:", "javascript", snippet)
        .note("Better at the origin, whose own headers this replaces.")
}
