//! Names of everything in AWS, the same in `infra/cloudformation`.

use wire::{PropertyId, Word};

/// Lets boxes trade their certificate for credentials.
pub(crate) const ROLE_ALIAS: &str = "hotel-edge-token-exchange";
/// Makes things of boxes.
pub(crate) const TEMPLATE: &str = "hotel-edge";
/// What a member may do.
pub(super) const CORE_POLICY: &str = "hotel-edge-core";
/// What a claim may do.
pub(super) const CLAIM_POLICY: &str = "hotel-edge-claim";
/// Kind of every box.
pub(super) const THING_TYPE: &str = "hotel-edge-box";
/// Group of every box.
pub(super) const FLEET: &str = "hotel-fleet";
/// Table of the boxes that are expected.
pub(super) const BOXES: &str = "hotel-edge-boxes";

/// Group of a hotel's boxes.
pub(super) fn property_group(property: &PropertyId) -> String {
    format!("hotel-{property}")
}

/// Group of the boxes of one network of a hotel.
pub(super) fn segment_group(property: &PropertyId, segment: &Word) -> String {
    format!("hotel-{property}-{segment}")
}

/// The client id under which a claim connects; no thing is called so.
pub(crate) fn claim_client(serial: &str) -> String {
    format!("claim-{serial}")
}
