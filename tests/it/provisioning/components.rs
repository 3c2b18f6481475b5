//! What a first boot lays out is what real components take: a broker and `uplink`, started where the
//! nucleus would start them.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use hotel_tests::fleet::{Claims, Fleet};
use hotel_tests::hotel::artifacts;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::site::Site;

/// Processes that the box's start command left running; ended when dropped.
struct Started<'a>(&'a Site);

impl Drop for Started<'_> {
    fn drop(&mut self) {
        for name in ["uplink.pid", "broker.pid"] {
            let pid = fs::read_to_string(self.0.path(name)).ok();
            let pid = pid.and_then(|pid| Pid::from_raw(pid.trim().parse().ok()?));
            // It may have ended by itself.
            pid.and_then(|pid| kill_process(pid, Signal::KILL).ok());
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The broker's configuration on what the box holds for it, as its recipe has it.
fn broker(dir: &Path, port: u16) -> String {
    let at = dir.display();
    format!(
        "user root\nper_listener_settings false\nlistener {port} 127.0.0.1\n\
         cafile {at}/broker/identity/ca.pem\ncertfile {at}/broker/identity/cert.pem\n\
         keyfile {at}/broker/identity/key.pem\nrequire_certificate true\n\
         use_identity_as_username true\nuse_username_as_clientid true\nallow_anonymous false\n\
         plugin PLUGIN\nplugin_opt_config_file {at}/broker/policy.json\n"
    )
}

// provisioning-1.3 provisioning-1.4
#[tokio::test]
async fn components_work_with_what_a_first_boot_laid_out() {
    let fleet = Fleet::with(&["NUC-0001"], Claims { days: 30 }).await;
    let mut site = Site::new(&fleet, "NUC-0001").await;
    let (bus, admin) = (free_port(), free_port());
    let dir = site.dir().display().to_string();
    fs::write(site.path("broker.conf"), broker(site.dir(), bus)).unwrap();
    let uplink = json!({
        "tenant": "acme", "property": "seaside", "box": "box-1",
        "trust_domain": "hotel.internal",
        "identity_dir": format!("{dir}/uplink/identity"), "data_dir": format!("{dir}/uplink/data"),
        "broker": { "host": "localhost", "port": bus },
        "admin": { "host": "127.0.0.1", "port": admin },
        "s3": { "bucket": "batches", "region": "eu-central-1", "endpoint": "http://127.0.0.1:1" },
    });
    fs::write(site.path("uplink.json"), uplink.to_string()).unwrap();
    let program = artifacts().join("uplink");
    let start = format!(
        "set -eu; cd {dir}; mkdir -p uplink/data\n\
         sed -i \"s|PLUGIN|$(ls /usr/lib/*/mosquitto_dynamic_security.so)|\" broker.conf\n\
         /usr/sbin/mosquitto -c broker.conf >broker.log 2>&1 & echo $! >broker.pid\n\
         HOTEL_CONFIG={dir}/uplink.json {} >uplink.log 2>&1 & echo $! >uplink.pid\n",
        program.display()
    );
    site.set("/nucleus/start", vec!["sh", "-c", &start]);
    site.set("/deployment/wait_s", 60);
    site.set("/deployment/components/uplink/port", admin);
    let started = Started(&site);
    let boot = site.boot().await;
    let log = fs::read_to_string(site.path("uplink.log")).unwrap_or_default();
    assert_eq!(boot.code, Some(0), "{}\n{log}", boot.said);
    assert!(boot.said.contains("1 components ready"), "{}", boot.said);
    drop(started);
}
