//! A box as it stands in a hotel: default places and ports, and a Unix user for each component.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use hotel_tests::eventually;
use hotel_tests::fleet::{Claims, Fleet};
use hotel_tests::hotel::{LIMIT, artifacts, repository};
use hotel_tests::machine::{Machine, Sees};
use serde_json::{Value, json};

use super::site::{Site, finish};

const SERIAL: &str = "NUC-0001";
/// Where images put the hotel, and where the nucleus puts programs.
const HOTEL: &str = "/var/lib/hotel";
const PROGRAMS: &str = "/var/lib/programs";

/// A component as its recipe describes it.
struct Component {
    name: String,
    recipe: Value,
    configuration: Value,
}

impl Component {
    /// Everything that a release brings, configured as `infra/deployment.yaml` does.
    fn all() -> Vec<Self> {
        let deployment = yaml(&repository().join("infra/deployment.yaml"));
        let folders = fs::read_dir(repository().join("recipes")).unwrap();
        let mut all: Vec<_> = folders
            .map(|folder| Self::read(&folder.unwrap().path(), &deployment["configuration"]))
            .collect();
        // The nucleus starts what others depend on before them.
        all.sort_by_key(|component| (!component.is_basis(), component.name.clone()));
        all
    }

    fn read(folder: &Path, deployed: &Value) -> Self {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let recipe = yaml(&folder.join("recipe.yaml"));
        let mut configuration = recipe["ComponentConfiguration"]["DefaultConfiguration"].clone();
        merge(&mut configuration, &deployed[&name]);
        let ours = json!({
            "tenant": "acme", "property": "seaside", "box": "box-1",
            "trust_domain": "hotel.internal",
        });
        for (key, value) in ours.as_object().unwrap() {
            if let Some(place) = configuration.get_mut(key) {
                *place = value.clone();
            }
        }
        Self {
            name,
            recipe,
            configuration,
        }
    }

    fn is_basis(&self) -> bool {
        matches!(&*self.name, "broker" | "postgres")
    }

    fn user(&self) -> &str {
        self.configuration["unix_user"].as_str().unwrap()
    }

    /// The port of its readiness, if it has one.
    fn admin(&self) -> Option<&str> {
        self.configuration.pointer("/admin/port")?.as_str()
    }

    fn lifecycle(&self) -> &Value {
        &self.recipe["Manifests"][0]["Lifecycle"]
    }

    /// A step with its environment, as the nucleus runs it.
    fn step(&self, name: &str) -> String {
        let environment = self.lifecycle()["Setenv"].as_object();
        let exports = environment.into_iter().flatten().map(|(name, value)| {
            let value = self.filled(value.as_str().unwrap());
            format!("export {name}='{value}'")
        });
        let script = self.lifecycle()[name]["Script"].as_str().unwrap();
        let lines: Vec<_> = exports.chain([self.filled(script)]).collect();
        lines.join("\n")
    }

