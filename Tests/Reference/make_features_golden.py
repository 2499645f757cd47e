"""Golden values of the front ends of imported models, in float64 NumPy.

Reads  Tests/Golden/logmel.safetensors   (its pcm_i16: half a second of speech at 16 kHz)
Writes Tests/Golden/features.safetensors (float32 tensors, described in its __metadata__.doc)

    python3 make_features_golden.py                 # needs NumPy only
    python3 make_features_golden.py --check SHARED  # also holds these definitions against the expected values of
                                                    # SHARED/models, on the recordings of SHARED/data (needs sox)
"""
import json
import os
import struct
import subprocess
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "Golden")
DTYPES = {"F64": "<f8", "F32": "<f4", "I16": "<i2"}


def load(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        body = f.read()
    header.pop("__metadata__", None)
    return {k: np.frombuffer(body[slice(*v["data_offsets"])], DTYPES[v["dtype"]]).reshape(v["shape"])
            for k, v in header.items()}


def save(path, tensors, doc):
    header, body = {"__metadata__": {"doc": doc}}, b""
    for name, value in tensors.items():
        data = np.ascontiguousarray(value, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


def frames(x, span, hop):
    count = 0 if len(x) < span else 1 + (len(x) - span) // hop
    return np.stack([x[t * hop:t * hop + span] for t in range(count)]) if count else np.zeros((0, span))


def hann(n):
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)


def mel(f):
    return 1127 * np.log(1 + f / 700)


def triangles(bands, low, high, fft, rate):
    edge = np.linspace(mel(low), mel(high), bands + 2)
    bin_mel = mel(np.arange(fft // 2 + 1) * rate / fft)
    up = (bin_mel - edge[:-2, None]) / (edge[1:-1] - edge[:-2])[:, None]
    down = (edge[2:, None] - bin_mel) / (edge[2:] - edge[1:-1])[:, None]
    return np.maximum(0, np.minimum(up, down))


def an4(x, mean, std):
    """x [N] in -1..1 -> steps [T, 240]."""
    window = np.zeros(512)
    window[56:456] = hann(400)
    power = np.abs(np.fft.rfft(frames(x, 512, 160) * window, 512)) ** 2
    y = np.log(power @ triangles(80, 20, 7600, 512, 16000).T + 1e-6)
    y = (y - mean) / std
    steps = len(y) // 3
    return y[:steps * 3].reshape(steps, 240)


def shared_weights(bands, low, high, fft, rate):
    """TensorFlow's mfcc_mel_filterbank.cc: a bin's weight is split between the two channels around it."""
    width = rate / fft
    centre = mel(low) + (mel(high) - mel(low)) / (bands + 1) * np.arange(1, bands + 2)
    weights = np.zeros((bands, fft // 2 + 1))
    for k in range(1 + int(0.5 + low / width), int(high / width) + 1):
        m = mel(k * width)
        channel = int(np.searchsorted(centre, m)) - 1
        below = centre[channel] if channel >= 0 else mel(low)
        weight = (centre[channel + 1] - m) / (centre[channel + 1] - below)
        if channel >= 0:
            weights[channel, k] += weight
        if channel + 1 < bands:
            weights[channel + 1, k] += 1 - weight
    return weights


def arm(x, hop):
    """x [N] in -1..1 -> MFCC [T, 10]."""
    magnitude = np.abs(np.fft.rfft(frames(x, 640, hop) * hann(640), 1024))
    y = np.log(np.maximum(magnitude @ shared_weights(40, 20, 4000, 1024, 16000).T, 1e-12))
    dct = np.sqrt(2 / 40) * np.cos(np.pi / 40 * np.outer(np.arange(10), np.arange(40) + 0.5))
    return y @ dct.T


def read_flac(path):
    raw = subprocess.run(["sox", path, "-t", "raw", "-e", "signed", "-b", "16", "-"], capture_output=True, check=True)
    return np.frombuffer(raw.stdout, "<i2") / 32768


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def an4_posteriors(steps, w):
    """Log-posteriors [T, 29] of an4-online: Linear, ReLU, two GRU layers (reset after), Linear, log-softmax."""
    y = np.maximum(0, steps @ w["inp.weight"].T + w["inp.bias"])
    for layer in ("l0", "l1"):
        h, out = np.zeros(160), []
        for x in y @ w["gru.weight_ih_" + layer].T + w["gru.bias_ih_" + layer]:
            u = w["gru.weight_hh_" + layer] @ h + w["gru.bias_hh_" + layer]
            r, z = sigmoid(x[:160] + u[:160]), sigmoid(x[160:320] + u[160:320])
            h = (1 - z) * np.tanh(x[320:] + r * u[320:]) + z * h
            out.append(h)
        y = np.array(out)
    y = y @ w["out.weight"].T + w["out.bias"]
    y -= y.max(1, keepdims=True)
    return y - np.log(np.exp(y).sum(1, keepdims=True))


def check(shared):
    worst, count = 0, 0
    for line in open(os.path.join(shared, "models/arm-kws/expected.jsonl")):
        e = json.loads(line)
        x = read_flac(os.path.join(shared, "data/speech_commands", e["audio_filepath"]))[:16000]
        x = np.pad(x, (0, 16000 - len(x)))
        hop = 640 if e["model"] == "gru_s" else 320
        worst = max(worst, np.abs(arm(x, hop)[0] - e["first_mfcc"]).max())
        count += 1
    print(f"ARM first_mfcc, {count} clips: largest difference {worst:.2e}")
    w = {k: v.astype(float) for k, v in load(os.path.join(shared, "models/an4-online.safetensors")).items()}
    worst, count = 0, 0
    for line in open(os.path.join(shared, "models/an4-online.expected.jsonl")):
        e = json.loads(line)
        x = read_flac(os.path.join(shared, "data/an4", e["audio_filepath"]))
        lp = an4_posteriors(an4(x, w["feature.mean"], w["feature.std"]), w)
        assert len(lp) == e["steps"], e["audio_filepath"]
        worst = max(worst, np.abs(lp[0] - e["first"]).max(), np.abs(lp[-1] - e["last"]).max(),
                    np.abs(lp.max(1) - e["best"]).max())
        count += 1
        if count == 40:
            break
    print(f"AN4 log-posteriors, {count} utterances: largest difference {worst:.2e}")


def main():
    x = load(os.path.join(GOLDEN, "logmel.safetensors"))["pcm_i16"] / 32768
    band = np.arange(80)
    mean, std = (-6 + band / 40).astype("<f4"), (2 + band / 80).astype("<f4")
    tensors = {
        "mean": mean, "std": std, "an4": an4(x, mean, std), "arm_hop320": arm(x, 320), "arm_hop640": arm(x, 640),
        "arm_weights": shared_weights(40, 20, 4000, 1024, 16000),
    }
    save(os.path.join(GOLDEN, "features.safetensors"), tensors,
         "From pcm_i16 of logmel.safetensors / 32768, made by make_features_golden.py in float64. an4 [T, 240]: the "
         "AN4 pair's front end with mean and std [80]. arm_hop* [T, 10]: ARM's keyword MFCC. arm_weights [40, 513].")
    if "--check" in sys.argv:
        check(sys.argv[sys.argv.index("--check") + 1])


main()
