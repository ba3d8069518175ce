"""Facts of a real focus pull: ARRI Signature Prime 40 mm T1.8, motor counts and metres.

Source: SMPTE/ris-osvp-metadata-camdkit (BSD-3), clip B001C001_180327_R1ZA, every few states of 197.
"""

LIMITS = (105, 17733)
PULL = (
    (9228, 0.661), (9323, 0.669), (9450, 0.679), (10427, 0.770), (10946, 0.830), (11569, 0.914), (12552, 1.101),
    (12851, 1.168), (13188, 1.252), (13468, 1.333), (13628, 1.383), (13875, 1.472), (14133, 1.583), (14416, 1.717),
    (14717, 1.894), (14976, 2.072), (15196, 2.241), (15394, 2.419), (15573, 2.615), (15642, 2.703), (15699, 2.780),
    (15781, 2.903), (15877, 3.049), (16331, 4.057), (16553, 4.812),
)  # fmt: skip
FIVE_MARKS = ((9228, 0.661), (10946, 0.830), (12851, 1.168), (14717, 1.894), (16553, 4.812))


def ring(counts: float) -> float:
    """Ring position of a motor count between the encoder limits."""
    return (counts - LIMITS[0]) / (LIMITS[1] - LIMITS[0])
