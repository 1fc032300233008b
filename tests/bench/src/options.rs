//! What the program is asked for.

use std::path::PathBuf;

pub const HELP: &str = "\
What Fude costs: stages of a drafting call, and each function as Lambda would run it.

usage: fude-bench [options]

  --stages            only the stages of a drafting call: builds and starts nothing
  --hosted            only the functions
  --instructions      also count the instructions of one whole drafting call (needs valgrind)
  --peers             also measure Python and Node making the same AWS calls (installs them under target/)
  --programs          also run the measuring programs of verifier, log and load, and quote them
  --untraced          count neither system calls nor instructions of the functions
  --profiles FOLDER   keep what callgrind saw of each function, for callgrind_annotate, in this folder
  --repeats N         take the median of N runs (default 15)
  --size BYTES        measure stages at this size instead of 50 kB, 500 kB, 2.6 MB and 20 MB; may be repeated
  --functions FOLDER  measure the binaries in this folder instead of building them
  --cloud FOLDER      take the local cloud's binaries from this folder instead of building them
  --json FILE         write all figures as JSON
  --write FILE        write all figures as Markdown, with a plot beside it
  --help              print this
";

#[derive(Default)]
pub struct Options {
    pub stages: bool,
    pub hosted: bool,
    pub instructions: bool,
    pub peers: bool,
    pub programs: bool,
    pub untraced: bool,
    pub profiles: Option<PathBuf>,
    pub repeats: Option<usize>,
    pub sizes: Vec<usize>,
    pub functions: Option<PathBuf>,
    pub cloud: Option<PathBuf>,
    pub json: Option<PathBuf>,
    pub write: Option<PathBuf>,
}

impl Options {
    /// `None` where help is asked for.
    pub fn parse(arguments: &[String]) -> Result<Option<Self>, String> {
        let mut out = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--stages" => out.stages = true,
                "--hosted" => out.hosted = true,
                "--instructions" => out.instructions = true,
                "--peers" => out.peers = true,
                "--programs" => out.programs = true,
                "--untraced" => out.untraced = true,
                "--profiles" => out.profiles = Some(value()?.into()),
                "--repeats" => out.repeats = Some(number(value()?)?),
                "--size" => out.sizes.push(number(value()?)?),
                "--functions" => out.functions = Some(value()?.into()),
                "--cloud" => out.cloud = Some(value()?.into()),
                "--json" => out.json = Some(value()?.into()),
                "--write" => out.write = Some(value()?.into()),
                "--help" | "-h" => return Ok(None),
                unknown => return Err(format!("unknown option {unknown}")),
            }
        }
        Ok(Some(out))
    }
}

fn number(value: &str) -> Result<usize, String> {
    value.parse().ok().filter(|n| *n > 0).ok_or_else(|| format!("{value} is no positive number"))
}
