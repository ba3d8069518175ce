"""The bridge's datagrams."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import RigFileError, TravelError
from cuefocus.motor.bridge import BridgeCodec
from cuefocus.motor.codec import MotorComplaint, PositionReport, line_ns


def test_datagrams_as_the_protocol_page_shows_them() -> None:
    codec = BridgeCodec(sequence=1204)
    assert codec.encode_setpoint(0, 27_003) == b'{"f":41.2039,"seq":1204}'
    assert codec.encode_query(0) == b'{"f_get":true,"seq":1205}'
    assert codec.encode_release(0) == b'{"f":-1,"seq":1206}'
    assert codec.encode_calibrate(1) == b'{"i_cal":true,"seq":1207}'


@given(counts=st.integers(0, 65_535), address=st.integers(0, 2))
def test_four_decimals_name_every_count(counts: int, address: int) -> None:
    sent = json.loads(BridgeCodec().encode_setpoint(address, counts))
    assert round(sent["fiz"[address]] * 65_535 / 100) == counts


def test_no_line_time_and_no_longer_than_stated() -> None:
    codec = BridgeCodec(sequence=4_294_967_295)
    assert line_ns(codec) == 0
    assert len(codec.encode_setpoint(0, 65_535)) <= codec.frame_bytes
    assert codec.encode_setpoint(0, 0).endswith(b'"seq":0}')


def test_a_mute_box_is_not_asked() -> None:
    codec = BridgeCodec(feedback=False)
    assert not codec.feedback
    assert codec.encode_query(0) == b""


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(TravelError):
        BridgeCodec().encode_setpoint(0, 65_536)
    with pytest.raises(RigFileError, match="0 focus, 1 iris, 2 zoom"):
        BridgeCodec().encode_setpoint(3, 0)


def test_answers_are_read() -> None:
    found = BridgeCodec().decode(b'{"f_pos":50,"seq":1}{"z_pos":100.0,"z_calibrated":false}')
    assert found == [PositionReport(0, 32_768, calibrated=True), PositionReport(2, 65_535, calibrated=False)]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b'{"f_pos":100.1}', "outside 0…100"),
        (b'{"f_pos":"50"}', "outside 0…100"),
        (b'{"f_pos":true}', "outside 0…100"),
        (b'{"f_pos":NaN}', "outside 0…100"),
        (b'{"error":"motor hot"}', "motor hot"),
    ],
)
def test_wrong_answers_are_complaints(answer: bytes, reason: str) -> None:
    (complaint,) = BridgeCodec().decode(answer)
    assert isinstance(complaint, MotorComplaint)
    assert reason in complaint.reason


@given(noise=st.binary(max_size=1200), counts=st.integers(0, 65_535))
def test_a_clean_answer_after_noise_is_read(noise: bytes, counts: int) -> None:
    answer = b'{"f_pos":%.4f,"seq":3}' % (counts * 100 / 65_535)
    assert BridgeCodec().decode(noise + answer)[-1] == PositionReport(0, counts, calibrated=True)
