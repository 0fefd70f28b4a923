//! Snippets for servers and proxies.

use std::fmt::Write as _;

use super::{Fix, Needs};
use crate::servers::Server;

/// `map` compares without regard to case unless it is given a regular expression; an empty value sends nothing.
pub(super) fn nginx(needs: &Needs) -> Fix {
    let mut snippet = format!(
        "# in http {{ }}\nmap $http_origin $cors_origin {{\n    \"~{}\" $http_origin;\n}}\n",
        needs.origin_regex()
    );
    let mut names = vec![("Access-Control-Allow-Origin", "$cors_origin".to_owned())];
    if needs.credentials {
        snippet.push_str("map $cors_origin $cors_credentials {\n    \"~.\" true;\n}\n");
        names.push(("Access-Control-Allow-Credentials", "$cors_credentials".to_owned()));
    }
    if needs.preflight.is_some() {
        snippet.push_str(
            "map \"$request_method:$http_access_control_request_method\" $cors_preflight {\n    \"~^OPTIONS:.\" 1;\n}\n",
        );
    }
    let always = |indent: &str, pairs: &[(&str, String)]| -> String {
        pairs.iter().map(|(name, value)| format!("{indent}add_header {name} \"{value}\" always;\n")).collect()
    };
    names.push(("Vary", "Origin".to_owned()));
    snippet.push_str("\n# in location { }\n");
    if let Some(preflight) = &needs.preflight {
        snippet.push_str("if ($cors_preflight) {\n");
        snippet.push_str(&always("    ", &names));
        snippet.push_str(&always("    ", &preflight.response_headers()));
        snippet.push_str("    return 204;\n}\n");
    }
    snippet.push_str(&always("", &names));
    for name in ["Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"] {
        let _ = writeln!(snippet, "proxy_hide_header {name};");
    }
    Fix::new(Some(Server::Nginx), "In nginx:", "nginx", snippet).note(
        "An add_header in an inner block drops all that it inherits. Without `always` errors lose the headers. \
         proxy_hide_header keeps an upstream's own headers from standing beside these.",
    )
}

pub(super) fn apache(needs: &Needs) -> Fix {
    let mut snippet = format!("SetEnvIfExpr \"req('Origin') == '{0}'\" cors_origin={0}\n", needs.origin);
    for table in ["", "always "] {
        let _ = writeln!(snippet, "Header {table}unset Access-Control-Allow-Origin");
    }
    snippet.push_str("Header always set Access-Control-Allow-Origin \"%{cors_origin}e\" env=cors_origin\n");
    if needs.credentials {
        for table in ["", "always "] {
            let _ = writeln!(snippet, "Header {table}unset Access-Control-Allow-Credentials");
        }
        snippet.push_str("Header always set Access-Control-Allow-Credentials \"true\" env=cors_origin\n");
    }
    snippet.push_str("Header always merge Vary \"Origin\"\n");
    if let Some(preflight) = &needs.preflight {
        snippet.push_str("\n# Answers preflights before authentication.\nSetEnvIfExpr \"req('Access-Control-Request-Method') != '' && %{REQUEST_METHOD} == 'OPTIONS'\" cors_preflight\n");
        for (name, value) in preflight.response_headers() {
            let _ = writeln!(snippet, "Header always set {name} \"{value}\" env=cors_preflight");
        }
        snippet.push_str(
            "RewriteEngine On\nRewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteCond %{HTTP:Access-Control-Request-Method} .\nRewriteRule ^ - [R=204,L]\n",
        );
    }
    Fix::new(Some(Server::Apache), "In Apache, in the <VirtualHost>:", "apache", snippet).note(
        "It needs mod_headers and mod_setenvif, and mod_rewrite for preflights. Rewriting comes before authentication \
         in the <VirtualHost>, and after it in an .htaccess file.",
    )
}

/// `respond` runs after `handle`, so that the preflight has a `handle` of its own.
pub(super) fn caddy(needs: &Needs) -> Fix {
    let mut snippet = format!("@cors header Origin {}\n", needs.origin);
    let lines = |indent: &str, pairs: &[(&str, String)]| -> String {
        pairs.iter().map(|(name, value)| format!("{indent}{name} \"{value}\"\n")).collect()
    };
    let shared: Vec<_> = needs.headers().into_iter().filter(|(name, _)| *name != "Vary").collect();
    if let Some(preflight) = &needs.preflight {
        let _ = write!(
            snippet,
            "@preflight {{\n\tmethod OPTIONS\n\theader Access-Control-Request-Method *\n}}\n\
             handle @preflight {{\n\theader {{\n{}\t}}\n\trespond 204\n}}\n",
            lines("\t\t", &preflight.response_headers()),
        );
    }
    // What Caddy answers as an error never comes by `defer`, and what an upstream answers comes after what is set at once.
    let at_once: String =
        shared.iter().map(|(name, value)| format!("header @cors {name} \"{value}\"\n")).collect();
    let _ = write!(
        snippet,
        "{at_once}header @cors {{\n{}\tdefer\n}}\nheader +Vary Origin\n",
        lines("\t", &shared)
    );
    Fix::new(Some(Server::Caddy), "In the site block of the Caddyfile:", "caddyfile", snippet).note(
        "Without `defer` an upstream's headers would stand beside these; with it alone Caddy's own errors would lose \
         them. For origins that are not allowed take the upstream's own away: `header_down \
         -Access-Control-Allow-Origin` in its reverse_proxy.",
    )
}

