//! The release binaries as Lambda would run them: each on a Runtime API of its own, against the local cloud's servers.

pub mod acts;
pub mod build;
pub mod calls;
pub mod cloud;
pub mod instance;
mod runtime_api;
pub mod tape;
mod traced;
pub mod work;

use std::path::{Path, PathBuf};

use serde::Serialize;
use tokio::runtime::Handle;

use crate::measure::middle;
use instance::{Instance, Program};
pub use traced::Instructions;
use work::Work;

/// Warm calls that are not measured: connections and caches are made by then.
const SETTLE: usize = 2;
/// Warm calls of which the mean is one measurement.
const CALLS: usize = 10;

/// Medians over the repetitions, each a process of its own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    pub name: String,
    pub bytes: Option<u64>,
    pub initialisation_cpu_ms: f64,
    pub initialisation_wall_ms: f64,
    /// From the start of the process to where it waits again after its first answer.
    pub cold_cpu_ms: f64,
    /// From the start of the process to its first answer.
    pub cold_wall_ms: f64,
    pub warm_cpu_ms: f64,
    pub peak_mb: f64,
    /// Of a cold start.
    pub page_faults: f64,
    /// Until the first connection to a service; `None` where strace could not be run.
    pub system_calls: Option<usize>,
    /// `None` where valgrind could not be run.
    pub instructions: Option<Instructions>,
}

/// How measuring is done.
pub struct Bench<'b> {
    pub repeats: usize,
    pub runtime: &'b Handle,
    /// Output of the processes.
    pub log: PathBuf,
    pub traced: bool,
    /// Where callgrind's output is kept, if it is.
    pub profiles: Option<PathBuf>,
}

impl Bench<'_> {
    pub fn start(&self, program: &Program) -> Result<Instance, String> {
        Instance::start(program, self.runtime, &self.log)
    }

    /// How often one work is done at most, measured, traced and recorded.
    pub fn calls(&self) -> usize {
        self.repeats * (1 + SETTLE + CALLS) + 30
    }

    pub fn figures(&self, program: &Program, work: &mut Work) -> Result<Figures, String> {
        eprintln!("{} …", program.name);
        let runs: Vec<Run> = (0..self.repeats).map(|_| self.run(program, work)).collect::<Result<_, _>>()?;
        let median = |figure: &dyn Fn(&Run) -> f64| middle(runs.iter().map(figure).collect());
        let traced = self.traced;
        Ok(Figures {
            name: program.name.clone(),
            bytes: size(program),
            initialisation_cpu_ms: median(&|r| r.initialisation_cpu_ms),
            initialisation_wall_ms: median(&|r| r.initialisation_wall_ms),
            cold_cpu_ms: median(&|r| r.cold_cpu_ms),
            cold_wall_ms: median(&|r| r.cold_wall_ms),
            warm_cpu_ms: median(&|r| r.warm_cpu_ms),
            peak_mb: median(&|r| r.peak_mb),
            page_faults: median(&|r| r.page_faults),
            system_calls: if traced { self.system_calls(program, work) } else { None },
            instructions: if traced { self.instructions(program, work) } else { None },
        })
    }

    fn run(&self, program: &Program, work: &mut Work) -> Result<Run, String> {
        let mut instance = self.start(program)?;
        let initialisation_wall_ms = instance.started.elapsed().as_secs_f64() * 1e3;
        let initialised = instance.usage()?;
        let (answer, took) = instance.invoke(&work.event(true)?)?;
        let cold_wall_ms = initialisation_wall_ms + took.as_secs_f64() * 1e3;
        work.answered(&answer)?;
        let cold = instance.usage()?;
        call(&mut instance, work, SETTLE)?;
        let before = instance.usage()?;
        call(&mut instance, work, CALLS)?;
        let after = instance.usage()?;
        instance.end()?;
        Ok(Run {
            initialisation_cpu_ms: initialised.cpu_ms,
            initialisation_wall_ms,
            cold_cpu_ms: cold.cpu_ms,
            cold_wall_ms,
            warm_cpu_ms: (after.cpu_ms - before.cpu_ms) / CALLS as f64,
            peak_mb: after.peak_kb as f64 / 1e3,
            page_faults: cold.page_faults as f64,
        })
    }
}

/// One process from its start to its end.
struct Run {
    initialisation_cpu_ms: f64,
    initialisation_wall_ms: f64,
    cold_cpu_ms: f64,
    cold_wall_ms: f64,
    warm_cpu_ms: f64,
    peak_mb: f64,
    page_faults: f64,
}

/// So many calls that are not the first of their process.
fn call(instance: &mut Instance, work: &mut Work, calls: usize) -> Result<(), String> {
    for _ in 0..calls {
        let (answer, _) = instance.invoke(&work.event(false)?)?;
        work.answered(&answer)?;
    }
    Ok(())
}

/// Of a program that is one file.
fn size(program: &Program) -> Option<u64> {
    let [binary] = program.command.as_slice() else { return None };
    std::fs::metadata(Path::new(binary)).ok().map(|file| file.len())
}
