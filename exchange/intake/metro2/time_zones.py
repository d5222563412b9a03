"""The time zone of most people of a US state or territory, for contact hours: the address says no more."""

_STATES_BY_ZONE = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
}
_ZONES = {state: zone for zone, states in _STATES_BY_ZONE.items() for state in states.split()}


def time_zone_of(state: str) -> str:
    """The zone of a state; New York's where the state is not known."""
    return _ZONES.get(state, "America/New_York")


def is_state(code: str) -> bool:
    """Whether this is the code of a state or territory."""
    return code in _ZONES
