//! `crossorigin explain`: the page on a reason.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use crossorigin_verdict::{PAGES, ReasonPage, Style, fix_text, page};

use crate::policy::print;

/// The widest line of a paragraph, in columns.
const COLUMNS: usize = 100;

/// Explains why browsers keep a response from script: one page a reason.
///
/// Without a reason it lists all of them. `crossorigin check` names the reason of a failure.
#[derive(Args)]
pub(crate) struct Explain {
    /// The reason, such as `allow-origin-missing`.
    reason: Option<String>,
    /// Shows only the fix for this kind of server, such as nginx.
    #[arg(long, value_name = "NAME", requires = "reason")]
    server: Option<String>,
}

impl Explain {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(code) = self.reason else {
            print(&list())?;
            return Ok(ExitCode::SUCCESS);
        };
        let Some(page) = page(&code) else {
            eprintln!(
                "error: {code:?} is no reason{}",
                suggestion(&code, PAGES.iter().map(|page| page.code))
            );
            eprintln!("`crossorigin explain` lists them");
            return Ok(ExitCode::from(2));
        };
        match text(page, self.server.as_deref()) {
            Ok(text) => {
                print(&text)?;
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                eprintln!("error: {error}");
                Ok(ExitCode::from(2))
            }
        }
    }
}

fn list() -> String {
    let width = PAGES.iter().map(|page| page.code.len()).max().unwrap_or_default();
    PAGES.iter().map(|page| format!("{:width$}  {}\n", page.code, page.title)).collect()
}

/// The page as text; an error where there is no fix for the server.
fn text(page: &ReasonPage, server: Option<&str>) -> Result<String, String> {
    let mut text = format!("{}\n{}\n", page.title, page.code);
    for (heading, paragraph) in
        [("What happened", page.what), ("Why browsers do it", page.why), ("What to do", page.remedy)]
    {
        let _ = write!(text, "\n{heading}\n{}", wrapped(paragraph));
    }
    let mut fixes = page.fixes();
    if let Some(wanted) = server {
        let names: Vec<_> =
            fixes.iter().filter_map(|fix| fix.server).map(crossorigin_verdict::Server::name).collect();
        if names.is_empty() {
            return Err(format!("{} has no fix in a server's configuration", page.code));
        }
        if !names.iter().any(|name| name.eq_ignore_ascii_case(wanted)) {
            let near = suggestion(wanted, names.iter().copied());
            return Err(format!("there is no fix for {wanted:?}{near}; there are {}", names.join(", ")));
        }
        fixes.retain(|fix| fix.server.is_some_and(|server| server.name().eq_ignore_ascii_case(wanted)));
    }
    for fix in &fixes {
        let name = fix.server.map_or("Headers", |server| server.name());
        let _ = write!(text, "\n{name}\n{}", fix_text(fix, Style::Plain));
    }
    Ok(text)
}

/// The paragraph in lines of at most [`COLUMNS`], each set in.
fn wrapped(paragraph: &str) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > COLUMNS {
            text.push('\n');
            column = 0;
        }
        text.push_str(if column == 0 { "  " } else { " " });
        text.push_str(word);
        column += length + if column == 0 { 2 } else { 1 };
    }
    text + "\n"
}

/// `; did you mean …?` for the name that is nearest, if one is near.
fn suggestion<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    let wanted = wanted.to_ascii_lowercase();
    let near = names
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_ascii_lowercase()), name))
        .filter(|(nearness, _)| *nearness > 0.75)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    near.map_or_else(String::new, |(_, name)| format!("; did you mean {name}?"))
}
