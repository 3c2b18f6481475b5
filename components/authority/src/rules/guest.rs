//! Tokens of guests: for an open sitting, and only as long as it lasts.

use wire::credential::{Role, Standing};
use wire::{Code, Component, Integer, Principal, Problem, PublicKey, SittingId, TokenId, Word};

use super::{Done, Present, audit, token, whole_seconds};
use crate::act::{Asker, Granted, Mint};
use crate::books::{Books, Change, Guest, Refusal};

/// Most guests of one sitting: a large table, each with a phone.
pub(super) const GUESTS_MAX: usize = 20;

/// A guest's token; the same key gets the same token again.
pub(super) fn mint(
    books: &Books,
    present: Present,
    asker: &Asker,
    table: &Word,
    key: PublicKey,
    (guest, token): (Principal, TokenId),
) -> Result<Done, Problem> {
    refuse_other_components(books, asker)?;
    let (id, sitting) = books.open_at(table, present.now).ok_or_else(|| {
        let detail = format!("nobody sits at table {table}");
        Problem::new(Code::NotFound, detail).at("table")
    })?;
    let guests = books.guests(id);
    if let Some(known) = guests.iter().find(|guest| guest.key == key) {
        let mint = again(books, present, (id, table), known)?;
        return Ok(Done::looked(Granted::Token(mint)));
    }
    if guests.len() >= GUESTS_MAX {
        let detail = format!("{GUESTS_MAX} guests have a token for this table already");
        return Err(Problem::new(Code::Forbidden, detail).at("table"));
    }
    let mint = Mint {
        principal: guest.clone(),
        role: Role::Guest,
        token,
        iat: present.seconds(),
        exp: token::end(present, whole_seconds(sitting.expires_at))?,
        key,
        seat: Some((id, table.clone())),
    };
    let joined = Guest {
        key,
        principal: guest,
        token,
    };
    Ok(Done {
        changes: vec![
            token::written(&mint),
            Change::Guest(id, joined),
            audit(present, asker, "seat-guest", &id),
        ],
        granted: Granted::Token(mint),
    })
}

/// The token that a guest has.
fn again(
    books: &Books,
    present: Present,
    (sitting, table): (SittingId, &Word),
    guest: &Guest,
) -> Result<Mint, Problem> {
    if books.refuses(&guest.principal) || books.is_refused(&Refusal::Token(guest.token)) {
        let detail = "the rights of this guest have ended";
        return Err(Problem::new(Code::Forbidden, detail).at("key"));
    }
    let over = || Problem::new(Code::Expired, "the token of this guest has expired").at("key");
    let token = books.tokens.get(&guest.token).ok_or_else(over)?;
    if token.until() <= present.now {
        return Err(over());
    }
    Ok(Mint {
        principal: guest.principal.clone(),
        role: Role::Guest,
        token: guest.token,
        iat: token.iat,
        exp: token.exp,
        key: guest.key,
        seat: Some((sitting, table.clone())),
    })
}

/// Of the components only `console` speaks for guests.
fn refuse_other_components(books: &Books, asker: &Asker) -> Result<(), Problem> {
    let Asker::Holder(principal) = asker else {
        return Ok(());
    };
    let component = books.provisioned.get(principal) == Some(&Standing::Component);
    if component && *principal != Principal::from(Component::Console) {
        let detail = format!("{principal} does not speak for guests");
        return Err(Problem::new(Code::Forbidden, detail).at("principal"));
    }
    Ok(())
}

/// Until when a guest's token may be asked for again, in Unix milliseconds.
pub(super) fn until(books: &Books, principal: &Principal) -> Option<Integer> {
    let mut guests = books.guests.values().flatten();
    let guest = guests.find(|guest| guest.principal == *principal)?;
    books
        .tokens
        .get(&guest.token)
        .map(crate::books::Token::until)
}
