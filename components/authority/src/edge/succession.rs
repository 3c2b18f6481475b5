//! The CAs that the property had before, as provisioning left them: the notice for devices, and whose
//! leaves of a former CA are exchanged.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kit::ca::{CaError, KnownKey, Predecessors, public_sha256, requested_sha256};
use kit::credential::{Caller, NotAReplacement, Refused, Verifier, claimed_replacement};
use kit::identity::Realm;
use rustls::pki_types::CertificateDer;
use wire::authority::RenewByProof;
use wire::credential::{Credential, Standing};
use wire::replacement::SignedCaReplacement;
use wire::{Code, DeviceId, Integer, Problem, Version, Word};

use super::record::{FileError, Mark, find};

/// The notice, in the directory of the CA.
const NOTICE: &str = "ca-replacement.json";
/// The former CAs and their devices' keys, beside it.
const PREDECESSORS: &str = "predecessors.json";

/// What is known of former CAs; nothing in a property that never had another.
#[derive(Debug, Clone, Default)]
pub(crate) struct Succession {
    /// The notice as it is passed on, with its number.
    pub(crate) notice: Option<(SignedCaReplacement, Integer)>,
    former: Option<Arc<Former>>,
}

/// Who may come over.
#[derive(Debug)]
struct Former {
    verifier: Verifier,
    keys: BTreeMap<DeviceId, KnownKey>,
}

impl Succession {
    /// The holder of a leaf of a former CA, which is exchanged: a device whose key is known, and which
    /// asks for a leaf of the same key. Nothing when the leaf is none of a former CA.
    pub(crate) fn holder(
        &self,
        asked: &RenewByProof,
        at: Integer,
    ) -> Option<Result<Caller, Problem>> {
        let former = self.former.as_ref()?;
        let credential = Credential::Certificate(asked.certificate.clone());
        let caller: Result<Caller, Refused> = former.verifier.credential(&credential, at);
        let caller = caller.ok()?;
        Some(former.admit(caller, asked))
    }
}

impl Former {
    fn admit(&self, caller: Caller, asked: &RenewByProof) -> Result<Caller, Problem> {
        let refuse = |field: &str, detail: &str| Problem::new(Code::Forbidden, detail).at(field);
        let device = DeviceId::from(Word::from(caller.principal.clone()));
        let leaf = CertificateDer::from(asked.certificate.as_slice());
        let known = self.keys.get(&device).map(|known| known.sha256);
        if caller.standing != Standing::Device || known.is_none() || public_sha256(&leaf) != known {
            let detail = "the certificate is of a former authority, and its key is not known";
            return Err(refuse("certificate", detail));
        }
        let requested = requested_sha256(&asked.csr)
            .map_err(|error| Problem::new(Code::Invalid, error.to_string()).at("csr"))?;
        if Some(requested) == known {
            Ok(caller)
        } else {
            let detail = "a certificate of a former authority is exchanged for the same key only";
            Err(refuse("csr", detail))
        }
    }
}

/// The files, followed while they change.
#[derive(Debug)]
pub(crate) struct Records {
    dir: PathBuf,
    realm: Realm,
    /// The property's CA, DER.
    ca: CertificateDer<'static>,
    seen: [Option<Mark>; 2],
}

impl Records {
    pub(crate) fn new(dir: &Path, realm: Realm, ca: CertificateDer<'static>) -> Self {
        Self {
            dir: dir.to_owned(),
            realm,
            ca,
            seen: [None; 2],
        }
    }

    /// What they say, if they have changed since they were read last, well or not.
    pub(crate) fn changed(&mut self) -> Option<Result<Succession, RecordError>> {
        let seen = [NOTICE, PREDECESSORS].map(|name| {
            let file = fs::metadata(self.dir.join(name)).ok()?;
            Some(Mark::of(&file))
        });
        if seen == self.seen {
            return None;
        }
        self.seen = seen;
        Some(self.read())
    }

    fn read(&self) -> Result<Succession, RecordError> {
        Ok(Succession {
            notice: self.notice()?,
            former: self.former()?.map(Arc::new),
        })
    }

    /// The notice; that of another CA than ours would send devices away.
    fn notice(&self) -> Result<Option<(SignedCaReplacement, Integer)>, RecordError> {
        let Some(notice) = find::<SignedCaReplacement>(&self.dir.join(NOTICE))? else {
            return Ok(None);
        };
        let claimed = claimed_replacement(&wire::encode(&notice), &self.realm)?;
        if claimed.ca.as_slice() == self.ca.as_ref() {
            Ok(Some((notice, claimed.number)))
        } else {
            Err(RecordError::OtherCa)
        }
    }

    fn former(&self) -> Result<Option<Former>, RecordError> {
        let Some(predecessors) = find::<Predecessors>(&self.dir.join(PREDECESSORS))? else {
            return Ok(None);
        };
        let Version = predecessors.v;
        let anchors = predecessors.anchors().map_err(RecordError::Predecessor)?;
        if anchors.len() > Predecessors::CAS_MAX {
            return Err(RecordError::Many);
        }
        Ok(Some(Former {
            verifier: Verifier::of_properties([(self.realm.clone(), anchors)]),
            keys: predecessors.keys,
        }))
    }
}

/// What provisioning left cannot be used; nothing is passed on, nobody comes over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{NOTICE} is no notice of this property")]
    Notice(#[from] NotAReplacement),
    #[error("{NOTICE} names another certificate authority than this property's")]
    OtherCa,
    #[error("{PREDECESSORS} holds what is no certificate of an authority")]
    Predecessor(#[source] CaError),
    #[error(
        "{PREDECESSORS} holds more than {} certificates",
        Predecessors::CAS_MAX
    )]
    Many,
}

#[cfg(test)]
mod tests;
