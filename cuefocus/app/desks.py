"""The rig's network section as the conductor is told of it."""

from cuefocus.engine.peers import CompanionRule, DeskRules, PeerRule
from cuefocus.rig.models import Rig
from cuefocus.rig.network import OscSettings
from cuefocus.rig.values import Endpoint
from cuefocus.shells.front_desk_config import CallConfig, FrontDeskConfig
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.wire.said import Right

_NOBODY = OscSettings(listen=())


def front_desk_of(rig: Rig, lookup: NameLookup | None = None) -> FrontDeskConfig:
    """Where OSC is heard, and who may do what; nowhere and nobody where the rig does not say.

    Args:
        rig: with its network section. Names are looked up now: once something runs nobody waits for that.
        lookup: knows of whom nobody answered afterwards.
    """
    lookup = lookup if lookup is not None else NameLookup()
    osc = rig.network.osc or _NOBODY
    return FrontDeskConfig(
        udp=_places(osc.listen, lookup),
        tcp=_places(osc.tcp, lookup),
        rules=DeskRules(
            peers=tuple(
                PeerRule(
                    peer.id,
                    str(hosts.network),
                    Right[peer.rights.upper()],
                    peer.trust_timetags,
                    peer.reply or 0,
                    route,
                )
                for peer in rig.network.peers
                for route, hosts in enumerate(peer.address)
            ),
            passcodes=tuple((one.passcode, Right[one.rights.upper()]) for one in osc.passcodes),
            told=_places(osc.send, lookup),
            companions=tuple(
                CompanionRule(*found, one.button.place if one.button is not None else ())
                for one in osc.companions
                if (found := lookup.found(one.at.host, one.at.port)) is not None
            ),
        ),
        calls=tuple(
            CallConfig(
                desk.id,
                desk.kind,
                *(lookup.found(desk.at.host, desk.at.port) or (desk.at.host, desk.at.port)),
                desk.way,
                desk.user,
                desk.passcode or "",
                desk.workspace or "",
            )
            for desk in rig.network.desks
        ),
    )


def _places(endpoints: tuple[Endpoint, ...], lookup: NameLookup) -> tuple[tuple[str, int], ...]:
    """As addresses; a name that nobody knows is left out."""
    return tuple(found for one in endpoints if (found := lookup.found(one.host, one.port)) is not None)
