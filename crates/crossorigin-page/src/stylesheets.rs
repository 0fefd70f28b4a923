//! Style sheets, as far as they are loaded, load others, and show their rules. No layout is made of them.

use std::collections::HashSet;

use crossorigin::fetching::ResponseType;
use crossorigin::html::Initiator;
use crossorigin::infrastructure::mime_type::extract_mime_type;
use crossorigin_agent::Loaded;
use cssparser::{
    AtRuleParser, BasicParseErrorKind, CowRcStr, DeclarationParser, ParseError, Parser, ParserState,
    QualifiedRuleParser, RuleBodyItemParser, RuleBodyParser, StyleSheetParser, Token,
};
use encoding_rs::UTF_8;
use http::HeaderValue;
use serde_json::{Value, json};
use url::Url;

use crate::dom::{DOCUMENT, Dom};
use crate::encoding;
use crate::selector::Selector;

/// The most rules that are kept of one style sheet. What follows counts for nothing.
pub(crate) const MAX_RULES: usize = 100_000;
/// How deep rules may stand in each other.
pub(crate) const MAX_DEPTH: usize = 32;

/// Names a style sheet.
pub(crate) type SheetId = u32;

/// A style sheet that was loaded.
#[derive(Debug)]
pub(crate) struct Sheet {
    rules: Vec<Rule>,
    /// What its relative URLs are relative to.
    base: Url,
    /// Whether script may read its rules. [Source](https://drafts.csswg.org/cssom/#concept-css-style-sheet-origin-clean-flag).
    is_origin_clean: bool,
}

/// What a style sheet makes the page load.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Load {
    pub(crate) initiator: Initiator,
    pub(crate) url: Url,
}

#[derive(Debug)]
enum Rule {
    Style {
        selector: String,
        declarations: Vec<Declaration>,
    },
    Import {
        url: String,
        media: String,
    },
    FontFace(Vec<Declaration>),
    /// `@media` and others that hold rules.
    Group {
        name: String,
        prelude: String,
        rules: Vec<Rule>,
    },
    /// Any other, as it is written.
    Other(String),
}

#[derive(Debug)]
struct Declaration {
    name: String,
    value: String,
    urls: Vec<String>,
}

/// All style sheets of a page.
#[derive(Debug, Default)]
pub(crate) struct Sheets(Vec<Sheet>);

impl Sheets {
    /// Keeps what came as a style sheet; `None` where it is none.
    /// [Source](https://html.spec.whatwg.org/multipage/links.html#link-type-stylesheet).
    pub(crate) fn keep(&mut self, loaded: &Loaded) -> Option<SheetId> {
        let says = loaded.content_type.as_ref().map(HeaderValue::as_bytes);
        let is_css = says.is_none_or(|says| extract_mime_type(says).is_some_and(|own| own.is("text", "css")));
        if !loaded.status.is_success() || !is_css {
            return None;
        }
        let content_type = says.and_then(|says| str::from_utf8(says).ok()).unwrap_or_default();
        let text = encoding::decode(&loaded.body, content_type, UTF_8);
        Some(self.add(&text, loaded.url.clone(), loaded.response_type != ResponseType::Opaque))
    }

    /// Reads a style sheet.
    pub(crate) fn add(&mut self, text: &str, base: Url, is_origin_clean: bool) -> SheetId {
        self.0.push(Sheet { rules: parse(text), base, is_origin_clean });
        (self.0.len() - 1) as SheetId
    }

    /// The rules for script, as JSON; `None` where it may not read them.
    pub(crate) fn rules(&self, id: SheetId) -> Option<String> {
        let sheet = self.0.get(id as usize).filter(|sheet| sheet.is_origin_clean)?;
        Some(Value::from_iter(sheet.rules.iter().map(Rule::shown)).to_string())
    }

