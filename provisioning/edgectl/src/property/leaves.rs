//! Keeping everybody's leaf current.

use std::path::Path;

use kit::ca::files::{create_dir, write_open, write_secret};
use kit::ca::{Key, PropertyCa, ServerNames};
use kit::identity::{
    CA_FILE, CERT_FILE, Holder, Identity, KEY_FILE, REPLACEMENT_FILE, ROOT_FILE, note_number,
};
use time::OffsetDateTime;
use wire::Integer;

use super::{PropertyError, store};

/// When a leaf is issued anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// When it is missing, wrong, or past two thirds of its life.
    WhenDue,
    /// At any rate.
    Now,
}

/// What became of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaf {
    /// A new one, valid until this Unix time in milliseconds.
    Issued(Integer),
    /// The old one stays, valid until this Unix time in milliseconds.
    Kept(Integer),
}

/// Sees to it that the identity in `dir` is current.
///
/// A key is made once and kept: so a renewal replaces a single file, and a power cut leaves the
/// old leaf or the new one, never one that does not fit its key. (A key that leaked is ended by
/// revoking its principal, not by a renewal.)
pub(super) fn issue(
    ca: &PropertyCa,
    dir: &Path,
    holder: &Holder,
    names: &ServerNames,
    renewal: Renewal,
    now: OffsetDateTime,
) -> Result<Leaf, PropertyError> {
    if renewal == Renewal::WhenDue
        && let Some(not_after) = current(ca, dir, holder, names, now)?
    {
        return Ok(Leaf::Kept(not_after));
    }
    refuse_own_key(dir, holder)?;
    create_dir(dir)?;
    let key = keep_or_make_key(dir)?;
    let principal = holder.principal();
    let certificate =
        ca.issue(holder, names, &key, now)
            .map_err(|source| PropertyError::Issue {
                principal: principal.clone(),
                source,
            })?;
    write_if_other(&dir.join(CA_FILE), ca.certificate())?;
    write_open(&dir.join(CERT_FILE), certificate.as_bytes())?;
    let identity =
        Identity::load(dir).map_err(|source| PropertyError::Unusable { principal, source })?;
    Ok(Leaf::Issued(identity.not_after))
}

/// A leaf for the key of a signing request, PEM. It is kept beside the CA, without a key, so that no
/// other one is made for this principal by mistake.
pub(super) fn issue_for_request(
    ca: &PropertyCa,
    dir: &Path,
    holder: &Holder,
    names: &ServerNames,
    (request, now): (&str, OffsetDateTime),
) -> Result<String, PropertyError> {
    let principal = holder.principal();
    if dir.join(KEY_FILE).exists() {
        return Err(PropertyError::KeyIsHere { principal });
    }
    let leaf = ca
        .issue_from_csr(holder, names, request, now)
        .map_err(|source| PropertyError::Issue { principal, source })?;
    create_dir(dir)?;
    write_if_other(&dir.join(CA_FILE), ca.certificate())?;
    write_open(&dir.join(CERT_FILE), leaf.as_bytes())?;
    Ok(leaf)
}

/// Leaves the chain root beside a device's identity, with the number of the last notice, which it must
/// not take any more; what the device has taken itself stays.
pub(super) fn carry_root(
    dir: &Path,
    root: Option<&str>,
    number: Integer,
) -> Result<(), PropertyError> {
    let Some(root) = root else {
        return Ok(());
    };
    write_if_other(&dir.join(ROOT_FILE), root)?;
    if number > Integer::default() && !dir.join(REPLACEMENT_FILE).exists() {
        note_number(dir, number).map_err(|source| PropertyError::Number(Box::new(source)))?;
    }
    Ok(())
}

/// Refuses to make a key for a device that has one elsewhere; whoever else lacks one here has lost it.
fn refuse_own_key(dir: &Path, holder: &Holder) -> Result<(), PropertyError> {
    let is_device = matches!(holder, Holder::Device(_));
    if is_device && dir.join(CERT_FILE).exists() && !dir.join(KEY_FILE).exists() {
        let principal = holder.principal();
        Err(PropertyError::KeyIsElsewhere { principal })
    } else {
        Ok(())
    }
}

/// Until when the identity is valid, if it is the right one and not due for renewal.
fn current(
    ca: &PropertyCa,
    dir: &Path,
    holder: &Holder,
    names: &ServerNames,
    now: OffsetDateTime,
) -> Result<Option<Integer>, PropertyError> {
    let Ok(identity) = Identity::load(dir) else {
        return Ok(None);
    };
    let same_ca = store::find_text(&dir.join(CA_FILE))?.as_deref() == Some(ca.certificate());
    let same_holder = identity.spiffe == ca.realm().spiffe(holder);
    // The authority adds addresses of the machine, of which nothing is known here.
    let served = identity.server_names();
    let has_names = names.to_strings().iter().all(|name| served.contains(name));
    let due = now.unix_timestamp_nanos() / 1_000_000 >= i128::from(identity.renewal_at().value());
    Ok((same_ca && same_holder && has_names && !due).then_some(identity.not_after))
}

/// The key in `dir`; a new one when there is none, or one that is none.
fn keep_or_make_key(dir: &Path) -> Result<Key, PropertyError> {
    let file = dir.join(KEY_FILE);
    let kept = store::find_text(&file)?.and_then(|pem| Key::from_pem(&pem).ok());
    let key = kept.unwrap_or_else(Key::generate);
    // Written even when it was kept: its permissions may have been too wide.
    write_secret(&file, key.secret_pem().as_bytes())?;
    Ok(key)
}

fn write_if_other(file: &Path, text: &str) -> Result<(), PropertyError> {
    if store::find_text(file)?.as_deref() != Some(text) {
        write_open(file, text.as_bytes())?;
    }
    Ok(())
}
