//! CORS configurations of Google Cloud Storage buckets: the list that `gcloud storage buckets update --cors-file` takes.

use super::rules::{self, Rule};
use super::s3::seconds;
use super::tree::{self, Node, Value};
use super::{Finding, ImportError, Imported, Severity};

pub(super) fn read(text: &str) -> Result<Imported, ImportError> {
    let root = tree::json(text)?;
    let list = root.get("cors").unwrap_or(&root);
    if !matches!(list.value, Value::List(_)) {
        let remedy = "write a list of entries, each with origin, method, responseHeader and maxAgeSeconds";
        return Err(ImportError::new(list.line, "there is no list of entries", remedy));
    }
    let mut imported = Imported::default();
    let rules = list.items().iter().map(|entry| of_entry(entry, &mut imported));
    let rules: Vec<Rule> = rules.collect::<Result<_, _>>()?;
    rules::policies(rules, &mut imported);
    Ok(imported)
}

fn of_entry(node: &Node, imported: &mut Imported) -> Result<Rule, ImportError> {
    for (key, value) in node.entries() {
        if !["origin", "method", "responseHeader", "maxAgeSeconds"].contains(&key.as_str()) {
            let message = format!("an entry has no {key}");
            imported.findings.push(Finding::new(
                Severity::Warning,
                "unknown-key",
                value.line,
                message,
                "take it out, or mend its name",
            ));
        }
    }
    let texts = |key: &str| node.get(key).map_or_else(|| Ok(Vec::new()), Node::texts);
    // One list is answered to preflights as allowed and to others as exposed.
    let headers = texts("responseHeader")?;
    Ok(Rule {
        line: node.line,
        origins: texts("origin")?,
        methods: texts("method")?,
        request_headers: headers.clone(),
        exposed_headers: headers,
        max_age: node.get("maxAgeSeconds").map(seconds).transpose()?,
    })
}
