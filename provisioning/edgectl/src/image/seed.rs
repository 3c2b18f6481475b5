//! What is in a seed.
//!
//! User data are written as JSON, which every YAML reader reads, so that no text of ours needs
//! quoting by YAML's rules. Source: cloud-init 22.4, "`NoCloud`" and "Cloud config examples".

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde_json::{Value, json};
use wire::Component;

use super::{CHAIN_ROOT, CLAIM_CERTIFICATE, CLAIM_KEY, PLAN, ROOTS};
use crate::first_boot::Plan;
use crate::first_boot::plan::Kind;
use crate::first_boot::settle::user_of;

/// The unit that runs `edgectl first-boot`.
const UNIT: &str = include_str!("../../../image/hotel-first-boot.service");
/// The firewall, with places for the hotel's networks.
const FIREWALL: &str = include_str!("../../../image/nftables.conf");
/// Takes programs from the seed.
const INSTALL: &str = include_str!("../../../image/install.sh");
/// Security updates by night, never a restart by themselves: a hotel has guests at any hour.
const UPDATES: &str = "\
APT::Periodic::Update-Package-Lists \"1\";
APT::Periodic::Unattended-Upgrade \"1\";
Unattended-Upgrade::Origins-Pattern { \"origin=Debian,codename=${distro_codename},label=Debian-Security\"; };
Unattended-Upgrade::Automatic-Reboot \"false\";
Unattended-Upgrade::Package-Blacklist { \"mosquitto\"; \"postgresql\"; };
";
/// DHCP on the first cable that is plugged in.
pub(super) const NETWORK_CONFIG: &str = "\
version: 2
ethernets:
  lan:
    match: { name: \"e*\" }
    dhcp4: true
    dhcp6: false
    optional: false
";
/// Users beside those of components: the database has no identity.
const OTHER_USERS: [&str; 1] = ["hotel-postgres"];
/// Whom the classic nucleus runs components as that name no user.
const CLASSIC_USER: &str = "ggc_user";
/// What every box needs of Debian.
const PACKAGES: [&str; 8] = [
    "avahi-daemon",
    "ca-certificates",
    "mosquitto",
    "nftables",
    "postgresql-15",
    "systemd-timesyncd",
    "tzdata",
    "unattended-upgrades",
];

/// What goes into user data.
pub(super) struct Content<'a> {
    pub(super) plan: &'a Plan,
    pub(super) claim_certificate: &'a str,
    pub(super) claim_key: &'a str,
    pub(super) roots: &'a str,
    pub(super) chain_root: Option<String>,
    pub(super) firewall: &'a str,
    pub(super) ssh_key: Option<String>,
}

/// The cloud-config of a box.
pub(super) fn user_data(content: &Content<'_>) -> Value {
    let plan = content.plan;
    let text = serde_json::to_string_pretty(plan).expect("plans have text keys");
    let mut packages: Vec<_> = PACKAGES.to_vec();
    if plan.nucleus.kind == Kind::Classic {
        packages.push("default-jre-headless");
    }
    let mut files = vec![
        file(PLAN, "0600", &text),
        file(CLAIM_CERTIFICATE, "0600", content.claim_certificate),
        file(CLAIM_KEY, "0600", content.claim_key),
        file(ROOTS, "0644", content.roots),
        file("/etc/nftables.conf", "0600", content.firewall),
        file("/etc/apt/apt.conf.d/52hotel", "0644", UPDATES),
        file("/etc/systemd/system/hotel-first-boot.service", "0644", UNIT),
        file("/usr/local/sbin/hotel-install", "0700", INSTALL),
    ];
    let chain_root = content.chain_root.as_deref();
    files.extend(chain_root.map(|pem| file(CHAIN_ROOT, "0644", pem)));
    let mut data = json!({
        "hostname": plan.box_id,
        "manage_etc_hosts": true,
        "disable_root": true,
        "ssh_pwauth": false,
        "timezone": "Etc/UTC",
        "ntp": { "enabled": true, "ntp_client": "systemd-timesyncd" },
        "package_update": true,
        "packages": packages,
        "users": users(plan.nucleus.kind, content.ssh_key.as_deref()),
        "write_files": files,
        "runcmd": [["/usr/local/sbin/hotel-install"]],
    });
    if content.ssh_key.is_none() {
        data["bootcmd"] = json!([["systemctl", "mask", "ssh.service"]]);
    }
    data
}

/// One Unix user per component, and the people who may log in, if any may.
fn users(nucleus: Kind, ssh_key: Option<&str>) -> Vec<Value> {
    let component = |name: String| {
        json!({
            "name": name, "system": true, "no_create_home": true,
            "shell": "/usr/sbin/nologin", "lock_passwd": true,
        })
    };
    let names = Component::ALL.iter().copied().map(user_of);
    let names = names.chain(OTHER_USERS.map(str::to_owned));
    let nucleus = (nucleus == Kind::Classic).then(|| CLASSIC_USER.to_owned());
    let names = names.chain(nucleus);
    let mut users: Vec<_> = names.map(component).collect();
    if let Some(key) = ssh_key {
        users.push(json!({
            "name": "keeper", "shell": "/bin/bash", "lock_passwd": true,
            "sudo": "ALL=(ALL) NOPASSWD:ALL", "ssh_authorized_keys": [key.trim()],
        }));
    }
    users
}

fn file(path: &str, mode: &str, content: &str) -> Value {
    json!({ "path": path, "owner": "root:root", "permissions": mode, "content": content })
}

/// User data as cloud-init reads them.
pub(super) fn cloud_config(data: &Value) -> String {
    format!("#cloud-config\n{data:#}\n")
}

/// Names the box; another image of the same box is another instance.
pub(super) fn meta_data(plan: &Plan) -> String {
    let meta = json!({
        "instance-id": format!("{}-{}", plan.serial, plan.built_at.0.unix_timestamp()),
        "local-hostname": plan.box_id,
    });
    format!("{meta:#}\n")
}

/// The firewall for a hotel's networks.
pub(super) fn firewall(hotel: &[Network], keepers: &[Network]) -> String {
    let list = |networks: &[Network]| {
        let networks: Vec<_> = networks.iter().map(ToString::to_string).collect();
        networks.join(", ")
    };
    let keepers = if keepers.is_empty() {
        String::new()
    } else {
        format!("elements = {{ {} }}", list(keepers))
    };
    FIREWALL
        .replace("@HOTEL@", &list(hotel))
        .replace("@KEEPERS@", &keepers)
}

/// A network of IPv4 addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    address: Ipv4Addr,
    bits: u8,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no network like 192.168.10.0/24");
        let (address, bits) = text.split_once('/').ok_or_else(wrong)?;
        let address: Ipv4Addr = address.parse().map_err(|_| wrong())?;
        let bits: u8 = bits.parse().map_err(|_| wrong())?;
        if !(8..=32).contains(&bits) {
            return Err(format!("{text:?} must have 8 to 32 bits"));
        }
        let host = u32::MAX.checked_shr(bits.into()).unwrap_or(0);
        if address.to_bits() & host != 0 {
            return Err(format!(
                "{text:?} is an address in a network, not its first"
            ));
        }
        Ok(Self { address, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_written_as_their_first_address() {
        let network: Network = "192.168.10.0/24".parse().unwrap();
        assert_eq!(network.to_string(), "192.168.10.0/24");
        let refused = |text: &str| text.parse::<Network>().unwrap_err();
        assert!(refused("192.168.10.7/24").contains("not its first"));
        assert!(refused("10.0.0.0/4").contains("8 to 32"));
        assert!(refused("anywhere").contains("no network like"));
    }

    #[test]
    fn a_firewall_names_its_networks() {
        let hotel = [
            "192.168.10.0/24".parse().unwrap(),
            "10.0.0.0/8".parse().unwrap(),
        ];
        let text = firewall(&hotel, &[]);
        assert!(text.contains("elements = { 192.168.10.0/24, 10.0.0.0/8 }"));
        assert!(!text.contains("@HOTEL@") && !text.contains("@KEEPERS@"));
    }
}
