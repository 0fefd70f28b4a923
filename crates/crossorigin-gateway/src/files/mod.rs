//! Files of a folder: which file a path means, and the response that HTTP asks for. Knows nothing of CORS.
//!
//! What begins with a dot is not served, `.well-known` excepted. A folder's path gets its `index.html`, and a
//! redirect where the slash is missing. Beside a file of text, code or markup, `NAME.br` and `NAME.gz` are
//! taken for it where the client accepts them.

pub(crate) mod cache;
mod conditions;
mod kinds;
mod paths;
pub(crate) mod stream;

use std::io;
use std::path::{Path, PathBuf};

use crossorigin::server::merge_vary;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    LAST_MODIFIED, LOCATION,
};
use http::{HeaderValue, Method, Response, StatusCode, request};

use self::cache::{Content, FileCache, Stamp};
use self::conditions::{Condition, Span};
use self::kinds::Coding;
use self::paths::RelativePath;
use self::stream::FileStream;
use crate::body::ResponseBody;
use crate::errors::is_out_of_files;
use crate::failure::Failure;
use crate::share::Share;

/// Answers a request for what lies below a route's path. `rest` is that part of the request's path, without the
/// query.
pub(crate) async fn answer(
    cache: &FileCache,
    folder: &Path,
    rest: &str,
    parts: &request::Parts,
    share: Share,
) -> Result<Response<ResponseBody>, Failure> {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(Failure::method_not_allowed());
    }
    let mut wanted = RelativePath::read(rest).ok_or_else(Failure::not_found)?;
    // Of the route's own path nothing is left, with and without its slash.
    wanted.ends_in_slash = parts.uri.path().ends_with('/');
    match Found::at(folder, wanted)? {
        Found::Folder => Ok(redirect(parts)),
        Found::File(found) => {
            let mut file = Representation::choose(folder, found, parts);
            let (stamp, content) = cache.read(folder, &file.path, file.stamp).await.map_err(unreadable)?;
            file.stamp = stamp;
            respond(parts, &file, content, share)
        }
    }
}

/// What a path leads to.
enum Found {
    /// A folder whose path lacks the slash.
    Folder,
    File(FoundFile),
}

/// A file, below the folder, as it was when it was looked up.
struct FoundFile {
    path: PathBuf,
    stamp: Stamp,
}

impl Found {
    fn at(folder: &Path, wanted: RelativePath) -> Result<Self, Failure> {
        let RelativePath { mut path, ends_in_slash } = wanted;
        let mut metadata = std::fs::metadata(folder.join(&path)).map_err(unreadable)?;
        if metadata.is_dir() {
            // Asked of the folder's own descriptor, so that a link out of it tells nothing.
            paths::open_beneath(folder, &path).map_err(unreadable)?;
            if !ends_in_slash {
                return Ok(Self::Folder);
            }
            path.push("index.html");
            metadata = std::fs::metadata(folder.join(&path)).map_err(unreadable)?;
        } else if ends_in_slash {
            return Err(Failure::not_found());
        }
        match Stamp::of(&metadata) {
            Some(stamp) => Ok(Self::File(FoundFile { path, stamp })),
            None => Err(Failure::not_found()),
        }
    }
}

/// The form of a file that is sent.
struct Representation {
    path: PathBuf,
    stamp: Stamp,
    content_type: HeaderValue,
    content_encoding: Option<&'static str>,
    /// Whether another client might get another form.
    is_negotiated: bool,
}

