//! Interleaved rounds, and what they come to.
//!
//! Every contender is timed once a round, in an order drawn anew, so that whatever disturbs the machine
//! disturbs all of them. What is reported are medians over the rounds, of ratios taken within a round.

use std::time::Duration;

use crossorigin_bench::asks::{Ask, Draws};
use crossorigin_bench::contenders::Contender;

/// One thing that is timed, with the requests it is asked.
pub(crate) struct Cell {
    pub(crate) name: String,
    pub(crate) contender: Contender,
    pub(crate) draw: Box<dyn FnMut(&mut Draws) -> Ask>,
}

/// Nanoseconds a request, of each cell in each round.
pub(crate) struct Rounds {
    names: Vec<String>,
    nanoseconds: Vec<Vec<f64>>,
}

/// Requests made and then timed together: few enough that they are still in the processor's cache, as one that
/// came from a connection just now is.
const HANDFUL: usize = 32;
/// How long a contender runs off the clock in one round, so that it finds its own data in the cache again, as far
/// as they fit, and how long on it. Making requests counts for neither.
const WARM_UP: Duration = Duration::from_millis(4);
const SLICE: Duration = Duration::from_millis(1);
/// Handfuls in that time, at the most: the fastest contenders are done sooner.
const MOST_HANDFULS: usize = 1000;

/// Runs this many rounds, telling how far they are.
pub(crate) fn run(mut cells: Vec<Cell>, rounds: usize, mut progress: impl FnMut(usize)) -> Rounds {
    let mut draws = Draws::new(1);
    let each: Vec<Duration> = cells.iter_mut().map(|cell| handful(cell, &mut draws)).collect();
    let mut nanoseconds = vec![Vec::with_capacity(rounds); cells.len()];
    let mut order: Vec<usize> = (0..cells.len()).collect();
    for round in 0..rounds {
        progress(round);
        draws.shuffle(&mut order);
        for &nth in &order {
            let (cell, count) = (&mut cells[nth], |time: Duration| count(time, each[nth]));
            time(cell, count(WARM_UP), &mut draws);
            let timed = count(SLICE);
            let took = time(cell, timed, &mut draws);
            nanoseconds[nth].push(took.as_secs_f64() * 1e9 / (timed * HANDFUL) as f64);
        }
    }
    Rounds { names: cells.into_iter().map(|cell| cell.name).collect(), nanoseconds }
}

/// Times handfuls of requests, each for an origin drawn from all.
fn time(cell: &mut Cell, handfuls: usize, draws: &mut Draws) -> Duration {
    let mut handful = || (cell.contender)((0..HANDFUL).map(|_| (cell.draw)(draws)).collect());
    (0..handfuls).map(|_| handful()).sum()
}

/// How long one handful takes.
fn handful(cell: &mut Cell, draws: &mut Draws) -> Duration {
    time(cell, 1, draws);
    time(cell, 1, draws).max(Duration::from_nanos(1))
}

fn count(time: Duration, each: Duration) -> usize {
    usize::try_from(time.as_nanos() / each.as_nanos()).unwrap_or(MOST_HANDFULS).clamp(1, MOST_HANDFULS)
}

/// A median with its quartiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        Self { low: at(1), median: at(2), high: at(3) }
    }
}

impl Rounds {
    fn nanoseconds(&self, name: &str) -> &[f64] {
        let nth = self.names.iter().position(|known| known == name);
        &self.nanoseconds[nth.unwrap_or_else(|| unreachable!("no cell is named {name}"))]
    }

    /// The cost of a cell, less that of its base where it has one.
    pub(crate) fn cost(&self, cost: &Cost) -> Spread {
        Spread::of(self.costs(cost))
    }

    /// How many times the second is dearer than the first.
    pub(crate) fn ratio(&self, ours: &Cost, theirs: &Cost) -> Spread {
        let (ours, theirs) = (self.costs(ours), self.costs(theirs));
        Spread::of(ours.iter().zip(theirs).map(|(ours, theirs)| theirs / ours).collect())
    }

    fn costs(&self, cost: &Cost) -> Vec<f64> {
        let whole = self.nanoseconds(&cost.cell);
        match &cost.base {
            None => whole.to_vec(),
            Some(base) => {
                whole.iter().zip(self.nanoseconds(base)).map(|(whole, base)| whole - base).collect()
            }
        }
    }
}

/// A cell, and the one that is taken off it: the same service without the layer.
#[derive(Clone)]
pub(crate) struct Cost {
    pub(crate) cell: String,
    pub(crate) base: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds() -> Rounds {
        let names = ["bare", "ours", "theirs"].map(Into::into).into();
        let nanoseconds = vec![vec![10.0, 20.0, 30.0], vec![20.0, 30.0, 40.0], vec![60.0, 60.0, 70.0]];
        Rounds { names, nanoseconds }
    }

    #[test]
    fn ratios_are_taken_within_a_round_and_above_the_base() {
        let over_bare = |cell: &str| Cost { cell: cell.into(), base: Some("bare".into()) };
        let ratio = rounds().ratio(&over_bare("ours"), &over_bare("theirs"));
        assert_eq!(
            ratio,
            Spread { low: 4.0, median: 4.0, high: 4.0 },
            "of 5, 4 and 4 the quartiles round down"
        );
        assert_eq!(rounds().cost(&over_bare("theirs")).median, 40.0);
        assert_eq!(rounds().cost(&Cost { cell: "theirs".into(), base: None }).median, 60.0);
    }
}
