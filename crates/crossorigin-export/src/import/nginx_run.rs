//! What nginx answers, as far as its headers go.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::ImportError;
use super::infer::{Answered, Asked};
use super::origins::Expressions;
use super::syntax::Directive;

/// The statuses with which `add_header` sends a header that is not `always` sent.
const STATUSES: [u16; 10] = [200, 201, 204, 206, 301, 302, 303, 304, 307, 308];

/// The `map` blocks, by the variables that they set; and expressions.
pub(super) struct Maps<'d>(BTreeMap<&'d str, &'d Directive>, Expressions);

pub(super) fn maps<'d>(all: &[&'d Directive]) -> Maps<'d> {
    let maps = all.iter().filter(|directive| directive.name == "map" && directive.block.is_some());
    Maps(maps.map(|map| (map.argument(1).trim_start_matches('$'), *map)).collect(), Expressions::default())
}

impl Maps<'_> {
    /// Whether a variable is a map of the origin, or of such a one.
    pub(super) fn is_of_origin(&self, name: &str) -> bool {
        let mut name = name;
        // More steps than maps would be a circle.
        for _ in 0..=self.0.len() {
            let Some(map) = self.0.get(name) else { return false };
            let source = map.argument(0);
            if source.contains("$http_origin") || source.contains("${http_origin}") {
                return true;
            }
            name = source.trim_start_matches('$');
        }
        false
    }
}

/// Whether a directive sets one of the headers of the CORS protocol.
pub(super) fn is_cors(directive: &Directive) -> bool {
    let name = directive.argument(0).to_ascii_lowercase();
    matches!(directive.name.as_str(), "add_header" | "more_set_headers")
        && name.starts_with("access-control-")
}

/// One place of a configuration, ready to answer.
pub(super) struct Run<'d> {
    levels: Vec<&'d [Directive]>,
    /// Which of the levels is the server's.
    server: usize,
    maps: &'d Maps<'d>,
}

/// A request on its way through a place.
struct Way<'r, 'd> {
    run: &'r Run<'d>,
    asked: &'r Asked<'r>,
    variables: RefCell<BTreeMap<String, String>>,
    /// The groups of the last expression that matched.
    groups: RefCell<Vec<String>>,
}

impl<'d> Run<'d> {
    pub(super) fn new(levels: &[&'d [Directive]], server: usize, maps: &'d Maps<'d>) -> Self {
        Self { levels: levels.to_vec(), server, maps }
    }

    /// Whether any header of CORS may be sent here.
    pub(super) fn has_cors(&self) -> bool {
        let last = self.levels.last().map_or(&[][..], |level| level);
        let own = last.iter().flat_map(|directive| match directive.name.as_str() {
            "if" => directive.block().iter().collect::<Vec<_>>(),
            _ => vec![directive],
        });
        own.chain(self.headers(last)).any(is_cors)
    }

    pub(super) fn answer(&self, asked: &Asked<'_>) -> Result<Answered, ImportError> {
        let way = Way { run: self, asked, variables: RefCell::default(), groups: RefCell::default() };
        let mut own_status = None;
        let mut level = self.levels.last().copied().unwrap_or_default();
        // Those of an outer location don't run.
        let last = self.levels.len().saturating_sub(1);
        let servers = (self.server < last).then_some(self.server);
        'run: for index in servers.into_iter().chain([last]) {
            for directive in self.levels.get(index).copied().unwrap_or_default() {
                let directives = match directive.name.as_str() {
                    "if" if !way.holds(directive)? => continue,
                    "if" => {
                        level = if index == last { directive.block() } else { level };
                        directive.block()
                    }
                    _ => std::slice::from_ref(directive),
                };
                own_status = way.rewrites(directives)?;
                if own_status.is_some() {
                    break 'run;
                }
            }
        }
        let status = own_status.unwrap_or(if asked.fails { 404 } else { 200 });
        let mut headers = Vec::new();
        for directive in self.headers(level) {
            headers.extend(way.header(directive, status)?);
        }
        Ok(Answered { own_status, headers })
    }

    /// The headers of a level, or of the nearest above that has any.
    fn headers<'l>(&'l self, level: &'l [Directive]) -> Vec<&'l Directive> {
        let own = |level: &'l [Directive], name: &str| -> Vec<&'l Directive> {
            level.iter().filter(|directive| directive.name == name).collect()
        };
        let mut headers = Vec::new();
        for name in ["add_header", "more_set_headers"] {
            let levels = std::iter::once(level).chain(self.levels.iter().rev().copied());
            headers.extend(
                levels.map(|level| own(level, name)).find(|found| !found.is_empty()).unwrap_or_default(),
            );
        }
        headers
    }
}

