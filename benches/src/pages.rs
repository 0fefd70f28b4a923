//! `crossorigin open` beside jsdom, happy-dom and Chromium, as whole processes: a page that asks another origin once, and
//! a wall of photos that is drawn and exported.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use crossorigin_lab::CHROMIUM_FLAGS;

use crate::measure::Spread;
use crate::page::{grouped, time};
use crate::processes::{Usage, beside, run};
use crate::web::{Web, free_port};

/// How many photos the wall has: three years of days.
const PHOTOS: usize = 1096;
/// The sides of a photo, in pixels.
const PHOTO: u32 = 32;
/// How many photos stand beside one another.
const COLUMNS: usize = 53;

/// A page that asks once. By `XMLHttpRequest`, for jsdom has no fetch.
const ASKS: &str = "<!doctype html><title>asking</title><script>
  const request = new XMLHttpRequest();
  request.open('GET', '{other}');
  request.onload = () => { document.title = 'done: ' + request.responseText; console.log(document.title); };
  request.send();
</script>";

const WALL: &str =
    "<!doctype html><title>drawing</title><canvas width={width} height={height}></canvas><script>
  const canvas = document.querySelector('canvas');
  const context = canvas.getContext('2d');
  let left = {photos};
  for (let nth = 0; nth < {photos}; nth++) {
    const image = new Image();
    image.crossOrigin = 'anonymous';
    image.onload = () => {
      context.drawImage(image, nth % {columns} * {side}, Math.floor(nth / {columns}) * {side});
      left -= 1;
      if (left === 0) {
        const url = canvas.toDataURL();
        document.title = 'done: ' + url.slice(0, 14);
        console.log(document.title, url.length);
      }
    };
    image.src = '{other}/' + nth + '.png';
  }
</script>";

/// What runs pages.
struct Contender {
    name: &'static str,
    command: Vec<String>,
    /// How many times as long and as much as ours it has to take; `None` where nothing is wanted.
    goal: Option<(f64, f64)>,
}

/// The section of the page, in Markdown.
pub(crate) fn section(rounds: usize) -> anyhow::Result<String> {
    let scratch = Scratch::new()?;
    let web = Web::serve([("/data", "another origin's".to_owned())].into())?;
    let asks = Web::serve([("/", ASKS.replace("{other}", &format!("http://{}/data", web.address)))].into())?;
    let mut text = String::from("## `crossorigin open` beside jsdom, happy-dom and Chromium\n\n");
    let url = format!("http://{}/", asks.address);
    let mut contenders = vec![ours(&url)?];
    contenders.extend(in_node("jsdom", &url, Some((20.0, 10.0))));
    contenders.extend(in_node("happy-dom", &url, None));
    contenders.extend(chromium(&scratch, &url, (30.0, 10.0)));
    let measured = measure(&contenders, "done: another origin", rounds)?;
    writeln!(
        text,
        "A page whose script asks another origin once, by XMLHttpRequest. Whole processes, from start to end, over loopback; \
         medians of {rounds} rounds, and of ratios within a round. Of Chromium, the memory is that of its largest process \
         alone.\n"
    )?;
    table(&mut text, &contenders, &measured)?;
    for name in ["jsdom", "happy-dom", "Chromium"] {
        if !contenders.iter().any(|contender| contender.name == name) {
            writeln!(text, "\n{name} was not measured: it is not here.")?;
        }
    }
    wall(&mut text, &scratch, rounds.div_ceil(5).max(3))?;
    Ok(text)
}

fn wall(text: &mut String, scratch: &Scratch, rounds: usize) -> anyhow::Result<()> {
    let folder = scratch.0.join("photos");
    fs::create_dir(&folder)?;
    for nth in 0..PHOTOS {
        fs::write(folder.join(format!("{nth}.png")), photo(nth)?)?;
    }
    let gateway = Gateway::over(&folder)?;
    let (width, height) = (COLUMNS as u32 * PHOTO, PHOTOS.div_ceil(COLUMNS) as u32 * PHOTO);
    let html = WALL
        .replace("{width}", &width.to_string())
        .replace("{height}", &height.to_string())
        .replace("{photos}", &PHOTOS.to_string())
        .replace("{columns}", &COLUMNS.to_string())
        .replace("{side}", &PHOTO.to_string())
        .replace("{other}", &format!("http://{}", gateway.address));
    let web = Web::serve([("/", html)].into())?;
    let url = format!("http://{}/", web.address);
    let mut contenders = vec![ours(&url)?];
    contenders.extend(chromium(scratch, &url, (1.0, 0.0)));
    let measured = measure(&contenders, "done: data:image/png", rounds)?;
    writeln!(
        text,
        "\nA wall of {} photos of {PHOTO} × {PHOTO} pixels, loaded with CORS from `crossorigin serve`, drawn and exported as a PNG; \
         medians of {rounds} rounds.\n",
        grouped(PHOTOS)
    )?;
    table(text, &contenders, &measured)?;
    let most = f64::from(width * height * 4) + f64::from(128 << 20);
    let used = median(&measured[0], |usage| usage.bytes);
    let verdict = if used <= most { "met" } else { "**missed**" };
    writeln!(
        text,
        "\nMemory of `crossorigin open`: {:.1} MB; goal: at most the decoded wall and 128 MiB, {:.1} MB: {verdict}.",
        used / 1e6,
        most / 1e6
    )?;
    Ok(())
}

