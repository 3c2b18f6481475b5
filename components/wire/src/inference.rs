//! What can be asked of `inference`: tensors by the Open Inference Protocol v2, and what components
//! want to know, in the hotel's words.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::body::Integer;
use crate::digest::Sha256;
use crate::id::Word;

/// Operation: run a model on tensors.
pub const INFER: &str = "infer";
/// Operation: which models there are, and how they are.
pub const MODELS: &str = "models";
/// Operation: sentiment and topic of a guest's message.
pub const MESSAGE: &str = "message";
/// Operation: candidate rooms of a reservation, best first.
pub const ALLOCATE: &str = "allocate";
/// Every operation of `inference`.
pub const OPERATIONS: &[&str] = &[INFER, MODELS, MESSAGE, ALLOCATE];

/// The model behind [`MESSAGE`].
pub const GUEST_MESSAGE: &str = "guest-message";
/// The model behind [`ALLOCATE`].
pub const ROOM_ALLOCATION: &str = "room-allocation";

/// Longest guest message, in characters: two pages of a phone.
pub const MESSAGE_MAX: usize = 2_000;
/// Most candidate rooms of one [`ALLOCATE`]: the rows of one run of the model.
pub const ROOMS_MAX: usize = 60;
/// Most guests of one reservation.
pub const GUESTS_MAX: u8 = 8;

/// Body of an [`INFER`] request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Infer {
    /// The model.
    pub model: Word,
    /// Its version; the active one when absent. Another one than the active is not found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The request as the protocol has it.
    pub request: InferRequest,
}

/// An inference request (Open Inference Protocol v2, REST). Other
/// `parameters` than those named here are ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InferRequest {
    /// The asker's own name for it, given back in the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the asker wants beside an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<RequestParameters>,
    /// One tensor for every input of the model.
    pub inputs: Vec<Tensor>,
    /// Outputs that are wanted; all when absent or empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Wanted>,
}

/// Parameters of a request that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestParameters {
    /// How long the asker waits, in microseconds; later nothing is computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
}

/// An output that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wanted {
    /// Its name.
    pub name: String,
}

/// The answer to an [`InferRequest`]; the answer to [`INFER`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InferResponse {
    /// The model that answered.
    pub model_name: Word,
    /// Its version.
    pub model_version: String,
    /// The asker's own name for the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Outputs in the order of the request, or of the model.
    pub outputs: Vec<Tensor>,
}

/// A tensor: row-major elements with their shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tensor {
    /// Name of the input or output.
    pub name: String,
    /// Type of all elements: `FP32`, `INT32` or `INT64`.
    pub datatype: String,
    /// Length of each dimension.
    pub shape: Vec<i64>,
    /// Refused when it asks for the binary form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<TensorParameters>,
    /// The elements; absent only in the binary form, which is refused.
    #[serde(default)]
    pub data: Elements,
}

/// Parameters of a tensor that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TensorParameters {
    /// Octets after the JSON, in the binary form of the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_data_size: Option<u64>,
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Element {
    /// A number without a fraction or an exponent.
    Integer(i64),
    /// Any other finite number.
    Real(f64),
}

/// Elements in row-major order; nested arrays are read as if they were flat.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Elements(pub Vec<Element>);

impl Serialize for Elements {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut array = serializer.serialize_seq(Some(self.0.len()))?;
        for element in &self.0 {
            match element {
                Element::Integer(value) => array.serialize_element(value)?,
                Element::Real(value) => match single(*value) {
                    Some(value) => array.serialize_element(&value)?,
                    None => array.serialize_element(value)?,
                },
            }
        }
        array.end()
    }
}

/// The same number in single precision, whose shortest text is shorter.
#[expect(
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "only a number that survives is written so"
)]
fn single(value: f64) -> Option<f32> {
    let single = value as f32;
    (f64::from(single) == value).then_some(single)
}

impl<'de> Deserialize<'de> for Elements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut elements = Vec::new();
        deserializer.deserialize_seq(Flat(&mut elements))?;
        Ok(Self(elements))
    }
}

/// Reads a number, or an array of such, into one list.
struct Flat<'a>(&'a mut Vec<Element>);

impl<'de> Visitor<'de> for Flat<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while array.next_element_seed(Flat(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.0.push(Element::Integer(value));
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        let value = i64::try_from(value).map_err(|_| E::custom("number beyond 64 bits"))?;
        self.visit_i64(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.0.push(Element::Real(value));
        Ok(())
    }
}

impl<'de> serde::de::DeserializeSeed<'de> for Flat<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl JsonSchema for Elements {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Elements".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "array", "items": { "type": "number" } })
    }
}

