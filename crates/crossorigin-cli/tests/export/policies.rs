//! The policies that every target has to hold or to refuse.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

/// By name; `PORT` is a free port, each time another, `UPSTREAM` the upstream, `FILES` a folder.
pub(crate) const POLICIES: &[(&str, &str)] = &[
    ("one origin", ONE_ORIGIN),
    ("everyone", EVERYONE),
    ("nobody", NOBODY),
    ("wildcards with credentials", WILDCARDS),
    ("anything from anyone with credentials", ANYTHING),
    ("null", NULL),
    ("any method and header", ANY_NAMES),
    ("app schemes and addresses", SCHEMES),
    ("thousands of origins", THOUSANDS),
    ("refused origins are forbidden", FORBIDS),
    ("several routes, hosts and listeners", ROUTES),
    ("routes by method", BY_METHOD),
    ("files by extension", FILES),
    ("several upstreams", SEVERAL),
];

const ONE_ORIGIN: &str = r#"
[policies.api]
origins = ["https://app.example"]
methods = ["PUT", "DELETE"]
request_headers = ["content-type", "x-csrf-token"]
exposed_headers = ["etag", "x-total"]
max_age = "10m"
[[listeners]]
address = "127.0.0.1:PORT"
[[routes]]
path = "/"
upstream = "http://UPSTREAM"
policy = "api"
# Nothing listens there: the server answers by itself.
[[routes]]
path = "/dead"
upstream = "http://127.0.0.1:1"
policy = "api"
"#;

const EVERYONE: &str = r#"
[policies.photos]
origins = "*"
request_headers = ["range"]
exposed_headers = "*"
max_age = "0s"
timing_allow_origin = "*"
cross_origin_resource_policy = "cross-origin"
[[listeners]]
address = "127.0.0.1:PORT"
default_policy = "photos"
[[routes]]
path = "/up"
upstream = "http://UPSTREAM"
policy = "photos"
"#;

const NOBODY: &str = r#"
[policies.closed]
origins = []
[[listeners]]
address = "127.0.0.1:PORT"
default_policy = "closed"
[[routes]]
path = "/up"
upstream = "http://UPSTREAM"
policy = "closed"
[[routes]]
path = "/legacy"
upstream = "http://UPSTREAM"
pass_through = true
"#;

const WILDCARDS: &str = r#"
[policies.api]
origins = ["https://app.example", "https://*.partner.example", "http://localhost:*", "https://*.dev.example:*", "https://app.example:8443"]
credentials = true
methods = ["PATCH", "M-SEARCH"]
request_headers = ["content-type", "authorization"]
exposed_headers = ["etag"]
max_age = "24h"
preflight_status = 200
timing_allow_origin = "allowed-origins"
cross_origin_resource_policy = "same-site"
[[listeners]]
address = "127.0.0.1:PORT"
default_policy = "api"
[[routes]]
path = "/up/api"
upstream = "http://UPSTREAM"
policy = "api"
"#;

const ANYTHING: &str = r#"
[policies.api]
origins = "*"
credentials = true
methods = "*"
request_headers = "*"
exposed_headers = ["etag"]
dangerously_allow_any_origin_with_credentials = true
[[listeners]]
address = "127.0.0.1:PORT"
[[routes]]
path = "/"
upstream = "http://UPSTREAM"
policy = "api"
"#;

const NULL: &str = r#"
[policies.api]
origins = ["https://app.example"]
dangerously_allow_null_origin = true
methods = ["PUT"]
timing_allow_origin = "allowed-origins"
[[listeners]]
address = "127.0.0.1:PORT"
[[routes]]
path = "/"
upstream = "http://UPSTREAM"
policy = "api"
"#;

const ANY_NAMES: &str = r#"
[policies.api]
origins = ["https://app.example", "https://*.app.example"]
methods = "*"
request_headers = ["*", "authorization"]
max_age = "1h"
[policies.other]
origins = "*"
methods = ["*", "PUT"]
request_headers = "*"
[[listeners]]
address = "127.0.0.1:PORT"
[[routes]]
path = "/up"
upstream = "http://UPSTREAM"
policy = "api"
[[routes]]
path = "/up/open"
upstream = "http://UPSTREAM"
policy = "other"
"#;

const SCHEMES: &str = r#"
[policies.api]
origins = ["capacitor://localhost", "chrome-extension://abcdefghijklmnopabcdefghijklmnop", "http://[::1]:8080", "http://127.0.0.1:*", "https://xn--bcher-kva.example", "tauri://*.app.example", "ionic://localhost", "http://192.168.0.1:3000", "https://app.example:444", "https://a.app.example", "https://b-1.app.example", "http://app.example"]
request_headers = ["x-a.b"]
methods = ["PUT"]
[[listeners]]
address = "127.0.0.1:PORT"
[[routes]]
path = "/"
upstream = "http://UPSTREAM"
policy = "api"
"#;

