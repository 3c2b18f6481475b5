//! Who is refused although their credential is valid.

use tokio::sync::watch;
use wire::credential::Revocations;

use super::Caller;

/// The newest revocation list; cloned freely, all clones share it.
#[derive(Debug, Clone, Default)]
pub struct Refusals(watch::Sender<Revocations>);

impl Refusals {
    /// Takes a list, if it is newer than the last one, or the same that was signed later.
    pub fn take(&self, list: Revocations) -> bool {
        self.0.send_if_modified(|current| {
            let newer = (list.number, list.iat) > (current.number, current.iat);
            if newer {
                *current = list;
            }
            newer
        })
    }

    /// Whether the caller is refused.
    pub fn refuses(&self, caller: &Caller) -> bool {
        holds(&self.0.borrow(), caller)
    }

    /// Returns when the caller is refused, at once if they are.
    pub async fn refused(&self, caller: &Caller) {
        let mut lists = self.0.subscribe();
        let listed = lists.wait_for(|list| holds(list, caller)).await;
        drop(listed.expect("we hold the sender"));
    }

    /// Changes with every newer list.
    pub fn changed(&self) -> watch::Receiver<Revocations> {
        self.0.subscribe()
    }
}

fn holds(list: &Revocations, caller: &Caller) -> bool {
    let token = |token| list.tokens.contains(&token);
    let sitting = |sitting| list.sittings.contains(&sitting);
    list.principals.contains(&caller.principal)
        || caller.token.is_some_and(token)
        || caller.sitting.is_some_and(sitting)
}
