//! The syntax of nginx's configuration.

use super::ImportError;
use super::syntax::{Directive, MAX_DEPTH};

/// A word, a semicolon or a brace, with its line.
struct Token {
    line: usize,
    kind: Kind,
}

enum Kind {
    Word(String),
    Semicolon,
    Open,
    Close,
}

pub(super) fn parse(text: &str) -> Result<Vec<Directive>, ImportError> {
    let mut tokens = tokens(text)?.into_iter();
    block(&mut tokens, None, 0)
}

fn block(
    tokens: &mut impl Iterator<Item = Token>,
    opened: Option<usize>,
    depth: usize,
) -> Result<Vec<Directive>, ImportError> {
    let mut directives = Vec::new();
    let mut words: Vec<(usize, String)> = Vec::new();
    while let Some(Token { line, kind }) = tokens.next() {
        let is_open = matches!(kind, Kind::Open);
        match kind {
            Kind::Word(word) => words.push((line, word)),
            Kind::Semicolon | Kind::Open => {
                let mut taken = std::mem::take(&mut words).into_iter();
                let Some((line, name)) = taken.next() else {
                    let sign = if is_open { "{" } else { ";" };
                    return Err(ImportError::new(
                        line,
                        format!("there is no directive before this {sign}"),
                        "take it out",
                    ));
                };
                let mut arguments: Vec<String> = taken.map(|(_, word)| word).collect();
                let block = match is_open {
                    false => None,
                    true if depth >= MAX_DEPTH => {
                        return Err(ImportError::new(
                            line,
                            "this is nested too deep",
                            "nest at most 64 blocks",
                        ));
                    }
                    true => Some(block(tokens, Some(line), depth + 1)?),
                };
                if name == "if" {
                    without_parentheses(&mut arguments);
                }
                directives.push(Directive { line, name, arguments, block });
            }
            Kind::Close => {
                if let Some((line, word)) = words.first() {
                    return Err(ImportError::new(
                        *line,
                        format!("the directive {word} does not end"),
                        "write ; behind it",
                    ));
                }
                return match opened {
                    Some(_) => Ok(directives),
                    None => Err(ImportError::new(line, "this } closes nothing", "take it out")),
                };
            }
        }
    }
    match (words.first(), opened) {
        (Some((line, word)), _) => {
            Err(ImportError::new(*line, format!("the directive {word} does not end"), "write ; behind it"))
        }
        (None, Some(line)) => Err(ImportError::new(line, "this block is not closed", "write } at its end")),
        (None, None) => Ok(directives),
    }
}

/// `if ($a = b)` without what stands around its condition.
fn without_parentheses(arguments: &mut Vec<String>) {
    if let Some(first) = arguments.first_mut() {
        *first = first.strip_prefix('(').unwrap_or(first).to_owned();
    }
    if let Some(last) = arguments.last_mut() {
        *last = last.strip_suffix(')').unwrap_or(last).to_owned();
    }
    arguments.retain(|argument| !argument.is_empty());
}

fn tokens(text: &str) -> Result<Vec<Token>, ImportError> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    let mut line = 1;
    while let Some(char) = chars.next() {
        match char {
            '\n' => line += 1,
            char if char.is_whitespace() => {}
            '#' => while chars.next_if(|char| *char != '\n').is_some() {},
            ';' => tokens.push(Token { line, kind: Kind::Semicolon }),
            '{' => tokens.push(Token { line, kind: Kind::Open }),
            '}' => tokens.push(Token { line, kind: Kind::Close }),
            quote @ ('"' | '\'') => {
                let began = line;
                let mut word = String::new();
                loop {
                    match chars.next() {
                        None => {
                            let message = "this string is not closed";
                            return Err(ImportError::new(
                                began,
                                message,
                                format!("write {quote} at its end"),
                            ));
                        }
                        Some('\\') if chars.peek().is_some_and(|next| [quote, '\\'].contains(next)) => {
                            // A backslash before anything else is part of the text.
                            word.extend(chars.next_if(|next| *next == quote).or(Some('\\')));
                        }
                        Some(char) if char == quote => break,
                        Some(char) => {
                            line += usize::from(char == '\n');
                            word.push(char);
                        }
                    }
                }
                // `if ($a = "b")`: the parenthesis is another word's end.
                if chars.next_if(|char| *char == ')').is_some() {
                    word.push(')');
                }
                tokens.push(Token { line: began, kind: Kind::Word(word) });
            }
            char => {
                let mut word = String::from(char);
                while let Some(next) = chars.next_if(|next| !next.is_whitespace() && !";{".contains(*next)) {
                    // What a backslash stands before ends no word, and it stays: `\.` means a dot to an expression.
                    word.push(next);
                    if next == '\\' {
                        word.extend(chars.next());
                    }
                    if next == '$' {
                        word.extend(chars.next_if(|next| *next == '{'));
                    }
                }
                if char == '$' && word == "$" && chars.next_if(|next| *next == '{').is_some() {
                    word.push('{');
                    while let Some(next) = chars.next_if(|next| !next.is_whitespace() && *next != ';') {
                        word.push(next);
                    }
                }
                tokens.push(Token { line, kind: Kind::Word(word) });
            }
        }
    }
    Ok(tokens)
}
