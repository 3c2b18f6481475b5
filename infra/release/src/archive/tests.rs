use std::process::Command;

use super::*;

// delivery-1.2
#[test]
fn an_archive_has_the_same_bytes_whenever_it_is_made_and_others_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let pages = dir.path().join("pages");
    fs::create_dir_all(pages.join("assets")).unwrap();
    fs::write(pages.join("index.html"), "<p>Grüezi</p>").unwrap();
    fs::write(pages.join("assets/page.js"), "").unwrap();
    let archives = ["a.zip", "b.zip"].map(|name| dir.path().join(name));
    for archive in &archives {
        pack(&pages, archive).unwrap();
    }
    let [first, second] = archives.each_ref().map(|path| fs::read(path).unwrap());
    assert_eq!(first, second);

    let script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; \
        print(z.namelist(), z.read('index.html').decode())";
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(&archives[0])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "['assets/page.js', 'index.html'] <p>Grüezi</p>\n");

    let unpacked = dir.path().join("unpacked");
    unpack(&archives[0], &unpacked).unwrap();
    for name in ["index.html", "assets/page.js"] {
        let [there, here] = [&pages, &unpacked].map(|dir| fs::read(dir.join(name)).unwrap());
        assert_eq!(there, here, "{name}");
    }
}

#[test]
fn an_archive_of_others_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("pages")).unwrap();
    fs::write(dir.path().join("pages/a"), "content").unwrap();
    let archive = dir.path().join("a.zip");
    pack(&dir.path().join("pages"), &archive).unwrap();
    let good = fs::read(&archive).unwrap();
    // The start, the method, the checksum, the size, the name's length, the content.
    for place in [0, 8, 14, 22, 26, 31] {
        let mut bad = good.clone();
        bad[place] ^= 0x21;
        fs::write(&archive, bad).unwrap();
        let refused = unpack(&archive, &dir.path().join("unpacked"));
        assert!(
            matches!(refused, Err(ArchiveError::Form { .. })),
            "{place}: {refused:?}"
        );
    }
}
