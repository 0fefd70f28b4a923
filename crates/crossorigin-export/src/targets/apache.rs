//! Apache's HTTP server. `mod_rewrite` decides, for it comes before authentication and knows what was decided before; what it
//! finds out are variables, by which `mod_headers` says what every response says.

use std::fmt::Write as _;

use crossorigin::server::TimingAllowOrigin;
use crossorigin_policy::Target as Answers;

use super::{add_spellings, add_unreadable, preamble, shell_word};
use crate::difference::Differences;
use crate::patterns::{self, Spelling};
use crate::plan::{Answer, CHANGE_VARY, CORS_HEADERS, PREFLIGHT_VARY, Plan, Policy, Rule, Serving};
use crate::{Export, File, Options, Target};

/// More exact origins than that are kept in a file of their own.
const MOST_IN_LINE: usize = 50;

const MODULES: [&str; 9] =
    ["mpm_event", "authz_core", "alias", "headers", "mime", "proxy", "proxy_http", "reqtimeout", "rewrite"];

pub(super) fn write(plan: &Plan<'_>, options: &Options, differences: &mut Differences<'_>) -> Export {
    add_spellings(differences, &plan.policies);
    add_unreadable(differences, "Apache");
    let folder = options.folder.display().to_string();
    let mut files = Vec::new();
    let mut text = String::new();
    if !options.snippet {
        text.push_str(&head(plan, options, &folder));
    }
    for serving in &plan.listeners {
        host(&mut text, plan, serving, options, &mut files);
    }
    files.insert(0, File::new("apache.conf", text));
    let start = format!("apache2 -f {} -D FOREGROUND", shell_word(&format!("{folder}/apache.conf")));
    Export { files, start: (!options.snippet).then_some(start), warnings: Vec::new() }
}

fn head(plan: &Plan<'_>, options: &Options, folder: &str) -> String {
    let limits = plan.limits;
    let mut text = preamble("#", Target::Apache, options);
    text.push_str("# Modules are where Debian has them; elsewhere the program may be called httpd.\n");
    for module in MODULES {
        let _ = writeln!(text, "LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so");
    }
    let _ = writeln!(
        text,
        "
ServerRoot {0}
ServerName localhost
DefaultRuntimeDir {0}
PidFile {1}
ErrorLog /dev/stderr
ServerTokens Prod
TraceEnable off
TypesConfig /etc/mime.types
# A slash that is encoded is refused below, with the policy's headers.
AllowEncodedSlashes NoDecode
MergeSlashes Off
RequestReadTimeout header={2} body={3}
KeepAliveTimeout {4}
MaxKeepAliveRequests 0
LimitRequestFieldSize {5}
LimitRequestLine {5}
LimitRequestFields {6}
ProxyTimeout {7}

<Directory />
    Require all granted
</Directory>
",
        quoted(folder),
        quoted(&format!("{folder}/pid")),
        limits.head_timeout.as_secs().max(1),
        limits.stall_timeout.as_secs().max(1),
        limits.idle_timeout.as_secs().max(1),
        limits.head_bytes,
        limits.header_lines,
        limits.upstream_timeout.as_secs().max(1),
    );
    let addresses: std::collections::BTreeSet<_> =
        plan.listeners.iter().map(|own| own.listener.address).collect();
    for address in addresses {
        let _ = writeln!(text, "Listen {address}");
    }
    text
}

/// A word between double quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let is_read = character == '\\' && rest.peek().is_none_or(|next| "\\\"".contains(*next));
        if character == '"' || is_read {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted + "\""
}

/// Rules, with the conditions of each. `mod_rewrite` reads backslashes between quotes as they are.
struct Rules<'t>(&'t mut String);

impl Rules<'_> {
    fn comment(&mut self, text: &str) {
        let _ = writeln!(self.0, "\n    # {text}");
    }

    /// `flags` of a rule that does nothing else, where all conditions hold: a value, an expression, and flags. Apache would
    /// add headers that are looked at to Vary: [NV] keeps it from that.
    fn set(&mut self, conditions: &[(&str, &str, &str)], flags: &str) {
        self.rule(conditions, "^", "-", flags);
    }

    fn rule(&mut self, conditions: &[(&str, &str, &str)], pattern: &str, to: &str, flags: &str) {
        for (value, expression, own) in conditions {
            let own = if own.is_empty() { "NV".to_owned() } else { format!("{own},NV") };
            let _ = writeln!(self.0, "    RewriteCond {value} \"{expression}\" [{own}]");
        }
        let to = if to == "-" { to.to_owned() } else { format!("\"{to}\"") };
        let pattern = if pattern == "^" { pattern.to_owned() } else { format!("\"{pattern}\"") };
        let _ = writeln!(self.0, "    RewriteRule {pattern} {to} [{flags}]");
    }
}

