"""An Ollama Modelfile for an exported GGUF: the base's chat form as a Go template, where answers stop, what the system says.

Enters: the chat form and the GGUF's file name. Leaves: the Modelfile's text.
Try: plansmith publish first -o out --as ollama && (cd out && ollama create first -f Modelfile)
"""

from __future__ import annotations

from plansmith.prompts import ASK_SENTENCE, SYSTEM
from plansmith.tuning.bases import ChatForm

# Ollama hands over the system prompt as the first of .Messages, and as .System besides:
# https://github.com/ollama/ollama/blob/main/docs/template.md
TEMPLATES = {
    "chatml": (
        "{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n"
    ),
    # llama.cpp puts the first <s> itself, so only later turns bring their own
    "llama-2": (
        "{{- $system := .System }}{{ $first := true }}{{ range .Messages }}"
        '{{ if eq .Role "user" }}{{ if not $first }}<s>{{ end }}[INST] '
        "{{ if $first }}{{ if $system }}<<SYS>>\n{{ $system }}\n<</SYS>>\n\n{{ end }}{{ end }}{{ $first = false }}"
        '{{ .Content }} [/INST]{{ else if eq .Role "assistant" }} {{ .Content }} </s>{{ end }}{{ end }}'
    ),
    "llama-3": (
        "{{- range .Messages }}<|start_header_id|>{{ .Role }}<|end_header_id|>\n\n{{ .Content }}<|eot_id|>{{ end }}"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
}
_STOPS = {
    "chatml": ("<|im_end|>", "<|im_start|>"),
    "llama-2": ("</s>", "[INST]"),
    "llama-3": ("<|eot_id|>", "<|start_header_id|>"),
}


def modelfile(chat: ChatForm, gguf: str, context: int) -> str:
    """The Modelfile beside which `gguf` (a relative path) lies; `context` in tokens."""
    stops = "".join(f'PARAMETER stop "{stop}"\n' for stop in _STOPS[chat.name])
    return (
        "# Try: ollama create NAME -f Modelfile && ollama run NAME\n"
        "# It answers questions of one form, a sentence of the client at a time:\n"
        f'#   The client says: "Members must be able to renew a loan online until it is due." {ASK_SENTENCE}\n'
        f"FROM ./{gguf}\n"
        f'TEMPLATE """{TEMPLATES[chat.name]}"""\n'
        f'SYSTEM """{SYSTEM}"""\n'
        f"{stops}"
        f"PARAMETER temperature 0\nPARAMETER num_ctx {min(context, 8192)}\n"
    )
