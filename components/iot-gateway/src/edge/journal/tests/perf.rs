use super::*;
#[tokio::test(flavor = "multi_thread")]
async fn perf() {
    use crate::gateway::{Gateway, Input};
    use crate::work::Work;
    use wire::topic::DeviceSubject;
    let directory = tempfile::tempdir().unwrap();
    let (journal, _tasks) = open(&directory.path().join("journal.db")).await;
    let devices: Vec<DeviceId> = (0..1000)
        .map(|k| format!("room-{k}-thermostat").parse().unwrap())
        .collect();
    let reg = devices
        .iter()
        .map(|d| {
            (
                d.clone(),
                wire::registry::RegisteredDevice {
                    device: d.clone(),
                    kind: wire::device::Kind::Thermostat,
                    room: Some("101".into()),
                    capabilities: [].into(),
                },
            )
        })
        .collect();
    let now = || {
        #[allow(clippy::disallowed_methods)]
        crate::device::Moment {
            wall: n(1),
            monotonic: std::time::Instant::now(),
        }
    };
    let (mut g, _) = Gateway::resume(now(), reg, Default::default());
    let property: wire::PropertyId = "seaside".parse().unwrap();
    let t0 = std::time::Instant::now();
    let (mut rules, mut io) = (std::time::Duration::ZERO, std::time::Duration::ZERO);
    let total = 50_000u32;
    let mut k = 0;
    while k < total {
        let t = std::time::Instant::now();
        let mut work = Work::default();
        for _ in 0..256 {
            let d = &devices[(k as usize * 7) % 1000];
            let seq = k / 1000;
            let body = serde_json::to_vec(
                &json!({"v":1,"boot":1,"seq":seq,"at":1_795_000_000_123u64,"value":20.5}),
            )
            .unwrap();
            let topic = wire::Topic::device(
                &property,
                d,
                DeviceSubject::Telemetry("temperature".parse().unwrap()),
            );
            let input = crate::edge::inbound::tests_input(&topic, &body);
            work.add(g.handle(now(), input));
            k += 1;
        }
        let (c, _, _) = work.finish();
        rules += t.elapsed();
        let t = std::time::Instant::now();
        write(&journal, c).await;
        io += t.elapsed();
    }
    println!(
        "{} msg in {:?}: {:.0}/s rules {:?} io {:?}",
        k,
        t0.elapsed(),
        f64::from(k) / t0.elapsed().as_secs_f64(),
        rules,
        io
    );
}
