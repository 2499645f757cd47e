"""Subtitles as the srt library reads them, tiers as Praat does, against the events of the same sound."""

import json
import pathlib
import subprocess
import sys

import parselmouth
import srt
from parselmouth.praat import call

heard, samples = sys.argv[1], pathlib.Path(sys.argv[2])
model = samples / "speech-offline.safetensors"
failures = []


def label(*arguments, sound=None):
    command = [heard, "label", "--model", str(model), *map(str, arguments)]
    return subprocess.run(command, input=sound, capture_output=True, check=True).stdout.decode()


def check(name, condition):
    if not condition:
        failures.append(name)
        print(f"FAIL  {name}")


def finals(lines):
    events = [json.loads(line) for line in lines.splitlines()]
    return [e for e in events if e["kind"] == "final"], next(e for e in events if e["kind"] == "stream-end")["seconds"]


def check_cues(name, text, spoken):
    cues = list(srt.parse(text))
    check(f"{name}: numbers", [c.index for c in cues] == list(range(1, len(cues) + 1)))
    words = [w for final in spoken for w in final["text"].split()]
    check(f"{name}: words", " ".join(c.content for c in cues).split() == words)
    check(f"{name}: long enough", all((c.end - c.start).total_seconds() >= 0.7 for c in cues))
    check(f"{name}: no overlap", all(a.end <= b.start for a, b in zip(cues, cues[1:])))
    check(f"{name}: lines", all(len(line) <= 42 for c in cues for line in c.content.splitlines()))


def check_grid(name, path, spoken, seconds):
    grid = parselmouth.read(str(path))
    check(f"{name}: length", abs(call(grid, "Get end time") - seconds) < 1e-9)
    tiers = call(grid, "Get number of tiers")
    check(f"{name}: tiers", tiers == 2)
    for tier, reading in enumerate(("online", "offline"), 1):
        check(f"{name}: name", call(grid, "Get tier name", tier) == reading)
        count = call(grid, "Get number of intervals", tier)
        texts = [call(grid, "Get label of interval", tier, i) for i in range(1, count + 1)]
        wanted = [item["label"] for final in spoken for item in final[reading]["labels"]]
        check(f"{name}: {reading} words", [t for t in texts if t] == wanted)
        ends = [call(grid, "Get end time of interval", tier, i) for i in range(1, count + 1)]
        starts = [call(grid, "Get start time of interval", tier, i) for i in range(1, count + 1)]
        check(f"{name}: {reading} without gaps", starts == [0.0] + ends[:-1] and abs(ends[-1] - seconds) < 1e-9)


sounds = sorted(samples.glob("*.wav"))
label("--mode", "both", "--format", "srt", "--output", "out", *sounds)
label("--mode", "both", "--format", "textgrid", "--output", "out", *sounds)
for sound in sounds:
    spoken, seconds = finals(label("--mode", "both", sound))
    check_cues(sound.stem, pathlib.Path(f"out/{sound.stem}.srt").read_text(), spoken)
    check_grid(sound.stem, f"out/{sound.stem}.TextGrid", spoken, seconds)

# All of them on one stream: the times go on.
stream = b"".join(sound.read_bytes() for sound in sounds)
for mode in ("online", "offline", "both"):
    spoken, _ = finals(label("--mode", mode, "-", sound=stream))
    check_cues(f"one stream, {mode}", label("--mode", mode, "--format", "srt", "-", sound=stream), spoken)

print(f"{len(sounds)} recordings and one stream of them all, {len(failures)} failed")
sys.exit(bool(failures))
