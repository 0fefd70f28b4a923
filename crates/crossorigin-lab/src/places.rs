//! Where the hosts of a run are.

use crate::case::Host;

/// The name of the host that speaks https: of another site than all others.
pub(crate) const SECURE_HOST: &str = "c.y.localhost";

/// The ports of a run: the page's, another, and one that speaks https, for browsers that can be told of its authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// The page's port.
    pub own: u16,
    /// The other origins' port.
    pub other: u16,
    /// The port of the host that speaks https; without one it speaks http on the other's.
    pub secure: Option<u16>,
}

impl Places {
    /// The authority of a host, such as `a.x.localhost:8080`.
    pub fn authority(&self, host: Host) -> String {
        match host {
            Host::Own => format!("a.x.localhost:{}", self.own),
            Host::OtherPort => format!("a.x.localhost:{}", self.other),
            Host::SameSite => format!("b.x.localhost:{}", self.other),
            Host::CrossSite => format!("127.0.0.1:{}", self.other),
            Host::Secure => format!("{SECURE_HOST}:{}", self.secure.unwrap_or(self.other)),
        }
    }

    /// The origin of a host.
    pub fn origin(&self, host: Host) -> String {
        format!("{}://{}", self.scheme(host), self.authority(host))
    }

    fn scheme(&self, host: Host) -> &'static str {
        if host == Host::Secure && self.secure.is_some() { "https" } else { "http" }
    }

    /// The URL of a hop of a case; `run` keeps the URLs of one run apart from those of another.
    pub fn url(&self, host: Host, run: &str, case: u64, hop: usize) -> String {
        format!("{}/case/{run}/{case}/{hop}", self.origin(host))
    }

    /// Where the page asks whether nothing more of a case is likely to be sent: at a host of its own, so that no
    /// case waits for a connection.
    pub(crate) fn settled(&self, run: &str, case: u64) -> String {
        format!("http://c.x.localhost:{}/settled/{run}/{case}", self.other)
    }

    /// Fills the places in a scripted header value.
    pub fn fill(&self, value: &str, this: &str, next: Option<&str>) -> String {
        if !value.contains('{') {
            return value.to_owned();
        }
        let next = next.unwrap_or(this);
        value
            .replace("{page}", &self.origin(Host::Own))
            .replace("{PAGE}", &self.origin(Host::Own).to_ascii_uppercase())
            .replace("{own}", &self.origin(Host::Own))
            .replace("{other-port}", &self.origin(Host::OtherPort))
            .replace("{same-site}", &self.origin(Host::SameSite))
            .replace("{cross-site}", &self.origin(Host::CrossSite))
            .replace("{same}", this)
            .replace("{next-with-name}", &next.replacen("://", "://u@", 1))
            .replace("{next-with-password}", &next.replacen("://", "://u:p@", 1))
            .replace("{next}", next)
    }
}
