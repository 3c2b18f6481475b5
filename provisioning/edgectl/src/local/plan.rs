//! Everything that will run, before anything does.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::estate::{Estate, EstateError};
use super::files::{self, FileError};
use super::hotel::Hotel;
use super::launch::Launch;
use super::layout::Layout;
use super::models::{self, ModelsError};
use super::ports::{PortError, Ports};
use super::roster::Kind;
use super::settings::{self, POSTGRES, SettingsError};
use super::shelf::{self, ShelfError};
use super::watch::{Kept, Readiness};
use crate::backup::{self, BackupError};
use crate::recipe::{self, Recipe, RecipeError};

mod component;
mod description;
mod simulated;

/// The component that every other one meets on.
const BROKER: &str = "broker";

/// The component that is given models.
const INFERENCE: &str = "inference";

/// The components that the simulated cloud runs as well.
const SIGNALING: &str = "signaling";
const REPLICA_SYNC: &str = "replica-sync";

/// Where the programs and recipes are.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    pub(super) artifacts: PathBuf,
    pub(super) recipes: PathBuf,
    pub(super) venv: PathBuf,
    /// The release that components come from, with a directory for each; as built when none.
    pub(super) installed: Option<PathBuf>,
}

impl Sources {
    /// Where the artifacts of a component are.
    fn artifacts_of(&self, name: &str) -> PathBuf {
        let installed = self.installed.as_ref().map(|dir| dir.join(name));
        installed.unwrap_or_else(|| self.artifacts.clone())
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Simulated rooms; as many as before when not said.
    pub(super) rooms: Option<u32>,
    /// Where components serve others; where they did before when not said.
    pub(super) listen: Option<IpAddr>,
    /// Names of the parts to run; all when empty.
    pub(super) only: Vec<String>,
}

/// What will run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) hotel: Hotel,
    /// Taken from other local hotels as long as this lives.
    ports: Ports,
    pub(super) installs: Vec<Install>,
    /// In the order of their starts.
    pub(super) parts: Vec<Kept>,
}

/// Something to be run to its end before anything is started.
#[derive(Debug)]
pub(super) struct Install {
    pub(super) name: String,
    pub(super) launch: Launch,
    pub(super) within: Duration,
}

/// Makes the plan, and the files it needs.
pub(super) fn make(layout: &Layout, sources: &Sources, wanted: &Wanted) -> Result<Plan, PlanError> {
    let recipes = shelf::read(sources.installed.as_ref().unwrap_or(&sources.recipes))?;
    wanted.refuse_unknown(&recipes)?;
    let ports = choose_ports(layout, &recipes)?;
    if wanted.includes(INFERENCE) {
        models::install(layout, sources)?;
    }
    if !layout.backup_key().is_file() {
        backup::make_key(&layout.backup_key()).map_err(|source| PlanError::Backup {
            source: Box::new(source),
        })?;
    }
    let estate = found_estate(layout, &recipes, wanted)?;
    let hotel = description::describe(layout, &recipes, &ports, estate)?;
    let mut plan = Plan {
        hotel,
        ports,
        installs: Vec::new(),
        parts: Vec::new(),
    };
    if wanted.includes(simulated::S3) {
        plan.parts
            .push(simulated::s3(layout, sources, &plan.hotel, &plan.ports)?);
    }
    for recipe in &recipes {
        let configuration = settings::configuration(recipe, &plan.hotel, &plan.ports, layout)?;
        if wanted.includes(&recipe.name) {
            plan.add_component(layout, sources, recipe, &configuration)?;
        } else {
            // For whoever starts it instead of us.
            files::write_json(&layout.config(&recipe.name), &configuration)?;
        }
    }
    let signaling = recipes.iter().find(|recipe| recipe.name == SIGNALING);
    if let Some(recipe) = signaling.filter(|_| wanted.includes(simulated::CLOUD)) {
        let world = (&plan.hotel, &plan.ports);
        plan.parts
            .push(simulated::cloud(layout, sources, world, recipe)?);
    }
    plan.add_hub(layout, sources, &recipes, wanted)?;
    if wanted.includes(simulated::PRINTER) {
        plan.parts
            .push(simulated::printer(layout, sources, &plan.hotel)?);
    }
    if wanted.includes(simulated::DEVICES) {
        plan.parts.push(simulated::devices(layout, sources)?);
    }
    files::write_json(&layout.hotel(), &plan.hotel)?;
    Ok(plan)
}

