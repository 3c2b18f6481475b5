//! From the unopened box to a member of its hotel, and to its end. The cloud's MQTT side is played
//! on a real broker, AWS's services by moto and the models of botocore.

mod boot;
mod care;
mod cloud;
mod components;
mod image;
mod join;
mod journey;
mod life;
mod ownership;
mod runbooks;
mod site;
