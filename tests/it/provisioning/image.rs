//! The seed of a box, its firewall and its unit.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hotel_tests::hotel::{artifacts, repository};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::site::{Boot, finish};

/// An authority to join.
const CA: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A claim in a directory, as `edgectl cloud claim` leaves it.
fn claim(expires: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let record = json!({
        "v": 1, "serial": "NUC-0001", "certificate_id": "c1", "certificate_arn": "arn",
        "expires": expires,
    });
    fs::write(dir.path().join("claim.json"), record.to_string()).unwrap();
    fs::write(dir.path().join("cert.pem"), "CERTIFICATE OF THE CLAIM").unwrap();
    fs::write(dir.path().join("key.pem"), "KEY OF THE CLAIM").unwrap();
    fs::write(dir.path().join("roots.pem"), "ROOTS").unwrap();
    fs::write(dir.path().join("program"), "PROGRAM").unwrap();
    dir
}

/// Makes the seed beside its claim.
async fn seed(claim: &Path, more: &[&str]) -> Boot {
    let mut command = Command::new(artifacts().join("edgectl"));
    command
        .args(["image", "--tenant", "acme", "--property", "seaside"])
        .args(["--box", "box-1", "--region", "eu-central-1"])
        .args([
            "--data-endpoint",
            "data.example",
            "--credentials-endpoint",
            "cred.example",
        ])
        .args(["--hotel-network", "192.168.10.0/24"])
        .args(more)
        .arg("--claim")
        .arg(claim)
        .arg("--root-ca")
        .arg(claim.join("roots.pem"))
        .arg("--edgectl")
        .arg(claim.join("program"))
        .arg("--out")
        .arg(claim.join("seed"))
        .stdin(Stdio::null());
    finish(command).await
}

/// User data of a good seed.
async fn user_data(claim: &Path, more: &[&str]) -> Value {
    let made = seed(claim, more).await;
    assert_eq!(made.code, Some(0), "{}", made.said);
    let text = fs::read_to_string(claim.join("seed/user-data")).unwrap();
    let json = text.strip_prefix("#cloud-config\n").unwrap();
    serde_json::from_str(json).unwrap()
}

/// What a seed writes to a path of the box.
fn written<'a>(data: &'a Value, path: &str) -> &'a Value {
    let files = data["write_files"].as_array().unwrap();
    files.iter().find(|file| file["path"] == path).unwrap()
}

