//! A device that keeps its own key: from its signing request to what it needs to join.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kit::ca::files::{WriteError, create_dir, write_open};
use kit::config::Address;
use kit::identity::{CA_FILE, Holder};
use png::{BitDepth, ColorType, EncodingError};
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::OffsetDateTime;
use wire::registry::Onboarding;
use wire::{DeviceId, Octets, Version};

use crate::property::{Property, PropertyError};

/// Largest signing request that is read, in bytes; one of P-256 takes a few hundred.
const REQUEST_MAX: u64 = 16 * 1024;
/// Light modules around a code (ISO/IEC 18004 §9.1).
const QUIET: usize = 4;
/// Dots of a module, so that a phone reads the picture from a screen.
const DOTS: usize = 6;

/// Reads a signing request, PEM.
pub(super) fn read_request(file: &Path) -> Result<String, OnboardingError> {
    let failed = |source| OnboardingError::Read {
        file: file.to_owned(),
        source,
    };
    if fs::metadata(file).map_err(failed)?.len() > REQUEST_MAX {
        return Err(OnboardingError::Large {
            file: file.to_owned(),
        });
    }
    fs::read_to_string(file).map_err(failed)
}

/// Where the property is reached.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    pub(super) broker: Address,
    pub(super) authority: Address,
}

/// Gives a device its leaf for the key of its request; what it needs besides.
pub(super) fn onboard(
    property: &mut Property,
    device: DeviceId,
    request: &str,
    at: &Addresses,
    now: OffsetDateTime,
) -> Result<Onboarding, OnboardingError> {
    let leaf = property.issue_for_request(&Holder::Device(device.clone()), request, now)?;
    let dir = property.layout().identity(&device.clone().into());
    let anchor = dir.join(CA_FILE);
    let ca = fs::read_to_string(&anchor).map_err(|source| OnboardingError::Read {
        file: anchor,
        source,
    })?;
    Ok(Onboarding {
        v: Version,
        device,
        broker: at.broker.to_string(),
        authority: at.authority.to_string(),
        ca: der(&ca),
        certificate: der(&leaf),
        root: property.root()?.as_deref().map(der),
        ca_number: property.ca_number()?,
    })
}

fn der<const MAX: usize>(pem: &str) -> Octets<MAX> {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
    let octets = certificate.expect("the authority writes PEM").to_vec();
    Octets::new(octets).expect("a certificate of a property is far below the bound")
}

/// Writes `DEVICE.json`, and the same as a QR code, `DEVICE.png`; says where.
pub(super) fn write(dir: &Path, onboarding: &Onboarding) -> Result<[PathBuf; 2], OnboardingError> {
    let text = wire::encode(onboarding);
    let picture = picture(&text)?;
    create_dir(dir)?;
    let file = |end: &str| dir.join(format!("{}.{end}", onboarding.device));
    let files = [file("json"), file("png")];
    write_open(&files[0], &text)?;
    write_open(&files[1], &picture)?;
    Ok(files)
}

/// A QR code as a picture of grey dots, PNG.
fn picture(text: &[u8]) -> Result<Vec<u8>, OnboardingError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
    let side = (code.width() + 2 * QUIET) * DOTS;
    let modules = code.to_colors();
    let dark = |dot: usize| {
        (dot / DOTS)
            .checked_sub(QUIET)
            .filter(|at| *at < code.width())
    };
    let dots: Vec<u8> = (0..side * side)
        .map(|dot| match (dark(dot % side), dark(dot / side)) {
            (Some(x), Some(y)) if modules[y * code.width() + x] == Color::Dark => 0,
            _ => u8::MAX,
        })
        .collect();
    let side = u32::try_from(side).expect("the widest code has 177 modules");
    let mut written = Vec::new();
    let mut encoder = png::Encoder::new(&mut written, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&dots)?;
    writer.finish()?;
    Ok(written)
}

/// A device cannot be brought in with its own key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OnboardingError {
    /// A file that is missing or not text.
    #[error("cannot read {}", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
    /// Not a request of P-256, whatever it is.
    #[error("{} is larger than any signing request ({REQUEST_MAX} bytes)", file.display())]
    Large {
        /// Which.
        file: PathBuf,
    },
    /// No leaf for it.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// More than a QR code takes.
    #[error("cannot draw the QR code: {0}")]
    Code(QrError),
    /// The picture.
    #[error("cannot draw the picture")]
    Picture(#[from] EncodingError),
    /// The files.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<QrError> for OnboardingError {
    fn from(error: QrError) -> Self {
        Self::Code(error)
    }
}
