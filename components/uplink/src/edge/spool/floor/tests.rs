use super::*;

#[track_caller]
fn check(free: u64, bytes: u64, expected: Disk) {
    let left = Left {
        free,
        floor: 100,
        sending: 20,
    };
    assert_eq!(left.after(bytes), expected);
}

// uplink-1.8, uplink-1.10
#[test]
fn what_comes_is_counted_before_it_is_there() {
    check(1_000, 0, Disk::Roomy);
    check(1_000, 380, Disk::Roomy);
    check(1_000, 390, Disk::Low);
    check(100, 0, Disk::Roomy);
    check(99, 0, Disk::Low);
    check(99, 35, Disk::Full);
    check(0, 0, Disk::Full);
}
