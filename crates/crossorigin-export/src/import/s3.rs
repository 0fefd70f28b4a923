//! CORS rules of S3 buckets: the console's list, the `CORSRules` of `put-bucket-cors`, and the older XML.

use super::rules::{self, Rule};
use super::tree::{self, Node, Value};
use super::{Finding, ImportError, Imported, Severity};

const KEYS: [&str; 6] =
    ["AllowedOrigins", "AllowedMethods", "AllowedHeaders", "ExposeHeaders", "MaxAgeSeconds", "ID"];

pub(super) fn read(text: &str) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    let rules =
        if text.trim_start().starts_with('<') { of_xml(text)? } else { of_json(text, &mut imported)? };
    rules::policies(rules, &mut imported);
    Ok(imported)
}

fn of_json(text: &str, imported: &mut Imported) -> Result<Vec<Rule>, ImportError> {
    let root = tree::json(text)?;
    let configuration = root.get("CORSConfiguration").unwrap_or(&root);
    let rules = configuration.get("CORSRules").unwrap_or(configuration);
    if !matches!(rules.value, Value::List(_)) {
        let remedy = "write a list of rules, or an object with CORSRules";
        return Err(ImportError::new(rules.line, "there is no list of rules", remedy));
    }
    rules.items().iter().map(|rule| of_object(rule, imported)).collect()
}

fn of_object(node: &Node, imported: &mut Imported) -> Result<Rule, ImportError> {
    for (key, value) in node.entries() {
        if !KEYS.contains(&key.as_str()) {
            let message = format!("a rule has no {key}");
            let remedy = "S3 would refuse it: take it out";
            imported.findings.push(Finding::new(
                Severity::Warning,
                "unknown-key",
                value.line,
                message,
                remedy,
            ));
        }
    }
    let texts = |key: &str| node.get(key).map_or_else(|| Ok(Vec::new()), Node::texts);
    let required = |key: &str| match texts(key)? {
        texts if texts.is_empty() => Err(ImportError::new(
            node.line,
            format!("this rule has no {key}"),
            format!("write {key} into it"),
        )),
        texts => Ok(texts),
    };
    Ok(Rule {
        line: node.line,
        origins: required(KEYS[0])?,
        methods: required(KEYS[1])?,
        request_headers: texts(KEYS[2])?,
        exposed_headers: texts(KEYS[3])?,
        max_age: node.get(KEYS[4]).map(seconds).transpose()?,
    })
}

pub(super) fn seconds(node: &Node) -> Result<u64, ImportError> {
    let number = node.text().and_then(|text| text.parse().ok());
    number.ok_or_else(|| {
        ImportError::new(node.line, "this is no number of seconds", "write a whole number such as 600")
    })
}

fn of_xml(text: &str) -> Result<Vec<Rule>, ImportError> {
    let document = roxmltree::Document::parse(text).map_err(|error| {
        let line = usize::try_from(error.pos().row).unwrap_or(1);
        ImportError::new(line, format!("this is no XML: {error}"), "mend the syntax")
    })?;
    let line = |node: roxmltree::Node<'_, '_>| {
        usize::try_from(document.text_pos_at(node.range().start).row).unwrap_or(1)
    };
    let rules = document.descendants().filter(|node| node.tag_name().name() == "CORSRule");
    let rules = rules.map(|rule| {
        let texts = |name: &str| {
            let children = rule.children().filter(|child| child.tag_name().name() == name);
            children.map(|child| child.text().unwrap_or_default().trim().to_owned()).collect::<Vec<_>>()
        };
        let max_age = texts("MaxAgeSeconds").pop().map(|text| {
            text.parse().map_err(|_| {
                let message = format!("MaxAgeSeconds {text:?} is no number of seconds");
                ImportError::new(line(rule), message, "write a whole number such as 600")
            })
        });
        for name in ["AllowedOrigin", "AllowedMethod"] {
            if texts(name).is_empty() {
                let message = format!("this rule has no {name}");
                return Err(ImportError::new(line(rule), message, format!("write {name} into it")));
            }
        }
        Ok(Rule {
            line: line(rule),
            origins: texts("AllowedOrigin"),
            methods: texts("AllowedMethod"),
            request_headers: texts("AllowedHeader"),
            exposed_headers: texts("ExposeHeader"),
            max_age: max_age.transpose()?,
        })
    });
    let rules: Vec<Rule> = rules.collect::<Result<_, _>>()?;
    if rules.is_empty() {
        return Err(ImportError::new(1, "there is no CORSRule in it", "take the bucket's CORSConfiguration"));
    }
    Ok(rules)
}
