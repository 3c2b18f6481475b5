//! Questions and wishes to `authority`: tablets and their rights, parties at tables.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use kit::ca::files::{WriteError, write_secret};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wire::authority::{
    CLOSE_SITTING, CONFIRM, CloseSitting, Confirm, Digits, ENROLMENTS, Enrolments, INVITE,
    Invitation, Invite, OPEN_SITTING, OpenSitting, PRINCIPALS, Principals, REVOKE, Revoke,
    SITTINGS, Sitting, Sittings, WITHDRAW, Withdraw,
};
use wire::credential::{Role, Standing};
use wire::octets::to_base64url;
use wire::request::Nothing;
use wire::{Component, Integer, Principal, SittingId, Text, TokenId, Word};

use crate::operator::{Access, OperatorError};
use crate::output::{json, say};

mod terminal;

/// How long the authority may take to answer.
const WAIT: Duration = Duration::from_secs(10);

/// Invites tablets, looks who is there, and ends rights.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum AuthorityCommand {
    /// Let a tablet enrol, once, within ten minutes.
    Invite(InviteArguments),
    /// Show invitations that are open, with the digits of tablets that wait to be compared.
    Enrolments(EnrolmentsArguments),
    /// Say that the tablet in hand shows these six digits; it is active from then on.
    Confirm(ConfirmArguments),
    /// Take an invitation back: nobody, or somebody else, came with its code.
    Withdraw(WithdrawArguments),
    /// Show everybody who was ever given a name.
    Principals(PrincipalsArguments),
    /// End the rights of a principal, or of one token.
    Revoke(RevokeArguments),
}

/// Opens and closes the time a party sits at a table.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum SittingCommand {
    /// A party sits down.
    Open(OpenArguments),
    /// A party leaves; its guests' rights end.
    Close(CloseArguments),
    /// Show every open sitting.
    List(ListArguments),
}

/// Arguments of `authority invite`.
#[derive(Debug, Clone, Args)]
pub(crate) struct InviteArguments {
    #[command(flatten)]
    access: Access,
    /// The tablet's name in the property; used once, ever.
    principal: Principal,
    /// What its people do.
    #[arg(long, value_parser = role)]
    role: Role,
    /// What people call it.
    #[arg(long, default_value = "")]
    name: Text<63>,
    /// Also write the QR code to this file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `authority enrolments`.
#[derive(Debug, Clone, Args)]
pub(crate) struct EnrolmentsArguments {
    #[command(flatten)]
    access: Access,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `authority confirm`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConfirmArguments {
    #[command(flatten)]
    access: Access,
    /// The tablet's name.
    principal: Principal,
    /// What it shows: read it off the tablet, not off this screen.
    digits: Digits,
}

/// Arguments of `authority withdraw`.
#[derive(Debug, Clone, Args)]
pub(crate) struct WithdrawArguments {
    #[command(flatten)]
    access: Access,
    /// The name, which is free again.
    principal: Principal,
}

/// Arguments of `authority principals`.
#[derive(Debug, Clone, Args)]
pub(crate) struct PrincipalsArguments {
    #[command(flatten)]
    access: Access,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `authority revoke`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RevokeArguments {
    #[command(flatten)]
    access: Access,
    /// Everything this principal holds.
    #[arg(required_unless_present = "token")]
    principal: Option<Principal>,
    /// One token, by its name (`jti`).
    #[arg(long, conflicts_with = "principal")]
    token: Option<TokenId>,
}

/// Arguments of `sitting open`.
#[derive(Debug, Clone, Args)]
pub(crate) struct OpenArguments {
    #[command(flatten)]
    access: Access,
    /// Where.
    table: Word,
    /// For how long at most; four hours when not said.
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=720))]
    minutes: Option<u32>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `sitting close`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CloseArguments {
    #[command(flatten)]
    access: Access,
    /// Which sitting.
    sitting: SittingId,
}

/// Arguments of `sitting list`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    access: Access,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl AuthorityCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), AuthorityError> {
        match self {
            Self::Invite(invite) => invite.run(),
            Self::Enrolments(enrolments) => enrolments.run(),
            Self::Confirm(confirm) => confirm.run(),
            Self::Withdraw(withdraw) => withdraw.run(),
            Self::Principals(principals) => principals.run(),
            Self::Revoke(revoke) => revoke.run(),
        }
    }
}

impl SittingCommand {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), AuthorityError> {
        match self {
            Self::Open(open) => open.run(),
            Self::Close(close) => close.run(),
            Self::List(list) => list.run(),
        }
    }
}

impl InviteArguments {
    fn run(self) -> Result<(), AuthorityError> {
        let Self {
            access,
            principal,
            role,
            name,
            svg,
            json: as_json,
        } = self;
        let wish = Invite {
            principal,
            role,
            name,
        };
        let invitation: Invitation = ask(&access, INVITE, wish)?;
        if let Some(file) = svg {
            // The picture holds the code: for its owner's eyes only.
            write_secret(&file, invitation.qr_svg.as_bytes())?;
        }
        if as_json {
            json(&invitation);
            return Ok(());
        }
        if let Some(picture) = terminal::picture(&invitation.qr_svg) {
            say(picture);
        }
        say(format_args!("page    {}", invitation.url));
        say(format_args!("code    {}", to_base64url(&invitation.code.0)));
        say(format_args!(
            "for     {}, once, until {}",
            invitation.principal,
            date(invitation.expires_at)
        ));
        say(format_args!(
            "then    edgectl authority confirm {} DIGITS, with those that the tablet shows",
            invitation.principal
        ));
        Ok(())
    }
}

