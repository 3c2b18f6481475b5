use super::*;

#[test]
fn an_invitation_becomes_a_square_of_runs() {
    let text = format!("https://greengrass.local/enrol#code={}", "a".repeat(120));
    let svg = svg(&text).unwrap();
    let code = QrCode::new(&text).unwrap();
    let dark = code.to_colors();
    let dark = dark.iter().filter(|color| **color == Color::Dark).count();
    let path = svg.rsplit_once("d=\"M").unwrap().1;
    let runs = path.split('M').map(|run| {
        let (_, run) = run.split_once('h').unwrap();
        let (length, _) = run.split_once('v').unwrap();
        length.parse::<usize>().unwrap()
    });
    assert_eq!(runs.sum::<usize>(), dark);
    let side = code.width() + 8;
    assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
}

#[test]
fn a_text_that_fits_no_code_has_none() {
    assert_eq!(svg(&"a".repeat(4_000)), None);
}
