//! Guests, and whoever else there is.

use super::*;

/// Somebody who calls `them` over certificates 1 and 2, or is called by them.
fn side(hotel: &Hotel, position: Position, me: (&str, Role), them: &str) -> Side {
    let fingerprints = match position {
        Position::Offerer => fingerprints(1, 2),
        Position::Answerer => fingerprints(2, 1),
    };
    let terms = terms(position, them, fingerprints);
    Side::new(terms, hotel.person(me.0, me.1), hotel.verifier())
}

// peer-3.8
#[test]
fn two_guests_refuse_each_other_whatever_the_server_does() {
    let hotel = Hotel::new("seaside");
    let guests = [("guest-1", Role::Guest), ("guest-2", Role::Guest)];
    let mut one = side(&hotel, Position::Offerer, guests[0], "guest-2");
    let mut other = side(&hotel, Position::Answerer, guests[1], "guest-1");
    one.refuses(&other.hello.clone(), "guests are not connected to guests");
    other.refuses(&one.hello, "guests are not connected to guests");
}

// peer-3.8
#[test]
fn a_guest_and_staff_are_connected() {
    let hotel = Hotel::new("seaside");
    let staff = ("desk-1", Role::FrontDesk);
    let mut one = side(
        &hotel,
        Position::Offerer,
        ("guest-1", Role::Guest),
        "desk-1",
    );
    let mut other = side(&hotel, Position::Answerer, staff, "guest-1");
    one.sends(&other.hello.clone());
    other.sends(&one.hello);
}
