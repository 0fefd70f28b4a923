//! Runs the algorithm: each plan as each browser, as often as it is to be repeated.

use std::io::{IsTerminal as _, Write as _};
use std::rc::Rc;

use crossorigin::profiles::Profile;
use crossorigin_agent::{AgentBuilder, FetchRequest, Limits, Transport};
use crossorigin_verdict::{Record, Verdict};

use super::arguments::Check;
use super::plan::Plan;
use super::remember::Remembering;

/// What came of one fetch.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) plan: Rc<Plan>,
    pub(super) profile: Profile,
    /// The how manieth of its repetitions it is, from 1.
    pub(super) nth: u32,
    pub(super) record: Record,
    /// What is to be said of this result beside the record.
    pub(super) notes: Vec<String>,
}

impl Judged {
    pub(super) fn verdict(&self) -> Verdict {
        self.record.outcome.verdict()
    }
}

/// Judges one plan with these answers. What several browsers would send is sent once.
pub(super) async fn judge<T: Transport + Clone + Send>(
    check: &Check,
    plan: &Rc<Plan>,
    transport: T,
    progress: &mut Progress,
) -> Vec<Judged> {
    let remembering = Remembering::new(transport, check.max_time);
    let mut judged = Vec::new();
    for &profile in &check.profile.0 {
        // The time is kept where the answers are.
        let mut limits = Limits::default();
        limits.head_timeout = None;
        // Each browser has a preflight cache of its own.
        let agent = AgentBuilder::new().limits(limits).build(remembering.run());
        for cookie in &plan.cookies {
            // What a browser would not take is refused as the plan is made.
            let _ = agent.set_cookie(cookie, plan.request.current_url());
        }
        let mut page = agent.environment(plan.request.origin.clone());
        page.profile = profile;
        page.embedder_policy = check.embedder_policy.into();
        page.host_permissions.clone_from(&check.host_permission);
        if let Some(url) = check.from.as_ref().and_then(|from| from.url.clone()) {
            page.url = Some(url);
        }
        for nth in 1..=check.repeat {
            progress.step();
            let (_, record) = page.fetch_recorded(plan.fetch_request()).await;
            let notes = plan.notes.clone();
            judged.push(Judged { plan: Rc::clone(plan), profile, nth, record, notes });
        }
    }
    judged
}

impl Plan {
    fn fetch_request(&self) -> FetchRequest {
        let request = &self.request;
        let mut fetch = FetchRequest::new(request.current_url().clone())
            .initiator(self.initiator)
            .method(request.method.clone())
            .mode(request.mode)
            .credentials(request.credentials_mode)
            .redirect(request.redirect_mode);
        for (name, value) in &request.headers {
            fetch = fetch.header(name.clone(), value.clone());
        }
        if request.use_cors_preflight {
            fetch = fetch.upload_listener();
        }
        match &self.body {
            Some(body) => fetch.body(body.clone()),
            None => fetch,
        }
    }
}

/// How far it is, on standard error where that is a terminal and there is more than one thing to do.
#[derive(Debug)]
pub(super) struct Progress {
    done: usize,
    all: usize,
    shown: bool,
}

impl Progress {
    pub(super) fn new(all: usize) -> Self {
        Self { done: 0, all, shown: all > Profile::ALL.len() && std::io::stderr().is_terminal() }
    }

    fn step(&mut self) {
        self.done += 1;
        if self.shown {
            self.write(&format!("\rchecking {} of {} ", self.done, self.all));
        }
    }

    /// Takes the line away again.
    pub(super) fn finish(&self) {
        if self.shown {
            self.write("\r\x1b[K");
        }
    }

    fn write(&self, text: &str) {
        // Only the progress is lost where it can't be shown.
        let mut stderr = std::io::stderr().lock();
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    }
}
