//! What Apache answers, as far as its headers go.

use std::collections::BTreeMap;

use super::ImportError;
use super::infer::{Answered, Asked};
use super::origins::Expressions;
use super::syntax::Directive;

/// Whether a directive touches one of the headers of the CORS protocol.
pub(super) fn is_cors(directive: &Directive) -> bool {
    directive.is("Header")
        && directive.arguments.iter().take(3).any(|argument| is_name(argument, "access-control-"))
}

fn is_name(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|front| front.eq_ignore_ascii_case(start))
}

/// One place of a configuration, ready to answer.
pub(super) struct Run<'d> {
    directives: &'d [&'d Directive],
    expressions: Expressions,
}

type Environment = BTreeMap<String, String>;

/// One of the two tables of headers.
#[derive(Default)]
struct Table(Vec<(String, String)>);

impl<'d> Run<'d> {
    pub(super) fn new(directives: &'d [&'d Directive]) -> Self {
        Self { directives, expressions: Expressions::default() }
    }

    pub(super) fn has_cors(&self) -> bool {
        self.directives.iter().any(|directive| is_cors(directive))
    }

    pub(super) fn answer(&self, asked: &Asked<'_>) -> Result<Answered, ImportError> {
        let mut environment = Environment::new();
        for directive in self.directives {
            if directive.is("SetEnvIf") || directive.is("SetEnvIfNoCase") {
                set_env_if(directive, asked, &self.expressions, &mut environment);
            }
        }
        let own_status = self.rewrite(asked, &mut environment);
        for directive in self.directives.iter().filter(|own| own.is("SetEnv")) {
            environment.insert(directive.argument(0).to_owned(), directive.argument(1).to_owned());
        }
        let (mut always, mut on_success) = (Table::default(), Table::default());
        for directive in self.directives.iter().filter(|directive| directive.is("Header")) {
            header(directive, asked, &environment, &mut always, &mut on_success)?;
        }
        // What a rewrite answers goes the way of errors.
        let mut headers = always.0;
        if own_status.is_none() && !asked.fails {
            headers.extend(on_success.0);
        }
        Ok(Answered { own_status, headers })
    }

    /// Runs the rules that take every path; gives the status that one of them answers with.
    fn rewrite(&self, asked: &Asked<'_>, environment: &mut Environment) -> Option<u16> {
        let mut holds = true;
        let mut alternative = false;
        let mut groups: Vec<String> = Vec::new();
        for directive in self.directives {
            if directive.is("RewriteCond") {
                let found = condition(directive, asked, &self.expressions);
                if let Some(found) = &found {
                    groups.clone_from(found);
                }
                // A row of conditions with OR holds where one of them does.
                holds = if alternative { holds || found.is_some() } else { holds && found.is_some() };
                alternative =
                    flags(directive.argument(2)).iter().any(|flag| *flag == "OR" || *flag == "ornext");
            } else if directive.is("RewriteRule") {
                let takes_all =
                    ["^", ".*", "^(.*)$", "(.*)", "^.*$", "^/?(.*)$", "."].contains(&directive.argument(0));
                if holds && takes_all {
                    for flag in flags(directive.argument(2)) {
                        if let Some(setting) = flag.strip_prefix("E=").or_else(|| flag.strip_prefix("env=")) {
                            let (name, value) = setting.split_once(':').unwrap_or((setting, ""));
                            environment.insert(name.to_owned(), filled(value, '%', &groups));
                        }
                        let status = flag.strip_prefix("R=").or_else(|| flag.strip_prefix("redirect="));
                        if let Some(status) = status.and_then(|status| status.parse().ok()) {
                            return Some(status);
                        }
                    }
                }
                (holds, alternative) = (true, false);
                groups.clear();
            }
        }
        None
    }
}

fn flags(text: &str) -> Vec<&str> {
    text.trim_matches(['[', ']']).split(',').map(str::trim).collect()
}

/// The groups of a condition that holds.
fn condition(directive: &Directive, asked: &Asked<'_>, expressions: &Expressions) -> Option<Vec<String>> {
    let value = variable(directive.argument(0), asked);
    let text = directive.argument(1);
    let (negated, text) = text.strip_prefix('!').map_or((false, text), |text| (true, text));
    let ignores_case = flags(directive.argument(2)).iter().any(|flag| *flag == "NC" || *flag == "nocase");
    let found = match text.strip_prefix('=') {
        Some(text) => (value == text.trim_matches('"')).then(Vec::new),
        None => expressions.get(text, ignores_case).and_then(|regex| regex.captures(value)),
    };
    if negated { found.is_none().then(Vec::new) } else { found }
}

/// `%{REQUEST_METHOD}` and `%{HTTP:…}`; others are taken to be empty.
fn variable<'a>(text: &str, asked: &Asked<'a>) -> &'a str {
    let name = text.trim_start_matches("%{").trim_end_matches('}');
    match name.split_once(':') {
        Some((kind, header)) if kind.eq_ignore_ascii_case("HTTP") => {
            asked.header(&header.to_ascii_lowercase())
        }
        _ if name.eq_ignore_ascii_case("REQUEST_METHOD") => asked.method,
        _ => "",
    }
}

