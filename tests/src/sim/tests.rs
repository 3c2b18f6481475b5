//! Devices on a real broker, with a gateway that only confirms.

use std::collections::BTreeSet;
use std::time::Duration;

use kit::lifecycle::Tasks;
use serde_json::json;
use wire::device::{Ack, AckStatus, Birth, Kind, Online, Reported};
use wire::topic::DeviceSubject;

use super::ledger::Totals;
use super::*;
use crate::eventually;
use estate::Estate;
use gateway::Gateway;

mod estate;
mod gateway;

/// Most of any wait here.
const LIMIT: Duration = Duration::from_secs(30);

/// Devices at work on tasks of their own.
struct Living {
    hotel: Hotel,
    tasks: Tasks,
}

impl Living {
    async fn start(estate: &Estate) -> Self {
        let tasks = Tasks::new();
        let hotel = Hotel::start(estate.options(), &tasks).await.unwrap();
        Self { hotel, tasks }
    }

    async fn connected(&self, count: usize) {
        let mut connected = self.hotel.connected();
        let all = connected.wait_for(|connected| *connected == count);
        tokio::time::timeout(LIMIT, all).await.unwrap().unwrap();
    }

    async fn stop(self) {
        self.tasks.drain().await.unwrap();
    }

    /// Waits until more than `count` messages are confirmed, and compares all that the gateway has
    /// with the ledger.
    async fn received(&self, gateway: &Gateway, count: usize) {
        let what = format!("more than {count} messages are received");
        let lines = eventually(&what, LIMIT, || async {
            let lines = self.hotel.lines().await.unwrap();
            (Totals::of(&lines).received > count).then_some(lines)
        })
        .await;
        let heard = gateway.heard();
        for line in lines.into_iter().filter(|line| line.received) {
            let place = (line.device, line.boot, line.seq);
            assert_eq!(heard.get(&place), Some(&line.sha256), "{place:?}");
        }
    }
}

#[tokio::test]
async fn what_the_gateway_confirms_is_what_the_ledger_holds() {
    let mut estate = Estate::new(2);
    estate.open().await;
    let gateway = Gateway::start(&estate);
    let living = Living::start(&estate).await;
    living.connected(8).await;
    living.received(&gateway, 100).await;
    living.stop().await;
}

#[tokio::test]
async fn devices_live_through_the_death_of_the_broker() {
    let mut estate = Estate::new(1);
    estate.open().await;
    let gateway = Gateway::start(&estate);
    let living = Living::start(&estate).await;
    living.connected(4).await;
    living.received(&gateway, 20).await;
    estate.close();
    living.connected(0).await;
    estate.open().await;
    living.connected(4).await;
    living.received(&gateway, 100).await;
    living.stop().await;
}

#[tokio::test]
async fn a_restart_goes_on_with_the_same_boot_and_uses_no_place_twice() {
    let mut estate = Estate::new(1);
    let offline = Living::start(&estate).await;
    eventually(
        "something is said while there is no broker",
        LIMIT,
        || async { (offline.hotel.lines().await.unwrap().len() > 20).then_some(()) },
    )
    .await;
    let boot = offline.hotel.boot();
    let said = offline.hotel.lines().await.unwrap();
    offline.stop().await;
    estate.open().await;
    let gateway = Gateway::start(&estate);
    let living = Living::start(&estate).await;
    assert_eq!(living.hotel.boot(), boot);
    living.received(&gateway, 60).await;
    let lines = living.hotel.lines().await.unwrap();
    let places = |line: &ledger::Line| (line.device.clone(), line.seq, line.sha256);
    let now: BTreeSet<_> = lines.iter().map(places).collect();
    assert!(said.iter().all(|line| now.contains(&places(line))));
    living.stop().await;
}

#[tokio::test]
async fn a_thermostat_becomes_what_is_desired_and_stays_so_through_a_restart() {
    let mut estate = Estate::new(1);
    estate.open().await;
    let gateway = Gateway::start(&estate);
    let thermostat = estate.device(Kind::Thermostat);
    let living = Living::start(&estate).await;
    living.connected(4).await;
    let delta = json!({"v": 1, "version": 4, "state": {"target_celsius": 19}});
    gateway
        .tell(&thermostat, DeviceSubject::Delta, &delta)
        .await;
    let is_nineteen = |reported: &Reported| {
        reported.version == 4_u32.into() && reported.state.0["target_celsius"] == json!(19.0)
    };
    gateway
        .last(&thermostat, DeviceSubject::Reported, is_nineteen)
        .await;
    living.stop().await;
    let gateway = Gateway::start(&estate);
    let living = Living::start(&estate).await;
    gateway
        .last(&thermostat, DeviceSubject::Reported, is_nineteen)
        .await;
    living.stop().await;
}

#[tokio::test]
async fn a_command_is_done_once_and_answered_each_time() {
    let mut estate = Estate::new(1);
    estate.open().await;
    let gateway = Gateway::start(&estate);
    let lock = estate.device(Kind::Lock);
    let living = Living::start(&estate).await;
    living.connected(4).await;
    gateway
        .last(&lock, DeviceSubject::Birth, |_: &Birth| true)
        .await;
    let execution = "01941f29-7c00-7000-8000-0123456789ab".parse().unwrap();
    let command = json!({
        "v": 1, "execution": execution, "boot": living.hotel.boot(), "operation": "identify",
        "expires_at": wire::bound::INTEGER_MAX,
    });
    let done = |ack: &Ack| ack.status == AckStatus::Succeeded;
    for times in 1..=2 {
        gateway
            .tell(&lock, DeviceSubject::Command(execution), &command)
            .await;
        gateway
            .last(&lock, DeviceSubject::Ack(execution), done)
            .await;
        eventually("the answer is there", LIMIT, || async {
            (gateway.count(&lock, &DeviceSubject::Ack(execution)) == times + 1).then_some(())
        })
        .await;
    }
    assert_eq!(gateway.events(&lock, "identified"), 1);
    living.stop().await;
}

#[tokio::test]
async fn a_device_is_seen_to_come_and_go() {
    let mut estate = Estate::new(1);
    estate.open().await;
    let gateway = Gateway::start(&estate);
    let lock = estate.device(Kind::Lock);
    let living = Living::start(&estate).await;
    let boot = living.hotel.boot();
    gateway
        .last(&lock, DeviceSubject::Online, |online: &Online| {
            online.online
        })
        .await;
    living.stop().await;
    let gone = |online: &Online| !online.online && online.boot == boot;
    gateway.last(&lock, DeviceSubject::Online, gone).await;
}
