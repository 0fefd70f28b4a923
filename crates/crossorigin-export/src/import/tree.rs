//! YAML and JSON as a tree whose nodes know their lines.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::ImportError;

/// How deep nodes may nest.
const MAX_DEPTH: usize = 64;

/// A value, with the line that it begins on, from 1.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Null, `~` or nothing.
    Null,
    /// A string, a number, `true` or `false`, as written.
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(own, _)| own == key).map(|(_, node)| node)
    }

    /// The first of these keys that is there: formats are written in snake and in camel case.
    pub(super) fn any_of(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().find_map(|key| self.get(key))
    }

    pub(super) fn entries(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of a list, or the one text that stands in the place of a list.
    ///
    /// # Errors
    /// Something in it is no text.
    pub(super) fn texts(&self) -> Result<Vec<String>, ImportError> {
        let text = |node: &Node| {
            node.text().map(String::from).ok_or_else(|| {
                ImportError::new(node.line, "a text is expected here", "write one text to an item")
            })
        };
        match &self.value {
            Value::List(items) => items.iter().map(text).collect(),
            Value::Null => Ok(Vec::new()),
            _ => Ok(vec![text(self)?]),
        }
    }
}

/// Reads JSON.
pub(super) fn json(text: &str) -> Result<Node, ImportError> {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        return Err(ImportError::new(
            error.line().max(1),
            format!("this is no JSON: {message}"),
            "mend the syntax",
        ));
    }
    // What is JSON is YAML, but for tabs between tokens; in strings they stand escaped.
    let mut documents = yaml(&text.replace('\t', " "))?;
    documents.pop().ok_or_else(|| ImportError::new(1, "the file is empty", "write the rules into it"))
}

/// Reads YAML: all documents of a file.
pub(super) fn yaml(text: &str) -> Result<Vec<Node>, ImportError> {
    let mut parser = Parser::new_from_str(text);
    let (mut documents, mut open): (Vec<Node>, Vec<Open>) = (Vec::new(), Vec::new());
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let message = format!("this is no YAML: {}", error.info());
            ImportError::new(error.marker().line().max(1), message, "mend the syntax")
        })?;
        let line = span.start.line().max(1);
        let node = match event {
            Event::Alias(_) => {
                let remedy = "write the value out in the alias's place";
                return Err(ImportError::new(line, "aliases are not read", remedy));
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() >= MAX_DEPTH {
                    let remedy = format!("nest at most {MAX_DEPTH} values");
                    return Err(ImportError::new(line, "this is nested too deep", remedy));
                }
                let is_map = matches!(event, Event::MappingStart(..));
                open.push(Open { line, is_map, key: None, nodes: Vec::new(), entries: Vec::new() });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(closed) => closed.node(),
                None => continue,
            },
            Event::Scalar(text, style, ..) => {
                let is_null =
                    style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if is_null { Value::Null } else { Value::Scalar(text.into_owned()) };
                Node { line, value }
            }
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => parent.add(node)?,
            None => documents.push(node),
        }
    }
    Ok(documents)
}

/// A list or a map that is being read.
struct Open {
    line: usize,
    is_map: bool,
    key: Option<String>,
    nodes: Vec<Node>,
    entries: Vec<(String, Node)>,
}

impl Open {
    fn add(&mut self, node: Node) -> Result<(), ImportError> {
        if !self.is_map {
            self.nodes.push(node);
            return Ok(());
        }
        match (self.key.take(), node.value) {
            (Some(key), value) => {
                if self.entries.iter().any(|(own, _)| *own == key) {
                    let message = format!("the key {key:?} stands here for the second time");
                    return Err(ImportError::new(node.line, message, "keep one of the two"));
                }
                self.entries.push((key, Node { line: node.line, value }));
            }
            (None, Value::Scalar(key)) => self.key = Some(key),
            (None, Value::Null) => self.key = Some("null".into()),
            (None, _) => {
                return Err(ImportError::new(node.line, "this key is no text", "write texts for keys"));
            }
        }
        Ok(())
    }

    fn node(self) -> Node {
        let value = if self.is_map { Value::Map(self.entries) } else { Value::List(self.nodes) };
        Node { line: self.line, value }
    }
}
