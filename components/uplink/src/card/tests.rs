use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    let told = masked(text).unwrap_or_else(|| text.to_owned());
    assert_eq!(told, expected, "{text:?}");
}

#[track_caller]
fn check_stays(text: &str) {
    assert_eq!(masked(text), None, "{text:?}");
}

/// Numbers that the brands publish for tests; none belongs to anybody.
const CARDS: &[&str] = &[
    "4111111111111111",
    "4222222222222",
    "4012888888881881",
    "5555555555554444",
    "5105105105105100",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000990139424",
    "30569309025904",
    "38520000023237",
    "3530111333300000",
    "6200000000000005",
    "6759649826438453",
];

// uplink-9.3
#[test]
fn cards_of_every_brand_are_masked() {
    for card in CARDS {
        check(card, "[card]");
        check(
            &format!("pay with {card}, please"),
            "pay with [card], please",
        );
        let number: u64 = card.parse().unwrap();
        assert!(is_number(number), "{number}");
    }
}

// uplink-9.3
#[test]
fn cards_are_masked_however_they_are_written() {
    for mark in [" ", "-", ".", "\u{a0}", "\u{202f}"] {
        let groups = |groups: &[&str]| groups.join(mark);
        check(&groups(&["4111", "1111", "1111", "1111"]), "[card]");
        check(&groups(&["3782", "822463", "10005"]), "[card]");
        check(&groups(&["3056", "930902", "5904"]), "[card]");
    }
    check("４１１１１１１１１１１１１１１１", "[card]");
    check("card:4111111111111111;cvc", "card:[card];cvc");
    check("(4111 1111 1111 1111)", "([card])");
    check("\"4111-1111-1111-1111\"", "\"[card]\"");
    check("4111111111111111 5555555555554444", "[card] [card]");
    check("call 12 4111 1111 1111 1111 now", "call 12 [card] now");
    check("Straße 4111111111111111 é", "Straße [card] é");
}

// uplink-9.3
#[test]
fn what_only_looks_like_a_card_stays() {
    for text in [
        // The last digit is wrong.
        "4111111111111112",
        "378282246310006",
        // Too short, too long.
        "411111111111",
        "41111111111111111111",
        // No brand begins so: times in milliseconds among them.
        "1795000000123",
        "9111111111111119",
        "0000000000000000",
        // Ids and digests.
        "01941f29-7c00-7000-8000-0123456789ab",
        "41111111-1111-1111-8000-411111111111",
        "a4111111111111111",
        "4111111111111111f",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        // Other groups, or other marks between them.
        "41 11 11 11 11 11 11 11",
        "4111 1111-1111 1111",
        "4111/1111/1111/1111",
        "4111  1111  1111  1111",
        // Telephone numbers, an IBAN, a date and a time.
        "+49 30 4111 1111 1111",
        "DE89370400440532013000",
        "2026-11-21 03:04:05",
        "",
        "room 101",
    ] {
        check_stays(text);
    }
}

// uplink-9.3
#[test]
fn numbers_of_the_hotel_are_no_cards() {
    for number in [0, 101, 1_795_000_000_123, 4_111_111_111_111_112, u64::MAX] {
        assert!(!is_number(number), "{number}");
    }
}

proptest! {
    // uplink-9.3
    #[test]
    fn a_card_is_found_wherever_it_stands(
        before in "[^0-9０-９]{0,20}[ ,;:]",
        card in prop::sample::select(CARDS),
        after in "[ ,;:][^0-9０-９]{0,20}",
    ) {
        let told = masked(&format!("{before}{card}{after}"));
        prop_assert_eq!(told, Some(format!("{before}{MASK}{after}")));
    }

    // uplink-9.3
    #[test]
    fn digests_and_ids_are_never_touched(digest in "[0-9a-f]{64}", id in "[0-9]{8}-[0-9]{4}-7[0-9]{3}-8[0-9]{3}-[0-9]{12}") {
        let has_letters = digest.chars().any(|char| char.is_ascii_alphabetic());
        prop_assume!(has_letters);
        prop_assert_eq!(masked(&digest), None);
        prop_assert_eq!(masked(&id), None);
    }
}