/// Reply to [`MODELS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Models {
    /// One entry for each model that is served.
    pub models: Vec<Model>,
}

/// A model that is served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Model {
    /// Its name.
    pub name: Word,
    /// The active version; absent while rules answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Integer>,
    /// SHA-256 of the active model file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Sha256>,
    /// The version that comes back when the active one goes bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Integer>,
    /// Versions that failed here, with the reason; never tried again.
    pub quarantined: Vec<Quarantined>,
    /// Whether rules answer because no model is healthy.
    pub degraded: bool,
}

/// A version that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quarantined {
    /// The version.
    pub version: Integer,
    /// Why.
    pub reason: String,
}

/// Body of a [`MESSAGE`] request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// What the guest wrote, at most [`MESSAGE_MAX`] characters. It is neither kept nor logged.
    pub text: String,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} characters)", self.text.chars().count())
    }
}

/// How a message sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sentiment {
    /// A complaint.
    Negative,
    /// A question or a wish.
    Neutral,
    /// Praise.
    Positive,
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MessageTopic {
    /// The room and what is in it.
    Room,
    /// Whether it is clean.
    Cleanliness,
    /// Noise, or rest.
    Noise,
    /// Eating and drinking.
    Food,
    /// The people who work here.
    Staff,
    /// The guests' network.
    Internet,
    /// Money.
    Billing,
    /// Anything else.
    Other,
}

/// Reply to [`MESSAGE`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessageRead {
    /// How it sounds.
    pub sentiment: Sentiment,
    /// Share that the model gives to this sentiment, 0 to 1; not calibrated.
    pub score: f64,
    /// What it is about.
    pub topic: MessageTopic,
    /// Share that the model gives to this topic, 0 to 1; not calibrated.
    pub topic_score: f64,
    /// The model that answered, or in whose place rules answered.
    pub model: Word,
    /// Its version; absent when rules answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Integer>,
    /// Whether rules answered because no model is healthy.
    pub degraded: bool,
}

/// Body of an [`ALLOCATE`] request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Allocate {
    /// What the reservation asks for.
    pub wishes: Wishes,
    /// Rooms that are free for the stay, 1 to [`ROOMS_MAX`].
    pub rooms: Vec<CandidateRoom>,
}

/// Beds of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Beds {
    /// One large bed.
    Double,
    /// Two beds.
    Twin,
}

/// What a reservation asks for; nothing here names a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a wish or a trait of its own"
)]
pub struct Wishes {
    /// How many sleep there, 1 to [`GUESTS_MAX`].
    pub guests: u8,
    /// For how many nights, at least 1.
    pub nights: u16,
    /// The category that was booked, 1 (simplest) to 5.
    pub category: u8,
    /// Beds; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beds: Option<Beds>,
    /// An accessible room is needed.
    #[serde(default)]
    pub accessible: bool,
    /// A quiet room is wished for.
    #[serde(default)]
    pub quiet: bool,
    /// A view is wished for.
    #[serde(default)]
    pub view: bool,
    /// A high floor is wished for.
    #[serde(default)]
    pub high_floor: bool,
    /// A short way to the lift is wished for.
    #[serde(default)]
    pub near_lift: bool,
}

/// A room that could be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a wish or a trait of its own"
)]
pub struct CandidateRoom {
    /// Its id.
    pub room: Word,
    /// How many can sleep there.
    pub capacity: u8,
    /// Its category, 1 (simplest) to 5.
    pub category: u8,
    /// Its beds; unknown when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beds: Option<Beds>,
    /// Floor above the ground.
    #[serde(default)]
    pub floor: u8,
    /// It is accessible.
    #[serde(default)]
    pub accessible: bool,
    /// It is quiet.
    #[serde(default)]
    pub quiet: bool,
    /// It has a view.
    #[serde(default)]
    pub view: bool,
    /// It is near the lift.
    #[serde(default)]
    pub near_lift: bool,
    /// It is clean and can be moved into now.
    #[serde(default)]
    pub ready: bool,
}

/// Reply to [`ALLOCATE`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Allocated {
    /// Every candidate, best first; those that do not fit come last.
    pub rooms: Vec<RankedRoom>,
    /// The model that answered, or in whose place rules answered.
    pub model: Word,
    /// Its version; absent when rules answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Integer>,
    /// Whether rules answered because no model is healthy.
    pub degraded: bool,
}

/// A candidate with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankedRoom {
    /// The room.
    pub room: Word,
    /// How well it fits, 0 to 1; 0 when it does not fit at all.
    pub score: f64,
    /// Whether it fits at all: beds for everybody, accessible when needed.
    pub fits: bool,
}