impl Way<'_, '_> {
    /// Runs `set` and `return`; gives the status of a `return`.
    fn rewrites(&self, directives: &[Directive]) -> Result<Option<u16>, ImportError> {
        for directive in directives {
            match directive.name.as_str() {
                "set" => {
                    let name = directive.argument(0).trim_start_matches('$').to_owned();
                    // What other variables say is asked only where it matters.
                    if let Ok(value) = self.text(directive.argument(1), directive.line) {
                        self.variables.borrow_mut().insert(name, value);
                    }
                }
                "return" => {
                    let status = directive.argument(0).parse();
                    return Ok(Some(status.unwrap_or(302)));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn holds(&self, directive: &Directive) -> Result<bool, ImportError> {
        let line = directive.line;
        let (left, operator, right) = (directive.argument(0), directive.argument(1), directive.argument(2));
        // Whether a file is there concerns no header of CORS.
        if left.starts_with('-') || left.starts_with("!-") {
            return Ok(false);
        }
        let names = ["add_header", "more_set_headers", "set", "return"];
        let counts = directive.block().iter().any(|own| names.contains(&own.name.as_str()));
        let value = match self.text(left, line) {
            Ok(value) => value,
            Err(_) if !directive.block().iter().any(is_cors) => return Ok(false),
            Err(error) => return Err(error),
        };
        if !counts {
            return Ok(false);
        }
        Ok(match operator {
            "" => !value.is_empty() && value != "0",
            "=" => value == self.text(right, line)?,
            "!=" => value != self.text(right, line)?,
            "~" => self.matches(right, &value, false),
            "~*" => self.matches(right, &value, true),
            "!~" => !self.matches(right, &value, false),
            "!~*" => !self.matches(right, &value, true),
            _ => {
                let message = format!("if ({left} {operator} …) is not read");
                return Err(ImportError::new(line, message, "write = or ~ and a value"));
            }
        })
    }

    fn matches(&self, expression: &str, value: &str, ignores_case: bool) -> bool {
        // What is no expression has been told.
        let Some(regex) = self.run.maps.1.get(expression, ignores_case) else { return false };
        let groups = regex.captures(value);
        if let Some(groups) = &groups {
            self.groups.borrow_mut().clone_from(groups);
        }
        groups.is_some()
    }

    fn header(&self, directive: &Directive, status: u16) -> Result<Option<(String, String)>, ImportError> {
        let (name, value, always) = if directive.name == "more_set_headers" {
            let Some((name, value)) = directive.argument(0).split_once(':') else { return Ok(None) };
            (name.trim(), value.trim(), true)
        } else {
            (directive.argument(0), directive.argument(1), directive.argument(2) == "always")
        };
        let lower = name.to_ascii_lowercase();
        if !(lower.starts_with("access-control-") || lower == "vary")
            || !(always || STATUSES.contains(&status))
        {
            return Ok(None);
        }
        let value = self.text(value, directive.line)?;
        Ok((!value.is_empty()).then_some((lower, value)))
    }

    /// A text with its variables filled in.
    fn text(&self, text: &str, line: usize) -> Result<String, ImportError> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            filled.push_str(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            let (name, after) = match rest.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
                Some((name, after)) => (name, after),
                None => {
                    let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '_');
                    rest.split_at(end.unwrap_or(rest.len()))
                }
            };
            if name.is_empty() {
                filled.push('$');
            } else {
                filled.push_str(&self.variable(name, line, 0)?);
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn variable(&self, name: &str, line: usize, depth: usize) -> Result<String, ImportError> {
        if let Some(value) = self.variables.borrow().get(name) {
            return Ok(value.clone());
        }
        if let Ok(group) = name.parse::<usize>() {
            return Ok(self.groups.borrow().get(group).cloned().unwrap_or_default());
        }
        if let Some(header) = name.strip_prefix("http_") {
            let header = header.replace('_', "-");
            let known = ["origin", "access-control-request-method", "access-control-request-headers"];
            if known.contains(&header.as_str()) {
                return Ok(self.asked.header(&header).to_owned());
            }
        }
        if name == "request_method" {
            return Ok(self.asked.method.to_owned());
        }
        if let Some(map) = self.run.maps.0.get(name) {
            if depth > self.run.maps.0.len() {
                return Err(ImportError::new(
                    map.line,
                    "these maps go in a circle",
                    "let one of them end it",
                ));
            }
            return self.map(map, depth + 1);
        }
        // Set nowhere on this way, though somewhere: empty.
        let is_set = |directive: &&Directive| {
            directive.name == "set" && directive.argument(0).trim_start_matches('$') == name
        };
        if self.run.levels.iter().any(|level| level.iter().flat_map(Directive::all).any(|own| is_set(&own))) {
            return Ok(String::new());
        }
        let message = format!("the variable ${name} is not known here, and a CORS header depends on it");
        Err(ImportError::new(line, message, "write its value in its place, or a map of $http_origin"))
    }

    fn map(&self, map: &Directive, depth: usize) -> Result<String, ImportError> {
        let source = map.argument(0);
        let source = match source.strip_prefix('$') {
            Some(name) if !name.contains('$') => {
                self.variable(name.trim_matches(['{', '}']), map.line, depth)?
            }
            _ => self.text(source, map.line)?,
        };
        let plain = |entry: &&Directive| {
            !entry.name.starts_with('~')
                && entry.name.trim_start_matches('\\').eq_ignore_ascii_case(&source)
                && entry.name != "default"
        };
        // Texts come first, then expressions in their order.
        let found = map.block().iter().find(plain).or_else(|| {
            map.block().iter().find(|entry| {
                entry.name.strip_prefix('~').is_some_and(|expression| {
                    let ignores_case = expression.starts_with('*');
                    self.matches(expression.trim_start_matches('*'), &source, ignores_case)
                })
            })
        });
        let found = found.or_else(|| map.block().iter().find(|entry| entry.name == "default"));
        found.map_or_else(|| Ok(String::new()), |entry| self.text(entry.argument(0), entry.line))
    }
}
