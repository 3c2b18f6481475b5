//! `edgectl image`: what a new box reads at its first start, as a cloud-init seed (`NoCloud`).
//!
//! ```text
//! OUT/user-data        users, packages, firewall, clock, updates, plan and claim, the unit
//! OUT/meta-data        the box's name
//! OUT/network-config   DHCP on whatever cable is plugged in
//! OUT/edgectl          this program, or the one named
//! ```
//!
//! Promises: the seed holds one box's claim and nothing of any hotel's keys; it is written for its
//! owner only; the same arguments make the same seed, but for the time in it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use kit::ca::files::{WriteError, create_dir, write_open, write_secret};
use kit::ca::{CaError, ChainRoot};
use kit::clock::Clock;
use kit::config::Address;
use kit::identity::TrustDomain;
use wire::{BoxId, PropertyId, Sha256, TenantId, Version, Word};

use crate::cloud::CloudError;
use crate::cloud::claim;
use crate::cloud::names::{ROLE_ALIAS, TEMPLATE};
use crate::first_boot::plan::{
    self, Claim, Cloud, Deployment, Internet, Kind, Moment, Needs, Nucleus, Origin, Plan,
};
use crate::output::say;
use crate::property::present;

mod seed;

/// Where a seed puts things on the box.
pub(crate) const PLAN: &str = "/etc/hotel/box.json";
const CLAIM_CERTIFICATE: &str = "/etc/hotel/claim/cert.pem";
const CLAIM_KEY: &str = "/etc/hotel/claim/key.pem";
const ROOTS: &str = "/etc/hotel/roots.pem";
const CHAIN_ROOT: &str = "/etc/hotel/chain-root.pem";
/// Starts the classic nucleus: by its unit where there is one, else by its installer, which makes the
/// unit. The installer runs beside the first boot's own unit, which may write and execute too little.
const CLASSIC: &str = "systemctl restart greengrass.service 2>/dev/null || \
exec systemd-run --wait --quiet --collect java -Droot=/greengrass/v2 -Dlog.store=FILE \
-jar /greengrass/v2/init/lib/Greengrass.jar --init-config /greengrass/v2/init/config.yaml \
--component-default-user ggc_user:ggc_user --setup-system-service true";
/// Admin listeners of the components that a first deployment brings (docs/architecture.md).
const COMPONENTS: [(&str, u16); 8] = [
    ("authority", 9101),
    ("console", 9102),
    ("device-proxy", 9103),
    ("inference", 9105),
    ("iot-gateway", 9106),
    ("replica-sync", 9104),
    ("uplink", 9107),
    ("signaling", 9108),
];

/// Makes the seed of one box. Its claim comes from `edgectl cloud claim`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Image {
    /// Directory of the claim: cert.pem, key.pem, claim.json.
    #[arg(long, value_name = "DIR")]
    claim: PathBuf,
    /// Where the seed goes.
    #[arg(long)]
    out: PathBuf,
    /// Also as an image of a disk that is called cidata.
    #[arg(long, value_name = "FILE")]
    iso: Option<PathBuf>,
    /// The company.
    #[arg(long)]
    tenant: TenantId,
    /// The hotel.
    #[arg(long)]
    property: PropertyId,
    /// The network that the box serves there.
    #[arg(long, default_value = "main")]
    segment: Word,
    /// The box's name, as it was given to `cloud claim`.
    #[arg(long = "box", value_name = "BOX")]
    box_id: BoxId,
    /// Authority part of SPIFFE ids.
    #[arg(long, default_value = "hotel.internal")]
    trust_domain: TrustDomain,
    /// Another name or address of this box on the hotel's network; repeat for several.
    #[arg(long = "server-name", value_name = "NAME")]
    server_names: Vec<String>,
    /// The hotel has a box already, which hands the property over; SHA-256 of the key of its
    /// authority, as the report of its first boot shows it.
    #[arg(long, value_name = "SHA256")]
    join: Option<Sha256>,
    /// Certificate of the company's chain root, PEM: devices of the hotel carry it, and believe it when the
    /// hotel gets another authority.
    #[arg(long, value_name = "FILE")]
    chain_root_cert: Option<PathBuf>,
    /// AWS region.
    #[arg(long)]
    region: String,
    /// MQTT of the account, as `cloud setup` prints it.
    #[arg(long, value_name = "HOST")]
    data_endpoint: String,
    /// Port of it: 8883, or 443 where nothing else gets out.
    #[arg(long, default_value_t = 8883)]
    data_port: u16,
    /// Credentials provider of the account, as `cloud setup` prints it.
    #[arg(long, value_name = "HOST")]
    credentials_endpoint: String,
    /// Authorities of AWS's servers, PEM: <https://www.amazontrust.com/repository>.
    #[arg(long, value_name = "FILE")]
    root_ca: PathBuf,
    /// Which nucleus.
    #[arg(long, value_enum, default_value = "lite")]
    nucleus: Kind,
    /// Package of the nucleus: its .deb for Lite, its .zip for classic.
    #[arg(long, value_name = "FILE")]
    greengrass: Option<PathBuf>,
    /// Program for the box; this one when none is named.
    #[arg(long, value_name = "FILE")]
    edgectl: Option<PathBuf>,
    /// Network of the hotel that may reach the box, as 192.168.10.0/24; repeat for several.
    #[arg(long = "hotel-network", value_name = "CIDR", required = true)]
    hotel_networks: Vec<seed::Network>,
    /// Network from which people may log in by SSH; nobody when there is none.
    #[arg(long = "keeper-network", value_name = "CIDR")]
    keeper_networks: Vec<seed::Network>,
    /// SSH key of who may log in.
    #[arg(long, value_name = "FILE", requires = "keeper_networks")]
    ssh_key: Option<PathBuf>,
    /// Page that says one known thing over plain HTTP where the way to the internet is free.
    #[arg(long, default_value = "network-test.debian.org")]
    internet_server: String,
    /// Longest wait for the first deployment, in seconds.
    #[arg(long, default_value_t = 1800)]
    deployment_wait_s: u64,
}