    fn filled(&self, text: &str) -> String {
        let text = text
            .replace("{artifacts:path}", PROGRAMS)
            .replace("{artifacts:decompressedPath}", PROGRAMS);
        let mut parts = text.split("{configuration:");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |done, part| {
            let (pointer, rest) = part.split_once('}').unwrap();
            let value = self.configuration.pointer(pointer).unwrap();
            format!("{done}{}{rest}", value.as_str().unwrap())
        })
    }

    /// Configures what nobody can know before: keys.
    fn wish(&mut self, machine: &Machine) {
        match &*self.name {
            "replica-sync" => {
                let new = format!("{PROGRAMS}/edgectl backup key new {HOTEL}/backup.key");
                self.configuration["backup"]["recipient"] = machine.sh(&new).trim().into();
            }
            "inference" => {
                let new = format!("{PROGRAMS}/edgectl model key {HOTEL}/models.key");
                let key = machine.sh(&new);
                machine.sh(&format!(
                    "cp -r {PROGRAMS}/models {HOTEL}/models; cd {HOTEL}/models
                    for bundle in */*; do
                      {PROGRAMS}/edgectl model sign --key ../models.key $bundle
                    done"
                ));
                self.configuration["bundles"]["keys"] = json!([key.trim()]);
                self.configuration["bundles"]["directory"] = format!("{HOTEL}/models").into();
            }
            _ => {}
        }
    }

    /// Starts it as the nucleus does: as root, with its configuration at hand.
    fn start(&self, machine: &Machine, site: &Site) -> Child {
        let configuration = format!("configuration-{}.json", self.name);
        fs::write(site.path(&configuration), self.configuration.to_string()).unwrap();
        let log = fs::File::create(site.path(&format!("{}.log", self.name))).unwrap();
        let mut command = machine.command(Sees::ItsOwn, "sh");
        command
            .args(["-c", &self.step("startup")])
            .env("HOTEL_CONFIG", format!("{HOTEL}/{configuration}"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log));
        command.spawn().unwrap()
    }
}

fn yaml(path: &Path) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Puts values over others, as a deployment's `merge` does.
fn merge(into: &mut Value, values: &Value) {
    let Some(values) = values.as_object() else {
        if !values.is_null() {
            *into = values.clone();
        }
        return;
    };
    for (key, value) in values {
        merge(&mut into[key], value);
    }
}

/// What runs on the machine as a user: the names of programs.
fn programs_of(machine: &Machine, user: &str) -> Vec<String> {
    let listed = machine.sh(&format!("ps -o comm= -u {user} || true"));
    listed.lines().map(|line| line.trim().to_owned()).collect()
}

// provisioning-1.5 greengrass-1.5
#[tokio::test]
async fn every_component_works_as_a_unix_user_of_its_own() {
    let fleet = Fleet::with(&[SERIAL], Claims { days: 30 }).await;
    let mut site = Site::new(&fleet, SERIAL).await;
    site.set("/users", true);
    let directories = [(site.dir(), HOTEL), (&*artifacts(), PROGRAMS)];
    let Some(machine) = Machine::start(&directories) else {
        eprintln!("skipped: this machine gives no namespaces away");
        return;
    };
    let mut components = Component::all();
    for component in &mut components {
        component.wish(&machine);
    }
    // Images make the users; a release may bring a component that is younger than the image.
    let young = "console";
    for component in components.iter().filter(|one| one.name != young) {
        machine.sh(&format!(
            "useradd --system --no-create-home {}",
            component.user()
        ));
    }
    machine.sh(&components
        .iter()
        .find(|one| one.name == young)
        .unwrap()
        .step("install"));
    let mut boot = machine.command(Sees::TheWorld, PROGRAMS.to_owned() + "/edgectl");
    boot.args(["first-boot", "--dir", HOTEL, "--plan"])
        .arg(site.plan());
    let boot = finish(boot).await;
    assert_eq!(boot.code, Some(0), "{}", boot.said);

    for component in components.iter().chain(&components) {
        machine.sh(&component.step("install"));
    }
    let running = Running {
        components: &components,
        site: &site,
        children: components
            .iter()
            .map(|component| component.start(&machine, &site))
            .collect(),
    };
    for component in &components {
        running.is_ready(&machine, component).await;
    }
    assert_eq!(
        programs_of(&machine, "hotel-broker"),
        ["supervise", "mosquitto"]
    );

    // From the database of one user to the spool of another, by way of a group of two.
    let edgectl = |arguments: &str| {
        let broker = "--broker 127.0.0.1:8883";
        machine.sh(&format!(
            "{PROGRAMS}/edgectl {arguments} --dir {HOTEL} {broker} --json"
        ))
    };
    edgectl("backup now");
    eventually("uplink has taken the backup over", LIMIT, || async {
        let stat: Value = serde_json::from_str(&edgectl("uplink stat")).ok()?;
        (stat["files"]["waiting"] == 1).then_some(())
    })
    .await;
    for (user, file) in [
        ("hotel-console", "authority/ca/ca.key"),
        ("hotel-authority", "broker/identity/key.pem"),
        ("hotel-inference", "handover"),
        ("hotel-console", "postgres/data/cluster"),
    ] {
        let read =
            format!("setpriv --reuid {user} --clear-groups cp -r {HOTEL}/{file} /dev/shm/stolen");
        let refused = machine.sh(&format!("{read} 2>&1 && echo stolen || true"));
        assert!(refused.contains("Permission denied"), "{user}: {refused}");
    }
}

/// Everything that was started; what it said is told when a test fails.
struct Running<'a> {
    components: &'a [Component],
    site: &'a Site,
    children: Vec<Child>,
}

impl Running<'_> {
    /// Waits until a component is ready, and looks who runs it.
    async fn is_ready(&self, machine: &Machine, component: &Component) {
        let Some(port) = component.admin() else {
            return;
        };
        let address = format!("http://127.0.0.1:{port}/readyz");
        eventually(&format!("{} is ready", component.name), LIMIT, || async {
            let mut ask = machine.command(Sees::ItsOwn, "curl");
            ask.args(["--silent", "--fail", &address]);
            (finish(ask).await.code == Some(0)).then_some(())
        })
        .await;
        let programs = programs_of(machine, component.user());
        assert!(programs.contains(&component.name), "{programs:?}");
    }
}

impl Drop for Running<'_> {
    #[expect(
        clippy::print_stderr,
        reason = "a failed test shows what happened; the harness captures stderr"
    )]
    fn drop(&mut self) {
        for child in &mut self.children {
            drop(child.kill());
            drop(child.wait());
        }
        if !std::thread::panicking() {
            return;
        }
        for component in self.components {
            let log = self.site.path(&format!("{}.log", component.name));
            let log = fs::read_to_string(log).unwrap_or_default();
            eprintln!("-- {}\n{log}", component.name);
        }
    }
}
