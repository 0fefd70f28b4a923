use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use crossorigin_policy::{
    Differences, PolicyDocument, RequestDifference, SettingDifference, Told, differences,
};
use http::HeaderMap;
use serde_json::{Value, json};

/// How many differences of one kind the text shows for one place; `--format json` has them all.
const SHOWN_OF_A_KIND: usize = 20;

/// Says what changes between two policy files, in requests: each with what the one and the other file answer.
///
/// Files that are written differently and answer alike are the same. Exits 0 when they are, 1 when something changes,
/// and 2 when one of the files can't be used.
#[derive(Args)]
pub(crate) struct Diff {
    /// The policy file as it was.
    before: PathBuf,

    /// The policy file as it is to be.
    after: PathBuf,

    /// How to print what changes.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object; docs/policy-file.md describes it.
    Json,
}

impl Diff {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let read = |path: &Path| {
            let document = PolicyDocument::read(path)?;
            document.compile().map(|_| document)
        };
        let found = match (read(&self.before), read(&self.after)) {
            (Ok(before), Ok(after)) => differences(&before, &after),
            (before, after) => {
                for report in [before.err(), after.err()].into_iter().flatten() {
                    eprint!("{}", super::rendered(report.problems(), &std::io::stderr()));
                }
                return Ok(ExitCode::from(2));
            }
        };
        let found = match found {
            Ok(found) => found,
            Err(report) => {
                eprint!("{}", super::rendered(report.problems(), &std::io::stderr()));
                return Ok(ExitCode::from(2));
            }
        };
        super::print(&match self.format {
            Format::Text => self.text(&found),
            Format::Json => format!("{:#}\n", self.json(&found)),
        })?;
        Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn names(&self) -> [String; 2] {
        [&self.before, &self.after].map(|path| path.display().to_string())
    }

    fn text(&self, found: &Differences) -> String {
        let [before, after] = self.names();
        if found.is_empty() {
            return format!("{before} and {after} answer every request alike\n");
        }
        let mut text = String::new();
        let mut place = None;
        let (mut code, mut of_code) = ("", 0);
        for difference in &found.requests {
            if place != Some(&difference.places) {
                place = Some(&difference.places);
                code = "";
                text.push_str(&format!("At {}\n\n", difference.places.join("; ")));
            }
            of_code = if code == difference.code { of_code + 1 } else { 1 };
            code = difference.code;
            match of_code {
                0..=SHOWN_OF_A_KIND => text.push_str(&self.difference(difference)),
                _ if of_code == SHOWN_OF_A_KIND + 1 => {
                    text.push_str("more of this kind: see --format json\n\n");
                }
                _ => {}
            }
        }
        text.push_str(&settings(&found.settings, false, "Beside the answers"));
        text.push_str(&settings(
            &found.settings,
            true,
            "Changed too, where no origin is allowed by both files, so that no one request shows it",
        ));
        let left_out = match found.left_out {
            0 => String::new(),
            count => format!(", and {count} more of the same kinds"),
        };
        let settings = found.settings.iter().filter(|setting| !setting.is_unseen).count();
        let settings = match settings {
            0 => String::new(),
            1 => ", 1 setting".into(),
            count => format!(", {count} settings"),
        };
        let requests = match found.requests.len() {
            1 => "1 change".into(),
            count => format!("{count} changes"),
        };
        text.push_str(&format!(
            "{before} to {after}: {requests} in what requests are answered{left_out}{settings}\n"
        ));
        text
    }

    fn difference(&self, difference: &RequestDifference) -> String {
        let [before, after] = self.names();
        let width = before.chars().count().max(after.chars().count());
        let mut lines = vec![format!("{} ({})", difference.message, difference.code)];
        lines.push(format!("  {} {}", difference.method, difference.path));
        lines.extend(header_lines(&difference.headers).map(|line| format!("    {line}")));
        for (name, told) in [(before, &difference.before), (after, &difference.after)] {
            let policy =
                told.policy.as_ref().map_or_else(String::new, |policy| format!(" by the policy {policy}"));
            let (code, reason) = &told.reason;
            let status = match told.status {
                Some(status) => format!("{status}: "),
                None => String::new(),
            };
            lines.push(format!("  {name:width$}  {status}{}{policy}: {reason} ({code})", told.outcome));
            lines.extend(header_lines(&told.headers).map(|line| format!("  {:width$}    {line}", "")));
            if difference.code == "answers" {
                lines.push(format!("  {:width$}    from {}", "", told.target));
            }
        }
        lines.join("\n") + "\n\n"
    }

    fn json(&self, found: &Differences) -> Value {
        let [before, after] = self.names();
        let requests = found.requests.iter().map(|difference| {
            json!({
                "code": difference.code,
                "message": difference.message,
                "places": difference.places,
                "request": {
                    "listener": difference.listener,
                    "method": difference.method.as_str(),
                    "path": difference.path,
                    "headers": pairs(&difference.headers),
                },
                "before": told(&difference.before),
                "after": told(&difference.after),
            })
        });
        let settings = found.settings.iter().map(|setting| {
            json!({
                "place": setting.place,
                "key": setting.key,
                "before": setting.before,
                "after": setting.after,
                "shown_by_a_request": !setting.is_unseen,
            })
        });
        json!({
            "before": before,
            "after": after,
            "same": found.is_empty(),
            "requests": requests.collect::<Vec<_>>(),
            "settings": settings.collect::<Vec<_>>(),
            "left_out": found.left_out,
        })
    }
}

fn settings(settings: &[SettingDifference], unseen: bool, title: &str) -> String {
    let lines = settings.iter().filter(|setting| setting.is_unseen == unseen).map(|setting| {
        format!("  {}, {}: {}, not {}\n", setting.place, setting.key, setting.after, setting.before)
    });
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("{title}:\n{lines}\n") }
}

fn header_lines(headers: &HeaderMap) -> impl Iterator<Item = String> + '_ {
    headers.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
}

fn told(told: &Told) -> Value {
    let (code, text) = &told.reason;
    json!({
        "outcome": told.outcome,
        "reason": { "code": code, "text": text },
        "policy": told.policy,
        "target": told.target,
        "status": told.status.map(|status| status.as_u16()),
        "headers": pairs(&told.headers),
    })
}

fn pairs(headers: &HeaderMap) -> Vec<Value> {
    let pair = |name: &str, value: &[u8]| json!({ "name": name, "value": String::from_utf8_lossy(value) });
    headers.iter().map(|(name, value)| pair(name.as_str(), value.as_bytes())).collect()
}
