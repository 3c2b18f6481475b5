//! Bringing a running broker to a policy, through the plugin's own commands.
//!
//! ```text
//! LiveRules::question ──▶ $CONTROL ──▶ LiveRules::learn   until there is no question left
//! control_commands(live, policy) ──▶ $CONTROL             none when the broker is there already
//! ```
//!
//! A principal that left the policy is *deleted*, not disabled: tried with mosquitto 2.0.11, a
//! disabled client is thrown out and comes straight back with all its permissions, because
//! `disabled` is only looked at together with a password. A deleted one is thrown out, may connect
//! for as long as its certificate is valid, and can do nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wire::Principal;

use super::Policy;
use super::dynamic_security::{DEFAULTS, Rule, acls, roles, rules};

/// How many clients or roles one answer holds; a role takes up to 4 KiB.
const PAGE: usize = 50;

/// The rules a broker has now, learnt answer by answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveRules {
    defaults: Option<BTreeSet<(String, bool)>>,
    clients: Listing<Client>,
    roles: Listing<Role>,
}

/// Things by name, as far as they are known, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listing<T> {
    known: BTreeMap<String, T>,
    total: Option<usize>,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self {
            known: BTreeMap::new(),
            total: None,
        }
    }
}

impl<T> Listing<T> {
    fn complete(&self) -> bool {
        self.total.is_some_and(|total| self.known.len() >= total)
    }
}

/// Whether a client stands in the plugin as this module would write it, for its own role only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Client {
    AsWritten,
    Otherwise { disabled: bool },
}

/// A role's rules, if it has no others than this module would write.
type Role = Option<BTreeSet<Rule>>;

impl LiveRules {
    /// The commands that ask for what is not known yet; none when everything is.
    pub fn question(&self) -> Vec<Value> {
        let mut commands = Vec::new();
        if self.defaults.is_none() {
            commands.push(json!({ "command": "getDefaultACLAccess" }));
        }
        let mut page = |command: &str, offset: usize| {
            commands.push(json!({
                "command": command, "verbose": true, "count": PAGE, "offset": offset,
            }));
        };
        if !self.clients.complete() {
            page("listClients", self.clients.known.len());
        }
        if !self.roles.complete() {
            page("listRoles", self.roles.known.len());
        }
        commands
    }

    /// Takes in the plugin's answer: the message it sent.
    pub fn learn(&mut self, answer: &Value) -> Result<(), PluginError> {
        let responses = answer["responses"]
            .as_array()
            .ok_or(PluginError::NotAnAnswer)?;
        for response in responses {
            let command = response["command"].as_str().unwrap_or_default();
            if let Some(reason) = response["error"].as_str() {
                return Err(PluginError::refused(command, reason));
            }
            let data = &response["data"];
            let understood = match command {
                "getDefaultACLAccess" => {
                    self.defaults = defaults(&data["acls"]);
                    self.defaults.is_some()
                }
                "listClients" => self.clients.add(data, "clients", client),
                "listRoles" => self.roles.add(data, "roles", role),
                _ => true,
            };
            if !understood {
                return Err(PluginError::NotAnAnswer);
            }
        }
        Ok(())
    }
}

impl<T> Listing<T> {
    /// Takes in a page; false when it is none, or says nothing new although more is to come.
    fn add(&mut self, data: &Value, list: &str, read: fn(&Value) -> Option<(String, T)>) -> bool {
        let before = self.known.len();
        let total = data["totalCount"]
            .as_u64()
            .and_then(|total| usize::try_from(total).ok());
        let page: Option<Vec<_>> = data[list]
            .as_array()
            .and_then(|entries| entries.iter().map(read).collect());
        let (Some(total), Some(page)) = (total, page) else {
            return false;
        };
        self.known.extend(page);
        self.total = Some(total);
        self.complete() || self.known.len() > before
    }
}

fn defaults(acls: &Value) -> Option<BTreeSet<(String, bool)>> {
    let default =
        |acl: &Value| Some((acl["acltype"].as_str()?.to_owned(), acl["allow"].as_bool()?));
    acls.as_array()?.iter().map(default).collect()
}