const ORIGIN: &str = "%{HTTP:Origin}";
const METHOD: &str = "%{HTTP:Access-Control-Request-Method}";
const NAMES: &str = "%{HTTP:Access-Control-Request-Headers}";
const SITE: &str = "%{HTTP:Sec-Fetch-Site}";
const POLICY: &str = "%{ENV:CORS_POLICY}";
const ROUTE: &str = "%{ENV:CORS_ROUTE}";
const ALLOWED: &str = "%{ENV:CORS_ALLOWED}";
const PREFLIGHT: (&str, &str, &str) = ("%{ENV:CORS_PREFLIGHT}", "^1$", "");
const NO_PREFLIGHT: (&str, &str, &str) = ("%{ENV:CORS_PREFLIGHT}", "^$", "");

fn host(text: &mut String, plan: &Plan<'_>, serving: &Serving<'_>, options: &Options, files: &mut Vec<File>) {
    if options.snippet {
        let _ = writeln!(text, "# In the <VirtualHost> of {}, before what serves.", serving.listener.address);
    } else {
        let _ = writeln!(text, "\n<VirtualHost {}>", serving.listener.address);
        let _ = writeln!(text, "    ProxyPreserveHost On");
    }
    text.push_str("    RewriteEngine On\n");
    let mut rules = Rules(text);
    rules.comment("The URL as it was sent.");
    rules.set(&[("%{THE_REQUEST}", "^[^ ]+ ([^ ]*)", "")], "E=CORS_URL:%1");
    rules.set(&[("%{THE_REQUEST}", "^[^ ]+ ([^ ?]*)", "")], "E=CORS_PATH:%1");
    rules.comment("A preflight: OPTIONS with Origin and Access-Control-Request-Method.");
    rules.set(&[], "E=CORS_METHOD:%{REQUEST_METHOD}");
    rules.set(
        &[("%{REQUEST_METHOD}", "^OPTIONS$", ""), (ORIGIN, ".", ""), (METHOD, ".", "")],
        &format!("E=CORS_PREFLIGHT:1,E=CORS_METHOD:{METHOD}"),
    );
    if let Some(index) = serving.default_policy {
        rules.set(&[], &format!("E=CORS_POLICY:{}", plan.policies[index].id));
    }
    rules.comment("Paths that servers read in different ways; else the first route that takes the request.");
    for path in serving.refused_paths() {
        rules.set(&[("%{ENV:CORS_URL}", &path, "")], "E=CORS_ROUTE:refused");
    }
    for rule in &serving.rules {
        choose(&mut rules, rule, plan);
    }
    let used = used(plan, serving);
    for policy in &used {
        judge(&mut rules, policy, options, files);
    }
    rules.comment("What every response says.");
    for policy in &used {
        tell(rules.0, policy);
    }
    rules.comment("What is answered here.");
    rules.set(&[(ROUTE, "^refused$", "")], "R=400,L");
    rules.set(&[("%{ENV:CORS_FORBIDDEN}", "^1$", "")], "R=403,L");
    for policy in &used {
        let own = format!("^{}$", policy.id);
        rules.set(&[PREFLIGHT, (POLICY, &own, "")], &format!("R={},L", policy.preflight_status));
    }
    if options.snippet {
        return;
    }
    rules.set(&[(ROUTE, "^$", "")], "R=404,L");
    for rule in &serving.rules {
        serve(&mut rules, rule);
    }
    text.push_str("</VirtualHost>\n");
}

/// The policies that requests to a listener may come under.
fn used<'p>(plan: &'p Plan<'_>, serving: &Serving<'_>) -> Vec<&'p Policy> {
    let is_used = |index: usize| {
        serving.default_policy == Some(index) || serving.rules.iter().any(|rule| rule.policy == Some(index))
    };
    plan.policies.iter().enumerate().filter(|(index, _)| is_used(*index)).map(|(_, policy)| policy).collect()
}