impl EnrolmentsArguments {
    fn run(self) -> Result<(), AuthorityError> {
        let open: Enrolments = ask(&self.access, ENROLMENTS, Nothing {})?;
        if self.json {
            json(&open);
            return Ok(());
        }
        for one in open.enrolments {
            let shows = one.digits.map_or("no tablet yet".to_owned(), |digits| {
                format!("the tablet has to show {digits}")
            });
            say(format_args!(
                "{:40} until {}, {shows}",
                one.principal,
                date(one.expires_at)
            ));
        }
        Ok(())
    }
}

impl ConfirmArguments {
    fn run(self) -> Result<(), AuthorityError> {
        let Self {
            access,
            principal,
            digits,
        } = self;
        let shown = principal.clone();
        let _done: Nothing = ask(&access, CONFIRM, Confirm { principal, digits })?;
        say(format_args!("{shown} is active from now on"));
        Ok(())
    }
}

impl WithdrawArguments {
    fn run(self) -> Result<(), AuthorityError> {
        let principal = self.principal;
        let shown = principal.clone();
        let _done: Nothing = ask(&self.access, WITHDRAW, Withdraw { principal })?;
        say(format_args!("the invitation of {shown} is taken back"));
        Ok(())
    }
}

impl PrincipalsArguments {
    fn run(self) -> Result<(), AuthorityError> {
        let known: Principals = ask(&self.access, PRINCIPALS, Nothing {})?;
        if self.json {
            json(&known);
            return Ok(());
        }
        for one in known.principals {
            let (standing, revoked) =
                (word(one.standing), if one.revoked { "revoked" } else { "" });
            say(format_args!(
                "{:40} {standing:12} {revoked:8} {}",
                one.principal.as_str(),
                one.name
            ));
        }
        Ok(())
    }
}

impl RevokeArguments {
    fn run(self) -> Result<(), AuthorityError> {
        let (wish, what) = match (self.principal, self.token) {
            (Some(principal), _) => {
                let what = principal.to_string();
                (Revoke::Principal(principal), what)
            }
            (None, Some(token)) => (Revoke::Token(token), format!("token {token}")),
            (None, None) => return Ok(()),
        };
        let _done: Nothing = ask(&self.access, REVOKE, wish)?;
        say(format_args!("{what} is refused from now on"));
        Ok(())
    }
}

impl OpenArguments {
    fn run(self) -> Result<(), AuthorityError> {
        let life_ms = self.minutes.map(|minutes| Integer::from(minutes * 60_000));
        let wish = OpenSitting {
            table: self.table,
            life_ms,
        };
        let sitting: Sitting = ask(&self.access, OPEN_SITTING, wish)?;
        if self.json {
            json(&sitting);
        } else {
            show(&sitting);
        }
        Ok(())
    }
}

impl CloseArguments {
    fn run(self) -> Result<(), AuthorityError> {
        let sitting = self.sitting;
        let closed: Sitting = ask(&self.access, CLOSE_SITTING, CloseSitting { sitting })?;
        show(&closed);
        Ok(())
    }
}

impl ListArguments {
    fn run(self) -> Result<(), AuthorityError> {
        let open: Sittings = ask(&self.access, SITTINGS, Nothing {})?;
        if self.json {
            json(&open);
        } else {
            open.sittings.iter().for_each(show);
        }
        Ok(())
    }
}

fn ask<Q: serde::Serialize, A: serde::de::DeserializeOwned>(
    access: &Access,
    operation: &str,
    question: Q,
) -> Result<A, AuthorityError> {
    let answer = access.act(async |operator| {
        operator
            .ask(Component::Authority, operation, question, WAIT)
            .await
    });
    answer.map_err(AuthorityError::from)
}

fn show(sitting: &Sitting) {
    let state = if sitting.open { "open" } else { "closed" };
    say(format_args!(
        "{} table {:12} {state} until {}, {} guests, opened by {}",
        sitting.sitting,
        sitting.table,
        date(sitting.expires_at),
        sitting.guests,
        sitting.opened_by
    ));
}

fn date(ms: Integer) -> String {
    i64::try_from(ms.value() / 1_000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| ms.to_string())
}

/// A standing by the word that it has on the bus.
fn word(standing: Standing) -> String {
    let value = serde_json::to_value(standing).ok();
    value
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn role(text: &str) -> Result<Role, String> {
    serde_json::from_value(text.into()).map_err(|_| {
        let staff = Role::ALL.iter().filter(|role| role.is_staff());
        let words: Vec<_> = staff.map(|role| word(Standing::Role(*role))).collect();
        format!("not one of {}", words.join(", "))
    })
}

/// The authority was not asked, or its answer could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorityError {
    /// It did not answer, or said no.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The picture cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

#[cfg(test)]
mod tests;
