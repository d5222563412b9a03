"""One file per thing somebody can do: the rooms called one after the other, on one screen."""
