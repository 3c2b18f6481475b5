use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::manifest::tests::manifest;

fn request(shape: &[i64], data: &[Element]) -> InferRequest {
    InferRequest {
        id: None,
        parameters: None,
        inputs: vec![Tensor {
            name: "features".to_owned(),
            datatype: "FP32".to_owned(),
            shape: shape.to_vec(),
            parameters: None,
            data: Elements(data.to_vec()),
        }],
        outputs: Vec::new(),
    }
}

// inference-1.3
#[test]
fn numbers_that_are_none_or_out_of_range_are_refused_without_being_told() {
    for bad in [f64::NAN, f64::INFINITY, -0.001, 1.001] {
        let request = request(&[1, 2], &[Element::Integer(1), Element::Real(bad)]);
        let problem = manifest().take(&request).unwrap_err();
        assert_eq!(problem.field.as_deref(), Some("inputs[0].data[1]"));
        assert_eq!(problem.detail, "is not a number from 0 to 1");
    }
}

#[test]
fn an_answer_that_the_model_may_not_give_is_a_flaw() {
    let judged = |values: Values| manifest().judge(1, &[values]);
    assert_eq!(judged(Values::Fp32(vec![0.5])), Ok(()));
    assert_eq!(judged(Values::Fp32(vec![f32::NAN])), Err(Flaw::NotANumber));
    assert_eq!(
        judged(Values::Fp32(vec![f32::INFINITY])),
        Err(Flaw::NotANumber)
    );
    assert_eq!(judged(Values::Fp32(vec![1.5])), Err(Flaw::OutOfRange));
    assert_eq!(judged(Values::Fp32(vec![0.5, 0.5])), Err(Flaw::Shape));
    assert_eq!(judged(Values::Int64(vec![1])), Err(Flaw::Shape));
    assert_eq!(manifest().judge(1, &[]), Err(Flaw::Shape));
}

#[test]
fn single_precision_is_written_short_and_read_back_the_same() {
    let told = manifest().tell(1, &[Values::Fp32(vec![0.1])], &[0]);
    assert_eq!(json!(told)[0]["data"], json!([0.1_f32]));
    assert_eq!(wire::encode(&told[0].data), b"[0.1]");
}

proptest! {
    #[test]
    fn whatever_is_asked_is_taken_whole_or_refused_by_a_field(
        shape in prop::collection::vec(any::<i64>(), 0..4),
        data in prop::collection::vec(any::<f64>().prop_map(Element::Real), 0..12),
        rows in 1_i64..8,
    ) {
        for shape in [shape, vec![rows, 2]] {
            match manifest().take(&request(&shape, &data)) {
                Ok(question) => {
                    prop_assert_eq!(question.rows * 2, data.len());
                    prop_assert!(question.rows <= 4);
                }
                Err(problem) => prop_assert!(problem.field.is_some()),
            }
        }
    }
}
