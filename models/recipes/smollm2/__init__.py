"""SmolLM2-135M-Instruct (Apache-2.0): the default language model."""
