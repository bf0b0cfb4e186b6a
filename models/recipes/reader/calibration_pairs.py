"""Questions with passages, on which the reader's values are measured before they are rounded to 8 bits.

Written for this purpose: what is asked in offices and homes, with passages that answer, passages that do not, and
sentences to check. More come from the texts that the embedder is measured on (see `pairs_of`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from models.convert.encoder.calibration_texts import TEXTS

# (question or sentence, subject, passage)
PAIRS = (
    (
        "How many days of annual leave do new employees get?",
        "Staff handbook: Leave",
        "Full-time employees are entitled to 28 days of annual leave. In the first year the entitlement builds up by "
        "the month; whoever joins after the 15th starts with the month that follows. Days that are not taken by the "
        "end of March lapse.",
    ),
    (
        "What does the warranty not cover?",
        "Dishwasher DW-340, user manual",
        "The manufacturer repairs or replaces parts that fail through faults of material or workmanship within 24 "
        "months. Damage from scale, from frost, from improper connection, and worn seals are excluded. Keep the "
        "receipt: without it the date of manufacture counts.",
    ),
    (
        "who signed the lease for the warehouse",
        "",
        "On behalf of the tenant: Marta Lindqvist, managing director. On behalf of the landlord: Harbour Estates Ltd., "
        "represented by J. P. Obi. Place and date: Rotterdam, 14 February 2022.",
    ),
    (
        "When does the museum open on Sundays?",
        "City guide",
        "The castle can be seen from every street of the old town. Its gardens were laid out in 1712 and are open from "
        "dawn to dusk. Guided tours start at the fountain.",
    ),
    (
        "What was the net profit in 2023?",
        "Annual report: Key figures",
        "EUR million | 2022 | 2023\nRevenue | 812.4 | 866.0\nOperating result | 71.9 | 64.3\nNet profit | 48.8 | 41.7\n"
        "Employees | 3,204 | 3,377",
    ),
    (
        "The notice period during probation is two weeks.",
        "",
        "The first six months are a probationary period, during which either side may end the contract with two weeks' "
        "notice. Afterwards the notice period is three months to the end of a quarter.",
    ),
    (
        "The bridge was finished in 1931 and named after the king.",
        "",
        "Work on the bridge began in 1927 and took four years. It carries trains on its lower deck and cars above. A "
        "competition among schoolchildren gave it its name.",
    ),
    (
        "Who was the first woman to teach at the university?",
        "History of the faculty",
        "In 1911 the senate appointed Dr. Helene Brandt, a chemist who had taken her degree in Zurich. Eleven years "
        "passed before a second woman, the historian Ines Duarte, was given a chair.",
    ),
    (
        "how do I reset the router to factory settings",
        "Quick start",
        "3. Hold the button on the back for ten seconds with a paper clip, until all lights blink. 4. Wait two "
        "minutes. 5. Connect to the network whose name is printed underneath, and open 192.168.1.1.",
    ),
    (
        "Which side effects are common?",
        "Package leaflet",
        "Very common (more than 1 in 10): headache, dry mouth. Common (up to 1 in 10): nausea, dizziness, rash. Stop "
        "taking the tablets and see a doctor at once if your face or throat swells.",
    ),
    (
        "Why did the miller give his daughter away?",
        "",
        "The miller was afraid of the king's anger. He had boasted in the tavern that she could spin straw into gold, "
        "and now the messenger stood in the yard. So he said nothing, and let her go.",
    ),
    (
        "Is it cheaper to renew before the end of the year?",
        "Memo of 3 November",
        "If we renew by 15 December the supplier keeps the old price of 18.50 per seat. From January it is 21.00. The "
        "number of seats can be lowered once a year, in June only.",
    ),
    (
        "invoice total",
        "Invoice 2024-0117",
        "Subtotal 1,180.00\nVAT 20 % 236.00\nTotal due 1,416.00 GBP\nPayable by 30 May.",
    ),
    (
        "What is the capital of Australia?",
        "Invoice 2024-0117",
        "Please quote the invoice number with your payment. Thank you for your custom.",
    ),
    (
        "The river flooded the town twice in the 19th century, in 1845 and in 1862.",
        "Chronicle",
        "1845: great flood, the mill is destroyed. 1851: the railway arrives. 1862: second flood; the council resolves "
        "to build a dam, which is finished in 1870.",
    ),
    (
        "Can the deposit be paid in instalments?",
        "Tenancy agreement § 4",
        "The tenant pays a deposit of three months' rent without service charges. It may be paid in three equal parts, "
        "the first at the beginning of the tenancy. The landlord keeps it apart from his own assets.",
    ),
)
_WORDS = (6, 12, 24)  # of questions that are drawn
_JOINED = 3


def pairs_of(vocabulary: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """`PAIRS` as they are and with each other's passages; the embedder's texts as passages, some of them joined until
    they fill the reader's limit; words drawn from `vocabulary` as questions.
    """
    yield from PAIRS
    for at, (question, _, _) in enumerate(PAIRS):
        _, subject, passage = PAIRS[(at + 5) % len(PAIRS)]
        yield question, subject, passage
    draw = random.Random(0)
    words = [token for token in vocabulary if token.isalpha() and token.isascii()]
    for passage in TEXTS:
        yield draw.choice(PAIRS)[0], "", passage
    for size in _WORDS * 4:
        yield " ".join(draw.choices(words, k=size)), "", " ".join(draw.sample(TEXTS, _JOINED))
    for question, subject, passage in PAIRS:
        yield question, subject, " ".join([passage, *draw.sample(TEXTS, 2 * _JOINED)])
