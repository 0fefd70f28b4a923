//! What Caddy answers, as far as its headers go.
//!
//! Directives run in Caddy's own order: `header` before `handle` and `route`, these before `respond`, this before what
//! proxies and serves files; inside of `route` they run as they are written. Of `handle`s beside each other one runs.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::ImportError;
use super::infer::{Answered, Asked};
use super::origins::Expressions;
use super::syntax::Directive;

/// A site of a Caddyfile, at one path, ready to answer.
pub(super) struct Run<'d> {
    pub(super) directives: &'d [Directive],
    /// A path at the place that is asked of.
    pub(super) path: String,
    pub(super) expressions: Expressions,
}

/// A request on its way.
struct Way<'r, 'd> {
    run: &'r Run<'d>,
    asked: &'r Asked<'r>,
    headers: Vec<(String, String)>,
    own_status: Option<u16>,
    is_done: bool,
    /// The groups of expressions that matched, by the expression's name.
    groups: RefCell<BTreeMap<String, Vec<String>>>,
}

/// A header operation: its name with its sign, and its value.
pub(super) fn operations(directive: &Directive) -> Vec<(&str, &str, usize)> {
    match &directive.block {
        Some(block) => block.iter().map(|own| (own.name.as_str(), own.argument(0), own.line)).collect(),
        None => {
            let skipped = usize::from(is_matcher(directive.argument(0)));
            vec![(directive.argument(skipped), directive.argument(skipped + 1), directive.line)]
        }
    }
}

/// Whether a directive sets one of the headers of the CORS protocol.
pub(super) fn is_cors(directive: &Directive) -> bool {
    let is_cors = |name: &str| {
        let name = name.trim_start_matches(['+', '-', '?', '>']);
        name.to_ascii_lowercase().starts_with("access-control-")
    };
    directive.name == "header" && operations(directive).iter().any(|(name, _, _)| is_cors(name))
}

pub(super) fn is_matcher(word: &str) -> bool {
    word.starts_with(['@', '/']) || word == "*"
}

impl Run<'_> {
    pub(super) fn answer(&self, asked: &Asked<'_>) -> Result<Answered, ImportError> {
        let groups = RefCell::default();
        let mut way = Way { run: self, asked, headers: Vec::new(), own_status: None, is_done: false, groups };
        way.run_all(self.directives, self.directives, false)?;
        Ok(Answered { own_status: way.own_status, headers: way.headers })
    }
}

fn order(directive: &Directive) -> usize {
    match directive.name.as_str() {
        "header" => 0,
        "handle" | "handle_path" | "route" => 1,
        "respond" | "redir" | "abort" | "error" => 2,
        _ => 3,
    }
}

