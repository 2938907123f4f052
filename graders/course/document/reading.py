"""Which commands only look.

A cluster catches up with what was applied, and a Service answers from any of its Pods. So what only looks may be asked
again until it shows what the text shows: a reader would do the same, and nothing is changed by it. What changes
something is run once.
"""

from __future__ import annotations

import shlex

LOOKS = ("nslookup", "dig", "curl", "wget", "host", "ping", "cat", "ls", "grep", "head", "sort", "env", "hostname")
KUBECTL_LOOKS = ("get", "describe", "logs", "explain", "top", "api-resources", "version")
CHANGES = ("-X", "-d", "-T", "-F", "-o", "-O", "--request", "--data", "--upload-file", "--form", "--output")  # of curl
WITH_VALUE = ("-n", "--namespace", "-c", "--container", "--context", "--kubeconfig")


def only_looks(command: str) -> bool:
    """False for what is not known to change nothing."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.commenters = ""
    words: list[str] = []
    commands = [words]
    try:
        for word in lexer:
            if word and set(word) <= set(";|&()<>"):
                if ">" in word and word != ">&":  # into a file, not into another stream
                    return False
                if word != ">&":
                    words = []
                    commands.append(words)
            else:
                words.append(word)
    except ValueError:
        return False
    return all(_looks(each) for each in commands if each)


def _looks(words: list[str]) -> bool:
    program = words[0].rpartition("/")[2]
    if program == "kubectl":
        return _kubectl_looks(words[1:])
    if program == "curl" and any(word.startswith(CHANGES) for word in words):
        return False
    return program in LOOKS


def _kubectl_looks(words: list[str]) -> bool:
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in WITH_VALUE else words[1:]
    if words and words[0] == "exec" and "--" in words:
        inner = words[words.index("--") + 1 :]
        return bool(inner) and _looks(inner)
    return bool(words) and words[0] in KUBECTL_LOOKS and not {"-w", "--watch"} & set(words)
