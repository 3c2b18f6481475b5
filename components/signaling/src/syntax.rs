//! The form of descriptions and candidates.
//!
//! Only the form: what they say is between the peers. A description is lines `letter=value`
//! (RFC 8866 §5) with those that each must have; a candidate is the line of RFC 8839 §5.1.

use wire::signaling::{CANDIDATE_MAX, CANDIDATES_MAX, IceCandidate, SDP_MAX};
use wire::{Code, Problem};

use crate::signal::Signal;

/// Lines that each description has at least once.
const REQUIRED: &[char] = &['o', 's', 't', 'm'];
/// Longest name of a media section and longest fragment of an ICE session (RFC 8839 §5.4).
const NAME_MAX: usize = 256;
/// Longest foundation of a candidate (RFC 8839 §5.1).
const FOUNDATION_MAX: usize = 32;

/// Checks a signal; the problem names the field at fault.
pub(crate) fn check(signal: &Signal) -> Result<(), Problem> {
    match signal {
        Signal::Offer(sdp) | Signal::Answer(sdp) => description(&sdp.sdp),
        Signal::Candidate(candidate) => match &candidate.candidate {
            Some(candidate) => {
                self::candidate(candidate).map_err(|problem| beneath("candidate", problem))
            }
            None => Ok(()),
        },
    }
}

/// Checks the candidates of an HTTP exchange.
pub(crate) fn candidates(candidates: &[IceCandidate]) -> Result<(), Problem> {
    if candidates.len() > CANDIDATES_MAX {
        let detail = format!("more than {CANDIDATES_MAX} candidates");
        return Err(Problem::new(Code::TooLarge, detail).at("iceCandidates"));
    }
    candidates.iter().enumerate().try_for_each(|(place, one)| {
        candidate(one).map_err(|problem| beneath(&format!("iceCandidates[{place}]"), problem))
    })
}

/// Checks a session description.
pub(crate) fn description(sdp: &str) -> Result<(), Problem> {
    if sdp.len() > SDP_MAX {
        let detail = format!("{} bytes are more than {SDP_MAX}", sdp.len());
        return Err(Problem::new(Code::TooLarge, detail).at("sdp"));
    }
    match fault(sdp) {
        None => Ok(()),
        Some(detail) => Err(Problem::new(Code::Malformed, detail).at("sdp")),
    }
}

fn fault(sdp: &str) -> Option<String> {
    if sdp.lines().next() != Some("v=0") {
        return Some("a description begins with the line v=0".to_owned());
    }
    if let Some((number, _)) = sdp.lines().enumerate().find(|(_, line)| !is_line(line)) {
        return Some(format!("line {} is not letter=value", number + 1));
    }
    let has = |letter: &char| sdp.lines().any(|line| line.starts_with(*letter));
    let missing = REQUIRED.iter().find(|letter| !has(letter))?;
    Some(format!("no line {missing}="))
}

fn is_line(line: &str) -> bool {
    let mut characters = line.chars();
    let letter = characters
        .next()
        .is_some_and(|letter| letter.is_ascii_lowercase());
    let equals = characters.next() == Some('=');
    letter && equals && !characters.any(char::is_control)
}

fn candidate(candidate: &IceCandidate) -> Result<(), Problem> {
    let text = &candidate.candidate;
    if text.chars().count() > CANDIDATE_MAX {
        let detail = format!("longer than {CANDIDATE_MAX} characters");
        return Err(Problem::new(Code::TooLarge, detail).at("candidate"));
    }
    // The empty candidate ends a generation (W3C WebRTC §4.8.1).
    if !text.is_empty() && !is_candidate(text) {
        let detail = "not a line `candidate:` of RFC 8839";
        return Err(Problem::new(Code::Malformed, detail).at("candidate"));
    }
    let long = |name: &Option<String>| name.as_ref().is_some_and(|name| name.len() > NAME_MAX);
    for (field, name) in [
        ("sdpMid", &candidate.sdp_mid),
        ("usernameFragment", &candidate.username_fragment),
    ] {
        if long(name) {
            let detail = format!("longer than {NAME_MAX} bytes");
            return Err(Problem::new(Code::TooLarge, detail).at(field));
        }
    }
    Ok(())
}

/// `candidate:` foundation component transport priority address port `typ` type …
fn is_candidate(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("candidate:") else {
        return false;
    };
    if rest.chars().any(char::is_control) {
        return false;
    }
    let words: Vec<_> = rest.split(' ').collect();
    let [foundation, component, _, priority, _, port, typ, _, ..] = words.as_slice() else {
        return false;
    };
    (1..=FOUNDATION_MAX).contains(&foundation.len())
        && component.parse::<u16>().is_ok()
        && priority.parse::<u32>().is_ok()
        && port.parse::<u16>().is_ok()
        && *typ == "typ"
        && words.iter().all(|word| !word.is_empty())
}

fn beneath(path: &str, problem: Problem) -> Problem {
    let field = problem.field.clone().unwrap_or_default();
    problem.at(format!("{path}.{field}"))
}

#[cfg(test)]
mod tests;
