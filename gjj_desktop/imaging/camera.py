"""A camera or document camera (高拍仪), if there is one: its live picture and what it sees now, in full size.

Only one thread uses a camera at a time: whoever opens it asks it for pictures and closes it.
"""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from gjj_desktop.imaging import trouble
from gjj_desktop.imaging.pages import Picture

LIVE_EDGE_PX = 960
CAMERAS_MAX = 4
_WIDTH_ASKED, _HEIGHT_ASKED = 4096, 3072  # a camera answers with the largest it has up to that
_TRIES = 5
DEVICE_VARIABLE = "GJJ_CAMERA"
"""Names a device or a video file to use in place of what the system has; for a camera that is not found by itself."""

Source = int | str


def sources() -> tuple[Source, ...]:
    """What may be a camera here, the one connected last first: a document camera is plugged in, a webcam built in."""
    named = os.environ.get(DEVICE_VARIABLE)
    if named:
        return (named,)
    if sys.platform.startswith("linux"):
        return tuple(sorted((int(path.name[5:]) for path in Path("/dev").glob("video[0-9]*")), reverse=True))
    return tuple(reversed(range(CAMERAS_MAX)))


class Camera:
    """An open camera."""

    def __init__(self, source: Source) -> None:
        """NoPageError when it can not be opened."""
        import cv2  # as late as this: it takes a quarter of a second, and most windows have no camera

        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        system = cv2.CAP_DSHOW if sys.platform == "win32" and isinstance(source, int) else cv2.CAP_ANY
        self._capture = cv2.VideoCapture(source, system)
        if not self._capture.isOpened():
            raise trouble.no_camera()
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, _WIDTH_ASKED)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, _HEIGHT_ASKED)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def picture(self, longest_edge_px: int = 0) -> Picture:
        """What the camera sees now, made smaller with `longest_edge_px`; NoPageError when nothing comes."""
        import cv2

        for _ in range(_TRIES):
            good, frame = self._capture.read()
            if good and frame is not None and frame.size:
                break
        else:
            raise trouble.camera_busy()
        height, width = frame.shape[:2]
        if longest_edge_px and max(width, height) > longest_edge_px:
            share = longest_edge_px / max(width, height)
            frame = cv2.resize(frame, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
            height, width = frame.shape[:2]
        return width, height, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB).tobytes()

    def close(self) -> None:
        """Let go of the camera."""
        self._capture.release()


def open_camera() -> Camera:
    """The first camera that sends a picture; NoPageError when there is none."""
    problem = trouble.no_camera()
    for source in sources():
        try:
            camera = Camera(source)
        except trouble.NoPageError:
            continue
        try:
            camera.picture(LIVE_EDGE_PX)
        except trouble.NoPageError as error:
            camera.close()
            problem = error
            continue
        return camera
    raise problem
