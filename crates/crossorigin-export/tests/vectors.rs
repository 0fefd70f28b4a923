//! The examples in the services' own documentation: a policy that says the same is exported as the document that stands there.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crossorigin_export::{Options, Target, export};
use crossorigin_policy::PolicyDocument;

/// An example of a documentation.
struct Vector {
    target: &'static str,
    source: &'static str,
    /// What the example says, as a policy.
    policy: &'static str,
    /// The differences between the service and the policy that no example shows.
    accepted: &'static [&'static str],
    /// Every setting of the example, its values apart by blanks.
    settings: &'static [(&'static str, &'static str)],
}

const VECTORS: [Vector; 11] = [
    Vector {
        target: "istio",
        source: "https://istio.io/latest/docs/reference/config/networking/virtual-service/#CorsPolicy",
        policy: r#"origins = "https://example.com"
request_headers = ["x-foo-bar"]
max_age = "24h""#,
        accepted: &[],
        settings: &[
            ("allowOrigins", ""),
            ("exact", "https://example.com"),
            ("allowMethods", "POST GET"),
            ("allowCredentials", "false"),
            ("allowHeaders", "X-Foo-Bar"),
            ("maxAge", "86400s"),
        ],
    },
    Vector {
        target: "gateway-api",
        source: "https://gateway-api.sigs.k8s.io/guides/http-cors/",
        policy: "origins = \"https://app.example\"\nmax_age = \"5s\"",
        accepted: &[],
        // The default of maxAge is 5; the guide leaves it out.
        settings: &[
            ("allowOrigins", "https://app.example"),
            ("allowCredentials", "false"),
            ("allowMethods", "GET"),
            ("maxAge", "5"),
        ],
    },
    Vector {
        target: "traefik",
        source: "https://doc.traefik.io/traefik/v3.0/middlewares/http/headers/#cors-headers",
        policy: r#"origins = ["https://foo.bar.org", "https://example.org"]
methods = ["PUT"]
request_headers = "*"
max_age = "100s""#,
        accepted: &[],
        settings: &[
            ("accessControlAllowMethods", "GET OPTIONS PUT"),
            ("accessControlAllowHeaders", "*"),
            ("accessControlAllowOriginList", "https://foo.bar.org https://example.org"),
            ("accessControlMaxAge", "100"),
            ("addVaryHeader", "true"),
        ],
    },
    Vector {
        target: "s3",
        source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html#cors-example-1",
        policy: r#"origins = "http://www.example.com"
credentials = true
dangerously_allow_insecure_origins_with_credentials = true
methods = ["PUT", "DELETE"]
request_headers = ["*", "authorization"]
exposed_headers = ["x-amz-server-side-encryption", "x-amz-request-id", "x-amz-id-2"]
max_age = "3000s""#,
        accepted: &["vary-without-origin"],
        settings: &[
            ("AllowedHeaders", "*"),
            ("AllowedMethods", "PUT POST DELETE"),
            ("AllowedOrigins", "http://www.example.com"),
            ("MaxAgeSeconds", "3000"),
            ("ExposeHeaders", "x-amz-server-side-encryption x-amz-request-id x-amz-id-2"),
        ],
    },
    Vector {
        target: "cloudfront",
        source: "https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_cloudfront.ResponseHeadersCorsBehavior.html",
        policy: r#"origins = "*"
request_headers = ["x-custom-header-1", "x-custom-header-2"]
exposed_headers = ["x-custom-header-1", "x-custom-header-2"]
max_age = "600s""#,
        accepted: &[],
        settings: &[
            ("AccessControlAllowCredentials", "false"),
            ("AccessControlAllowHeaders", "X-Custom-Header-1 X-Custom-Header-2"),
            ("AccessControlAllowMethods", "GET POST"),
            ("AccessControlAllowOrigins", "*"),
            ("AccessControlExposeHeaders", "X-Custom-Header-1 X-Custom-Header-2"),
            ("AccessControlMaxAgeSec", "600"),
            ("OriginOverride", "true"),
        ],
    },
    Vector {
        target: "api-gateway",
        source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-cors-configuration.html",
        policy: r#"origins = "https://www.example.com"
credentials = true
request_headers = ["x-apigateway-header", "x-amz-date", "content-type"]
exposed_headers = ["x-apigateway-header", "x-amz-date", "content-type"]
max_age = "1h""#,
        accepted: &["vary"],
        settings: &[
            ("AllowOrigins", "https://www.example.com"),
            ("AllowCredentials", "true"),
            ("ExposeHeaders", "x-apigateway-header x-amz-date content-type"),
            ("MaxAge", "3600"),
            ("AllowMethods", "GET OPTIONS POST"),
            ("AllowHeaders", "x-apigateway-header x-amz-date content-type"),
        ],
    },
    Vector {
        target: "gcs",
        source: "https://cloud.google.com/storage/docs/configuring-cors",
        policy: r#"origins = "https://example.com"
methods = ["DELETE"]
request_headers = ["content-type"]
exposed_headers = ["content-type"]
max_age = "1h""#,
        accepted: &["vary-without-origin"],
        settings: &[
            ("origin", "https://example.com"),
            ("responseHeader", "Content-Type"),
            ("method", "GET HEAD DELETE"),
            ("maxAgeSeconds", "3600"),
        ],
    },
    Vector {
        target: "azure-storage",
        // The example's prefix in ExposedHeaders, `x-ms-*`, is what no policy says.
        source: "https://learn.microsoft.com/rest/api/storageservices/cross-origin-resource-sharing--cors--support-for-the-azure-storage-services",
        policy: r#"origins = "http://www.contoso.com"
credentials = true
dangerously_allow_insecure_origins_with_credentials = true
methods = ["PUT"]
request_headers = ["x-ms-blob-content-type", "x-ms-blob-content-disposition"]
max_age = "5s""#,
        accepted: &["vary-without-origin"],
        settings: &[
            ("AllowedOrigins", "http://www.contoso.com"),
            ("AllowedMethods", "PUT HEAD"),
            ("MaxAgeInSeconds", "5"),
            ("AllowedHeaders", "x-ms-blob-content-type x-ms-blob-content-disposition"),
        ],
    },
    Vector {
        target: "r2",
        source: "https://developers.cloudflare.com/api/resources/r2/subresources/buckets/subresources/cors/",
        policy: r#"origins = "http://localhost:3000"
request_headers = ["x-requested-by"]
exposed_headers = ["content-encoding"]
max_age = "1h""#,
        accepted: &["vary-without-origin"],
        settings: &[
            ("origins", "http://localhost:3000"),
            ("methods", "GET"),
            ("headers", "x-requested-by"),
            ("exposeHeaders", "Content-Encoding"),
            ("maxAgeSeconds", "3600"),
        ],
    },
    Vector {
        target: "spring",
        source: "https://docs.spring.io/spring-security/reference/servlet/integrations/cors.html",
        policy: "origins = \"https://example.com\"",
        accepted: &["refused-requests"],
        settings: &[
            ("setAllowedOrigins", "https://example.com"),
            ("setAllowedMethods", "GET POST"),
            ("setAllowCredentials", "false"),
            ("registerCorsConfiguration", "/**"),
        ],
    },
    Vector {
        target: "spring",
        source: "https://docs.spring.io/spring-framework/reference/web/webmvc-cors.html#mvc-cors-global-java",
        policy: r#"origins = "https://domain2.com"
credentials = true
methods = ["PUT", "DELETE"]
request_headers = ["header1", "header2", "header3"]
exposed_headers = ["header1", "header2"]
max_age = "1h""#,
        accepted: &["refused-requests"],
        settings: &[
            ("setAllowedOrigins", "https://domain2.com"),
            ("setAllowedMethods", "PUT DELETE"),
            ("setAllowedHeaders", "header1 header2 header3"),
            ("setExposedHeaders", "header1 header2"),
            ("setAllowCredentials", "true"),
            ("setMaxAge", "3600"),
            ("registerCorsConfiguration", "/**"),
        ],
    },
];

