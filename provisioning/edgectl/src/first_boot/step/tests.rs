use proptest::prelude::*;

use super::*;

fn journal() -> Journal {
    Journal::new("NUC-1".parse().unwrap())
}

fn done(step: Step) -> Done {
    Done {
        step,
        at: 1.into(),
        detail: String::new(),
    }
}

/// Runs until the end or until `cut` steps were taken, and returns them.
fn run(journal: &mut Journal, cut: usize) -> Vec<Step> {
    let mut run = Run::resume(journal.clone());
    let mut taken = Vec::new();
    while let Some(step) = run.next().filter(|_| taken.len() < cut) {
        taken.push(step);
        if run.took(done(step)) {
            *journal = run.journal.clone();
        }
    }
    taken
}

#[test]
fn a_box_that_is_not_disturbed_takes_each_step_once() {
    let mut journal = journal();
    assert_eq!(run(&mut journal, usize::MAX), Step::ALL);
    assert!(journal.is_complete());
    assert_eq!(run(&mut journal, usize::MAX), []);
}

proptest! {
    /// Wherever the power is cut, and how often: acts are done in order, each once, and all.
    #[test]
    fn power_cuts_change_neither_order_nor_number(cuts in prop::collection::vec(0_usize..12, 0..30)) {
        let mut journal = journal();
        let mut acts = Vec::new();
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let taken = run(&mut journal, cut);
            let looks = taken.iter().take_while(|step| step.looks()).count();
            let looked = taken.get(..looks.min(3)).unwrap_or_default().to_vec();
            prop_assert_eq!(&looked[..], &Step::ALL[..looked.len()]);
            acts.extend(taken.into_iter().filter(|step| !step.looks()));
        }
        prop_assert_eq!(&acts[..], &Step::ALL[3..]);
    }
}
