//! One case: what a page asks for, and what the servers answer.

use std::fmt;
use std::time::Duration;

use crossorigin::html::{CorsSettings, Initiator};
use serde::{Deserialize, Serialize};

/// Where a request or a redirect goes, as the page sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// The page's own origin.
    Own,
    /// The page's host, on another port: another origin of the same site.
    OtherPort,
    /// Another host of the same site.
    SameSite,
    /// Another site.
    CrossSite,
    /// Yet another site, by https where the browser can be told of the authority.
    Secure,
}

impl Host {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Own, Self::OtherPort, Self::SameSite, Self::CrossSite, Self::Secure];
}

/// The document that asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Realm {
    /// The page itself.
    #[default]
    Page,
    /// A frame of the page whose text is an attribute, so that it has the page's origin.
    Srcdoc,
    /// A sandboxed frame, which has an opaque origin.
    Sandboxed,
    /// The same, whose text is an attribute.
    SandboxedSrcdoc,
    /// A frame of a `data:` URL, which has an opaque origin.
    Data,
}

impl Realm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Page, Self::Srcdoc, Self::Sandboxed, Self::SandboxedSrcdoc, Self::Data];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Srcdoc => "srcdoc",
            Self::Sandboxed => "sandboxed",
            Self::SandboxedSrcdoc => "sandboxed-srcdoc",
            Self::Data => "data",
        }
    }

    /// Whether its origin is none that others could name.
    pub fn is_opaque(self) -> bool {
        matches!(self, Self::Sandboxed | Self::SandboxedSrcdoc | Self::Data)
    }
}

/// How script gets at the pixels of an image or a video, once it has loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// `getImageData()` of a canvas on which it is drawn.
    ImageData,
    /// `toDataURL()` of such a canvas.
    DataUrl,
    /// `toBlob()` of such a canvas.
    Blob,
    /// `convertToBlob()` of an `OffscreenCanvas`.
    OffscreenBlob,
    /// `getImageData()` of a canvas that a pattern of it fills.
    Pattern,
    /// `getImageData()` of a canvas on which an `ImageBitmap` of it is drawn.
    ImageBitmap,
    /// `getImageData()` of a canvas on which another is drawn that shows it.
    OtherCanvas,
    /// `texImage2D()` with it.
    Texture,
}

impl Reading {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ImageData,
        Self::DataUrl,
        Self::Blob,
        Self::OffscreenBlob,
        Self::Pattern,
        Self::ImageBitmap,
        Self::OtherCanvas,
        Self::Texture,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ImageData => "image-data",
            Self::DataUrl => "data-url",
            Self::Blob => "blob",
            Self::OffscreenBlob => "offscreen-blob",
            Self::Pattern => "pattern",
            Self::ImageBitmap => "image-bitmap",
            Self::OtherCanvas => "other-canvas",
            Self::Texture => "texture",
        }
    }
}

/// Where what is asked for is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// At the first hop.
    #[default]
    Server,
    /// In a `data:` URL.
    Data,
    /// In a `blob:` URL of the document that asks.
    Blob,
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// A string, which brings a type.
    Text,
    /// A `Blob` of this type; of none where it is empty.
    Blob(&'static str),
}

impl Body {
    /// The `Content-Type` that it brings.
    pub fn content_type(self) -> Option<&'static str> {
        match self {
            Self::Text => Some("text/plain;charset=UTF-8"),
            Self::Blob("") => None,
            Self::Blob(content_type) => Some(content_type),
        }
    }
}

/// Requests in turn to one URL, each as the last one left the preflight cache.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its number, which with the seed is all that it takes to have it again.
    pub number: u64,
    /// Who asks them.
    pub realm: Realm,
    /// What they ask for.
    pub target: Target,
    /// The requests.
    pub asks: Vec<Ask>,
    /// What the servers answer, hop by hop; the first is what the page asks, each next one is where the one
    /// before redirects to.
    pub hops: Vec<Hop>,
}

