//! Documents of XML, which are well-formed or none at all.

use html5ever::{LocalName, Namespace, Prefix, QualName};
use roxmltree::{Document, NodeType, ParsingOptions};

use crate::dom::{DOCUMENT, Dom, Kind, MAX_NODES, NodeId};

/// Makes the tree of a document of XML; comes back with its node.
///
/// # Errors
/// Why the text is not well-formed, with the line.
pub(crate) fn parse(dom: &mut Dom, text: &str) -> Result<NodeId, String> {
    // Entities of a document's own are few, and the reader bounds what they come to.
    let options = ParsingOptions {
        allow_dtd: true,
        nodes_limit: u32::try_from(MAX_NODES).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| error.to_string())?;
    let root = dom.create(Kind::Document, DOCUMENT);
    // The trees are as deep as the text says: none of them is walked by recursion.
    let mut made = vec![(document.root().id(), root)];
    for node in document.root().descendants().skip(1) {
        let Some(parent) = node.parent() else { continue };
        // Of those that are still open, the innermost is the parent.
        while made.last().is_some_and(|(id, _)| *id != parent.id()) {
            made.pop();
        }
        let Some((_, parent)) = made.last().copied() else { break };
        let kind = match node.node_type() {
            NodeType::Element => element(&node),
            NodeType::Text => Kind::Text(node.text().unwrap_or_default().to_owned()),
            NodeType::Comment => Kind::Comment(node.text().unwrap_or_default().to_owned()),
            NodeType::Root | NodeType::PI => continue,
        };
        let id = dom.create(kind, root);
        if dom.is_full() {
            break;
        }
        dom.insert(parent, id, None);
        if node.is_element() {
            made.push((node.id(), id));
        }
    }
    Ok(root)
}

fn element(node: &roxmltree::Node<'_, '_>) -> Kind {
    let namespace = node.tag_name().namespace().unwrap_or_default();
    let prefix = node.tag_name().namespace().and_then(|own| node.lookup_prefix(own)).map(Prefix::from);
    let name = QualName::new(prefix, Namespace::from(namespace), LocalName::from(node.tag_name().name()));
    let attributes = node.attributes().map(|attribute| {
        let prefix = attribute.namespace().and_then(|own| node.lookup_prefix(own));
        let name = match prefix {
            Some(prefix) => format!("{prefix}:{}", attribute.name()),
            None => attribute.name().to_owned(),
        };
        (name, attribute.value().to_owned())
    });
    Kind::Element { name, attributes: attributes.collect() }
}
