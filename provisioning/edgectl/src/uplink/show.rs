//! What `uplink` answers, for people.

use wire::uplink::{Cost, Letter, LinkStat, Spent, Stat};

use crate::output::say;

pub(super) fn stat(stat: &Stat) {
    say("stream  waiting   bytes     quota  uploaded  batches    bytes  dropped  aside");
    for stream in &stat.streams {
        say(format_args!(
            "{:6}  {:7} {:7} {:9}  {:8}  {:7}  {:7}  {:7}  {:5}",
            stream.stream.as_str(),
            stream.waiting_records,
            stream.waiting_bytes,
            stream.quota_bytes,
            stream.uploaded_records,
            stream.uploaded_batches,
            stream.uploaded_bytes,
            stream.dropped_records,
            stream.letters,
        ));
    }
    let files = &stat.files;
    say(format_args!(
        "files: {} waiting ({} bytes), {} uploaded ({} bytes)",
        files.waiting, files.waiting_bytes, files.uploaded, files.uploaded_bytes
    ));
    link(&stat.link);
    say(match stat.cloud {
        None => "nothing was uploaded yet".to_owned(),
        Some(true) => "the cloud is reachable".to_owned(),
        Some(false) => format!("the cloud is not reachable: {}", stat.last_error),
    });
}

pub(super) fn link(link: &LinkStat) {
    let by = if link.chosen {
        "chosen by an operator"
    } else {
        "as configured"
    };
    say(format_args!(
        "link: {}, {by}; {} bytes sent today (metered: at most {})",
        link.mode.as_str(),
        link.day_bytes,
        link.day_budget
    ));
}

pub(super) fn letters(letters: &[Letter]) {
    if letters.is_empty() {
        say("no batch is set aside");
    }
    for letter in letters {
        say(format_args!(
            "{}  {} {}-{}, {} bytes: {}",
            letter.number,
            letter.stream.as_str(),
            letter.first,
            letter.last,
            letter.bytes,
            letter.reason
        ));
    }
}

pub(super) fn cost(cost: &Cost) {
    say("period      part   requests      bytes    on wire   dollars");
    for spent in cost.months.iter().chain(&cost.days) {
        for line in &spent.lines {
            say(format_args!(
                "{:10}  {:5}  {:8}  {:9}  {:9}  {:8.5}",
                spent.period, line.of, line.requests, line.bytes, line.wire_bytes, line.dollars
            ));
        }
        total(spent);
    }
}

fn total(spent: &Spent) {
    say(format_args!(
        "{:10}  all    ${:.5}; {} records and {} requests: {:.2} % stayed in the house",
        spent.period, spent.dollars, spent.local, spent.cloud, spent.local_percent
    ));
}
