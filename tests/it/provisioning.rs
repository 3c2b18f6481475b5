//! From the unopened box to a member of its hotel, with the cloud's side played on a real broker.

mod boot;
mod site;
