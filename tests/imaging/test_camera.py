"""A camera is tried with a video file of its own making: the same library opens, reads and closes it."""

from pathlib import Path

import cv2
import numpy
import pytest

from gjj_desktop.imaging import camera
from gjj_desktop.imaging.camera import DEVICE_VARIABLE, Camera, open_camera
from gjj_desktop.imaging.trouble import NoPageError


def a_video(path: Path, frames: int = 5, width: int = 640, height: int = 480) -> Path:
    """A grey ground with a red left half."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (width, height))
    frame = numpy.full((height, width, 3), 128, numpy.uint8)
    frame[:, : width // 2] = (0, 0, 255)
    for _ in range(frames):
        writer.write(frame)
    writer.release()
    return path


def test_the_camera_s_picture_has_its_colours_and_size(tmp_path: Path) -> None:
    with Camera(str(a_video(tmp_path / "v.avi"))) as opened:
        width, height, pixels = opened.picture()
        small = opened.picture(320)
    assert (width, height, len(pixels)) == (640, 480, 640 * 480 * 3)
    red, green, blue = pixels[:3]
    assert red > 200
    assert max(green, blue) < 60
    assert small[:2] == (320, 240)


def test_a_camera_that_sends_no_more_pictures_says_so(tmp_path: Path) -> None:
    with Camera(str(a_video(tmp_path / "v.avi", frames=1))) as opened:
        opened.picture()
        with pytest.raises(NoPageError, match="没有送来画面"):
            opened.picture()


def test_no_camera_is_a_plain_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "sources", lambda: ())
    with pytest.raises(NoPageError, match="没有找到摄像头"):
        open_camera()
    monkeypatch.setattr(camera, "sources", lambda: (str(tmp_path / "nothing"), 97))
    with pytest.raises(NoPageError, match="没有找到摄像头"):
        open_camera()


def test_the_first_camera_that_sends_a_picture_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.avi").write_bytes(b"RIFF" + bytes(100))
    monkeypatch.setenv(DEVICE_VARIABLE, str(a_video(tmp_path / "v.avi")))
    with open_camera() as opened:
        assert opened.picture()[0] == 640
    monkeypatch.delenv(DEVICE_VARIABLE)
    monkeypatch.setattr(camera, "sources", lambda: (str(tmp_path / "broken.avi"), str(tmp_path / "v.avi")))
    with open_camera() as opened:
        assert opened.picture()[0] == 640
