"""What the bottom bar tells and the dialogs behind it: where the models run and are prepared, the proof of silence, and
what Alcove is made of. It changes no setting.
"""
