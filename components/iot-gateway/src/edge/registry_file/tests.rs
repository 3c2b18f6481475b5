use std::fs;

use kit::health::Health;

use super::*;

const ONE: &str = r#"{"v":1,"devices":[{"device":"a","kind":"lock","capabilities":[]}]}"#;

/// A registry file that is written and looked at step by step.
struct Scene {
    directory: tempfile::TempDir,
    health: Health,
    file: RegistryFile,
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let health = Health::new();
        let path = directory.path().join("devices.json");
        let file = RegistryFile::new(path, health.need("registry"));
        Self {
            directory,
            health,
            file,
        }
    }

    /// Writes the file and compares how many devices are found, if it is news, and the health.
    async fn check(&mut self, text: &str, found: Option<usize>, healthy: bool) {
        fs::write(self.directory.path().join("devices.json"), text).unwrap();
        let devices = self.file.changed().await;
        assert_eq!(devices.map(|devices| devices.len()), found);
        assert_eq!(self.health.report().ready(), healthy);
    }
}

// iot-gateway-1.3
#[tokio::test]
async fn a_file_that_cannot_be_used_leaves_the_last_good_one() {
    let mut scene = Scene::new();
    scene.check(ONE, Some(1), true).await;
    scene.check("{", None, false).await;
    scene.check("{", None, false).await;
    scene.check(ONE, Some(1), true).await;
}

#[tokio::test]
async fn a_file_is_news_only_when_it_changed() {
    let mut scene = Scene::new();
    scene.check(ONE, Some(1), true).await;
    scene.check(ONE, None, true).await;
    scene.check(r#"{"v":1,"devices":[]}"#, Some(0), true).await;
}

#[tokio::test]
async fn a_missing_file_is_no_empty_registry() {
    let mut scene = Scene::new();
    assert!(scene.file.changed().await.is_none());
    let [check] = &scene.health.report().checks()[..] else {
        panic!("one check")
    };
    assert!(
        check.detail.starts_with("cannot read registry "),
        "{}",
        check.detail
    );
}

#[tokio::test]
async fn a_registry_of_a_newer_version_is_not_believed() {
    let mut scene = Scene::new();
    scene.check(r#"{"v":2,"devices":[]}"#, None, false).await;
}
