//! The way a fetch went, step by step.

use crossorigin::fetching::Purpose;
use crossorigin::fetching::trace::{Event, StepNumber};

use crate::record::{Exchange, Record};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimelineItem {
    /// What, in one sentence without a full stop.
    pub text: String,
    /// The step of the standard.
    pub step: StepNumber,
    /// Whether it is where the fetch stopped.
    pub failed: bool,
    /// Which of the record's exchanges it sends, or what answer it receives.
    pub exchange: Option<usize>,
    /// Lines to show with it: the head of a request or a response.
    pub details: Vec<String>,
}

impl TimelineItem {
    /// The step's URL in the Fetch standard.
    pub fn link(&self) -> String {
        self.step.section.url()
    }
}

impl Record {
    /// What happened, in order.
    pub fn timeline(&self) -> Vec<TimelineItem> {
        let (mut sent, mut received) = (0, 0);
        let mut items = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let mut item = TimelineItem {
                text: step.event.to_string(),
                step: step.step,
                failed: matches!(step.event, Event::Failed(_)),
                exchange: None,
                details: Vec::new(),
            };
            match &step.event {
                // The failure says so itself, and more.
                Event::CorsCheck(_, Err(_)) | Event::ResourcePolicy(Err(_)) => continue,
                Event::PreflightStatus(status) if !status.is_success() => continue,
                Event::CorsCheck(Purpose::Preflight, Ok(())) => {
                    item.text = "the preflight's response passes the CORS check".to_owned();
                }
                Event::Sent { .. } => {
                    item.exchange = self.exchanges.get(sent).map(|_| sent);
                    item.details = self.exchanges.get(sent).map(Exchange::request_lines).unwrap_or_default();
                    sent += 1;
                }
                Event::Received(_) => {
                    let answer = self.exchanges.get(received).map(|exchange| &exchange.answer);
                    item.exchange = answer.map(|_| received);
                    item.details = match answer {
                        Some(Ok(answer)) => answer.lines(),
                        Some(Err(_)) | None => Vec::new(),
                    };
                    received += 1;
                }
                _ => {}
            }
            items.push(item);
        }
        items
    }

    /// The commands that send each request of this record again, in order.
    pub fn curl_commands(&self) -> Vec<String> {
        let body = self.body.as_deref();
        self.exchanges.iter().map(|exchange| crate::curl_command(exchange, body)).collect()
    }
}
