//! New ids: UUIDv7 (RFC 9562 §5.7), which sort by the time they were made.

use uuid::{Builder, Uuid};
use wire::Integer;

use crate::digest::random;

/// A new id made at `now`; turn it into the id type that is wanted.
pub fn new<T: From<Uuid>>(now: Integer) -> T {
    T::from(Builder::from_unix_timestamp_millis(now.value(), &random()).into_uuid())
}
