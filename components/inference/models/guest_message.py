"""Sentiment and topic of a guest's message, from hashed words and pairs of words.

Everything it learns from is made here: there is no guest's text in this repository. What that means
for its worth is said in its card.
"""

import json
from pathlib import Path

import numpy as np
from onnx import helper

import bundle
import network

MODEL, VERSION, SEED = "guest-message", 1, 20261121
BUCKETS, TOKENS, WORDS = 4096, 64, 32
WIDTH, HIDDEN = 16, 24
SENTIMENTS = ["negative", "neutral", "positive"]
TOPICS = ["room", "cleanliness", "noise", "food", "staff", "internet", "billing", "other"]
EXAMPLES = 9000
FOLDS, FOLD_EXAMPLES = 5, 1500
LEFT_OUT, NEGATIONS = 0.15, {"not", "nicht"}
HANDWRITTEN = Path(__file__).with_name("handwritten.json")


def words(text):
    """Lower-case runs of letters and digits, the first WORDS of them; `src/text.rs` does the same."""
    spaced = "".join(letter if letter.isalnum() else " " for letter in text.lower())
    return spaced.split()[:WORDS]


def bucket(token):
    """FNV-1a, 32 bits, folded to 1..BUCKETS-1; 0 is nothing."""
    value = 0x811C9DC5
    for octet in token.encode("utf-8"):
        value = ((value ^ octet) * 0x01000193) & 0xFFFFFFFF
    return value % (BUCKETS - 1) + 1


def tokens(text):
    found = words(text)
    pairs = [f"{left} {right}" for left, right in zip(found, found[1:])]
    numbers = [bucket(token) for token in found + pairs]
    return np.array(numbers + [0] * (TOKENS - len(numbers)), dtype=np.int64)


# What guests write about, in English and in German.
NOUNS = {
    "room": ["room", "bed", "mattress", "heating", "air conditioning", "balcony", "view", "shower", "pillow",
             "window", "television", "suite", "lamp",
             "zimmer", "bett", "matratze", "heizung", "klimaanlage", "balkon", "aussicht", "dusche", "kissen", "fenster"],
    "cleanliness": ["bathroom floor", "towels", "sheets", "carpet", "cleaning", "housekeeping", "toilet", "bin",
                    "handtücher", "bettwäsche", "teppich", "reinigung", "toilette", "sauberkeit"],
    "noise": ["noise", "neighbours", "street", "music next door", "party upstairs", "walls", "traffic", "night",
              "lärm", "nachbarn", "straße", "musik", "baustelle", "ruhe"],
    "food": ["breakfast", "dinner", "coffee", "soup", "buffet", "menu", "restaurant", "eggs", "room service meal",
             "frühstück", "abendessen", "kaffee", "suppe", "buffet", "essen", "speisekarte"],
    "staff": ["staff", "receptionist", "front desk", "concierge", "waiter", "team", "service", "porter",
              "personal", "rezeption", "kellner", "mitarbeiter", "service", "empfang"],
    "internet": ["wifi", "internet", "wireless network", "connection", "wifi password", "network speed",
                 "wlan", "internetverbindung", "verbindung", "passwort"],
    "billing": ["bill", "invoice", "charge", "price", "deposit", "minibar charge", "payment", "receipt",
                "rechnung", "preis", "kaution", "zahlung", "quittung"],
    "other": ["parking", "pool", "gym", "taxi", "airport", "luggage", "sauna", "check out", "shuttle", "lift",
              "parkplatz", "schwimmbad", "fitnessraum", "flughafen", "gepäck", "abreise", "aufzug"],
}
GOOD = ["great", "excellent", "wonderful", "lovely", "perfect", "fantastic", "very nice", "amazing", "good", "superb",
        "comfortable", "spotless", "delicious", "friendly", "helpful", "fast", "quiet", "fair",
        "toll", "ausgezeichnet", "wunderbar", "perfekt", "sehr gut", "freundlich", "sauber", "lecker", "super", "schön"]
BAD = ["terrible", "awful", "bad", "disappointing", "poor", "horrible", "unacceptable", "dirty", "broken", "cold",
       "slow", "rude", "too loud", "too expensive", "disgusting", "smelly", "wrong", "useless",
       "schrecklich", "schlecht", "enttäuschend", "furchtbar", "schmutzig", "kaputt", "kalt", "langsam", "unfreundlich", "zu laut"]
