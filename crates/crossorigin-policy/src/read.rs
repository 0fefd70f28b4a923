//! Reads tables by their keys: unknown keys and wrong types are found here, for every table alike.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::keys::{
    ADMIN, CERTIFICATE, FILE, Key, Kind, LIMITS, LISTENER, LOG, POLICY, Presence, ROUTE, Table,
};
use crate::report::{Finding, Severity, Source};
use crate::values;

/// A string with its place, quotes included.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Range<usize>,
}

#[derive(Debug)]
enum Value {
    Boolean(bool),
    Texts(Vec<Text>),
    Number(u64),
    Fraction(f64),
    Duration(Duration),
    Tables(Vec<Fields>),
}

#[derive(Debug)]
struct Field {
    key: &'static Key,
    span: Range<usize>,
    value: Value,
}

/// The keys of one table that are there and of the right type.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// The table's header.
    pub(crate) header: Range<usize>,
    fields: Vec<Field>,
    /// Keys that are there, but of a wrong type or misspelt.
    faulty: Vec<&'static str>,
    /// Whether it is no table at all, which has been said.
    pub(crate) is_no_table: bool,
}

impl Fields {
    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key.name == name)
    }

    /// Whether the key is there, or seems to be: what is wrong with it has been said.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.field(name).is_some() || self.faulty.contains(&name) || self.is_no_table
    }

    /// Whether the key is there with a list that holds nothing.
    pub(crate) fn is_empty_list(&self, name: &str) -> bool {
        let is_faulty = self.faulty.contains(&name);
        matches!(self.field(name), Some(Field { value: Value::Texts(texts), .. }) if texts.is_empty() && !is_faulty)
    }

    /// Whether the key is there with a list of tables that holds none.
    pub(crate) fn is_empty_tables(&self, name: &str) -> bool {
        let is_faulty = self.faulty.contains(&name);
        matches!(self.field(name), Some(Field { value: Value::Tables(tables), .. }) if tables.is_empty() && !is_faulty)
    }

    /// The place of a value, or of the header where the key is not there.
    pub(crate) fn span(&self, name: &str) -> Range<usize> {
        self.field(name).map_or_else(|| self.header.clone(), |field| field.span.clone())
    }

    pub(crate) fn boolean(&self, name: &str) -> bool {
        matches!(self.field(name), Some(Field { value: Value::Boolean(true), .. }))
    }

    pub(crate) fn texts(&self, name: &str) -> &[Text] {
        match self.field(name) {
            Some(Field { value: Value::Texts(texts), .. }) => texts,
            _ => &[],
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&Text> {
        self.texts(name).first()
    }

    pub(crate) fn strings(&self, name: &str) -> Vec<String> {
        self.texts(name).iter().map(|text| text.value.clone()).collect()
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        match self.field(name)?.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn fraction(&self, name: &str) -> Option<f64> {
        match self.field(name)?.value {
            Value::Fraction(fraction) => Some(fraction),
            _ => None,
        }
    }

    /// The tables of a `Many` key.
    pub(crate) fn tables(&self, name: &str) -> &[Fields] {
        match self.field(name) {
            Some(Field { value: Value::Tables(tables), .. }) => tables,
            _ => &[],
        }
    }

    pub(crate) fn duration(&self, name: &str) -> Option<Duration> {
        match self.field(name)?.value {
            Value::Duration(duration) => Some(duration),
            _ => None,
        }
    }
}

/// Reads tables and keeps what is wrong with them.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) source: &'a Source,
    pub(crate) problems: Vec<Finding>,
}

impl Reader<'_> {
    pub(crate) fn problem(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems.push(Finding::new(Severity::Problem, code, self.source, span, message, remedy));
    }

    /// The subtables of a `Named` key: name and table.
    pub(crate) fn named<'t, 'i>(
        &mut self,
        table: &'static Table,
        value: &'t Spanned<DeValue<'i>>,
    ) -> Vec<(Text, &'t Spanned<DeValue<'i>>)> {
        let Some(tables) = value.get_ref().as_table() else {
            self.not_a_table(table, value);
            return Vec::new();
        };
        let texts = tables
            .iter()
            .map(|(name, value)| (Text { value: name.get_ref().to_string(), span: name.span() }, value));
        texts.collect()
    }

    /// The tables of a `Many` key.
    pub(crate) fn many(&mut self, table: &'static Table, value: &Spanned<DeValue<'_>>) -> Vec<Fields> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| self.fields(table, item)).collect(),
            DeValue::Table(_) => {
                let message = format!("this is one table, and there can be more than one {}", table.noun);
                self.problem("wrong-type", value.span(), message, format!("write `{}`", table.header));
                Vec::new()
            }
            _ => {
                self.not_a_table(table, value);
                Vec::new()
            }
        }
    }

    /// The keys of one table.
    pub(crate) fn fields(&mut self, table: &'static Table, value: &Spanned<DeValue<'_>>) -> Fields {
        let Some(entries) = value.get_ref().as_table() else {
            self.not_a_table(table, value);
            return Fields { header: value.span(), is_no_table: true, ..Fields::default() };
        };
        let misspelt = entries.keys().filter(|name| table.key(name.get_ref()).is_none());
        let misspelt = misspelt.filter_map(|name| table.nearest(name.get_ref())).collect();
        let mut fields = Fields { header: value.span(), faulty: misspelt, ..Fields::default() };
        for (name, value) in self.known_keys(table, entries) {
            let problems = self.problems.len();
            if let Some(read) = self.value(name, value) {
                fields.fields.push(Field { key: name, span: value.span(), value: read });
            }
            if self.problems.len() > problems {
                fields.faulty.push(name.name);
            }
        }
        for key in table.keys {
            if matches!(key.presence, Presence::Required) && !fields.has(key.name) {
                let message = format!("this {} has no `{}`", table.noun, key.name);
                let remedy = format!("write `{} = {}`, for example", key.name, key.example);
                self.problem("missing-key", fields.header.clone(), message, remedy);
            }
        }
        fields
    }

    /// The entries whose keys the table knows; the others are problems.
    pub(crate) fn known_keys<'t, 'i>(
        &mut self,
        table: &'static Table,
        entries: &'t DeTable<'i>,
    ) -> Vec<(&'static Key, &'t Spanned<DeValue<'i>>)> {
        let mut known = Vec::new();
        for (name, value) in entries {
            match table.key(name.get_ref()) {
                Some(key) => known.push((key, value)),
                None => {
                    let message = format!("a {} has no key `{}`", table.noun, name.get_ref().escape_debug());
                    let (code, remedy) = unknown_key(table, name.get_ref());
                    self.problem(code, name.span(), message, remedy);
                }
            }
        }
        known
    }

    fn not_a_table(&mut self, table: &'static Table, value: &Spanned<DeValue<'_>>) {
        let message = format!("a {} is a table, not {}", table.noun, type_words(value.get_ref()));
        self.problem("wrong-type", value.span(), message, format!("write it under `{}`", table.header));
    }

    fn value(&mut self, key: &'static Key, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        let span = value.span();
        match (key.kind, value.get_ref()) {
            (Kind::Boolean, DeValue::Boolean(boolean)) => Some(Value::Boolean(*boolean)),
            (Kind::Text | Kind::TextOrTexts, DeValue::String(text)) => {
                Some(Value::Texts(vec![Text { value: text.to_string(), span }]))
            }
            (Kind::Texts | Kind::TextOrTexts, DeValue::Array(items)) => {
                let mut texts = Vec::with_capacity(items.len());
                for item in items.iter() {
                    match item.get_ref() {
                        DeValue::String(text) => {
                            texts.push(Text { value: text.to_string(), span: item.span() });
                        }
                        other => self.problem(
                            "wrong-type",
                            item.span(),
                            format!("`{}` lists strings, not {}", key.name, type_words(other)),
                            format!("write `{} = {}`, for example", key.name, key.example),
                        ),
                    }
                }
                Some(Value::Texts(texts))
            }
            (Kind::Many(table), _) => Some(Value::Tables(self.many(table, value))),
            (Kind::Choice(choices), DeValue::String(text)) => {
                if choices.contains(&text.as_ref()) {
                    return Some(Value::Texts(vec![Text { value: text.to_string(), span }]));
                }
                let message = format!("`{}` takes {}, not {text:?}", key.name, key.kind.words());
                self.problem("unknown-value", span, message, "write one of these");
                None
            }
            (Kind::Number(choices), DeValue::Integer(integer)) => {
                let number = unsigned(integer.as_str(), integer.radix());
                if let Some(number) = number.filter(|number| choices.contains(number)) {
                    return Some(Value::Number(number));
                }
                let message = format!("`{}` takes {}, not {integer}", key.name, key.kind.words());
                self.problem("unknown-value", span, message, "write one of these");
                None
            }
            (Kind::Duration(least, most), DeValue::String(text)) => {
                let Some(duration) = values::duration(text) else {
                    let message = format!("{text:?} is no duration");
                    let remedy = format!(
                        "write a number with `ms`, `s`, `m`, `h` or `d`, such as `{} = {}`",
                        key.name, key.example
                    );
                    self.problem("bad-duration", span, message, remedy);
                    return None;
                };
                let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
                let words = (format!("{least}ms"), format!("{}s", most / 1000));
                self.in_range(key, span, milliseconds, (least, most), words)
                    .then_some(Value::Duration(duration))
            }
            (Kind::Size(least, most), DeValue::String(text)) => {
                let Some(size) = values::size(text) else {
                    let message = format!("{text:?} is no size");
                    let remedy = format!(
                        "write bytes as an integer, or a number with `kB`, `KiB`, `MB`, `MiB`, `GB` or `GiB`, such as `{} = {}`",
                        key.name, key.example
                    );
                    self.problem("bad-size", span, message, remedy);
                    return None;
                };
                let words = (least.to_string(), most.to_string());
                self.in_range(key, span, size, (least, most), words).then_some(Value::Number(size))
            }
            (Kind::Size(least, most) | Kind::Count(least, most), DeValue::Integer(integer)) => {
                let words = (least.to_string(), most.to_string());
                // A negative number is below every bound, one that does not fit above.
                let number = match integer.as_str().starts_with('-') {
                    true => None,
                    false => Some(unsigned(integer.as_str(), integer.radix()).unwrap_or(u64::MAX)),
                };
                let Some(number) = number else {
                    let message = format!("`{}` can't be negative", key.name);
                    self.problem("out-of-range", span, message, format!("write {} to {}", words.0, words.1));
                    return None;
                };
                self.in_range(key, span, number, (least, most), words).then_some(Value::Number(number))
            }
            (Kind::Fraction, DeValue::Float(_) | DeValue::Integer(_)) => {
                let fraction = match value.get_ref() {
                    DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
                    DeValue::Integer(integer) => {
                        unsigned(integer.as_str(), integer.radix()).map(|number| number as f64)
                    }
                    _ => None,
                };
                let fraction = fraction.filter(|fraction| (0.0..=1.0).contains(fraction));
                if fraction.is_none() {
                    let message = format!("`{}` is a part of the whole, from 0 to 1", key.name);
                    let remedy = format!("write `{} = {}` for one in a hundred", key.name, key.example);
                    self.problem("out-of-range", span, message, remedy);
                }
                fraction.map(Value::Fraction)
            }
            (_, other) => {
                let message = format!("`{}` takes {}, not {}", key.name, key.kind.words(), type_words(other));
                self.problem("wrong-type", span, message, wrong_type_remedy(key, other));
                None
            }
        }
    }

    fn in_range(
        &mut self,
        key: &'static Key,
        span: Range<usize>,
        number: u64,
        (least, most): (u64, u64),
        words: (String, String),
    ) -> bool {
        let fits = (least..=most).contains(&number);
        if !fits {
            let side = if number < least { "small" } else { "large" };
            let message = format!("`{}` is too {side}", key.name);
            self.problem("out-of-range", span, message, format!("write {} to {}", words.0, words.1));
        }
        fits
    }
}

