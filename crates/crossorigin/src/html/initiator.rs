//! Who asks: the elements, style rules and script interfaces that begin requests.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::cors_settings_attribute::CorsSettings;
use super::initiators;
use crate::infrastructure::request::{CredentialsMode, Destination, InitiatorType, Mode, Request};
use crate::infrastructure::request_origin::Origin;
use crate::profiles::Behavior;

/// Who begins a request. It decides mode and credentials, and what a browser's console calls the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Initiator {
    /// `fetch()`.
    Fetch,
    /// `XMLHttpRequest`.
    Xhr,
    /// `EventSource`.
    EventSource,
    /// `navigator.sendBeacon()`.
    Beacon,
    /// `<img>`, `Image`.
    Image,
    /// `<video>`.
    Video,
    /// `<audio>`.
    Audio,
    /// `<track>`.
    Track,
    /// `<script>`.
    Script,
    /// `<script type=module>`, `import`.
    Module,
    /// `<link rel=stylesheet>`.
    Stylesheet,
    /// `@font-face`.
    Font,
    /// `new FontFace()` in script.
    FontFace,
    /// `shape-outside: url()`.
    CssShape,
    /// `mask-image: url()`.
    CssMask,
    /// `texImage2D` with an image; the image's own load is what is asked for.
    WebGlTexture,
    /// A navigation, by a link or a form.
    Navigation,
    /// `<iframe>`: the navigation of a frame.
    Frame,
}

impl Initiator {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Fetch,
        Self::Xhr,
        Self::EventSource,
        Self::Beacon,
        Self::Image,
        Self::Video,
        Self::Audio,
        Self::Track,
        Self::Script,
        Self::Module,
        Self::Stylesheet,
        Self::Font,
        Self::FontFace,
        Self::CssShape,
        Self::CssMask,
        Self::WebGlTexture,
        Self::Navigation,
        Self::Frame,
    ];

    /// Its name in options and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Xhr => "xhr",
            Self::EventSource => "eventsource",
            Self::Beacon => "beacon",
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Track => "track",
            Self::Script => "script",
            Self::Module => "module",
            Self::Stylesheet => "stylesheet",
            Self::Font => "font",
            Self::FontFace => "font-face",
            Self::CssShape => "css-shape",
            Self::CssMask => "css-mask",
            Self::WebGlTexture => "webgl-texture",
            Self::Navigation => "navigation",
            Self::Frame => "frame",
        }
    }

    /// Whether a `crossorigin` attribute (or property) can be set on it.
    pub fn has_cors_settings(self) -> bool {
        matches!(
            self,
            Self::Image
                | Self::Video
                | Self::Audio
                | Self::Track
                | Self::Script
                | Self::Module
                | Self::Stylesheet
                | Self::WebGlTexture
        )
    }

    /// The request that it begins with. Where no attribute can be set, `settings` say whether credentials are
    /// asked for: `fetch()` with `credentials: "include"`, `withCredentials` of the others.
    pub fn request(self, origin: Origin, url: Url, settings: CorsSettings) -> Request {
        let mut request = self.request_of_its_kind(origin, url, settings);
        request.destination = self.destination();
        request.initiator_type = match self {
            Self::Fetch => InitiatorType::Fetch,
            Self::Xhr => InitiatorType::XmlHttpRequest,
            _ => InitiatorType::Other,
        };
        request
    }

    /// The request that it begins with in a browser of this behaviour.
    pub fn request_in(
        self,
        behavior: &Behavior,
        origin: Origin,
        url: Url,
        settings: CorsSettings,
    ) -> Request {
        let mut request = self.request(origin, url, settings);
        // DEVIATION: webkit-fonts-without-cors.
        if matches!(self, Self::Font | Self::FontFace) && behavior.fonts_without_cors {
            (request.mode, request.credentials_mode) = (Mode::NoCors, CredentialsMode::Include);
        }
        // DEVIATION: webkit-tracks-without-cors.
        if self == Self::Track && settings == CorsSettings::NoCors && behavior.tracks_without_cors {
            request.mode = Mode::NoCors;
        }
        // DEVIATION: webkit-shapes-without-credentials.
        if self == Self::CssShape && behavior.shapes_without_credentials {
            request.credentials_mode = CredentialsMode::Omit;
        }
        request
    }

    /// Sets what depends on the headers that were set since: the mode of a beacon.
    pub fn settle(self, request: &mut Request) {
        if self == Self::Beacon {
            initiators::set_beacon_mode(request);
        }
    }

    /// What it wants the response for.
    pub fn destination(self) -> Destination {
        match self {
            Self::Fetch | Self::Xhr | Self::EventSource | Self::Beacon => Destination::Empty,
            Self::Image | Self::CssShape | Self::CssMask | Self::WebGlTexture => Destination::Image,
            Self::Video => Destination::Video,
            Self::Audio => Destination::Audio,
            Self::Track => Destination::Track,
            Self::Script | Self::Module => Destination::Script,
            Self::Stylesheet => Destination::Style,
            Self::Font | Self::FontFace => Destination::Font,
            Self::Navigation => Destination::Document,
            Self::Frame => Destination::Iframe,
        }
    }

    fn request_of_its_kind(self, origin: Origin, url: Url, settings: CorsSettings) -> Request {
        let with_credentials = settings == CorsSettings::UseCredentials;
        match self {
            Self::Fetch => {
                let mut request = Request::new(origin, url);
                request.mode = Mode::Cors;
                request.unsafe_request = true;
                if with_credentials {
                    request.credentials_mode = CredentialsMode::Include;
                }
                request
            }
            Self::Xhr => initiators::xml_http_request(origin, url, with_credentials, false),
            Self::EventSource => initiators::event_source_request(origin, url, with_credentials),
            Self::Beacon => initiators::beacon_request(origin, url, None),
            Self::Image
            | Self::Video
            | Self::Audio
            | Self::Script
            | Self::Stylesheet
            | Self::WebGlTexture => initiators::potential_cors_request(origin, url, settings),
            Self::Track => initiators::track_request(origin, url, settings),
            Self::Module => initiators::module_script_request(origin, url, settings),
            Self::Font | Self::FontFace | Self::CssShape | Self::CssMask => {
                initiators::potential_cors_request(origin, url, CorsSettings::Anonymous)
            }
            Self::Navigation | Self::Frame => {
                let mut request = Request::new(origin, url);
                request.mode = Mode::Navigate;
                request.credentials_mode = CredentialsMode::Include;
                request
            }
        }
    }
}