impl Plan {
    /// Adds the hub of the simulated cloud and its database, as recipes for boxes say.
    fn add_hub(
        &mut self,
        layout: &Layout,
        sources: &Sources,
        recipes: &[Recipe],
        wanted: &Wanted,
    ) -> Result<(), PlanError> {
        let of = |name: &str| recipes.iter().find(|recipe| recipe.name == name);
        if let Some(recipe) = of(POSTGRES).filter(|_| wanted.includes(simulated::HUB_POSTGRES)) {
            let mut twin = recipe.clone();
            simulated::HUB_POSTGRES.clone_into(&mut twin.name);
            let configuration = settings::configuration(&twin, &self.hotel, &self.ports, layout)?;
            self.add_component(layout, sources, &twin, &configuration)?;
            if let Some(added) = self.parts.last_mut() {
                added.kind = Kind::Simulated;
            }
        }
        if let Some(recipe) = of(REPLICA_SYNC).filter(|_| wanted.includes(simulated::HUB)) {
            let world = (&self.hotel, &self.ports);
            let hub = simulated::hub(layout, sources, world, recipe)?;
            self.parts.push(hub);
        }
        Ok(())
    }
}

fn choose_ports(layout: &Layout, recipes: &[Recipe]) -> Result<Ports, PortError> {
    let mut usual: BTreeMap<_, _> = recipes.iter().flat_map(settings::usual_ports).collect();
    usual.insert(simulated::S3.to_owned(), simulated::S3_PORT);
    let simulated = [
        simulated::PRINTER_PORTS,
        simulated::CLOUD_PORTS,
        simulated::HUB_PORTS,
    ];
    usual.extend(
        simulated
            .iter()
            .copied()
            .flatten()
            .map(|(purpose, usual)| ((*purpose).to_owned(), *usual)),
    );
    Ports::choose(layout, &usual)
}

fn found_estate(layout: &Layout, recipes: &[Recipe], wanted: &Wanted) -> Result<Estate, PlanError> {
    let has_identity = |recipe: &&Recipe| recipe::declares(&recipe.defaults, "/identity_dir");
    let names: Vec<_> = recipes
        .iter()
        .filter(has_identity)
        .map(|recipe| &*recipe.name)
        .collect();
    let founded = Estate::found(layout, &names, wanted.rooms, wanted.listen);
    let estate = founded.map_err(|source| PlanError::Estate {
        source: Box::new(source),
    })?;
    if estate.policy_changed {
        forget_seed(layout)?;
    }
    Ok(estate)
}

/// Lets the broker's next start take up the new policy.
fn forget_seed(layout: &Layout) -> Result<(), FileError> {
    let path = layout.data(BROKER).join("dynamic-security.json");
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(FileError::Write { path, source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

impl Wanted {
    fn includes(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    fn refuse_unknown(&self, recipes: &[Recipe]) -> Result<(), PlanError> {
        let simulated = |name: &str| simulated::PARTS.contains(&name);
        let component = |name: &str| recipes.iter().any(|recipe| recipe.name == name);
        match self
            .only
            .iter()
            .find(|name| !simulated(name) && !component(name))
        {
            None => Ok(()),
            Some(name) => Err(PlanError::UnknownPart { name: name.clone() }),
        }
    }
}

fn kept(layout: &Layout, name: &str, kind: Kind, launch: Launch, readiness: Readiness) -> Kept {
    Kept {
        name: name.to_owned(),
        kind,
        launch,
        readiness,
        socket: layout.socket(name),
    }
}

fn present(name: &str, path: &Path) -> Result<(), PlanError> {
    if path.exists() {
        Ok(())
    } else {
        Err(PlanError::NoProgram {
            name: name.to_owned(),
            path: path.to_owned(),
        })
    }
}

/// The hotel cannot be planned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// The recipes do not fit together.
    #[error("cannot read recipes")]
    Shelf(#[from] ShelfError),
    /// A recipe cannot be run here.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A component cannot be configured.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// There is nowhere to listen.
    #[error("cannot choose ports")]
    Ports(#[from] PortError),
    /// Models cannot be installed.
    #[error("cannot install the models")]
    Models(#[from] ModelsError),
    /// The key of backups cannot be made.
    #[error("cannot make the key of backups")]
    Backup {
        /// Why not.
        source: Box<BackupError>,
    },
    /// The property cannot be made.
    #[error("cannot make the property")]
    Estate {
        /// Why not.
        source: Box<EstateError>,
    },
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody could meet.
    #[error("no recipe named {BROKER} declares /listener/port")]
    NoBroker,
    /// A part is asked for that does not exist.
    #[error("there is no part named {name}")]
    UnknownPart {
        /// The name.
        name: String,
    },
    /// A program was not built or not installed.
    #[error("{name}: there is no program {}", path.display())]
    NoProgram {
        /// Whose.
        name: String,
        /// Where it should be.
        path: PathBuf,
    },
}