impl Representation {
    fn choose(folder: &Path, found: FoundFile, parts: &request::Parts) -> Self {
        let kind = kinds::of(&found.path);
        let mut chosen = Self {
            path: found.path,
            stamp: found.stamp,
            content_type: kind.content_type,
            content_encoding: kind.content_encoding,
            is_negotiated: false,
        };
        if !kind.is_compressible {
            return chosen;
        }
        let plain = chosen.stamp;
        let accepted = kinds::accepted(parts.headers.get_all(ACCEPT_ENCODING));
        for coding in [Coding::Gzip, Coding::Brotli] {
            let mut path = chosen.path.clone().into_os_string();
            if chosen.content_encoding.is_some() {
                path = PathBuf::from(path).with_extension("").into_os_string();
            }
            path.push(coding.extension());
            let path = PathBuf::from(path);
            let stamp = std::fs::metadata(folder.join(&path)).ok().and_then(|found| Stamp::of(&found));
            // A copy that is older than its file was forgotten when the file was changed.
            let Some(stamp) = stamp.filter(|stamp| !stamp.is_older_than(&plain)) else { continue };
            chosen.is_negotiated = true;
            if accepted.prefers(coding, chosen.content_encoding) {
                chosen = Self { path, stamp, content_encoding: Some(coding.name()), ..chosen };
            }
        }
        chosen
    }
}

fn respond(
    parts: &request::Parts,
    file: &Representation,
    content: Content,
    share: Share,
) -> Result<Response<ResponseBody>, Failure> {
    let length = file.stamp.length;
    let (etag, last_modified) = (file.stamp.etag(), file.stamp.last_modified());
    let condition = conditions::evaluate(&parts.headers, &etag, file.stamp.modified_seconds(), length);
    let is_get = parts.method == Method::GET;
    let (status, span) = match condition {
        Condition::Failed => return Err(Failure::precondition()),
        // Parts are defined for GET alone (https://www.rfc-editor.org/rfc/rfc9110#section-14.2).
        Condition::Part(_) | Condition::Unsatisfiable if !is_get => {
            (StatusCode::OK, Span { start: 0, length })
        }
        Condition::Unsatisfiable => return Err(Failure::range(length)),
        Condition::NotModified => (StatusCode::NOT_MODIFIED, Span { start: 0, length: 0 }),
        Condition::Whole => (StatusCode::OK, Span { start: 0, length }),
        Condition::Part(span) => (StatusCode::PARTIAL_CONTENT, span),
    };
    let sends = is_get && span.length > 0;
    let body = match content {
        _ if !sends => ResponseBody::default(),
        Content::Memory(bytes) => ResponseBody::full(span.of(&bytes)),
        Content::Disk(open) => ResponseBody::file(FileStream::new(open, span, share)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(ETAG, etag);
    headers.insert(LAST_MODIFIED, last_modified);
    if file.is_negotiated {
        merge_vary(headers, HeaderValue::from_static("Accept-Encoding"));
    }
    if status == StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    headers.insert(CONTENT_TYPE, file.content_type.clone());
    headers.insert(CONTENT_LENGTH, HeaderValue::from(span.length));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(encoding) = file.content_encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(range) = HeaderValue::try_from(span.content_range(length))
    {
        headers.insert(CONTENT_RANGE, range);
    }
    Ok(response)
}

/// To a folder's path with its slash. In one slash at the front: two would name another host.
fn redirect(parts: &request::Parts) -> Response<ResponseBody> {
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("/{}/{query}", parts.uri.path().trim_start_matches('/'));
    let mut response = Response::new(ResponseBody::default());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// A file that can't be had. What may not be read is not there: anything else would tell what is.
fn unreadable(error: io::Error) -> Failure {
    use io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::PermissionDenied
        | ErrorKind::CrossesDevices
        | ErrorKind::InvalidFilename
        | ErrorKind::InvalidInput
        | ErrorKind::IsADirectory => Failure::not_found().with_detail(error.to_string()),
        _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => Failure::not_found(),
        _ if is_out_of_files(&error) => {
            Failure::overloaded("the gateway has as many open files as it may have")
        }
        _ => Failure::internal(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leads_to_another_host() {
        for (uri, location) in [
            ("/f", "/f/"),
            ("/f?a=b", "/f/?a=b"),
            ("//other.example", "/other.example/"),
            ("///other.example?//", "/other.example/?//"),
        ] {
            let mut parts = http::Request::new(()).into_parts().0;
            parts.uri = http::Uri::builder().path_and_query(uri).build().unwrap();
            assert_eq!(redirect(&parts).headers()[LOCATION], location, "{uri}");
        }
    }
}