impl Image {
    /// Does it.
    pub(crate) fn run(self) -> Result<(), ImageError> {
        let claim = claim::read(&self.claim.join("claim.json"))?;
        let claim = claim.ok_or_else(|| ImageError::NoClaim {
            dir: self.claim.clone(),
        })?;
        let clock = Clock::system();
        let now = present(&clock);
        if claim.expires <= Moment(now) {
            return Err(ImageError::Expired { at: claim.expires });
        }
        let built_at = Moment(now.replace_nanosecond(0).unwrap_or(now));
        let plan = self.plan(&claim, built_at);
        let user_data = self.user_data(&plan)?;
        create_dir(&self.out)?;
        let text = seed::cloud_config(&user_data);
        write_secret(&self.out.join("user-data"), text.as_bytes())?;
        let meta = seed::meta_data(&plan);
        write_open(&self.out.join("meta-data"), meta.as_bytes())?;
        write_open(
            &self.out.join("network-config"),
            seed::NETWORK_CONFIG.as_bytes(),
        )?;
        self.programs()?;
        say(format_args!(
            "seed of {} ({}) in {}, good until {}",
            plan.box_id,
            plan.serial,
            self.out.display(),
            claim.expires
        ));
        self.iso.as_deref().map_or(Ok(()), |iso| self.pack(iso))
    }

    fn plan(&self, claim: &claim::Claim, built_at: Moment) -> Plan {
        let (config, root, owner, start) = match self.nucleus {
            Kind::Lite => (
                "/etc/greengrass/config.yaml",
                "/var/lib/greengrass",
                "ggcore",
                vec!["systemctl", "restart", "greengrass-lite.target"],
            ),
            Kind::Classic => (
                "/greengrass/v2/init/config.yaml",
                "/greengrass/v2",
                "",
                vec!["sh", "-c", CLASSIC],
            ),
        };
        let admin = |(name, port): (&str, u16)| {
            let host = "127.0.0.1".to_owned();
            (name.to_owned(), Address { host, port })
        };
        Plan {
            v: Version,
            serial: claim.serial.clone(),
            tenant: self.tenant.clone(),
            property: self.property.clone(),
            segment: self.segment.clone(),
            trust_domain: self.trust_domain.clone(),
            box_id: self.box_id.clone(),
            server_names: self.server_names.clone(),
            property_from: self.join.map_or(Origin::New, |_| Origin::Join),
            property_ca: self.join,
            chain_root: self.chain_root_cert.as_ref().map(|_| CHAIN_ROOT.into()),
            users: true,
            built_at,
            cloud: Cloud {
                region: self.region.clone(),
                data: Address {
                    host: self.data_endpoint.clone(),
                    port: self.data_port,
                },
                credentials: self.credentials_endpoint.clone(),
                role_alias: ROLE_ALIAS.to_owned(),
                template: TEMPLATE.to_owned(),
                root_ca: ROOTS.into(),
            },
            claim: Claim {
                certificate: CLAIM_CERTIFICATE.into(),
                key: CLAIM_KEY.into(),
                expires: claim.expires,
            },
            needs: Needs::default(),
            internet: Internet {
                server: Address {
                    host: self.internet_server.clone(),
                    port: 80,
                },
                path: "/nm".to_owned(),
                says: "NetworkManager is online".to_owned(),
            },
            nucleus: Nucleus {
                kind: self.nucleus,
                config: config.into(),
                root: root.into(),
                owner: owner.to_owned(),
                start: start.into_iter().map(str::to_owned).collect(),
            },
            deployment: Deployment {
                wait_s: self.deployment_wait_s,
                broker: plan::broker(),
                components: COMPONENTS
                    .into_iter()
                    .map(admin)
                    .collect::<BTreeMap<_, _>>(),
            },
        }
    }

