"""The rig's page as the desk is told of it."""

from cuefocus.app.daemon import RunFiles
from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.desk.web.config import PageConfig, TokenFile
from cuefocus.rig.models import Rig
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.wire.said import Right


def page_of(rig: Rig, of: RunFiles, runtime: RuntimeDir, heard_fd: int, desk: FrontDeskConfig) -> PageConfig | None:
    """What the desk serves; None where the rig has no page.

    Args:
        rig: with its network section.
        of: the run's files; token files stand beside the rig.
        runtime: the daemon's sockets.
        heard_fd: where the page hears of everything.
        desk: who may do what.
    """
    page = rig.network.page
    if page is None:
        return None
    return PageConfig(
        host=page.listen.host,
        port=page.listen.port,
        title=of.title,
        cues=of.cues,
        motion=str(runtime.motion_socket),
        conductor=str(runtime.conductor_socket),
        heard_fd=heard_fd,
        tokens=tuple(
            TokenFile(one.id, str(of.rig.parent / one.file), Right[one.rights.upper()]) for one in page.all_tokens
        ),
        names=page.names,
        announce=rig.network.announce,
        desk=desk,
    )
