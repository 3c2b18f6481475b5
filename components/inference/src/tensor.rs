//! Tensors: what a request holds against what the model declares, and what a model answered.
//!
//! ONNX Runtime takes numbers that are none and answers with such, and reads beyond nothing it was
//! told; so everything is checked here: names, types, shapes, lengths, ranges. The field at fault is
//! named, its value never.

use wire::inference::{Element, Elements, InferRequest, Tensor, Wanted};
use wire::{Code, Problem};

use crate::manifest::{Datatype, Manifest, Port};

/// Elements of one type, row-major.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    /// Single precision.
    Fp32(Vec<f32>),
    /// 32 bits with a sign.
    Int32(Vec<i32>),
    /// 64 bits with a sign.
    Int64(Vec<i64>),
}

/// A request that the model can take.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Question {
    /// Rows of every input.
    pub(crate) rows: usize,
    /// Inputs in the manifest's order.
    pub(crate) inputs: Vec<Values>,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    /// NaN or an infinity.
    #[error("an output is not a number")]
    NotANumber,
    /// Beyond what the manifest declares.
    #[error("an output is out of its declared range")]
    OutOfRange,
    /// Not the declared type or number of elements.
    #[error("an output has not its declared shape or type")]
    Shape,
}

impl Values {
    pub(crate) fn datatype(&self) -> Datatype {
        match self {
            Self::Fp32(_) => Datatype::Fp32,
            Self::Int32(_) => Datatype::Int32,
            Self::Int64(_) => Datatype::Int64,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Fp32(values) => values.len(),
            Self::Int32(values) => values.len(),
            Self::Int64(values) => values.len(),
        }
    }

    /// The elements as floating-point numbers; whole ones beyond 2⁵³ lose their last bits.
    #[expect(clippy::cast_precision_loss, reason = "ranges are compared, not kept")]
    pub(crate) fn numbers(&self) -> Vec<f64> {
        match self {
            Self::Fp32(values) => values.iter().copied().map(f64::from).collect(),
            Self::Int32(values) => values.iter().copied().map(f64::from).collect(),
            Self::Int64(values) => values.iter().map(|value| *value as f64).collect(),
        }
    }

    fn elements(&self) -> Elements {
        Elements(match self {
            Self::Fp32(values) => values
                .iter()
                .map(|value| Element::Real(f64::from(*value)))
                .collect(),
            Self::Int32(values) => values
                .iter()
                .map(|value| Element::Integer(i64::from(*value)))
                .collect(),
            Self::Int64(values) => values.iter().copied().map(Element::Integer).collect(),
        })
    }
}

impl Manifest {
    /// The request as the model takes it; the problem names the field at fault.
    pub(crate) fn take(&self, request: &InferRequest) -> Result<Question, Problem> {
        for (place, tensor) in request.inputs.iter().enumerate() {
            let field = format!("inputs[{place}].name");
            if !self.inputs.iter().any(|port| port.name == tensor.name) {
                return Err(invalid("is no input of the model").at(field));
            }
            let again = request.inputs[..place].iter();
            if again.into_iter().any(|other| other.name == tensor.name) {
                return Err(invalid("is there twice").at(field));
            }
        }
        let mut rows = None;
        let inputs = self
            .inputs
            .iter()
            .map(|port| {
                let mut named = request.inputs.iter().enumerate();
                let (place, tensor) = named
                    .find(|(_, tensor)| tensor.name == port.name)
                    .ok_or_else(|| invalid(&format!("{} is missing", port.name)).at("inputs"))?;
                let problem = |problem: Problem| under(&format!("inputs[{place}]"), problem);
                let counted = self.rows(port, tensor).map_err(problem)?;
                if *rows.get_or_insert(counted) != counted {
                    return Err(problem(
                        invalid("has other rows than another input").at("shape"),
                    ));
                }
                port.read(tensor).map_err(problem)
            })
            .collect::<Result<_, _>>()?;
        Ok(Question {
            rows: rows.unwrap_or_default(),
            inputs,
        })
    }

    fn rows(&self, port: &Port, tensor: &Tensor) -> Result<usize, Problem> {
        if tensor.datatype != port.datatype.as_str() {
            let detail = format!("is not {}", port.datatype.as_str());
            return Err(invalid(&detail).at("datatype"));
        }
        if tensor
            .parameters
            .is_some_and(|parameters| parameters.binary_data_size.is_some())
        {
            let detail = "tensors in binary form are not taken";
            return Err(invalid(detail).at("parameters.binary_data_size"));
        }
        let shape = &tensor.shape;
        let fits = shape.len() == port.shape.len() && shape[1..] == port.shape[1..];
        let rows = shape.first().and_then(|rows| usize::try_from(*rows).ok());
        match rows.filter(|rows| fits && (1..=self.batch_max).contains(rows)) {
            Some(rows) if rows * port.row() == tensor.data.0.len() => Ok(rows),
            Some(_) => Err(invalid("has another number of elements than its shape").at("data")),
            None => {
                let (declared, most) = (&port.shape, self.batch_max);
                let detail = format!("is not {declared:?} with 1 to {most} rows");
                Err(invalid(&detail).at("shape"))
            }
        }
    }

