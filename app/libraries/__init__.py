"""The list of libraries: chosen, made, renamed, deleted. Not what is in them."""
