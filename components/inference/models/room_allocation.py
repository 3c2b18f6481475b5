"""How well a room fits a reservation, from sixteen features of the pair (`src/rooms.rs`).

Learned from decisions that are made here by a rule with noise, because no hotel's decisions are in
this repository. What that means for its worth is said in its card.
"""

import numpy as np
from onnx import helper

import bundle
import network

MODEL, VERSION, SEED = "room-allocation", 1, 20261122
FEATURES, HIDDEN = 16, 16
EXAMPLES, ROUNDS, HOLD_OUT, CANDIDATES = 120000, 8, 2000, 8
NAMES = ["spare", "beds", "same_category", "upgrade", "downgrade", "height", "quiet_missed", "view_missed",
         "lift_missed", "accessible_wasted", "view_wasted", "long_and_loud", "not_ready", "lift_loud",
         "guests", "nights"]
# The rule that stands in for experienced staff, and the baseline of `src/baseline.rs`.
TASTE = np.array([-1.5, 1.2, 1.6, -1.0, -4.0, 1.0, -2.2, -1.6, -1.4, -1.8, -0.5, -1.4, -2.0, -1.0, 0.0, 0.0])


def pairs(random, count):
    """Features of made pairs: mostly zeros and ones, some shares."""
    rows = (random.random((count, FEATURES)) < 0.3).astype(np.float64)
    for share in (0, 3, 4, 5, 11, 14, 15):
        rows[:, share] = np.round(random.random(count) * (random.random(count) < 0.6), 2)
    rows[:, 1] = random.choice([0.0, 0.5, 1.0], count)
    # Same category is neither up nor down, and nobody goes up and down at once.
    rows[:, 3] *= 1 - rows[:, 2]
    rows[:, 4] *= (1 - rows[:, 2]) * (rows[:, 3] == 0)
    return rows


def worth(rows):
    """The rule, with what no list of weights can say: a long stay in a loud room, an upgrade for few."""
    return rows @ TASTE - 2.0 * rows[:, 15] * rows[:, 6] + 1.2 * rows[:, 3] * (rows[:, 14] > 0.4) - 1.5 * rows[:, 12] * rows[:, 11]


def forward(weights, rows):
    hidden = np.maximum(rows @ weights["hidden"] + weights["hidden_bias"], 0)
    return hidden, hidden @ weights["score_w"] + weights["score_bias"]


def fit(random, rows, accepted):
    weights = {
        "hidden": network.dense(random, FEATURES, HIDDEN),
        "hidden_bias": np.zeros(HIDDEN),
        "score_w": network.dense(random, HIDDEN, 1),
        "score_bias": np.zeros(1),
    }
    adam = network.Adam(weights, 0.01)
    for turn in range(ROUNDS):
        adam.rate = 0.01 * (1 - turn / ROUNDS)
        for batch in np.array_split(random.permutation(len(rows)), len(rows) // 250):
            hidden, logits = forward(weights, rows[batch])
            error = (1 / (1 + np.exp(-logits)) - accepted[batch, np.newaxis]) / len(batch)
            into_hidden = (error @ weights["score_w"].T) * (hidden > 0)
            adam.apply({
                "hidden": rows[batch].T @ into_hidden,
                "hidden_bias": into_hidden.sum(axis=0),
                "score_w": hidden.T @ error,
                "score_bias": error.sum(axis=0),
            })
    return network.rounded(weights)


def graph(weights):
    node = helper.make_node
    nodes = [
        node("Gemm", ["features", "hidden", "hidden_bias"], ["before"]),
        node("Relu", ["before"], ["after"]),
        node("Gemm", ["after", "score_w", "score_bias"], ["logit"]),
        node("Sigmoid", ["logit"], ["score"]),
    ]
    return network.write(
        nodes,
        MODEL,
        [("features", network.FLOAT, ["rows", FEATURES])],
        [("score", network.FLOAT, ["rows", 1])],
        weights,
    )


def train(out):
    random = np.random.Generator(np.random.PCG64(SEED))
    rows = pairs(random, EXAMPLES)
    accepted = (random.random(EXAMPLES) < 1 / (1 + np.exp(-worth(rows)))).astype(np.float64)
    model = graph(fit(random, rows, accepted))
    running = bundle.session(model)
    asked = pairs(np.random.Generator(np.random.PCG64(SEED + 1)), HOLD_OUT * CANDIDATES)
    scores = running.run(None, {"features": asked.astype(np.float32)})[0].reshape(HOLD_OUT, CANDIDATES)
    truth = worth(asked).reshape(HOLD_OUT, CANDIDATES)
    rules = (asked @ TASTE).reshape(HOLD_OUT, CANDIDATES)
    best = truth.argmax(axis=1)
    agreement = lambda guess: round(float(np.mean(guess.argmax(axis=1) == best)), 3)
    quality = {"hold_out_best_room": agreement(scores), "hold_out_best_room_of_the_rules": agreement(rules)}
    manifest = {
        "v": 1,
        "model": MODEL,
        "version": VERSION,
        "description": "How well a room fits a reservation",
        "platform": "onnxruntime_onnx",
        "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, FEATURES], "least": 0, "most": 1}],
        "outputs": [{"name": "score", "datatype": "FP32", "shape": [-1, 1], "least": 0, "most": 1}],
        "batch_max": 60,
        "budget": {"latency_ms": 20, "rss_mb": 200},
        "tolerance": bundle.TOLERANCE,
        "quality": quality,
        "trained": {"script": "components/inference/models/room_allocation.py", "seed": SEED, "examples": EXAMPLES},
    }
    golden = [{"features": row.astype(np.float32)} for row in asked[: bundle.GOLDEN]]
    return bundle.write(out, manifest, model, golden, card(quality)), quality


def card(quality):
    return f"""# room-allocation {VERSION}

Scores how well a free room fits a reservation, from {FEATURES} features of the pair: {", ".join(NAMES)}.
Whether it fits at all (beds for everybody, accessible when needed) is decided before, by rules.
{FEATURES} inputs, {HIDDEN} hidden units, one score between 0 and 1.

**Data.** {EXAMPLES} decisions made by `room_allocation.py`, seed {SEED}: a rule with three interactions
and noise. No hotel's decisions and no guest are in it.

**Figures.** Among {CANDIDATES} made rooms, {HOLD_OUT} times: it picks the best room of the rule without noise with a
share of {quality["hold_out_best_room"]}; the weights alone, which the baseline uses, with {quality["hold_out_best_room_of_the_rules"]}. The
baseline is given the very weights that made the decisions and lacks the interactions only, so it is hard
to beat here. This says that the model learned the rule, not that the rule is right for a hotel. Number of
examples and rounds were chosen on other seeds.

**Fit for** the order in which rooms are offered to staff. **Not fit for** assigning rooms unseen, or for
prices. It knows nothing of groups, connecting rooms, or who stayed where before.
"""
