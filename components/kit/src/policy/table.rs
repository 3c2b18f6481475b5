//! The table itself.

use std::collections::BTreeSet;

use wire::record::Stream;
use wire::topic::DeviceWord;
use wire::{
    Component, DeviceId, Filter, Operation, Principal, PropertyId, Word, authority, gateway,
    inference, print, replacement, replica, uplink,
};

use super::Grant;
use crate::identity::Holder;

/// The operator under whose name provisioning itself acts; beside `authority` it alone may change the
/// broker's rules, where there is no authority yet or none any more.
pub const EDGECTL: &str = "edgectl";

/// The streams of `uplink` that `iot-gateway` feeds.
const GATEWAY_STREAMS: &[Stream] = &[Stream::P0, Stream::P1, Stream::P2];

/// What `console` asks of `authority`, for guests whose pages cannot reach it.
const GUEST_TOKENS: &[&str] = &[authority::MINT_GUEST];

/// What `device-proxy` asks of `iot-gateway`, for people whose role allows it.
const CLIMATE: &[&str] = &[gateway::LIST, gateway::STATE, gateway::SET_DESIRED];

/// What `device-proxy` carries to `iot-gateway` for people who have signed it, and what it shows them.
const DOORS: &[&str] = &[gateway::UNLOCK, gateway::LOCK, gateway::TRAIL];

/// What `device-proxy` asks of `inference`, for the pages of staff.
const READING: &[&str] = &[inference::MESSAGE, inference::ALLOCATE];

/// What `replica-sync` asks of `uplink`: to take a backup over.
const BACKUPS: &[&str] = &[uplink::FILE];

/// What every holder of a leaf asks of `authority`.
const RENEWAL: &[&str] = &[authority::RENEW_LEAF];

pub(super) fn grants(property: &PropertyId, holder: &Holder) -> BTreeSet<Grant> {
    match holder {
        Holder::Component(component) => {
            let mut grants = of_component(property, *component);
            if *component != Component::Broker && *component != Component::Authority {
                let authority = Component::Authority;
                grants.extend(asks(property, *component, authority, RENEWAL));
            }
            grants
        }
        Holder::Device(device) => of_device(property, device),
        // Peers speak to `device-proxy` and `signaling`, not to the broker.
        Holder::Peer(_) => BTreeSet::new(),
        Holder::Operator(operator) => of_operator(property, operator),
    }
}

/// A device says its own words, hears what is said to it, and what the property's CA is.
fn of_device(property: &PropertyId, device: &DeviceId) -> BTreeSet<Grant> {
    let mut grants = devices(property, Some(device), Grant::Publish, Grant::Subscribe);
    let event = replacement::CA_REPLACEMENT_EVENT.parse();
    let event: Word = event.expect("the event's name is a word");
    let notice = Filter::events(property, Some(Component::Authority), Some(&event));
    grants.insert(Grant::Subscribe(notice));
    grants
}

fn of_component(property: &PropertyId, component: Component) -> BTreeSet<Grant> {
    match component {
        // The broker serves the bus, it is not on it.
        Component::Broker => BTreeSet::new(),
        Component::IotGateway => {
            let mut grants = service(property, component);
            grants.insert(hears(property, Component::Authority));
            grants.extend(devices(property, None, Grant::Subscribe, Grant::Publish));
            let retained = DeviceWord::RETAINED.iter();
            grants
                .extend(retained.map(|word| Grant::Publish(Filter::device(property, None, *word))));
            let streams = GATEWAY_STREAMS.iter().map(|stream| stream.word());
            grants.extend(feed(property, component, Component::Uplink, streams));
            let rows = [replica::rows()];
            grants.extend(feed(property, component, Component::ReplicaSync, rows));
            grants
        }
        Component::Uplink => {
            let mut grants = service(property, component);
            grants.extend(consumes(property, component));
            grants
        }
        Component::Console => {
            let mut grants = service(property, component);
            grants.extend(asks(
                property,
                component,
                Component::Authority,
                GUEST_TOKENS,
            ));
            grants.insert(Grant::Subscribe(Filter::status(property, None)));
            grants.insert(hears(property, Component::Authority));
            grants
        }
        Component::DeviceProxy => {
            let mut grants = service(property, component);
            grants.extend(asks(property, component, Component::IotGateway, CLIMATE));
            let rows = [replica::rows()];
            grants.extend(feed(property, component, Component::ReplicaSync, rows));
            grants.extend(asks(property, component, Component::IotGateway, DOORS));
            grants.extend(asks(property, component, Component::Inference, READING));
            grants.insert(hears(property, Component::Authority));
            grants
        }
        Component::Inference | Component::Signaling => {
            let mut grants = service(property, component);
            grants.insert(hears(property, Component::Authority));
            grants
        }
        Component::ReplicaSync => {
            let mut grants = service(property, component);
            grants.extend(consumes(property, component));
            grants.insert(hears(property, Component::Authority));
            grants.extend(asks(property, component, Component::Uplink, BACKUPS));
            grants
        }
        Component::Authority => {
            let mut grants = service(property, component);
            grants.insert(Grant::Control);
            grants
        }
    }
}