    /// The style sheets that this one imports.
    pub(crate) fn imports(&self, id: SheetId) -> Vec<Url> {
        let Some(sheet) = self.0.get(id as usize) else { return Vec::new() };
        let url = |rule: &Rule| match rule {
            Rule::Import { url, .. } => sheet.base.join(url).ok(),
            _ => None,
        };
        sheet
            .rules
            .iter()
            .map_while(|rule| match rule {
                // Imports come before all that styles.
                Rule::Import { .. } | Rule::Other(_) => Some(url(rule)),
                _ => None,
            })
            .flatten()
            .collect()
    }

    /// The fonts that it declares, as JSON: their descriptors by name.
    pub(crate) fn fonts(&self, id: SheetId) -> String {
        let Some(sheet) = self.0.get(id as usize) else { return "[]".to_owned() };
        let mut fonts = Vec::new();
        each(&sheet.rules, &mut |rule| {
            if let Rule::FontFace(declarations) = rule {
                let own = declarations.iter().map(|own| (own.name.clone(), json!(own.value)));
                let base = ("base".to_owned(), json!(sheet.base.as_str()));
                fonts.push(Value::Object(own.chain([base]).collect()));
            }
        });
        Value::Array(fonts).to_string()
    }

    /// The images that its rules want for elements which are there, but for those that were asked for.
    pub(crate) fn images(&self, id: SheetId, dom: &Dom, asked: &HashSet<Load>) -> Vec<Load> {
        let Some(sheet) = self.0.get(id as usize) else { return Vec::new() };
        let mut loads: Vec<Load> = Vec::new();
        each(&sheet.rules, &mut |rule| {
            let Rule::Style { selector, declarations } = rule else { return };
            let mut wanted = images_of(declarations, &sheet.base);
            wanted.retain(|load| !asked.contains(load));
            if wanted.is_empty() {
                return;
            }
            let is_used = Selector::parse(selector)
                .is_some_and(|selector| !selector.select(dom, DOCUMENT, true).is_empty());
            for load in wanted.into_iter().filter(|_| is_used) {
                if !loads.contains(&load) {
                    loads.push(load);
                }
            }
        });
        loads
    }
}

/// The images that a `style` attribute wants.
pub(crate) fn images_of_style(text: &str, base: &Url) -> Vec<Load> {
    images_of(&declarations(&mut Parser::new(text)), base)
}

/// Shapes and masks are asked for by CORS, other images are not.
/// [Source](https://drafts.csswg.org/css-shapes/#shape-outside-property).
fn images_of(declarations: &[Declaration], base: &Url) -> Vec<Load> {
    let mut loads = Vec::new();
    for declaration in declarations {
        let initiator = match declaration.name.trim_start_matches("-webkit-") {
            "shape-outside" => Initiator::CssShape,
            "mask" | "mask-image" | "mask-border" | "mask-border-source" => Initiator::CssMask,
            "background"
            | "background-image"
            | "border-image"
            | "border-image-source"
            | "list-style"
            | "list-style-image"
            | "content" => Initiator::Image,
            _ => continue,
        };
        let urls = declaration.urls.iter().filter(|url| !url.starts_with('#'));
        loads.extend(urls.filter_map(|url| base.join(url).ok()).map(|url| Load { initiator, url }));
    }
    loads
}

fn each(rules: &[Rule], steps: &mut impl FnMut(&Rule)) {
    for rule in rules {
        steps(rule);
        if let Rule::Group { rules, .. } = rule {
            each(rules, steps);
        }
    }
}

impl Rule {
    fn shown(&self) -> Value {
        let text = |declarations: &[Declaration]| {
            declarations
                .iter()
                .map(|own| format!("{}: {};", own.name, own.value))
                .collect::<Vec<_>>()
                .join(" ")
        };
        match self {
            Self::Style { selector, declarations } => {
                json!({ "kind": "style", "selector": selector, "text": text(declarations) })
            }
            Self::Import { url, media } => json!({ "kind": "import", "href": url, "media": media }),
            Self::FontFace(declarations) => json!({ "kind": "font-face", "text": text(declarations) }),
            Self::Group { name, prelude, rules } => {
                let rules = Value::from_iter(rules.iter().map(Self::shown));
                json!({ "kind": "group", "name": name, "prelude": prelude, "rules": rules })
            }
            Self::Other(text) => json!({ "kind": "other", "text": text }),
        }
    }
}

