//! Every function's figures, those of the floor, and those of the peers: one run against one local cloud.

use std::path::Path;

use serde::Serialize;

use crate::hosted::acts::Caller;
use crate::hosted::build;
use crate::hosted::cloud::Cloud;
use crate::hosted::instance::Program;
use crate::hosted::tape::Recorded;
use crate::hosted::work::{Work, drafted};
use crate::hosted::{Bench, Figures};
use crate::options::Options;
use crate::peers::Peers;
use crate::records;
use crate::trips::Trips;

/// A usual chart, and one of many years.
const SMALL: usize = 50_000;
const LARGE: usize = 2_600_000;
/// A large record is measured for its memory, which hardly varies.
const LARGE_REPEATS: usize = 3;

#[derive(Serialize)]
pub struct Hosted {
    pub floor: Figures,
    /// In the order of the design; drafting of a 50 kB record.
    pub functions: Vec<Figures>,
    /// Drafting of a 2.6 MB record.
    pub large: Figures,
    /// Of each function, by Python and by Node.
    pub peers: Vec<Figures>,
    pub trips: Vec<Trips>,
}

pub fn measure(options: &Options, repeats: usize) -> Result<Hosted, String> {
    let binaries = options.functions.clone().map_or_else(build::functions, Ok)?;
    let servers = options.cloud.clone().map_or_else(build::cloud, Ok)?;
    let folder = build::target().join("bench");
    let peers = options.peers.then(|| Peers::install(folder.join("peers"))).transpose()?;
    let runtime = tokio::runtime::Runtime::new().map_err(|e| e.to_string())?;
    let cloud = Cloud::start(&servers, &folder.join("state"))?;
    if let Some(folder) = &options.profiles {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let (log, profiles) = (folder.join("functions.log"), options.profiles.clone());
    let bench = Bench { repeats, runtime: runtime.handle(), log, traced: !options.untraced, profiles };
    let [generate, fetch, finalize, audit] = build::FUNCTIONS.map(|name| program(&binaries, name, &cloud));

    let small = records::record(SMALL);
    cloud.stage(&small)?;
    let document = || drafted(&cloud, [&generate, &fetch], small.patient, (bench.runtime, &bench.log));
    let read = document()?.id;
    let caller = || Caller::new(&cloud);
    let reader = Box::new(bench.start(&fetch)?);
    let mut works = [
        (&generate, Work::Draft { caller: caller()?, patient: small.patient }),
        (&fetch, Work::Fetch { caller: caller()?, document: read.clone() }),
        (&finalize, Work::revise(&cloud, bench.calls(), &document)?),
        (&audit, Work::Publish { caller: caller()?, document: read, reader }),
    ];
    // What the others left for the log is written before it is measured
    bench.start(&audit)?.invoke(&Caller::sweep())?;

    let floor = program(build::target().join("release").as_path(), "fude-bench-floor", &cloud);
    let floor = bench.figures(&floor, &mut Work::Same(b"{}".to_vec()))?;
    let functions = works.iter_mut().map(|(program, work)| bench.figures(program, work)).collect::<Result<_, _>>()?;
    let (mut beside, mut trips) = (Vec::new(), Vec::new());
    for (program, work) in &mut works {
        let recorded = Recorded::of(&bench, program, work)?;
        trips.push(Trips::of(&program.name, &recorded)?);
        if let Some(peers) = &peers {
            let bench = Bench { traced: false, log: bench.log.clone(), profiles: None, ..bench };
            beside.extend(peers.figures(&bench, program, &recorded)?);
        }
    }
    let large = records::record(LARGE);
    cloud.stage(&large)?;
    let bench = Bench { traced: false, repeats: LARGE_REPEATS.min(repeats), ..bench };
    let large = bench.figures(&generate, &mut Work::Draft { caller: caller()?, patient: large.patient })?;
    Ok(Hosted { floor, functions, large, peers: beside, trips })
}

fn program(folder: &Path, name: &str, cloud: &Cloud) -> Program {
    let command = vec![folder.join(name).display().to_string()];
    Program { name: name.to_owned(), command, environment: cloud.environment() }
}
