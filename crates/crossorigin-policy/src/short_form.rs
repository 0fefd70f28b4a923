//! A site without a policy file.

use std::net::SocketAddr;
use std::path::PathBuf;

use crossorigin::server::{Policy, PolicyConfig, Setting};

use crate::compile::findings::Refusal;
use crate::compile::routes;
use crate::compile::target;
use crate::lint;
use crate::report::{Finding, Report, Severity, Source};
use crate::site::{Limits, Listener, Log, Site, Target, Upstreams};

/// A site of one listener, one route at `/` and one policy, from flags. The policy is the listener's default
/// policy too.
#[derive(Clone, Debug)]
pub struct ShortForm {
    /// `--listen`.
    pub listen: SocketAddr,
    /// `--files`: a folder, relative to the working directory …
    pub files: Option<PathBuf>,
    /// … or `--upstream`: a server, such as `http://127.0.0.1:9000`.
    pub upstream: Option<String>,
    /// `--allow-origin`, `--credentials`, `--allow-method`, `--allow-header`, `--expose-header`, `--max-age`.
    pub policy: PolicyConfig,
}

impl ShortForm {
    /// Compiles it, with the warnings and notes about it.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once; the problems name the flags.
    pub fn compile(&self) -> Result<(Site, Vec<Finding>), Report> {
        let mut problems = Vec::new();
        let target = self.target(&mut problems);
        if self.policy.origins.is_empty() {
            let remedy = "write `--allow-origin https://app.example`, or `--allow-origin '*'` for everyone";
            problems.push(flag(
                Severity::Problem,
                "missing-flag",
                "--allow-origin",
                "",
                "no origin is allowed",
                remedy,
            ));
        }
        let policy = Policy::new(&self.policy);
        if let Err(error) = &policy {
            problems.extend(error.problems().iter().map(|problem| {
                let name = flag_name(problem.setting);
                flag(
                    Severity::Problem,
                    problem.code(),
                    name,
                    &problem.value,
                    &problem.reason(),
                    &problem.remedy(),
                )
            }));
        }
        let (Some(target), Ok(policy), true) = (target, policy, problems.is_empty()) else {
            return Err(Report { problems, warnings: Vec::new(), watched: Vec::new() });
        };
        let warnings = lint::policy(&self.policy).into_iter().map(|lint| {
            let name = flag_name(lint.setting);
            flag(
                lint.severity,
                lint.code,
                name,
                &self.value(lint.setting, lint.index),
                &lint.message,
                &lint.remedy,
            )
        });
        let named = ("command line".to_owned(), policy);
        let listener = Listener {
            name: self.listen.to_string(),
            address: self.listen,
            default_policy: Some(named.clone()),
            tls: Vec::new(),
            index: 0,
        };
        let policies = vec![named.clone()];
        let (routes, router) = routes::whole(target, named);
        let site = Site {
            policies,
            listeners: vec![listener],
            routes,
            limits: Limits::default(),
            admin: None,
            log: Log::default(),
            watched: Vec::new(),
            router,
        };
        Ok((site, warnings.collect()))
    }

    fn target(&self, problems: &mut Vec<Finding>) -> Option<Target> {
        let mut refuse = |name, value: &str, (message, remedy): Refusal| {
            problems.push(flag(Severity::Problem, "bad-target", name, value, &message, &remedy));
        };
        let files = self.files.as_ref().map(|files| (files, routes::folder(files)));
        let upstream = self.upstream.as_ref().map(|upstream| (upstream, target::upstream(upstream)));
        match (files, upstream) {
            (Some((_, Ok(folder))), None) => return Some(Target::Files(folder)),
            (None, Some((_, Ok(uri)))) => return Some(Target::Upstream(Upstreams::new(uri))),
            (Some((files, Err(refusal))), None) => refuse("--files", &files.to_string_lossy(), refusal),
            (None, Some((upstream, Err(refusal)))) => refuse("--upstream", upstream, refusal),
            (None, None) => {
                let remedy = "write `--files FOLDER` or `--upstream http://127.0.0.1:9000`";
                refuse("--files", "", ("nothing is there to answer".into(), remedy.into()));
            }
            (Some(_), Some((upstream, _))) => {
                let message = "there are both --files and --upstream";
                refuse("--upstream", upstream, (message.into(), "keep one of the two".into()));
            }
        }
        None
    }

    fn value(&self, setting: Setting, index: Option<usize>) -> String {
        let list = match setting {
            Setting::Origins => &self.policy.origins,
            Setting::Methods => &self.policy.methods,
            Setting::RequestHeaders => &self.policy.request_headers,
            Setting::ExposedHeaders => &self.policy.exposed_headers,
            Setting::MaxAge => {
                return self.policy.max_age.map_or(String::new(), |max_age| format!("{max_age:?}"));
            }
            _ => return String::new(),
        };
        index.and_then(|index| list.get(index)).cloned().unwrap_or_default()
    }
}

fn flag_name(setting: Setting) -> &'static str {
    match setting {
        Setting::Origins => "--allow-origin",
        Setting::Methods => "--allow-method",
        Setting::RequestHeaders => "--allow-header",
        Setting::ExposedHeaders => "--expose-header",
        Setting::MaxAge => "--max-age",
        other => other.key(),
    }
}

fn flag(
    severity: Severity,
    code: &'static str,
    name: &str,
    value: &str,
    message: &str,
    remedy: &str,
) -> Finding {
    Finding::new(severity, code, &Source::flag(name, value), 0..value.len(), message, remedy)
}
