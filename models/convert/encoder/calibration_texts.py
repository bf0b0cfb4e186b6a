"""Texts on which the network's values are measured: what offices write, long and short, tidy and untidy.

Written for this purpose; the README of the model and words drawn from its vocabulary come on top (see calibration).
"""

TEXTS = (
    "x",
    "42",
    "invoice number",
    "What is the notice period?",
    "Who approves travel expenses above 500 EUR?",
    "how do i reset my vpn password",
    "When was the contract with the supplier last renewed, and by whom?",
    "List of participants",
    "Quarterly revenue by region: North 1,204,300; South 987,120; East 455,010; West 1,020,777 (in USD).",
    "Employees are entitled to 25 working days of paid annual leave. Up to five days may be carried over "
    "into the first quarter of the following year; after 31 March they lapse unless illness prevented the "
    "employee from taking them.",
    "Date: 2024-03-18 | Owner: J. Alvarez | Status: open | Priority: high | Due: 2024-04-02",
    "The patient was given 40 mg of furosemide intravenously, after which urine output rose to 120 ml per "
    "hour and the oedema of both legs receded. Serum potassium fell to 3.1 mmol/l and was replaced "
    "orally.",
    "def total(items):\n    return sum(item.price * item.quantity for item in items if not item.cancelled)",
    "SELECT name, SUM(amount) FROM payments WHERE paid_at >= '2023-01-01' GROUP BY name ORDER BY 2 DESC;",
    "Dear Ms Okafor, thank you for your letter of 4 June. We regret that the delivery was late. As agreed "
    "by telephone, we will credit ten per cent of the order's value to your account. Yours sincerely, the "
    "customer service team",
    "The lessee shall keep the premises in good repair and shall not sublet them, in whole or in part, "
    "without the prior written consent of the lessor, which shall not be unreasonably withheld.",
    "Warning: do not open the housing while the unit is connected to the mains. Capacitors stay charged "
    "for up to ten minutes. Repairs may be carried out by qualified electricians only.",
    "In the reign of the third king, a great flood destroyed the bridges over the river, and merchants "
    "from the southern towns had to cross the mountains, where many lost their mules and some their "
    "lives.",
    "Photosynthesis converts carbon dioxide and water into glucose and oxygen, using the energy of light "
    "that is absorbed by chlorophyll. It takes place in the chloroplasts of plants and algae, and in "
    "cyanobacteria.",
    "The central bank raised its main interest rate by 25 basis points to 4.5 per cent, citing inflation "
    "that remains well above the target of two per cent, and signalled that further increases depend on "
    "wages and energy prices.",
    "Mix 250 g of flour with half a teaspoon of salt, rub in 125 g of cold butter, add an egg and knead "
    "briefly. Chill for an hour. Bake at 180 °C for 20 minutes until golden.",
    "lol ok!!! see u at 7?? bring the charger pls :)",
    "Error 0x80070057: The parameter is incorrect. Restart the computer, then run the installer again as "
    "administrator.",
    "https://intranet.example.org/policies/security/2023/passwords.html#length",
    "Minutes of the meeting of the works council, 12 October. Present: seven members. 1. The minutes of "
    "the last meeting were approved. 2. Flexible hours: management proposes a core time from 10:00 to "
    "15:00; the council asks for a trial of six months. 3. Canteen: prices rise by 20 cents. 4. Any other "
    "business: the lift in building C is out of order again.",
    "Der Vertrag verlängert sich um ein weiteres Jahr, wenn er nicht drei Monate vor Ablauf gekündigt wird.",
    "La réunion du comité aura lieu jeudi à 14 heures dans la salle 204; merci de confirmer votre présence.",
    "会議は午後三時から始まります。資料は共有フォルダにあります。",
    "Total 18 | 24 | 31 | 0 | 7 | — | n/a | 12.5 % | 3.75 | (1,020) | 44",
    "We hold these records for six years after the end of the business relationship. You may ask at any "
    "time which data about you are stored, have them corrected, or have them deleted where no legal duty "
    "to keep them stands against it. Requests are answered within one month. If you are not satisfied, "
    "you can complain to the supervisory authority.",
    "The algorithm sorts the edges by weight and adds each one that does not close a cycle, so that after "
    "at most n - 1 additions the forest has become a minimum spanning tree; with a union-find structure "
    "this takes O(m log n).",
    "Fire drill on Monday.",
    "chapter 3. maintenance schedule: every 500 hours change the oil filter, check the belt tension, "
    "grease the bearings",
    "She put the letter back into its envelope, and for a long while she looked out of the window at the rain.",
)
