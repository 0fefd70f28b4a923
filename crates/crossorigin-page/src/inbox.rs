//! What comes to a page's thread from others.

use tokio::sync::oneshot::Sender;

use crate::life::Life;
use crate::network::Answer;
use crate::page::PageError;

/// What a page's thread is told.
pub(crate) enum Message {
    /// The network has an answer.
    Answer(Box<Answer>),
    /// Whoever holds the page wants something.
    Ask(Ask),
}

/// What whoever holds a page wants of it.
pub(crate) enum Ask {
    /// The value of a script, as JSON.
    Eval { script: String, done: Sender<Result<String, PageError>> },
    /// To be told once nothing is left to do.
    Idle(Sender<()>),
    /// To look into it.
    Look(Box<dyn FnOnce(&Life) + Send>),
    /// That it ends.
    Close,
}
