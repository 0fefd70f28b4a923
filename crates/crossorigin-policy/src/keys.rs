//! Every key of a policy file, once: its name, what it takes, its default and what it means. The check for
//! unknown keys and wrong types, the JSON Schema and the reference in `docs/policy-file.md` come from here.

/// A table of a policy file, with its keys.
#[derive(Debug)]
pub(crate) struct Table {
    /// How its header is written, such as `[[routes]]`.
    pub(crate) header: &'static str,
    /// What one such table is called in messages, such as `route`.
    pub(crate) noun: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) keys: &'static [Key],
}

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) presence: Presence,
    /// What it means, in one or two sentences.
    pub(crate) doc: &'static str,
    /// A value as it stands in a file.
    pub(crate) example: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Presence {
    Required,
    /// One of a group must be there; the file's check says which.
    OneOf(&'static str),
    Default(&'static str),
    Optional,
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Boolean,
    Text,
    /// A list of strings.
    Texts,
    /// One string, or a list of them.
    TextOrTexts,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// One of these integers.
    Number(&'static [u64]),
    /// `"10m"`: at least the first, at most the second, in milliseconds.
    Duration(u64, u64),
    /// Bytes as an integer or `"16KiB"`: at least the first, at most the second.
    Size(u64, u64),
    /// An integer: at least the first, at most the second.
    Count(u64, u64),
    /// A number from 0 to 1.
    Fraction,
    /// One table.
    One(&'static Table),
    /// `[[…]]`.
    Many(&'static Table),
    /// `[….NAME]`.
    Named(&'static Table),
}

use Kind::{
    Boolean, Choice, Count, Duration, Fraction, Many, Named, Number, One, Size, Text, TextOrTexts, Texts,
};
use Presence::{Default, OneOf, Optional, Required};

const fn key(
    name: &'static str,
    kind: Kind,
    presence: Presence,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key { name, kind, presence, doc, example }
}

/// The longest duration that the file takes anywhere: a day, in milliseconds. `max_age` has the same bound, but
/// from the policy itself, which gives the reason.
const DAY: u64 = 86_400_000;
const KIB: u64 = 1024;
const GIB: u64 = 1024 * 1024 * 1024;

/// The whole file.
pub(crate) static FILE: Table = Table {
    header: "",
    noun: "policy file",
    doc: "A policy file of crossorigin: who may read what, and where it is served.",
    keys: &[
        key("policies", Named(&POLICY), Optional, "[policies.api]", "The policies, each under its name."),
        key("listeners", Many(&LISTENER), Optional, "[[listeners]]", "Where to listen."),
        key(
            "routes",
            Many(&ROUTE),
            Optional,
            "[[routes]]",
            "What answers which request, under which policy.",
        ),
        key("limits", One(&LIMITS), Optional, "[limits]", "Limits and time-outs for everything."),
        key("admin", One(&ADMIN), Optional, "[admin]", "Where to ask how the gateway does."),
        key("log", One(&LOG), Optional, "[log]", "How the log is written."),
    ],
};

/// `[policies.NAME]`.
pub(crate) static POLICY: Table = Table {
    header: "[policies.NAME]",
    noun: "policy",
    doc: "Who may read, and how. Routes and listeners refer to a policy by its name.",
    keys: &[
        key(
            "origins",
            TextOrTexts,
            OneOf("origins, origins_file"),
            r#"["https://app.example", "https://*.partner.example", "http://localhost:*"]"#,
            "Who may read: `\"*\"` for everyone, exact origins of any scheme, `https://*.partner.example` for all subdomains (one label or more), and `:*` for any port. `[]` is nobody.",
        ),
        key(
            "origins_file",
            Text,
            OneOf("origins, origins_file"),
            r#""origins.txt""#,
            "A file with one origin or pattern a line, added to `origins`; relative to the policy file. Blank lines and lines that begin with `#` are skipped. At most 1,000,000 origins and 128 MiB.",
        ),
        key(
            "credentials",
            Boolean,
            Default("false"),
            "true",
            "Whether responses to requests with credentials (cookies, HTTP authentication) may be read.",
        ),
        key(
            "methods",
            TextOrTexts,
            Default("[]"),
            r#"["PUT", "DELETE"]"#,
            "Methods that a preflight may ask for, or `\"*\"`. GET, HEAD and POST need no permission.",
        ),
        key(
            "request_headers",
            TextOrTexts,
            Default("[]"),
            r#"["content-type", "x-csrf-token"]"#,
            "Request headers that a preflight may ask for, or `\"*\"`, which never covers `authorization`: name it beside.",
        ),
        key(
            "exposed_headers",
            TextOrTexts,
            Default("[]"),
            r#"["etag"]"#,
            "Response headers that script may read beside the safelisted ones, or `\"*\"` (without credentials).",
        ),
        key(
            "max_age",
            Kind::Duration(0, u64::MAX),
            Optional,
            r#""10m""#,
            "How long browsers may keep the answer to a preflight, `\"0s\"` to `\"24h\"`. Left out, they keep it for 5 s.",
        ),
        key(
            "preflight_status",
            Number(&[204, 200]),
            Default("204"),
            "204",
            "The status of the answer to a preflight; 200 for clients that insist on it.",
        ),
        key(
            "timing_allow_origin",
            Choice(&["*", "allowed-origins"]),
            Optional,
            r#""allowed-origins""#,
            "Who may see the response's timing, by `Timing-Allow-Origin`.",
        ),
        key(
            "cross_origin_resource_policy",
            Choice(&["same-origin", "same-site", "cross-origin"]),
            Optional,
            r#""cross-origin""#,
            "The value of `Cross-Origin-Resource-Policy`: who may embed the response without CORS.",
        ),
        key(
            "forbid_refused_origins",
            Boolean,
            Default("false"),
            "true",
            "Answers 403 to state-changing requests and WebSocket handshakes from origins that are not allowed. Requires `public_url`.",
        ),
        key(
            "public_url",
            Text,
            Optional,
            r#""https://api.example""#,
            "The URL (scheme, host, port) at which browsers see this service.",
        ),
        key(
            "dangerously_allow_null_origin",
            Boolean,
            Default("false"),
            "false",
            "Trusts the origin `null`, which any sandboxed frame and any `data:` URL has.",
        ),
        key(
            "dangerously_allow_any_origin_with_credentials",
            Boolean,
            Default("false"),
            "false",
            "Allows `\"*\"` together with credentials: every site on the web may act as the user.",
        ),
        key(
            "dangerously_allow_insecure_origins_with_credentials",
            Boolean,
            Default("false"),
            "false",
            "Allows `http:` origins other than loopback ones together with credentials.",
        ),
        key(
            "dangerously_allow_public_suffixes_with_credentials",
            Boolean,
            Default("false"),
            "false",
            "Allows wildcards over a public suffix, such as `https://*.github.io`, together with credentials.",
        ),
    ],
};

/// `[[listeners]]`.
pub(crate) static LISTENER: Table = Table {
    header: "[[listeners]]",
    noun: "listener",
    doc: "One address to listen on. `crossorigin serve` needs at least one.",
    keys: &[
        key("address", Text, Required, r#""127.0.0.1:8080""#, "The address: an IP address and a port."),
        key(
            "name",
            Text,
            Optional,
            r#""public""#,
            "A name for routes to refer to. Left out, it is the address as written.",
        ),
        key(
            "default_policy",
            Text,
            Optional,
            r#""photos""#,
            "The policy of what no route matches: the 404 is then readable where the policy says so.",
        ),
        key(
            "tls",
            Many(&CERTIFICATE),
            Optional,
            r#"[{ certificate = "site.pem", key = "site.key" }]"#,
            "Speaks TLS, with these certificates: the client's name for the host chooses among them, the first is for clients that name none of theirs. Left out, the listener speaks plain HTTP.",
        ),
    ],
};

/// One of a listener's `tls`.
pub(crate) static CERTIFICATE: Table = Table {
    header: "tls = [{ … }]",
    noun: "certificate",
    doc: "A certificate and its key, of a listener's `tls`. A change of one of the files is a change of the policy file.",
    keys: &[
        key(
            "certificate",
            Text,
            Required,
            r#""site.pem""#,
            "A PEM file, relative to the policy file: the server's certificate first, then those between it and the authority.",
        ),
        key(
            "key",
            Text,
            Required,
            r#""site.key""#,
            "A PEM file with the certificate's private key, not encrypted.",
        ),
    ],
};

/// `[[routes]]`.
pub(crate) static ROUTE: Table = Table {
    header: "[[routes]]",
    noun: "route",
    doc: "What answers which request, under which policy. The order of the routes decides nothing.",
    keys: &[
        key(
            "path",
            Text,
            Required,
            r#""/api/""#,
            "The prefix, of whole segments: `/api` and `/api/` both take `/api`, `/api/` and `/api/x`, never `/apix`.",
        ),
        key(
            "host",
            TextOrTexts,
            Optional,
            r#""img.example""#,
            "Only requests to this host, or to one of these; without a port, in any case.",
        ),
        key("listener", Text, Optional, r#""public""#, "Only requests that came in through this listener."),
        key(
            "methods",
            Texts,
            Optional,
            r#"["GET"]"#,
            "Only these methods. HEAD goes where GET goes, and a preflight where the method goes that it asks for.",
        ),
        key(
            "extensions",
            Texts,
            Optional,
            r#"["png", "jpg", "webp", "avif", "svg"]"#,
            "Only paths whose last segment has one of these extensions, in any case.",
        ),
        key(
            "files",
            Text,
            OneOf("files, upstream, upstreams"),
            r#""photos""#,
            "Answers with the files of this folder, relative to the policy file. The route's path is cut off.",
        ),
        key(
            "upstream",
            Text,
            OneOf("files, upstream, upstreams"),
            r#""http://127.0.0.1:9000""#,
            "Answers with what this server answers. The path is kept. `http://`, `https://` (HTTP/2 where the server has it), or `h2c://` for HTTP/2 without TLS.",
        ),
        key(
            "upstreams",
            Texts,
            OneOf("files, upstream, upstreams"),
            r#"["http://10.0.0.1:9000", "http://10.0.0.2:9000"]"#,
            "Answers with what these servers answer, each in its turn; one that fails is left out for a while.",
        ),
        key(
            "upstream_ca",
            Text,
            Optional,
            r#""internal-ca.pem""#,
            "A PEM file, relative to the policy file: the authorities that certificates of `https://` upstreams must come from, in place of the system's.",
        ),
        key(
            "websocket",
            Choice(&["any", "allowed-origins"]),
            Default("\"any\""),
            r#""allowed-origins""#,
            "Whose WebSocket handshakes go on to the upstream: everyone's, or only those of origins that the policy allows and of programs without an origin.",
        ),
        key(
            "policy",
            Text,
            Optional,
            r#""api""#,
            "The policy. A route with neither a policy nor `pass_through` lets no other site read.",
        ),
        key(
            "pass_through",
            Boolean,
            Default("false"),
            "true",
            "Leaves CORS to the upstream: its own CORS headers are kept and preflights go to it. Excludes `policy`.",
        ),
        key(
            "max_body",
            Size(0, u64::MAX / 2),
            Optional,
            r#""10MiB""#,
            "The largest request body on this route, where it differs from `limits.body_bytes`.",
        ),
    ],
};

/// `[limits]`.
pub(crate) static LIMITS: Table = Table {
    header: "[limits]",
    noun: "table of limits",
    doc: "Limits and time-outs for everything. Sizes are bytes, or strings such as `\"16KiB\"`.",
    keys: &[
        key(
            "head_bytes",
            Size(8 * KIB, 16 * KIB * KIB),
            Default("\"32KiB\""),
            "\"32KiB\"",
            "Bytes of a request's head.",
        ),
        key("header_lines", Count(1, 10_000), Default("100"), "100", "Header lines of a request."),
        key(
            "body_bytes",
            Size(0, u64::MAX / 2),
            Default("\"100MiB\""),
            "\"100MiB\"",
            "Bytes of a request's body.",
        ),
        key(
            "connections",
            Count(1, 10_000_000),
            Default("10000"),
            "10000",
            "Connections open at once, for each listener.",
        ),
        key(
            "head_timeout",
            Duration(1, DAY),
            Default("\"10s\""),
            "\"10s\"",
            "From the first byte of a request's head to its last.",
        ),
        key(
            "handshake_timeout",
            Duration(1, DAY),
            Default("\"10s\""),
            "\"10s\"",
            "From the beginning of a TLS handshake to its end.",
        ),
        key(
            "streams",
            Count(1, 10_000),
            Default("100"),
            "100",
            "Requests under way at once on one connection of HTTP/2.",
        ),
        key(
            "idle_timeout",
            Duration(1, DAY),
            Default("\"75s\""),
            "\"75s\"",
            "How long a connection may wait for its next request.",
        ),
        key(
            "stall_timeout",
            Duration(1, DAY),
            Default("\"60s\""),
            "\"60s\"",
            "How long a client may neither send nor take a byte of a body.",
        ),
        key(
            "connect_timeout",
            Duration(1, DAY),
            Default("\"5s\""),
            "\"5s\"",
            "Until a connection to an upstream stands.",
        ),
        key(
            "upstream_timeout",
            Duration(1, DAY),
            Default("\"60s\""),
            "\"60s\"",
            "From the end of the request to the head of the upstream's response, and between two pieces of its body (server-sent events excepted).",
        ),
        key(
            "websocket_timeout",
            Duration(1, DAY),
            Default("\"10m\""),
            "\"10m\"",
            "How long a WebSocket connection may carry nothing in either direction.",
        ),
        key(
            "drain_timeout",
            Duration(0, DAY),
            Default("\"30s\""),
            "\"30s\"",
            "How long requests under way may go on after SIGTERM.",
        ),
        key(
            "file_cache_bytes",
            Size(0, 1024 * GIB),
            Default("\"64MiB\""),
            "\"64MiB\"",
            "Bytes of file contents kept in memory, by all workers together.",
        ),
    ],
};

/// `[admin]`.
pub(crate) static ADMIN: Table = Table {
    header: "[admin]",
    noun: "table of the admin listener",
    doc: "Where to ask how the gateway does: metrics, health, the policies, the last refused requests. Left out, there is no such listener.",
    keys: &[
        key(
            "address",
            Text,
            Default("\"127.0.0.1:9180\""),
            r#""127.0.0.1:9180""#,
            "The address: an IP address and a port. Other than a loopback address it needs `public = true`.",
        ),
        key(
            "public",
            Boolean,
            Default("false"),
            "false",
            "Allows an address that other machines reach. Whoever reaches it may read policies, paths and origins; nothing asks for a password.",
        ),
    ],
};

/// `[log]`.
pub(crate) static LOG: Table = Table {
    header: "[log]",
    noun: "table of the log",
    doc: "How the log on standard error is written. The flags `--log-format` and `--log-sample` come first.",
    keys: &[
        key(
            "format",
            Choice(&["human", "json"]),
            Default("\"human\""),
            r#""json""#,
            "Lines for people, or one JSON object a line.",
        ),
        key(
            "sample",
            Fraction,
            Default("1"),
            "0.01",
            "The part of all requests that get a line: 1 for all, 0 for none. Metrics count all.",
        ),
    ],
};

impl Table {
    /// The key of that name.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The key whose name is nearest to a misspelt one.
    pub(crate) fn nearest(&self, name: &str) -> Option<&'static str> {
        let written = name.to_ascii_lowercase().replace('-', "_");
        self.keys
            .iter()
            .map(|key| (strsim::jaro_winkler(&written, key.name), key.name))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|left, right| left.0.total_cmp(&right.0))
            .map(|(_, name)| name)
    }
}

impl Kind {
    /// What it takes, in words, for messages and the reference.
    pub(crate) fn words(self) -> String {
        match self {
            Boolean => "`true` or `false`".into(),
            Text => "a string".into(),
            Texts => "a list of strings".into(),
            TextOrTexts => "a string or a list of strings".into(),
            Choice(choices) => {
                let quoted: Vec<_> = choices.iter().map(|choice| format!("`\"{choice}\"`")).collect();
                quoted.join(" or ")
            }
            Number(choices) => {
                let quoted: Vec<_> = choices.iter().map(|choice| format!("`{choice}`")).collect();
                quoted.join(" or ")
            }
            Duration(..) => "a duration such as `\"10s\"` or `\"1h30m\"`".into(),
            Size(..) => "a number of bytes, or a size such as `\"16KiB\"`".into(),
            Count(least, most) => format!("an integer from {least} to {most}"),
            Fraction => "a number from 0 to 1".into(),
            One(table) | Many(table) | Named(table) => format!("`{}`", table.header),
        }
    }
}