fn unsigned(digits: &str, radix: u32) -> Option<u64> {
    u64::from_str_radix(digits.trim_start_matches('+'), radix).ok()
}

/// The code and the remedy for a key that a table does not have.
fn unknown_key(table: &'static Table, name: &str) -> (&'static str, String) {
    if let Some(nearest) = table.nearest(name) {
        return ("unknown-key", format!("did you mean `{nearest}`?"));
    }
    let elsewhere = [&POLICY, &LISTENER, &CERTIFICATE, &ROUTE, &LIMITS, &ADMIN, &LOG, &FILE]
        .into_iter()
        .find(|other| !std::ptr::eq(*other, table) && other.key(name).is_some());
    if let Some(other) = elsewhere {
        let place = if other.header.is_empty() {
            "at the top of the file".to_owned()
        } else {
            format!("under `{}`", other.header)
        };
        return ("misplaced-key", format!("`{name}` belongs {place}"));
    }
    let names: Vec<_> = table.keys.iter().map(|key| format!("`{}`", key.name)).collect();
    ("unknown-key", format!("its keys are {}", names.join(", ")))
}

fn wrong_type_remedy(key: &'static Key, found: &DeValue<'_>) -> String {
    match (key.kind, found) {
        (Kind::Boolean, DeValue::String(text)) if matches!(text.as_ref(), "true" | "false") => {
            format!("write `{} = {text}`, without quotes", key.name)
        }
        (Kind::Duration(..), DeValue::Integer(integer)) => {
            format!("write it with its unit: `{} = \"{integer}s\"` for seconds", key.name)
        }
        (Kind::Texts, DeValue::String(text)) => format!("write `{} = [{text:?}]`", key.name),
        (Kind::Text, DeValue::Array(items)) if items.len() == 1 => "write it without brackets".into(),
        (Kind::Number(_) | Kind::Count(..), DeValue::String(text)) if text.parse::<u64>().is_ok() => {
            format!("write `{} = {text}`, without quotes", key.name)
        }
        _ => format!("write `{} = {}`, for example", key.name, key.example),
    }
}

fn type_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
