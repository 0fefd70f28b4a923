//! A HAR file's members, as far as they are read. [Source](http://www.softwareishard.com/blog/har-12-spec/).

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct File {
    pub(super) log: Log,
}

#[derive(Deserialize)]
pub(super) struct Log {
    #[serde(default)]
    pub(super) creator: Named,
    pub(super) browser: Option<Named>,
    #[serde(default)]
    pub(super) pages: Vec<Page>,
    pub(super) entries: Vec<Entry>,
}

#[derive(Default, Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: String,
}

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    pub(super) id: String,
    /// Chromium and Safari write the page's URL here, Firefox its title.
    #[serde(default)]
    pub(super) title: String,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) pageref: Option<String>,
    pub(super) request: Request,
    pub(super) response: Response,
    #[serde(rename = "_resourceType")]
    pub(super) resource_type: Option<String>,
    #[serde(rename = "_fetchedViaServiceWorker", default)]
    pub(super) by_service_worker: bool,
}

#[derive(Deserialize)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) headers: Vec<Header>,
    #[serde(default)]
    pub(super) cookies: Vec<Header>,
    #[serde(rename = "postData")]
    pub(super) post_data: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Response {
    #[serde(default)]
    pub(super) status: i64,
    #[serde(rename = "httpVersion", default)]
    pub(super) version: String,
    #[serde(default)]
    pub(super) headers: Vec<Header>,
    #[serde(rename = "_error")]
    pub(super) error: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Header {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: String,
}
