//! Whether there is room for more rows on their way to the hotel's database.

use kit::error::Chain;
use kit::outbox::{Outbox, RECORDS_MAX};
use wire::{Code, Problem};

/// Refuses what would begin something new while as many rows wait as may.
pub(super) async fn check_room(outbox: &Outbox) -> Result<(), Problem> {
    match outbox.is_full().await {
        Ok(false) => Ok(()),
        Ok(true) => {
            let detail = format!("{RECORDS_MAX} rows wait for the database");
            Err(Problem::new(Code::StorageFull, detail))
        }
        Err(error) => {
            tracing::error!(error = %Chain(&error), "cannot count the rows that wait");
            Err(Problem::new(Code::Unavailable, "nothing can be kept now"))
        }
    }
}
