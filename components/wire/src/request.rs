//! Questions and answers on the bus.
//!
//! Operation, principal and id are topic words, so that the policy separates reading from doing.
//! A request that does something and is repeated within 24 hours gets the first answer; one that
//! only looks is answered anew.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Integer, Version};
use crate::problem::{Code, Problem};

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Request<T> {
    /// Version of this body.
    pub v: Version<1>,
    /// Until when the asker waits, in Unix milliseconds; later the question is not answered.
    pub deadline: Integer,
    /// What is asked.
    pub body: T,
}

/// An answer: either a body or a problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reply<T> {
    /// Version of this body.
    pub v: Version<1>,
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<T>,
    /// Why it cannot be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl<T> From<Result<T, Problem>> for Reply<T> {
    fn from(result: Result<T, Problem>) -> Self {
        let (body, problem) = match result {
            Ok(body) => (Some(body), None),
            Err(problem) => (None, Some(problem)),
        };
        Self {
            v: Version,
            body,
            problem,
        }
    }
}

impl<T> From<Reply<T>> for Result<T, Problem> {
    fn from(reply: Reply<T>) -> Self {
        match (reply.problem, reply.body) {
            (Some(problem), _) => Err(problem),
            (None, Some(body)) => Ok(body),
            (None, None) => Err(Problem::new(Code::Malformed, "the reply is empty").at("body")),
        }
    }
}

/// The body of questions and answers that say nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Nothing {}
