#!/usr/bin/env python3
"""What simple methods reach on the sets of samples/recipes/sets, to judge a model's figures by. Trained on train, judged on test.

    Tests/Reference/sequence_baselines.py dna|activity|sentiment|translation FOLDER [dev]
"""
import collections, json, math, re, sys

if len(sys.argv) not in (3, 4) or sys.argv[1] not in ("dna", "activity", "sentiment", "translation"):
    sys.exit(__doc__)
kind, folder = sys.argv[1:3]
judged = sys.argv[3] if len(sys.argv) == 4 else "test"


def table(name):
    with open(f"{folder}/{name}.tsv", encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file]


def report(name, right, total):
    """Percent right, with Wilson's interval of 95 %."""
    share, z = right / total, 1.96
    middle, half = share + z * z / (2 * total), z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low, high = (100 * (middle + sign * half) / (1 + z * z / total) for sign in (-1, 1))
    print(f"{name:45} {100 * share:5.1f} % right ({low:.1f} to {high:.1f}; {right} of {total})")


def naive_bayes(train, features):
    """Multinomial, one count added to each feature; gives a function from an example to a label."""
    counts, labels = collections.defaultdict(collections.Counter), collections.Counter()
    for label, example in train:
        labels[label] += 1
        counts[label].update(features(example))
    known = {feature for counter in counts.values() for feature in counter}
    totals = {label: sum(counts[label].values()) + len(known) for label in labels}

    def answer(example):
        found = [feature for feature in features(example) if feature in known]
        return max(sorted(labels), key=lambda label: math.log(labels[label])
                   + sum(math.log((counts[label][feature] + 1) / totals[label]) for feature in found))
    return answer


def nearest(train, distance):
    return lambda example: min(train, key=lambda row: distance(row[1], example))[0]


def judge(name, answer, test):
    report(name, sum(answer(example) == label for label, example in test), len(test))


def majority(train, test):
    label = collections.Counter(label for label, _ in train).most_common(1)[0][0]
    judge(f"always {label}", lambda _: label, test)


def grams(text, count):
    return [text[k:k + count] for k in range(len(text) - count + 1)]


def dna():
    train, test = table("train"), table(judged)
    differing = lambda one, other: sum(a != b for a, b in zip(one, other))
    majority(train, test)
    judge("naive Bayes, runs of three", naive_bayes(train, lambda text: grams(text, 3)), test)
    judge("nearest neighbour", nearest(train, differing), test)
    judge("naive Bayes, letters with their places", naive_bayes(train, lambda text: list(enumerate(text))), test)
    judge("naive Bayes, pairs with their places", naive_bayes(train, lambda text: list(enumerate(grams(text, 2)))), test)
    near = [min(differing(sequence, other) for _, other in train) for _, sequence in test]
    print("sequences with one in train that differs in at most",
          ", ".join(f"{limit} places: {sum(distance <= limit for distance in near)}" for limit in (1, 3, 6, 12)))


def activity():
    read = lambda name: [(row["label"], row["frames"]) for row in map(json.loads, open(f"{folder}/{name}.jsonl", encoding="utf-8"))]
    train, test = read("train"), read(judged)
    square = lambda one, other: sum((a - b) ** 2 for x, y in zip(one, other) for a, b in zip(x, y))
    mean = lambda values: sum(values) / len(values)

    def summary(frames):
        means = [mean(channel) for channel in zip(*frames)]
        return [means, [math.sqrt(mean([(value - m) ** 2 for value in channel])) for channel, m in zip(zip(*frames), means)]]
    short = lambda rows: [(label, summary(frames)) for label, frames in rows]
    majority(train, test)
    judge("nearest neighbour, step by step", nearest(train, square), test)
    judge("nearest neighbour, means and deviations", nearest(short(train), square), short(test))


def sentiment():
    train, test = table("train"), table(judged)
    majority(train, test)
    words = lambda text: re.findall(r"\w+|[^\w\s]", text.casefold())
    judge("naive Bayes, runs of three characters", naive_bayes(train, lambda text: set(grams(f" {text.casefold()} ", 3))), test)
    judge("naive Bayes, runs of five characters", naive_bayes(train, lambda text: set(grams(f" {text.casefold()} ", 5))), test)
    judge("naive Bayes, words", naive_bayes(train, lambda text: set(words(text))), test)
    judge("naive Bayes, words and pairs of words",
          naive_bayes(train, lambda text: {*words(text), *zip(words(text), words(text)[1:])}), test)


def edits(one, other):
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        last, row[0] = row[0], number
        for k, candidate in enumerate(other, 1):
            last, row[k] = row[k], min(row[k] + 1, row[k - 1] + 1, last + (letter != candidate))
    return row[-1]


def translation():
    train, test = table("train"), table(judged)
    # What stands at a word's place most often, in the pairs with as many words and signs on both sides.
    parts = lambda text: re.findall(r"\w+|[^\w]", text)
    meanings = collections.defaultdict(collections.Counter)
    for source, target in train:
        if len(parts(source)) == len(parts(target)):
            for one, other in zip(parts(source), parts(target)):
                meanings[one][other] += 1
    best = {word: counter.most_common(1)[0][0] for word, counter in meanings.items()}
    answers = {
        "the English as it is": lambda source: source,
        "word by word": lambda source: "".join(best.get(word, word) for word in parts(source)),
    }
    for name, answer in answers.items():
        report(name, sum(answer(source) == target for source, target in test), len(test))
        wrong = sum(edits(target, answer(source)) for source, target in test)
        print(f"{'':45} {100 * wrong / sum(len(target) for _, target in test):5.1f} % of characters wrong")


{"dna": dna, "activity": activity, "sentiment": sentiment, "translation": translation}[kind]()