    fn user_data(&self, plan: &plan::Plan) -> Result<serde_json::Value, ImageError> {
        let content = seed::Content {
            plan,
            claim_certificate: &read(&self.claim.join("cert.pem"))?,
            claim_key: &read(&self.claim.join("key.pem"))?,
            roots: &read(&self.root_ca)?,
            chain_root: self.chain_root()?,
            firewall: &seed::firewall(&self.hotel_networks, &self.keeper_networks),
            ssh_key: self.ssh_key.as_deref().map(read).transpose()?,
        };
        Ok(seed::user_data(&content))
    }

    fn chain_root(&self) -> Result<Option<String>, ImageError> {
        let Some(file) = &self.chain_root_cert else {
            return Ok(None);
        };
        let pem = read(file)?;
        ChainRoot::certificate_in(&pem).map_err(|source| ImageError::ChainRoot {
            file: file.clone(),
            source,
        })?;
        Ok(Some(pem))
    }

    /// The programs that the box takes from the seed.
    fn programs(&self) -> Result<(), ImageError> {
        let program = match &self.edgectl {
            Some(program) => program.clone(),
            None => std::env::current_exe().map_err(|source| ImageError::Read {
                path: "edgectl".into(),
                source,
            })?,
        };
        copy(&program, &self.out.join("edgectl"))?;
        let Some(package) = &self.greengrass else {
            return Ok(());
        };
        let end = package.extension().and_then(|end| end.to_str());
        let name = format!("greengrass.{}", end.unwrap_or("deb"));
        copy(package, &self.out.join(name))
    }

    /// The seed as a disk, by xorriso.
    fn pack(&self, iso: &Path) -> Result<(), ImageError> {
        let output = Command::new("xorriso")
            .args(["-as", "mkisofs", "-quiet", "-joliet", "-rational-rock"])
            .args(["-volid", "cidata", "-output"])
            .arg(iso)
            .arg(&self.out)
            .stdin(Stdio::null())
            .output()
            .map_err(ImageError::Xorriso)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.trim().chars().take(300).collect();
            return Err(ImageError::Pack { said });
        }
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(iso, private).map_err(|source| ImageError::Read {
            path: iso.to_owned(),
            source,
        })?;
        say(format_args!("as a disk in {}", iso.display()));
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, ImageError> {
    fs::read_to_string(path).map_err(|source| ImageError::Read {
        path: path.to_owned(),
        source,
    })
}

fn copy(from: &Path, to: &Path) -> Result<(), ImageError> {
    fs::copy(from, to)
        .map(drop)
        .map_err(|source| ImageError::Read {
            path: from.to_owned(),
            source,
        })
}

/// No seed can be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    /// The claim's record cannot be used.
    #[error(transparent)]
    Claim(#[from] CloudError),
    /// There is no claim.
    #[error("no claim in {}; make one: edgectl cloud claim", dir.display())]
    NoClaim {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// The claim is too old.
    #[error("the claim expired at {at}; make another: edgectl cloud revoke-claim, then claim")]
    Expired {
        /// When.
        at: Moment,
    },
    /// A file cannot be read or copied.
    #[error("cannot read or copy {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// The chain root's certificate is none.
    #[error("--chain-root-cert {} cannot be used", file.display())]
    ChainRoot {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        source: CaError,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// xorriso is not there.
    #[error("cannot start xorriso; apt-get install xorriso, or leave --iso out")]
    Xorriso(#[source] io::Error),
    /// xorriso cannot do it.
    #[error("xorriso made no disk: {said}")]
    Pack {
        /// Its words.
        said: String,
    },
}
