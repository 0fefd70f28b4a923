//! The numbered steps of one fetch, with what went over the wire between them.

use crossorigin::fetching::trace::{Event, TraceStep};
use crossorigin_verdict::{Exchange, Record};

use super::paint::Paint;

/// All steps, a paragraph each.
pub(super) fn timeline(record: &Record, paint: Paint) -> Vec<String> {
    let mut exchanges = record.exchanges.iter();
    let mut current: Option<&Exchange> = None;
    let mut lines = Vec::new();
    for (nth, step) in record.steps.iter().enumerate() {
        lines.push(format!("{:>3}. {}", nth + 1, sentence(step, paint)));
        match &step.event {
            Event::Sent { .. } => {
                current = exchanges.next();
                let sent = current.map(Exchange::request_lines).unwrap_or_default();
                lines.extend(sent.iter().map(|line| format!("     {} {line}", paint.dim(">"))));
            }
            Event::Received(_) => {
                let answer = current.and_then(|exchange| exchange.answer.as_ref().ok());
                let came = answer.map(crossorigin_verdict::AnswerHead::lines).unwrap_or_default();
                lines.extend(came.iter().map(|line| format!("     {} {line}", paint.dim("<"))));
            }
            _ => {}
        }
    }
    lines.extend(sections(record).iter().map(|section| format!("     {}", paint.dim(section))));
    lines
}

fn sentence(step: &TraceStep, paint: Paint) -> String {
    let text = match &step.event {
        // The check before it says why.
        Event::Failed(_) => "the fetch ends: script sees a network error, and not why".to_owned(),
        event => event.to_string(),
    };
    let place = format!("[{}]", step.step);
    format!("{} {}", capitalized(&text), paint.dim(&place))
}

/// Where the sections that the steps are of are to be read, in the order in which they come first.
fn sections(record: &Record) -> Vec<String> {
    let mut sections = Vec::new();
    for step in &record.steps {
        if !sections.contains(&step.step.section) {
            sections.push(step.step.section);
        }
    }
    let width = sections.iter().map(|section| section.title().len()).max().unwrap_or_default();
    sections.iter().map(|section| format!("{:width$}  {}", section.title(), section.url())).collect()
}

/// With its first letter large; a name that is written small stays so.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