/// What `component` needs to ask `service` for some operations; the replies are its own to hear.
fn asks(
    property: &PropertyId,
    component: Component,
    service: Component,
    operations: &[&str],
) -> BTreeSet<Grant> {
    let principal = Principal::from(component);
    // One subscription hears the replies of all services.
    let replies = Filter::replies(property, None, Some(&principal));
    requests(property, service, operations, &principal)
        .into_iter()
        .chain([Grant::Subscribe(replies)])
        .collect()
}

/// What `service` tells everybody.
fn hears(property: &PropertyId, service: Component) -> Grant {
    Grant::Subscribe(Filter::events(property, Some(service), None))
}

/// What every component does: answers requests, tells what happens and how it is.
fn service(property: &PropertyId, component: Component) -> BTreeSet<Grant> {
    let own = Some(component);
    BTreeSet::from([
        Grant::Subscribe(Filter::requests(property, component, None, None)),
        Grant::Publish(Filter::replies(property, own, None)),
        Grant::Publish(Filter::events(property, own, None)),
        Grant::Publish(Filter::status(property, own)),
    ])
}

/// What `consumer` needs to take the records of others.
fn consumes(property: &PropertyId, consumer: Component) -> [Grant; 2] {
    [
        Grant::Subscribe(Filter::records(property, consumer, None, None)),
        Grant::Publish(Filter::recorded(property, Some(consumer), None)),
    ]
}

/// What `sender` needs to hand records to `consumer`.
fn feed(
    property: &PropertyId,
    sender: Component,
    consumer: Component,
    streams: impl IntoIterator<Item = Word>,
) -> BTreeSet<Grant> {
    let sender = Principal::from(sender);
    let records = |stream: Word| {
        let filter = Filter::records(property, consumer, Some(&stream), Some(&sender));
        Grant::Publish(filter)
    };
    let recorded = Filter::recorded(property, Some(consumer), Some(&sender));
    streams
        .into_iter()
        .map(records)
        .chain([Grant::Subscribe(recorded)])
        .collect()
}

/// What a device says as one kind of grant, what it hears as the other.
fn devices(
    property: &PropertyId,
    device: Option<&DeviceId>,
    said: fn(Filter) -> Grant,
    heard: fn(Filter) -> Grant,
) -> BTreeSet<Grant> {
    let filter = |word: &DeviceWord| Filter::device(property, device, *word);
    let said = DeviceWord::SAID.iter().map(filter).map(said);
    said.chain(DeviceWord::HEARD.iter().map(filter).map(heard))
        .collect()
}

/// An operator asks components, hears the answers, and sees how everything is.
fn of_operator(property: &PropertyId, operator: &Principal) -> BTreeSet<Grant> {
    let mut grants = BTreeSet::from([
        Grant::Subscribe(Filter::replies(property, None, Some(operator))),
        Grant::Subscribe(Filter::status(property, None)),
        hears(property, Component::Authority),
    ]);
    grants.extend(requests(
        property,
        Component::IotGateway,
        gateway::OPERATIONS,
        operator,
    ));
    grants.extend(requests(
        property,
        Component::Uplink,
        uplink::OPERATIONS,
        operator,
    ));
    grants.extend(requests(
        property,
        Component::ReplicaSync,
        replica::OPERATIONS,
        operator,
    ));
    grants.extend(requests(
        property,
        Component::Authority,
        authority::OPERATIONS,
        operator,
    ));
    grants.extend(requests(
        property,
        Component::DeviceProxy,
        print::OPERATIONS,
        operator,
    ));
    grants.extend(requests(
        property,
        Component::Inference,
        inference::OPERATIONS,
        operator,
    ));
    if operator.as_str() == EDGECTL {
        grants.insert(Grant::Control);
    }
    grants
}

fn requests(
    property: &PropertyId,
    component: Component,
    operations: &[&str],
    principal: &Principal,
) -> Vec<Grant> {
    let operation = |word: &&str| -> Operation { word.parse().expect("operations are words") };
    operations
        .iter()
        .map(operation)
        .map(|operation| Filter::requests(property, component, Some(&operation), Some(principal)))
        .map(Grant::Publish)
        .collect()
}