/// One request of a page.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Who asks.
    pub initiator: Initiator,
    /// The `crossorigin` attribute, or whether credentials are asked for.
    pub settings: CorsSettings,
    /// The method, for those who can choose.
    pub method: &'static str,
    /// The headers, for those who can set some.
    pub headers: Vec<(String, String)>,
    /// The body, for those who can send one.
    pub body: Option<Body>,
    /// `fetch()`'s credentials, where they differ from what `settings` says.
    pub credentials: Option<&'static str>,
    /// `fetch()`'s mode.
    pub mode: &'static str,
    /// `fetch()`'s redirect mode.
    pub redirect: &'static str,
    /// Whether there is a listener for upload progress.
    pub upload_listener: bool,
    /// How the pixels are read, where there are some.
    pub reading: Reading,
    /// How long after the one before.
    pub after: Duration,
}

/// A URL, and what is answered there.
#[derive(Clone, Debug)]
pub struct Hop {
    /// Where it is.
    pub host: Host,
    /// What a preflight gets.
    pub preflight: Answer,
    /// What any other request gets.
    pub actual: Answer,
}

/// A scripted response.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its header lines, in order. `{page}` in a value stands for the page's origin, `{own}` and so on for the
    /// hosts' origins, `{next}` for the URL of the next hop.
    pub headers: Vec<(&'static str, String)>,
}

impl Case {
    /// How much there is to it, to find the smallest of several.
    pub fn size(&self) -> usize {
        let lines = |answer: &Answer| answer.headers.len();
        let hops: usize = self.hops.iter().map(|hop| 4 + lines(&hop.preflight) + lines(&hop.actual)).sum();
        let asks: usize =
            self.asks.iter().map(|ask| 8 + 2 * ask.headers.len() + usize::from(ask.body.is_some())).sum();
        hops + asks + usize::from(self.realm != Realm::Page)
    }
}

impl Ask {
    /// Whether what loads has pixels that script may want to read.
    pub fn has_pixels(&self) -> bool {
        matches!(self.initiator, Initiator::Image | Initiator::WebGlTexture | Initiator::Video)
    }

    /// Whether script sets its method and headers.
    pub fn is_by_script(&self) -> bool {
        matches!(self.initiator, Initiator::Fetch | Initiator::Xhr)
    }

    /// Whether script can't tell what comes of it, so that only what is sent can be compared.
    pub fn is_silent(&self) -> bool {
        matches!(self.initiator, Initiator::Beacon | Initiator::CssMask)
    }
}

impl fmt::Display for Case {
    /// What is asked and what is answered, one line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.realm != Realm::Page {
            writeln!(f, "in a frame: {}", self.realm.name())?;
        }
        for ask in &self.asks {
            let settings = match ask.settings {
                CorsSettings::NoCors => "",
                CorsSettings::Anonymous => " anonymous",
                CorsSettings::UseCredentials => " use-credentials",
            };
            write!(f, "{}{settings}", ask.initiator)?;
            if matches!(ask.initiator, Initiator::Fetch | Initiator::Xhr) {
                write!(f, " {} mode {} redirect {}", ask.method, ask.mode, ask.redirect)?;
                if let Some(credentials) = ask.credentials {
                    write!(f, " credentials {credentials}")?;
                }
            }
            match ask.body {
                None => {}
                Some(Body::Text) => f.write_str(" with a text")?,
                Some(Body::Blob(content_type)) => write!(f, " with a blob of {content_type:?}")?,
            }
            if ask.has_pixels() {
                write!(f, " read by {}", ask.reading.name())?;
            }
            if ask.upload_listener {
                f.write_str(" and an upload listener")?;
            }
            if !ask.after.is_zero() {
                write!(f, " after {} ms", ask.after.as_millis())?;
            }
            for (name, value) in &ask.headers {
                write!(f, "\n  {name}: {value}")?;
            }
            f.write_str("\n")?;
        }
        match self.target {
            Target::Server => {}
            Target::Data => return f.write_str("of a data: URL\n"),
            Target::Blob => return f.write_str("of a blob: URL\n"),
        }
        for (nth, hop) in self.hops.iter().enumerate() {
            writeln!(f, "hop {nth} at {:?}", hop.host)?;
            for (what, answer) in [("preflight", &hop.preflight), ("response", &hop.actual)] {
                writeln!(f, "  {what} {}", answer.status)?;
                for (name, value) in &answer.headers {
                    writeln!(f, "    {name}: {value}")?;
                }
            }
        }
        Ok(())
    }
}
