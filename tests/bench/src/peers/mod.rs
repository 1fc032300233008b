//! Python and Node making the AWS calls of Fude's functions, and nothing else: installed on demand under `target/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::hosted::calls;
use crate::hosted::instance::Program;
use crate::hosted::tape::{Exchange, Recorded, Tape};
use crate::hosted::work::Work;
use crate::hosted::{Bench, Figures};

const PYTHON: &str = include_str!("handler.py");
const NODE: &str = include_str!("handler.mjs");

/// Where peers live.
pub struct Peers {
    folder: PathBuf,
}

impl Peers {
    /// Installs what is missing.
    pub fn install(folder: PathBuf) -> Result<Self, String> {
        let peers = Self { folder };
        let (python, node) = (peers.folder.join("python"), peers.folder.join("node"));
        fs::create_dir_all(&node).map_err(|e| e.to_string())?;
        if !python.join("installed").exists() {
            run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
            run(Command::new(python.join("bin/pip")).args(["install", "--quiet", "boto3", "awslambdaric"]))?;
            fs::write(python.join("installed"), "").map_err(|e| e.to_string())?;
        }
        if !node.join("node_modules/esbuild").exists() {
            let packages = ["dynamodb", "kms", "s3", "bedrock-runtime"].map(|name| format!("@aws-sdk/client-{name}"));
            run(Command::new("npm")
                .args(["install", "--silent", "--no-audit", "--no-fund", "esbuild"])
                .args(packages)
                .current_dir(&node))?;
        }
        Ok(peers)
    }

    /// The calls of one function, by Python and by Node.
    pub fn figures(&self, bench: &Bench, program: &Program, recorded: &Recorded) -> Result<Vec<Figures>, String> {
        let named = |exchanges: &[Exchange]| exchanges.iter().map(calls::call).collect::<Result<Vec<_>, _>>();
        let calls = json!({ "cold": named(&recorded.cold)?, "warm": named(&recorded.warm)? });
        let exchanges: Vec<Exchange> = recorded.cold.iter().chain(&recorded.warm).cloned().collect();
        let folder = self.folder.join(&program.name);
        fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        let file = folder.join("calls.json");
        write(&file, &calls.to_string())?;
        let mut environment = Tape::play(&exchanges, &program.environment, bench.runtime)?;
        let own = [
            ("BENCH_CALLS", file.display().to_string()),
            ("AWS_DEFAULT_REGION", "ap-northeast-1".to_owned()),
            // As Fude has it: documents are checked by their manifest
            ("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required".to_owned()),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
        ];
        environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
        let peers = [("Python", self.python(&folder)?), ("Node", self.node(&folder, &calls)?)];
        let mut figures = Vec::new();
        for (language, command) in peers {
            let name = format!("{} by {language}", program.name);
            let peer = Program { name, command, environment: environment.clone() };
            let event = |calls: &str| json!({ "calls": calls }).to_string().into_bytes();
            figures.push(bench.figures(&peer, &mut Work::FirstThen(event("cold"), event("warm")))?);
        }
        Ok(figures)
    }

    fn python(&self, folder: &Path) -> Result<Vec<String>, String> {
        write(&folder.join("handler.py"), PYTHON)?;
        let start = format!(
            "import sys; sys.path.insert(0, {:?}); sys.argv[1:] = ['handler.handler']; \
             from awslambdaric.__main__ import main; main(sys.argv)",
            folder.display().to_string()
        );
        let python = self.folder.join("python/bin/python");
        Ok(vec![python.display().to_string(), "-c".to_owned(), start])
    }

    /// Bundles the handler with the commands that it needs, as one does for Lambda.
    fn node(&self, folder: &Path, calls: &Value) -> Result<Vec<String>, String> {
        let modules = self.folder.join("node");
        let mut needed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for call in calls.as_object().into_iter().flat_map(|c| c.values()).filter_map(Value::as_array).flatten() {
            let word = |name: &str| call[name].as_str().unwrap_or_default();
            needed.entry(word("service")).or_default().insert(word("operation"));
        }
        let (mut imports, mut clients, mut commands) = (String::new(), String::new(), String::new());
        for (service, operations) in &needed {
            let class = match *service {
                "bedrock-runtime" => "BedrockRuntimeClient",
                "dynamodb" => "DynamoDBClient",
                "kms" => "KMSClient",
                _ => "S3Client",
            };
            let names: Vec<String> = operations.iter().map(|o| format!("{o}Command")).collect();
            imports
                .push_str(&format!("import {{ {class}, {} }} from \"@aws-sdk/client-{service}\";\n", names.join(", ")));
            clients.push_str(&format!("\"{service}\": {class}, "));
            commands.extend(operations.iter().map(|o| format!("{o}: {o}Command, ")));
        }
        let text =
            format!("{imports}export const CLIENTS = {{ {clients} }};\nexport const COMMANDS = {{ {commands} }};\n");
        write(&modules.join("commands.mjs"), &text)?;
        write(&modules.join("handler.mjs"), NODE)?;
        let bundle = folder.join("handler.mjs");
        // Some packages of the SDK still call `require`
        let banner = "--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
        run(Command::new(modules.join("node_modules/.bin/esbuild"))
            .args([
                "handler.mjs", "--bundle", "--minify", "--platform=node", "--format=esm", "--log-level=error", banner,
            ])
            .arg(format!("--outfile={}", bundle.display()))
            .current_dir(&modules))?;
        Ok(vec!["node".to_owned(), bundle.display().to_string()])
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

fn run(command: &mut Command) -> Result<(), String> {
    eprintln!("{} …", command.get_program().display());
    let status = command.status().map_err(|e| format!("{} cannot be started: {e}", command.get_program().display()))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed", command.get_program().display())) }
}
