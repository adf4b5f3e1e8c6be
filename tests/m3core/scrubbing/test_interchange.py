"""Messages of health care: what is somebody's goes by its place, and what is a company's or a code stays."""

from __future__ import annotations

import pytest

from m3core.scrubbing import scrub_text

GONE = "[Filtered]"


def test_the_person_of_an_x12_claim_goes_and_the_payer_stays() -> None:
    claim = (
        "ISA*00*~GS*HC~NM1*41*2*ACME HEALTH PLAN*****46*987~NM1*IL*1*DOE*JANE*M***MI*XZ9876543~"
        "N3*12 ELM STREET~N4*AUSTIN*TX*78701~DMG*D8*19800101*F~REF*SY*123456789~REF*D9*17312345600006351~SE*9*0001~"
    )
    assert scrub_text(claim) == (
        f"ISA*00*~GS*HC~NM1*41*2*ACME HEALTH PLAN*****46*987~NM1*IL*1*{GONE}*{GONE}*{GONE}***MI*{GONE}~"
        f"N3*{GONE}~N4*{GONE}*TX*{GONE}~DMG*D8*{GONE}*F~REF*SY*{GONE}~REF*D9*17312345600006351~SE*9*0001~"
    )


def test_segments_without_a_name_among_them_are_somebody_elses_table() -> None:
    for text in ("N3*retries*4", "cost = N4*width*height", "DMG*D8 is a damage roll"):
        assert scrub_text(text) == text


def test_the_patient_of_an_hl7_message_goes_and_its_head_stays() -> None:
    head = r"MSH|^~\&|LAB|HOSP|EHR|HOSP|20260101||ADT^A01|MSG00001|P|2.5.1"
    patient = "PID|1||12345^^^HOSP^MR||DOE^JANE^M||19800101|F|||12 ELM ST^^AUSTIN^TX||5125550147"
    clean = scrub_text(f"{head}\r{patient}")
    assert clean.startswith(f"{head}\r")
    assert clean.endswith(f"PID|1||{GONE}||{GONE}||{GONE}|F|||{GONE}||{GONE}")


@pytest.mark.parametrize("text", ["PID|USER|COMMAND", "state PID|1|running", "valid in IN1|IN2"])
def test_columns_that_are_called_like_a_segment_stay(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("(0010,0010) PN [DOE^JANE^M]  #  10, 1 PatientName", f"(0010,0010) PN [{GONE}]  #  10, 1 PatientName"),
        ("(0008,0090) PN [ROE^RICHARD]  # 12", f"(0008,0090) PN [{GONE}]  # 12"),
        ('(0010,0030) DA: "19800101"', f'(0010,0030) DA: "{GONE}"'),
        ("(0008,0060) CS [MR]  # 2, 1 Modality", "(0008,0060) CS [MR]  # 2, 1 Modality"),
        ("(0020,0013) IS [7]", "(0020,0013) IS [7]"),
    ],
)
def test_of_an_image_what_is_of_the_patient_goes(line: str, clean: str) -> None:
    assert scrub_text(line) == clean