fn choose(rules: &mut Rules<'_>, rule: &Rule<'_>, plan: &Plan<'_>) {
    let path = rule.path(Spelling::Decoded);
    let hosts = rule.hosts.iter().map(|host| patterns::literal(host)).collect::<Vec<_>>().join("|");
    let hosts = format!("^(?:{hosts})\\.?(?::[0-9]*)?$");
    let methods = patterns::one_of(rule.all_methods());
    let mut conditions = vec![(ROUTE, "^$", ""), ("%{REQUEST_URI}", &*path, "")];
    if !rule.hosts.is_empty() {
        conditions.push(("%{HTTP_HOST}", &hosts, "NC"));
    }
    if !rule.methods.is_empty() {
        conditions.push(("%{ENV:CORS_METHOD}", &methods, ""));
    }
    let policy = match rule.policy {
        Some(index) => format!("E=CORS_POLICY:{}", plan.policies[index].id),
        None => "E=!CORS_POLICY".to_owned(),
    };
    rules.set(&conditions, &format!("E=CORS_ROUTE:{},{policy}", rule.number));
}

/// Whether a policy lets the request's origin read.
fn judge(rules: &mut Rules<'_>, policy: &Policy, options: &Options, files: &mut Vec<File>) {
    let id = &policy.id;
    rules.comment(&format!("Policy {}.", policy.name));
    let own = format!("^{id}$");
    let of_it = (POLICY, &*own, "");
    let allow = format!("E=CORS_ALLOWED:{ORIGIN}");
    let exact = &policy.origins.exact;
    if exact.len() > MOST_IN_LINE {
        let name = format!("origins_{id}.txt");
        let path = options.folder.join(&name).display().to_string();
        let _ = writeln!(rules.0, "    RewriteMap cors_{id} {}", quoted(&format!("txt:{path}")));
        let found = format!("${{cors_{id}:{ORIGIN}|none}}");
        rules.set(&[of_it, (ORIGIN, "^[^ ]+$", ""), (&found, "^listed$", "")], &allow);
        files.push(File::new(
            name,
            exact.iter().map(|origin| format!("{origin} listed\n")).collect::<String>(),
        ));
    } else if !exact.is_empty() {
        rules.set(&[of_it, (ORIGIN, &patterns::one_of(exact.iter().map(String::as_str)), "")], &allow);
    }
    for expression in policy.origins.expressions() {
        rules.set(&[of_it, (ORIGIN, &expression, "")], &allow);
    }
    rules.comment("A preflight is granted where its method and all of its headers are allowed.");
    let refuse = "E=!CORS_ALLOWED";
    let not = |expression: &str| format!("!{expression}");
    rules.set(&[of_it, PREFLIGHT, (METHOD, &not(&policy.methods.taken), "")], refuse);
    let names = &policy.request_headers;
    rules.set(&[of_it, PREFLIGHT, (NAMES, &not(&names.taken), "NC")], refuse);
    if let Some(but) = &names.but {
        rules.set(&[of_it, PREFLIGHT, (NAMES, but, "NC")], refuse);
    }
    if policy.is_public() {
        rules.comment("To everyone the answer is the same.");
        rules.set(&[of_it, NO_PREFLIGHT], "E=CORS_ALLOWED:*");
        rules.set(&[of_it, (ALLOWED, ".", "")], "E=CORS_ALLOWED:*");
    }
    if matches!(policy.methods.answer, Answer::Echo) {
        rules.set(&[of_it, PREFLIGHT, (ALLOWED, ".", "")], &format!("E=CORS_ASKED_METHOD:{METHOD}"));
    }
    if matches!(names.answer, Answer::Echo) {
        rules.set(
            &[of_it, PREFLIGHT, (ALLOWED, ".", ""), (NAMES, ".", "")],
            &format!("E=CORS_ASKED_NAMES:{NAMES}"),
        );
    }
    let Some(public) = &policy.forbids_but else { return };
    rules.comment("Requests that change state, and WebSocket handshakes, from strangers; the service's own pages are none.");
    let changes = "E=CORS_CHANGES:1";
    rules.set(&[of_it, ("%{REQUEST_METHOD}", "!^(?:GET|HEAD|OPTIONS|TRACE)$", "")], changes);
    let connection = "(?:^|,)[ \\t]*upgrade[ \\t]*(?:,|$)";
    rules.set(
        &[of_it, ("%{HTTP:Upgrade}", "^websocket$", "NC"), ("%{HTTP:Connection}", connection, "NC")],
        changes,
    );
    rules.set(&[of_it, (SITE, "^same-origin$", "")], "E=CORS_OWN:1");
    let public = format!("^{}$", patterns::literal(public));
    rules.set(&[of_it, (SITE, "^$", ""), (ORIGIN, &public, "")], "E=CORS_OWN:1");
    let conditions = [
        of_it,
        ("%{ENV:CORS_CHANGES}", "^1$", ""),
        NO_PREFLIGHT,
        (ORIGIN, ".", ""),
        (ALLOWED, "^$", ""),
        ("%{ENV:CORS_OWN}", "^$", ""),
    ];
    rules.set(&conditions, "E=CORS_FORBIDDEN:1");
}