type Settings = BTreeMap<String, BTreeSet<String>>;

/// Adds a value, where it says something: names of headers have no case; methods that need no permission say nothing, nor does
/// what is false wherever it is left out.
fn add(settings: &mut Settings, name: &str, value: &str) {
    let values = settings.entry(name.to_owned()).or_default();
    let needs_none =
        name.to_ascii_lowercase().contains("method") && ["GET", "HEAD", "POST", "OPTIONS"].contains(&value);
    if !value.is_empty() && value != "false" && !needs_none {
        values.insert(value.to_ascii_lowercase());
    }
}

/// The settings of a document that writes one a line: YAML, JSON, XML or Java.
fn settings(document: &str) -> Settings {
    let mut settings = Settings::new();
    let mut name = String::new();
    for line in document.lines().map(|line| line.trim().trim_end_matches([',', ';'])) {
        let bare = |text: &str| text.trim_matches(['"', '\'', '[', ']', '{', '}', ' ']).to_owned();
        if let Some((element, rest)) = line.strip_prefix('<').and_then(|line| line.split_once('>')) {
            let value = rest.split('<').next().unwrap();
            value.split(',').for_each(|value| add(&mut settings, element, value.trim()));
        } else if let Some((call, arguments)) = line.split_once('(').filter(|_| line.ends_with(')')) {
            let call = call.rsplit(['.', ' ']).next().unwrap();
            let inner = arguments.rsplit_once('(').map_or(arguments, |(_, inner)| inner);
            // Of a path and a call, the path.
            let inner = if call == "registerCorsConfiguration" {
                arguments.split(',').next().unwrap()
            } else {
                inner
            };
            inner
                .split(',')
                .for_each(|value| add(&mut settings, call, &bare(value.trim().trim_end_matches(')'))));
        } else if let Some((key, value)) = line.trim_start_matches("- ").split_once(": ") {
            let key = bare(key);
            if key == "Quantity" {
                continue;
            }
            if key != "Items" {
                name = key;
            }
            add(&mut settings, &name, &bare(value));
        } else if let Some(key) = line.strip_suffix(':') {
            name = bare(key);
            add(&mut settings, &name, "");
        } else if !bare(line).is_empty() {
            add(&mut settings, &name, &bare(line.trim_start_matches("- ")));
        }
    }
    settings
}