/// Each in turn, each order as often as the other; the first round only brings files into memory.
fn measure(contenders: &[Contender], told: &str, rounds: usize) -> anyhow::Result<Vec<Vec<Usage>>> {
    for contender in contenders {
        let (program, arguments) = contender.command.split_first().context("a command")?;
        let output = Command::new(program).args(arguments).env("NO_PROXY", "*").output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        anyhow::ensure!(
            said.contains(told),
            "{} did not come to the end of the page: {said} {}",
            contender.name,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let mut measured: Vec<Vec<Usage>> = contenders.iter().map(|_| Vec::new()).collect();
    for round in 0..=rounds {
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for nth in order {
            let command: Vec<&str> = contenders[nth].command.iter().map(String::as_str).collect();
            let usage = run(&command)?;
            if round > 0 {
                measured[nth].push(usage);
            }
        }
    }
    Ok(measured)
}

fn table(text: &mut String, contenders: &[Contender], measured: &[Vec<Usage>]) -> std::fmt::Result {
    writeln!(
        text,
        "| | Time | Times ours | Goal | Memory | Times ours | Goal |\n|---|--:|--:|--:|--:|--:|--:|"
    )?;
    for (contender, usages) in contenders.iter().zip(measured) {
        let ratio = |of: fn(&Usage) -> f64| {
            Spread::of(usages.iter().zip(&measured[0]).map(|(theirs, ours)| of(theirs) / of(ours)).collect())
                .median
        };
        let (slower, larger) = (ratio(|usage| usage.nanoseconds), ratio(|usage| usage.bytes));
        let goal = |measured: f64, least: Option<f64>| match least.filter(|least| *least > 0.0) {
            None => String::new(),
            Some(least) if measured >= least => format!("at least {least}×: met"),
            Some(least) => format!("at least {least}×: **missed**"),
        };
        writeln!(
            text,
            "| {} | {} | {slower:.2}× | {} | {:.1} MB | {larger:.2}× | {} |",
            contender.name,
            time(median(usages, |usage| usage.nanoseconds)),
            goal(slower, contender.goal.map(|goal| goal.0)),
            median(usages, |usage| usage.bytes) / 1e6,
            goal(larger, contender.goal.map(|goal| goal.1)),
        )?;
    }
    Ok(())
}

fn median(usages: &[Usage], of: fn(&Usage) -> f64) -> f64 {
    Spread::of(usages.iter().map(of).collect()).median
}

fn ours(url: &str) -> anyhow::Result<Contender> {
    let program = beside("crossorigin")?;
    let program = program.to_str().context("the path of crossorigin is no UTF-8")?;
    let command = [program, "open", url].map(str::to_owned).into();
    Ok(Contender { name: "`crossorigin open`", command, goal: None })
}

/// A package that xtask has installed.
fn in_node(name: &'static str, url: &str, goal: Option<(f64, f64)>) -> Option<Contender> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dom");
    let is_here = folder.join("node_modules").join(name).exists() && is_program("node");
    let script = folder.join(format!("{name}.mjs")).to_str()?.to_owned();
    is_here.then(|| Contender { name, command: vec!["node".to_owned(), script, url.to_owned()], goal })
}

fn chromium(scratch: &Scratch, url: &str, goal: (f64, f64)) -> Option<Contender> {
    let profile = format!("--user-data-dir={}", scratch.0.join("chromium").to_str()?);
    // Time goes by only while nothing is under way, so that it waits for the network and for nothing else.
    let own = [&profile, "--virtual-time-budget=1000", "--dump-dom", url];
    let command = ["chromium"].into_iter().chain(CHROMIUM_FLAGS).chain(own).map(str::to_owned).collect();
    is_program("chromium").then_some(Contender { name: "Chromium", command, goal: Some(goal) })
}

fn is_program(name: &str) -> bool {
    Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// A picture with something of everything in it, so that it does not compress to nothing.
fn photo(nth: usize) -> anyhow::Result<Vec<u8>> {
    let mut pixels = Vec::new();
    for at in 0..PHOTO * PHOTO {
        let (x, y) = (at % PHOTO, at / PHOTO);
        let grain = (at.wrapping_mul(2_654_435_761).wrapping_add(nth as u32 * 97) >> 27) as u8;
        pixels.extend([(x * 7) as u8 ^ grain, (y * 7) as u8 + grain, nth as u8]);
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, PHOTO, PHOTO);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

/// A folder that is gone with this.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("crossorigin-bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is temporary anyway.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The gateway over a folder, as a process of its own that ends with this.
struct Gateway {
    process: Child,
    address: String,
}

impl Gateway {
    fn over(folder: &Path) -> anyhow::Result<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut command = Command::new(beside("crossorigin")?);
        command.args(["serve", "--allow-origin", "*", "--listen", &address, "--files"]).arg(folder);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let gateway = Self { process, address };
        for _ in 0..500 {
            if std::net::TcpStream::connect(&gateway.address).is_ok() {
                return Ok(gateway);
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        anyhow::bail!("the gateway did not start on {}", gateway.address)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
