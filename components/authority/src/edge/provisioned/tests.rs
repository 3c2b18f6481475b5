use kit::health::Health;
use wire::Component;

use super::*;

const TWO: &str = r#"{"v":1,"principals":{"console":"component","lock-1":"device"}}"#;
const THREE: &str =
    r#"{"v":1,"principals":{"console":"component","lock-1":"device","tablet-1":"peer"}}"#;

fn ready(health: &Health) -> bool {
    health.report().ready()
}

// authority-1.1
#[test]
fn names_are_followed_while_they_grow_and_a_damaged_ledger_leaves_the_last_good_one() {
    let (dir, health) = (tempfile::tempdir().unwrap(), Health::new());
    let mut provisioned = Provisioned::new(dir.path(), health.need("principals"));
    assert_eq!(provisioned.changed(), None);
    assert!(!ready(&health));

    let ledger = dir.path().join(LEDGER);
    fs::write(&ledger, TWO).unwrap();
    assert_eq!(provisioned.changed().unwrap().len(), 2);
    assert_eq!(provisioned.changed(), None);
    assert!(ready(&health));

    fs::write(&ledger, &TWO[..40]).unwrap();
    assert_eq!(provisioned.changed(), None);
    assert!(!ready(&health));
    assert!(provisioned.holder(&"lock-1".parse().unwrap()).is_some());

    fs::write(&ledger, THREE).unwrap();
    assert_eq!(provisioned.changed().unwrap().len(), 3);
    assert!(ready(&health));
}

#[test]
fn a_name_stands_for_the_kind_that_provisioning_gave_it_to() {
    let (dir, health) = (tempfile::tempdir().unwrap(), Health::new());
    fs::write(dir.path().join(LEDGER), THREE).unwrap();
    let mut provisioned = Provisioned::new(dir.path(), health.need("principals"));
    let standings = provisioned.changed().unwrap();
    let console: Principal = "console".parse().unwrap();
    let tablet: Principal = "tablet-1".parse().unwrap();
    assert_eq!(standings[&console], Standing::Component);
    assert_eq!(standings[&tablet], Standing::Device);
    let holder = Holder::Component(Component::Console);
    assert_eq!(provisioned.holder(&console), Some(holder));
    assert_eq!(provisioned.holder(&tablet), Some(Holder::Peer(tablet)));
    assert_eq!(provisioned.holder(&"lock-2".parse().unwrap()), None);
}