impl fmt::Display for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name is none of an initiator's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownInitiator(
    /// The name.
    pub String,
);

impl fmt::Display for UnknownInitiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Initiator::ALL.iter().map(|initiator| initiator.name()).collect();
        write!(f, "{:?} begins no request; there are {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownInitiator {}

impl FromStr for Initiator {
    type Err = UnknownInitiator;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|initiator| initiator.name() == name);
        named.ok_or_else(|| UnknownInitiator(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_asks_in_its_own_way() {
        use Initiator as I;
        let settings = [CorsSettings::NoCors, CorsSettings::Anonymous, CorsSettings::UseCredentials];
        for initiator in I::ALL {
            // By the attribute, or by whether credentials are asked for.
            let (modes, destination) = match initiator {
                I::Fetch | I::Xhr => ("cors same-origin|cors same-origin|cors include", "empty"),
                I::EventSource => ("cors same-origin|cors same-origin|cors include", "empty"),
                I::Beacon => ("no-cors include|no-cors include|no-cors include", "empty"),
                I::Image | I::WebGlTexture => ("no-cors include|cors same-origin|cors include", "image"),
                I::Video => ("no-cors include|cors same-origin|cors include", "video"),
                I::Audio => ("no-cors include|cors same-origin|cors include", "audio"),
                I::Track => ("same-origin include|cors same-origin|cors include", "track"),
                I::Script => ("no-cors include|cors same-origin|cors include", "script"),
                I::Module => ("cors same-origin|cors same-origin|cors include", "script"),
                I::Stylesheet => ("no-cors include|cors same-origin|cors include", "style"),
                I::Font | I::FontFace => ("cors same-origin|cors same-origin|cors same-origin", "font"),
                I::CssShape | I::CssMask => ("cors same-origin|cors same-origin|cors same-origin", "image"),
                I::Navigation => ("navigate include|navigate include|navigate include", "document"),
                I::Frame => ("navigate include|navigate include|navigate include", "iframe"),
            };
            let requests = settings.map(|settings| {
                let (page, url) = ("https://a.example".parse(), "https://b.example/".parse());
                initiator.request(page.unwrap(), url.unwrap(), settings)
            });
            let told: Vec<_> = requests
                .iter()
                .map(|request| format!("{} {}", request.mode.name(), request.credentials_mode.name()))
                .collect();
            assert_eq!(
                (told.join("|").as_str(), requests[0].destination.name()),
                (modes, destination),
                "{initiator}"
            );
            assert_eq!(initiator.name().parse(), Ok(initiator));
            // Only script's own requests ask for what script may set.
            let by_script = matches!(initiator, I::Fetch | I::Xhr);
            assert!(requests.iter().all(|request| request.unsafe_request == by_script), "{initiator}");
        }
        assert!("img".parse::<Initiator>().is_err());
    }
}
