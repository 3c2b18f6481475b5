//! A trial in a child process: a model that crashes the runtime, eats the memory or never answers
//! does it there.
//!
//! The child is this same program as `inference probe LIBRARY DIGEST DIR`; it bounds its own memory
//! and processor time, loads the model, answers the golden vectors, and tells what it saw as one
//! line of JSON. The parent waits a bounded time and kills.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, io};

use kit::clock::Clock;
use ort::session::RunOptions;
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};
use tokio::process::Command;
use tokio::time::timeout;
use wire::Sha256;
use wire::inference::Tensor;

use crate::edge::onnx::{Net, Onnx};
use crate::manifest::{Manifest, Port};
use crate::tensor::{Question, Values};

/// Longest trial: loading and a few hundred runs, on a machine that has other work; long enough that
/// a model which never answers runs out of processor time first.
const WITHIN: Duration = Duration::from_secs(40);
/// Processor time of a trial, in seconds.
const CPU_S: u64 = 15;
/// Address space of a trial: the library maps much that it never touches.
const ADDRESS_SPACE: u64 = 2 * 1024 * 1024 * 1024;
/// Most golden vectors.
const GOLDEN_MAX: usize = 256;
/// Fewest runs that are timed; the golden vectors are repeated.
const TIMED: usize = 40;
/// Share of the timed runs that must be within the budget: a busy machine makes some slow.
const QUANTILE: (usize, usize) = (3, 4);
/// Longest line that a child may tell.
const TOLD_MAX: usize = 4_096;

/// A question with the answer that the model must give.
#[derive(Debug, Clone)]
pub(crate) struct Golden {
    question: Question,
    answer: Vec<Values>,
}

#[derive(Deserialize)]
struct Line {
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
}

impl Golden {
    /// Reads lines of golden vectors; none unless all of them fit the manifest.
    pub(crate) fn read(text: &[u8], manifest: &Manifest) -> Option<Vec<Self>> {
        let lines = text.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.is_empty());
        let golden: Option<Vec<_>> = lines.map(|line| Self::of(line, manifest)).collect();
        golden.filter(|golden| (1..=GOLDEN_MAX).contains(&golden.len()))
    }

    fn of(line: &[u8], manifest: &Manifest) -> Option<Self> {
        let Line { inputs, outputs } = wire::decode(line).ok()?;
        let request = wire::inference::InferRequest {
            id: None,
            parameters: None,
            inputs,
            outputs: Vec::new(),
        };
        let question = manifest.take(&request).ok()?;
        let answer = manifest.outputs.iter().map(|port: &Port| {
            let tensor = outputs.iter().find(|tensor| tensor.name == port.name)?;
            port.read(tensor).ok()
        });
        let answer: Vec<_> = answer.collect::<Option<_>>()?;
        manifest.judge(question.rows, &answer).ok()?;
        Some(Self { question, answer })
    }

    /// Whether an answer is near enough.
    fn agrees(&self, answer: &[Values], tolerance: f64) -> bool {
        let near = |(left, right): (f64, f64)| (left - right).abs() <= tolerance;
        self.answer.len() == answer.len()
            && self.answer.iter().zip(answer).all(|(left, right)| {
                let (left, right) = (left.numbers(), right.numbers());
                left.len() == right.len() && left.into_iter().zip(right).all(near)
            })
    }
}

/// What a trial saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// How long loading took, in milliseconds.
    pub(crate) load_ms: f64,
    /// Three quarters of the runs took at most so long, in milliseconds.
    pub(crate) run_ms: f64,
    /// Most memory of the process, in megabytes.
    pub(crate) rss_mb: u64,
}

/// What the child tells.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Told {
    Passed(Seen),
    Slow(String),
    Failed(String),
}

/// Why a trial is not passed.
enum Flaw {
    /// It took too long, here and now.
    Slow(String),
    Failed(String),
}

