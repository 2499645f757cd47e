"""Other voice activity detectors on the frames that Heard was judged on.

    heard evaluate vad.safetensors dev.jsonl --noise noise.jsonl --snr 5 --dump mixed --frames mixed/frames.tsv
    pip install webrtcvad-wheels==2.0.14.post1 silero-vad==6.2.3 onnxruntime numpy
    python3 Tests/Reference/vad_peers.py mixed/frames.tsv

The table has recording, time (the frame's middle, seconds), truth and Heard's score; the recordings lie beside it, or in the
folder that is the second argument. Prints the area under the ROC of each detector over the same frames.

WebRTC VAD only says yes or no. Its score is the number of its four modes that say yes to the 10 ms frame under the time; each
mode alone is given as its hits and false alarms too. Silero VAD gives a probability for each window of 512 samples.
"""

import csv
import importlib.metadata
import os
import sys
import wave

import numpy as np


def area(truth, score):
    """Mann and Whitney: ties share their rank."""
    order = np.argsort(score, kind="stable")
    values, inverse, counts = np.unique(score[order], return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    rank = np.empty(len(score))
    rank[order] = (last - (counts - 1) / 2)[inverse]
    positives = int(truth.sum())
    negatives = len(truth) - positives
    return (rank[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives)


def at_times(scores, seconds, times):
    """The score of the window under each time; windows are `seconds` long and begin at 0."""
    index = np.clip((times / seconds).astype(int), 0, len(scores) - 1)
    return np.asarray(scores, dtype=float)[index]


def webrtc(samples, rate, times):
    """[modes, times]: 1 where the mode hears speech."""
    import webrtcvad

    size = rate // 100
    padded = np.append(samples, np.zeros(-len(samples) % size, dtype=np.int16))
    answers = []
    for mode in range(4):
        vad = webrtcvad.Vad(mode)
        frames = [vad.is_speech(padded[i : i + size].tobytes(), rate) for i in range(0, len(padded), size)]
        answers.append(at_times(frames, 0.01, times))
    return np.array(answers)


def silero(model, samples, rate, times):
    import torch

    model.reset_states()
    sound = torch.from_numpy(np.append(samples, np.zeros(-len(samples) % 512, dtype=np.int16)).astype(np.float32) / 32768)
    with torch.no_grad():
        scores = [float(model(sound[i : i + 512], rate)) for i in range(0, len(sound), 512)]
    return at_times(scores, 512 / rate, times)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    table = sys.argv[1]
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.dirname(table) or "."
    recordings = {}
    with open(table, newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            recordings.setdefault(row["recording"], []).append((float(row["time"]), row["truth"] == "1", float(row["score"])))
    from silero_vad import load_silero_vad

    model = load_silero_vad()
    truth, heard, others, modes = [], [], [], []
    for name, frames in sorted(recordings.items()):
        with wave.open(os.path.join(folder, name)) as file:
            rate = file.getframerate()
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        times = np.array([frame[0] for frame in frames])
        truth += [frame[1] for frame in frames]
        heard += [frame[2] for frame in frames]
        modes.append(webrtc(samples, rate, times))
        others.append(silero(model, samples, rate, times))
    truth, modes = np.array(truth), np.concatenate(modes, axis=1)
    version = importlib.metadata.version
    print(f"{len(truth)} frames of {len(recordings)} recordings, {truth.mean():.1%} speech")
    print(f"heard                                AUC {area(truth, np.array(heard)):.4f}")
    print(f"silero-vad {version('silero-vad'):24}  AUC {area(truth, np.concatenate(others)):.4f}")
    print(f"webrtcvad-wheels {version('webrtcvad-wheels'):18}  AUC {area(truth, modes.sum(axis=0)):.4f}")
    for mode, answers in enumerate(modes):
        print(f"    mode {mode}: finds {answers[truth].mean():.1%}, false alarms {answers[~truth].mean():.1%}")


if __name__ == "__main__":
    main()
