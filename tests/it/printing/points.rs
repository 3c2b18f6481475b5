//! A box that dies at named points of a ticket's way.

use std::os::unix::process::ExitStatusExt as _;

use hotel_tests::faults::rounds;
use hotel_tests::points::{Blow, Points, shuffled};
use kit::fault::Point;

use super::*;

const WAY: &[Point] = &[
    Point::ProxyJobsWritten,
    Point::ProxyJobsKept,
    Point::ProxyBytesSent,
    Point::ProxyTicketProved,
];

/// What the kernel says of a process that was killed.
const SIGKILL: i32 = 9;

impl Shop {
    /// Submits ticket after ticket, from a number on, and waits for each.
    async fn work(&self, known: &mut Vec<u32>) {
        loop {
            let number = u32::try_from(known.len()).unwrap() + 1;
            known.push(number);
            self.submit(number).await;
            self.ends(number).await;
        }
    }

    /// Waits for the death of the box, and starts it again.
    async fn died(&mut self) {
        let ended = timeout(LIMIT, self.program.wait()).await.unwrap().unwrap();
        assert_eq!(ended.signal(), Some(SIGKILL), "{ended}");
        self.program = start(&self.home);
    }
}

// device-proxy-1.2, device-proxy-3.1, device-proxy-3.6, device-proxy-3.7
#[tokio::test]
async fn a_box_that_dies_at_any_point_loses_no_ticket_and_repeats_none_without_its_mark() {
    for seed in seeds(1, 20) {
        let mut chance = Chance::of(seed);
        let mut shop = Shop::open(Settings::default(), "process-id", "reprint-marked").await;
        let points = Points::in_directory(&shop.home.path().join(POINTS));
        let mut known = Vec::new();
        for _ in 0..rounds(1, 5) {
            for point in shuffled(&mut chance, WAY) {
                points.arm(point, Blow::Kill, 1 + chance.below(3));
                tokio::select! {
                    () = shop.work(&mut known) => {}
                    () = points.struck(point, async || {}) => {}
                }
                shop.died().await;
                // Whoever did not hear an answer asks again, and the same is the same.
                let last = *known.last().unwrap();
                shop.submit(last).await;
            }
        }
        for number in &known {
            shop.ends(*number).await;
            shop.judge(*number);
        }
        report(seed, &shop, &known);
        shop.close().await;
    }
}

#[expect(clippy::print_stderr, reason = "a seed is for whoever plays it again")]
fn report(seed: u32, shop: &Shop, known: &[u32]) {
    let papers: usize = known.iter().map(|number| shop.papers(*number).len()).sum();
    eprintln!(
        "HOTEL_SEED={seed}: {} tickets, {papers} papers",
        known.len()
    );
}