// provisioning-3.1
#[tokio::test]
async fn a_seed_makes_one_box() {
    let claim = claim("2096-01-01T00:00:00Z");
    let data = user_data(claim.path(), &["--nucleus", "classic", "--join", CA]).await;
    let plan = written(&data, "/etc/hotel/box.json");
    assert_eq!(plan["permissions"], "0600");
    let plan: Value = serde_json::from_str(plan["content"].as_str().unwrap()).unwrap();
    assert_eq!(plan["serial"], "NUC-0001");
    assert_eq!(plan["nucleus"]["kind"], "classic");
    assert_eq!(plan["property_from"], "join");
    assert_eq!(plan["property_ca"], CA);
    let key = written(&data, "/etc/hotel/claim/key.pem");
    assert_eq!(
        (&key["permissions"], &key["content"]),
        (&json!("0600"), &json!("KEY OF THE CLAIM"))
    );
    let users: Vec<_> = data["users"].as_array().unwrap().iter().collect();
    let named = |name: &str| users.iter().any(|user| user["name"] == name);
    assert!(named("hotel-uplink") && named("hotel-broker") && named("hotel-postgres"));
    assert!(!named("keeper"), "nobody logs in unless a key is given");
    let mode = fs::metadata(claim.path().join("seed/user-data"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

// provisioning-3.6
#[tokio::test]
async fn a_seed_brings_the_chain_root_or_refuses_what_is_none() {
    let claim = claim("2096-01-01T00:00:00Z");
    let file = claim.path().join("root.pem");
    let root = ["--chain-root-cert", file.to_str().unwrap()];
    fs::write(&file, "ROOT").unwrap();
    let refused = seed(claim.path(), &root).await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.said.contains("--chain-root-cert"),
        "{}",
        refused.said
    );
    assert!(!claim.path().join("seed").exists());

    let key = kit::ca::Key::generate();
    let made = kit::ca::ChainRoot::create(key, time::OffsetDateTime::now_utc()).unwrap();
    fs::write(&file, made.certificate()).unwrap();
    let data = user_data(claim.path(), &root).await;
    let plan = written(&data, "/etc/hotel/box.json")["content"].as_str();
    let plan: Value = serde_json::from_str(plan.unwrap()).unwrap();
    let place = plan["chain_root"].as_str().unwrap();
    assert_eq!(written(&data, place)["content"], made.certificate());
}

// provisioning-3.2
#[tokio::test]
async fn a_claim_that_has_ended_makes_no_seed() {
    let claim = claim("2026-01-01T00:00:00Z");
    let made = seed(claim.path(), &[]).await;
    assert_eq!(made.code, Some(1));
    assert!(
        made.said.contains("the claim expired at 2026-01-01"),
        "{}",
        made.said
    );
    assert!(!claim.path().join("seed").exists());
}

/// Whether a tool of the machine is there; what it would have checked is said when it is not.
#[expect(clippy::print_stderr, reason = "a test says what it skips")]
fn has(tool: &str) -> bool {
    let dirs = ["/usr/bin", "/usr/sbin"];
    let there = dirs.iter().any(|dir| Path::new(dir).join(tool).exists());
    if !there {
        eprintln!("skipped: {tool} is not installed");
    }
    there
}

// provisioning-3.1
#[tokio::test]
async fn cloud_init_knows_every_word_of_a_seed() {
    let claim = claim("2096-01-01T00:00:00Z");
    user_data(claim.path(), &[]).await;
    if !has("cloud-init") {
        return;
    }
    let mut command = Command::new("cloud-init");
    command
        .args(["schema", "--config-file"])
        .arg(claim.path().join("seed/user-data"));
    let checked = finish(command).await;
    assert_eq!(checked.code, Some(0), "{}", checked.said);
}

// provisioning-3.1
#[tokio::test]
async fn a_seed_can_be_a_disk() {
    if !has("xorriso") {
        return;
    }
    let claim = claim("2096-01-01T00:00:00Z");
    let iso = claim.path().join("seed.iso");
    let packed = seed(claim.path(), &["--iso", iso.to_str().unwrap()]).await;
    assert_eq!(packed.code, Some(0), "{}", packed.said);
    let disk = fs::read(&iso).unwrap();
    // The primary volume descriptor is in sector 16, its volume id at 40 (ECMA-119).
    assert_eq!(&disk[16 * 2048 + 40..16 * 2048 + 46], b"cidata");
    let mode = fs::metadata(&iso).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "it holds the claim's key");
}

// provisioning-3.3
#[tokio::test]
async fn the_kernel_takes_the_firewall() {
    let claim = claim("2096-01-01T00:00:00Z");
    let data = user_data(claim.path(), &["--keeper-network", "10.1.0.0/24"]).await;
    let rules = written(&data, "/etc/nftables.conf")["content"]
        .as_str()
        .unwrap();
    assert!(rules.contains("policy drop"), "{rules}");
    for port in [8883, 80, 443, 8080, 8090, 8443, 8444, 8000, 8500, 8600] {
        assert!(rules.contains(&port.to_string()), "{port}");
    }
    if !has("nft") || !rustix::process::getuid().is_root() {
        return;
    }
    let file = claim.path().join("nftables.conf");
    fs::write(&file, rules).unwrap();
    let mut command = Command::new("nft");
    command.arg("--check").arg("-f").arg(&file);
    let checked = finish(command).await;
    assert_eq!(checked.code, Some(0), "{}", checked.said);
}

// provisioning-3.4
#[tokio::test]
async fn the_unit_of_the_first_boot_is_confined() {
    if !has("systemd-analyze") {
        return;
    }
    let unit = repository().join("provisioning/image/hotel-first-boot.service");
    // What is not there before would keep the unit from starting, for ever.
    let text = fs::read_to_string(&unit).unwrap();
    let paths = text
        .lines()
        .filter_map(|line| line.strip_prefix("ReadWritePaths="));
    let mut needed = paths
        .flat_map(str::split_whitespace)
        .filter(|path| !path.starts_with('-'));
    assert!(
        needed.all(|path| path == "/etc/hotel"),
        "the seed writes there alone"
    );
    let mut command = Command::new("systemd-analyze");
    command
        .args(["security", "--offline=true", "--threshold=35", "--no-pager"])
        .arg(&unit);
    let judged = finish(command).await;
    assert_eq!(judged.code, Some(0), "{}", judged.said);
}

// provisioning-3.5
#[tokio::test]
async fn a_plan_waits_for_the_listeners_of_the_recipes() {
    let claim = claim("2096-01-01T00:00:00Z");
    let data = user_data(claim.path(), &[]).await;
    let plan = written(&data, "/etc/hotel/box.json")["content"]
        .as_str()
        .unwrap();
    let plan: Value = serde_json::from_str(plan).unwrap();
    let components = plan["deployment"]["components"].as_object().unwrap();
    assert_eq!(components.len(), 8);
    for (name, admin) in components {
        let recipe: PathBuf = repository().join(format!("recipes/{name}/recipe.yaml"));
        let recipe = fs::read_to_string(recipe).unwrap();
        let port = format!("port: \"{}\"", admin["port"]);
        let (_, after) = recipe.split_once("    admin:\n").unwrap();
        let listener: Vec<_> = after.lines().take(2).collect();
        assert!(
            listener[1].trim() == port,
            "{name}: {listener:?}, not {port}"
        );
    }
}

#[tokio::test]
async fn scripts_of_provisioning_are_well_formed() {
    if !has("shellcheck") {
        return;
    }
    let place = repository().join("provisioning");
    let mut command = Command::new("bash");
    command.current_dir(&place);
    command.args(["-c", "shellcheck -x ./*.sh image/install.sh"]);
    let checked = finish(command).await;
    assert_eq!(checked.code, Some(0), "{}", checked.said);
}
