"""How the shipped weights and calibrations were made. It needs PyTorch and question sets, and is not installed."""
