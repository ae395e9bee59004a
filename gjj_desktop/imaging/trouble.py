"""What a clerk is told of a file or a camera that gives no page."""

from gjj_desktop.errors import OperatingError


class NoPageError(OperatingError):
    """A file or a camera that no page can be made of; nothing was kept."""


def empty(name: str) -> NoPageError:
    """A file of no bytes, as a copy that was broken off leaves it."""
    return NoPageError(f"“{name}”是空文件。", "可能还没有扫描或复制完，请稍候再试，或重新扫描。")


def too_large(name: str, mib: int) -> NoPageError:
    """More bytes than policy lets a file have."""
    return NoPageError(f"“{name}”超过 {mib} MB。", "请降低扫描分辨率，或分成几个文件。")


def too_many_pixels(name: str) -> NoPageError:
    """A picture that would fill the memory once unpacked."""
    return NoPageError(f"“{name}”的画面尺寸过大。", "请按 A4、200 至 300 点/英寸重新扫描。")


def too_many_pages(name: str, pages_max: int) -> NoPageError:
    """More pages than a file may have."""
    return NoPageError(f"“{name}”超过 {pages_max} 页。", "请分成几个文件，每个只含一种材料。")


def broken(name: str) -> NoPageError:
    """The bytes begin as a picture or a PDF does and do not go on so."""
    return NoPageError(f"“{name}”打不开，文件可能已损坏或没有复制完。", "请重新扫描或重新复制这个文件。")


def encrypted(name: str) -> NoPageError:
    """A PDF under a password."""
    return NoPageError(f"“{name}”设有打开密码。", "请去掉密码后另存，或打印出来扫描。")


def phone_format(name: str) -> NoPageError:
    """HEIC and AVIF, which phones write unless told otherwise."""
    return NoPageError(
        f"“{name}”是手机的 HEIC 格式，本程序不能读取。", "请在手机相机设置里改为“兼容性最佳”（JPEG）后重拍。"
    )


def no_picture(name: str) -> NoPageError:
    """Anything else, whatever it is called."""
    return NoPageError(f"“{name}”不是图片或 PDF。", "可用 JPEG、PNG、TIFF、BMP 图片或 PDF 文件。")


def gone(name: str) -> NoPageError:
    """The file is not there any more."""
    return NoPageError(f"找不到“{name}”。", "文件可能已被移走，请刷新后重新选择。")


def not_readable(name: str) -> NoPageError:
    """The system does not let it be read."""
    return NoPageError(f"打不开“{name}”。", "请先在其他程序中关闭它，或检查文件夹权限。")


def no_camera() -> NoPageError:
    """Nothing that takes pictures is connected."""
    return NoPageError("没有找到摄像头或高拍仪。", "请接好设备后再试，或用“从文件”“从文件夹”添加。")


def camera_busy() -> NoPageError:
    """It is there and gives no picture."""
    return NoPageError("摄像头没有送来画面。", "请关闭正在使用它的其他程序，或拔下重新接上。")
