//! What pages store under names, by origin: `localStorage` and `sessionStorage`.
//! [Source](https://html.spec.whatwg.org/multipage/webstorage.html).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much an origin stores at the most, names and values together, in bytes of UTF-8.
pub const MAX_STORAGE_BYTES: usize = 5 << 20;

/// What pages keep in their `localStorage`, each origin its own. A clone is the same storage, so that pages that are
/// opened with it one after the other, or at once, find what the others left.
///
/// ```
/// use crossorigin_page::Storage;
///
/// let storage = Storage::from_json(r#"{ "https://app.example": { "theme": "dark" } }"#)?;
/// assert_eq!(storage.to_json(), "{\n  \"https://app.example\": {\n    \"theme\": \"dark\"\n  }\n}");
/// # Ok::<(), crossorigin_page::StorageError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Storage(Arc<Mutex<BTreeMap<String, Area>>>);

type Area = BTreeMap<String, String>;

/// What is wrong with a text that should be a storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageError(String);

impl fmt::Display for StorageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; write an object of origins, each with an object of names and texts", self.0)
    }
}

impl std::error::Error for StorageError {}

/// There is no room left.
#[derive(Debug)]
pub(crate) struct Full;

impl Storage {
    /// A storage in which nothing is.
    pub fn new() -> Self {
        Self::default()
    }

    /// A storage as [`to_json`](Self::to_json) wrote it.
    ///
    /// # Errors
    /// The text is none, or an origin has more than [`MAX_STORAGE_BYTES`].
    pub fn from_json(text: &str) -> Result<Self, StorageError> {
        let areas: BTreeMap<String, Area> =
            serde_json::from_str(text).map_err(|error| StorageError(error.to_string()))?;
        for (origin, area) in &areas {
            if size(area) > MAX_STORAGE_BYTES {
                return Err(StorageError(format!("{origin} stores more than {MAX_STORAGE_BYTES} bytes")));
            }
        }
        Ok(Self(Arc::new(Mutex::new(areas))))
    }

    /// All that is stored, as JSON: origins, names and values, each sorted.
    pub fn to_json(&self) -> String {
        let areas = self.areas();
        let full: BTreeMap<_, _> = areas.iter().filter(|(_, area)| !area.is_empty()).collect();
        // Texts always can be written.
        serde_json::to_string_pretty(&full).unwrap_or_default()
    }

    fn areas(&self) -> MutexGuard<'_, BTreeMap<String, Area>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, origin: &str, name: &str) -> Option<String> {
        self.areas().get(origin)?.get(name).cloned()
    }

    pub(crate) fn names(&self, origin: &str) -> Vec<String> {
        self.areas().get(origin).map(|area| area.keys().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn set(&self, origin: &str, name: String, value: String) -> Result<(), Full> {
        let mut areas = self.areas();
        let area = areas.entry(origin.to_owned()).or_default();
        let before = area.get(&name).map_or(0, |old| name.len() + old.len());
        if size(area) - before + name.len() + value.len() > MAX_STORAGE_BYTES {
            return Err(Full);
        }
        area.insert(name, value);
        Ok(())
    }

    pub(crate) fn remove(&self, origin: &str, name: &str) {
        if let Some(area) = self.areas().get_mut(origin) {
            area.remove(name);
        }
    }

    pub(crate) fn clear(&self, origin: &str) {
        self.areas().remove(origin);
    }
}

fn size(area: &Area) -> usize {
    area.iter().map(|(name, value)| name.len() + value.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_can_be_read_again() {
        let storage = Storage::new();
        storage.set("https://a.example", "n\u{e4}me".to_owned(), "\"\n".to_owned()).unwrap();
        storage.set("https://b.example", "a".to_owned(), "b".to_owned()).unwrap();
        storage.remove("https://b.example", "a");
        let text = storage.to_json();
        assert!(!text.contains("b.example"), "{text}");
        let again = Storage::from_json(&text).unwrap();
        assert_eq!(again.get("https://a.example", "n\u{e4}me").as_deref(), Some("\"\n"));
        assert_eq!(again.to_json(), text);
    }

    #[test]
    fn what_is_no_storage_is_refused() {
        let large = format!(r#"{{ "https://a.example": {{ "a": "{}" }} }}"#, "x".repeat(MAX_STORAGE_BYTES));
        for (text, why) in [
            ("", "EOF"),
            ("[]", "expected a map"),
            (r#"{ "https://a.example": 1 }"#, "line 1"),
            (r#"{ "https://a.example": { "a": 1 } }"#, "expected a string"),
            (&large, "more than 5242880 bytes"),
        ] {
            let error = Storage::from_json(text).unwrap_err().to_string();
            assert!(error.contains(why) && error.ends_with("names and texts"), "{error}");
        }
    }

    #[test]
    fn an_origin_has_so_much_room() {
        let storage = Storage::new();
        let value = "x".repeat(MAX_STORAGE_BYTES - 1);
        assert!(storage.set("a", "n".to_owned(), value.clone()).is_ok());
        assert!(storage.set("a", "m".to_owned(), String::new()).is_err());
        assert!(storage.set("a", "n".to_owned(), format!("{value}x")).is_err());
        assert!(storage.set("a", "n".to_owned(), value).is_ok());
        assert!(storage.set("b", "n".to_owned(), String::new()).is_ok());
        storage.clear("a");
        assert!(storage.set("a", "m".to_owned(), String::new()).is_ok());
    }
}
