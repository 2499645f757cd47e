#!/usr/bin/env python3
"""Fuzzes a running daemon from outside:

    Tests/Fuzz/run requests 1800    hostile requests, filters and first lines, on all three sockets at once
    Tests/Fuzz/run reload 1800      models with damaged headers, metadata and weights, by reload under a live stream

The daemon must live, answer, hear a WAV as before, and keep to its memory and descriptors. Every draw is a function of the
seed, which is printed: `daemon.py requests 60 --seed 7` does the same again.
"""
import argparse, json, os, random, shutil, socket, struct, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.join(HERE, "../../samples")
MEMORY_LIMIT = 600 << 20  # resident bytes: the daemon takes 35 MB, and nobody here asks for much at once


class Daemon:
    """A daemon of our own in a folder of its own."""

    def __init__(self, binary, model):
        self.folder = tempfile.mkdtemp(prefix="heard-fuzz.")
        self.model = os.path.join(self.folder, "model.safetensors")
        shutil.copy(model, self.model)
        self.log = open(os.path.join(self.folder, "log"), "wb")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HEARD")}
        environment["SWIFT_BACKTRACE"] = "enable=no"
        self.process = subprocess.Popen(
            [binary, "serve", "--config", "/dev/null", "--model", self.model, "--runtime-directory", self.folder,
             "--idle-timeout", "5"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=environment)
        end = time.monotonic() + 60
        while True:
            try:
                self.ask({"request": "status"})
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.fail("the daemon does not start")
                time.sleep(0.05)

    def connect(self, name, timeout=20):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        connection.connect(os.path.join(self.folder, name + ".sock"))
        return connection

    def ask(self, request):
        with self.connect("control") as connection:
            connection.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(connection.makefile("rb").readline())

    def hear(self, sound):
        """The labels of a WAV."""
        with self.connect("audio") as connection:
            connection.sendall(sound)
            connection.shutdown(socket.SHUT_WR)
            events = [json.loads(line) for line in connection.makefile("rb")]
        return [event["label"] for event in events if event["kind"] == "label"]

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def fail(self, what):
        self.log.flush()
        with open(self.log.name, "rb") as file:
            tail = file.read()[-2000:].decode("utf-8", "replace")
        print(f"FAILED: {what}; exit status {self.process.poll()}\n{tail}", file=sys.stderr)
        if self.process.poll() is None:
            self.process.kill()
        sys.exit(1)

    def stop(self):
        self.process.terminate()
        if self.process.wait(30) != 0:
            self.fail("the daemon did not stop in order")
        shutil.rmtree(self.folder)


# MARK: hostile requests

NUMBERS = ["0", "-1", "1e308", "1e999", "-0.0", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
           "18446744073709551615", "18446744073709551616", "0.1", "1e-320", "NaN", "1" * 400]
TEXTS = ["", "kitchen", "fifo", "stream-1", "*", "-", "..", "a/b", "\u202ekitchen", "e" + "\u0301" * 2000, "\x7f" * 300, "x" * 60000,
         "\ud83d\ude00" * 40, "none", "auto", "5s", "160ms", "1e300s", "-5s", "9223372036854775807ms", "s16le,16000,1",
         "f64le,4000,64", "s16le,99999999999999999999,1", "s16le,0,0", "both", "online", "offline", "label", "final"]
FIELDS = ["request", "stream", "streams", "mode", "kinds", "since", "epoch", "raw", "channel", "lookahead", "gates",
          "generate", "count", "temperature", "top_k", "top_p", "seed", "nosuch", "x" * 5000]
WORDS = ["status", "streams", "set", "reload", "stop", "STATUS", ""]


def value(random, depth=0):
    """A JSON value as text, likely or not."""
    kind = random.randrange(8 if depth < 4 else 5)
    if kind == 0:
        return random.choice(NUMBERS)
    if kind == 1:
        return random.choice(["true", "false", "null"])
    if kind in (2, 3):
        return json.dumps(random.choice(TEXTS), ensure_ascii=random.random() < 0.5)
    if kind == 4:
        return json.dumps(random.choice(WORDS))
    if kind == 5:
        return "[" + ",".join(value(random, depth + 1) for _ in range(random.randrange(5))) + "]"
    if kind == 6:
        return "[" * random.choice([2, 200, 20000])
    return fields(random, depth + 1)


def fields(random, depth=0):
    names = [random.choice(FIELDS) for _ in range(random.randrange(6))]
    return "{" + ",".join(json.dumps(name) + ":" + value(random, depth) for name in names) + "}"


def damage(random, line):
    """A line with a few bytes changed, or cut."""
    line = bytearray(line)
    for _ in range(random.choice([0, 0, 0, 1, 3])):
        if line:
            line[random.randrange(len(line))] = random.randrange(256)
    return bytes(line[:random.randrange(len(line) + 1)]) if random.random() < 0.1 else bytes(line)


def attack(random, daemon, sound):
    """One hostile connection; it may be refused, cut or answered."""
    name = random.choice(["audio", "labels", "control"])
    known = {"audio": ['{"stream":"a","mode":"both"}', '{"lookahead":"160ms","gates":"250ms"}'],
             "labels": ['{"streams":["a"],"kinds":["label"],"since":1}', '{"since":0}'],
             "control": ['{"request":"status"}', '{"request":"streams"}', '{"request":"set","stream":"a","mode":"both"}']}
    lines = []
    for _ in range(random.choice([1, 1, 1, 2, 50])):
        text = random.choice(known[name]) if random.random() < 0.3 else fields(random)
        line = damage(random, text.encode("utf-8", "surrogatepass"))
        lines.append((b"HEARD " if name == "audio" else b"") + line + random.choice([b"\n", b"\n", b"\r\n", b""]))
    if name == "audio":
        cut = random.randrange(len(sound))
        lines = lines[:1] + [damage(random, sound[:cut] if random.random() < 0.5 else sound)]
    try:
        connection = daemon.connect(name, timeout=1)
        with connection:
            for line in lines:
                connection.sendall(line)
            if random.random() < 0.7:
                connection.shutdown(socket.SHUT_WR)
            if random.random() < 0.5:
                connection.settimeout(0.02)
                connection.recv(random.choice([1, 65536]))
    except OSError:
        pass


def fuzz_requests(random, daemon, sound, end):
    expected = daemon.hear(sound)
    base = daemon.descriptors()
    count = 0
    while time.monotonic() < end:
        for _ in range(200):
            attack(random, daemon, sound)
            count += 1
        check(daemon, sound, expected)
        settle = time.monotonic() + 30
        while daemon.descriptors() > base + 4:
            if time.monotonic() > settle:
                daemon.fail(f"{daemon.descriptors()} descriptors are open, {base} at the start")
            time.sleep(0.1)
    return f"{count} hostile connections"


# MARK: damaged models

def parts(model):
    length = struct.unpack("<Q", model[:8])[0]
    return json.loads(model[8:8 + length]), model[8 + length:]


def whole(header, weights, length=None):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text) if length is None else length) + text + weights


