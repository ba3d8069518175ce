# CueFocus as an image: everything is installed in the first stage, the second holds only what runs, as a plain user.
# docs/howto-docker.md tells how to build it (with and without an engine), how to pass devices in and what to permit.
#   docker build -t cuefocus .
#   docker run --rm --read-only --tmpfs /tmp cuefocus        # the duet, once, on simulated motors
# Any base with Python 3.11 or newer and its venv module will do: --build-arg BASE=...
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY cuefocus ./cuefocus
RUN python3 -m venv /opt/cuefocus \
 && /opt/cuefocus/bin/python -m pip install --no-cache-dir --disable-pip-version-check .
COPY cues /opt/cuefocus/share/cues
COPY config /opt/cuefocus/share/config
RUN mkdir /opt/cuefocus/share/build \
 && /opt/cuefocus/bin/cuefocus ltc generate --rate 25 --start 00:59:57:00 --seconds 53 \
      -o /opt/cuefocus/share/build/duet.wav

FROM ${BASE}
RUN groupadd --gid 10001 cuefocus \
 && useradd --uid 10001 --gid 10001 --no-log-init --create-home --home-dir /var/lib/cuefocus cuefocus
COPY --from=build /opt/cuefocus /opt/cuefocus
ENV PATH=/opt/cuefocus/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
# Journals, ledger and take store are written here, in the folder `takes`; sockets go to /tmp.
WORKDIR /var/lib/cuefocus
VOLUME /var/lib/cuefocus
ENTRYPOINT ["cuefocus"]
CMD ["run", "--rig", "/opt/cuefocus/share/config/demo.yaml", "--show", "/opt/cuefocus/share/cues/duet.yaml", \
     "--source", "file:/opt/cuefocus/share/build/duet.wav", "--arm", "--takes", "1"]
