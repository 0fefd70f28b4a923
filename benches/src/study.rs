//! What is compared with what.

use std::rc::Rc;

use crossorigin::infrastructure::request_header_list::{MAX_BYTES, MAX_NAMES};
use crossorigin_bench::asks::{Ask, Draws, Kind, origin, wildcard};
use crossorigin_bench::contenders::{self as make, Contender};
use http::HeaderMap;
use tower::layer::util::Identity;

use crate::measure::{self, Cell, Cost, Rounds, Spread};

/// Numbers of allowed origins.
pub(crate) const SIZES: [usize; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
/// Up to where the others are measured: their cost grows with the list.
pub(crate) const PEERS_UP_TO: usize = 10_000;

/// How many of many origins are active at a time, in [`Place::Active`].
const ACTIVE: usize = 1_000;

/// The origin of a request to a policy of so many.
type Asked = fn(&mut Draws, usize) -> String;

/// Where a policy is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: the decision and its headers alone.
    Decision,
    /// The same while [`ACTIVE`] of the allowed origins ask.
    Active,
    /// The same with wildcards in the place of exact origins.
    Wildcards,
    /// The decision on an origin that isn't allowed.
    Refused,
    Tower,
    TowerHttp,
    Axum,
    AxumTowerHttp,
    Actix,
}

impl Place {
    pub(crate) const ALL: [Self; 9] = [
        Self::Decision,
        Self::Active,
        Self::Wildcards,
        Self::Refused,
        Self::Tower,
        Self::TowerHttp,
        Self::Axum,
        Self::AxumTowerHttp,
        Self::Actix,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Decision => "crossorigin, the decision alone",
            Self::Active => "crossorigin, the decision, 1,000 origins active",
            Self::Wildcards => "crossorigin, the decision by wildcards",
            Self::Refused => "crossorigin, the decision to refuse",
            Self::Tower => "crossorigin, tower",
            Self::TowerHttp => "tower-http, tower",
            Self::Axum => "crossorigin, axum Router",
            Self::AxumTowerHttp => "tower-http, axum Router",
            Self::Actix => "actix-cors, actix",
        }
    }

    /// The same service without CORS.
    fn base(self) -> Option<&'static str> {
        match self {
            Self::Decision | Self::Active | Self::Wildcards | Self::Refused => None,
            Self::Tower | Self::TowerHttp => Some("bare tower"),
            Self::Axum | Self::AxumTowerHttp => Some("bare axum Router"),
            Self::Actix => Some("bare actix"),
        }
    }

    pub(crate) fn is_ours(self) -> bool {
        !matches!(self, Self::TowerHttp | Self::AxumTowerHttp | Self::Actix)
    }

    pub(crate) fn sizes(self) -> impl Iterator<Item = usize> {
        SIZES.into_iter().filter(move |&size| self.is_ours() || size <= PEERS_UP_TO)
    }
}

/// Request-header lists: as browsers send them, the longest that is read, and longer ones.
pub(crate) fn lists() -> Vec<(&'static str, String)> {
    let kibibytes = |count: usize, text: &str| text.repeat(count * 1024 / text.len());
    vec![
        ("2 names, as a browser sends them", "content-type,x-csrf-token".to_owned()),
        ("2 names, re-ordered, re-cased and spaced", "X-CSRF-Token, Content-Type".to_owned()),
        (LONGEST_LIST, longest_list()),
        ("64 KiB of commas", kibibytes(64, ",")),
        ("64 KiB of spaces and commas", kibibytes(64, " ,")),
        ("64 KiB of one name", kibibytes(64, "a")),
        ("64 KiB of short names", kibibytes(64, "a,")),
        ("64 KiB of an allowed name", kibibytes(64, "content-type,")),
        ("4 KiB of commas", kibibytes(4, ",")),
        ("4 KiB of an allowed name", kibibytes(4, "content-type,")),
        ("4 KiB of one name", kibibytes(4, "a")),
    ]
}

/// The name of the longest list that is read.
pub(crate) const LONGEST_LIST: &str = "as many names and bytes as are read, all of them allowed";

fn longest_list() -> String {
    let mut names = vec!["Content-Type"; MAX_NAMES].join(",");
    names.insert_str(0, &" ".repeat(MAX_BYTES - names.len()));
    names
}

/// A run, measured.
pub(crate) struct Study {
    rounds: Rounds,
    pub(crate) count: usize,
}

impl Study {
    pub(crate) fn run(rounds: usize, progress: impl FnMut(usize)) -> anyhow::Result<Self> {
        Ok(Self { rounds: measure::run(cells()?, rounds, progress), count: rounds })
    }

    /// Nanoseconds a request: above the bare service on an actual request, of the whole call on a preflight,
    /// which never reaches the service.
    pub(crate) fn cost(&self, place: Place, kind: Kind, size: usize) -> Spread {
        self.rounds.cost(&cost(place, kind, size))
    }

    /// Nanoseconds of the whole call.
    pub(crate) fn whole(&self, place: Place, kind: Kind, size: usize) -> Spread {
        self.rounds.cost(&Cost { cell: cell_name(place, kind, size), base: None })
    }

