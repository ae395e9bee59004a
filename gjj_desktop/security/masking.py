"""What screen and log show of personal data until somebody asks for all of it."""

from gjj_desktop.domain.bank_card import mask_bank_card as mask_card
from gjj_desktop.domain.identity import mask_identity
from gjj_desktop.domain.mobile import mask_mobile
from gjj_desktop.domain.names import mask_name

__all__ = ["mask_card", "mask_identity", "mask_mobile", "mask_name"]
