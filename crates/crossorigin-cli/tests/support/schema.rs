//! A JSON Schema's say on a value, by the keywords that our schemas use; others are refused, so that none is passed
//! over.

use serde_json::Value;

/// What is wrong with a value, each with its place.
pub fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check(schema, schema, value, "$", &mut problems);
    problems
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, problems: &mut Vec<String>) {
    for (keyword, says) in schema.as_object().unwrap() {
        let ok = match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" | "required" | "additionalProperties" => true,
            "$ref" => {
                let target = root.pointer(says.as_str().unwrap().trim_start_matches('#')).unwrap();
                check(root, target, value, at, problems);
                true
            }
            "const" => says == value,
            "enum" => says.as_array().unwrap().contains(value),
            "type" => match says {
                Value::Array(types) => types.iter().any(|one| is_of(one.as_str().unwrap(), value)),
                one => is_of(one.as_str().unwrap(), value),
            },
            "minimum" => value.as_i64().is_none_or(|number| number >= says.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|number| number <= says.as_i64().unwrap()),
            "anyOf" => {
                let fits = |one: &Value| {
                    let mut found = Vec::new();
                    check(root, one, value, at, &mut found);
                    found
                };
                let all: Vec<_> = says.as_array().unwrap().iter().map(fits).collect();
                let nearest = all.into_iter().min_by_key(Vec::len).unwrap();
                problems.extend(nearest);
                true
            }
            "items" => {
                for (nth, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, says, item, &format!("{at}[{nth}]"), problems);
                }
                true
            }
            "properties" => {
                members(root, schema, says, value, at, problems);
                true
            }
            other => panic!("the keyword {other} is not known here"),
        };
        if !ok {
            problems.push(format!("{at}: {keyword} {says} does not hold for {value}"));
        }
    }
}

fn members(
    root: &Value,
    schema: &Value,
    properties: &Value,
    value: &Value,
    at: &str,
    problems: &mut Vec<String>,
) {
    let Some(value) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !value.contains_key(name.as_str().unwrap()) {
            problems.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, member) in value {
        match properties.get(name) {
            Some(schema) => check(root, schema, member, &format!("{at}.{name}"), problems),
            None if schema["additionalProperties"] == false => {
                problems.push(format!("{at}: {name} is not described"));
            }
            None => {}
        }
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known here"),
    }
}
