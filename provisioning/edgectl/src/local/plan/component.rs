//! A component in the plan, as a nucleus would start it.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde_json::Value;

use super::{Install, Plan, PlanError, Sources, kept, present};
use crate::local::files;
use crate::local::hotel::Hotel;
use crate::local::launch::Launch;
use crate::local::layout::Layout;
use crate::local::roster::Kind;
use crate::local::watch::Readiness;
use crate::recipe::{Host, Lifecycle, Recipe, Scope, Service, Step};

impl Plan {
    /// Adds a component as its recipe says.
    pub(super) fn add_component(
        &mut self,
        layout: &Layout,
        sources: &Sources,
        recipe: &Recipe,
        configuration: &Value,
    ) -> Result<(), PlanError> {
        let name = &recipe.name;
        let work = layout.work(name);
        files::make_dir(&work)?;
        files::make_dir(&layout.data(name))?;
        files::write_json(&layout.config(name), configuration)?;
        let artifacts = sources.artifacts_of(name);
        for artifact in recipe.artifacts(Host::this())? {
            present(name, &artifacts.join(artifact.installed()))?;
        }
        let scope = Scope {
            configuration,
            artifacts: &artifacts,
            work: &work,
            root: layout.dir(),
            thing: self.hotel.box_id.as_str(),
        };
        let Lifecycle { install, service } = recipe.lifecycle(Host::this(), &scope)?;
        if let Some(step) = install {
            let within = step.timeout;
            let launch = self.launch(layout, name, step);
            self.installs.push(Install {
                name: name.clone(),
                launch,
                within,
            });
        }
        let (readiness, step) = match service {
            Service::Startup(step) => (Readiness::Notified(step.timeout), step),
            Service::Run(step) => (Readiness::Runs, step),
        };
        let launch = self.launch(layout, name, step);
        self.parts
            .push(kept(layout, name, Kind::Component, launch, readiness));
        Ok(())
    }

    fn launch(&self, layout: &Layout, name: &str, step: Step) -> Launch {
        let mut environment = nucleus_environment(&self.hotel);
        environment.insert("HOTEL_CONFIG".to_owned(), layout.config(name).into());
        environment.insert("NOTIFY_SOCKET".to_owned(), layout.socket(name).into());
        environment.extend(
            step.env
                .into_iter()
                .map(|(name, value)| (name, value.into())),
        );
        Launch::script(
            &step.script,
            environment,
            layout.work(name),
            layout.log(name),
        )
    }
}

/// What a nucleus gives every component; credentials by their simplest way.
fn nucleus_environment(hotel: &Hotel) -> BTreeMap<String, OsString> {
    let variables = [
        ("AWS_IOT_THING_NAME", hotel.box_id.as_str()),
        ("AWS_REGION", &hotel.s3.region),
        ("AWS_DEFAULT_REGION", &hotel.s3.region),
        ("AWS_ACCESS_KEY_ID", &hotel.s3.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &hotel.s3.secret_access_key),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    variables
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}
