//! The options of curl that matter to a request, those that don't, and those that can't be followed.

/// What an option does to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// `-X`.
    Method,
    /// `-H`.
    Header,
    /// `-d`: a form, or whatever the Content-Type says.
    Data,
    /// `--data-raw`: the same, where a leading `@` is no file.
    DataRaw,
    /// `--data-urlencode`.
    DataUrlEncode,
    /// `--json`.
    Json,
    /// `-G`: the data goes into the URL.
    Get,
    /// `-I`.
    Head,
    /// `-u`.
    User,
    /// `--oauth2-bearer`.
    Bearer,
    /// `-A`.
    UserAgent,
    /// `-e`.
    Referer,
    /// `-b`.
    Cookie,
    /// `--url`.
    Url,
    /// It says how curl itself works, not what it asks.
    Nothing,
    /// Dropped with this note.
    Note(&'static str),
    /// Refused with this remedy.
    Refused(&'static str),
}

/// One option.
#[derive(Debug)]
pub(super) struct CurlOption {
    pub(super) short: Option<u8>,
    pub(super) long: &'static str,
    pub(super) takes_value: bool,
    pub(super) effect: Effect,
}

const fn with(short: Option<u8>, long: &'static str, effect: Effect) -> CurlOption {
    CurlOption { short, long, takes_value: true, effect }
}

const fn flag(short: Option<u8>, long: &'static str, effect: Effect) -> CurlOption {
    CurlOption { short, long, takes_value: false, effect }
}

const INSECURE: Effect =
    Effect::Note("-k was left out: a browser doesn't go on past a certificate that it doesn't trust");
const FORM: Effect = Effect::Refused(
    "write the body with --data-binary, and its type with -H 'Content-Type: multipart/form-data; boundary=…'",
);
const PROXY: Effect = Effect::Refused("leave it out, and set HTTPS_PROXY or HTTP_PROXY");
const FILE: Effect = Effect::Refused("leave it out, and write what the file says as options");

/// All options that are known, by [curl's manual](https://curl.se/docs/manpage.html).
pub(super) const OPTIONS: &[CurlOption] = &[
    with(Some(b'X'), "request", Effect::Method),
    with(Some(b'H'), "header", Effect::Header),
    with(Some(b'd'), "data", Effect::Data),
    with(None, "data-ascii", Effect::Data),
    with(None, "data-binary", Effect::Data),
    with(None, "data-raw", Effect::DataRaw),
    with(None, "data-urlencode", Effect::DataUrlEncode),
    with(None, "json", Effect::Json),
    flag(Some(b'G'), "get", Effect::Get),
    flag(Some(b'I'), "head", Effect::Head),
    with(Some(b'u'), "user", Effect::User),
    with(None, "oauth2-bearer", Effect::Bearer),
    with(Some(b'A'), "user-agent", Effect::UserAgent),
    with(Some(b'e'), "referer", Effect::Referer),
    with(Some(b'b'), "cookie", Effect::Cookie),
    with(None, "url", Effect::Url),
    flag(Some(b'k'), "insecure", INSECURE),
    with(None, "cacert", Effect::Note("--cacert was left out: give it to crossorigin check itself")),
    with(
        None,
        "capath",
        Effect::Note("--capath was left out: give a file to crossorigin check itself, with --cacert"),
    ),
    with(None, "resolve", Effect::Note("--resolve was left out: give it to crossorigin check itself")),
    with(Some(b'm'), "max-time", Effect::Nothing),
    with(None, "connect-timeout", Effect::Nothing),
    flag(Some(b'L'), "location", Effect::Nothing),
    with(None, "max-redirs", Effect::Nothing),
    flag(None, "compressed", Effect::Nothing),
    flag(Some(b's'), "silent", Effect::Nothing),
    flag(Some(b'S'), "show-error", Effect::Nothing),
    flag(Some(b'v'), "verbose", Effect::Nothing),
    flag(Some(b'i'), "include", Effect::Nothing),
    flag(None, "show-headers", Effect::Nothing),
    flag(Some(b'f'), "fail", Effect::Nothing),
    flag(None, "fail-with-body", Effect::Nothing),
    flag(Some(b'#'), "progress-bar", Effect::Nothing),
    flag(None, "no-progress-meter", Effect::Nothing),
    flag(Some(b'N'), "no-buffer", Effect::Nothing),
    flag(Some(b'g'), "globoff", Effect::Nothing),
    flag(None, "path-as-is", Effect::Nothing),
    flag(None, "location-trusted", Effect::Nothing),
    flag(Some(b'O'), "remote-name", Effect::Nothing),
    flag(Some(b'J'), "remote-header-name", Effect::Nothing),
    flag(Some(b'j'), "junk-session-cookies", Effect::Nothing),
    flag(Some(b'R'), "remote-time", Effect::Nothing),
    flag(Some(b'0'), "http1.0", Effect::Nothing),
    flag(None, "http1.1", Effect::Nothing),
    flag(None, "http2", Effect::Nothing),
    flag(None, "http2-prior-knowledge", Effect::Nothing),
    flag(None, "http3", Effect::Nothing),
    flag(None, "tcp-nodelay", Effect::Nothing),
    flag(None, "http0.9", Effect::Nothing),
    flag(None, "http3-only", Effect::Nothing),
    flag(None, "alpn", Effect::Nothing),
    flag(None, "sessionid", Effect::Nothing),
    flag(None, "keepalive", Effect::Nothing),
    with(None, "keepalive-time", Effect::Nothing),
    flag(Some(b'1'), "tlsv1", Effect::Nothing),
    flag(None, "tlsv1.0", Effect::Nothing),
    flag(None, "tlsv1.1", Effect::Nothing),
    flag(None, "tlsv1.2", Effect::Nothing),
    flag(None, "tlsv1.3", Effect::Nothing),
    flag(Some(b'4'), "ipv4", Effect::Nothing),
    flag(Some(b'6'), "ipv6", Effect::Nothing),
    flag(Some(b'q'), "disable", Effect::Nothing),
    flag(None, "basic", Effect::Nothing),
    flag(None, "anyauth", Effect::Nothing),
    flag(None, "ssl-no-revoke", Effect::Nothing),
    flag(None, "ssl-revoke-best-effort", Effect::Nothing),
    flag(None, "raw", Effect::Nothing),
    flag(None, "tr-encoding", Effect::Nothing),
    flag(None, "styled-output", Effect::Nothing),
    flag(None, "create-dirs", Effect::Nothing),
    flag(None, "remove-on-error", Effect::Nothing),
    flag(None, "retry-connrefused", Effect::Nothing),
    flag(None, "retry-all-errors", Effect::Nothing),
    flag(Some(b'Z'), "parallel", Effect::Nothing),
    with(None, "tls-max", Effect::Nothing),
    with(None, "curves", Effect::Nothing),
    with(None, "output-dir", Effect::Nothing),
    with(None, "retry-max-time", Effect::Nothing),
    with(None, "max-filesize", Effect::Nothing),
    with(None, "expect100-timeout", Effect::Nothing),
    with(Some(b'y'), "speed-time", Effect::Nothing),
    with(Some(b'Y'), "speed-limit", Effect::Nothing),
    with(None, "noproxy", Effect::Nothing),
    with(None, "proto", Effect::Nothing),
    with(None, "interface", Effect::Nothing),
    with(None, "local-port", Effect::Nothing),
    with(None, "dns-servers", Effect::Nothing),
    with(None, "doh-url", Effect::Nothing),
    with(Some(b'o'), "output", Effect::Nothing),
    with(Some(b'w'), "write-out", Effect::Nothing),
    with(Some(b'D'), "dump-header", Effect::Nothing),
    with(Some(b'c'), "cookie-jar", Effect::Nothing),
    with(None, "retry", Effect::Nothing),
    with(None, "retry-delay", Effect::Nothing),
    with(None, "trace", Effect::Nothing),
    with(None, "trace-ascii", Effect::Nothing),
    with(None, "stderr", Effect::Nothing),
    with(None, "limit-rate", Effect::Nothing),
    with(None, "ciphers", Effect::Nothing),
    with(Some(b'F'), "form", FORM),
    with(None, "form-string", FORM),
    with(Some(b'T'), "upload-file", Effect::Refused("write the body with --data-binary, and -X PUT")),
    with(Some(b'x'), "proxy", PROXY),
    with(Some(b'U'), "proxy-user", PROXY),
    with(None, "proxy-header", PROXY),
    with(None, "preproxy", PROXY),
    with(None, "socks4", PROXY),
    with(None, "socks4a", PROXY),
    with(None, "socks5", PROXY),
    with(None, "socks5-hostname", PROXY),
    with(Some(b'K'), "config", FILE),
    flag(Some(b'n'), "netrc", Effect::Refused("leave it out, and give user and password with -u")),
    with(Some(b'E'), "cert", Effect::Refused("leave it out: client certificates are not sent")),
    with(None, "key", Effect::Refused("leave it out: client certificates are not sent")),
    flag(
        None,
        "digest",
        Effect::Refused("leave it out, and give the header as it was sent with -H 'Authorization: …'"),
    ),
    flag(
        None,
        "ntlm",
        Effect::Refused("leave it out, and give the header as it was sent with -H 'Authorization: …'"),
    ),
    flag(
        None,
        "negotiate",
        Effect::Refused("leave it out, and give the header as it was sent with -H 'Authorization: …'"),
    ),
    with(
        None,
        "aws-sigv4",
        Effect::Refused("leave it out, and give the header as it was sent with -H 'Authorization: …'"),
    ),
    with(None, "unix-socket", Effect::Refused("leave it out: browsers connect over TCP")),
    with(None, "connect-to", Effect::Refused("leave it out, and give --resolve to crossorigin check itself")),
    with(Some(b'r'), "range", Effect::Refused("leave it out, and write -H 'Range: bytes=…'")),
    with(None, "url-query", Effect::Refused("leave it out, and write the query into the URL")),
    flag(Some(b':'), "next", Effect::Refused("give one request at a time")),
];

/// The option of a long name.
pub(super) fn long(name: &str) -> Option<&'static CurlOption> {
    OPTIONS.iter().find(|option| option.long == name)
}

/// The option of a letter.
pub(super) fn short(letter: u8) -> Option<&'static CurlOption> {
    OPTIONS.iter().find(|option| option.short == Some(letter))
}

/// The option that was most likely meant.
pub(super) fn near(name: &str) -> Option<&'static str> {
    let scored = OPTIONS.iter().map(|option| (strsim::jaro_winkler(option.long, name), option.long));
    scored
        .filter(|(score, _)| *score > 0.85)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}