FRAMES = {
    "positive": ["the {n} was {g}", "{g} {n}", "we loved the {n}", "thank you for the {g} {n}", "really {g} {n} thanks",
                 "the {n} is {g} and we will come back", "i am very happy with the {n}", "the {n} was not {b} at all",
                 "best {n} ever", "das {n} war {g}", "die {n} ist {g}", "vielen dank für {n} es war {g}",
                 "wir sind mit {n} sehr zufrieden", "{n} war nicht {b}", "everything was {g} especially the {n}"],
    "negative": ["the {n} was {b}", "{b} {n}", "the {n} does not work", "i am unhappy with the {n}", "the {n} is {b} please fix it",
                 "we are very disappointed by the {n}", "the {n} was not {g}", "the {n} is not {g} at all",
                 "there is a problem with the {n}", "complaint about the {n} it is {b}", "worst {n} ever",
                 "das {n} war {b}", "die {n} ist {b}", "{n} funktioniert nicht", "wir sind mit {n} unzufrieden",
                 "{n} war nicht {g}", "i want my money back the {n} was {b}"],
    "neutral": ["where is the {n}", "what time is the {n}", "could you tell me about the {n}", "is there a {n}",
                "do you have a {n} for two people", "please send someone about the {n} tomorrow", "question about the {n}",
                "can i change the {n}", "how do i get to the {n}", "wo ist {n}", "wann gibt es {n}", "gibt es {n}",
                "ich habe eine frage zu {n}", "können wir {n} für morgen bestellen", "hello i would like to know about the {n}"],
}
# Said without a noun of the lists.
WHOLE = [
    ("room", "negative", ["it is freezing in here", "nothing gets warm in here", "es ist eiskalt hier", "the tap is dripping"]),
    ("cleanliness", "negative", ["there are hairs everywhere", "nobody cleaned today", "it smells of smoke", "there is dust under everything", "hier wurde nicht geputzt"]),
    ("cleanliness", "positive", ["everything is so clean", "alles war sehr sauber"]),
    ("noise", "negative", ["we could not sleep all night", "somebody is shouting next door", "wir konnten nicht schlafen", "dogs bark all night"]),
    ("noise", "positive", ["we slept like babies so quiet", "so ruhig hier wir haben gut geschlafen"]),
    ("food", "neutral", ["we would like two soups please", "is it vegan", "zwei suppen bitte", "i have a nut allergy"]),
    ("food", "negative", ["it was undercooked", "the plate came cold", "alles war versalzen"]),
    ("staff", "positive", ["everybody was so kind to us", "maria helped us a lot", "alle waren so nett zu uns"]),
    ("staff", "negative", ["nobody answers the phone", "they ignored us for an hour", "niemand hilft uns"]),
    ("internet", "negative", ["i cannot get online", "video calls keep dropping", "ich komme nicht online"]),
    ("billing", "negative", ["you charged me twice", "i did not take anything from the minibar", "sie haben mir zu viel berechnet"]),
    ("billing", "neutral", ["can i pay by card", "please split it in two", "kann ich mit karte zahlen"]),
    ("other", "neutral", ["can i have a late check out", "call me a taxi at six", "wie komme ich zum bahnhof", "may i bring my dog"]),
    ("other", "positive", ["we will be back next year", "what a lovely stay", "ein wunderbarer aufenthalt", "thank you for everything"]),
    ("other", "negative", ["never again", "nie wieder", "i want to speak to the manager"]),
]
OPENINGS = ["", "", "", "hi", "hello", "dear team", "hallo", "good morning", "guten tag", "sorry but", "room 214 here"]
ENDINGS = ["", "", "", "thanks", "thank you", "please", "danke", "best regards", "bitte"]


def folds():
    """Every frame in one of FOLDS folds, each sentiment's in turn: each is held out exactly once."""
    return {frame: place % FOLDS for frames in FRAMES.values() for place, frame in enumerate(frames)}


def examples(random, count, wanted, training):
    """Made messages in the frames that are `wanted`; for training a quarter has no frame, and words are
    left out so that it does not lean on the frame. What negates stays: without it the label is wrong."""
    frames = {sentiment: [frame for frame in frames if wanted(frame)] for sentiment, frames in FRAMES.items()}
    texts, sentiments, topics = [], [], []
    for _ in range(count):
        if training and random.random() < 0.25:
            topic, sentiment, said = WHOLE[random.integers(len(WHOLE))]
            text = said[random.integers(len(said))]
        else:
            topic = TOPICS[random.integers(len(TOPICS))]
            sentiment = SENTIMENTS[random.integers(len(SENTIMENTS))]
            pick = lambda choices: choices[random.integers(len(choices))]
            text = pick(frames[sentiment]).format(n=pick(NOUNS[topic]), g=pick(GOOD), b=pick(BAD))
        opening, ending = OPENINGS[random.integers(len(OPENINGS))], ENDINGS[random.integers(len(ENDINGS))]
        said = f"{opening} {text} {ending}"
        if training:
            said = " ".join(word for word in said.split() if word in NEGATIONS or random.random() > LEFT_OUT)
        texts.append(said if words(said) else text)
        sentiments.append(SENTIMENTS.index(sentiment))
        topics.append(TOPICS.index(topic))
    return texts, np.array(sentiments), np.array(topics)


