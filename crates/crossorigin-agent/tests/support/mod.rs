//! Servers on loopback addresses, for tests.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod authority;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crossorigin_agent::{
    Agent, Environment, FetchRequest, HttpTransport, HttpTransportBuilder, Limits, Proxies,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A server that says the same bytes to every request, whatever they are.
pub(crate) struct RawServer {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Asked>>,
}

#[derive(Default)]
struct Asked {
    connections: usize,
    heads: Vec<String>,
}

/// What becomes of a connection once the bytes are said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It is open for the next request.
    Keep,
    /// It is closed.
    Close,
    /// It is reset.
    Reset,
}

impl RawServer {
    pub(crate) async fn new(answer: impl Into<Vec<u8>>, then: Then) -> Self {
        let answer = answer.into();
        Self::by(move |_| (answer.clone(), then)).await
    }

    /// Answers by what a head is.
    pub(crate) async fn by(answer: impl Fn(&str) -> (Vec<u8>, Then) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, answer) = (Arc::<Mutex<Asked>>::default(), Arc::new(answer));
        let notes = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                notes.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&notes)));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.asked.lock().unwrap().connections
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.asked.lock().unwrap().heads.clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: Arc<impl Fn(&str) -> (Vec<u8>, Then)>,
    notes: Arc<Mutex<Asked>>,
) -> Option<()> {
    let mut read = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut read).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8_lossy(&read[..end]).into_owned();
        read.drain(..end);
        notes.lock().unwrap().heads.push(head.clone());
        let (answer, then) = answer(&head);
        // The agent may have gone meanwhile.
        stream.write_all(&answer).await.ok()?;
        match then {
            Then::Keep => {}
            Then::Close => return None,
            Then::Reset => {
                stream.set_zero_linger().ok()?;
                return None;
            }
        }
    }
}

/// A head with a body of this length after it.
pub(crate) fn response(lines: &[&str], body: &str) -> Vec<u8> {
    let mut text = String::from("HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\n");
    for line in lines {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    text.into_bytes()
}

pub(crate) fn transport() -> HttpTransportBuilder {
    HttpTransportBuilder::new().proxies(Proxies::none())
}

pub(crate) fn page(transport: HttpTransport, limits: Limits) -> Environment {
    let agent = crossorigin_agent::AgentBuilder::new().limits(limits).build(transport);
    agent.environment("http://app.example".parse().unwrap())
}

/// An insecure page of a fresh agent, so that it may ask for what is insecure.
pub(crate) fn any_page() -> Environment {
    Agent::with_transport(transport().build()).environment("http://app.example".parse().unwrap())
}

pub(crate) fn get(url: impl AsRef<str>) -> FetchRequest {
    FetchRequest::new(url.as_ref().parse().unwrap())
}