#[test]
fn a_documentations_example_is_what_its_policy_is_exported_to() {
    let services: BTreeSet<_> =
        Target::ALL.iter().filter(|target| target.is_service()).map(|target| target.name()).collect();
    assert_eq!(VECTORS.iter().map(|vector| vector.target).collect::<BTreeSet<_>>(), services);
    for vector in &VECTORS {
        let Vector { target, source, policy, accepted, settings: documented } = vector;
        let routes = ["istio", "gateway-api", "traefik", "spring"].contains(target);
        let route = if routes {
            "\n[[routes]]\npath = \"/\"\nupstream = \"http://u:80\"\npolicy = \"p\""
        } else {
            ""
        };
        let text = format!("[policies.p]\npreflight_status = 200\n{policy}{route}\n");
        let document = PolicyDocument::parse(Path::new("site.toml"), &text);
        let (site, _) = document.compile().unwrap_or_else(|report| panic!("{target}: {report}"));
        let mut options = Options::default();
        options.accepted = accepted.iter().map(ToString::to_string).collect();
        let exported = export(&site, &document.configurations(), target.parse().unwrap(), &options);
        let exported = exported.unwrap_or_else(|refused| panic!("{target}: {refused:?}"));
        let found = settings(&exported.files[0].text);
        for (name, values) in *documented {
            let mut expected = Settings::new();
            add(&mut expected, name, "");
            values.split(' ').for_each(|value| add(&mut expected, name, value));
            assert_eq!(
                found.get(*name).cloned().unwrap_or_default(),
                expected[*name],
                "{target}: {name}, as in {source}\n{}",
                exported.files[0].text
            );
        }
        // And nothing that is not in the example.
        let is_setting = |name: &&String| {
            let name = name.to_ascii_lowercase();
            (name.contains("allow") || name.contains("expose") || name.contains("maxage"))
                && !name.contains('-')
                && !["allowed", "setallowedoriginpatterns"].contains(&&*name)
        };
        let all: BTreeSet<_> = documented.iter().map(|(name, _)| (*name).to_owned()).collect();
        let more: Vec<_> = found
            .iter()
            .filter(|(name, values)| is_setting(name) && !values.is_empty() && !all.contains(*name))
            .collect();
        assert!(more.is_empty(), "{target}: beside what {source} has: {more:?}");
    }
}
