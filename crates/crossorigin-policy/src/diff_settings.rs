//! What differs between two policy files and is no answer to a request: listeners, limits, and what is out of any
//! request's reach.

use crossorigin::server::{PolicyConfig, TimingAllowOrigin};

use crate::{Admin, Limits, Listener, Log, LogFormat, Route, Site, Target};

/// A setting that two policy files have different values of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingDifference {
    /// Where, in words.
    pub place: String,
    /// The key, as in a policy file.
    pub key: &'static str,
    /// The first file's value, in words.
    pub before: String,
    /// The second file's.
    pub after: String,
    /// Whether no request shows it because no origin is allowed by both files.
    pub is_unseen: bool,
}

/// Listeners, limits, and what concerns those who run it.
pub(crate) fn of_sites(before: &Site, after: &Site) -> Vec<SettingDifference> {
    let mut found = Vec::new();
    let mut add = |place: &str, key, before: String, after: String| {
        if before != after {
            found.push(SettingDifference { place: place.into(), key, before, after, is_unseen: false });
        }
    };
    let (old, new) = (&before.listeners, &after.listeners);
    if let ([old], [new]) = (&old[..], &new[..]) {
        add("the listener", "address", old.address.to_string(), new.address.to_string());
        add("the listener", "tls", tls(old), tls(new));
    } else {
        let named = |listeners: &[Listener], name: &str| {
            let found = listeners.iter().find(|listener| listener.name == name);
            found.map_or_else(|| "none".to_owned(), |listener| listener.address.to_string())
        };
        let added = new.iter().filter(|new| !old.iter().any(|old| old.name == new.name));
        for Listener { name, .. } in old.iter().chain(added) {
            add(&format!("the listener {name}"), "address", named(old, name), named(new, name));
            let find =
                |listeners: &[Listener]| listeners.iter().find(|listener| listener.name == *name).map(tls);
            if let (Some(old), Some(new)) = (find(old), find(new)) {
                add(&format!("the listener {name}"), "tls", old, new);
            }
        }
    }
    for ((key, before), (_, after)) in limits(&before.limits).into_iter().zip(limits(&after.limits)) {
        add("[limits]", key, before, after);
    }
    for ((place, key, before), (_, _, after)) in operation(before).into_iter().zip(operation(after)) {
        add(place, key, before, after);
    }
    found
}

/// The names that the certificates of a listener are for: what clients see of them.
fn tls(listener: &Listener) -> String {
    let names: Vec<_> = listener.tls.iter().map(|certificate| certificate.names.join(", ")).collect();
    if names.is_empty() { "none".to_owned() } else { format!("for {}", names.join("; ")) }
}

/// What two routes ask of bodies, of WebSocket handshakes, and of their upstreams' certificates.
pub(crate) fn of_routes(place: &str, before: &Route, after: &Route) -> Vec<SettingDifference> {
    let told = |route: &Route| {
        let max_body = route.body_bytes.map(|bytes| format!("{bytes} bytes"));
        let authorities = match &route.target {
            Target::Upstream(upstreams) => upstreams.authorities(),
            Target::Files(_) => None,
        };
        [
            ("max_body", max_body.unwrap_or_else(|| "limits.body_bytes".to_owned())),
            ("websocket", route.websocket.as_str().to_owned()),
            ("upstream_ca", authorities.map_or("the system's".into(), |own| own.file.display().to_string())),
        ]
    };
    let pairs = told(before).into_iter().zip(told(after));
    let differing = pairs.filter(|((_, before), (_, after))| before != after);
    let differences = differing.map(|((key, before), (_, after))| SettingDifference {
        place: place.to_owned(),
        key,
        before,
        after,
        is_unseen: false,
    });
    differences.collect()
}

/// Settings of two policies that only origins meet that both allow, where there are none.
pub(crate) fn of_policies(
    place: &str,
    before: &PolicyConfig,
    after: &PolicyConfig,
) -> Vec<SettingDifference> {
    if before.origins.is_empty() || after.origins.is_empty() {
        return Vec::new();
    }
    let pairs = settings(before).into_iter().zip(settings(after));
    let differing = pairs.filter(|((_, before), (_, after))| before != after);
    let differences = differing.map(|((key, before), (_, after))| SettingDifference {
        place: place.to_owned(),
        key,
        before,
        after,
        is_unseen: true,
    });
    differences.collect()
}

fn settings(config: &PolicyConfig) -> Vec<(&'static str, String)> {
    let list = |names: &[String], in_lower_case: bool| {
        let lower = |name: &String| if in_lower_case { name.to_ascii_lowercase() } else { name.clone() };
        let mut names: Vec<_> = names.iter().map(lower).collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    vec![
        ("credentials", config.credentials.to_string()),
        ("methods", list(&config.methods, false)),
        ("request_headers", list(&config.request_headers, true)),
        ("exposed_headers", list(&config.exposed_headers, true)),
        ("max_age", config.max_age.map_or_else(|| "left out".into(), |age| format!("{}s", age.as_secs()))),
        (
            "timing_allow_origin",
            match config.timing_allow_origin {
                None => "left out",
                Some(TimingAllowOrigin::Any) => "*",
                Some(TimingAllowOrigin::AllowedOrigins) => "allowed-origins",
            }
            .into(),
        ),
    ]
}

fn operation(site: &Site) -> [(&'static str, &'static str, String); 4] {
    let admin = |told: fn(&Admin) -> String| site.admin.as_ref().map_or_else(|| "none".to_owned(), told);
    let Log { format, sample } = &site.log;
    let format = match format {
        LogFormat::Human => "human",
        LogFormat::Json => "json",
    };
    [
        ("[admin]", "address", admin(|admin| admin.address.to_string())),
        ("[admin]", "public", admin(|admin| admin.is_public.to_string())),
        ("[log]", "format", format.to_owned()),
        ("[log]", "sample", sample.to_string()),
    ]
}

fn limits(limits: &Limits) -> [(&'static str, String); 14] {
    let Limits {
        head_bytes,
        header_lines,
        body_bytes,
        connections,
        head_timeout,
        handshake_timeout,
        streams,
        idle_timeout,
        stall_timeout,
        connect_timeout,
        upstream_timeout,
        websocket_timeout,
        drain_timeout,
        file_cache_bytes,
    } = limits;
    [
        ("head_bytes", head_bytes.to_string()),
        ("header_lines", header_lines.to_string()),
        ("body_bytes", body_bytes.to_string()),
        ("connections", connections.to_string()),
        ("head_timeout", format!("{head_timeout:?}")),
        ("handshake_timeout", format!("{handshake_timeout:?}")),
        ("streams", streams.to_string()),
        ("idle_timeout", format!("{idle_timeout:?}")),
        ("stall_timeout", format!("{stall_timeout:?}")),
        ("connect_timeout", format!("{connect_timeout:?}")),
        ("upstream_timeout", format!("{upstream_timeout:?}")),
        ("websocket_timeout", format!("{websocket_timeout:?}")),
        ("drain_timeout", format!("{drain_timeout:?}")),
        ("file_cache_bytes", file_cache_bytes.to_string()),
    ]
}
