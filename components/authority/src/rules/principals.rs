//! Who was ever given a name.

use std::collections::BTreeMap;

use wire::authority::{Principals, RegisteredPrincipal};
use wire::bound::ITEMS_MAX;
use wire::credential::Standing;
use wire::{Principal, Text};

use crate::books::Books;

/// Everybody but guests, by name; without devices where there are more than a message holds.
pub(super) fn list(books: &Books) -> Principals {
    let mut known: BTreeMap<&Principal, (Standing, _)> = books
        .provisioned
        .iter()
        .map(|(principal, standing)| (principal, (*standing, Text::default())))
        .collect();
    if known.len() + books.people.len() >= ITEMS_MAX {
        known.retain(|_, (standing, _)| *standing != Standing::Device);
    }
    let people = books.people.iter();
    known.extend(people.map(|(principal, person)| {
        let standing = Standing::Role(person.role);
        (principal, (standing, person.name.clone()))
    }));
    let shown = |(principal, (standing, name)): (&Principal, _)| RegisteredPrincipal {
        principal: principal.clone(),
        standing,
        name,
        revoked: books.refuses(principal),
    };
    Principals {
        principals: known.into_iter().map(shown).collect(),
    }
}
