//! Releases that tests pack, and the program that brings them to the cloud.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::aws::Aws;
use crate::hotel::{artifacts, repository};

/// A place where releases are packed and signed.
#[derive(Debug)]
pub struct Workshop {
    directory: TempDir,
    /// The public half of its key.
    pub key: String,
}

impl Workshop {
    /// A new key, and no release.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a scratch directory can be made");
        let key = directory.path().join("release.key");
        let made = delivery(None, &["key", "new", path(&key)]);
        let key = said(&made).trim().to_owned();
        Self { directory, key }
    }

    /// A file or directory in it.
    pub fn place(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes programs that do nothing: enough for the cloud, which never runs them.
    pub fn stand_ins(&self, content: &str) -> PathBuf {
        let programs = self.place("programs");
        fs::create_dir_all(&programs).expect("directories can be made");
        for name in ["uplink", "broker"] {
            fs::write(programs.join(name), format!("{name} {content}"))
                .expect("files can be written");
        }
        programs
    }

    /// Copies the recipes, with one text replaced in one of them.
    pub fn recipes(&self, component: &str, (from, to): (&str, &str)) -> PathBuf {
        let recipes = self.place("recipes");
        for name in ["broker", "uplink"] {
            let place = format!("{name}/recipe.yaml");
            let text = fs::read_to_string(repository().join("recipes").join(&place));
            let mut text = text.expect("recipes can be read");
            if name == component {
                assert!(text.contains(from), "{place} has no {from:?}");
                text = text.replace(from, to);
            }
            fs::create_dir_all(recipes.join(name)).expect("directories can be made");
            fs::write(recipes.join(place), text).expect("files can be written");
        }
        recipes
    }

    /// Copies of all programs without what only debuggers read, so that they travel fast.
    pub fn light_programs(&self) -> PathBuf {
        let programs = self.place("light");
        fs::create_dir_all(&programs).expect("directories can be made");
        for entry in fs::read_dir(artifacts()).expect("programs are listed") {
            let path = entry.expect("programs are listed").path();
            let to = programs.join(path.file_name().expect("it has a name"));
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() || path.extension().is_some() {
                std::os::unix::fs::symlink(&path, &to).expect("links can be made");
                continue;
            }
            let stripped = Command::new("strip").arg("-o").arg(&to).arg(&path).status();
            assert!(
                stripped.is_ok_and(|status| status.success()),
                "{}",
                path.display()
            );
        }
        programs
    }

    /// Packs every component; returns the list.
    pub fn pack_all(&self, version: &str, programs: &Path, more: &[&str]) -> PathBuf {
        let (dist, key) = (self.place("dist"), self.place("release.key"));
        let fixed = ["package", "--version", version, "--out", path(&dist)];
        let places = ["--key", path(&key), "--programs", path(programs)];
        let packed = delivery(None, &[&fixed[..], &places, more].concat());
        assert!(packed.status.success(), "{}", told(&packed));
        PathBuf::from(said(&packed).trim())
    }

    /// Packs `broker` and `uplink`; returns the list.
    pub fn pack(&self, version: &str, programs: &Path, more: &[&str]) -> PathBuf {
        let packed = self.try_pack(version, programs, more);
        assert!(packed.status.success(), "{}", told(&packed));
        PathBuf::from(said(&packed).trim())
    }

    /// The same, whatever comes of it.
    pub fn try_pack(&self, version: &str, programs: &Path, more: &[&str]) -> Output {
        let (dist, key) = (self.place("dist"), self.place("release.key"));
        let fixed = ["package", "--version", version, "--only", "broker,uplink"];
        let places = [
            "--out",
            path(&dist),
            "--key",
            path(&key),
            "--programs",
            path(programs),
        ];
        delivery(None, &[&fixed[..], &places, more].concat())
    }

    /// Publishes a release to the bucket `releases`.
    pub fn publish(&self, aws: &Aws, set: &Path, more: &[&str]) -> Output {
        let fixed = [
            "publish",
            "--rehearsal",
            "--bucket",
            BUCKET,
            "--set",
            path(set),
        ];
        delivery(
            Some(aws),
            &[&fixed[..], &["--trust", &self.key], more].concat(),
        )
    }

    /// Deploys a release, looking often.
    pub fn deploy(&self, aws: &Aws, set: &Path, more: &[&str]) -> Output {
        let fixed = [
            "deploy",
            "--look-ms",
            "50",
            "--set",
            path(set),
            "--trust",
            &self.key,
        ];
        delivery(Some(aws), &[&fixed[..], more].concat())
    }
}

impl Default for Workshop {
    fn default() -> Self {
        Self::new()
    }
}

/// Every component of what was last deployed to a group, as a box that runs it reports them.
pub async fn deployed(aws: &Aws, group: &str) -> Vec<Value> {
    let end = format!(":thinggroup/{group}");
    let mut sent = aws.requests_of("CreateDeployment").await;
    sent.retain(|request| {
        let target = request.input["targetArn"].as_str();
        request.status < 300 && target.is_some_and(|target| target.ends_with(&end))
    });
    let sent = sent.pop().expect("something was deployed to the group");
    let components = sent.input["components"].as_object();
    let components = components.expect("a deployment has components").iter();
    let reported = |(name, wanted): (&String, &Value)| {
        json!({
            "componentName": name, "componentVersion": wanted["componentVersion"],
            "lifecycleState": "RUNNING",
        })
    };
    components.map(reported).collect()
}

/// The version of one component in a report.
pub fn reported<'r>(components: &'r [Value], name: &str) -> &'r Value {
    let mut components = components.iter();
    let found = components.find(|component| component["componentName"] == name);
    &found.expect("the component is reported")["componentVersion"]
}

/// The bucket of artifacts.
pub const BUCKET: &str = "releases";

/// Runs `cargo x …` without cargo.
pub fn delivery(aws: Option<&Aws>, arguments: &[&str]) -> Output {
    let mut command = Command::new(artifacts().join("delivery"));
    command.current_dir(repository()).args(arguments);
    if let Some(aws) = aws {
        aws.introduce(&mut command);
    }
    command.output().expect("delivery can be started")
}

/// What a program said on standard output.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a program said on standard output, as JSON.
pub fn said_json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", told(output)))
}

/// How a program ended and everything it said.
pub fn told(output: &Output) -> String {
    let complaints = String::from_utf8_lossy(&output.stderr);
    format!("{}\n{}{complaints}", output.status, said(output))
}

fn path(path: &Path) -> &str {
    path.to_str().expect("scratch directories have plain names")
}
