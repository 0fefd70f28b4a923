//! The `crossorigin` attribute.

/// What a CORS settings attribute says.
/// [Source](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-settings-attributes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorsSettings {
    /// Nothing: what is loaded stays opaque.
    NoCors,
    /// To ask by CORS, without credentials for other origins.
    Anonymous,
    /// To ask by CORS, with credentials.
    UseCredentials,
}

impl CorsSettings {
    /// Reads the attribute; `None` where it is missing. Empty and unknown values mean [`Self::Anonymous`].
    ///
    /// ```
    /// use crossorigin::html::CorsSettings;
    /// assert_eq!(CorsSettings::from_attribute(None), CorsSettings::NoCors);
    /// assert_eq!(CorsSettings::from_attribute(Some("")), CorsSettings::Anonymous);
    /// assert_eq!(CorsSettings::from_attribute(Some("no-such-word")), CorsSettings::Anonymous);
    /// assert_eq!(CorsSettings::from_attribute(Some("Use-Credentials")), CorsSettings::UseCredentials);
    /// ```
    pub fn from_attribute(value: Option<&str>) -> Self {
        match value {
            None => Self::NoCors,
            Some(value) if value.eq_ignore_ascii_case("use-credentials") => Self::UseCredentials,
            Some(_) => Self::Anonymous,
        }
    }
}
