//! Points at which a program can be made to die, or to stand still: where something has just become
//! durable, or is just about to.
//!
//! A file of the point's name in the directory that `HOTEL_FAULTS` names arms it: `kill:3` ends the
//! process with SIGKILL when it passes for the third time, `stop:1` lets it stand still (SIGSTOP) at the
//! next. The file is removed first, so that a process that is started again lives. Only debug builds know
//! of this: in a release [`pass`] is nothing, and no program that is shipped reads the variable.

#[cfg(debug_assertions)]
mod armed;

/// Names the directory of armed points.
pub const VARIABLE: &str = "HOTEL_FAULTS";

macro_rules! points {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// Where a program may be hit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Point { $($(#[$doc])* $name,)* }

        impl Point {
            /// Every point.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name: whose it is, and what has just happened.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

points! {
    /// Records are written and not committed.
    UplinkRecordsWritten = "uplink.records-written";
    /// Records are committed, and nobody has been told.
    UplinkRecordsKept = "uplink.records-kept";
    /// A batch is on the disk and nowhere else.
    UplinkBatchSealed = "uplink.batch-sealed";
    /// S3 has a batch, and the spool does not know.
    UplinkBatchStored = "uplink.batch-stored";
    /// A batch and its records are deleted, and that is not committed.
    UplinkBatchDeleted = "uplink.batch-deleted";
    /// A file is taken over, and nobody has been told.
    UplinkFileKept = "uplink.file-kept";
    /// S3 has some of a file.
    UplinkPartStored = "uplink.part-stored";
    /// S3 has a file, and the spool does not know.
    UplinkFileStored = "uplink.file-stored";
    /// The spool knows that S3 has a file that still lies on the disk.
    UplinkFileNoted = "uplink.file-noted";
    /// A batch for another component is fixed and not sent.
    OutboxBatchFormed = "outbox.batch-formed";
    /// Another component has a batch, and the outbox still holds it.
    OutboxBatchRecorded = "outbox.batch-recorded";
    /// Whatever follows from messages is written and not committed.
    GatewayChangesWritten = "iot-gateway.changes-written";
    /// Messages of devices are committed and not confirmed to them.
    GatewayMessagesKept = "iot-gateway.messages-kept";
    /// A desired state is committed and not told to its device.
    GatewayDesiredKept = "iot-gateway.desired-kept";
    /// A command, or how it went, is committed and told to nobody.
    GatewayCommandKept = "iot-gateway.command-kept";
    /// An entry of the trail is committed, and neither lock nor asker know of it.
    GatewayEntryKept = "iot-gateway.entry-kept";
    /// A head is signed and not committed.
    GatewayHeadSigned = "iot-gateway.head-signed";
    /// A head is committed.
    GatewayHeadKept = "iot-gateway.head-kept";
    /// Everything is said, and the broker would still send the messages again.
    GatewayBatchSaid = "iot-gateway.batch-said";
    /// Print jobs are written and not committed.
    ProxyJobsWritten = "device-proxy.jobs-written";
    /// Print jobs are committed, and neither asker nor printer know.
    ProxyJobsKept = "device-proxy.jobs-kept";
    /// The printer has the last byte of a ticket.
    ProxyBytesSent = "device-proxy.bytes-sent";
    /// The printer has proved a ticket, and the job is not done.
    ProxyTicketProved = "device-proxy.ticket-proved";
    /// An order is committed with its ticket, and nobody has been told.
    ProxyOrderKept = "device-proxy.order-kept";
    /// Rows of a component are written and not committed.
    ReplicaRecordsWritten = "replica-sync.records-written";
    /// Rows of a component are committed and not confirmed.
    ReplicaRecordsKept = "replica-sync.records-kept";
    /// The hub has a batch, and the mark of what was sent stands before it.
    ReplicaBatchSent = "replica-sync.batch-sent";
    /// A page of the hub is here and not applied.
    ReplicaPageFetched = "replica-sync.page-fetched";
    /// A page of the hub is applied, with its mark.
    ReplicaPageApplied = "replica-sync.page-applied";
    /// The hub has a box's batch before it, and has not applied it.
    HubBatchRead = "hub.batch-read";
    /// The hub has applied a box's batch and not answered.
    HubBatchApplied = "hub.batch-applied";
    /// What was decided is written and not committed.
    AuthorityChangesWritten = "authority.changes-written";
    /// What was decided is committed and told to nobody.
    AuthorityChangesKept = "authority.changes-kept";
    /// A leaf is signed, and the books do not know.
    AuthorityLeafSigned = "authority.leaf-signed";
    /// A revocation list has its number, and is not published.
    AuthorityListNumbered = "authority.list-numbered";
}

/// A point is passed: nothing happens, unless it is armed.
#[cfg(debug_assertions)]
pub fn pass(point: Point) {
    armed::pass(point);
}

/// A point is passed: in a release, nothing.
#[cfg(not(debug_assertions))]
#[inline]
pub fn pass(_: Point) {}
