//! What the demo prints: to a terminal with emphasis, elsewhere plainly.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::hosts::Hosts;

/// Says what to open, what runs where, and how to stop.
///
/// # Errors
/// Nobody reads the output any more.
pub(super) fn welcome(wanted: &Hosts, hosts: &Hosts, photos: usize, folder: &Path) -> io::Result<()> {
    let plain = !io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some();
    print(&text(wanted, hosts, photos, folder, plain))
}

/// Says that everything is over.
pub(super) fn farewell() {
    // Leaves the ^C that a terminal echoed on a line of its own.
    let line = if io::stdout().is_terminal() { "\n" } else { "" };
    // Whoever read may be gone, and there is nothing more to do about it.
    drop(print(&format!("{line}Stopped; the temporary folder is removed.\n")));
}

/// Prints without the panic of `print!` at a closed pipe.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn text(wanted: &Hosts, hosts: &Hosts, photos: usize, folder: &Path, plain: bool) -> String {
    let emphasis = |code: &str, text: &str| {
        if plain { text.to_owned() } else { format!("\x1b[{code}m{text}\x1b[0m") }
    };
    let row = |name: &str, address: &str, what: &str| {
        format!("  {} {address:<24} {what}\n", emphasis("1", &format!("{name:<12}")))
    };
    let open = emphasis("1;4", &format!("{}/", hosts.site_origin()));
    let policy = folder.join("crossorigin.toml");
    let mut text = format!("Open {open} in a browser on this machine.\n\n");
    text += &row("site", &hosts.site_origin(), "the page");
    let shared = format!("{photos} photos, film, font and API; hands on to the gateway");
    text += &row("shared host", &hosts.shared_origin(), &shared);
    text += &row("third host", &hosts.third_origin(), "the same photo, film and font, without CORS");
    text += "\n  Behind the shared host, which records what passes, for the page to show:\n";
    text += &row("gateway", &format!("http://{}", hosts.gateway), &format!("on {}", policy.display()));
    text += &row("API", &format!("http://{}", hosts.api), "knows nothing of CORS");
    text += "\n";
    for (what, wanted, got) in [
        ("site", wanted.site, hosts.site),
        ("shared host", wanted.shared, hosts.shared),
        ("third host", wanted.third, hosts.third),
        ("gateway", wanted.gateway, hosts.gateway),
        ("API", wanted.api, hosts.api),
    ] {
        if wanted.port() != 0 && wanted != got {
            // Writing to a string can't fail.
            let _ = writeln!(text, "  Port {} is taken, so the {what} is on {}.", wanted.port(), got.port());
        }
    }
    text += "  The policy file: crossorigin demo --print-config\n  Stop with Ctrl-C.\n";
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emphasis_changes_nothing_but_emphasis() {
        let (wanted, hosts) = (Hosts::from_port(7_700), Hosts::from_port(7_701));
        let of = |plain| text(&wanted, &hosts, 1_096, Path::new("/tmp/demo"), plain);
        let (plain, strong) = (of(true), of(false));
        assert!(plain.starts_with("Open http://127.0.0.1:7701/ in a browser"), "{plain}");
        assert!(plain.contains("  Port 7704 is taken, so the API is on 7705.\n"), "{plain}");
        assert_ne!(plain, strong);
        let stripped =
            ["\x1b[1;4m", "\x1b[1m", "\x1b[0m"].iter().fold(strong, |text, code| text.replace(code, ""));
        assert_eq!(plain, stripped);
    }
}
