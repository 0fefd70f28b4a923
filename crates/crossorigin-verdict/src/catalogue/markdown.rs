//! Pages as Markdown.

use std::fmt::Write as _;

use super::{PAGES, ReasonPage};
use crate::console;

impl ReasonPage {
    /// The page as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n\n`{}`\n\n", self.title, self.code);
        let _ = writeln!(text, "## What happened\n\n{}\n", self.what);
        let _ = writeln!(text, "## Why browsers do it\n\n{}\n", self.why);
        let _ = writeln!(text, "## What to do\n\n{}", self.remedy);
        for fix in self.fixes() {
            let name = fix.server.map_or("Headers", crate::Server::name);
            let _ =
                write!(text, "\n### {name}\n\n{}\n\n```{}\n{}```\n", fix.title, fix.language, fix.snippet);
            if let Some(note) = &fix.note {
                let _ = write!(text, "\n{note}\n");
            }
        }
        let sentences = console::sentences(self.code);
        if !sentences.is_empty() {
            text.push_str(
                "\n## What consoles print\n\nQuoted from the browsers; what stands in braces is filled in.\n",
            );
            for (browser, sentence, source) in sentences {
                let _ = write!(text, "\n- {browser} ({source}):\n  `{}`\n", sentence.trim_end());
            }
        }
        text
    }
}

/// The list of all pages as Markdown, with links to files beside it.
pub fn reasons_index() -> String {
    let mut text = String::from(
        "# Reasons\n\nWhy a browser keeps a response from script: one page a reason, in the order in which the algorithm\n\
         meets them. `crossorigin explain REASON` shows the same.\n\n",
    );
    for page in PAGES {
        let _ = writeln!(text, "- [`{0}`]({0}.md): {1}", page.code, page.title);
    }
    text
}
