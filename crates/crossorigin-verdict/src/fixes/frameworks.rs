//! Snippets for applications.

use super::needs::MAX_AGE;
use super::{Fix, Needs};
use crate::servers::Server;

/// `"a", "b"`.
fn quoted<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    items.into_iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", ")
}

fn method(needs: &Needs) -> Option<&str> {
    needs.preflight.as_ref().and_then(|preflight| preflight.unsafe_method())
}

fn headers(needs: &Needs) -> Vec<&str> {
    needs.preflight.iter().flat_map(|preflight| &preflight.headers).map(String::as_str).collect()
}

pub(super) fn express(needs: &Needs) -> Fix {
    let mut options = format!("  origin: [\"{}\"],\n", needs.origin);
    if needs.credentials {
        options.push_str("  credentials: true,\n");
    }
    if needs.preflight.is_some() {
        options.push_str(&format!("  methods: [{}],\n", quoted(method(needs).or(Some("POST")))));
        if !headers(needs).is_empty() {
            options.push_str(&format!("  allowedHeaders: [{}],\n", quoted(headers(needs))));
        }
        options.push_str(&format!("  maxAge: {MAX_AGE},\n"));
    }
    let snippet = format!(
        "import cors from \"cors\";\n\n// before authentication and all routes\napp.use(cors({{\n{options}}}));\n"
    );
    Fix::new(Some(Server::Express), "In Express, with the package `cors`:", "javascript", snippet).note(
        "The list keeps it from sending the origin to everyone: `origin: true` would share with all, a plain string \
         would send one origin to all.",
    )
}

pub(super) fn spring(needs: &Needs) -> Fix {
    let mut lines = format!("    cors.setAllowedOrigins(List.of(\"{}\"));\n", needs.origin);
    let methods = method(needs)
        .map_or_else(|| quoted(["GET", "HEAD", "POST"]), |method| quoted(["GET", "HEAD", "POST", method]));
    lines.push_str(&format!("    cors.setAllowedMethods(List.of({methods}));\n"));
    if !headers(needs).is_empty() {
        lines.push_str(&format!("    cors.setAllowedHeaders(List.of({}));\n", quoted(headers(needs))));
    }
    if needs.credentials {
        lines.push_str("    cors.setAllowCredentials(true);\n");
    }
    if needs.preflight.is_some() {
        lines.push_str(&format!("    cors.setMaxAge({MAX_AGE}L);\n"));
    }
    let snippet = format!(
        "@Bean\nCorsConfigurationSource corsConfigurationSource() {{\n    var cors = new CorsConfiguration();\n{lines}    var source = new UrlBasedCorsConfigurationSource();\n    source.registerCorsConfiguration(\"/**\", cors);\n    return source;\n}}\n\n// with Spring Security: before authentication\nhttp.cors(Customizer.withDefaults());\n"
    );
    Fix::new(Some(Server::Spring), "In Spring:", "java", snippet)
        .note("Without Spring Security wrap the source into a CorsFilter bean. allowedOriginPatterns(\"*\") with credentials shares with everyone.")
}

pub(super) fn django(needs: &Needs) -> Fix {
    let mut snippet = format!(
        "INSTALLED_APPS = [\"corsheaders\", ...]\n# before all that answers by itself, CommonMiddleware above all\nMIDDLEWARE = [\"corsheaders.middleware.CorsMiddleware\", ...]\n\nCORS_ALLOWED_ORIGINS = [\"{}\"]\n",
        needs.origin
    );
    if needs.credentials {
        snippet.push_str("CORS_ALLOW_CREDENTIALS = True\n");
    }
    if let Some(method) = method(needs) {
        snippet.push_str(&format!("CORS_ALLOW_METHODS = [\"GET\", \"HEAD\", \"POST\", \"{method}\"]\n"));
    }
    if !headers(needs).is_empty() {
        snippet.push_str(&format!("CORS_ALLOW_HEADERS = [{}]\n", quoted(headers(needs))));
    }
    if needs.preflight.is_some() {
        snippet.push_str(&format!("CORS_PREFLIGHT_MAX_AGE = {MAX_AGE}\n"));
    }
    Fix::new(Some(Server::Django), "In Django's settings, with django-cors-headers:", "python", snippet)
}

pub(super) fn flask(needs: &Needs) -> Fix {
    let mut options = format!("    origins=[\"{}\"],\n", needs.origin);
    if needs.credentials {
        options.push_str("    supports_credentials=True,\n");
    }
    if let Some(method) = method(needs) {
        options.push_str(&format!("    methods=[\"GET\", \"HEAD\", \"POST\", \"{method}\"],\n"));
    }
    if !headers(needs).is_empty() {
        options.push_str(&format!("    allow_headers=[{}],\n", quoted(headers(needs))));
    }
    if needs.preflight.is_some() {
        options.push_str(&format!("    max_age={MAX_AGE},\n"));
    }
    let snippet =
        format!("from flask_cors import CORS\n\nCORS(\n    app,\n{options}    vary_header=True,\n)\n");
    Fix::new(Some(Server::Flask), "In Flask, with Flask-CORS:", "python", snippet)
}

