//! Giving files to the Unix users who work with them.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use super::Failure;

/// A Unix user by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    /// The user of that name on this machine.
    pub(crate) fn named(user: &str) -> Result<Self, Failure> {
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        find(&passwd, user).ok_or_else(|| Failure::User {
            user: user.to_owned(),
        })
    }

    /// Makes a file or directory theirs; one that is not there needs no owner.
    pub(crate) fn take(self, path: &Path) -> Result<(), Failure> {
        match chown(path, Some(self.uid), Some(self.gid)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(Failure::Owner {
                path: path.to_owned(),
                source,
            }),
            Ok(()) => Ok(()),
        }
    }
}

/// Lets others pass through a directory to what is theirs below it, whatever the umask.
pub(crate) fn open_way(dir: &Path) -> Result<(), Failure> {
    let passable = fs::Permissions::from_mode(0o711);
    fs::set_permissions(dir, passable).map_err(|source| Failure::Owner {
        path: dir.to_owned(),
        source,
    })
}

/// Numbers of a user and its group (passwd(5)).
fn find(passwd: &str, user: &str) -> Option<Owner> {
    passwd.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        if fields.first() != Some(&user) {
            return None;
        }
        let (uid, gid) = (fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?);
        Some(Owner { uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\nggcore:x:990:991::/:/usr/sbin/nologin\n";
        let ggcore = Owner { uid: 990, gid: 991 };
        assert_eq!(find(passwd, "ggcore"), Some(ggcore));
        assert_eq!(find(passwd, "gg"), None);
    }
}
