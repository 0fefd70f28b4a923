//! Spring Framework: a class that gives the `CorsConfigurationSource`, for Spring MVC and Spring Security.
//!
//! Spring refuses requests itself, with 403, where others leave headers out. `*` in its patterns stands for any characters, and
//! `:[*]` for any port or none.

use std::fmt::Write as _;

use super::abilities::{Abilities, Credentials, Told, Vary, Wildcards, refuse};
use super::routes::judge_all;
use super::{list, methods, request_headers};
use crate::File;
use crate::difference::Differences;
use crate::plan::{Plan, Policy};

const ABILITIES: Abilities = Abilities {
    service: "Spring",
    wildcards: Wildcards::Subdomains,
    any_port: true,
    null: true,
    other_schemes: true,
    ipv6: true,
    origins: usize::MAX,
    credentials: Credentials::AsTold,
    any_with_credentials: false,
    methods: None,
    any_method: [true, true],
    any_header: [true, true],
    any_header_with_authorization: true,
    any_exposed: true,
    max_age: (0, 86_400),
    own_max_age: None,
    preflight_status: 200,
    vary: Vary::Every,
    fixed_headers: false,
    refuses_requests: true,
};

pub(super) fn write(plan: &Plan<'_>, differences: &mut Differences<'_>) -> File {
    judge_all(plan, &ABILITIES, differences);
    let narrowed = plan
        .routes
        .iter()
        .find(|rule| !rule.hosts.is_empty() || !rule.extensions.is_empty() || !rule.methods.is_empty());
    if let Some(rule) = narrowed {
        refuse(
            differences,
            Told {
                name: "routes",
                explanation: format!(
                    "Spring parts CORS by path alone, and route {} asks for more",
                    rule.number
                ),
                request: format!(
                    "GET {}/ that the route does not take, with Origin: https://any.example",
                    rule.prefix
                ),
                ours: "what the next route says".into(),
                theirs: "what this route says".into(),
                remedy: "leave host, extensions and methods out of the route",
            },
        );
    }
    let mut text = String::from(
        "// Written by `crossorigin export --to spring`. Change the policy file and export again.\n\n\
         import java.time.Duration;\nimport java.util.List;\n\n\
         import org.springframework.context.annotation.Bean;\n\
         import org.springframework.context.annotation.Configuration;\n\
         import org.springframework.web.cors.CorsConfiguration;\n\
         import org.springframework.web.cors.CorsConfigurationSource;\n\
         import org.springframework.web.cors.UrlBasedCorsConfigurationSource;\n\n\
         @Configuration\npublic class CrossoriginConfiguration {\n",
    );
    for (index, policy) in plan.policies.iter().enumerate() {
        let _ = write!(
            text,
            "    private static CorsConfiguration policy{index}() {{\n        CorsConfiguration policy = new CorsConfiguration();\n{}        return policy;\n    }}\n\n",
            settings(policy)
        );
    }
    text.push_str(
        "    @Bean\n    public CorsConfigurationSource corsConfigurationSource() {\n        \
         UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();\n",
    );
    // The longest path first, as they are tried in their order.
    for rule in &plan.routes {
        if let Some(index) = rule.policy {
            let _ = writeln!(
                text,
                "        source.registerCorsConfiguration({}, policy{index}());",
                string(&format!("{}/**", rule.prefix))
            );
        }
    }
    text.push_str("        return source;\n    }\n}\n");
    File::new("CrossoriginConfiguration.java", text)
}

fn settings(policy: &Policy) -> String {
    let mut text = String::new();
    let mut set = |name: &str, value: String| {
        let _ = writeln!(text, "        policy.{name}({value});");
    };
    if policy.is_closed() {
        set("setAllowedOrigins", "List.of()".into());
        return text;
    }
    let mut exact = policy.origins.exact.clone();
    if policy.is_public() {
        exact = vec!["*".into()];
    } else if policy.origins.null {
        exact.push("null".into());
    }
    if !exact.is_empty() {
        set("setAllowedOrigins", strings(&exact));
    }
    let pattern = |item: &String| match item.strip_suffix(":*") {
        Some(front) => format!("{front}:[*]"),
        None => item.clone(),
    };
    let patterns: Vec<String> = policy.origins.patterns.iter().map(|(item, _)| pattern(item)).collect();
    if !patterns.is_empty() {
        set("setAllowedOriginPatterns", strings(&patterns));
    }
    set("setAllowedMethods", strings(&methods(policy)));
    let headers = request_headers(policy);
    if !headers.is_empty() {
        // `*` grants Authorization too.
        let any = headers.iter().any(|name| name == "*");
        set("setAllowedHeaders", strings(&if any { vec!["*".into()] } else { headers }));
    }
    if policy.exposed_headers.is_some() {
        set("setExposedHeaders", strings(&list(policy.exposed_headers.as_deref())));
    }
    if let Some(seconds) = policy.max_age {
        set("setMaxAge", format!("Duration.ofSeconds({seconds})"));
    }
    set("setAllowCredentials", policy.credentials.to_string());
    text
}

fn strings(texts: &[String]) -> String {
    format!("List.of({})", texts.iter().map(|text| string(text)).collect::<Vec<_>>().join(", "))
}

/// A text as Java writes it; origins, methods and header names are ASCII.
fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
