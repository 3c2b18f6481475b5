use std::ffi::OsStr;
use std::path::Path;

use super::*;

fn environment(host: &str) -> Vec<(String, Option<String>)> {
    let database = config::Database {
        host: host.to_owned(),
        port: 5432,
        name: "hotel".to_owned(),
        user: "replica_sync".to_owned(),
        owner: "hotel_owner".to_owned(),
        password: None,
    };
    let command = command(&database, "1");
    let text = |text: &OsStr| text.to_str().unwrap().to_owned();
    let variables = command.as_std().get_envs();
    variables
        .map(|(name, value)| (text(name), value.map(text)))
        .collect()
}

#[test]
fn a_server_elsewhere_proves_to_authorities_that_libpq_finds() {
    let variables = environment("db.example.com");
    let of = |name: &str| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.unwrap().1.as_deref().unwrap()
    };
    assert_eq!(of("PGSSLMODE"), "verify-full");
    assert!(Path::new(of("PGSSLROOTCERT")).is_file());
    let here = environment("/run/postgresql");
    assert!(here.iter().all(|(name, _)| !name.starts_with("PGSSL")));
}