fn set_env_if(
    directive: &Directive,
    asked: &Asked<'_>,
    expressions: &Expressions,
    environment: &mut Environment,
) {
    let attribute = directive.argument(0);
    let value = match attribute.to_ascii_lowercase().as_str() {
        "request_method" => asked.method.to_owned(),
        name => match environment.get(attribute) {
            Some(value) => value.clone(),
            None => asked.header(name).to_owned(),
        },
    };
    let ignores_case = directive.is("SetEnvIfNoCase");
    // What is no expression has been told.
    let Some(regex) = expressions.get(directive.argument(1), ignores_case) else { return };
    let Some(groups) = regex.captures(&value) else { return };
    for setting in directive.arguments.iter().skip(2) {
        match (setting.strip_prefix('!'), setting.split_once('=')) {
            (Some(name), _) => drop(environment.remove(name)),
            (None, Some((name, value))) => {
                environment.insert(name.to_owned(), filled(value, '$', &groups));
            }
            (None, None) => drop(environment.insert(setting.clone(), "1".into())),
        }
    }
}

/// `$0` to `$9`, or `%0` to `%9`, filled in.
fn filled(text: &str, sign: char, groups: &[String]) -> String {
    let mut filled = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match chars.peek().and_then(|next| next.to_digit(10)).filter(|_| char == sign) {
            Some(digit) => {
                chars.next();
                filled.push_str(groups.get(digit as usize).map_or("", String::as_str));
            }
            None => filled.push(char),
        }
    }
    filled
}

fn header(
    directive: &Directive,
    asked: &Asked<'_>,
    environment: &Environment,
    always: &mut Table,
    on_success: &mut Table,
) -> Result<(), ImportError> {
    let mut arguments = directive.arguments.iter().map(String::as_str).peekable();
    let table = match arguments
        .next_if(|own| own.eq_ignore_ascii_case("always") || own.eq_ignore_ascii_case("onsuccess"))
    {
        Some(word) if word.eq_ignore_ascii_case("always") => always,
        _ => on_success,
    };
    let action = arguments.next().unwrap_or_default().to_ascii_lowercase();
    let name = arguments.next().unwrap_or_default().trim_end_matches(':').to_ascii_lowercase();
    if !name.starts_with("access-control-") && name != "vary" {
        return Ok(());
    }
    let rest: Vec<&str> = arguments.collect();
    let has_value = !matches!(action.as_str(), "unset" | "echo");
    let (value, conditions) = if has_value {
        (rest.first().copied().unwrap_or_default(), rest.get(1..))
    } else {
        ("", Some(&rest[..]))
    };
    for condition in conditions.unwrap_or_default() {
        if let Some(variable) = condition.strip_prefix("env=") {
            let (negated, variable) =
                variable.strip_prefix('!').map_or((false, variable), |name| (true, name));
            if environment.contains_key(variable) == negated {
                return Ok(());
            }
        } else if condition.starts_with("expr=") {
            let message = format!("the condition {condition} is not read");
            return Err(ImportError::new(directive.line, message, "write it with SetEnvIf and env="));
        }
    }
    let value = format(value, asked, environment, directive.line)?;
    match action.as_str() {
        "set" => table.set(&name, value),
        "setifempty" if !table.has(&name) => table.set(&name, value),
        "setifempty" => {}
        "append" | "merge" | "add" => table.add(&name, &value, &action),
        "unset" => table.0.retain(|(own, _)| *own != name),
        "echo" => table.set(&name, asked.header(&name).to_owned()),
        _ => {
            let message = format!("Header {action} is not read");
            return Err(ImportError::new(directive.line, message, "write Header set"));
        }
    }
    Ok(())
}

impl Table {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    fn set(&mut self, name: &str, value: String) {
        self.0.retain(|(own, _)| own != name);
        self.0.push((name.to_owned(), value));
    }

    fn add(&mut self, name: &str, value: &str, action: &str) {
        match self.0.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) if action == "merge" && own.split(',').any(|part| part.trim() == value) => {}
            Some((_, own)) => {
                own.push_str(", ");
                own.push_str(value);
            }
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// A value with `%{NAME}e` filled in.
fn format(
    text: &str,
    asked: &Asked<'_>,
    environment: &Environment,
    line: usize,
) -> Result<String, ImportError> {
    if text.contains("${") {
        let message = format!("{text}: what is defined elsewhere is not known here");
        return Err(ImportError::new(line, message, "write the value in its place"));
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('%') {
        filled.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let found = after.strip_prefix('{').and_then(|braced| braced.split_once('}'));
        rest = match (found, after.strip_prefix('%')) {
            (Some((name, behind)), _) if behind.starts_with('e') => {
                // What is not set is written so.
                filled.push_str(environment.get(name).map_or("(null)", String::as_str));
                &behind[1..]
            }
            (Some((name, behind)), _) if is_name(name, "req_novary:") || is_name(name, "http:") => {
                filled.push_str(variable(
                    &format!("HTTP:{}", name.split(':').nth(1).unwrap_or_default()),
                    asked,
                ));
                behind.trim_start_matches('s')
            }
            (_, Some(behind)) => {
                filled.push('%');
                behind
            }
            _ => {
                let message = format!("{text} holds a variable that is not known here");
                return Err(ImportError::new(line, message, "write the value, or %{NAME}e with SetEnvIf"));
            }
        };
    }
    filled.push_str(rest);
    Ok(filled)
}