pub(super) fn fastapi(needs: &Needs) -> Fix {
    let mut options = format!("    allow_origins=[\"{}\"],\n", needs.origin);
    if needs.credentials {
        options.push_str("    allow_credentials=True,\n");
    }
    if let Some(method) = method(needs) {
        options.push_str(&format!("    allow_methods=[\"GET\", \"HEAD\", \"POST\", \"{method}\"],\n"));
    } else if needs.preflight.is_some() {
        options.push_str("    allow_methods=[\"GET\", \"HEAD\", \"POST\"],\n");
    }
    if !headers(needs).is_empty() {
        options.push_str(&format!("    allow_headers=[{}],\n", quoted(headers(needs))));
    }
    if needs.preflight.is_some() {
        options.push_str(&format!("    max_age={MAX_AGE},\n"));
    }
    let snippet = format!(
        "from starlette.middleware.cors import CORSMiddleware\n\n# added last, it runs first\napp.add_middleware(\n    CORSMiddleware,\n{options})\n"
    );
    Fix::new(Some(Server::FastApi), "In FastAPI or Starlette:", "python", snippet)
        .note("Answers to exceptions that nothing handles are made outside of it: wrap the application, `app = CORSMiddleware(app, …)`, where they must be shared too.")
}

pub(super) fn rails(needs: &Needs) -> Fix {
    let methods = method(needs).map_or_else(
        || ":get, :head, :post".to_owned(),
        |method| format!(":get, :head, :post, :{}", method.to_ascii_lowercase()),
    );
    let names = if headers(needs).is_empty() {
        String::new()
    } else {
        format!(", headers: [{}]", quoted(headers(needs)))
    };
    let snippet = format!(
        "# config/initializers/cors.rb, with the gem rack-cors\nRails.application.config.middleware.insert_before 0, Rack::Cors do\n  allow do\n    origins \"{}\"\n    resource \"*\"{names}, methods: [{methods}], credentials: {}, max_age: {MAX_AGE}\n  end\nend\n",
        needs.origin, needs.credentials
    );
    Fix::new(Some(Server::Rails), "In Rails:", "ruby", snippet)
}

pub(super) fn asp_net(needs: &Needs) -> Fix {
    let mut lines = format!("        .WithOrigins(\"{}\")\n", needs.origin);
    if let Some(method) = method(needs) {
        lines.push_str(&format!("        .WithMethods(\"{method}\")\n"));
    }
    if !headers(needs).is_empty() {
        lines.push_str(&format!("        .WithHeaders({})\n", quoted(headers(needs))));
    }
    if needs.credentials {
        lines.push_str("        .AllowCredentials()\n");
    }
    if needs.preflight.is_some() {
        lines.push_str(&format!("        .SetPreflightMaxAge(TimeSpan.FromSeconds({MAX_AGE}))\n"));
    }
    let lines = lines.trim_end();
    let snippet = format!(
        "builder.Services.AddCors(options =>\n    options.AddDefaultPolicy(policy => policy\n{lines}));\n\n// after UseRouting, before UseAuthentication\napp.UseCors();\n"
    );
    Fix::new(Some(Server::AspNet), "In ASP.NET Core:", "csharp", snippet)
}

pub(super) fn axum(needs: &Needs) -> Fix {
    let mut lines = format!("config.origins = vec![\"{}\".into()];\n", needs.origin);
    if needs.credentials {
        lines.push_str("config.credentials = true;\n");
    }
    if let Some(method) = method(needs) {
        lines.push_str(&format!("config.methods = vec![\"{method}\".into()];\n"));
    }
    if !headers(needs).is_empty() {
        let names: Vec<_> = headers(needs).iter().map(|name| format!("\"{name}\".into()")).collect();
        lines.push_str(&format!("config.request_headers = vec![{}];\n", names.join(", ")));
    }
    if needs.preflight.is_some() {
        lines.push_str(&format!("config.max_age = Some(Duration::from_secs({MAX_AGE}));\n"));
    }
    let snippet = format!(
        "use crossorigin::server::{{Policy, PolicyConfig}};\nuse crossorigin_tower::CorsLayer;\n\nlet mut config = PolicyConfig::default();\n{lines}// the outermost layer\nlet app = app.layer(CorsLayer::new(Policy::new(&config)?));\n"
    );
    Fix::new(Some(Server::Axum), "In axum, with crossorigin-tower:", "rust", snippet)
}