def spoil(random, value, depth=0):
    """A JSON value of which something, somewhere, is another."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(list(value))
        if random.random() < 0.1:
            del value[key]
        else:
            value[key] = spoil(random, value[key], depth + 1)
        return value
    if isinstance(value, list) and value and random.random() < 0.8:
        index = random.randrange(min(len(value), 1000))
        value[index] = spoil(random, value[index], depth + 1)
        return value
    if isinstance(value, str) and value[:1] in ("{", "[") and random.random() < 0.95:
        try:
            return json.dumps(spoil(random, json.loads(value), depth + 1))
        except ValueError:
            pass
    return random.choice([0, -1, 1, 2, 3, 0.5, -0.5, 1e300, 2**31, 2**62, 2**63 - 1, -2**63, 2**64, "", "x" * 3000, "gru", None,
                          True, [], {}, [0] * 5000, "\u0000", 10**7])


def damaged(random, model):
    kind = random.randrange(10)
    if kind == 0:
        return model[:random.randrange(len(model))]
    if kind == 1:
        return damage(random, model)
    if kind == 2:
        changed = bytearray(model)
        for _ in range(random.choice([1, 8, 64])):
            changed[random.randrange(min(len(changed), 20000))] = random.randrange(256)
        return bytes(changed)
    header, weights = parts(model)
    if kind == 3:
        return whole(header, weights, random.choice([0, 1, 2**31, 2**63 - 1, 2**64 - 1, len(model)]))
    for _ in range(random.choice([1, 1, 2, 4])):
        header = spoil(random, header)
    return whole(header, weights)


def fuzz_reload(random, daemon, sound, end):
    good = open(daemon.model, "rb").read()
    expected = daemon.hear(sound)
    count = taken = 0
    while time.monotonic() < end:
        with open(daemon.model, "wb") as file:
            file.write(damaged(random, good))
        answer = daemon.ask({"request": "reload"})
        count += 1
        if "reloaded" in answer:
            taken += 1
            # Whatever it is now: a stream may come, and it ends.
            try:
                daemon.hear(sound)
            except OSError as error:
                daemon.fail(f"a stream of a damaged model that was taken: {error}")
        elif answer.get("error") != "reload-failed":
            daemon.fail(f"reload answered {answer}")
        if count % 50 == 0:
            with open(daemon.model, "wb") as file:
                file.write(good)
            if "reloaded" not in daemon.ask({"request": "reload"}):
                daemon.fail("the good model is not taken any more")
            check(daemon, sound, expected)
    return f"{count} damaged models, {taken} of them taken"


def check(daemon, sound, expected):
    if daemon.process.poll() is not None:
        daemon.fail("the daemon has ended")
    try:
        heard = daemon.hear(sound)
        daemon.ask({"request": "status"})
    except (OSError, ValueError) as error:
        daemon.fail(f"the daemon does not answer: {error}")
    if heard != expected:
        daemon.fail(f"a WAV is heard as {heard}, before as {expected}")
    if daemon.resident() > MEMORY_LIMIT:
        daemon.fail(f"{daemon.resident() >> 20} MB are in use")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=["requests", "reload"])
    parser.add_argument("seconds", type=float)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--heard", default=os.path.join(HERE, "../../.build/release/heard"))
    parser.add_argument("--model", default=os.path.join(SAMPLES, "speech-offline.safetensors"))
    parser.add_argument("--sound", default=os.path.join(SAMPLES, "go.wav"))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    sound = open(arguments.sound, "rb").read()
    daemon = Daemon(arguments.heard, arguments.model)
    fuzz = fuzz_requests if arguments.target == "requests" else fuzz_reload
    try:
        said = fuzz(random.Random(arguments.seed), daemon, sound, time.monotonic() + arguments.seconds)
    except (OSError, ValueError) as error:
        daemon.fail(f"the daemon does not answer: {error}")
    memory = daemon.resident() >> 20
    daemon.stop()
    print(f"{said}; {memory} MB at the end; nothing found")


if __name__ == "__main__":
    main()
