"""Every figure that the project claims, as a command that measures it: `./mulhaqa bench [NAME] [--json]`.

Rules:

- A figure is a ratio to a floor: what the same machine does at best without us (a bare SQLite commit, a bare page, a
  bare typesetting). The floor is measured in the same run, in turns with the value: a noisy machine hurts both alike.
- What is measured is the product as it runs: the store through its own door, the pages of `mulhaqa-edge run` in a
  process of its own, certificates from the press's own code. Nothing is switched off, nothing is written elsewhere.
- Several rounds; what is told is the round of the median ratio, so the figures of a line belong together.
- Figures come from the disk that the product would use: a `/tmp` in memory would flatter every commit.

One file a figure; `commands.FIGURES` lists them. `figure` is what they return, `place` where they play, `wrk` the load.
"""