fn parse(text: &str) -> Vec<Rule> {
    rules(&mut Parser::new(text), 0)
}

fn rules(input: &mut Parser<'_>, depth: usize) -> Vec<Rule> {
    let mut reader = Reader { depth };
    // What is wrong is left out, as in browsers.
    StyleSheetParser::new(input, &mut reader).filter_map(Result::ok).flatten().take(MAX_RULES).collect()
}

fn declarations(input: &mut Parser<'_>) -> Vec<Declaration> {
    RuleBodyParser::new(input, &mut Declarations).filter_map(Result::ok).take(MAX_RULES).collect()
}

/// The rest, as it is written.
fn written<'i>(input: &mut Parser<'i>) -> String {
    let start = input.position();
    while input.next_including_whitespace_and_comments().is_ok() {}
    input.slice_from(start).trim().to_owned()
}

struct Reader {
    depth: usize,
}

type Failed = ParseError<()>;

impl<'i> QualifiedRuleParser<'i> for Reader {
    type Prelude = String;
    type QualifiedRule = Option<Rule>;
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<String, Failed> {
        Ok(written(input))
    }

    fn parse_block(
        &mut self,
        selector: String,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<Option<Rule>, Failed> {
        Ok(Some(Rule::Style { selector, declarations: declarations(input) }))
    }
}

impl<'i> AtRuleParser<'i> for Reader {
    type Prelude = (String, String);
    type AtRule = Option<Rule>;
    type Error = ();

    fn parse_prelude(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
    ) -> Result<(String, String), Failed> {
        let name = name.to_ascii_lowercase();
        if name == "import" {
            let url = input.expect_url_or_string()?.to_string();
            return Ok((format!("import {}", written(input)), url));
        }
        Ok((name, written(input)))
    }

    fn rule_without_block(
        &mut self,
        (name, prelude): (String, String),
        _: &ParserState,
    ) -> Result<Option<Rule>, ()> {
        Ok(match name.strip_prefix("import ") {
            Some(media) => Some(Rule::Import { url: prelude, media: media.to_owned() }),
            None if name == "charset" => None,
            None => Some(Rule::Other(format!("@{name} {prelude};"))),
        })
    }

