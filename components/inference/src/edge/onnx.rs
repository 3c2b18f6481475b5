//! ONNX Runtime: the library behind a pinned digest, and models as sessions of it.
//!
//! One thread a session and no spinning: on a small box idle pools cost more than they give, and
//! slow the rest of the hotel down. Telemetry is off; of what the runtime logs only level and place
//! are kept, because its words may hold inputs.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{NoSelectedOutputs, RunOptions, Session, SessionInputValue};
use ort::value::{DynValue, Tensor, TensorElementType, ValueType};
use ring::digest::{Context, SHA256};
use wire::Sha256;

use crate::manifest::{Datatype, Manifest, Port};
use crate::tensor::Values;

/// How many bytes of the library are digested at a time.
const CHUNK: usize = 64 * 1024;

/// Ends a run from elsewhere.
pub(crate) type Options = RunOptions<NoSelectedOutputs>;

/// The loaded library; once a process.
#[derive(Debug, Clone)]
pub(crate) struct Onnx(Environment);

impl Onnx {
    /// Loads the library, if it is the one that was pinned.
    pub(crate) fn load(library: &Path, pinned: Sha256) -> Result<Self, LoadError> {
        let found = digest(library).map_err(|source| LoadError::Read {
            path: library.to_owned(),
            source,
        })?;
        if found != pinned {
            let path = library.to_owned();
            return Err(LoadError::Digest { path, found });
        }
        let environment = ort::init_from(library)
            .map_err(|error| LoadError::Library(error.to_string()))?
            .with_name("inference")
            .with_telemetry(false)
            .with_logger(Arc::new(|level, category, _, place, _| {
                log(level, category, place);
            }))
            .build()
            .map_err(|error| LoadError::Library(error.to_string()))?;
        Ok(Self(environment))
    }
}

fn log(level: LogLevel, category: &str, place: &str) {
    if matches!(level, LogLevel::Error | LogLevel::Fatal) {
        tracing::warn!(category, place, "the runtime complains");
    } else {
        tracing::debug!(category, place, "the runtime speaks");
    }
}

fn digest(path: &Path) -> io::Result<Sha256> {
    let (mut file, mut context) = (File::open(path)?, Context::new(&SHA256));
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            length => context.update(&chunk[..length]),
        }
    }
    let digest = context.finish();
    let octets = digest.as_ref().try_into();
    Ok(Sha256(octets.expect("SHA-256 has 32 octets")))
}

/// A model that can be run.
#[derive(Debug)]
pub(crate) struct Net {
    session: Session,
    manifest: Arc<Manifest>,
}

impl Net {
    /// Loads a model, if it is what its manifest says.
    pub(crate) fn load(
        onnx: &Onnx,
        model: &[u8],
        manifest: Arc<Manifest>,
    ) -> Result<Self, LoadError> {
        let session = session(onnx, model).map_err(|error| LoadError::Model(error.to_string()))?;
        let fits = |ports: &[Port], found: &[ort::value::Outlet]| {
            ports.len() == found.len()
                && ports.iter().all(|port| {
                    let mut found = found.iter();
                    found.any(|outlet| outlet.name() == port.name && is(port, outlet.dtype()))
                })
        };
        if !fits(&manifest.inputs, session.inputs()) {
            return Err(LoadError::Ports { which: "inputs" });
        }
        if !fits(&manifest.outputs, session.outputs()) {
            return Err(LoadError::Ports { which: "outputs" });
        }
        Ok(Self { session, manifest })
    }

    /// Runs the model; `options` can end it from elsewhere.
    pub(crate) fn run(
        &mut self,
        rows: usize,
        inputs: Vec<Values>,
        options: &Options,
    ) -> Result<Vec<Values>, RunError> {
        let ports = self.manifest.inputs.iter();
        let fed: Vec<(&str, SessionInputValue<'_>)> = ports
            .zip(inputs)
            .map(|(port, values)| Ok((port.name.as_str(), tensor(port, rows, values)?.into())))
            .collect::<ort::Result<_>>()?;
        let answer = self.session.run_with_options(fed, options)?;
        let outputs = self.manifest.outputs.iter();
        outputs
            .map(|port| values(port, &answer[port.name.as_str()]))
            .collect::<ort::Result<_>>()
            .map_err(RunError)
    }
}

fn session(onnx: &Onnx, model: &[u8]) -> ort::Result<Session> {
    Session::builder(&onnx.0)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        .with_parallel_execution(false)?
        .with_memory_pattern(true)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .commit_from_memory(model)
}

fn is(port: &Port, found: &ValueType) -> bool {
    let element = match port.datatype {
        Datatype::Fp32 => TensorElementType::Float32,
        Datatype::Int32 => TensorElementType::Int32,
        Datatype::Int64 => TensorElementType::Int64,
    };
    match found {
        ValueType::Tensor { ty, shape, .. } => {
            let fixed = shape.iter().zip(&port.shape).skip(1);
            *ty == element
                && shape.len() == port.shape.len()
                && fixed
                    .into_iter()
                    .all(|(found, declared)| *found == -1 || found == declared)
        }
        _ => false,
    }
}

fn tensor(port: &Port, rows: usize, values: Values) -> ort::Result<DynValue> {
    let mut shape = port.shape.clone();
    shape[0] = i64::try_from(rows).expect("a run has few rows");
    Ok(match values {
        Values::Fp32(values) => Tensor::from_array((shape, values))?.into_dyn(),
        Values::Int32(values) => Tensor::from_array((shape, values))?.into_dyn(),
        Values::Int64(values) => Tensor::from_array((shape, values))?.into_dyn(),
    })
}

fn values(port: &Port, value: &DynValue) -> ort::Result<Values> {
    Ok(match port.datatype {
        Datatype::Fp32 => Values::Fp32(value.try_extract_tensor::<f32>()?.1.to_vec()),
        Datatype::Int32 => Values::Int32(value.try_extract_tensor::<i32>()?.1.to_vec()),
        Datatype::Int64 => Values::Int64(value.try_extract_tensor::<i64>()?.1.to_vec()),
    })
}

/// The runtime or a model cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The library cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The library.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// It is not the library that was pinned.
    #[error("{} has the digest {found}, another one is pinned", path.display())]
    Digest {
        /// The library.
        path: PathBuf,
        /// Its digest.
        found: Sha256,
    },
    /// It is no ONNX Runtime that can be used.
    #[error("the library cannot be used: {0}")]
    Library(String),
    /// The model is none that the runtime takes.
    #[error("the model cannot be loaded: {0}")]
    Model(String),
    /// The model has others than its manifest says.
    #[error("the model has other {which} than its manifest")]
    Ports {
        /// Inputs or outputs.
        which: &'static str,
    },
}

/// A run failed; what the runtime says of it may hold inputs and is not shown.
#[derive(thiserror::Error)]
#[error("the runtime failed")]
pub(crate) struct RunError(ort::Error);

impl std::fmt::Debug for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RunError({:?})", self.0.code())
    }
}

impl From<ort::Error> for RunError {
    fn from(error: ort::Error) -> Self {
        Self(error)
    }
}
