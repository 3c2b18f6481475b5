//! From the tree to boxes: packages, the cloud that gets them, deployments, and a box that takes
//! them.

mod cloud;
mod deploying;
mod installing;
mod packing;
mod publishing;
mod runbook;
mod units;
