"""Models behind an OpenAI-compatible endpoint: Ollama, llama.cpp, LM Studio, vLLM, text-generation-inference."""

from unsorry.suggesters.http.endpoint import Limits
from unsorry.suggesters.http.suggester import HttpSuggester

__all__ = ["HttpSuggester", "Limits"]
