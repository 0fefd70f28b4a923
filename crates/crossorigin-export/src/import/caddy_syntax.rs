//! The Caddyfile: words, lines and blocks, with snippets put in where they are imported.

use std::collections::BTreeMap;

use super::ImportError;
use super::syntax::{Directive, MAX_DEPTH};

/// How deep snippets may import others.
const MAX_IMPORTS: usize = 16;

/// The most directives that come of putting snippets in.
const MAX_DIRECTIVES: usize = 100_000;

type Line = (usize, Vec<String>);

/// The root's directives, without global options and snippets.
pub(super) fn parse(text: &str) -> Result<Vec<Directive>, ImportError> {
    let mut lines = lines(text)?.into_iter();
    let root = block(&mut lines, None, 0)?;
    let mut snippets = BTreeMap::new();
    let mut rest = Vec::new();
    for directive in root {
        let snippet =
            directive.name.strip_prefix('(').and_then(|name| name.strip_suffix(')')).map(String::from);
        match snippet {
            Some(name) => drop(snippets.insert(name, directive.block.unwrap_or_default())),
            // Global options have no name.
            None if directive.name.is_empty() => {}
            None => rest.push(directive),
        }
    }
    expand(rest, &snippets, &[], 0, &mut 0)
}

fn block(
    lines: &mut impl Iterator<Item = Line>,
    opened: Option<usize>,
    depth: usize,
) -> Result<Vec<Directive>, ImportError> {
    let mut directives = Vec::new();
    while let Some((line, mut words)) = lines.next() {
        if words == ["}"] {
            return match opened {
                Some(_) => Ok(directives),
                None => Err(ImportError::new(line, "this } closes nothing", "take it out")),
            };
        }
        let opens = words.last().is_some_and(|word| word == "{");
        if opens {
            words.pop();
            if depth >= MAX_DEPTH {
                return Err(ImportError::new(line, "this is nested too deep", "nest at most 64 blocks"));
            }
        }
        let block = if opens { Some(block(lines, Some(line), depth + 1)?) } else { None };
        let mut words = words.into_iter();
        let name = words.next().unwrap_or_default();
        directives.push(Directive { line, name, arguments: words.collect(), block });
    }
    match opened {
        Some(line) => Err(ImportError::new(line, "this block is not closed", "write } in a line of its own")),
        None => Ok(directives),
    }
}

/// Puts snippets in, with their arguments.
fn expand(
    directives: Vec<Directive>,
    snippets: &BTreeMap<String, Vec<Directive>>,
    arguments: &[String],
    depth: usize,
    count: &mut usize,
) -> Result<Vec<Directive>, ImportError> {
    let mut expanded = Vec::new();
    for mut directive in directives {
        *count += 1;
        if *count > MAX_DIRECTIVES {
            let message = format!("more than {MAX_DIRECTIVES} directives come of this file");
            return Err(ImportError::new(directive.line, message, "keep the part that sets CORS headers"));
        }
        for word in std::iter::once(&mut directive.name).chain(&mut directive.arguments) {
            for (index, argument) in arguments.iter().enumerate() {
                let places = [format!("{{args[{index}]}}"), format!("{{args.{index}}}")];
                *word = places.iter().fold(std::mem::take(word), |word, place| word.replace(place, argument));
            }
        }
        if directive.name == "import" {
            let name = directive.argument(0);
            let Some(snippet) = snippets.get(name) else {
                let message = format!("import {name} is not followed: what it holds may set headers");
                let remedy = "put its text in the line's place, or take the line out if it sets none";
                return Err(ImportError::new(directive.line, message, remedy));
            };
            if depth >= MAX_IMPORTS {
                let message = format!("the snippet {name} imports itself");
                return Err(ImportError::new(directive.line, message, "take the import out"));
            }
            expanded.extend(expand(
                snippet.clone(),
                snippets,
                directive.arguments.get(1..).unwrap_or_default(),
                depth + 1,
                count,
            )?);
            continue;
        }
        if let Some(block) = directive.block.take() {
            directive.block = Some(expand(block, snippets, arguments, depth, count)?);
        }
        expanded.push(directive);
    }
    Ok(expanded)
}

fn lines(text: &str) -> Result<Vec<Line>, ImportError> {
    let mut lines: Vec<Line> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut chars = text.chars().peekable();
    let (mut line, mut began) = (1, 1);
    while let Some(char) = chars.next() {
        match char {
            '\n' => {
                if !words.is_empty() {
                    lines.push((began, std::mem::take(&mut words)));
                }
                line += 1;
            }
            '\\' if chars.peek() == Some(&'\n') => {
                chars.next();
                line += 1;
            }
            char if char.is_whitespace() => {}
            '#' => while chars.next_if(|char| *char != '\n').is_some() {},
            char => {
                if words.is_empty() {
                    began = line;
                }
                let mut word = String::new();
                if char == '"' || char == '`' {
                    let opened = line;
                    loop {
                        match chars.next() {
                            None => {
                                let message = "this string is not closed";
                                return Err(ImportError::new(
                                    opened,
                                    message,
                                    format!("write {char} at its end"),
                                ));
                            }
                            Some('\\') if char == '"' && chars.peek() == Some(&'"') => {
                                word.extend(chars.next());
                            }
                            Some(next) if next == char => break,
                            Some(next) => {
                                line += usize::from(next == '\n');
                                word.push(next);
                            }
                        }
                    }
                } else {
                    word.push(char);
                    while let Some(next) = chars.next_if(|next| !next.is_whitespace()) {
                        word.push(next);
                    }
                }
                words.push(word);
            }
        }
    }
    if !words.is_empty() {
        lines.push((began, words));
    }
    Ok(lines)
}
