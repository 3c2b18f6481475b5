use super::*;

const SOUND: &str = "\
kit v0.1.0 (/hotel/components/kit)
rustls v0.23.46
ring v0.17.14
hyper v1.12.0
openssl-probe v0.2.1
serde_derive v1.0.229 (proc-macro)

wire v0.1.0 (/hotel/components/wire)
rustls v0.23.46 (*)
";

/// Compares what is said of a sound tree with one more `line`.
#[track_caller]
fn check(line: &str, expected: &[&str]) {
    assert_eq!(offences(&format!("{SOUND}{line}\n")), expected);
}

#[test]
fn one_rustls_on_ring_is_sound() {
    check("", &[]);
}

#[test]
fn a_second_rustls_is_refused() {
    check(
        "rustls v0.22.4",
        &[
            "rustls is there as 0.22.4 and 0.23.46, one version is expected; \
           see `cargo tree -i rustls@0.22.4`",
        ],
    );
}

#[test]
fn a_tree_without_ring_is_refused() {
    let tree = SOUND.replace("ring v0.17.14\n", "");
    assert_eq!(
        offences(&tree),
        ["ring is missing, one version is expected"]
    );
}

#[test]
fn only_the_old_hyper_is_refused() {
    check("hyper v1.12.1", &[]);
    check(
        "hyper v0.14.32",
        &["hyper 0.14.32 is banned: hyper 1 is the only HTTP stack; \
           see `cargo tree -i hyper@0.14.32`"],
    );
}

#[test]
fn every_ban_is_enforced() {
    for (name, version, _) in BANNED {
        let tree = format!("{SOUND}{name} v{version}9\n");
        assert_eq!(offences(&tree).len(), 1, "{name} passed");
    }
}
