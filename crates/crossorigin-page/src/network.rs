//! The network's thread: it fetches, so that script can block without stopping what is under way.

use std::collections::HashMap;
use std::sync::mpsc;
use std::thread::JoinHandle;

use crossorigin_agent::{BoxedTransport, FetchRequest, Loaded};
use crossorigin_verdict::Record;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use crate::inbox::Message;

/// A page, to the agent.
pub(crate) type Environment = crossorigin_agent::Environment<BoxedTransport>;

/// Names a request, from the page's thread to the network's and back.
pub(crate) type RequestId = u32;

/// What a page asks of the network.
pub(crate) enum Command {
    /// Fetch for this page.
    Fetch { id: RequestId, request: Box<FetchRequest>, environment: Box<Environment> },
    /// Give up, and tell nothing more.
    Abort(RequestId),
}

/// What the network tells a page.
pub(crate) struct Answer {
    pub(crate) id: RequestId,
    /// What came, or nothing where the fetch failed.
    pub(crate) loaded: Option<Loaded>,
    /// What went on, for people.
    pub(crate) record: Record,
}

/// The network, as a page speaks to it. It ends when this is dropped.
pub(crate) struct Network {
    commands: Option<UnboundedSender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Network {
    /// Starts the thread, which sends its answers here.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn start(answers: mpsc::Sender<Message>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (commands, received) = unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("network".to_owned())
            .spawn(move || runtime.block_on(serve(received, answers)))?;
        Ok(Self { commands: Some(commands), thread: Some(thread) })
    }

    /// Sends a command. One that comes too late is lost, as is all that the page still waits for.
    pub(crate) fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            let _ = commands.send(command);
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(mut commands: UnboundedReceiver<Command>, answers: mpsc::Sender<Message>) {
    let mut under_way: HashMap<RequestId, AbortHandle> = HashMap::new();
    while let Some(command) = commands.recv().await {
        under_way.retain(|_, task| !task.is_finished());
        match command {
            Command::Fetch { id, request, mut environment } => {
                let answers = answers.clone();
                let task = tokio::spawn(async move {
                    let (loaded, record) = environment.load(*request).await;
                    let _ = answers.send(Message::Answer(Box::new(Answer { id, loaded, record })));
                });
                under_way.insert(id, task.abort_handle());
            }
            Command::Abort(id) => {
                if let Some(task) = under_way.remove(&id) {
                    task.abort();
                }
            }
        }
    }
    // Dropping the runtime aborts what is left.
}
