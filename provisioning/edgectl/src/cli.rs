//! The command line: one subcommand for each thing an installer or operator does.

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::audit::AuditCommand;
use crate::authority::{AuthorityCommand, SittingCommand};
use crate::backup::BackupCommand;
use crate::bundle::SupportBundle;
use crate::cloud::CloudCommand;
use crate::component::{ComponentCommand, OperatorCommand};
use crate::device::DeviceCommand;
use crate::doctor::Doctor;
use crate::first_boot::FirstBoot;
use crate::gateway::GatewayCommand;
use crate::image::Image;
use crate::join::JoinCommand;
use crate::local::LocalCommand;
use crate::model::ModelCommand;
use crate::output;
use crate::policy::PolicyCommand;
use crate::property::PropertyCommand;
use crate::rotate::Rotate;
use crate::uplink::UplinkCommand;
use crate::wipe::Wipe;

/// Provision and operate a hotel's edge box.
#[derive(Debug, Parser)]
#[command(name = "edgectl", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The property: its certificate authority, and its record for the cloud.
    #[command(subcommand)]
    Property(PropertyCommand),
    /// Devices and their certificates.
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Certificates of components.
    #[command(subcommand)]
    Component(ComponentCommand),
    /// Certificates of operators.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// The broker's rules.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Devices, as `iot-gateway` sees them.
    #[command(subcommand)]
    Gateway(GatewayCommand),
    /// The trail of everything that was done, or refused, at doors.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The spool and its uploads.
    #[command(subcommand)]
    Uplink(UplinkCommand),
    /// Backups of the database.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Bundles of models.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Tablets, their names and their rights.
    #[command(subcommand)]
    Authority(AuthorityCommand),
    /// Parties at tables.
    #[command(subcommand)]
    Sitting(SittingCommand),
    Image(Box<Image>),
    FirstBoot(FirstBoot),
    #[command(subcommand)]
    Join(JoinCommand),
    Rotate(Rotate),
    Doctor(Doctor),
    SupportBundle(SupportBundle),
    Wipe(Wipe),
    /// Boxes in AWS.
    #[command(subcommand)]
    Cloud(CloudCommand),
    /// A whole hotel on this machine.
    #[command(subcommand)]
    Local(LocalCommand),
}

impl Command {
    fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        match self {
            Self::Property(command) => command.run()?,
            Self::Device(command) => command.run()?,
            Self::Component(command) => command.run()?,
            Self::Operator(command) => command.run()?,
            Self::Policy(command) => command.run()?,
            Self::Gateway(command) => return Ok(command.run()?),
            Self::Audit(command) => command.run()?,
            Self::Uplink(command) => return Ok(command.run()?),
            Self::Backup(command) => return Ok(command.run()?),
            Self::Model(command) => command.run()?,
            Self::Authority(command) => command.run()?,
            Self::Sitting(command) => command.run()?,
            Self::Cloud(command) => return Ok(command.run()),
            Self::Image(command) => command.run()?,
            Self::FirstBoot(command) => return Ok(command.run()),
            Self::Doctor(command) => return Ok(command.run()),
            Self::SupportBundle(command) => command.run()?,
            Self::Join(command) => return Ok(command.run()),
            Self::Rotate(command) => return Ok(command.run()),
            Self::Wipe(command) => return Ok(command.run()),
            Self::Local(command) => return Ok(command.run()?),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Does what the command line asks for.
pub(crate) fn run() -> ExitCode {
    Cli::parse().command.run().unwrap_or_else(|error| {
        output::complain(error.as_ref());
        ExitCode::FAILURE
    })
}
