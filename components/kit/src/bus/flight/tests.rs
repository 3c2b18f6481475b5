use super::*;

type Told = oneshot::Receiver<Result<Reach, PublishError>>;

/// A flight with room for `room` publishes, `count` of them handed over.
fn flight(room: usize, count: usize) -> (Flight, Vec<Told>) {
    let mut flight = Flight::default();
    flight.admit(room);
    let hand_over = |number: usize| {
        let (done, told) = oneshot::channel();
        let topic = number.to_string();
        flight.publishing(Publish {
            topic,
            body: Bytes::new(),
            retain: Retain::No,
            done,
        });
        told
    };
    let told = (0..count).map(hand_over).collect();
    (flight, told)
}

fn acknowledge(flight: &mut Flight, id: u16, reason: PubAckReason) {
    let mut puback = PubAck::new(id, None);
    puback.reason = reason;
    flight.published(&puback);
}

fn taken_back(flight: Flight) -> Vec<String> {
    flight.take_back().map(|publish| publish.topic).collect()
}

#[test]
fn nothing_is_handed_over_before_the_broker_has_let_the_client_in() {
    assert!(!Flight::default().has_room());
    let (flight, _) = flight(2, 1);
    assert!(flight.has_room());
}

#[test]
fn an_acknowledgement_tells_its_sender_and_makes_room() {
    let (mut flight, mut told) = flight(1, 1);
    assert!(!flight.has_room());
    flight.name_publish(7);
    acknowledge(&mut flight, 7, PubAckReason::Success);
    assert!(matches!(told[0].try_recv(), Ok(Ok(Reach::Somebody))));
    assert!(flight.has_room());
}

#[test]
fn a_denial_is_an_error_for_its_sender() {
    let (mut flight, mut told) = flight(1, 1);
    flight.name_publish(7);
    acknowledge(&mut flight, 7, PubAckReason::NotAuthorized);
    assert!(matches!(
        told[0].try_recv(),
        Ok(Err(PublishError::Denied { .. }))
    ));
}

#[test]
fn an_acknowledgement_of_something_else_tells_nobody() {
    let (mut flight, mut told) = flight(1, 1);
    flight.name_publish(7);
    acknowledge(&mut flight, 8, PubAckReason::Success);
    assert!(told[0].try_recv().is_err());
    assert_eq!(taken_back(flight), ["0"]);
}

#[test]
fn what_is_taken_back_keeps_its_order_although_packet_ids_come_in_turns() {
    let (mut flight, _told) = flight(4, 4);
    // Ids of a broker that takes three at a time: the third publish follows after the wrap.
    for id in [2, 3, 1] {
        flight.name_publish(id);
    }
    assert_eq!(taken_back(flight), ["0", "1", "2", "3"]);
}

#[test]
fn what_was_acknowledged_is_not_taken_back() {
    let (mut flight, _told) = flight(3, 3);
    flight.name_publish(1);
    flight.name_publish(2);
    acknowledge(&mut flight, 1, PubAckReason::NoMatchingSubscribers);
    assert_eq!(taken_back(flight), ["1", "2"]);
}
