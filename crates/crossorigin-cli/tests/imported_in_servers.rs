//! Configurations that `import` reads, run by the servers that they are for: each request that a browser can send comes to the
//! same there and by the policy that was read.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crossorigin::server::{Outcome, Policy, RequestHead};
use crossorigin_export::import::{Format, import};
use crossorigin_policy::witness::{Asks, Witness, WitnessOrigin, Witnesses};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// A server's configuration around what is tested: `PORT`, `OTHER` and `FOLDER` are filled in, and `TESTED`.
const NGINX: &str = "daemon off;\npid FOLDER/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n\
    MAPS\nserver { listen 127.0.0.1:OTHER; return 200 x; }\n\
    server {\nlisten 127.0.0.1:PORT;\nlocation / {\nTESTED\nproxy_pass http://127.0.0.1:OTHER;\n}\n}\n}\n";
const APACHE: &str = "ServerRoot FOLDER\nServerName localhost\nListen 127.0.0.1:PORT\nPidFile FOLDER/pid\nErrorLog FOLDER/errors\n\
    LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n\
    LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n\
    LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so\n\
    LoadModule setenvif_module /usr/lib/apache2/modules/mod_setenvif.so\n\
    LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so\n\
    DocumentRoot FOLDER/www\n<Directory FOLDER/www>\nRequire all granted\nTESTED\n</Directory>\n";
const CADDY: &str = "{\nadmin off\nauto_https off\n}\nMAPS\nhttp://127.0.0.1:PORT {\nTESTED\nroot * FOLDER/www\nfile_server\n}\n";

struct Sample {
    format: Format,
    /// What stands outside of the tested part.
    outside: &'static str,
    tested: &'static str,
}

