//! Selectors, as far as pages use them to find their own elements: type, `#id`, `.class`, `[attribute]` and
//! `[attribute=value]`, descendants and children, lists.

use std::rc::Rc;

use crate::dom::{Dom, NodeId};

/// The most parts of a selector that spaces and `>` may join.
pub(crate) const MAX_COMPOUNDS: usize = 64;

/// A list of selectors, each a chain from the outermost element to the one that is looked for.
pub(crate) struct Selector(Vec<Vec<(Combinator, Compound)>>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Combinator {
    /// The outermost.
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
        let states = self.above(dom, id);
        self.enter(dom, id, &states).1
    }

    /// The elements below a node that match, in the order of the tree.
    pub(crate) fn select(&self, dom: &Dom, root: NodeId, first: bool) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut left: Vec<(NodeId, Rc<[State]>)> = Vec::new();
        let push_children = |left: &mut Vec<(NodeId, Rc<[State]>)>, id, states: Vec<State>| {
            let (at, states) = (left.len(), Rc::from(states));
            left.extend(children(dom, id).map(|child| (child, Rc::clone(&states))));
            left[at..].reverse();
        };
        push_children(&mut left, root, self.enter(dom, root, &self.above(dom, root)).0);
        while let Some((id, states)) = left.pop() {
            let (inside, matches) = self.enter(dom, id, &states);
            if matches {
                found.push(id);
                if first {
                    break;
                }
            }
            push_children(&mut left, id, inside);
        }
        found
    }

    /// What has matched above a node.
    fn above(&self, dom: &Dom, id: NodeId) -> Vec<State> {
        let parent = |id: &NodeId| dom.get(*id).and_then(|node| node.parent);
        let mut path: Vec<NodeId> = std::iter::successors(parent(&id), parent).collect();
        if self.0.iter().all(|complex| complex.len() == 1) {
            path.clear();
        }
        let outside = vec![State::default(); self.0.len()];
        path.into_iter().rev().fold(outside, |states, node| self.enter(dom, node, &states).0)
    }

    /// What has matched once a node is entered too, and whether the node itself is what is looked for.
    fn enter(&self, dom: &Dom, id: NodeId, above: &[State]) -> (Vec<State>, bool) {
        let mut is_found = false;
        let inside = self.0.iter().zip(above).map(|(complex, above)| {
            let mut here = 0;
            for (nth, (combinator, compound)) in complex.iter().enumerate() {
                let is_led_to = match combinator {
                    Combinator::None => true,
                    Combinator::Child => nth > 0 && above.in_parent >> (nth - 1) & 1 == 1,
                    Combinator::Descendant => nth > 0 && above.in_any >> (nth - 1) & 1 == 1,
                };
                if is_led_to && matches_compound(dom, id, compound) {
                    here |= 1 << nth;
                }
            }
            is_found |= here >> (complex.len() - 1) & 1 == 1;
            State { in_parent: here, in_any: above.in_any | here }
        });
        (inside.collect(), is_found)
    }
}

/// Which beginnings of a complex selector have matched, one bit each: so no selector and no tree lets it take long.
#[derive(Clone, Copy, Default)]
struct State {
    /// Those that end in the node above.
    in_parent: u64,
    /// Those that end in any node above.
    in_any: u64,
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
    (combinator == Combinator::Descendant && (1..=MAX_COMPOUNDS).contains(&parts.len())).then_some(parts)
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