def counts(rows):
    """How often each bucket is in each row, as a share of the row's tokens."""
    matrix = np.zeros((len(rows), BUCKETS))
    for place, row in enumerate(rows):
        np.add.at(matrix[place], row[row > 0], 1)
    return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)


def forward(weights, shares):
    mean = shares @ weights["embedding"]
    before = mean @ weights["hidden"] + weights["hidden_bias"]
    hidden = np.maximum(before, 0)
    return mean, hidden, [hidden @ weights[name] + weights[f"{name}_bias"] for name in ("sentiment_w", "topic_w")]


def fit(random, shares, sentiments, topics):
    weights = {
        "embedding": random.standard_normal((BUCKETS, WIDTH)) * 0.5,
        "hidden": network.dense(random, WIDTH, HIDDEN),
        "hidden_bias": np.zeros(HIDDEN),
        "sentiment_w": network.dense(random, HIDDEN, len(SENTIMENTS)),
        "sentiment_w_bias": np.zeros(len(SENTIMENTS)),
        "topic_w": network.dense(random, HIDDEN, len(TOPICS)),
        "topic_w_bias": np.zeros(len(TOPICS)),
    }
    adam = network.Adam(weights, 0.02)
    for _ in range(5):
        for batch in np.array_split(random.permutation(len(shares)), 30):
            mean, hidden, logits = forward(weights, shares[batch])
            gradients, into_hidden = {}, 0
            for name, logit, truth in zip(("sentiment_w", "topic_w"), logits, (sentiments, topics)):
                error = network.softmax(logit)
                error[np.arange(len(batch)), truth[batch]] -= 1
                error /= len(batch)
                gradients[name] = hidden.T @ error + 1e-4 * weights[name]
                gradients[f"{name}_bias"] = error.sum(axis=0)
                into_hidden = into_hidden + error @ weights[name].T
            into_hidden = into_hidden * (hidden > 0)
            gradients["hidden"] = mean.T @ into_hidden
            gradients["hidden_bias"] = into_hidden.sum(axis=0)
            gradients["embedding"] = shares[batch].T @ (into_hidden @ weights["hidden"].T)
            adam.apply(gradients)
    weights["embedding"][0] = 0
    return network.rounded(weights)


def graph(weights):
    node = helper.make_node
    nodes = [
        node("Gather", ["embedding", "tokens"], ["looked_up"]),
        node("ReduceSum", ["looked_up", "axis"], ["sum"], keepdims=0),
        node("Sign", ["tokens"], ["present"]),
        node("Cast", ["present"], ["present_float"], to=network.FLOAT),
        node("ReduceSum", ["present_float", "axis"], ["present_sum"], keepdims=1),
        node("Max", ["present_sum", "one"], ["number"]),
        node("Div", ["sum", "number"], ["mean"]),
        node("Gemm", ["mean", "hidden", "hidden_bias"], ["before"]),
        node("Relu", ["before"], ["after"]),
        node("Gemm", ["after", "sentiment_w", "sentiment_w_bias"], ["sentiment_logits"]),
        node("Softmax", ["sentiment_logits"], ["sentiment"], axis=1),
        node("Gemm", ["after", "topic_w", "topic_w_bias"], ["topic_logits"]),
        node("Softmax", ["topic_logits"], ["topic"], axis=1),
    ]
    constants = {"axis": np.array([1], dtype=np.int64), "one": np.array([1], dtype=np.float32)}
    return network.write(
        nodes,
        MODEL,
        [("tokens", network.INT64, ["rows", TOKENS])],
        [("sentiment", network.FLOAT, ["rows", len(SENTIMENTS)]), ("topic", network.FLOAT, ["rows", len(TOPICS)])],
        weights | constants,
    )


def shares_right(model, texts, sentiments, topics):
    answers = bundle.session(model).run(None, {"tokens": np.stack([tokens(text) for text in texts])})
    right = [float(np.mean(answer.argmax(axis=1) == truth)) for answer, truth in zip(answers, (sentiments, topics))]
    return [round(share, 3) for share in right]


