use super::*;

#[test]
fn a_checkpoint_of_another_epoch_begins_anew() {
    let (here, elsewhere) = ("here", "elsewhere");
    let place = Place { xid: 7, seq: 3 };
    let checkpoint = Checkpoint::of(here, place);
    assert_eq!(checkpoint.place(here), Ok(place));
    assert_eq!(checkpoint.place(elsewhere), Ok(Place::default()));
}

#[test]
fn a_checkpoint_that_is_none_names_its_member() {
    let mut checkpoint = Checkpoint::of("here", Place::default());
    checkpoint.seq = "seven".to_owned();
    assert_eq!(checkpoint.place("here"), Err(NotAPlace { field: "seq" }));
}