const SAMPLES: &[Sample] = &[
    Sample {
        format: Format::Nginx,
        outside: "map $http_origin $cors {\n\"https://app.example\" $http_origin;\n\"~^https://([a-z0-9-]+\\.)?partner\\.example$\" $http_origin;\n~^http://localhost(:\\d+)?$ $http_origin;\n}",
        tested: "if ($request_method = OPTIONS) {\nadd_header Access-Control-Allow-Origin $cors always;\nadd_header Access-Control-Allow-Credentials true;\n\
                 add_header Access-Control-Allow-Methods 'GET, PUT, DELETE';\nadd_header Access-Control-Allow-Headers 'Content-Type, X-A';\nreturn 204;\n}\n\
                 add_header Access-Control-Allow-Origin $cors always;\nadd_header Access-Control-Allow-Credentials true always;\nadd_header Vary Origin always;",
    },
    Sample {
        format: Format::Nginx,
        outside: "",
        tested: "set $ok '';\nif ($http_origin ~* ^https?://(www\\.)?shop\\.example$) { set $ok yes; }\nif ($http_origin = https://admin.example) { set $ok yes; }\n\
                 if ($request_method = OPTIONS) { set $ok \"${ok}options\"; }\n\
                 if ($ok = yes) { add_header Access-Control-Allow-Origin $http_origin; add_header Vary Origin; }\n\
                 if ($ok = yesoptions) { add_header Access-Control-Allow-Origin $http_origin; add_header Access-Control-Allow-Methods 'PUT, PATCH'; return 200; }",
    },
    Sample {
        format: Format::Nginx,
        outside: "",
        tested: "add_header Access-Control-Allow-Origin *;\nadd_header Access-Control-Allow-Headers $http_access_control_request_headers;",
    },
    // The headers of an if take the place of the location's.
    Sample {
        format: Format::Nginx,
        outside: "",
        tested: "add_header Access-Control-Allow-Origin https://a.example;\nif ($http_origin = https://b.example) { add_header Access-Control-Allow-Origin $http_origin; }",
    },
    Sample {
        format: Format::Apache,
        outside: "",
        tested: "SetEnvIf Origin \"^https://(app|admin)\\.example$\" ALLOWED=$0\nHeader always set Access-Control-Allow-Origin \"%{ALLOWED}e\" env=ALLOWED\n\
                 Header always set Access-Control-Allow-Methods \"GET, PUT\" env=ALLOWED\nHeader always set Access-Control-Allow-Headers content-type env=ALLOWED\n\
                 Header always merge Vary Origin\nRewriteEngine On\nRewriteCond %{REQUEST_METHOD} OPTIONS\nRewriteRule ^(.*)$ $1 [R=200,L]",
    },
    // The table `onsuccess` is not that of what a rewrite answers.
    Sample {
        format: Format::Apache,
        outside: "",
        tested: "SetEnvIfNoCase Origin \"^https://.+\\.App\\.example$\" O=$0\nHeader set Access-Control-Allow-Origin %{O}e env=O\nHeader set Access-Control-Allow-Methods PUT\n\
                 Header append Vary Origin\nRewriteEngine On\nRewriteCond %{REQUEST_METHOD} OPTIONS\nRewriteRule .* - [R=204,L]",
    },
    Sample {
        format: Format::Apache,
        outside: "",
        tested: "SetEnvIf Origin \":\" IS_CORS\nHeader set Access-Control-Allow-Origin \"*\" env=IS_CORS",
    },
    Sample {
        format: Format::Caddy,
        outside: "(cors) {\n@pre-{args.0} {\nmethod OPTIONS\nheader Origin {args.0}\n}\nhandle @pre-{args.0} {\nheader Access-Control-Allow-Origin {args.0}\n\
                  header Access-Control-Allow-Methods \"PUT, PATCH\"\nheader Access-Control-Allow-Headers X-A\nrespond 204\n}\n\
                  @is-{args.0} header Origin {args.0}\nheader @is-{args.0} Access-Control-Allow-Origin {args.0}\n}",
        tested: "import cors https://app.example\nimport cors https://admin.example:8443\nheader Vary Origin",
    },
    Sample {
        format: Format::Caddy,
        outside: "",
        tested: "@o header_regexp o Origin ^https://([a-z]+\\.)?app\\.example$\nheader @o {\nAccess-Control-Allow-Origin {http.request.header.Origin}\n\
                 Access-Control-Allow-Credentials true\n}\nheader Vary Origin\n@p method OPTIONS\nrespond @p 204",
    },
];

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.0),
            rustix::process::Signal::TERM,
        );
        drop(self.0.wait());
    }
}

#[test]
#[ignore = "needs nginx, Apache and Caddy: cargo xtask test"]
fn what_is_read_answers_browsers_as_the_server_does() {
    for sample in SAMPLES {
        let folder = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir()
            .unwrap();
        std::fs::create_dir(folder.path().join("www")).unwrap();
        std::fs::write(folder.path().join("www/x"), "x").unwrap();
        let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [port, other] =
            ports.each_ref().map(|listener| listener.local_addr().unwrap().port().to_string());
        drop(ports);
        let (template, command): (&str, &[&str]) = match sample.format {
            Format::Nginx => (NGINX, &["nginx", "-e", "stderr", "-c"]),
            Format::Apache => (APACHE, &["apache2", "-DFOREGROUND", "-f"]),
            _ => (CADDY, &["caddy", "run", "--adapter", "caddyfile", "--config"]),
        };
        let text = template.replace("MAPS", sample.outside).replace("TESTED", sample.tested);
        let text = text.replace("PORT", &port).replace("OTHER", &other);
        let text = text.replace("FOLDER", folder.path().to_str().unwrap());
        let file = folder.path().join("configuration");
        std::fs::write(&file, &text).unwrap();

        let imported = import(sample.format, &text).unwrap();
        let route = imported.routes.iter().find(|route| route.path == "/").expect(&text);
        let (_, config) =
            imported.policies.iter().find(|(name, _)| Some(name) == route.policy.as_ref()).expect(&text);
        let policy = Policy::new(config).unwrap();
        let _running = start(command, &file, folder.path(), &port);
        let requests = requests(&policy, &Witnesses::new([config]));
        let mut wider = 0;
        for request in &requests {
            let (status, headers) = ask(&port, request);
            let ours = policy.decide(RequestHead { method: &request.method, headers: &request.headers });
            let (ours, theirs) = (ours.outcome() == Outcome::Allowed, is_granted(request, status, &headers));
            // What takes in a little more has been told.
            let told = ["wider-pattern", "preflight-fails"];
            if ours
                && !theirs
                && (config.origins == ["*"] || imported.findings.iter().any(|one| told.contains(&one.code)))
            {
                wider += 1;
                continue;
            }
            assert_eq!(ours, theirs, "{request:?}\n{status} {headers:?}\n{text}\n{config:?}");
        }
        println!("{:?}: {} requests, {wider} of them wider as told", sample.format, requests.len());
        assert!(wider * 2 < requests.len() || config.origins == ["*"]);
    }
}

