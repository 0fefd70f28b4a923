//! Everything that can be wrong with a configuration, typed.

use std::fmt;

use super::config::MAX_ORIGINS;

/// A field of [`PolicyConfig`](super::PolicyConfig), as a problem names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is the field of PolicyConfig of the same name")]
pub enum Setting {
    Origins,
    Methods,
    RequestHeaders,
    ExposedHeaders,
    MaxAge,
    PreflightStatus,
    ForbidRefusedOrigins,
    PublicUrl,
}

impl Setting {
    /// The field's name, which is also its key in a policy file.
    pub fn key(self) -> &'static str {
        match self {
            Self::Origins => "origins",
            Self::Methods => "methods",
            Self::RequestHeaders => "request_headers",
            Self::ExposedHeaders => "exposed_headers",
            Self::MaxAge => "max_age",
            Self::PreflightStatus => "preflight_status",
            Self::ForbidRefusedOrigins => "forbid_refused_origins",
            Self::PublicUrl => "public_url",
        }
    }
}

/// One thing that is wrong with a [`PolicyConfig`](super::PolicyConfig).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Where: the field …
    pub setting: Setting,
    /// … and, in a field that is a list, which item, from 0.
    pub index: Option<usize>,
    /// The value at fault, as written.
    pub value: String,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// Why a value is refused. [`Problem::reason`] says it in a sentence, [`Problem::remedy`] what to write; where
/// there is one right spelling, `write` is it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// An origin is the empty string.
    OriginEmpty,
    /// Several origins in one string, or white space in one.
    OriginList,
    /// No `scheme://` in front, or no valid scheme.
    OriginScheme,
    /// The `file` scheme, whose pages have the origin `null`.
    OriginFile,
    /// `null`, which isn't trusted by listing it.
    OriginNull,
    /// User name or password.
    OriginUserinfo,
    /// A path, query or fragment, be it a slash.
    OriginPath {
        /// The origin without it.
        write: String,
    },
    /// Letters in upper case, which browsers never send.
    OriginUpperCase {
        /// The origin in lower case.
        write: String,
    },
    /// A host beyond ASCII, which browsers send in Punycode.
    OriginUnicode {
        /// The origin in Punycode, where the host is a valid one.
        write: Option<String>,
    },
    /// The scheme's default port, which browsers leave out.
    OriginDefaultPort {
        /// The origin without it.
        write: String,
    },
    /// A port that is no number from 0 to 65535, nor `*`.
    OriginPort,
    /// An IP address in a form that browsers don't send.
    OriginAddress {
        /// The origin with the form that they do send.
        write: String,
    },
    /// A host that browsers never send in an `Origin`.
    OriginHost,
    /// `*` elsewhere than as the first label, or as the port.
    OriginWildcardPlace,
    /// A wildcard in front of an IP address, which has no subdomains.
    OriginWildcardAddress,
    /// `*` together with other origins.
    AnyOriginNotAlone,
    /// More origins than one policy holds.
    TooManyOrigins,
    /// `*` with credentials.
    AnyOriginWithCredentials,
    /// An `http:` origin other than a loopback one, with credentials.
    InsecureOriginWithCredentials,
    /// A wildcard over a public suffix or a parent of one, with credentials.
    PublicSuffixWithCredentials {
        /// The suffix, or the parent.
        suffix: String,
    },
    /// No method by HTTP's grammar.
    MethodSyntax,
    /// A method that script can never use.
    MethodForbidden,
    /// A well-known method in the wrong case; methods are case-sensitive.
    MethodCase {
        /// The method in its right case.
        write: &'static str,
    },
    /// No header name by HTTP's grammar.
    HeaderSyntax,
    /// A request header that script can never set.
    RequestHeaderForbidden,
    /// A CORS response header among the request headers.
    RequestHeaderOfResponses,
    /// A response header that script can never read.
    ExposedHeaderForbidden,
    /// `*` among the exposed headers, with credentials, where browsers take it for a header of that name.
    ExposeAllWithCredentials,
    /// A max-age above 86400 s, or not of whole seconds.
    MaxAge,
    /// A preflight status other than 200 and 204.
    PreflightStatus,
    /// `forbid_refused_origins` without `public_url`.
    PublicUrlMissing,
    /// A public URL that is no `http:` or `https:` origin.
    PublicUrl {
        /// The URL's origin, where it has one.
        write: Option<String>,
    },
}

