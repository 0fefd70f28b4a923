//! What a frame may, by its `sandbox` attribute.

/// What the documents of a frame may.
/// [Source](https://html.spec.whatwg.org/multipage/browsers.html#sandboxing).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sandbox {
    /// Run scripts.
    pub(crate) scripts: bool,
    /// Be of the origin that their URLs have.
    pub(crate) same_origin: bool,
    /// Lead the page itself elsewhere.
    pub(crate) top_navigation: bool,
    /// Lead other frames elsewhere than those within it.
    pub(crate) navigation: bool,
    /// Show dialogs.
    pub(crate) modals: bool,
}

impl Sandbox {
    /// What a page may by itself.
    pub(crate) const NONE: Self =
        Self { scripts: true, same_origin: true, top_navigation: true, navigation: true, modals: true };

    /// What an attribute leaves, if there is one.
    pub(crate) fn parse(attribute: Option<&str>) -> Self {
        let Some(attribute) = attribute else { return Self::NONE };
        let has = |token: &str| attribute.split_ascii_whitespace().any(|own| own.eq_ignore_ascii_case(token));
        Self {
            scripts: has("allow-scripts"),
            same_origin: has("allow-same-origin"),
            top_navigation: has("allow-top-navigation"),
            navigation: false,
            modals: has("allow-modals"),
        }
    }

    /// What both leave.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            scripts: self.scripts && other.scripts,
            same_origin: self.same_origin && other.same_origin,
            top_navigation: self.top_navigation && other.top_navigation,
            navigation: self.navigation && other.navigation,
            modals: self.modals && other.modals,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_takes_all_that_it_does_not_give() {
        for (attribute, scripts, same_origin, modals) in [
            (None, true, true, true),
            (Some(""), false, false, false),
            (Some("allow-scripts"), true, false, false),
            (Some(" ALLOW-SCRIPTS\tallow-same-origin "), true, true, false),
            (Some("allow-modals allow-forms"), false, false, true),
        ] {
            let parsed = Sandbox::parse(attribute);
            let seen = (parsed.scripts, parsed.same_origin, parsed.modals);
            assert_eq!(seen, (scripts, same_origin, modals), "{attribute:?}");
            assert_eq!(parsed.navigation, attribute.is_none());
        }
        let both = Sandbox::parse(Some("allow-scripts")).and(Sandbox::parse(Some("allow-same-origin")));
        assert!(!both.scripts && !both.same_origin);
    }
}
