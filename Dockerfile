# Two stages: wheels are built in the first, the second holds only what runs.
#   docker build -t cuefocus .
#   docker run --rm cuefocus                                  # the duet on simulated motors
#   docker run --rm --device /dev/ttyUSB0 --ulimit rtprio=80 --ulimit memlock=-1 --cap-add SYS_NICE \
#     -v "$PWD/show:/show:ro" cuefocus run --rig /show/rig.yaml --show /show/show.yaml --source file:/show/ltc.wav
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY cuefocus ./cuefocus
RUN python3 -m venv /opt/cuefocus && /opt/cuefocus/bin/python -m pip install --no-cache-dir --disable-pip-version-check .

FROM ${BASE}
RUN groupadd --gid 10001 cuefocus \
 && useradd --uid 10001 --gid 10001 --no-log-init --create-home --home-dir /var/lib/cuefocus cuefocus
COPY --from=build /opt/cuefocus /opt/cuefocus
COPY cues /opt/cuefocus/share/cues
COPY config /opt/cuefocus/share/config
ENV PATH=/opt/cuefocus/bin:$PATH PYTHONUNBUFFERED=1
RUN mkdir -p /opt/cuefocus/share/build \
 && cuefocus ltc generate --rate 25 --start 00:59:57:00 --seconds 53 -o /opt/cuefocus/share/build/duet.wav
USER 10001:10001
WORKDIR /var/lib/cuefocus
VOLUME /var/lib/cuefocus
ENTRYPOINT ["cuefocus"]
CMD ["run", "--rig", "/opt/cuefocus/share/config/demo.yaml", "--show", "/opt/cuefocus/share/cues/duet.yaml", \
     "--source", "file:/opt/cuefocus/share/build/duet.wav", "--arm", "--takes", "1"]
