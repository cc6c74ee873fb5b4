"""What the checks find in the words of a strategy: spellings, slips, stems and headings."""

from __future__ import annotations

import pytest

from bot.strategy import checks


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("dyspnoea[tiab] OR Dyspnea[mh]", "LB409", "dyspnea"),
        ("apnea*[tiab]", "LB409", "apnoea"),
        ("theater[tiab]", "LB409", "theatre"),
        ("liter[tiab]", "LB409", "litre"),
        ("grey[tiab]", "LB409", "gray"),
        ("dialyz*[tiab]", "LB409", "dialys*"),
        ("analyse*[tiab]", "LB409", "analyze*"),
        ("hemangioma*[tiab]", "LB409", "haemangioma*"),
        ("enrolment[tiab]", "LB409", "enrollment"),
        ("fulfil[tiab]", "LB409", "fulfill"),
        ("practise[tiab]", "LB409", "practice"),
        ("judgement[tiab]", "LB409", "judgment"),
        ("traveller*[tiab]", "LB409", "traveler*"),
        ("fuelled[tiab]", "LB409", "fueled"),
        ("signaling[tiab]", "LB409", "signalling"),
        ("patient-centered[tiab]", "LB409", "centred"),
        ("leukocyt*[tiab]", "LB409", "leucocyt*"),
        ("estradiol[tiab]", "LB409", "oestradiol"),
        ('haloperidole[tiab] OR "Haloperidol"[mh]', "LB503", "haloperidol"),
        ('"critcally ill"[tiab:~0] OR "Critical Illness"[mh]', "LB503", "critically"),
        ('chil*[tiab] OR "Child"[mh]', "LB405", "chil"),
        ('exer*[tiab] OR "Exercise"[mh]', "LB405", "exer"),
        ('tele*[tiab] OR "Telemedicine"[mh]', "LB405", "tele"),
        ('prem*[tiab] OR "Infant, Premature"[mh]', "LB405", "prem"),
        ("insomnia[tiab] OR sleepless*[tiab]", "LB302", "no heading"),
        ("delirium[tiab] OR confusion*[tiab]", "LB302", "delirium"),
    ],
)
def test_what_a_librarian_would_mend_is_warned_of(text: str, code: str, says: str) -> None:
    warned = [one for one in checks.noticed(text) if one.code == code and one.level != "note"]

    assert any(says in one.problem for one in warned), warned


@pytest.mark.parametrize(
    "text",
    [
        "literature[tiab] OR parameter*[tiab] OR hemispher*[tiab] OR central*[tiab] OR practice[tiab]",
        "ehealth[tiab] OR mhealth[tiab] OR analyses[tiab] OR pneumon*[tiab]",
        '"critically ill"[tiab:~0] OR "fascia iliaca"[tiab:~0] OR nurs*[tiab] OR smok*[tiab]',
        'rivaroxaban[tiab] OR apixaban[tiab] OR "Rivaroxaban"[mh] OR "Factor Xa Inhibitors"[mh]',
        'nurse[tiab] OR nurses[tiab] OR nursing[tiab] OR "Nurses"[mh]',
        "randomized controlled trial[pt] OR randomly[tiab] OR placebo[tiab] OR trial[ti]",
    ],
)
def test_what_a_librarian_would_leave_is_left(text: str) -> None:
    warned = {one.code for one in checks.noticed(text) if one.level != "note"}

    assert not warned & {"LB103", "LB302", "LB405", "LB407", "LB409", "LB411", "LB503"} - (
        set() if "[mh]" in text or "[pt]" in text else {"LB302"}
    )
