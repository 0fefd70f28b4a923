//! What would fail next once this is fixed.

use crossorigin::fetching::cors_check::CorsCheckError;
use crossorigin::fetching::{HttpRequest, NetworkErrorReason, Purpose};
use crossorigin::infrastructure::request::ResponseTainting;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::heads::printable;
use crate::record::{Exchange, Outcome, Record};
use crate::replay::{ReplayEnd, replay};

/// How many failures are looked for, one behind the other: more than one answer can have.
const MAX_FAILURES: usize = 16;

/// What would come next once all before it is fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NextFailure {
    /// The same responses would then fail for this.
    Fails {
        /// Why.
        reason: NetworkErrorReason,
        /// The same in one sentence.
        cause: String,
    },
    /// A request would then be sent that was never answered.
    Unanswered {
        /// Its method.
        method: http::Method,
        /// Its URL.
        url: url::Url,
        /// What its response must carry.
        needs: Vec<(HeaderName, String)>,
        /// The same in one sentence.
        text: String,
    },
}

impl NextFailure {
    /// It in one sentence.
    pub fn text(&self) -> &str {
        match self {
            Self::Fails { cause, .. } => cause,
            Self::Unanswered { text, .. } => text,
        }
    }
}

impl Record {
    /// What would fail next once what failed is fixed, and then next, in order: found by running the algorithm
    /// over the responses that came, each fault mended in turn. Where the request itself was never sent, the
    /// last item says what its response must carry. Empty where nothing failed, and where all is well afterwards.
    pub fn next_failures(&self) -> Vec<NextFailure> {
        let mut next = Vec::new();
        let Some(mut reason) = self.reason().cloned() else { return next };
        let mut exchanges = self.exchanges.clone();
        for _ in 0..MAX_FAILURES {
            let failed = exchanges.iter_mut().rev().find(|exchange| exchange.answer.is_ok());
            if !failed.is_some_and(|exchange| mend(exchange, &reason)) {
                return next;
            }
            let again = replay(self, self.profile, &exchanges);
            match again.end {
                ReplayEnd::Over(Outcome::Blocked(found)) => {
                    let record = Record {
                        exchanges: again.exchanges.clone(),
                        outcome: Outcome::Blocked(found.clone()),
                        ..self.clone()
                    };
                    next.push(NextFailure::Fails { reason: found.clone(), cause: record.cause() });
                    (reason, exchanges) = (found, again.exchanges);
                }
                ReplayEnd::Over(_) => return next,
                ReplayEnd::Unanswered(request) => {
                    let by_cors = again.request.response_tainting() == ResponseTainting::Cors;
                    next.push(unanswered(self, &request, by_cors));
                    return next;
                }
            }
        }
        next
    }
}

fn unanswered(record: &Record, request: &HttpRequest, by_cors: bool) -> NextFailure {
    let mut needs = Vec::new();
    let origin = request.headers.get(ORIGIN).map(|origin| printable(origin.as_bytes()));
    if let Some(origin) = origin.filter(|_| by_cors) {
        needs.push((ACCESS_CONTROL_ALLOW_ORIGIN, origin));
        if record.with_credentials() {
            needs.push((ACCESS_CONTROL_ALLOW_CREDENTIALS, "true".to_owned()));
        }
    }
    let what = match request.purpose {
        Purpose::Preflight => "a preflight",
        Purpose::Actual => "the request itself",
    };
    let asked = format!("Then {what} is sent, {} {}, which it never was", request.method, request.url);
    let lines: Vec<_> = needs.iter().map(|(name, value)| format!("{}: {value}", title(name))).collect();
    let text = match lines.is_empty() {
        true => format!("{asked}."),
        false => {
            format!("{asked}; its response must carry {}, too, whatever its status.", lines.join(" and "))
        }
    };
    NextFailure::Unanswered { method: request.method.clone(), url: request.url.clone(), needs, text }
}

/// The names of the protocol as people write them.
fn title(name: &HeaderName) -> &'static str {
    if *name == ACCESS_CONTROL_ALLOW_ORIGIN {
        "Access-Control-Allow-Origin"
    } else {
        "Access-Control-Allow-Credentials"
    }
}

/// Changes an answer so that it no longer fails for `reason`; `false` where no server can.
fn mend(exchange: &mut Exchange, reason: &NetworkErrorReason) -> bool {
    use NetworkErrorReason as R;
    let asked = exchange.request.headers.clone();
    let Ok(answer) = &mut exchange.answer else { return false };
    let headers = &mut answer.headers;
    match reason {
        R::CorsCheck(CorsCheckError::AllowCredentials(_))
        | R::PreflightCorsCheck(CorsCheckError::AllowCredentials(_)) => {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        R::CorsCheck(_) | R::PreflightCorsCheck(_) => {
            let Some(origin) = asked.get(ORIGIN) else { return false };
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        R::PreflightStatus(_) => answer.status = StatusCode::NO_CONTENT,
        R::PreflightAllowMethodsSyntax => {
            headers.remove(ACCESS_CONTROL_ALLOW_METHODS);
        }
        R::PreflightMethod => {
            let Some(method) = asked.get(ACCESS_CONTROL_REQUEST_METHOD) else { return false };
            headers.append(ACCESS_CONTROL_ALLOW_METHODS, method.clone());
        }
        R::PreflightAllowHeadersSyntax => {
            headers.remove(ACCESS_CONTROL_ALLOW_HEADERS);
        }
        R::PreflightHeader(name) => {
            // One that is missing is mostly not alone: what the preflight asks for is permitted at once.
            let names = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
            let named = HeaderValue::from_name(name.clone());
            headers.append(ACCESS_CONTROL_ALLOW_HEADERS, named);
            if let Some(names) = names {
                headers.append(ACCESS_CONTROL_ALLOW_HEADERS, names);
            }
        }
        R::ResourcePolicy(_) => {
            let value = HeaderValue::from_static("cross-origin");
            headers.insert("cross-origin-resource-policy", value);
        }
        _ => return false,
    }
    true
}
