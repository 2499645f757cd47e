#!/usr/bin/env python3
"""Seeds of the audio fuzzer: audio-seeds.py WAV FOLDER writes a fifth of a second of a WAV (16 bit, mono) in every container that flac,
lame, opusenc and oggenc make, and in AU and AIFF; each alone, after another, with tags, and with one byte wrong."""
import itertools
import pathlib
import struct
import subprocess
import sys
import wave

source, folder = sys.argv[1], pathlib.Path(sys.argv[2])
with wave.open(source) as file:
    rate = file.getframerate()
    file.readframes(rate // 4)
    samples = file.readframes(rate // 5)
path = folder / "sound.wav.tmp"
with wave.open(str(path), "wb") as file:
    file.setparams((1, 2, rate, 0, "NONE", ""))
    file.writeframes(samples)


def made(*command):
    return subprocess.run([*command], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


swapped = b"".join(samples[i + 1 : i + 2] + samples[i : i + 1] for i in range(0, len(samples), 2))
sounds = {
    "wav": path.read_bytes(),
    "flac": made("flac", "-s", "-c", "--no-padding", path),
    "oga": made("flac", "-s", "-c", "--no-padding", "--ogg", path),
    "ogg": made("oggenc", "-Q", "-o", "-", path),
    "opus": made("opusenc", "--quiet", path, "-"),
    "mp3": made("lame", "--quiet", path, "-"),
    "au": b".snd" + struct.pack(">5I", 24, len(samples), 3, rate, 1) + swapped,
    "aiff": b"FORM" + struct.pack(">I", 46 + len(samples)) + b"AIFFCOMM"
    + struct.pack(">IhIhHQ", 18, 1, len(samples) // 2, 16, 0x3FFF + rate.bit_length() - 1, rate << 64 - rate.bit_length())
    + b"SSND" + struct.pack(">3I", 8 + len(samples), 0, 0) + swapped,
}
path.unlink()
id3v2 = b"ID3\4\0\0\0\0\0\x40" + bytes(64)
id3v1 = b"TAG" + b"x" * 125
for (name, sound), (other, following) in itertools.product(sounds.items(), sounds.items()):
    (folder / f"seed-{name}-{other}").write_bytes(b"\x18" + sound + following)
for name, sound in sounds.items():
    damaged = bytearray(sound)
    damaged[len(sound) * 2 // 3] ^= 0x55
    (folder / f"seed-{name}").write_bytes(b"\x20" + sound)
    (folder / f"seed-{name}-tags").write_bytes(b"\x08" + id3v2 + sound + id3v1 + sound)
    (folder / f"seed-{name}-damaged").write_bytes(b"\x10" + damaged + sound)
