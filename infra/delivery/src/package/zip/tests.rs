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
}
