import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gjj_desktop.printing.papers import Paper
from gjj_desktop.printing.proof import Proof, prove
from tests.printing.samples import sample

DEVICE = "9905-03"


@pytest.fixture(scope="session")
def device_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
def public_keys(device_key: Ed25519PrivateKey) -> dict[str, list[bytes]]:
    return {DEVICE: [device_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)]}


@pytest.fixture(scope="session")
def proof_of(device_key: Ed25519PrivateKey):
    def proof(paper: Paper) -> Proof:
        return prove(paper, DEVICE, device_key.sign)

    return proof


@pytest.fixture
def acceptance() -> Paper:
    return sample("withdrawal_acceptance")


@pytest.fixture
def practice_acceptance(acceptance: Paper) -> Paper:
    return msgspec.structs.replace(acceptance, head=msgspec.structs.replace(acceptance.head, practice=True))
