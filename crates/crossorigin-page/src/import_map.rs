//! Import maps: what the names that modules import by stand for.

use serde_json::{Map, Value};
use url::Url;

use crate::urls::parse_url;

/// What a page's import maps say together.
#[derive(Debug, Default)]
pub(crate) struct ImportMap {
    imports: Specifiers,
    /// By the URLs of those who import, or by what these begin with.
    scopes: Vec<(String, Specifiers)>,
}

/// Names, or with a slash at their end what names begin with, and the URLs that they stand for: the longest first.
/// None where an address is no good.
type Specifiers = Vec<(String, Option<Url>)>;

impl ImportMap {
    /// Takes in one more map. What is said already stays.
    /// [Source](https://html.spec.whatwg.org/multipage/webappapis.html#parse-an-import-map-string).
    ///
    /// # Errors
    /// It is no import map: why.
    pub(crate) fn add(&mut self, text: &str, base: &str) -> Result<(), String> {
        let json: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
        let object = |value: &Value, what: &str| match value {
            Value::Object(object) => Ok(object.clone()),
            _ => Err(format!("{what} is to be an object")),
        };
        let map = object(&json, "an import map")?;
        if let Some(imports) = map.get("imports") {
            take(&mut self.imports, &object(imports, "imports")?, base);
        }
        if let Some(scopes) = map.get("scopes") {
            for (prefix, imports) in &object(scopes, "scopes")? {
                let imports = object(imports, &format!("the scope {prefix:?}"))?;
                let Some(prefix) = parse_url(prefix, Some(base)).map(String::from) else { continue };
                let at = self.scopes.iter().position(|(known, _)| *known == prefix).unwrap_or_else(|| {
                    self.scopes.push((prefix, Specifiers::new()));
                    self.scopes.len() - 1
                });
                take(&mut self.scopes[at].1, &imports, base);
            }
            self.scopes.sort_by(|(one, _), (other, _)| other.cmp(one));
        }
        Ok(())
    }

    /// The URL that a module means by a name.
    /// [Source](https://html.spec.whatwg.org/multipage/webappapis.html#resolve-a-module-specifier).
    ///
    /// # Errors
    /// It means none: why.
    pub(crate) fn resolve(&self, name: &str, base: &str) -> Result<Url, String> {
        let url = url_like(name, base);
        let normalized = url.as_ref().map_or(name, Url::as_str);
        let of_base = |(prefix, _): &&(String, Specifiers)| {
            *prefix == base || prefix.ends_with('/') && base.starts_with(prefix.as_str())
        };
        let scopes = self.scopes.iter().filter(of_base).map(|(_, imports)| imports);
        for imports in scopes.chain([&self.imports]) {
            if let Some(found) = find(imports, normalized, url.as_ref()) {
                return found;
            }
        }
        url.ok_or_else(|| {
            "a module is named by a URL, by a path that begins with /, ./ or ../, or as an import map says"
                .to_owned()
        })
    }
}

fn take(known: &mut Specifiers, imports: &Map<String, Value>, base: &str) {
    for (name, address) in imports.iter().filter(|(name, _)| !name.is_empty()) {
        let name = url_like(name, base).map_or_else(|| name.clone(), String::from);
        if known.iter().any(|(other, _)| *other == name) {
            continue;
        }
        let url = address.as_str().and_then(|address| url_like(address, base));
        let url = url.filter(|url| !name.ends_with('/') || url.as_str().ends_with('/'));
        known.push((name, url));
    }
    known.sort_by(|(one, _), (other, _)| other.cmp(one));
}

fn find(imports: &Specifiers, normalized: &str, url: Option<&Url>) -> Option<Result<Url, String>> {
    for (name, address) in imports {
        let is_exact = name == normalized;
        let may_begin = name.ends_with('/') && url.is_none_or(Url::is_special);
        let Some(rest) = normalized.strip_prefix(name.as_str()).filter(|_| is_exact || may_begin) else {
            continue;
        };
        let Some(address) = address else {
            return Some(Err(format!("the import map has no good address for {name:?}")));
        };
        if is_exact {
            return Some(Ok(address.clone()));
        }
        let below = address.join(rest).ok().filter(|url| url.as_str().starts_with(address.as_str()));
        return Some(below.ok_or_else(|| format!("{rest:?} leads out of {address}")));
    }
    None
}

/// A URL, or a path that looks like one.
fn url_like(name: &str, base: &str) -> Option<Url> {
    let is_relative = ["./", "../", "/"].iter().any(|start| name.starts_with(start));
    parse_url(name, is_relative.then_some(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_what_maps_say() {
        let base = "https://app.example/pages/";
        let mut map = ImportMap::default();
        map.add(
            r#"{ "imports": { "lib": "/lib.js", "lib/": "https://cdn.example/lib/", "lib/deep/": "/deep/", "null": null,
                 "bad/": "/bad", "https://old.example/a.js": "./a.js", "data/": "data:text/", "./rel.js": "/moved.js" },
                 "scopes": { "/admin/": { "lib": "/admin-lib.js" }, "/admin/x.js": { "lib": "/x-lib.js" } } }"#,
            base,
        )
        .unwrap();
        map.add(r#"{ "imports": { "lib": "/other.js", "more": "/more.js" } }"#, base).unwrap();
        for (name, from, expected) in [
            ("lib", base, Some("https://app.example/lib.js")),
            ("more", base, Some("https://app.example/more.js")),
            ("lib/a.js", base, Some("https://cdn.example/lib/a.js")),
            ("lib/deep/a.js", base, Some("https://app.example/deep/a.js")),
            ("lib/../a.js", base, None),
            ("null", base, None),
            ("bad/a.js", base, None),
            ("nothing", base, None),
            ("https://old.example/a.js", base, Some("https://app.example/pages/a.js")),
            ("https://old.example/b.js", base, Some("https://old.example/b.js")),
            ("./rel.js", base, Some("https://app.example/moved.js")),
            ("../rel.js", base, Some("https://app.example/rel.js")),
            ("lib", "https://app.example/admin/y.js", Some("https://app.example/admin-lib.js")),
            ("lib", "https://app.example/admin/x.js", Some("https://app.example/x-lib.js")),
            ("more", "https://app.example/admin/x.js", Some("https://app.example/more.js")),
        ] {
            let found = map.resolve(name, from).ok();
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{name} from {from}");
        }
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for text in ["", "[]", r#"{ "imports": [] }"#, r#"{ "scopes": { "/": 1 } }"#] {
            assert!(ImportMap::default().add(text, "https://app.example/").is_err(), "{text}");
        }
    }
}
