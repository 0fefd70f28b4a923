//! Records without secrets, for output that is kept and shown to others.

use crossorigin::fetching::trace::Event;
use crossorigin_verdict::{Record, redacted_exchange, redacted_headers, redacted_url};

use super::run::Judged;

/// The same results with the values of cookies, tokens and the like taken out, wherever they stand.
pub(super) fn redacted(judged: &[Judged]) -> Vec<Judged> {
    let one = |judged: &Judged| Judged {
        plan: std::rc::Rc::clone(&judged.plan),
        profile: judged.profile,
        nth: judged.nth,
        record: record(&judged.record),
        notes: judged.notes.clone(),
    };
    judged.iter().map(one).collect()
}

fn record(record: &Record) -> Record {
    let mut redacted = record.clone();
    redacted.request = record.request.clone().with_url(redacted_url(record.request.current_url()));
    redacted.request.headers = redacted_headers(&record.request.headers);
    redacted.body = None;
    redacted.exchanges = record.exchanges.iter().map(redacted_exchange).collect();
    for step in &mut redacted.steps {
        if let Event::Redirected { location, .. } = &mut step.event {
            *location = redacted_url(location);
        }
    }
    redacted
}
