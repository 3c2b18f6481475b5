//! The configuration of Greengrass, and its start.
//!
//! Both nuclei get a thing that exists already, with the key that was made here, so neither needs a
//! provisioning plug-in nor ever sees the claim. Source: developer guide, "Install with manual
//! provisioning"; Nucleus Lite, `config.yaml`. Each reads the file at its first start only.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use kit::ca::files::{create_dir, write_open};

use super::owner::{Owner, open_way};
use super::plan::{Kind, Plan};
use super::{Failure, Layout, acts, power};

/// How much of a failed start's last words is told.
const TOLD_MAX: usize = 300;

/// Writes the configuration and starts the nucleus.
pub(super) fn start(plan: &Plan, layout: &Layout) -> Result<String, Failure> {
    let thing = acts::thing(layout)?.name;
    let config = &plan.nucleus.config;
    if let Some(dir) = config.parent().filter(|dir| !dir.exists()) {
        create_dir(dir)?;
        open_way(dir)?;
    }
    write_open(config, render(plan, layout, &thing).as_bytes())?;
    hand_over(plan, layout)?;
    power::may_fail("nucleus", "configured");
    restart(plan)?;
    Ok(format!("configured as {thing} and started"))
}

/// Starts the nucleus, or starts it again with other files.
pub(crate) fn restart(plan: &Plan) -> Result<(), Failure> {
    let command = plan.nucleus.start.join(" ");
    let failed = |why: String| Failure::Start {
        command: command.clone(),
        why,
    };
    let Some((program, arguments)) = plan.nucleus.start.split_first() else {
        return Err(failed("the plan names no command".to_owned()));
    };
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: String = said.trim().chars().take(TOLD_MAX).collect();
    Err(failed(format!("{}: {said}", output.status)))
}

/// Gives the files of the thing and the configuration to the user who runs the nucleus.
pub(crate) fn hand_over(plan: &Plan, layout: &Layout) -> Result<(), Failure> {
    let user = plan.nucleus.owner.as_str();
    if user.is_empty() {
        return Ok(());
    }
    let owner = Owner::named(user)?;
    let papers = layout.papers();
    let config = plan.nucleus.config.clone();
    let paths = [layout.thing(), papers.certificate, papers.key, config];
    paths.iter().try_for_each(|path| owner.take(path))
}

/// The configuration of either nucleus.
fn render(plan: &Plan, layout: &Layout, thing: &str) -> String {
    let papers = layout.papers();
    let quoted = |path: &Path| text(&path.display().to_string());
    let (service, credentials, root) = match plan.nucleus.kind {
        Kind::Classic => ("aws.greengrass.Nucleus", "iotCredEndpoint", "rootpath"),
        Kind::Lite => ("aws.greengrass.NucleusLite", "iotCredEndpoint", "rootPath"),
    };
    let system = [
        ("certificateFilePath", quoted(&papers.certificate)),
        ("privateKeyPath", quoted(&papers.key)),
        ("rootCaPath", quoted(&plan.cloud.root_ca)),
        (root, quoted(&plan.nucleus.root)),
        ("thingName", text(thing)),
    ];
    let mut configuration = vec![
        ("awsRegion", text(&plan.cloud.region)),
        ("iotDataEndpoint", text(&plan.cloud.data.host)),
        (credentials, text(&plan.cloud.credentials)),
        ("iotRoleAlias", text(&plan.cloud.role_alias)),
    ];
    if plan.nucleus.kind == Kind::Classic {
        let port = plan.cloud.data.port;
        configuration.push(("mqtt", format!("{{ port: {port} }}")));
    }
    let mut yaml = String::from("---\nsystem:\n");
    lines(&mut yaml, 2, &system);
    yaml.push_str("services:\n");
    for (indent, key) in [(2, service), (4, "configuration")] {
        if indent == 4 {
            lines(&mut yaml, 4, &[("componentType", text("NUCLEUS"))]);
        }
        // Writing to a string does not fail.
        _ = writeln!(yaml, "{:indent$}{key}:", "");
    }
    lines(&mut yaml, 6, &configuration);
    yaml
}

fn lines(yaml: &mut String, indent: usize, entries: &[(&str, String)]) {
    for (key, value) in entries {
        // Writing to a string does not fail.
        _ = writeln!(yaml, "{:indent$}{key}: {value}", "");
    }
}

/// A YAML scalar in double quotes, which JSON's are.
fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

#[cfg(test)]
mod tests;