fn start(command: &[&str], file: &Path, folder: &Path, port: &str) -> Running {
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap());
    let mut server = Command::new("env");
    server.arg(format!("PATH={path}")).args(command).arg(file).env("HOME", folder).stdin(Stdio::null());
    let child = server
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.join("said")).unwrap())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let end = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
        let said = || std::fs::read_to_string(folder.join("said")).unwrap();
        assert!(running.0.try_wait().unwrap().is_none() && Instant::now() < end, "{command:?}: {}", said());
        std::thread::sleep(Duration::from_millis(20));
    }
    running
}

/// What browsers can send: from every origin at a boundary, and for every method and header from two that may read.
fn requests(policy: &Policy, witnesses: &Witnesses<'_>) -> Vec<Witness> {
    let origins: Vec<WitnessOrigin> =
        witnesses.origins().into_iter().filter(WitnessOrigin::is_by_browsers).collect();
    let mut requests = Vec::new();
    for origin in &origins {
        requests.extend(origin.request(Method::GET));
        requests.extend(origin.preflight("GET", None, Asks::Preflight));
    }
    let may_read = |origin: &&WitnessOrigin| {
        origin.request(Method::GET).is_some_and(|request| {
            let head = RequestHead { method: &request.method, headers: &request.headers };
            policy.decide(head).outcome() == Outcome::Allowed
        })
    };
    for origin in origins.iter().filter(may_read).take(2) {
        requests.extend(witnesses.preflights(origin).into_iter().filter(|request| request.by_browsers));
    }
    requests
}

fn ask(port: &str, request: &Witness) -> (u16, HeaderMap) {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let mut text =
        format!("{} /x HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n", request.method);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let mut lines = answer.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
    }
    (status, headers)
}

/// Whether a browser lets script read, or takes a preflight for granted.
fn is_granted(request: &Witness, status: u16, headers: &HeaderMap) -> bool {
    let value = |name: &str| {
        let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap());
        values.collect::<Vec<_>>().join(", ")
    };
    let origin = request.headers["origin"].to_str().unwrap();
    let allow_origin = value("access-control-allow-origin");
    let shared = allow_origin == "*" || allow_origin == origin;
    let Some(method) = request.headers.get("access-control-request-method") else { return shared };
    let any = value("access-control-allow-credentials") != "true" || allow_origin == "*";
    let listed = |name: &str, wanted: &str| {
        value(name)
            .split(',')
            .map(str::trim)
            .any(|own| own.eq_ignore_ascii_case(wanted) || own == "*" && any && wanted != "authorization")
    };
    let method = method.to_str().unwrap();
    let methods = value("access-control-allow-methods");
    let is_listed = methods.split(',').map(str::trim).any(|own| own == method || own == "*" && any);
    let asked =
        request.headers.get("access-control-request-headers").map_or("", |names| names.to_str().unwrap());
    (200..300).contains(&status)
        && shared
        && (["GET", "HEAD", "POST"].contains(&method) || is_listed)
        && asked
            .split(',')
            .filter(|name| !name.is_empty())
            .all(|name| listed("access-control-allow-headers", name))
}