/// What a policy's responses say. What a proxy or a handler said is in a table of its own, `onsuccess`.
fn tell(text: &mut String, policy: &Policy) {
    let own = format!("reqenv('CORS_POLICY') == '{}'", policy.id);
    let allowed = "reqenv('CORS_ALLOWED') != ''";
    let granted = format!("{allowed} && reqenv('CORS_PREFLIGHT') == '1'");
    let asked = "reqenv('CORS_PREFLIGHT') != '1'";
    let read = format!("{allowed} && {asked}");
    let mut line = |action: &str, when: &str| {
        let when = if when.is_empty() { own.clone() } else { format!("{own} && {when}") };
        let _ = writeln!(text, "    Header {action} \"expr={when}\"");
    };
    let mut replaced: Vec<_> = CORS_HEADERS.into_iter().map(|header| (header, "")).collect();
    replaced.extend(policy.timing_allow_origin.map(|_| ("Timing-Allow-Origin", asked)));
    replaced.extend(policy.cross_origin_resource_policy.map(|_| ("Cross-Origin-Resource-Policy", asked)));
    for (header, when) in replaced {
        line(&format!("onsuccess unset {header}"), when);
    }
    line("always set Access-Control-Allow-Origin \"%{CORS_ALLOWED}e\"", allowed);
    if policy.credentials {
        line("always set Access-Control-Allow-Credentials true", allowed);
    }
    if let Some(value) = policy.methods.answer.value("%{CORS_ASKED_METHOD}e") {
        line(&format!("always set Access-Control-Allow-Methods \"{value}\""), &granted);
    }
    if let Some(value) = policy.request_headers.answer.value("%{CORS_ASKED_NAMES}e") {
        let is_echo = matches!(policy.request_headers.answer, Answer::Echo);
        let when = if is_echo { "reqenv('CORS_ASKED_NAMES') != ''" } else { &granted };
        line(&format!("always set Access-Control-Allow-Headers \"{value}\""), when);
    }
    if let Some(age) = policy.max_age {
        line(&format!("always set Access-Control-Max-Age {age}"), &granted);
    }
    if let Some(names) = &policy.exposed_headers {
        line(&format!("always set Access-Control-Expose-Headers \"{names}\""), &read);
    }
    match policy.timing_allow_origin {
        None => {}
        Some(TimingAllowOrigin::Any) => line("always set Timing-Allow-Origin \"*\"", asked),
        Some(TimingAllowOrigin::AllowedOrigins) => {
            line("always set Timing-Allow-Origin \"%{CORS_ALLOWED}e\"", &read);
        }
    }
    if let Some(resource_policy) = policy.cross_origin_resource_policy {
        line(&format!("always set Cross-Origin-Resource-Policy {}", resource_policy.as_str()), asked);
    }
    let (options, other) = ("%{REQUEST_METHOD} == 'OPTIONS'", "%{REQUEST_METHOD} != 'OPTIONS'");
    line(&format!("always merge Vary \"{PREFLIGHT_VARY}\""), options);
    if policy.forbids_but.is_some() {
        line(
            &format!("always merge Vary \"{CHANGE_VARY}\""),
            &format!("{other} && reqenv('CORS_CHANGES') == '1'"),
        );
    }
    if policy.varies_by_origin() {
        line("always merge Vary Origin", other);
    }
}

fn serve(rules: &mut Rules<'_>, rule: &Rule<'_>) {
    let own = format!("^{}$", rule.number);
    rules.comment(&format!("Route {}.", rule.number));
    match rule.target {
        Answers::Files(folder) => {
            rules.set(&[(ROUTE, &own, ""), ("%{REQUEST_METHOD}", "^OPTIONS$", "")], "R=204,L");
            let pattern = format!("^{}/*(.*)$", patterns::literal(rule.prefix));
            rules.rule(&[(ROUTE, &own, "")], &pattern, &format!("{}/$1", folder.display()), "L");
        }
        Answers::Upstream(upstreams) => {
            let upstream = upstreams.first();
            let authority = upstream.authority().map_or("", |authority| authority.as_str());
            rules.rule(&[(ROUTE, &own, "")], "^", &format!("http://{authority}%{{ENV:CORS_PATH}}"), "P,NE");
        }
    }
}