    fn parse_block(
        &mut self,
        (name, prelude): (String, String),
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<Option<Rule>, Failed> {
        match &*name {
            "font-face" => Ok(Some(Rule::FontFace(declarations(input)))),
            "media" | "supports" | "layer" | "container" | "scope" | "starting-style" => {
                if self.depth >= MAX_DEPTH {
                    return Err(ParseError::from_basic_kind(BasicParseErrorKind::EndOfInput));
                }
                Ok(Some(Rule::Group { name, prelude, rules: rules(input, self.depth + 1) }))
            }
            _ => Ok(Some(Rule::Other(format!("@{name} {prelude} {{ {} }}", written(input))))),
        }
    }
}

struct Declarations;

impl<'i> DeclarationParser<'i> for Declarations {
    type Declaration = Declaration;
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _: &ParserState,
    ) -> Result<Declaration, Failed> {
        let start = input.position();
        let mut urls = Vec::new();
        collect_urls(input, &mut urls, 0);
        let value = input.slice_from(start).trim().to_owned();
        Ok(Declaration { name: name.to_ascii_lowercase(), value, urls })
    }
}

impl<'i> AtRuleParser<'i> for Declarations {
    type Prelude = ();
    type AtRule = Declaration;
    type Error = ();
}

impl<'i> QualifiedRuleParser<'i> for Declarations {
    type Prelude = ();
    type QualifiedRule = Declaration;
    type Error = ();
}

impl RuleBodyItemParser<'_, Declaration, ()> for Declarations {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

/// The URLs among a value's tokens, in functions such as `image-set()` too.
fn collect_urls(input: &mut Parser<'_>, urls: &mut Vec<String>, depth: usize) {
    while let Ok(token) = input.next_including_whitespace_and_comments() {
        let in_url = match token {
            Token::UnquotedUrl(url) => {
                urls.push(url.to_string());
                continue;
            }
            Token::Function(name) => name.eq_ignore_ascii_case("url"),
            Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock => false,
            _ => continue,
        };
        if depth >= MAX_DEPTH {
            continue;
        }
        let _ = input.parse_nested_block(|inside| -> Result<(), Failed> {
            if in_url && let Ok(url) = inside.expect_string() {
                urls.push(url.to_string());
            }
            collect_urls(inside, urls, depth + 1);
            Ok(())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        "https://a.example/css/".parse().unwrap()
    }

    #[test]
    fn what_sheets_load_is_known() {
        let mut sheets = Sheets::default();
        let id = sheets.add(
            "@charset 'utf-8'; @import 'one.css'; @import url(two.css) print; p { color: red } @import 'late.css';
             @media all { @font-face { font-family: F; src: url('f.woff2') format('woff2'), local(x) } }",
            base(),
            true,
        );
        let imports: Vec<_> = sheets.imports(id).iter().map(Url::to_string).collect();
        assert_eq!(imports, ["https://a.example/css/one.css", "https://a.example/css/two.css"]);
    }

    #[test]
    fn fonts_are_found_in_rules_that_hold_others() {
        let mut sheets = Sheets::default();
        let id = sheets.add(
            "@media all { @font-face { font-family: F; src: url('f.woff2') format('woff2'), local(x) } }",
            base(),
            false,
        );
        assert_eq!(
            sheets.fonts(id),
            r#"[{"base":"https://a.example/css/","font-family":"F","src":"url('f.woff2') format('woff2'), local(x)"}]"#
        );
    }

    #[test]
    fn each_property_asks_by_its_rule() {
        for (style, expected) in [
            ("background: red url(a.png)", &[(Initiator::Image, "a.png")][..]),
            (
                "background-image: image-set(url('a.png') 1x, url(b.png) 2x)",
                &[(Initiator::Image, "a.png"), (Initiator::Image, "b.png")],
            ),
            ("shape-outside: url(\"a.png\")", &[(Initiator::CssShape, "a.png")]),
            ("-webkit-mask-image: url(a.png)", &[(Initiator::CssMask, "a.png")]),
            ("mask: url(#own)", &[]),
            ("--x: url(a.png); width: 1px", &[]),
            ("color: red; } p { background: url(a.png)", &[]),
        ] {
            let loads = images_of_style(style, &base());
            let found: Vec<_> = loads
                .iter()
                .map(|load| (load.initiator, load.url.path().trim_start_matches("/css/")))
                .collect();
            assert_eq!(found, expected, "{style}");
        }
    }

    #[test]
    fn rules_are_shown_where_they_may_be() {
        let mut sheets = Sheets::default();
        let text = "a > b , c{color:red;;background : url(x.png)!important} @media print{d{e:f}} @page{margin:0} ; x";
        let id = sheets.add(text, base(), true);
        assert_eq!(
            sheets.rules(id).unwrap(),
            r#"[{"kind":"style","selector":"a > b , c","text":"color: red; background: url(x.png)!important;"},{"kind":"group","name":"media","prelude":"print","rules":[{"kind":"style","selector":"d","text":"e: f;"}]},{"kind":"other","text":"@page  { margin:0 }"}]"#
        );
        let closed = sheets.add(text, base(), false);
        assert_eq!(sheets.rules(closed), None);
        let deep = "@media all {".repeat(MAX_DEPTH * 10);
        sheets.add(&deep, base(), true);
    }
}
