import pytest

from tests.unit.identity.identity_cases import Exchange


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()
