//! Memory of a server with nothing to do, and of one with many connections that do nothing.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::servers::{OURS, Running, Site};

/// Connections that are open and have been answered once.
const IDLE: usize = 10_000;
const MIB: f64 = 1024.0 * 1024.0;

/// The part of the section about memory. What ran before has answered every scenario by then, so that ours is also
/// started anew.
pub(crate) fn measure(servers: &[Running]) -> anyhow::Result<String> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most.min(4 * IDLE as u64), most)?;
    let mut text = format!(
        "| Memory | at rest | after the load above | with {IDLE} idle connections | |\n|---|--:|--:|--:|---|\n"
    );
    let site = Site::new()?;
    let _upstream = site.upstream()?;
    let fresh = site.start_all()?;
    for (server, used) in fresh.iter().zip(servers) {
        let rest = server.bytes()?;
        let after = used.bytes()?;
        // Others are not configured for as many connections.
        let idle = match server.name == OURS || server.name == "nginx" {
            true => {
                let connections = connect(server)?;
                let bytes = server.bytes()?;
                drop(connections);
                Some(bytes)
            }
            false => None,
        };
        let verdict = match idle.filter(|_| server.name == OURS) {
            None => String::new(),
            Some(idle) => {
                let met = |is_met| if is_met { "met" } else { "**missed**" };
                format!(
                    "under 20 MiB: {}, under 200 MiB: {}",
                    met(rest < 20.0 * MIB),
                    met(idle < 200.0 * MIB)
                )
            }
        };
        let idle = idle.map_or_else(String::new, |bytes| format!("{:.1} MiB", bytes / MIB));
        writeln!(
            text,
            "| {} | {:.1} MiB | {:.1} MiB | {idle} | {verdict} |",
            server.name,
            rest / MIB,
            after / MIB
        )?;
    }
    writeln!(text)?;
    Ok(text)
}

fn connect(server: &Running) -> anyhow::Result<Vec<TcpStream>> {
    let mut connections = Vec::with_capacity(IDLE);
    let mut answer = [0; 4096];
    for _ in 0..IDLE {
        let mut stream = TcpStream::connect(server.plain)?;
        stream.write_all(
            b"GET /1k HTTP/1.1\r\nHost: localhost\r\nOrigin: https://customer-1.example\r\n\r\n",
        )?;
        let mut read = 0;
        // A head and 1 KB.
        while read < 1024 {
            let more = stream.read(&mut answer)?;
            anyhow::ensure!(more > 0, "{} closed a connection", server.name);
            read += more;
        }
        connections.push(stream);
    }
    Ok(connections)
}