impl Problem {
    /// A stable name for the kind of problem, such as `origin-default-port`.
    pub fn code(&self) -> &'static str {
        match self.kind {
            ProblemKind::OriginEmpty => "origin-empty",
            ProblemKind::OriginList => "origin-list",
            ProblemKind::OriginScheme => "origin-scheme",
            ProblemKind::OriginFile => "origin-file",
            ProblemKind::OriginNull => "origin-null",
            ProblemKind::OriginUserinfo => "origin-userinfo",
            ProblemKind::OriginPath { .. } => "origin-path",
            ProblemKind::OriginUpperCase { .. } => "origin-upper-case",
            ProblemKind::OriginUnicode { .. } => "origin-unicode",
            ProblemKind::OriginDefaultPort { .. } => "origin-default-port",
            ProblemKind::OriginPort => "origin-port",
            ProblemKind::OriginAddress { .. } => "origin-address",
            ProblemKind::OriginHost => "origin-host",
            ProblemKind::OriginWildcardPlace => "origin-wildcard-place",
            ProblemKind::OriginWildcardAddress => "origin-wildcard-address",
            ProblemKind::AnyOriginNotAlone => "any-origin-not-alone",
            ProblemKind::TooManyOrigins => "too-many-origins",
            ProblemKind::AnyOriginWithCredentials => "any-origin-with-credentials",
            ProblemKind::InsecureOriginWithCredentials => "insecure-origin-with-credentials",
            ProblemKind::PublicSuffixWithCredentials { .. } => "public-suffix-with-credentials",
            ProblemKind::MethodSyntax => "method-syntax",
            ProblemKind::MethodForbidden => "method-forbidden",
            ProblemKind::MethodCase { .. } => "method-case",
            ProblemKind::HeaderSyntax => "header-syntax",
            ProblemKind::RequestHeaderForbidden => "request-header-forbidden",
            ProblemKind::RequestHeaderOfResponses => "request-header-of-responses",
            ProblemKind::ExposedHeaderForbidden => "exposed-header-forbidden",
            ProblemKind::ExposeAllWithCredentials => "expose-all-with-credentials",
            ProblemKind::MaxAge => "max-age",
            ProblemKind::PreflightStatus => "preflight-status",
            ProblemKind::PublicUrlMissing => "public-url-missing",
            ProblemKind::PublicUrl { .. } => "public-url",
        }
    }

    /// What is wrong, in one sentence without the value and the place.
    pub fn reason(&self) -> String {
        let text = match &self.kind {
            ProblemKind::OriginEmpty => "it is empty",
            ProblemKind::OriginList => "an origin has no white space and no comma in it",
            ProblemKind::OriginScheme => "it does not begin with a scheme and ://",
            ProblemKind::OriginFile => "browsers send the origin of local files as null",
            ProblemKind::OriginNull => {
                "every sandboxed frame and every data: URL, on any site, has the origin null"
            }
            ProblemKind::OriginUserinfo => "an origin has no user name and no password",
            ProblemKind::OriginPath { .. } => {
                "an origin ends with its host or port, without a slash, path or query"
            }
            ProblemKind::OriginUpperCase { .. } => {
                "browsers send origins in lower case, so it would never match"
            }
            ProblemKind::OriginUnicode { .. } => {
                "browsers send hosts beyond ASCII in Punycode, so it would never match"
            }
            ProblemKind::OriginDefaultPort { .. } => {
                "browsers leave out the port that is the scheme's default, so it would never match"
            }
            ProblemKind::OriginPort => {
                "its port is not a number from 0 to 65535 without leading zeros, nor *"
            }
            ProblemKind::OriginAddress { .. } => {
                "browsers send this address in another form, so it would never match"
            }
            ProblemKind::OriginHost => {
                "its host is not one that the Fetch standard lets an Origin header carry: labels of a-z, 0-9 and - \
                 joined by dots, or an IP address"
            }
            ProblemKind::OriginWildcardPlace => {
                "a * can stand only for the first labels of a host (https://*.app.example) or for the port \
                 (http://localhost:*)"
            }
            ProblemKind::OriginWildcardAddress => "an IP address has no subdomains",
            ProblemKind::AnyOriginNotAlone => "* already allows every origin",
            ProblemKind::TooManyOrigins => return format!("a policy holds at most {MAX_ORIGINS} origins"),
            ProblemKind::AnyOriginWithCredentials => {
                "with credentials, every site on the web could read what only the signed-in user may"
            }
            ProblemKind::InsecureOriginWithCredentials => {
                "with credentials, anyone on the network path of an http: page could read what only the signed-in \
                 user may"
            }
            ProblemKind::PublicSuffixWithCredentials { suffix } => {
                return format!(
                    "{suffix} is a public suffix or the parent of one: with credentials, anyone who registers a \
                     name there could read what only the signed-in user may"
                );
            }
            ProblemKind::MethodSyntax => "it is not a method name",
            ProblemKind::MethodForbidden => "browsers never let script send CONNECT, TRACE or TRACK",
            ProblemKind::MethodCase { .. } => {
                "methods are case-sensitive, so it would not cover the one that is meant"
            }
            ProblemKind::HeaderSyntax => "it is not a header name",
            ProblemKind::RequestHeaderForbidden => {
                "browsers never let script set this header, so none ever asks for it"
            }
            ProblemKind::RequestHeaderOfResponses => {
                "it is a header of responses, which requests do not carry"
            }
            ProblemKind::ExposedHeaderForbidden => "browsers never let script read this header",
            ProblemKind::ExposeAllWithCredentials => {
                "with credentials, browsers take * for a header of that name and expose nothing"
            }
            ProblemKind::MaxAge => {
                "it is not a whole number of seconds from 0 to 86400, the most any browser keeps"
            }
            ProblemKind::PreflightStatus => "a preflight is answered with 204 or 200",
            ProblemKind::PublicUrlMissing => {
                "without public_url the service's own pages can't be told from refused origins where a browser sends no \
                 Sec-Fetch-Site"
            }
            ProblemKind::PublicUrl { .. } => {
                "it is not the http: or https: URL of a service, with nothing but scheme, host and port"
            }
        };
        text.to_owned()
    }

    /// What to do about it, in one sentence.
    pub fn remedy(&self) -> String {
        let text = match &self.kind {
            ProblemKind::OriginPath { write }
            | ProblemKind::OriginUpperCase { write }
            | ProblemKind::OriginDefaultPort { write }
            | ProblemKind::OriginAddress { write }
            | ProblemKind::OriginUnicode { write: Some(write) }
            | ProblemKind::PublicUrl { write: Some(write) } => return format!("write {write:?}"),
            ProblemKind::MethodCase { write } => return format!("write {write:?}"),
            ProblemKind::OriginEmpty => "write an origin such as \"https://app.example\", or leave it out",
            ProblemKind::OriginList => "write each origin as a string of its own",
            ProblemKind::OriginScheme => "write an origin such as \"https://app.example\"",
            ProblemKind::OriginFile => "serve the page from http://localhost and allow that origin",
            ProblemKind::OriginNull => "leave it out, or set dangerously_allow_null_origin",
            ProblemKind::OriginUserinfo => "leave out what stands before the @, and the @",
            ProblemKind::OriginUnicode { write: None } => {
                "write the host in Punycode, as a browser's address bar copies it"
            }
            ProblemKind::OriginPort => "write a port such as :8443, or :* for any",
            ProblemKind::OriginHost => "copy the origin from the page, where location.origin has it",
            ProblemKind::OriginWildcardPlace => {
                "list the origins one by one, or move the * to the front of a domain"
            }
            ProblemKind::OriginWildcardAddress => "write the address without *.",
            ProblemKind::AnyOriginNotAlone => "keep either the * or the list",
            ProblemKind::TooManyOrigins => {
                "split the policy, or allow the tenants' common parent by a pattern"
            }
            ProblemKind::AnyOriginWithCredentials => {
                "list the origins, or turn credentials off; dangerously_allow_any_origin_with_credentials lifts this rule"
            }
            ProblemKind::InsecureOriginWithCredentials => {
                "use https; dangerously_allow_insecure_origins_with_credentials lifts this rule"
            }
            ProblemKind::PublicSuffixWithCredentials { .. } => {
                "name the registered domain; dangerously_allow_public_suffixes_with_credentials lifts this rule"
            }
            ProblemKind::MethodSyntax => "write one method, such as \"PUT\", to an item",
            ProblemKind::MethodForbidden
            | ProblemKind::RequestHeaderForbidden
            | ProblemKind::RequestHeaderOfResponses
            | ProblemKind::ExposedHeaderForbidden => "leave it out",
            ProblemKind::HeaderSyntax => "write one header name, such as \"x-csrf-token\", to an item",
            ProblemKind::ExposeAllWithCredentials => "name the headers that script should read",
            ProblemKind::MaxAge => "write a duration from \"0s\" to \"24h\"",
            ProblemKind::PreflightStatus => "write 204, or 200 for old clients",
            ProblemKind::PublicUrlMissing => {
                "set public_url to the URL at which browsers see the service, such as \"https://api.example\""
            }
            ProblemKind::PublicUrl { write: None } => "write a URL such as \"https://api.example\"",
        };
        text.to_owned()
    }
}

impl fmt::Display for Problem {
    /// Place, value, reason and remedy in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.setting.key())?;
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        write!(f, " = {:?}: {}; {}", self.value, self.reason(), self.remedy())
    }
}

/// Everything that is wrong with a [`PolicyConfig`](super::PolicyConfig); at least one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    pub(super) problems: Vec<Problem>,
}

impl PolicyError {
    /// The problems, in the order of the configuration's fields.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for PolicyError {
    /// One problem a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.problems.iter().enumerate() {
            if nth > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}
