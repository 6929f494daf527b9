"""Names of languages: OpenAI's API names the language that it heard by an English word, not by a code."""

from typing import Final

from django.conf.locale import LANG_INFO

# What Whisper knows and Django does not, or knows by another name.
_NAMES: Final = {
    "am": "amharic", "as": "assamese", "ba": "bashkir", "bo": "tibetan", "fo": "faroese", "gu": "gujarati",
    "ha": "hausa", "haw": "hawaiian", "ht": "haitian creole", "jw": "javanese", "la": "latin", "ln": "lingala",
    "lo": "lao", "mg": "malagasy", "mi": "maori", "mt": "maltese", "my": "myanmar", "nn": "nynorsk", "oc": "occitan",
    "ps": "pashto", "sa": "sanskrit", "sd": "sindhi", "si": "sinhala", "sn": "shona", "so": "somali",
    "su": "sundanese", "tl": "tagalog", "yi": "yiddish", "yo": "yoruba", "yue": "cantonese", "zh": "chinese",
}  # fmt: skip


def name_of(code: str) -> str:
    """The English name in small letters; the code itself for a language without one."""
    known = LANG_INFO.get(code, {}).get("name", code)
    return _NAMES.get(code, str(known).lower())
