//! What a fetch of 1 KB over a loopback connection costs: by the agent, by hyper's own clients, and by Node's
//! fetch (undici), which checks nothing. A line for each, with its median nanoseconds, and the median of its
//! ratios to hyper's pooled client with their quartiles. The rounds are interleaved: what disturbs the machine
//! disturbs all of them.
//!
//! `cargo run --release --package crossorigin-bench --bin agent [-- ROUNDS [NAME]]`; with a name, for
//! profilers, only those contenders run whose names have it

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use crossorigin_agent::{AgentBuilder, FetchRequest, HttpTransportBuilder, Limits, Proxies};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::client::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// Fetches that are made and not timed, and those that are, in each round.
const WARM_UP: usize = 50;
const TIMED: usize = 250;
const ROUNDS: usize = 101;
const BODY: &[u8] = &[b'x'; 1024];

/// What a page's request carries, so that all send the same bytes.
const HEADERS: [(&str, &str); 7] = [
    ("origin", "https://app.example"),
    ("accept", "*/*"),
    ("accept-language", "en-US,en;q=0.9"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("user-agent", crossorigin_agent::USER_AGENT_VALUE),
    ("sec-fetch-dest", "empty"),
    ("sec-fetch-mode", "cors"),
];

fn main() -> anyhow::Result<()> {
    let rounds = std::env::args().nth(1).map(|rounds| rounds.parse()).transpose()?.unwrap_or(ROUNDS);
    let address = serve()?;
    let url = format!("http://{address}/");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut contenders: Vec<(&str, Contender<'_>)> = vec![
        ("hyper, pooled client", pooled(&runtime, &url)?),
        ("hyper, one connection", connection(&runtime, address)?),
        ("crossorigin, environment.fetch", agent(&runtime, &url, Limits::default())?),
        ("crossorigin, without time-outs", agent(&runtime, &url, without_timeouts())?),
    ];
    match Undici::start(&url) {
        Ok(mut undici) => {
            contenders.push(("undici (Node's fetch)", Box::new(move |count| undici.fetch(count))));
        }
        Err(error) => eprintln!("Not measured: undici, since {error:#}."),
    }
    if let Some(only) = std::env::args().nth(2) {
        contenders.retain(|(name, _)| name.contains(&only));
        ensure!(!contenders.is_empty(), "no contender is named {only:?}");
    }
    let mut nanoseconds = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..rounds {
        for turn in 0..contenders.len() {
            // Nobody always comes after the same one.
            let last = contenders.len() - 1;
            let nth = (round + if round % 2 == 0 { turn } else { last - turn }) % contenders.len();
            let fetch = &mut contenders[nth].1;
            fetch(WARM_UP)?;
            nanoseconds[nth].push(fetch(TIMED)?);
        }
    }
    for ((name, _), own) in contenders.iter().zip(&nanoseconds) {
        let ratios = own.iter().zip(&nanoseconds[0]).map(|(own, base)| own / base).collect();
        let [_, median, _] = quartiles(own.clone());
        let [low, ratio, high] = quartiles(ratios);
        println!("{name}\t{median:.0}\t{low:.3}\t{ratio:.3}\t{high:.3}");
    }
    Ok(())
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}

/// A server on a thread of its own.
fn serve() -> anyhow::Result<SocketAddr> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            tell.send(listener.local_addr()?)?;
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service_fn(answer)),
                );
            }
        })
    });
    Ok(told.recv_timeout(Duration::from_secs(10))?)
}

async fn answer(
    _: Request<hyper::body::Incoming>,
) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(BODY)));
    response.headers_mut().insert("access-control-allow-origin", HeaderValue::from_static("*"));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/octet-stream"));
    Ok(response)
}

fn headers() -> HeaderMap {
    let mut headers: HeaderMap = HEADERS
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    headers.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
    headers.insert("referer", HeaderValue::from_static("https://app.example/"));
    headers
}

type Contender<'a> = Box<dyn FnMut(usize) -> anyhow::Result<f64> + 'a>;

fn pooled<'a>(runtime: &'a Runtime, url: &str) -> anyhow::Result<Contender<'a>> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let (uri, headers): (http::Uri, _) = (url.parse()?, headers());
    Ok(Box::new(move |count| {
        runtime.block_on(async {
            let begin = Instant::now();
            for _ in 0..count {
                let mut request = Request::new(Empty::new());
                *request.uri_mut() = uri.clone();
                *request.headers_mut() = headers.clone();
                let body = client.request(request).await?.into_body().collect().await?.to_bytes();
                ensure!(body.len() == BODY.len());
            }
            Ok(each(begin, count))
        })
    }))
}

fn connection<'a>(runtime: &'a Runtime, address: SocketAddr) -> anyhow::Result<Contender<'a>> {
    let mut sender = runtime.block_on(async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        anyhow::Ok(sender)
    })?;
    let mut headers = headers();
    headers.insert("host", HeaderValue::from_str(&address.to_string())?);
    Ok(Box::new(move |count| {
        runtime.block_on(async {
            let begin = Instant::now();
            for _ in 0..count {
                let mut request = Request::new(Empty::<Bytes>::new());
                *request.headers_mut() = headers.clone();
                sender.ready().await?;
                let body = sender.send_request(request).await?.into_body().collect().await?.to_bytes();
                ensure!(body.len() == BODY.len());
            }
            Ok(each(begin, count))
        })
    }))
}

fn without_timeouts() -> Limits {
    let mut limits = Limits::default();
    (limits.head_timeout, limits.idle_timeout) = (None, None);
    limits
}

fn agent<'a>(runtime: &'a Runtime, url: &str, limits: Limits) -> anyhow::Result<Contender<'a>> {
    let transport = HttpTransportBuilder::new().proxies(Proxies::none()).build();
    let agent = AgentBuilder::new().limits(limits).build(transport);
    let mut page = agent.environment("https://app.example".parse()?);
    let url: url::Url = url.parse()?;
    Ok(Box::new(move |count| {
        runtime.block_on(async {
            let begin = Instant::now();
            for _ in 0..count {
                let body = page.fetch(FetchRequest::new(url.clone())).await?.bytes().await?;
                ensure!(body.len() == BODY.len());
            }
            Ok(each(begin, count))
        })
    }))
}

fn each(begin: Instant, count: usize) -> f64 {
    begin.elapsed().as_secs_f64() * 1e9 / count as f64
}

/// Node in a process of its own, which times itself.
struct Undici {
    process: Child,
    ask: ChildStdin,
    told: BufReader<ChildStdout>,
}

impl Undici {
    fn start(url: &str) -> anyhow::Result<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin/undici.mjs");
        let mut command = Command::new("node");
        command.args([script, url]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("node can't be run")?;
        let (ask, told) =
            (process.stdin.take().context("no stdin")?, process.stdout.take().context("no stdout")?);
        let mut undici = Self { process, ask, told: BufReader::new(told) };
        undici.fetch(WARM_UP)?;
        Ok(undici)
    }

    fn fetch(&mut self, count: usize) -> anyhow::Result<f64> {
        writeln!(self.ask, "{count}")?;
        let mut line = String::new();
        self.told.read_line(&mut line)?;
        line.trim().parse().context("node said no number; it needs fetch, which Node has from 18 on")
    }
}

impl Drop for Undici {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
