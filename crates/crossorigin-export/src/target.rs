//! What a site can be exported to: names and versions.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// What a site can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Target {
    /// nginx.
    Nginx,
    /// HAProxy.
    Haproxy,
    /// Varnish.
    Varnish,
    /// Apache's HTTP server.
    Apache,
    /// Caddy.
    Caddy,
    /// Envoy.
    Envoy,
    /// Express, on Node.js.
    Express,
    /// Istio.
    Istio,
    /// The Kubernetes Gateway API.
    GatewayApi,
    /// Traefik.
    Traefik,
    /// Buckets of Amazon S3.
    S3,
    /// Amazon CloudFront.
    CloudFront,
    /// HTTP APIs of Amazon API Gateway.
    ApiGateway,
    /// Buckets of Google Cloud Storage.
    Gcs,
    /// Azure Storage.
    AzureStorage,
    /// Buckets of Cloudflare R2.
    R2,
    /// Spring Framework.
    Spring,
}

impl Target {
    /// All of them, servers first.
    pub const ALL: &[Self] = &[
        Self::Nginx,
        Self::Haproxy,
        Self::Varnish,
        Self::Apache,
        Self::Caddy,
        Self::Envoy,
        Self::Express,
        Self::Istio,
        Self::GatewayApi,
        Self::Traefik,
        Self::S3,
        Self::CloudFront,
        Self::ApiGateway,
        Self::Gcs,
        Self::AzureStorage,
        Self::R2,
        Self::Spring,
    ];

    /// Its name, as `--to` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Varnish => "varnish",
            Self::Apache => "apache",
            Self::Caddy => "caddy",
            Self::Envoy => "envoy",
            Self::Express => "express",
            Self::Istio => "istio",
            Self::GatewayApi => "gateway-api",
            Self::Traefik => "traefik",
            Self::S3 => "s3",
            Self::CloudFront => "cloudfront",
            Self::ApiGateway => "api-gateway",
            Self::Gcs => "gcs",
            Self::AzureStorage => "azure-storage",
            Self::R2 => "r2",
            Self::Spring => "spring",
        }
    }

    /// The version that is written for where none is named, which is the one it is tested with.
    pub fn version(self) -> &'static str {
        match self {
            Self::Nginx => "1.22",
            Self::Haproxy => "2.6",
            Self::Varnish => "7.1",
            Self::Apache => "2.4",
            Self::Caddy => "2.6",
            Self::Envoy => "1.40",
            Self::Express => "5",
            Self::Istio => "1.24",
            Self::GatewayApi => "1.5",
            Self::Traefik => "3",
            Self::S3 => "2006-03-01",
            Self::CloudFront => "2020-05-31",
            Self::ApiGateway => "2",
            Self::Gcs => "1",
            Self::AzureStorage => "2021-12-02",
            Self::R2 => "2",
            Self::Spring => "6",
        }
    }

    /// The major versions that there are and that take what is written; `None` for services that their owners run, which
    /// have one interface, whatever it is called.
    pub fn major_versions(self) -> Option<RangeInclusive<u32>> {
        match self {
            Self::Nginx | Self::Envoy => Some(1..=1),
            Self::Haproxy => Some(2..=3),
            Self::Varnish => Some(6..=8),
            Self::Apache | Self::Caddy => Some(2..=2),
            Self::Express => Some(5..=5),
            Self::Istio | Self::GatewayApi => Some(1..=1),
            Self::Traefik => Some(3..=3),
            Self::Spring => Some(6..=7),
            _ => None,
        }
    }

    /// Whether it is a service, which takes a document and is not started from one. Services are unproven: their documents
    /// are checked against what is published of their form, and not by running them.
    pub fn is_service(self) -> bool {
        // They stand behind the servers.
        self >= Self::Istio
    }
}

impl Target {
    /// Whether what is exported says which upstream answers.
    pub(crate) fn has_routes(self) -> bool {
        !self.is_service() || matches!(self, Self::Istio | Self::GatewayApi | Self::Traefik)
    }

    /// Whether several upstreams of a route are written.
    pub(crate) fn has_several_upstreams(self) -> bool {
        matches!(self, Self::Nginx | Self::Haproxy | Self::Caddy | Self::Envoy)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|target| target.name() == name).ok_or(())
    }
}