impl From<String> for Flaw {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

impl From<&str> for Flaw {
    fn from(reason: &str) -> Self {
        Self::Failed(reason.to_owned())
    }
}

/// Tries models out.
#[derive(Debug, Clone)]
pub(crate) struct Prober {
    /// This program.
    pub(crate) program: PathBuf,
    pub(crate) library: PathBuf,
    pub(crate) sha256: Sha256,
}

impl Prober {
    /// Tries the model in a directory out.
    pub(crate) async fn probe(&self, dir: &Path) -> Result<Seen, ProbeError> {
        let child = Command::new(&self.program)
            .arg("probe")
            .arg(&self.library)
            .arg(self.sha256.to_string())
            .arg(dir)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(ProbeError::Start)?;
        let output = timeout(WITHIN, child.wait_with_output())
            .await
            .map_err(|_| ProbeError::Slow(format!("no answer within {WITHIN:?}")))?
            .map_err(ProbeError::Start)?;
        let told = output.stdout.get(..output.stdout.len().min(TOLD_MAX));
        let told: Option<Told> = told.and_then(|told| serde_json::from_slice(told).ok());
        match told {
            Some(Told::Passed(seen)) if output.status.success() => Ok(seen),
            Some(Told::Slow(reason)) => Err(ProbeError::Slow(reason)),
            Some(Told::Failed(reason)) => Err(ProbeError::Failed(reason)),
            Some(Told::Passed(_)) | None => Err(ProbeError::Failed(format!(
                "the trial died: {}",
                output.status
            ))),
        }
    }
}

/// A model did not pass.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    /// The child cannot be started; the model has done nothing wrong.
    #[error("cannot start a trial")]
    Start(#[source] io::Error),
    /// It took too long; whether for its own sake or because the machine had other work, one trial
    /// does not tell.
    #[error("{0}")]
    Slow(String),
    /// The model failed.
    #[error("{0}")]
    Failed(String),
}

/// The child's whole program, when the command line asks for it.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub fn probe() -> Option<ExitCode> {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let [word, library, sha256, dir] = &arguments[..] else {
        return None;
    };
    if word != "probe" {
        return None;
    }
    let told = match tried(Path::new(library), sha256, Path::new(dir)) {
        Ok(seen) => Told::Passed(seen),
        Err(Flaw::Slow(reason)) => Told::Slow(reason),
        Err(Flaw::Failed(reason)) => Told::Failed(reason),
    };
    let failed = !matches!(told, Told::Passed(_));
    println!("{}", serde_json::to_string(&told).unwrap_or_default());
    Some(ExitCode::from(u8::from(failed)))
}

fn tried(library: &Path, sha256: &OsString, dir: &Path) -> Result<Seen, Flaw> {
    let sha256 = sha256.to_str().and_then(|text| text.parse().ok());
    let sha256: Sha256 = sha256.ok_or("the digest is none")?;
    for (resource, most) in [
        (Resource::As, ADDRESS_SPACE),
        (Resource::Cpu, CPU_S),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(|error| format!("cannot bound the trial: {error}"))?;
    }
    let read = |name: &str| fs::read(dir.join(name)).map_err(|error| format!("{name}: {error}"));
    let manifest = Manifest::read(&read("manifest.json")?).map_err(|error| error.to_string())?;
    let golden = Golden::read(&read("golden.jsonl")?, &manifest).ok_or("no golden vectors")?;
    let onnx = Onnx::load(library, sha256).map_err(|error| error.to_string())?;
    let (clock, manifest) = (Clock::system(), Arc::new(manifest));
    let begun = clock.monotonic();
    let net = Net::load(&onnx, &read("model.onnx")?, Arc::clone(&manifest));
    let mut net = net.map_err(|error| error.to_string())?;
    let load_ms = ms(clock.monotonic().duration_since(begun));
    answers(&mut net, &manifest, &golden)?;
    let run_ms = pace(&mut net, &golden, &clock)?;
    let seen = Seen {
        load_ms,
        run_ms,
        rss_mb: rss_mb().ok_or("the machine does not tell the memory")?,
    };
    within_budget(&manifest, &seen)?;
    Ok(seen)
}

fn answers(net: &mut Net, manifest: &Manifest, golden: &[Golden]) -> Result<(), String> {
    for (place, vector) in golden.iter().enumerate() {
        let answer = run(net, &vector.question)?;
        let judged = manifest.judge(vector.question.rows, &answer);
        judged.map_err(|flaw| format!("golden vector {place}: {flaw}"))?;
        if !vector.agrees(&answer, manifest.tolerance) {
            return Err(format!("golden vector {place} is answered otherwise"));
        }
    }
    Ok(())
}

/// How long most runs take, in milliseconds.
fn pace(net: &mut Net, golden: &[Golden], clock: &Clock) -> Result<f64, String> {
    let mut runs = Vec::with_capacity(TIMED);
    for vector in golden.iter().cycle().take(TIMED.max(golden.len())) {
        let begun = clock.monotonic();
        run(net, &vector.question)?;
        runs.push(clock.monotonic().duration_since(begun));
    }
    runs.sort_unstable();
    Ok(ms(runs[(runs.len() - 1) * QUANTILE.0 / QUANTILE.1]))
}

fn run(net: &mut Net, question: &Question) -> Result<Vec<Values>, String> {
    let options = RunOptions::new().map_err(|error| error.to_string())?;
    net.run(question.rows, question.inputs.clone(), &options)
        .map_err(|error| error.to_string())
}

fn within_budget(manifest: &Manifest, seen: &Seen) -> Result<(), Flaw> {
    let budget = manifest.budget;
    if seen.rss_mb > u64::from(budget.rss_mb) {
        let (took, may) = (seen.rss_mb, budget.rss_mb);
        let reason = format!("memory: {took} MB are more than {may}");
        return Err(Flaw::Failed(reason));
    }
    if seen.run_ms > f64::from(budget.latency_ms) {
        let (took, may) = (seen.run_ms, budget.latency_ms);
        let reason = format!("latency: {took:.1} ms are more than {may}");
        return Err(Flaw::Slow(reason));
    }
    Ok(())
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// The most memory that this process has had (`proc_pid_status(5)`).
fn rss_mb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kb: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kb / 1_024)
}
