//! Every chore of crossorigin: `cargo xtask test`, `cargo xtask bench`, `cargo xtask docs`.

fn main() -> anyhow::Result<()> {
    anyhow::bail!("not written yet")
}