impl<'d> Way<'_, 'd> {
    fn run_all(
        &mut self,
        directives: &'d [Directive],
        scope: &'d [Directive],
        in_order: bool,
    ) -> Result<(), ImportError> {
        let mut sorted: Vec<&Directive> = directives.iter().collect();
        if !in_order {
            sorted.sort_by_key(|directive| order(directive));
        }
        let mut handled = false;
        for directive in sorted {
            if self.is_done {
                return Ok(());
            }
            let is_handle = directive.name.starts_with("handle") && directive.name != "handle_errors";
            match directive.name.as_str() {
                "header" if self.matches(directive, scope)? => self.header(directive)?,
                "handle" | "handle_path" | "route" => {
                    if (is_handle && handled) || !self.matches(directive, scope)? {
                        continue;
                    }
                    handled |= is_handle;
                    let inner = directive.block();
                    // What is named outside is known inside.
                    let named_inside = inner.iter().any(|own| own.name.starts_with('@'));
                    let scope = if named_inside { inner } else { scope };
                    self.run_all(inner, scope, directive.name == "route")?;
                }
                "respond" if self.matches(directive, scope)? => {
                    let skipped = usize::from(is_matcher(directive.argument(0)));
                    let words = directive.arguments.iter().skip(skipped);
                    let status = words.filter_map(|word| word.parse().ok()).next_back();
                    self.own_status = Some(status.unwrap_or(200));
                    self.is_done = true;
                }
                "reverse_proxy" | "file_server" | "php_fastcgi" | "redir" | "abort" | "error" => {
                    self.is_done = self.matches(directive, scope)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a directive's matcher takes the request.
    fn matches(&self, directive: &Directive, scope: &[Directive]) -> Result<bool, ImportError> {
        let word = directive.argument(0);
        if word.starts_with('/') {
            return Ok(path_matches(word, &self.run.path));
        }
        if !word.starts_with('@') {
            return Ok(true);
        }
        let named = |directives: &'_ [Directive]| directives.iter().find(|own| own.name == word).cloned();
        let Some(matcher) = named(scope).or_else(|| named(self.run.directives)) else {
            return Err(ImportError::new(
                directive.line,
                format!("there is no matcher {word}"),
                "write it above",
            ));
        };
        match &matcher.block {
            Some(conditions) => self.all_hold(conditions, word),
            None => {
                let mut words = matcher.arguments.iter().cloned();
                let name = words.next().unwrap_or_default();
                let condition =
                    Directive { line: matcher.line, name, arguments: words.collect(), block: None };
                self.all_hold(&[condition], word)
            }
        }
    }

    fn all_hold(&self, conditions: &[Directive], matcher: &str) -> Result<bool, ImportError> {
        // Of several lines for one header, one is enough.
        let mut headers: BTreeMap<String, bool> = BTreeMap::new();
        for condition in conditions {
            let holds = match condition.name.as_str() {
                "method" => condition.arguments.iter().any(|method| method == self.asked.method),
                "path" => condition.arguments.iter().any(|path| path_matches(path, &self.run.path)),
                "header" => {
                    let holds = self.header_holds(condition);
                    *headers.entry(condition.argument(0).to_ascii_lowercase()).or_default() |= holds;
                    continue;
                }
                "header_regexp" => self.expression_holds(condition, matcher),
                "not" => match &condition.block {
                    Some(block) => !self.all_hold(block, matcher)?,
                    None => {
                        let mut words = condition.arguments.iter().cloned();
                        let name = words.next().unwrap_or_default();
                        let arguments = words.collect();
                        !self.all_hold(
                            &[Directive { line: condition.line, name, arguments, block: None }],
                            matcher,
                        )?
                    }
                },
                _ => {
                    let message = format!("the condition {} of {matcher} is not read", condition.name);
                    let remedy = "write it with header, header_regexp, method or path";
                    return Err(ImportError::new(condition.line, message, remedy));
                }
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(headers.values().all(|holds| *holds))
    }

    fn header_holds(&self, condition: &Directive) -> bool {
        let name = condition.argument(0);
        if let Some(name) = name.strip_prefix('!') {
            return self.asked.header(&name.to_ascii_lowercase()).is_empty();
        }
        let value = self.asked.header(&name.to_ascii_lowercase());
        let wanted = condition.argument(1);
        if wanted.is_empty() || wanted == "*" {
            return !value.is_empty();
        }
        match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
            (Some(_), Some(_)) => value.contains(wanted.trim_matches('*')),
            (Some(end), None) => value.ends_with(end),
            (None, Some(start)) => value.starts_with(start),
            (None, None) => value == wanted,
        }
    }

    fn expression_holds(&self, condition: &Directive, matcher: &str) -> bool {
        let words = &condition.arguments;
        let (name, field, expression) = match &words[..] {
            [name, field, expression] => (name.as_str(), field, expression),
            [field, expression] => (matcher.trim_start_matches('@'), field, expression),
            _ => return false,
        };
        // What is no expression has been told.
        let Some(regex) = self.run.expressions.get(expression, false) else { return false };
        let groups = regex.captures(self.asked.header(&field.to_ascii_lowercase()));
        let holds = groups.is_some();
        if let Some(groups) = groups {
            self.groups.borrow_mut().insert(name.to_owned(), groups);
        }
        holds
    }

    fn header(&mut self, directive: &Directive) -> Result<(), ImportError> {
        for (name, value, line) in operations(directive) {
            let plain = name.trim_start_matches(['+', '-', '?', '>']).to_ascii_lowercase();
            if !plain.starts_with("access-control-") && plain != "vary" {
                continue;
            }
            if name.starts_with('-') {
                self.headers.retain(|(own, _)| *own != plain);
                continue;
            }
            let value = self.filled(value, line)?;
            let is_there = self.headers.iter().any(|(own, _)| *own == plain);
            if name.starts_with('?') && is_there {
                continue;
            }
            if !name.starts_with('+') {
                self.headers.retain(|(own, _)| *own != plain);
            }
            self.headers.push((plain, value));
        }
        Ok(())
    }

    /// A value with its placeholders filled in.
    fn filled(&self, text: &str, line: usize) -> Result<String, ImportError> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                filled.push('{');
                rest = after;
                continue;
            };
            filled.push_str(&self.placeholder(name, line)?);
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn placeholder(&self, name: &str, line: usize) -> Result<String, ImportError> {
        let header = name.strip_prefix("header.").or_else(|| name.strip_prefix("http.request.header."));
        if let Some(header) = header {
            return Ok(self.asked.header(&header.to_ascii_lowercase()).to_owned());
        }
        if let Some(group) = name.strip_prefix("re.").or_else(|| name.strip_prefix("http.regexp.")) {
            let (name, index) = group.rsplit_once('.').unwrap_or(("", group));
            let groups = self.groups.borrow();
            let found = groups.get(name).or_else(|| groups.values().next().filter(|_| name.is_empty()));
            let index: usize = index.parse().unwrap_or_default();
            return Ok(found.and_then(|groups| groups.get(index)).cloned().unwrap_or_default());
        }
        if name == "method" || name == "http.request.method" {
            return Ok(self.asked.method.to_owned());
        }
        let message =
            format!("the placeholder {{{name}}} is not known here, and a CORS header depends on it");
        Err(ImportError::new(line, message, "write its value in its place"))
    }
}

/// Whether a pattern of paths takes a path: `*` at its end, or before an extension.
fn path_matches(pattern: &str, path: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), None) => path.ends_with(end),
        (_, Some(start)) => path.starts_with(start),
        (None, None) => path == pattern,
    }
}
