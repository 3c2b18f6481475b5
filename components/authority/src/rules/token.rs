//! Tokens of people.

use wire::credential::{POP_LIFE_MAX_S, Role};
use wire::{Code, Integer, Principal, Problem, PublicKey, TokenId};

use super::{Done, Present, audit, whole_seconds};
use crate::act::{Asker, Granted, Mint};
use crate::books::{Books, Change, Refusal, Token};

/// Most tokens of one person that have not expired: one every day, and some that were lost.
const TOKENS_MAX: usize = 64;

/// The next token for the key of a present one.
pub(super) fn renew(
    books: &Books,
    present: Present,
    asker: &Asker,
    old: TokenId,
    key: PublicKey,
    next: TokenId,
) -> Result<Done, Problem> {
    let Asker::Person(principal, _) = asker else {
        let detail = "only a token is renewed by a token";
        return Err(Problem::new(Code::Forbidden, detail).at("token"));
    };
    if books.is_refused(&Refusal::Token(old)) {
        let detail = "the token has been revoked";
        return Err(Problem::new(Code::Forbidden, detail).at("token"));
    }
    let person = books.people.get(principal).ok_or_else(|| {
        let detail = format!("{principal} is not enrolled here");
        Problem::new(Code::NotFound, detail).at("token")
    })?;
    let (mint, changes) = give(books, present, principal, person.role, key, next)?;
    Ok(Done {
        granted: Granted::Token(mint),
        changes,
    })
}

/// A new token for a person: for 30 days, unless the leaf that signs it ends before.
pub(super) fn give(
    books: &Books,
    present: Present,
    principal: &Principal,
    role: Role,
    key: PublicKey,
    token: TokenId,
) -> Result<(Mint, Vec<Change>), Problem> {
    let held = books.tokens.values();
    let held = held.filter(|held| held.principal == *principal && present.now < held.until());
    if held.count() >= TOKENS_MAX {
        let detail = format!("{principal} holds {TOKENS_MAX} tokens");
        return Err(Problem::new(Code::Busy, detail));
    }
    let mint = Mint {
        principal: principal.clone(),
        role,
        token,
        iat: present.seconds(),
        exp: end(present, longest(present))?,
        key,
        seat: None,
    };
    let asker = Asker::Person(principal.clone(), role);
    let changes = vec![written(&mint), audit(present, &asker, "token", &token)];
    Ok((mint, changes))
}

/// When a token ends that should last until `wanted`, both in Unix seconds.
pub(super) fn end(present: Present, wanted: Integer) -> Result<Integer, Problem> {
    let exp = wanted
        .min(whole_seconds(present.leaf_until))
        .min(longest(present));
    if exp > present.seconds() {
        Ok(exp)
    } else {
        Err(Problem::new(Code::Expired, "a token would end at once"))
    }
}

fn longest(present: Present) -> Integer {
    let exp = present.seconds().value() + u64::from(POP_LIFE_MAX_S);
    Integer::new(exp).unwrap_or(present.seconds())
}

/// The token as it is kept.
pub(super) fn written(mint: &Mint) -> Change {
    let token = Token {
        principal: mint.principal.clone(),
        iat: mint.iat,
        exp: mint.exp,
    };
    Change::Token(mint.token, token)
}
