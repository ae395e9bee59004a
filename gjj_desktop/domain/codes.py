"""Code lists of the data standard (JGJ/T 320-2014) with their Chinese words."""

from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A code of the standard; its value is what is stored and exported, its label what is shown."""

    label: str

    def __new__(cls, code: str, label: str = "") -> Self:
        """A member from its code and its Chinese label."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member


class AccountState(Code):
    """State of a personal account (个人账户状态, A.6)."""

    ACTIVE = "01", "正常"
    SEALED = "02", "封存"
    CLOSED_MERGED = "03", "合并销户"
    CLOSED_TRANSFERRED_OUT = "04", "外部转出销户"
    CLOSED_WITHDRAWN = "05", "提取销户"
    FROZEN = "06", "冻结"
    OTHER = "99", "其他"


class EmployerState(Code):
    """State of an employer's account (单位账户状态, A.4)."""

    NORMAL = "01", "正常"
    OPENING = "02", "开户"
    DEFERRED = "03", "缓缴"
    CLOSED = "04", "销户"
    SEALED = "05", "封存"
    OTHER = "99", "其他"


class EntryKind(Code):
    """Kind of a movement on an account (归集和提取业务类型, A.5); of the list only what moves money."""

    REMITTANCE = "01", "汇缴"
    SUPPLEMENT = "02", "补缴"
    INTERNAL_TRANSFER = "06", "内部转移"
    TRANSFER_OUT = "07", "外部转出"
    TRANSFER_IN = "08", "外部转入"
    YEARLY_INTEREST = "09", "年终结息"
    PARTIAL_WITHDRAWAL = "11", "部分提取"
    CLOSING_WITHDRAWAL = "12", "销户提取"
    OTHER = "99", "其他"


class IdentityType(Code):
    """Kind of identity document (证件类型, A.1)."""

    RESIDENT_ID = "01", "身份证"
    MILITARY_ID = "02", "军官证"
    PASSPORT = "03", "护照"
    FOREIGN_PR_ID = "04", "外国人永久居留证"
    OTHER_ID = "99", "其他证件"


class RepaymentMethod(Code):
    """How a loan is repaid (还款方式, A.11)."""

    EQUAL_INSTALMENT = "01", "等额本息"
    EQUAL_PRINCIPAL = "02", "等额本金"
    BULLET = "03", "一次还款付息"
    FREE = "04", "自由还款"
    OTHER = "99", "其他"


class MaritalStatus(Code):
    """Marital status (婚姻状况); the numbers are this project's, the standard's were not seen."""

    UNMARRIED = "10", "未婚"
    MARRIED = "20", "已婚"
    WIDOWED = "30", "丧偶"
    DIVORCED = "40", "离婚"
    NOT_STATED = "90", "未说明"


class FreezeFlag(Code):
    """What a freeze on an account blocks (冻结标志)."""

    NONE = "0", "无"
    IN_ONLY = "1", "只收不付"
    BLOCKED = "2", "不收不付"
    PARTIAL = "3", "部分冻结"


class Sex(Code):
    """Sex as on the document (性别)."""

    MALE = "1", "男"
    FEMALE = "2", "女"
