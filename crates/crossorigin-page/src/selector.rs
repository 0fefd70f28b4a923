//! Selectors, as far as pages use them to find their own elements: type, `#id`, `.class`, `[attribute]` and
//! `[attribute=value]`, descendants and children, lists.

use crate::dom::{Dom, NodeId};

/// A list of selectors, each read from the right.
pub(crate) struct Selector(Vec<Vec<(Combinator, Compound)>>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Combinator {
    /// The rightmost.
    None,
    Descendant,
    Child,
}

#[derive(Default)]
struct Compound {
    name: Option<String>,
    conditions: Vec<Condition>,
}

enum Condition {
    Id(String),
    Class(String),
    Attribute(String, Option<String>),
}

impl Selector {
    /// Reads a selector; `None` where it is none, or of a kind that is not known here.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.split(',').map(|one| parse_complex(one.trim())).collect::<Option<_>>().map(Self)
    }

    pub(crate) fn matches(&self, dom: &Dom, id: NodeId) -> bool {
        self.0.iter().any(|complex| matches_complex(dom, id, complex))
    }

    /// The elements below a node that match, in the order of the tree.
    pub(crate) fn select(&self, dom: &Dom, root: NodeId, first: bool) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut left: Vec<NodeId> = children(dom, root).collect();
        left.reverse();
        while let Some(id) = left.pop() {
            if self.matches(dom, id) {
                found.push(id);
                if first {
                    break;
                }
            }
            let at = left.len();
            left.extend(children(dom, id));
            left[at..].reverse();
        }
        found
    }
}

fn children(dom: &Dom, id: NodeId) -> impl Iterator<Item = NodeId> {
    dom.get(id).map(|node| node.children.clone()).unwrap_or_default().into_iter()
}

fn parse_complex(text: &str) -> Option<Vec<(Combinator, Compound)>> {
    let spaced = text.replace('>', " > ");
    let (mut parts, mut combinator) = (Vec::new(), Combinator::None);
    for word in spaced.split_ascii_whitespace() {
        if word == ">" {
            combinator = Combinator::Child;
            continue;
        }
        parts.push((combinator, parse_compound(word)?));
        combinator = Combinator::Descendant;
    }
    (combinator == Combinator::Descendant && !parts.is_empty()).then_some(parts)
}

fn parse_compound(text: &str) -> Option<Compound> {
    let mut compound = Compound::default();
    let name_ends = text.find(['#', '.', '[']).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(name_ends);
    if !name.is_empty() && name != "*" {
        compound.name = Some(identifier(name)?.to_ascii_lowercase());
    }
    while let Some(sign) = rest.chars().next() {
        if sign == '[' {
            let (inside, after) = rest[1..].split_once(']')?;
            compound.conditions.push(match inside.split_once('=') {
                Some((name, value)) => {
                    let value = value.trim_matches(['"', '\'']);
                    Condition::Attribute(identifier(name)?.to_ascii_lowercase(), Some(value.to_owned()))
                }
                None => Condition::Attribute(identifier(inside)?.to_ascii_lowercase(), None),
            });
            rest = after;
            continue;
        }
        let end = rest[1..].find(['#', '.', '[']).map_or(rest.len(), |at| at + 1);
        let value = identifier(&rest[1..end])?.to_owned();
        compound.conditions.push(if sign == '#' { Condition::Id(value) } else { Condition::Class(value) });
        rest = &rest[end..];
    }
    Some(compound)
}

fn identifier(text: &str) -> Option<&str> {
    let fits = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_') || !letter.is_ascii();
    (!text.is_empty() && text.chars().all(fits)).then_some(text)
}

fn matches_complex(dom: &Dom, id: NodeId, complex: &[(Combinator, Compound)]) -> bool {
    let Some(((combinator, compound), before)) = complex.split_last() else { return true };
    if !matches_compound(dom, id, compound) {
        return false;
    }
    let mut above = dom.get(id).and_then(|node| node.parent);
    match combinator {
        Combinator::None => true,
        Combinator::Child => above.is_some_and(|above| matches_complex(dom, above, before)),
        Combinator::Descendant => {
            while let Some(id) = above {
                if matches_complex(dom, id, before) {
                    return true;
                }
                above = dom.get(id).and_then(|node| node.parent);
            }
            false
        }
    }
}

fn matches_compound(dom: &Dom, id: NodeId, compound: &Compound) -> bool {
    let Some((name, _)) = dom.element(id) else { return false };
    if compound.name.as_ref().is_some_and(|wanted| **wanted != *name.local) {
        return false;
    }
    compound.conditions.iter().all(|condition| match condition {
        Condition::Id(wanted) => dom.attribute(id, "id") == Some(wanted),
        Condition::Class(wanted) => dom
            .attribute(id, "class")
            .is_some_and(|all| all.split_ascii_whitespace().any(|class| class == wanted)),
        Condition::Attribute(name, wanted) => {
            dom.attribute(id, name).is_some_and(|value| wanted.as_ref().is_none_or(|wanted| value == wanted))
        }
    })
}
