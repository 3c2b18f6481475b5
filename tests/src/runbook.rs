//! The commands of a runbook, as they stand there, and somebody who types them.
//!
//! A block that can be run is fenced as `sh` or `sql` and has a name after that: `sh make-image`. What
//! is only shown is fenced as `text`. That every block is typed by a test is seen to by
//! `tests/it/tidy`.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::hotel::{Hotel, artifacts, repository};

/// Languages of blocks that are typed.
const TYPED: &[&str] = &["sh", "sql"];
/// What stands at the top of the repository and may be named by a page.
const TREE: &[&str] = &["docs", "infra", "recipes"];
/// Programs of this workspace that pages call.
const PROGRAMS: &[&str] = &["edgectl", "hotel-sim"];

/// A page of `docs/runbooks`.
#[derive(Debug)]
pub struct Runbook {
    page: String,
    blocks: Vec<Block>,
    taken: BTreeSet<String>,
}

#[derive(Debug)]
struct Block {
    name: String,
    commands: String,
}

impl Runbook {
    /// Reads a page: `provisioning.md`.
    ///
    /// # Panics
    ///
    /// When there is no such page.
    pub fn read(page: &str) -> Self {
        let path = repository().join("docs/runbooks").join(page);
        let text = fs::read_to_string(path).expect("the page is in docs/runbooks");
        Self {
            page: page.to_owned(),
            blocks: blocks(&text),
            taken: BTreeSet::new(),
        }
    }

    /// The commands of a block.
    ///
    /// # Panics
    ///
    /// When the page has no such block.
    pub fn take(&mut self, name: &str) -> String {
        let block = self.blocks.iter().find(|block| block.name == name);
        let page = &self.page;
        let block = block.unwrap_or_else(|| panic!("{page} has no block {name}"));
        self.taken.insert(name.to_owned());
        block.commands.clone()
    }

    /// Says that every block of commands was taken.
    ///
    /// # Panics
    ///
    /// When one was not, with its name.
    pub fn is_done(&self) {
        let left: Vec<_> = self
            .blocks
            .iter()
            .filter(|block| !self.taken.contains(&block.name))
            .map(|block| &block.name)
            .collect();
        let page = &self.page;
        assert!(left.is_empty(), "no test runs {left:?} of {page}");
    }
}

/// Every fenced block of commands; one without a name is called by its first line.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else {
            continue;
        };
        let commands: Vec<_> = lines
            .by_ref()
            .take_while(|line| !line.starts_with("```"))
            .collect();
        let (language, name) = fence.split_once(' ').unwrap_or((fence, ""));
        if !TYPED.contains(&language) {
            continue;
        }
        let name = match name.trim() {
            "" => commands.first().copied().unwrap_or_default(),
            name => name,
        };
        blocks.push(Block {
            name: name.to_owned(),
            commands: commands.join("\n"),
        });
    }
    blocks
}

/// Somebody at a shell, in a directory of their own that looks like the top of the repository.
#[derive(Debug)]
pub struct Desk {
    directory: TempDir,
    words: Vec<(String, OsString)>,
}

impl Desk {
    /// A desk with the programs that pages call: ours, and AWS's own.
    ///
    /// # Panics
    ///
    /// When the scratch directory cannot be written.
    pub fn new() -> Self {
        let desk = Self {
            directory: tempfile::tempdir().expect("a scratch directory can be made"),
            words: Vec::new(),
        };
        for name in TREE {
            desk.link(&repository().join(name), name);
        }
        for directory in ["bin", "provisioning", "target/debug"] {
            fs::create_dir_all(desk.path(directory)).expect("a desk is writable");
        }
        for name in PROGRAMS {
            desk.link(&artifacts().join(name), &format!("bin/{name}"));
        }
        desk.link(&Hotel::python().with_file_name("aws"), "bin/aws");
        desk.copy_scripts();
        desk
    }

    /// The same, beside a local hotel.
    pub fn beside(hotel: &Hotel) -> Self {
        let mut desk = Self::new();
        desk.link(hotel.dir(), ".local");
        desk.word("DIR", ".local");
        desk
    }

    /// The same with everything built, for scripts that build first: `cargo` and `npm` find
    /// nothing to do, and the Python environment is that of the tests.
    ///
    /// # Panics
    ///
    /// When the scratch directory cannot be written.
    pub fn built() -> Self {
        let mut desk = Self::new();
        let console = desk.path("components/console");
        fs::create_dir_all(console.join("node_modules")).expect("a desk is writable");
        fs::create_dir_all(console.join("pages")).expect("a desk is writable");
        let ours = repository().join("components");
        desk.link(&ours.join("inference"), "components/inference");
        let lock = "console/package-lock.json";
        desk.link(&ours.join(lock), &format!("components/{lock}"));
        for entry in fs::read_dir(artifacts()).expect("programs are built") {
            let name = entry.expect("it can be read").file_name();
            let name = name.to_str().expect("names are UTF-8");
            // Scripts put the pages there themselves, from where they were built.
            let place = match name {
                "pages" => "components/console/pages/dist".to_owned(),
                name => format!("target/debug/{name}"),
            };
            desk.link(&artifacts().join(name), &place);
        }
        let cargo = env::var("CARGO").expect("tests are run by cargo");
        desk.program(
            "cargo",
            &format!("[ \"$1\" = build ] || exec {cargo} \"$@\""),
        );
        desk.program("npm", "exit 0");
        let venv = Hotel::python();
        let venv = venv.ancestors().nth(2).expect("it is in an environment");
        desk.word("HOTEL_VENV", venv);
        desk
    }

    /// A program of few words.
    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a desk is writable");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&path, mode).expect("a desk is writable");
    }

    /// Scripts find the repository by where they stand themselves, so they are no links.
    fn copy_scripts(&self) {
        let scripts = fs::read_dir(repository().join("provisioning")).expect("it is there");
        let files = scripts.filter_map(Result::ok).map(|entry| entry.path());
        for file in files.filter(|path| path.is_file()) {
            let name = file.file_name().expect("files have names");
            fs::copy(&file, self.path("provisioning").join(name)).expect("a desk is writable");
        }
    }

    fn link(&self, to: &Path, name: &str) {
        symlink(to, self.path(name)).expect("a desk is writable");
    }

    /// A file of the desk.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Sets a word that the page leaves to its reader.
    pub fn word(&mut self, name: &str, value: impl Into<OsString>) {
        self.words.push((name.to_owned(), value.into()));
    }

    /// Types commands as they stand, and returns how that ended.
    ///
    /// # Panics
    ///
    /// When there is no `bash`.
    pub fn types(&self, commands: &str) -> Output {
        let path = env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.path("bin").display());
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", commands])
            .current_dir(self.directory.path())
            .env("PATH", path)
            // Scripts look for programs beside themselves.
            .env_remove("CARGO_TARGET_DIR")
            .envs(self.words.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .expect("bash can be started")
    }

    /// Types a block, which does what the page says, and returns what it printed.
    ///
    /// # Panics
    ///
    /// When it fails, with what it said.
    #[track_caller]
    pub fn follows(&self, book: &mut Runbook, block: &str) -> String {
        let output = self.types(&book.take(block));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (printed, told) = (text(&output.stdout), text(&output.stderr));
        assert!(
            output.status.success(),
            "{block}: {}\n{printed}{told}",
            output.status
        );
        printed
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}
