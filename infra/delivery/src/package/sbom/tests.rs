use super::*;

/// What `CycloneDX` 1.5 requires of a component, and the forms it prescribes.
fn check_component(component: &Value) {
    for key in ["type", "name"] {
        assert!(component[key].is_string(), "{component}");
    }
    let purl = component["purl"].as_str().unwrap();
    assert!(
        purl.starts_with("pkg:") && component["bom-ref"] == purl,
        "{component}"
    );
    for hash in list(&component["hashes"]) {
        let (algorithm, digits) = (&hash["alg"], hash["content"].as_str().unwrap());
        let expected = if algorithm == "SHA-256" { 64 } else { 128 };
        assert_eq!(digits.len(), expected, "{component}");
        assert!(
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{component}"
        );
    }
}

// delivery-1.6
#[test]
fn the_bill_has_the_form_of_cyclonedx_and_names_what_programs_are_linked_from() {
    let tree = Tree::read().unwrap();
    let recipes = tree::recipes(&tree.root.join("recipes")).unwrap();
    let version: Version = "1.2.3".parse().unwrap();
    let text = bill(&tree, &recipes, version).unwrap();
    assert_eq!(text, bill(&tree, &recipes, version).unwrap());

    let bill: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&bill["bomFormat"], &bill["specVersion"]),
        (&json!("CycloneDX"), &json!("1.5"))
    );
    assert_eq!(bill["metadata"]["component"]["version"], "1.2.3");
    assert!(!text.contains(tree.root.to_str().unwrap()));
    let components: Vec<_> = list(&bill["components"]).collect();
    components.iter().copied().for_each(check_component);

    let refs: BTreeSet<_> = components
        .iter()
        .map(|part| part["bom-ref"].as_str().unwrap())
        .collect();
    assert_eq!(refs.len(), components.len(), "a part is listed twice");
    let has = |start: &str| refs.iter().any(|purl| purl.starts_with(start));
    assert!(has("pkg:cargo/ring@") && has("pkg:cargo/uplink@") && has("pkg:cargo/libsqlite3-sys@"));
    assert!(has("pkg:pypi/onnxruntime@"));
    // What only tests and tools use is not shipped.
    assert!(!has("pkg:cargo/proptest@") && !has("pkg:cargo/aws-sdk-iot@"));
    for edge in list(&bill["dependencies"]) {
        assert!(refs.contains(edge["ref"].as_str().unwrap()), "{edge}");
        assert!(
            list(&edge["dependsOn"]).all(|on| refs.contains(on.as_str().unwrap())),
            "{edge}"
        );
    }
    let ring = components
        .iter()
        .find(|part| part["name"] == "ring")
        .unwrap();
    assert_eq!(ring["hashes"][0]["alg"], "SHA-256");
    assert!(ring["licenses"][0]["expression"].is_string());
}

#[test]
fn digests_of_npm_are_written_in_digits() {
    assert_eq!(hex("+/8=").as_deref(), Some("fbff"));
}
