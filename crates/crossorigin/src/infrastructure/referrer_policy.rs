//! Referrer policies: how much of where a request comes from it tells.

use http::HeaderMap;
use http::header::REFERRER_POLICY;

use super::header_values::get;

/// How much of where a request comes from it tells.
/// [Source](https://w3c.github.io/webappsec-referrer-policy/#referrer-policy).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names are the standard's tokens")]
pub enum ReferrerPolicy {
    NoReferrer,
    NoReferrerWhenDowngrade,
    SameOrigin,
    Origin,
    StrictOrigin,
    OriginWhenCrossOrigin,
    #[default]
    StrictOriginWhenCrossOrigin,
    UnsafeUrl,
}

impl ReferrerPolicy {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NoReferrer,
        Self::NoReferrerWhenDowngrade,
        Self::SameOrigin,
        Self::Origin,
        Self::StrictOrigin,
        Self::OriginWhenCrossOrigin,
        Self::StrictOriginWhenCrossOrigin,
        Self::UnsafeUrl,
    ];

    /// The standard's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoReferrer => "no-referrer",
            Self::NoReferrerWhenDowngrade => "no-referrer-when-downgrade",
            Self::SameOrigin => "same-origin",
            Self::Origin => "origin",
            Self::StrictOrigin => "strict-origin",
            Self::OriginWhenCrossOrigin => "origin-when-cross-origin",
            Self::StrictOriginWhenCrossOrigin => "strict-origin-when-cross-origin",
            Self::UnsafeUrl => "unsafe-url",
        }
    }

    /// The policy that a response's `Referrer-Policy` sets: the last word of it that is one, so that older
    /// browsers can be given words that they know. `None` where there is no such word.
    /// [Source](https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header).
    ///
    /// ```
    /// use crossorigin::infrastructure::referrer_policy::ReferrerPolicy;
    /// use http::{HeaderMap, HeaderValue};
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("referrer-policy", HeaderValue::from_static("unsafe-url, no-such-word"));
    /// assert_eq!(ReferrerPolicy::of_response(&headers), Some(ReferrerPolicy::UnsafeUrl));
    /// ```
    pub fn of_response(headers: &HeaderMap) -> Option<Self> {
        let value = get(headers, &REFERRER_POLICY)?;
        let words = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        let known = |word: &[u8]| {
            Self::ALL.into_iter().find(|policy| word.eq_ignore_ascii_case(policy.name().as_bytes()))
        };
        words.rev().find_map(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_last_known_word_counts() {
        for (lines, policy) in [
            (&[][..], None),
            (&[""], None),
            (&["x"], None),
            (&["no-referrer"], Some(ReferrerPolicy::NoReferrer)),
            (&["No-Referrer"], Some(ReferrerPolicy::NoReferrer)),
            (&["no-referrer, origin, x,"], Some(ReferrerPolicy::Origin)),
            (&["origin", "same-origin"], Some(ReferrerPolicy::SameOrigin)),
            (&["same-origin;x"], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(REFERRER_POLICY, HeaderValue::from_static(line));
            }
            assert_eq!(ReferrerPolicy::of_response(&headers), policy, "{lines:?}");
        }
    }
}