    /// Places of the outputs that are wanted.
    pub(crate) fn wanted(&self, wanted: &[Wanted]) -> Result<Vec<usize>, Problem> {
        if wanted.is_empty() {
            return Ok((0..self.outputs.len()).collect());
        }
        if wanted.len() > self.outputs.len() {
            return Err(invalid("are more than the model has").at("outputs"));
        }
        let place = |(place, wanted): (usize, &Wanted)| {
            let mut outputs = self.outputs.iter();
            outputs
                .position(|port| port.name == wanted.name)
                .ok_or_else(|| {
                    invalid("is no output of the model").at(format!("outputs[{place}].name"))
                })
        };
        wanted.iter().enumerate().map(place).collect()
    }

    /// Whether a question of this program's own making is one that the model takes.
    pub(crate) fn holds(&self, question: &Question) -> bool {
        (1..=self.batch_max).contains(&question.rows)
            && self
                .inputs
                .iter()
                .zip(&question.inputs)
                .all(|(port, values)| {
                    values.datatype() == port.datatype && values.len() == question.rows * port.row()
                })
    }

    /// Whether an answer is one that the model may give.
    pub(crate) fn judge(&self, rows: usize, answer: &[Values]) -> Result<(), Flaw> {
        if answer.len() != self.outputs.len() {
            return Err(Flaw::Shape);
        }
        for (port, values) in self.outputs.iter().zip(answer) {
            if values.datatype() != port.datatype || values.len() != rows * port.row() {
                return Err(Flaw::Shape);
            }
            for number in values.numbers() {
                if !number.is_finite() {
                    return Err(Flaw::NotANumber);
                }
                // A share may end a rounding above one.
                let slack = self.tolerance * port.most.abs().max(port.least.abs()).max(1.0);
                if number < port.least - slack || number > port.most + slack {
                    return Err(Flaw::OutOfRange);
                }
            }
        }
        Ok(())
    }

    /// An answer as the protocol has it, the outputs at `places`.
    pub(crate) fn tell(&self, rows: usize, answer: &[Values], places: &[usize]) -> Vec<Tensor> {
        let rows = i64::try_from(rows).expect("a run has few rows");
        let tensor = |place: &usize| {
            let port = &self.outputs[*place];
            let mut shape = port.shape.clone();
            shape[0] = rows;
            Tensor {
                name: port.name.clone(),
                datatype: port.datatype.as_str().to_owned(),
                shape,
                parameters: None,
                data: answer[*place].elements(),
            }
        };
        places.iter().map(tensor).collect()
    }
}

impl Port {
    /// The elements of a tensor whose type and number fit.
    pub(crate) fn read(&self, tensor: &Tensor) -> Result<Values, Problem> {
        let elements = &tensor.data.0;
        let outside = |place: usize| {
            let detail = format!("is not a number from {} to {}", self.least, self.most);
            invalid(&detail).at(format!("data[{place}]"))
        };
        let mut values = Values::with_room(self.datatype, elements.len());
        for (place, element) in elements.iter().enumerate() {
            if !self.holds(*element) || !values.push(*element) {
                return Err(outside(place));
            }
        }
        Ok(values)
    }

    #[expect(clippy::cast_precision_loss, reason = "ranges are compared, not kept")]
    fn holds(&self, element: Element) -> bool {
        let number = match element {
            Element::Integer(value) => value as f64,
            Element::Real(value) => value,
        };
        // Not a number is in no range.
        self.least <= number && number <= self.most
    }
}

impl Values {
    fn with_room(datatype: Datatype, room: usize) -> Self {
        match datatype {
            Datatype::Fp32 => Self::Fp32(Vec::with_capacity(room)),
            Datatype::Int32 => Self::Int32(Vec::with_capacity(room)),
            Datatype::Int64 => Self::Int64(Vec::with_capacity(room)),
        }
    }

    /// Adds an element, if this type can hold it.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "single precision is what the model computes with"
    )]
    fn push(&mut self, element: Element) -> bool {
        match (self, element) {
            (Self::Fp32(values), Element::Real(value)) => values.push(value as f32),
            (Self::Fp32(values), Element::Integer(value)) => values.push(value as f32),
            (Self::Int64(values), Element::Integer(value)) => values.push(value),
            (Self::Int32(values), Element::Integer(value)) => match i32::try_from(value) {
                Ok(value) => values.push(value),
                Err(_) => return false,
            },
            (Self::Int32(_) | Self::Int64(_), Element::Real(_)) => return false,
        }
        true
    }
}

/// The problem, its field below `place`.
pub(crate) fn under(place: &str, problem: Problem) -> Problem {
    let field = match &problem.field {
        Some(field) => format!("{place}.{field}"),
        None => place.to_owned(),
    };
    problem.at(field)
}

fn invalid(detail: &str) -> Problem {
    Problem::new(Code::Invalid, detail)
}

#[cfg(test)]
mod tests;
