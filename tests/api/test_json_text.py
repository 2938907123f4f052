"""What Go says of a text that is no JSON."""

from __future__ import annotations

import pytest

from pocketkube.json_text import parse

NO_JSON = {
    "": "unexpected end of JSON input",
    '{"a": 1': "unexpected end of JSON input",
    "nul": "unexpected end of JSON input",
    '{"a": tru}': "invalid character '}' in literal true (expecting 'e')",
    "[1 2]": "invalid character '2' after array element",
    '{"a": [] "b"}': "invalid character '\"' after object key:value pair",
    "{'a': 1}": "invalid character '\\'' looking for beginning of object key string",
    '{"a" 1}': "invalid character '1' after object key",
    '{"a": 1,}': "invalid character '}' looking for beginning of object key string",
    '"\\x"': "invalid character 'x' in string escape code",
    '"a\tb"': "invalid character '\\t' in string literal",
    "{} x": "invalid character 'x' after top-level value",
}


@pytest.mark.parametrize(("text", "says"), NO_JSON.items())
def test_no_json(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse(text)
    assert str(caught.value) == says
