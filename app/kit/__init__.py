"""What every feature is built from: design, words, labels, buttons, layout, lists, dialogs. It knows no feature."""