def learn(random, wanted):
    texts, sentiments, topics = examples(random, EXAMPLES, wanted, training=True)
    return graph(fit(random, counts([tokens(text) for text in texts]), sentiments, topics))


def cross_validated(random):
    """Shares that are right in frames that were not trained on, one pair for each fold."""
    fold = folds()
    for held in range(FOLDS):
        model = learn(random, lambda frame: fold[frame] != held)
        yield shares_right(model, *examples(random, FOLD_EXAMPLES, lambda frame: fold[frame] == held, training=False))


def train(out):
    model = learn(np.random.Generator(np.random.PCG64(SEED)), lambda frame: True)
    unseen = list(cross_validated(np.random.Generator(np.random.PCG64(SEED + 1))))
    mean = [round(sum(column) / FOLDS, 3) for column in zip(*unseen)]
    worst = [min(column) for column in zip(*unseen)]
    written = json.loads(HANDWRITTEN.read_text(encoding="utf-8"))
    by_hand = (
        [each["text"] for each in written],
        np.array([SENTIMENTS.index(each["sentiment"]) for each in written]),
        np.array([TOPICS.index(each["topic"]) for each in written]),
    )
    handwritten = shares_right(model, *by_hand)
    quality = {
        "unseen_frames_sentiment_accuracy": mean[0],
        "unseen_frames_topic_accuracy": mean[1],
        "unseen_frames_sentiment_accuracy_of_the_worst_fold": worst[0],
        "unseen_frames_topic_accuracy_of_the_worst_fold": worst[1],
        "handwritten_sentiment_accuracy": handwritten[0],
        "handwritten_topic_accuracy": handwritten[1],
    }
    manifest = {
        "v": 1,
        "model": MODEL,
        "version": VERSION,
        "description": "Sentiment and topic of a guest's message in English or German",
        "platform": "onnxruntime_onnx",
        "inputs": [{"name": "tokens", "datatype": "INT64", "shape": [-1, TOKENS], "least": 0, "most": BUCKETS - 1}],
        "outputs": [
            {"name": "sentiment", "datatype": "FP32", "shape": [-1, len(SENTIMENTS)], "least": 0, "most": 1, "labels": SENTIMENTS},
            {"name": "topic", "datatype": "FP32", "shape": [-1, len(TOPICS)], "least": 0, "most": 1, "labels": TOPICS},
        ],
        "batch_max": 15,
        "budget": {"latency_ms": 20, "rss_mb": 200},
        "tolerance": bundle.TOLERANCE,
        "quality": quality,
        "trained": {"script": "components/inference/models/guest_message.py", "seed": SEED, "examples": EXAMPLES},
    }
    rows = [{"tokens": tokens(each["text"])} for each in written]
    return bundle.write(out, manifest, model, rows, card(quality, len(written))), quality


def card(quality, written):
    return f"""# guest-message {VERSION}

Tells whether a guest's message is negative, neutral or positive, and what it is about: {", ".join(TOPICS)}.
Input: up to {WORDS} words, lower case, and their pairs, hashed to {BUCKETS - 1} buckets; longer messages are
read in pieces. Output: two distributions. {BUCKETS} × {WIDTH} embedding, {HIDDEN} hidden units.

**Data.** Made by `guest_message.py` from lists of nouns, adjectives and frames in English and German, seed
{SEED}, {EXAMPLES} messages. No guest's text was used; no person is in it.

**Figures.** Made messages in frames that were not trained on, {FOLDS} folds, each frame held out once: sentiment
{quality["unseen_frames_sentiment_accuracy"]} (worst fold {quality["unseen_frames_sentiment_accuracy_of_the_worst_fold"]}), topic {quality["unseen_frames_topic_accuracy"]} (worst fold {quality["unseen_frames_topic_accuracy_of_the_worst_fold"]}). {written} sentences written
by hand, never trained on: sentiment {quality["handwritten_sentiment_accuracy"]}, topic {quality["handwritten_topic_accuracy"]}; they are few, the author of the lists wrote
them, and they were looked at after each of three changes, so they flatter. Expect of wording that nobody
foresaw something between the two: sentiment is **weak**, topic is usable.

A first split by a hash of the frame had left one positive frame to test, a negated one, and gave 0.243
for sentiment; the folds replaced it because they choose nothing. Leaving words out in training then moved
their sentiment from 0.428 to 0.446. Negation in a form that was not trained on is read wrongly.

**Fit for** sorting a list so that staff see complaints first. **Not fit for** answering guests, judging
staff, or any decision about a person. Irony, other languages, spelling mistakes and topics beyond the
list are read wrongly; probabilities are not calibrated on real messages.
"""
