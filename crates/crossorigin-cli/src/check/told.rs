//! What is said of a result, in whichever format.

use std::rc::Rc;

use crossorigin::profiles::Profile;
use crossorigin_verdict::{ConsoleMessage, Exchange, Fix, NextFailure, Outcome, curl_command};

use super::run::Judged;

/// Results that come to the same, of one request.
pub(super) struct Group<'a> {
    /// The first of them, which stands for all.
    pub(super) first: &'a Judged,
    pub(super) members: Vec<&'a Judged>,
    pub(super) profiles: Vec<Profile>,
}

/// Results of one request and repetition that come to the same, in the order in which they came.
pub(super) fn groups(judged: &[Judged]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for one in judged {
        let is_same = |group: &&mut Group<'_>| {
            let first = group.first;
            Rc::ptr_eq(&first.plan, &one.plan) && first.nth == one.nth && ending(first) == ending(one)
        };
        match groups.iter_mut().find(is_same) {
            Some(group) => {
                group.members.push(one);
                group.profiles.push(one.profile);
            }
            None => groups.push(Group { first: one, members: vec![one], profiles: vec![one.profile] }),
        }
    }
    groups
}

/// By what endings are told apart.
fn ending(judged: &Judged) -> (&'static str, String) {
    let detail = match &judged.record.outcome {
        Outcome::Shared(response) | Outcome::Opaque(response) => response.response_type().name().to_owned(),
        Outcome::Blocked(reason) => reason.to_string(),
        Outcome::Unreachable(failure) => failure.message.clone(),
    };
    (judged.verdict().name(), detail)
}

/// Browsers by name, parted by commas.
pub(super) fn names(profiles: &[Profile]) -> String {
    profiles.iter().map(|profile| profile.name()).collect::<Vec<_>>().join(", ")
}

/// What the consoles of these browsers print; for the standard alone, those of all three.
pub(super) fn console<'a>(judged: impl Iterator<Item = &'a Judged>) -> Vec<ConsoleMessage> {
    let (standard, browsers): (Vec<_>, Vec<_>) = judged.partition(|one| one.profile == Profile::Standard);
    let asked = if browsers.is_empty() { standard } else { browsers };
    asked.into_iter().flat_map(|one| one.record.console()).collect()
}

/// What to change on the server that answered. A policy file is told of in notes: what it answers is made from it,
/// and not to be changed by headers.
pub(super) fn fixes(judged: &Judged) -> Vec<Fix> {
    if judged.plan.is_simulated { Vec::new() } else { judged.record.fixes() }
}

/// What would fail next; of a policy file for the same reason nothing.
pub(super) fn next(judged: &Judged) -> Vec<NextFailure> {
    if judged.plan.is_simulated { Vec::new() } else { judged.record.next_failures() }
}

/// What to change first, in a few lines.
pub(super) fn best_fix(judged: &Judged) -> Option<String> {
    let fix = fixes(judged).into_iter().next()?;
    Some(format!("{}\n{}", fix.title, fix.snippet).trim_end().to_owned())
}

/// A command that sends an exchange again, over the connection that the flags ask for.
pub(super) fn curl(judged: &Judged, exchange: &Exchange) -> String {
    let command = curl_command(exchange, judged.record.body.as_deref());
    command.replacen("curl", &format!("curl{}", judged.plan.curl_options), 1)
}