    /// Nanoseconds of the service without CORS.
    pub(crate) fn bare(&self, place: Place, kind: Kind) -> Option<Spread> {
        let base = base_name(place, kind)?;
        Some(self.rounds.cost(&Cost { cell: base, base: None }))
    }

    /// How many times dearer the second is.
    pub(crate) fn ratio(&self, kind: Kind, ours: (Place, usize), theirs: (Place, usize)) -> Spread {
        self.rounds.ratio(&cost(ours.0, kind, ours.1), &cost(theirs.0, kind, theirs.1))
    }

    /// How many times dearer than the longest list the dearest of those is that are longer.
    pub(crate) fn hostile_lists(&self) -> Spread {
        let cost = |name: &str| Cost { cell: name.to_owned(), base: None };
        let hostile = lists().into_iter().map(|(name, _)| name).filter(|name| name.contains("KiB"));
        let ratios = hostile.map(|name| self.rounds.ratio(&cost(LONGEST_LIST), &cost(name)));
        let dearest = |one: Spread, other: Spread| if one.median < other.median { other } else { one };
        ratios.reduce(dearest).unwrap_or(Spread { low: 0.0, median: 0.0, high: 0.0 })
    }

    /// Nanoseconds of the decision on a preflight with the list of this name.
    pub(crate) fn list(&self, name: &str) -> Spread {
        self.rounds.cost(&Cost { cell: name.to_owned(), base: None })
    }
}

fn cost(place: Place, kind: Kind, size: usize) -> Cost {
    let base = base_name(place, kind).filter(|_| kind == Kind::Actual);
    Cost { cell: cell_name(place, kind, size), base }
}

fn cell_name(place: Place, kind: Kind, size: usize) -> String {
    format!("{}, {kind:?}, {size}", place.name())
}

fn base_name(place: Place, kind: Kind) -> Option<String> {
    place.base().map(|base| format!("{base}, {kind:?}"))
}

fn cells() -> anyhow::Result<Vec<Cell>> {
    let runtime = Rc::new(actix_web::rt::System::new());
    let mut cells = Vec::new();
    for kind in [Kind::Actual, Kind::Preflight] {
        let mut bare = |name: &str, contender| {
            cells.push(cell(format!("{name}, {kind:?}"), contender, kind, 1, allowed));
        };
        bare("bare tower", make::bare_tower());
        bare("bare axum Router", make::tower(make::router().layer(Identity::new())));
        bare("bare actix", make::bare_actix(&runtime));
    }
    for size in SIZES {
        let origins: Vec<_> = (0..size).map(origin).collect();
        let wildcards = make::policy((0..size).map(|number| wildcard(number).0).collect())?;
        let policy = make::policy(origins.clone())?;
        for kind in [Kind::Actual, Kind::Preflight] {
            for place in Place::ALL {
                if !place.is_ours() && size > PEERS_UP_TO {
                    continue;
                }
                let contender: Contender = match place {
                    Place::Decision | Place::Active | Place::Refused => make::decision(policy.clone()),
                    Place::Wildcards => make::decision(wildcards.clone()),
                    Place::Tower => make::our_tower(policy.clone()),
                    Place::TowerHttp => make::their_tower(&make::tower_http(&origins)?),
                    Place::Axum => {
                        make::tower(make::router().layer(crossorigin_tower::CorsLayer::new(policy.clone())))
                    }
                    Place::AxumTowerHttp => make::tower(make::router().layer(make::tower_http(&origins)?)),
                    Place::Actix => make::their_actix(&runtime, make::actix_cors(&origins)),
                };
                let asked = match place {
                    Place::Active => active,
                    Place::Wildcards => |draws: &mut Draws, size| wildcard(draws.below(size)).1,
                    Place::Refused => {
                        |draws: &mut Draws, size| origin(draws.below(size) + SIZES[SIZES.len() - 1])
                    }
                    _ => allowed,
                };
                cells.push(cell(cell_name(place, kind, size), contender, kind, size, asked));
            }
        }
    }
    let policy = make::policy((0..100).map(origin).collect())?;
    for (name, list) in lists() {
        let headers: HeaderMap = Ask::preflight(&origin(7), &list).headers;
        let draw = move |_: &mut Draws| Ask { method: http::Method::OPTIONS, headers: headers.clone() };
        cells.push(Cell {
            name: name.to_owned(),
            contender: make::decision(policy.clone()),
            draw: Box::new(draw),
        });
    }
    Ok(cells)
}

/// Any of so many allowed origins.
fn allowed(draws: &mut Draws, size: usize) -> String {
    origin(draws.below(size))
}

/// One of those that are active, which lie anywhere among all.
fn active(draws: &mut Draws, size: usize) -> String {
    let nth = draws.below(ACTIVE.min(size));
    origin(Draws::new(nth as u64).below(size))
}

fn cell(name: String, contender: Contender, kind: Kind, size: usize, asked: Asked) -> Cell {
    let draw = move |draws: &mut Draws| Ask::new(kind, &asked(draws, size));
    Cell { name, contender, draw: Box::new(draw) }
}
