//! A cluster of PostgreSQL of its own, made as the recipe of `postgres` makes the hotel's.
//!
//! It is reached by a socket in its own directory only, and `replica-sync` knows nothing of it: what
//! is restored there is never synchronised. PostgreSQL refuses to run as root; where root restores,
//! it is somebody else in a user namespace of its own.

use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use kit::clock::Clock;
use replica_sync::archive::newest;
use rustix::process::{Pid, Signal, getuid, kill_process};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};

/// How long a cluster may take to start.
const START: Duration = Duration::from_mins(1);
/// Between two looks whether it has.
const PAUSE: Duration = Duration::from_millis(50);
/// The owner of the schema, as in the recipe.
const OWNER: &str = "hotel_owner";
/// The longest path of a socket's directory that Linux takes, with the socket's name.
const SOCKET_MAX: usize = 107 - "/.s.PGSQL.5432".len();
/// Bytes that go to `pg_restore` at a time.
const PIECE: usize = 256 * 1024;

/// A running cluster; ended when dropped, its files stay.
#[derive(Debug)]
pub(super) struct Scratch {
    programs: PathBuf,
    directory: PathBuf,
    run: PathBuf,
    server: Child,
    /// Where the directory's own name is too long for a socket.
    _short: Option<Short>,
}

impl Scratch {
    /// Makes the cluster in a directory that holds none, and starts it.
    pub(super) async fn start(directory: &Path) -> Result<Self, ScratchError> {
        let initdb = newest("initdb").ok_or(ScratchError::NoPostgres)?;
        let programs = initdb.parent().unwrap_or(&initdb).to_owned();
        let cluster = directory.join("cluster");
        let made = |source| ScratchError::Directory {
            path: directory.to_owned(),
            source,
        };
        if cluster.exists() {
            return Err(ScratchError::Taken { path: cluster });
        }
        own_dir(directory).map_err(made)?;
        let directory = fs::canonicalize(directory).map_err(made)?;
        let cluster = directory.join("cluster");
        closed_dir(&directory.join("run")).map_err(made)?;
        let mut initdb = as_somebody(&initdb)?;
        initdb.arg("--pgdata").arg(&cluster);
        initdb.args(["--username", OWNER, "--auth=peer", "--encoding=UTF8"]);
        initdb.args(["--locale=C.UTF-8", "--data-checksums"]);
        done("initdb", initdb.output())?;
        let mut single = as_somebody(&programs.join("postgres"))?;
        single
            .args(["--single", "-D"])
            .arg(&cluster)
            .arg("postgres");
        let single = feed(single, |input| {
            input.write_all(
                b"CREATE ROLE replica_sync LOGIN NOSUPERUSER NOBYPASSRLS;\nCREATE DATABASE hotel;\n",
            )
        });
        done("postgres --single", single.map_err(|(_, error)| error))?;
        let rules = [
            ("pg_hba.conf", "local all all peer map=hotel\n".to_owned()),
            (
                "pg_ident.conf",
                format!("hotel /.* {OWNER}\nhotel /.* replica_sync\n"),
            ),
        ];
        for (name, text) in rules {
            fs::write(cluster.join(name), text).map_err(made)?;
        }
        let (run, short) = short(directory.join("run")).map_err(made)?;
        let mut server = as_somebody(&programs.join("postgres"))?;
        server.arg("-D").arg(&cluster);
        server
            .arg("-c")
            .arg(format!("unix_socket_directories={}", run.display()));
        server.args([
            "-c",
            "listen_addresses=",
            "-c",
            "port=5432",
            "-c",
            "shared_buffers=64MB",
        ]);
        server.args(["-c", "log_min_messages=fatal", "-c", "max_connections=10"]);
        let server = server
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| ScratchError::Program {
                program: "postgres",
                source,
            })?;
        let scratch = Self {
            programs,
            directory,
            run,
            server,
            _short: short,
        };
        scratch.wait().await?;
        Ok(scratch)
    }

    async fn wait(&self) -> Result<(), ScratchError> {
        let clock = Clock::system();
        let begun = clock.monotonic();
        loop {
            match self.connect().await {
                Ok(connection) => {
                    drop(connection);
                    return Ok(());
                }
                Err(_) if clock.monotonic().duration_since(begun) < START => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A connection as the owner.
    pub(super) async fn connect(&self) -> Result<PgConnection, ScratchError> {
        let options = PgConnectOptions::new()
            .socket(&self.run)
            .port(5432)
            .database("hotel")
            .username(OWNER)
            .ssl_mode(PgSslMode::Disable);
        let connected = PgConnection::connect_with(&options).await;
        connected.map_err(ScratchError::Connect)
    }

    /// Restores a dump, all of it or nothing.
    pub(super) fn restore(&self, dump: &mut impl Read) -> Result<(), ScratchError> {
        let mut restore = Command::new(self.programs.join("pg_restore"));
        restore.args(["--exit-on-error", "--single-transaction", "--dbname=hotel"]);
        restore.args(["--no-password", "--port=5432", "--username", OWNER]);
        restore.arg("--host").arg(&self.run);
        let mut unreadable = None;
        let fed = feed(restore, |input| {
            let mut piece = vec![0; PIECE];
            loop {
                let read = match dump.read(&mut piece) {
                    Ok(0) => return Ok(()),
                    Ok(read) => read,
                    Err(error) => {
                        unreadable = Some(error);
                        return Err(io::ErrorKind::InvalidData.into());
                    }
                };
                input.write_all(&piece[..read])?;
            }
        });
        match (fed, unreadable) {
            // The dump is at fault, whatever the program made of its first half.
            (_, Some(error)) => Err(ScratchError::Dump(error)),
            (Ok(output), None) => done("pg_restore", Ok(output)),
            (Err((Some(output), _)), None) if !output.status.success() => {
                done("pg_restore", Ok(output))
            }
            (Err((_, source)), None) => Err(ScratchError::Program {
                program: "pg_restore",
                source,
            }),
        }
    }

    /// Where it is.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let pid = i32::try_from(self.server.id()).ok().and_then(Pid::from_raw);
        // SIGINT: a fast shutdown, with everything on the disk.
        let asked = pid.map(|pid| kill_process(pid, Signal::INT));
        if asked.is_some_and(|asked| asked.is_ok()) {
            self.server.wait().ok();
        }
    }
}

/// Makes a directory that nobody else reads; one that is there is somebody's, and left as it is.
pub(super) fn own_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a directory that nobody else enters, also where it is there: whoever reaches the socket in
/// it is the owner of every row.
pub(super) fn closed_dir(path: &Path) -> io::Result<()> {
    own_dir(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// A short name for a directory, as long as it is needed.
#[derive(Debug)]
struct Short(PathBuf);

impl Drop for Short {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// The directory under a name that is short enough for a socket.
fn short(run: PathBuf) -> io::Result<(PathBuf, Option<Short>)> {
    if run.as_os_str().len() <= SOCKET_MAX {
        return Ok((run, None));
    }
    let id = std::process::id();
    let link = std::env::temp_dir().join(format!("edgectl-scratch-{id}"));
    symlink(run, &link)?;
    Ok((link.clone(), Some(Short(link))))
}

/// A program as somebody who is not root.
fn as_somebody(program: &Path) -> Result<Command, ScratchError> {
    if !getuid().is_root() {
        return Ok(Command::new(program));
    }
    let postgres = |flag: &str| {
        let output = Command::new("id").args([flag, "postgres"]).output();
        let output = output.ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    let ids = postgres("-u").zip(postgres("-g"));
    let (user, group) = ids.ok_or(ScratchError::NoPostgres)?;
    let mut command = Command::new("unshare");
    command.arg("--user");
    command
        .arg(format!("--map-user={user}"))
        .arg(format!("--map-group={group}"));
    command.arg(program);
    Ok(command)
}

type Fed = Result<Output, (Option<Output>, io::Error)>;

/// Runs a program to its end with an input that is written meanwhile.
fn feed(mut command: Command, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Fed {
    let spawned = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.map_err(|error| (None, error))?;
    let mut input = child.stdin.take().expect("the input is piped");
    let written = write(&mut input);
    if written
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::InvalidData)
    {
        // The end of the input would look like that of the dump.
        child.kill().ok();
    }
    drop(input);
    let output = child.wait_with_output().map_err(|error| (None, error))?;
    match written {
        Ok(()) => Ok(output),
        Err(error) => Err((Some(output), error)),
    }
}

fn done(program: &'static str, output: io::Result<Output>) -> Result<(), ScratchError> {
    let output = output.map_err(|source| ScratchError::Program { program, source })?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(ScratchError::Failed { program, complaint })
}

/// There is no cluster, or nothing can be restored into it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScratchError {
    /// It is not installed.
    #[error("PostgreSQL is not here; install the package postgresql-15")]
    NoPostgres,
    /// There is a cluster already.
    #[error("{} is there already; name a directory without a cluster", path.display())]
    Taken {
        /// The cluster.
        path: PathBuf,
    },
    /// The directory cannot be made.
    #[error("cannot make {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// A program cannot be run.
    #[error("cannot run {program}")]
    Program {
        /// The program.
        program: &'static str,
        /// What the machine said.
        source: io::Error,
    },
    /// A program failed.
    #[error("{program} failed: {complaint}")]
    Failed {
        /// The program.
        program: &'static str,
        /// What it said.
        complaint: String,
    },
    /// The cluster does not answer.
    #[error("cannot connect to the cluster")]
    Connect(#[source] sqlx::Error),
    /// The backup was changed, or is not whole.
    #[error("the backup is not whole")]
    Dump(#[source] io::Error),
}
