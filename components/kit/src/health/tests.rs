use super::*;

fn missing(health: &Health) -> Vec<(String, String)> {
    let checks = health.report().checks();
    let missing = checks.into_iter().filter(|check| !check.ready);
    missing.map(|check| (check.name, check.detail)).collect()
}

#[test]
fn what_is_needed_is_missing_until_it_is_there() {
    let health = Health::new();
    let bus = health.need("bus");
    assert_eq!(
        missing(&health),
        [("bus".to_owned(), "not there yet".to_owned())]
    );
    bus.there();
    assert!(health.report().ready());
}

#[test]
fn one_missing_thing_is_enough_to_be_unready() {
    let health = Health::new();
    let (bus, journal) = (health.need("bus"), health.need("journal"));
    bus.there();
    journal.missing("disk full");
    assert!(!health.report().ready());
    assert_eq!(
        missing(&health),
        [("journal".to_owned(), "disk full".to_owned())]
    );
}

#[test]
fn the_same_news_again_wakes_nobody() {
    let health = Health::new();
    let bus = health.need("bus");
    bus.there();
    let mut watch = health.watch();
    watch.mark_unchanged();
    bus.there();
    health.backlog(0);
    assert!(!watch.has_changed().unwrap());
    health.backlog(1);
    assert!(watch.has_changed().unwrap());
}