pub(super) fn haproxy(needs: &Needs) -> Fix {
    let mut snippet = format!(
        "http-request set-var(txn.origin) req.fhdr(Origin)\nacl cors var(txn.origin) -m str {}\n",
        needs.origin
    );
    let shared: Vec<_> = needs.headers().into_iter().filter(|(name, _)| *name != "Vary").collect();
    if let Some(preflight) = &needs.preflight {
        snippet.push_str(
            "acl preflight req.fhdr(Access-Control-Request-Method) -m found\nhttp-request return status 204",
        );
        for (name, value) in preflight.response_headers() {
            let _ = write!(snippet, " hdr {name} \"{value}\"");
        }
        snippet.push_str(" if METH_OPTIONS preflight cors\n");
    }
    for (name, value) in shared {
        let _ = writeln!(snippet, "http-after-response del-header {name}");
        let _ = writeln!(
            snippet,
            "http-after-response set-header {name} \"{value}\" if {{ var(txn.origin) -m str {} }}",
            needs.origin
        );
    }
    snippet.push_str("http-after-response add-header Vary Origin\n");
    Fix::new(Some(Server::HaProxy), "In the frontend of HAProxy:", "haproxy", snippet).note(
        "http-after-response also reaches HAProxy's own answers, such as 503 and the preflight's 204; http-response does not.",
    )
}

pub(super) fn varnish(needs: &Needs) -> Fix {
    let mut snippet = String::new();
    if needs.preflight.is_some() {
        snippet.push_str(
            "sub vcl_recv {\n    if (req.method == \"OPTIONS\" && req.http.Access-Control-Request-Method) {\n        return (synth(204));\n    }\n}\n",
        );
    }
    let mut share = format!(
        "sub cors_share {{\n    unset resp.http.Access-Control-Allow-Origin;\n    unset resp.http.Access-Control-Allow-Credentials;\n    if (req.http.Origin == \"{0}\") {{\n        set resp.http.Access-Control-Allow-Origin = \"{0}\";\n",
        needs.origin
    );
    if needs.credentials {
        share.push_str("        set resp.http.Access-Control-Allow-Credentials = \"true\";\n");
    }
    share.push_str("    }\n    if (resp.http.Vary) {\n        set resp.http.Vary = resp.http.Vary + \", Origin\";\n    } else {\n        set resp.http.Vary = \"Origin\";\n    }\n}\n");
    snippet.push_str(&share);
    snippet.push_str("sub vcl_deliver {\n    call cors_share;\n}\nsub vcl_synth {\n    call cors_share;\n");
    if let Some(preflight) = &needs.preflight {
        snippet.push_str("    if (resp.status == 204) {\n");
        for (name, value) in preflight.response_headers() {
            let _ = writeln!(snippet, "        set resp.http.{name} = \"{value}\";");
        }
        snippet.push_str("        return (deliver);\n    }\n");
    }
    snippet.push_str("}\n");
    Fix::new(Some(Server::Varnish), "In the VCL of Varnish:", "vcl", snippet)
        .note("The headers are set on delivery, so that what is cached serves every origin.")
}

pub(super) fn envoy(needs: &Needs) -> Fix {
    let mut snippet = format!(
        "# on the virtual host or route; envoy.filters.http.cors belongs before the router among http_filters\n\
         typed_per_filter_config:\n  envoy.filters.http.cors:\n    \"@type\": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy\n    allow_origin_string_match:\n    - exact: \"{}\"\n",
        needs.origin
    );
    if needs.credentials {
        snippet.push_str("    allow_credentials: true\n");
    }
    if let Some(preflight) = &needs.preflight {
        for (name, value) in preflight.response_headers() {
            let key = match name {
                "Access-Control-Allow-Methods" => "allow_methods",
                "Access-Control-Allow-Headers" => "allow_headers",
                _ => "max_age",
            };
            let _ = writeln!(snippet, "    {key}: \"{value}\"");
        }
    }
    snippet.push_str("response_headers_to_add:\n- header: { key: Vary, value: Origin }\n  append_action: APPEND_IF_EXISTS_OR_ADD\n");
    snippet.push_str(
        "response_headers_to_remove: [access-control-allow-origin, access-control-allow-credentials] # the upstream's own\n",
    );
    Fix::new(Some(Server::Envoy), "In Envoy:", "yaml", snippet).note(
        "Envoy's filter sends no Vary by itself, leaves an upstream's own CORS headers beside its own, and adds none to a \
         direct_response.",
    )
}

pub(super) fn iis(needs: &Needs) -> Fix {
    let credentials = if needs.credentials { " allowCredentials=\"true\"" } else { "" };
    let mut inner = String::new();
    if let Some(preflight) = &needs.preflight {
        if let Some(method) = preflight.unsafe_method() {
            let _ = writeln!(
                inner,
                "        <allowMethods>\n          <add method=\"{method}\" />\n        </allowMethods>"
            );
        }
        if !preflight.headers.is_empty() {
            inner.push_str("        <allowHeaders>\n");
            for name in &preflight.headers {
                let _ = writeln!(inner, "          <add header=\"{name}\" />");
            }
            inner.push_str("        </allowHeaders>\n");
        }
    }
    let max_age = if needs.preflight.is_some() { " maxAge=\"600\"" } else { "" };
    let snippet = format!(
        "<system.webServer>\n  <cors enabled=\"true\" failUnlistedOrigins=\"false\">\n    <add origin=\"{}\"{credentials}{max_age}>\n{inner}    </add>\n  </cors>\n</system.webServer>\n",
        needs.origin
    );
    Fix::new(Some(Server::Iis), "In web.config, with the IIS CORS Module installed:", "xml", snippet)
        .note("The module answers preflights before authentication, and sends Vary by itself.")
}