fn client(entry: &Value) -> Option<(String, Client)> {
    let name = entry["username"].as_str()?.to_owned();
    let disabled = entry["disabled"].as_bool().unwrap_or(false);
    let own_role = name
        .parse()
        .is_ok_and(|principal: Principal| entry["roles"] == roles(&principal));
    let no_groups = entry["groups"].as_array().is_none_or(Vec::is_empty);
    let as_written = own_role && no_groups && !disabled;
    Some((
        name,
        if as_written {
            Client::AsWritten
        } else {
            Client::Otherwise { disabled }
        },
    ))
}

fn role(entry: &Value) -> Option<(String, Role)> {
    let rule = |acl: &Value| {
        let (act, topic) = (acl["acltype"].as_str()?, acl["topic"].as_str()?);
        let plain = acl["allow"] == true && acl["priority"].as_i64().unwrap_or(0) == 0;
        plain.then(|| (act.to_owned(), topic.to_owned()))
    };
    let name = entry["rolename"].as_str()?.to_owned();
    Some((name, entry["acls"].as_array()?.iter().map(rule).collect()))
}

/// The commands that bring a broker with these rules to the policy, to be sent in this order; none
/// when it is there.
///
/// Whoever loses or changes permissions is thrown out and comes back with the new ones. Whoever
/// may control the broker comes last, because that may be the sender.
pub fn control_commands(live: &LiveRules, policy: &Policy) -> Vec<Value> {
    let mut commands: Vec<_> = set_defaults(live).into_iter().collect();
    commands.extend(delete(live, policy));
    let (controllers, others): (Vec<_>, Vec<_>) = policy
        .principals()
        .partition(|principal| policy.may_control(principal));
    for principal in others.into_iter().chain(controllers) {
        commands.extend(grant(live, policy, principal));
    }
    commands
}

fn set_defaults(live: &LiveRules) -> Option<Value> {
    let wanted: BTreeSet<_> = DEFAULTS
        .iter()
        .map(|(act, allow)| ((*act).to_owned(), *allow))
        .collect();
    let acl = |(act, allow): &(String, bool)| json!({ "acltype": act, "allow": allow });
    (live.defaults.as_ref() != Some(&wanted)).then(|| {
        let acls: Value = wanted.iter().map(acl).collect();
        json!({ "command": "setDefaultACLAccess", "acls": acls })
    })
}

fn delete(live: &LiveRules, policy: &Policy) -> Vec<Value> {
    let gone = |name: &&String| !policy.grants.contains_key(name.as_str());
    let clients = live.clients.known.keys().filter(gone);
    let roles = live.roles.known.keys().filter(gone);
    clients
        .map(|name| json!({ "command": "deleteClient", "username": name }))
        .chain(roles.map(|name| json!({ "command": "deleteRole", "rolename": name })))
        .collect()
}

fn grant(live: &LiveRules, policy: &Policy, principal: &Principal) -> Vec<Value> {
    let mut commands = Vec::new();
    let wanted = rules(policy, principal);
    let mut set_role = |command: &str| {
        commands.push(json!({
            "command": command, "rolename": principal, "acls": acls(&wanted),
        }));
    };
    match live.roles.known.get(principal.as_str()) {
        None => set_role("createRole"),
        Some(found) if found.as_ref() == Some(&wanted) => {}
        Some(_) => set_role("modifyRole"),
    }
    let mut set_client = |command: &str| {
        commands.push(json!({
            "command": command, "username": principal, "roles": roles(principal),
        }));
    };
    match live.clients.known.get(principal.as_str()) {
        None => set_client("createClient"),
        Some(Client::AsWritten) => {}
        Some(Client::Otherwise { disabled }) => {
            set_client("modifyClient");
            if *disabled {
                commands.push(json!({ "command": "enableClient", "username": principal }));
            }
        }
    }
    commands
}

/// The plugin did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// It said no.
    #[error("the broker refused {command}: {reason}")]
    Refused {
        /// Which command.
        command: String,
        /// Its own words.
        reason: String,
    },
    /// It said something that is not understood.
    #[error("the broker's answer is not one of the dynamic-security plugin")]
    NotAnAnswer,
}

impl PluginError {
    fn refused(command: &str, reason: &str) -> Self {
        Self::Refused {
            command: command.to_owned(),
            reason: reason.to_owned(),
        }
    }
}