const THOUSANDS: &str = r#"
[policies.api]
origins = ["https://*.customer.example"]
origins_file = "origins.txt"
credentials = true
methods = ["PUT", "DELETE"]
request_headers = ["content-type"]
[[listeners]]
address = "127.0.0.1:PORT"
[[routes]]
path = "/"
upstream = "http://UPSTREAM"
policy = "api"
"#;

const FORBIDS: &str = r#"
[policies.api]
origins = ["https://app.example"]
credentials = true
methods = ["PUT", "DELETE"]
forbid_refused_origins = true
public_url = "https://api.example"
[policies.own]
origins = []
forbid_refused_origins = true
public_url = "https://own.example"
[[listeners]]
address = "127.0.0.1:PORT"
[[routes]]
path = "/"
upstream = "http://UPSTREAM"
policy = "api"
[[routes]]
path = "/own"
upstream = "http://UPSTREAM"
policy = "own"
"#;

const ROUTES: &str = r#"
[policies.api]
origins = ["https://app.example"]
credentials = true
[policies.images]
origins = "*"
[policies.inner]
origins = ["https://inner.example"]
methods = ["PUT"]
[[listeners]]
address = "127.0.0.1:PORT"
name = "outer"
default_policy = "images"
[[listeners]]
address = "127.0.0.1:PORT"
name = "inner"
[[routes]]
path = "/api"
upstream = "http://UPSTREAM"
policy = "api"
[[routes]]
path = "/api/images.d"
upstream = "http://UPSTREAM"
policy = "images"
[[routes]]
path = "/api"
host = ["img.example", "www.img.example"]
upstream = "http://UPSTREAM"
policy = "images"
[[routes]]
path = "/api"
listener = "inner"
upstream = "http://UPSTREAM"
policy = "inner"
[[routes]]
path = "/legacy"
upstream = "http://UPSTREAM"
pass_through = true
[[routes]]
path = "/closed"
upstream = "http://UPSTREAM"
"#;

const BY_METHOD: &str = r#"
[policies.read]
origins = "*"
[policies.write]
origins = ["https://app.example"]
methods = ["PUT", "DELETE"]
[[listeners]]
address = "127.0.0.1:PORT"
[[routes]]
path = "/up"
methods = ["GET"]
upstream = "http://UPSTREAM"
policy = "read"
[[routes]]
path = "/up"
upstream = "http://UPSTREAM"
policy = "write"
"#;

const FILES: &str = r#"
[policies.photos]
origins = "*"
timing_allow_origin = "*"
[policies.fonts]
origins = ["https://app.example", "https://*.app.example"]
max_age = "1h"
[[listeners]]
address = "127.0.0.1:PORT"
default_policy = "fonts"
[[routes]]
path = "/photos/"
extensions = ["png", "jpg"]
files = "FILES"
policy = "photos"
[[routes]]
path = "/fonts/"
files = "FILES"
policy = "fonts"
"#;

const SEVERAL: &str = r#"
[policies.api]
origins = ["https://app.example", "https://*.app.example"]
methods = ["PUT"]
max_age = "1m"
[[listeners]]
address = "127.0.0.1:PORT"
[[routes]]
path = "/up"
upstreams = ["http://UPSTREAM", "http://OTHER"]
policy = "api"
"#;

/// Writes a policy with what it refers to.
pub(crate) fn write(text: &str, folder: &Path, upstreams: [SocketAddr; 2]) -> PathBuf {
    // Servers drop their rights where root starts them.
    let rights = || std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder, rights()).unwrap();
    let files = folder.join("files");
    std::fs::create_dir(&files).unwrap();
    std::fs::set_permissions(&files, rights()).unwrap();
    for name in ["there.png", "there.woff2"] {
        std::fs::write(files.join(name), "there").unwrap();
    }
    let mut origins = String::new();
    for nth in 0..3000 {
        writeln!(origins, "https://customer-{nth}.example").unwrap();
    }
    std::fs::write(folder.join("origins.txt"), origins).unwrap();
    let mut text = text
        .replace("UPSTREAM", &upstreams[0].to_string())
        .replace("OTHER", &upstreams[1].to_string())
        .replace("FILES", "files");
    // All are taken before one is let go, so that they differ.
    let mut taken = Vec::new();
    while text.contains("PORT") {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        text = text.replacen("PORT", &listener.local_addr().unwrap().port().to_string(), 1);
        taken.push(listener);
    }
    let file = folder.join("site.toml");
    std::fs::write(&file, text).unwrap();
    file
}
